package document

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// maxNodes bounds a document's tree, aliases expanded. The largest real rule
// has 4,500 nodes; an alias bomb has billions.
const maxNodes = 200_000

// maxMistakes bounds what is said about one file of many documents.
const maxMistakes = 10_000

// maxMade bounds, for a file, the bytes of all texts, aliases expanded, beyond
// what the file's size explains.
const maxMade = 1 << 20

// maxDepth bounds nesting. Real rules nest 8 deep.
const maxDepth = 200

// YAML reads all documents of text. A document that cannot be read has a nil
// Root and an error; reading goes on at the next "---" line.
func YAML(text []byte) *File {
	f := &File{text: text}
	body, start := text, 0
	if rest, ok := bytes.CutPrefix(text, []byte("\xef\xbb\xbf")); ok {
		body, start = rest, 3
	}
	if bad := invalidText(body); bad >= 0 {
		f.Docs = []Document{{}}
		f.Errors.Add(span.At(start+bad), "yaml/encoding", "%s, expected UTF-8 text", describeByte(body, bad))
		return f
	}
	lines := newPlaces(body, start)
	body = asVersion11(body)
	for at := start; at >= 0 && !f.hopeless(at, "yaml"); {
		end := len(text)
		if at > start { // behind a mistake one by one: the module reads ahead
			if next := f.nextDocument(at + 1); next >= 0 {
				end = next
			}
		}
		at = f.readFrom(body[at-start:end-start], lines.from(at))
		if end < len(text) {
			at = end
		}
	}
	return f
}

// hopeless reports, and says, that there are too many mistakes before at for
// reading to go on.
func (f *File) hopeless(at int, format string) bool {
	if len(f.Errors) <= maxMistakes {
		return false
	}
	f.Errors.Add(span.At(at), format+"/too-many-errors", "more than %d mistakes, the rest of the file is not read", maxMistakes)
	f.Docs = append(f.Docs, Document{At: at})
	return true
}

// invalidText returns the offset of the first byte that no YAML file may have, or -1.
func invalidText(text []byte) int {
	if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
		return -1
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == 0 || r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

func describeByte(text []byte, at int) string {
	switch {
	case at == 0 && (bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff"))):
		return "the file is UTF-16"
	case text[at] == 0:
		return "NUL byte"
	}
	return "invalid UTF-8"
}

// readFrom reads the documents of body, whose lines are at places. It returns
// where to go on after a document that could not be read, or -1.
func (f *File) readFrom(body []byte, places *places) int {
	start := places.offset(1, 1)
	c := converter{file: f, places: places}
	loader, err := yaml.NewLoader(bytes.NewReader(body))
	if err != nil {
		f.Errors.Add(span.At(start), "yaml/syntax", "%v", err)
		return -1
	}
	last := -1 // where the document before begins
	for {
		var doc yaml.Node
		err := loader.Load(&doc)
		if errors.Is(err, io.EOF) {
			return -1
		}
		if err != nil {
			at, msg := c.loadError(err, start)
			at, next := f.behindDocument(start, last, at)
			f.Docs = append(f.Docs, Document{At: at})
			f.Errors.Add(span.At(at), "yaml/syntax", "%s", msg)
			return next
		}
		out := c.document(&doc)
		f.Docs = append(f.Docs, out)
		last = out.At
	}
}

// behindDocument returns the place of a mistake that the module sees at mark,
// and the offset of the next document, or -1. Reading began at start; the
// document before the bad one begins at last, -1 where it is the first.
func (f *File) behindDocument(start, last, mark int) (at, next int) {
	begin := start
	if last >= 0 {
		begin = f.nextDocument(last)
	}
	if begin > mark { // the bad one stands behind a "..." line
		return mark, begin
	}
	begin = max(begin, start)
	next = f.nextDocument(begin + 1)
	if next >= 0 && mark > next { // the module has read ahead
		return begin, next
	}
	return mark, next
}

// asVersion11 lets documents pass that say they are YAML 1.2: the module
// refuses them for the number alone. No byte moves.
func asVersion11(body []byte) []byte {
	const directive, accepted = "%YAML 1.2", "%YAML 1.1"
	if !bytes.Contains(body, []byte(directive)) {
		return body
	}
	body = bytes.ReplaceAll(body, []byte("\n"+directive), []byte("\n"+accepted))
	if rest, ok := bytes.CutPrefix(body, []byte(directive)); ok {
		return append([]byte(accepted), rest...)
	}
	return body
}

// loadError returns the place and the words of an error of the YAML module.
func (c *converter) loadError(err error, start int) (int, string) {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return start, err.Error()
	}
	at := start
	if le.Mark.Line > 0 {
		at = c.places.offset(le.Mark.Line, max(le.Mark.Column, 1))
	}
	if le.ContextMsg != "" {
		return at, le.Message + " " + le.ContextMsg
	}
	return at, le.Message
}

// nextDocument returns the offset of the first "---" line behind at, or -1.
func (f *File) nextDocument(at int) int {
	at = min(at, len(f.text))
	for rest := f.text[at:]; ; {
		i := bytes.Index(rest, []byte("\n---"))
		if i < 0 {
			return -1
		}
		rest = rest[i+1:]
		if len(rest) == 3 || rest[3] == ' ' || rest[3] == '\r' || rest[3] == '\n' {
			return len(f.text) - len(rest)
		}
	}
}

// converter makes Nodes of the module's nodes.
type converter struct {
	file   *File
	places *places
	count  int
	open   []*yaml.Node // anchors being expanded
	slab   []Node
	full   bool
}

func (c *converter) document(doc *yaml.Node) Document {
	out := Document{At: c.places.offset(doc.Line, doc.Column)}
	c.full, c.count = false, 0
	if len(doc.Content) == 0 {
		out.Root = c.node(Null, out.At)
		return out
	}
	out.Root = c.convert(doc.Content[0], 0)
	if c.full {
		out.Root = nil
	}
	if out.Root != nil {
		out.At = out.Root.at
	}
	return out
}

func (c *converter) node(kind Kind, at int) *Node {
	if len(c.slab) == 0 {
		c.slab = make([]Node, 64)
	}
	n := &c.slab[0]
	c.slab = c.slab[1:]
	n.Kind, n.at = kind, at
	return n
}

func (c *converter) convert(y *yaml.Node, depth int) *Node {
	at := c.places.offset(y.Line, y.Column)
	c.count++
	c.file.nodes++
	switch {
	case c.full:
	case c.count > maxNodes || depth > maxDepth:
		c.full = true
		c.file.Errors.Add(span.At(at), "yaml/too-large", "document has more than %d values or %d levels, aliases expanded", maxNodes, maxDepth)
	case c.file.nodes > 2*maxNodes+len(c.file.text)/16:
		c.full = true
		c.file.Errors.Add(span.At(at), "yaml/too-large", "file of this size has more than %d values, aliases expanded", 2*maxNodes+len(c.file.text)/16)
	case c.file.made > maxMade+4*len(c.file.text):
		c.full = true
		c.file.Errors.Add(span.At(at), "yaml/too-large", "file of this size has more than %d bytes, aliases expanded", maxMade+4*len(c.file.text))
	}
	if c.full {
		return c.node(Null, at)
	}
	if y.Anchor != "" {
		c.open = append(c.open, y)
		defer func() { c.open = c.open[:len(c.open)-1] }()
	}
	switch y.Kind {
	case yaml.MappingNode:
		n := c.node(Map, at)
		c.pairs(n, y, depth)
		return n
	case yaml.SequenceNode:
		n := c.node(List, at)
		n.Items = make([]*Node, 0, len(y.Content))
		for _, item := range y.Content {
			n.Items = append(n.Items, c.convert(item, depth+1))
		}
		return n
	case yaml.AliasNode:
		return c.alias(y, at, depth)
	default:
		return c.scalar(y, at)
	}
}

func (c *converter) alias(y *yaml.Node, at, depth int) *Node {
	for _, o := range c.open {
		if o == y.Alias {
			c.file.Errors.Add(span.At(at), "yaml/alias-loop", "alias %q contains itself", y.Value)
			return c.node(Other, at)
		}
	}
	return c.convert(y.Alias, depth+1)
}

// pairs fills the map n. A key that stands twice counts once, with its last
// value, and is an error; merge keys give what the map does not say itself.
func (c *converter) pairs(n *Node, y *yaml.Node, depth int) {
	n.Pairs = make([]Pair, 0, len(y.Content)/2)
	index := pairIndex{}
	if len(y.Content) > 64 {
		index.byKey = make(map[string]int, len(y.Content)/2)
	}
	var merged []*Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := c.convert(y.Content[i], depth+1)
		value := c.convert(y.Content[i+1], depth+1)
		if c.full {
			return
		}
		if y.Content[i].Tag == "!!merge" {
			merged = append(merged, value)
			continue
		}
		if i := index.find(n, key); i >= 0 {
			c.file.Errors.Add(span.At(key.at), "yaml/duplicate-key", "key %q stands twice in this map; the last one counts", key.Text)
			n.Pairs[i] = Pair{key, value}
			continue
		}
		n.Pairs = append(n.Pairs, Pair{key, value})
	}
	if len(merged) == 0 {
		return
	}
	has := make(map[string]bool, len(n.Pairs))
	for _, p := range n.Pairs {
		has[p.Key.Text] = true
	}
	for _, m := range merged {
		c.merge(n, m, has)
	}
}

// pairIndex finds the members that a map has already. A small map is searched
// from its front; only a large one, which a stranger may have made to cost
// quadratic time, gets a hash table.
type pairIndex struct{ byKey map[string]int }

// find returns the index of the member key, or -1 and takes it to be added next.
func (x pairIndex) find(n *Node, key *Node) int {
	if x.byKey != nil {
		name := string(rune(key.Kind)) + key.Text
		if i, ok := x.byKey[name]; ok {
			return i
		}
		x.byKey[name] = len(n.Pairs)
		return -1
	}
	for i := range n.Pairs {
		if n.Pairs[i].Key.Text == key.Text && n.Pairs[i].Key.Kind == key.Kind {
			return i
		}
	}
	return -1
}

// merge adds to n, which has the keys in has, the members of m, or of the maps
// in the list m, that it does not have (YAML 1.1, language-independent type
// "merge").
func (c *converter) merge(n, m *Node, has map[string]bool) {
	switch m.Kind {
	case Map:
		for _, p := range m.Pairs {
			if !has[p.Key.Text] {
				has[p.Key.Text] = true
				n.Pairs = append(n.Pairs, p)
			}
		}
	case List:
		for _, item := range m.Items {
			c.merge(n, item, has)
		}
	default:
		c.file.Errors.Add(span.At(m.at), "yaml/merge", "unexpected %s behind a merge key, expected a map", m.Kind)
	}
}

func (c *converter) scalar(y *yaml.Node, at int) *Node {
	n := c.node(Str, at)
	n.Text = y.Value
	c.file.made += len(y.Value)
	n.Style = styleOf(y.Style)
	switch {
	case y.Style&yaml.TaggedStyle != 0:
		n.Kind, n.Text = tagged(y.Tag, y.Value)
	case n.Style == Plain:
		n.Kind, n.Text = resolve(y.Value)
	}
	return n
}

func styleOf(s yaml.Style) Style {
	switch {
	case s&yaml.SingleQuotedStyle != 0:
		return Single
	case s&yaml.DoubleQuotedStyle != 0:
		return Double
	case s&yaml.LiteralStyle != 0:
		return Literal
	case s&yaml.FoldedStyle != 0:
		return Folded
	}
	return Plain
}

// tagged resolves a scalar by its explicit tag.
func tagged(tag, text string) (Kind, string) {
	switch strings.TrimPrefix(strings.TrimPrefix(tag, "tag:yaml.org,2002:"), "!!") {
	case "str", "!":
		return Str, text
	case "int", "float", "bool", "null":
		return resolve(text)
	}
	return Other, text
}
