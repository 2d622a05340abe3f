package document

import (
	"bytes"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// defaultStanza is where settings belong that stand above the first header.
const defaultStanza = "default"

// Conf reads a Splunk .conf file as one document: a map of stanzas, each of
// which is a map of settings. All values are text.
//
//	file    = { line }
//	line    = blank | comment | "[" name "]" | key "=" value
//	comment = ( "#" | ";" ) text, as the first character of a line
//	value   = text, blanks around it dropped; a backslash at the end of a line
//	          is a line feed, and the value goes on in the next line
//
// A stanza that stands twice is one with the settings of both, as Splunk has
// it. A line that is none of these is an error, and costs itself only.
func Conf(text []byte) *File {
	f := &File{text: text, Docs: []Document{{}}}
	body := bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	r := confReader{file: f, at: len(text) - len(body), stanzas: confTable{node: &Node{Kind: Map}}}
	if bad := invalidText(body); bad >= 0 {
		f.Errors.Add(span.At(r.at+bad), "conf/encoding", "%s, expected UTF-8 text", describeByte(body, bad))
		return f
	}
	start := r.at
	for r.at < len(text) && !r.full {
		r.line()
	}
	if r.full {
		return f
	}
	f.Docs[0] = Document{Root: r.stanzas.node, At: start}
	r.stanzas.node.at = start
	return f
}

type confReader struct {
	file    *File
	at      int // offset of the line that is read next
	stanzas confTable
	tables  []*confTable // by the index of the stanza in the file
	current *confTable
	count   int
	full    bool
}

// confTable is a map with an index: a stanza may have any number of settings,
// and a file any number of stanzas.
type confTable struct {
	node  *Node
	index map[string]int
}

// find returns the index of the member key, or -1.
func (t *confTable) find(key string) int {
	if i, ok := t.index[key]; ok {
		return i
	}
	return -1
}

func (t *confTable) add(key, value *Node) {
	if t.index == nil {
		t.index = map[string]int{}
	}
	t.index[key.Text] = len(t.node.Pairs)
	t.node.Pairs = append(t.node.Pairs, Pair{key, value})
}

// line reads one line, or one setting over several.
func (r *confReader) line() {
	start := r.skipBlanks(r.at)
	end := r.lineEnd(start)
	rest := r.file.text[start:end]
	r.at = r.nextLine(end)
	switch {
	case len(rest) == 0 || rest[0] == '#' || rest[0] == ';':
	case rest[0] == '[':
		r.header(start, rest)
	default:
		r.setting(start, end)
	}
}

// skipBlanks returns the offset of the first character behind at, in its line,
// that is no blank.
func (r *confReader) skipBlanks(at int) int {
	for at < len(r.file.text) && (r.file.text[at] == ' ' || r.file.text[at] == '\t') {
		at++
	}
	return at
}

// lineEnd returns the offset of the end of the line that at is in.
func (r *confReader) lineEnd(at int) int {
	if i := bytes.IndexAny(r.file.text[at:], "\r\n"); i >= 0 {
		return at + i
	}
	return len(r.file.text)
}

// nextLine returns the offset behind the line end at end.
func (r *confReader) nextLine(end int) int {
	if end == len(r.file.text) {
		return end
	}
	return end + breakAt(r.file.text, end)
}

// header reads "[name]". A name may hold brackets: the last one of the line
// closes it.
func (r *confReader) header(start int, line []byte) {
	end := bytes.LastIndexByte(line, ']')
	if end < 0 {
		r.file.Errors.Add(span.At(start), "conf/syntax", "unexpected end of line in the name of a stanza, expected \"]\"")
		end = len(line)
	}
	r.stanza(string(bytes.TrimSpace(line[1:end])), start+1)
}

// stanza makes the stanza name the current one.
func (r *confReader) stanza(name string, at int) {
	if i := r.stanzas.find(name); i >= 0 {
		r.current = r.tables[i]
		return
	}
	r.current = &confTable{node: &Node{Kind: Map, at: at}}
	r.charge(at)
	r.tables = append(r.tables, r.current)
	r.stanzas.add(&Node{Kind: Str, Style: Setting, Text: name, at: at}, r.current.node)
}

// setting reads a key and its value, from start to the end of the line at
// end and beyond it where that ends in a backslash.
func (r *confReader) setting(start, end int) {
	equals := bytes.IndexByte(r.file.text[start:end], '=')
	if equals < 0 {
		r.file.Errors.Add(span.At(start), "conf/syntax", "unexpected text, expected [stanza] or key = value")
		r.value(start, end) // what it goes on with is no setting either
		r.charge(start)
		return
	}
	key := &Node{Kind: Str, Style: Setting, at: start, Text: string(bytes.TrimSpace(r.file.text[start : start+equals]))}
	from := r.skipBlanks(start + equals + 1)
	value := &Node{Kind: Str, Style: Setting, at: from, Text: r.value(from, end)}
	if r.charge(start); r.full {
		return
	}
	if r.current == nil {
		r.stanza(defaultStanza, start)
	}
	if i := r.current.find(key.Text); i >= 0 {
		r.file.Errors.Add(span.At(start), "conf/duplicate-key", "key %q stands twice in this stanza; the last one counts", key.Text)
		r.current.node.Pairs[i] = Pair{key, value}
		return
	}
	r.current.add(key, value)
}

// value returns the text from from to the end of the line at end, and of the
// lines that it goes on in.
func (r *confReader) value(from, end int) string {
	var out []byte
	for end > from && r.file.text[end-1] == '\\' {
		out = append(append(out, r.file.text[from:end-1]...), '\n')
		from = r.nextLine(end)
		end = r.lineEnd(from)
	}
	r.at = r.nextLine(end)
	return string(bytes.TrimRight(append(out, r.file.text[from:end]...), " \t\n"))
}

// charge counts one value against the bounds of a file.
func (r *confReader) charge(at int) {
	if r.count++; !r.full && r.count > maxNodes {
		r.full = true
		r.file.Errors.Add(span.At(at), "conf/too-large", "file has more than %d settings", maxNodes)
	}
}

// alignConf is align for the values of .conf files: only the backslash at the
// end of a line is spelled in another way.
func alignConf(text []byte, n *Node) (span.Map, bool) {
	var m span.Map
	at := n.at
	for i := range len(n.Text) {
		switch {
		case at >= len(text):
			return m, false
		case text[at] == n.Text[i]:
			m.Add(i, at, false)
			at++
		case n.Text[i] == '\n' && text[at] == '\\' && at+1 < len(text) && breakAt(text, at+1) > 0:
			m.Add(i, at, true)
			at += 1 + breakAt(text, at+1)
		default:
			return m, false
		}
	}
	m.Add(len(n.Text), at, true)
	return m, true
}
