package document

import (
	"bytes"
	"errors"
	"slices"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// TOML reads a TOML file, which is one document. Where the file cannot be
// read to its end, the document has a nil Root and an error: what a table
// holds is not known before its end.
func TOML(text []byte) *File {
	f := &File{text: text, Docs: []Document{{}}}
	body := bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	t := tomlReader{file: f, base: len(text) - len(body)}
	if bad := invalidText(body); bad >= 0 {
		f.Errors.Add(span.At(t.base+bad), "toml/encoding", "%s, expected UTF-8 text", describeByte(body, bad))
		return f
	}
	t.parser.Reset(body)
	root := &Node{Kind: Map, at: t.base}
	t.table = root
	for t.parser.NextExpression() {
		t.expression(root, t.parser.Expression())
		if t.full {
			return f
		}
	}
	if err := t.parser.Error(); err != nil {
		f.Errors.Add(t.place(err), "toml/syntax", "%s", tomlMessage(err))
		return f
	}
	f.Docs[0] = Document{Root: root, At: firstKey(root)}
	return f
}

// firstKey returns the place of the first key, the document's start for its reader.
func firstKey(root *Node) int {
	if len(root.Pairs) == 0 {
		return root.at
	}
	return root.Pairs[0].Key.at
}

type tomlReader struct {
	file   *File
	parser unstable.Parser
	base   int   // offset of what the parser reads in the file
	table  *Node // that of the last header
	depth  int   // of that table
	count  int
	full   bool
	large  map[*Node]map[string]int // where the members of large tables stand
}

// place returns where a syntax error is.
func (t *tomlReader) place(err error) span.Span {
	var pe *unstable.ParserError
	if !errors.As(err, &pe) || len(pe.Highlight) == 0 {
		return span.At(len(t.file.text))
	}
	r := t.parser.Range(pe.Highlight)
	start := t.base + int(r.Offset)
	return span.Span{Start: start, End: start + int(r.Length)}
}

func tomlMessage(err error) string {
	var pe *unstable.ParserError
	if errors.As(err, &pe) {
		return pe.Message
	}
	return err.Error()
}

// expression reads a header or a key with its value.
func (t *tomlReader) expression(root *Node, e *unstable.Node) {
	switch e.Kind {
	case unstable.Table, unstable.ArrayTable:
		keys := t.keys(e.Key(), 0)
		if t.full {
			return
		}
		last := keys[len(keys)-1]
		in := t.descend(root, keys[:len(keys)-1])
		t.depth = len(keys)
		if e.Kind == unstable.ArrayTable {
			t.table = t.element(in, last)
		} else {
			t.table = t.child(in, last)
		}
	case unstable.KeyValue:
		t.keyValue(t.table, e, t.depth)
	}
}

// keyValue reads a key and its value into the table in, which is depth deep.
func (t *tomlReader) keyValue(in *Node, e *unstable.Node, depth int) {
	keys := t.keys(e.Key(), depth)
	if t.full {
		return
	}
	in = t.descend(in, keys[:len(keys)-1])
	key := keys[len(keys)-1]
	value := t.value(e.Value(), key.at, depth+len(keys))
	if i := t.find(in, key.Text); i >= 0 {
		t.file.Errors.Add(span.At(key.at), "toml/duplicate-key", "key %q stands twice in this table; the last one counts", key.Text)
		in.Pairs[i] = Pair{key, value}
		return
	}
	t.add(in, key, value)
}

// keys reads the parts of a dotted key in a table that is depth deep.
func (t *tomlReader) keys(it unstable.Iterator, depth int) []*Node {
	var out []*Node
	for !t.full && it.Next() {
		n := it.Node()
		out = append(out, &Node{Kind: Str, Text: string(n.Data), at: t.base + int(n.Raw.Offset)})
		if depth++; depth > maxDepth {
			t.charge(out[0].at, depth)
		}
	}
	return out
}

// find returns the index of the member key of a table, or -1.
func (t *tomlReader) find(in *Node, key string) int {
	if index := t.large[in]; index != nil {
		if i, ok := index[key]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(in.Pairs, func(p Pair) bool { return p.Key.Text == key })
}

// get returns the member key of a table, or nil.
func (t *tomlReader) get(in *Node, key string) *Node {
	if i := t.find(in, key); i >= 0 {
		return in.Pairs[i].Value
	}
	return nil
}

// add appends a member to a table. One that gets large gets an index.
func (t *tomlReader) add(in, key, value *Node) {
	in.Pairs = append(in.Pairs, Pair{key, value})
	switch index := t.large[in]; {
	case index != nil:
		index[key.Text] = len(in.Pairs) - 1
	case len(in.Pairs) == 64:
		if t.large == nil {
			t.large = map[*Node]map[string]int{}
		}
		index = map[string]int{}
		for i, p := range in.Pairs {
			index[p.Key.Text] = i
		}
		t.large[in] = index
	}
}

// descend returns the table that keys lead to, made where it is missing.
func (t *tomlReader) descend(in *Node, keys []*Node) *Node {
	for _, key := range keys {
		in = t.child(in, key)
	}
	return in
}

// child returns the table key of in: where key is an array of tables, its
// last element.
func (t *tomlReader) child(in, key *Node) *Node {
	switch n := t.get(in, key.Text); {
	case n == nil:
		n = &Node{Kind: Map, at: key.at}
		t.add(in, key, n)
		t.charge(key.at, 0)
		return n
	case n.Kind == Map:
		return n
	case n.Kind == List && len(n.Items) > 0 && n.Items[len(n.Items)-1].Kind == Map:
		return n.Items[len(n.Items)-1]
	}
	t.file.Errors.Add(span.At(key.at), "toml/duplicate-key", "%q is a value and a table", key.Text)
	return &Node{Kind: Map, at: key.at}
}

// element appends a table to the array of tables key of in.
func (t *tomlReader) element(in, key *Node) *Node {
	list := t.get(in, key.Text)
	switch {
	case list == nil:
		list = &Node{Kind: List, at: key.at}
		t.add(in, key, list)
	case list.Kind != List:
		return t.child(in, key)
	}
	n := &Node{Kind: Map, at: key.at}
	list.Items = append(list.Items, n)
	t.charge(key.at, 0)
	return n
}

// charge counts one value against the bounds of a file.
func (t *tomlReader) charge(at, depth int) {
	if t.count++; !t.full && (t.count > maxNodes || depth > maxDepth) {
		t.full = true
		t.file.Errors.Add(span.At(at), "toml/too-large", "document has more than %d values or %d levels", maxNodes, maxDepth)
	}
}

// value reads a value. Where the parser has no place for it, at stands in.
func (t *tomlReader) value(v *unstable.Node, at, depth int) *Node {
	if v.Raw.Length > 0 {
		at = t.base + int(v.Raw.Offset)
	}
	n := &Node{Text: string(v.Data), at: at}
	if t.charge(at, depth); t.full {
		return n
	}
	switch v.Kind {
	case unstable.Array:
		n.Kind, n.Text = List, ""
		for it := v.Children(); it.Next(); {
			n.Items = append(n.Items, t.value(it.Node(), at, depth+1))
		}
	case unstable.InlineTable:
		n.Kind, n.Text = Map, ""
		for it := v.Children(); it.Next(); {
			t.keyValue(n, it.Node(), depth)
		}
	case unstable.String:
		n.Kind, n.Style = Str, tomlStyle(t.file.text, at)
	case unstable.Bool:
		n.Kind = Bool
	case unstable.Integer:
		n.Kind = Int
	case unstable.Float:
		n.Kind = Float
	default:
		n.Kind = Time
	}
	return n
}

// tomlStyle tells a string's style by its quotes.
func tomlStyle(text []byte, at int) Style {
	for _, q := range []struct {
		quote string
		style Style
	}{{`"""`, TOMLMultiBasic}, {`'''`, TOMLMultiLiteral}, {`"`, TOMLBasic}} {
		if bytes.HasPrefix(text[at:], []byte(q.quote)) {
			return q.style
		}
	}
	return TOMLLiteral
}

// alignTOML is align for the strings of TOML and JSON.
func alignTOML(text []byte, n *Node) (span.Map, bool) {
	var m span.Map
	at := n.at + 1
	if n.Style == TOMLMultiBasic || n.Style == TOMLMultiLiteral {
		at = n.at + 3
		at += newline(text, at)
	}
	for i := 0; i < len(n.Text); {
		if at >= len(text) {
			return m, false
		}
		if text[at] == '\\' && (n.Style == TOMLBasic || n.Style == TOMLMultiBasic) {
			size, trimmed := tomlEscape(text, at)
			if !trimmed {
				m.Add(i, at, true)
				length := runeLen(n.Text[i:])
				if length == 4 && size == 6 {
					size = 12 // a surrogate pair, in JSON
				}
				i += length
			}
			at += size
			continue
		}
		if text[at] != n.Text[i] {
			// CRLF may have become LF.
			if text[at] == '\r' {
				at++
				continue
			}
			return m, false
		}
		m.Add(i, at, false)
		i++
		at++
	}
	m.Add(len(n.Text), at, true)
	return m, true
}

// newline returns the length of the line end at at, or 0.
func newline(text []byte, at int) int {
	switch {
	case bytes.HasPrefix(text[at:], []byte("\r\n")):
		return 2
	case bytes.HasPrefix(text[at:], []byte("\n")):
		return 1
	}
	return 0
}

// tomlEscape returns the length of the escape sequence at at, and whether it
// stands for nothing: a backslash at a line's end drops the blanks behind it.
func tomlEscape(text []byte, at int) (size int, trimmed bool) {
	if at+1 >= len(text) {
		return 1, true
	}
	switch text[at+1] {
	case 'x':
		return 4, false
	case 'u':
		return 6, false
	case 'U':
		return 10, false
	case ' ', '\t', '\r', '\n':
		end := at + 1
		for end < len(text) && bytes.IndexByte([]byte(" \t\r\n"), text[end]) >= 0 {
			end++
		}
		return end - at, true
	}
	return 2, false
}
