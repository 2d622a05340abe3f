package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// JSON reads one JSON text after the other: a file with one value, or NDJSON.
// A value that cannot be read has a nil Root, an error, and in Front what
// stands before the mistake. Reading goes on in the next line of NDJSON, else
// with the next object that begins a line and is indented no deeper.
func JSON(text []byte) *File {
	f := &File{text: text}
	body := bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	at := len(text) - len(body)
	if bad := invalidText(body); bad >= 0 {
		f.Docs = []Document{{}}
		f.Errors.Add(span.At(at+bad), "json/encoding", "%s, expected UTF-8 text", describeByte(body, bad))
		return f
	}
	lines, indent := isNDJSON(body), -1
	for at < len(text) {
		if f.hopeless(at, "json") {
			break
		}
		if lines {
			end := f.lineEnd(at)
			f.jsonFrom(at, end, -1)
			at = end
			continue
		}
		at, indent = f.jsonFrom(at, len(text), indent)
	}
	return f
}

// isNDJSON reports whether the first line of several is a value of its own.
// Then every line is, and a mistake in one does not reach into the next.
func isNDJSON(text []byte) bool {
	first, rest, _ := bytes.Cut(bytes.TrimLeft(text, " \t\r\n"), []byte{'\n'})
	return len(bytes.TrimSpace(rest)) > 0 && json.Valid(first)
}

// lineEnd returns the offset behind the line that begins at at.
func (f *File) lineEnd(at int) int {
	if i := bytes.IndexByte(f.text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(f.text)
}

// jsonFrom reads the values from at to end, up to one that cannot be read. It
// returns where to go on, and the indentation of what is looked for there: -1
// until the first mistake. Behind one only objects that begin a line are read,
// one at a time, as what stands between them is not to be relied on.
func (f *File) jsonFrom(at, end, indent int) (next, deeper int) {
	r := jsonReader{file: f, base: at, end: end, decoder: json.NewDecoder(bytes.NewReader(f.text[at:end]))}
	r.most = maxNodes + (end-at)/64
	r.decoder.UseNumber()
	for {
		start := r.next()
		r.item = start
		root, err := r.value(0)
		switch {
		case err == io.EOF:
			return end, indent
		case err != nil:
			f.Docs = append(f.Docs, Document{Front: root, At: start})
			// An end that comes too early is still a place in this value.
			place := max(start, min(r.place(err), end-1))
			next, indent = f.behind(r.item, place, end)
			if next == place && next > start {
				place-- // where the next object begins is no place in this one
			}
			f.Errors.Add(span.At(place), "json/syntax", "%s", jsonMessage(err))
			return next, indent
		case r.full:
			f.Docs = append(f.Docs, Document{At: start})
			return end, indent
		}
		f.Docs = append(f.Docs, Document{Root: root, At: start})
		if indent >= 0 {
			return f.nextObject(f.lineEnd(at+int(r.decoder.InputOffset())), end, indent), indent
		}
	}
}

// behind returns where to go on after a mistake at place in the value or item
// that begins at item, and how deep the next may be indented.
func (f *File) behind(item, place, end int) (next, indent int) {
	begin, indent := f.lineOf(item)
	line, _ := f.lineOf(place)
	if line == begin {
		line = f.lineEnd(place)
	}
	return f.nextObject(line, end, indent), indent
}

// lineOf returns where the line of at begins, and its indentation.
func (f *File) lineOf(at int) (begin, indent int) {
	begin = bytes.LastIndexByte(f.text[:at], '\n') + 1
	return begin, at - begin - len(bytes.TrimLeft(f.text[begin:at], " \t"))
}

// nextObject returns the offset of the next object that begins a line, from
// the line at at on, and is not indented deeper than indent; or the end.
func (f *File) nextObject(at, end, indent int) int {
	for ; at < end; at = f.lineEnd(at) {
		line := f.text[at:min(len(f.text), at+indent+1)]
		if rest := bytes.TrimLeft(line, " \t"); len(rest) > 0 && rest[0] == '{' {
			return at + len(line) - len(rest)
		}
	}
	return at
}

type jsonReader struct {
	file    *File
	base    int
	end     int // of what is read
	decoder *json.Decoder
	count   int
	most    int // values: real rules have less than one in 64 bytes
	full    bool
	inList  bool
	item    int // where the item begins that is read of the outermost list, or else the value
}

// next returns where the next token begins.
func (r *jsonReader) next() int {
	at := r.base + int(r.decoder.InputOffset())
	for at < r.end && bytes.IndexByte([]byte(" \t\r\n,:"), r.file.text[at]) >= 0 {
		at++
	}
	return at
}

// place returns where the token begins that could not be read. The offset that
// the error has leaves out what was read token by token.
func (r *jsonReader) place(err error) int {
	var se *json.SyntaxError
	if errors.As(err, &se) {
		return min(r.base+int(r.decoder.InputOffset()), len(r.file.text))
	}
	return r.next()
}

func (r *jsonReader) value(depth int) (*Node, error) {
	at := r.next()
	token, err := r.decoder.Token()
	if err != nil {
		if depth > 0 && err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	n := &Node{at: at, Style: TOMLBasic}
	if r.count++; !r.full && (r.count > r.most || depth > maxDepth) {
		r.full = true
		r.file.Errors.Add(span.At(at), "json/too-large", "file has more than %d values or %d levels", r.most, maxDepth)
	}
	if r.full {
		return n, nil
	}
	switch token := token.(type) {
	case json.Delim:
		return n, r.compound(n, token, depth)
	case string:
		n.Kind, n.Text = Str, token
	case json.Number:
		n.Kind, n.Text, n.Style = Int, token.String(), Plain
	case bool:
		n.Kind, n.Style, n.Text = Bool, Plain, "false"
		if token {
			n.Text = "true"
		}
	default:
		n.Kind, n.Style = Null, Plain
	}
	return n, nil
}

// compound reads the members of an object or the items of an array. What it
// has before a mistake stays, but for the last item of an array.
func (r *jsonReader) compound(n *Node, open json.Delim, depth int) error {
	n.Kind = List
	if open == '{' {
		n.Kind = Map
	}
	seen := map[string]int{}
	outermost := n.Kind == List && !r.inList
	if outermost {
		r.inList = true
	}
	for r.decoder.More() && !r.full {
		if outermost {
			r.item = r.next()
		}
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		if n.Kind == List {
			n.Items = append(n.Items, item)
			continue
		}
		value, err := r.value(depth + 1)
		if err != nil {
			if value != nil {
				n.Pairs = append(n.Pairs, Pair{item, value})
			}
			return err
		}
		if i, ok := seen[item.Text]; ok {
			r.file.Errors.Add(span.At(item.at), "json/duplicate-key", "key %q stands twice in this object; the last one counts", item.Text)
			n.Pairs[i] = Pair{item, value}
			continue
		}
		seen[item.Text] = len(n.Pairs)
		n.Pairs = append(n.Pairs, Pair{item, value})
	}
	if r.full {
		return nil
	}
	_, err := r.decoder.Token() // the closing bracket
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if outermost && err == nil {
		r.inList, r.item = false, n.at
	}
	return err
}

// jsonMessage says what is wrong with JSON in the words of the other languages.
func jsonMessage(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "unexpected end inside a value"
	}
	return err.Error()
}
