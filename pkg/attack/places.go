package attack

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// maxObject is the size of the largest value of a bundle that is read. The
// largest of ATT&CK's, a collection, has half a MiB.
const maxObject = 16 << 20

var errObject = errors.New("value too large")

// places reads a text for a decoder and knows the lines of what was read since
// the last place that was asked for. Offsets count from behind a byte order
// mark.
type places struct {
	in       io.Reader
	d        *json.Decoder
	skipped  int     // bytes of the byte order mark
	read     int64   // bytes
	breaks   []int64 // offsets of the line breaks behind mark
	mark     int64   // the last place
	line     int     // that mark is in
	lineFrom int64   // where it begins

	scanned  int64 // bytes of all values decoded, from which the decoder counts
	syntaxAt int64 // where a value is wrong, -1 for nowhere
}

// Read implements io.Reader.
func (p *places) Read(b []byte) (int, error) {
	if p.read-p.mark > maxObject {
		return 0, errObject
	}
	n, err := p.in.Read(b)
	for i, c := range b[:n] {
		if c == '\n' {
			p.breaks = append(p.breaks, p.read+int64(i))
		}
	}
	p.read += int64(n)
	return n, err
}

// place returns the line and column of an offset, which is not before the
// last one.
func (p *places) place(offset int64) Problem {
	p.mark = max(p.mark, offset)
	passed := 0
	for passed < len(p.breaks) && p.breaks[passed] < p.mark {
		p.line++
		p.lineFrom = p.breaks[passed] + 1
		passed++
	}
	p.breaks = p.breaks[passed:]
	at := Problem{Line: p.line, Col: int(p.mark-p.lineFrom) + 1}
	if p.line == 1 {
		at.Col += p.skipped
	}
	return at
}

// next returns the place of the next value.
func (p *places) next() Problem {
	offset, _ := p.ahead()
	return p.place(offset)
}

// ahead returns where the next value begins, and where the comma or colon
// before it ends.
func (p *places) ahead() (value, behindMark int64) {
	p.d.More() // sees to it that there is something to look at
	value = p.d.InputOffset()
	behindMark = value
	var one [1]byte
	for rest := p.d.Buffered(); ; {
		n, _ := rest.Read(one[:])
		switch {
		case n == 0 || strings.IndexByte(" \t\r\n,:", one[0]) < 0:
			return value, behindMark
		case one[0] == ',' || one[0] == ':':
			behindMark = value + 1
		}
		value++
	}
}

// decode decodes the next value.
func (p *places) decode(v any) error {
	_, from := p.ahead()
	err := p.d.Decode(v)
	p.count(err, from)
	return err
}

// token reads the next token.
func (p *places) token() (json.Token, error) {
	from, _ := p.ahead()
	t, err := p.d.Token()
	if _, mark := t.(json.Delim); !mark {
		p.count(err, from)
	}
	return t, err
}

// count follows the number of bytes that the decoder has looked at as parts of
// values, from which the offsets of its errors count.
func (p *places) count(err error, from int64) {
	var syntax *json.SyntaxError
	switch {
	case !errors.As(err, &syntax):
		p.scanned += p.d.InputOffset() - from
	case syntax.Offset != p.d.InputOffset(): // not one between values
		p.syntaxAt = from + syntax.Offset - p.scanned - 1
	}
}

// broken says why the text cannot be read on.
func (p *places) broken(err error) *Problem {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errObject):
		return wrong(p.next(), codeLarge, "unexpected value of more than %d MiB", maxObject>>20)
	case errors.Is(err, io.EOF) && p.read == 0:
		return wrong(p.place(p.read), codeTruncated, "unexpected end, expected a STIX bundle")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return wrong(p.place(p.read), codeTruncated, "unexpected end inside the bundle: the file is not complete")
	case errors.As(err, &syntax):
		at := p.syntaxAt
		if at < p.mark {
			at, _ = p.ahead()
		}
		return wrong(p.place(at), codeSyntax, "%s, expected a STIX bundle in JSON", syntax.Error())
	}
	return wrong(p.place(p.read), codeUnreadable, "%v", err)
}
