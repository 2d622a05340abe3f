package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// JSON reads one JSON text after the other: a file with one value, or NDJSON.
// A value that cannot be read has a nil Root and an error; reading goes on in
// the next line.
func JSON(text []byte) *File {
	f := &File{text: text}
	body := bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	at := len(text) - len(body)
	if bad := invalidText(body); bad >= 0 {
		f.Docs = []Document{{}}
		f.Errors.Add(span.At(at+bad), "json/encoding", "%s, expected UTF-8 text", describeByte(body, bad))
		return f
	}
	lines := isNDJSON(body)
	for at >= 0 && at < len(text) {
		end := len(text)
		if lines {
			end = f.lineEnd(at)
		}
		if next := f.jsonFrom(at, end); !lines {
			at = next
			continue
		}
		at = end
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

// jsonFrom reads the values from at to end. It returns where to go on after
// one that could not be read, or -1.
func (f *File) jsonFrom(at, end int) int {
	r := jsonReader{file: f, base: at, decoder: json.NewDecoder(bytes.NewReader(f.text[at:end]))}
	r.decoder.UseNumber()
	for {
		start := r.next()
		root, err := r.value(0)
		switch {
		case err == io.EOF:
			return -1
		case err != nil:
			f.Docs = append(f.Docs, Document{At: start})
			// An end that comes too early is still a place in this value.
			place := max(start, min(r.place(err), end-1))
			f.Errors.Add(span.At(place), "json/syntax", "%s", jsonMessage(err))
			return f.lineEnd(start)
		case r.full:
			f.Docs = append(f.Docs, Document{At: start})
			return f.lineEnd(start)
		}
		f.Docs = append(f.Docs, Document{Root: root, At: start})
	}
}

type jsonReader struct {
	file    *File
	base    int
	decoder *json.Decoder
	count   int
	full    bool
}

// next returns where the next token begins.
func (r *jsonReader) next() int {
	at := r.base + int(r.decoder.InputOffset())
	for at < len(r.file.text) && bytes.IndexByte([]byte(" \t\r\n,:"), r.file.text[at]) >= 0 {
		at++
	}
	return at
}

// place returns where a syntax error is.
func (r *jsonReader) place(err error) int {
	var se *json.SyntaxError
	if errors.As(err, &se) {
		return min(r.base+max(int(se.Offset)-1, 0), len(r.file.text))
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
	if r.count++; !r.full && (r.count > maxNodes || depth > maxDepth) {
		r.full = true
		r.file.Errors.Add(span.At(at), "json/too-large", "file has more than %d values or %d levels", maxNodes, maxDepth)
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

// compound reads the members of an object or the items of an array.
func (r *jsonReader) compound(n *Node, open json.Delim, depth int) error {
	n.Kind = List
	if open == '{' {
		n.Kind = Map
	}
	seen := map[string]int{}
	for r.decoder.More() && !r.full {
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
	return err
}

// jsonMessage says what is wrong with JSON in the words of the other languages.
func jsonMessage(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "unexpected end inside a value"
	}
	return err.Error()
}
