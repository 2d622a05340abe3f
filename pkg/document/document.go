// Package document reads YAML, TOML, JSON and Splunk's .conf files into trees
// that keep what rules need and decoders throw away: the order of members,
// duplicate keys, the text of scalars as written, and where every byte of a
// scalar stands in the file.
// It is the only importer of the YAML and TOML modules and knows nothing of rules.
package document

import (
	"slices"
	"sort"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// Kind says what a node is. Plain scalars are resolved by YAML 1.1, the
// version by which the public rule sets are written and by which the
// reference implementation of Sigma reads them.
type Kind uint8

// Kinds of nodes. Scalars keep their text whatever their kind.
const (
	Null  Kind = iota
	Bool       // Text is "true" or "false"
	Int        // Text is the number in base 10, or as written where it was so
	Float      // Text as written
	Str        //
	Time       // a plain date or time, Text as written
	Other      // a scalar with a tag that has no meaning here
	Map        // Pairs
	List       // Items
)

func (k Kind) String() string {
	return [...]string{"null", "boolean", "number", "number", "string", "date", "tagged value", "map", "list"}[k]
}

// Node is one value of a document.
type Node struct {
	Kind  Kind
	Style Style
	Text  string  // of scalars: decoded
	Pairs []Pair  // of maps, in file order, duplicates merged
	Items []*Node // of lists

	at int // offset in the file of the node's first byte
}

// Style is how a scalar was written.
type Style uint8

// Styles of scalars.
const (
	Plain Style = iota
	Single
	Double
	Literal
	Folded
	TOMLBasic        // "..."; JSON has no other
	TOMLLiteral      // '...'
	TOMLMultiBasic   // """..."""
	TOMLMultiLiteral // '''...'''
	Setting          // of .conf files
)

// Pair is one member of a map.
type Pair struct {
	Key   *Node
	Value *Node
}

// Get returns the value of the member key, or nil where there is none or n is
// no map.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Pairs {
		if n.Pairs[i].Key.Text == key {
			return n.Pairs[i].Value
		}
	}
	return nil
}

// Texts returns the text of a scalar, or those of the scalars of a list; null
// has none.
func (n *Node) Texts() []string {
	var out []string
	switch {
	case n == nil || n.Kind == Null || n.Kind == Map:
	case n.Kind == List:
		for _, item := range n.Items {
			if item.IsScalar() && item.Kind != Null {
				out = append(out, item.Text)
			}
		}
	default:
		out = append(out, n.Text)
	}
	return out
}

// IsScalar reports whether n is neither a map nor a list.
func (n *Node) IsScalar() bool { return n.Kind != Map && n.Kind != List }

// Document is one document of a file. Root is nil where it could not be read.
type Document struct {
	Root  *Node
	Front *Node // of JSON that could not be read: what stands before the mistake, lists without the item of it
	At    int   // offset in the file at which the document begins
}

// File is the reading of one file: its documents and what was wrong with it.
type File struct {
	Docs   []Document
	Errors span.Errors

	text  []byte
	lines *span.Lines
	nodes int           // made of YAML so far
	made  int           // bytes of their texts
	byDoc []span.Errors // Errors of each document, made when first asked for

	shown     int // the line that was asked for last
	shownText string
}

// ErrorsOf returns the errors in document i: those from its beginning to the
// next one's.
func (f *File) ErrorsOf(i int) span.Errors {
	if len(f.Errors) == 0 {
		return nil
	}
	if f.byDoc == nil {
		f.byDoc = make([]span.Errors, len(f.Docs))
		for _, e := range f.Errors {
			at := sort.Search(len(f.Docs), func(i int) bool { return f.Docs[i].At > e.Span.Start })
			doc := max(at-1, 0)
			f.byDoc[doc] = append(f.byDoc[doc], e)
		}
	}
	return slices.Clip(f.byDoc[i])
}

// Position returns the line and column of a byte offset in the file.
func (f *File) Position(off int) (line, col int) {
	if f.lines == nil {
		f.lines = span.NewLines(f.text)
	}
	return f.lines.Position(off)
}

// Line returns the source of a line, without its end.
func (f *File) Line(line int) string {
	if f.lines == nil {
		f.lines = span.NewLines(f.text)
	}
	if line != f.shown { // thousands of errors may stand in one line of megabytes
		f.shown, f.shownText = line, strings.TrimRight(string(f.text[f.lines.Start(line):f.lines.Start(line+1)]), "\r\n")
	}
	return f.shownText
}

// At returns the place of the node in the file.
func (f *File) At(n *Node) span.Span { return span.At(n.at) }

// Map returns where the bytes of the scalar n.Text stand in the file. Where
// the source cannot be followed every byte is at the scalar's start.
func (f *File) Map(n *Node) span.Map {
	follow := align
	switch {
	case n.Style == Setting:
		follow = alignConf
	case n.Style >= TOMLBasic:
		follow = alignTOML
	}
	if m, ok := follow(f.text, n); ok {
		return m
	}
	return span.Fixed(n.at)
}

// Block returns the source of the value behind key: the lines that are
// indented deeper than the key, without the indentation that they share, or
// the rest of the key's line where the value begins there.
func (f *File) Block(key, value *Node) string {
	keyLine, keyCol := f.Position(key.at)
	line, _ := f.Position(value.at)
	if line == keyLine {
		return strings.TrimSpace(f.Line(line)[f.column(value)-1:])
	}
	var out []string
	indent := -1
	for ; f.lines.Start(line) < len(f.text); line++ {
		text := f.Line(line)
		rest := strings.TrimLeft(text, " ")
		if rest == "" || rest[0] == '#' {
			out = append(out, text)
			continue
		}
		n := len(text) - len(rest)
		if n < keyCol {
			break
		}
		if indent < 0 {
			indent = n
		}
		out = append(out, text)
	}
	shared := strings.Repeat(" ", max(indent, 0))
	for i := range out {
		out[i] = strings.TrimRight(strings.TrimPrefix(out[i], shared), " \t")
	}
	return strings.Trim(strings.Join(out, "\n"), "\n")
}

func (f *File) column(n *Node) int {
	_, col := f.Position(n.at)
	return col
}
