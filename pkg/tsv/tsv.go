// Package tsv reads tables that users write: one row a line, cells separated
// by tabs, no quotes and no escapes, and a first line that names the columns
// in any order. Every cell knows where it stands. What the cells mean is for
// others to say.
package tsv

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// The ends of the codes of what can be wrong with a table as such. They stand
// behind the name of the kind of table: "fields/cells".
const (
	codeEncoding  = "encoding"
	codeEmpty     = "no-header"
	codeUnknown   = "unknown-column"
	codeMissing   = "missing-column"
	codeRepeated  = "duplicate-column"
	codeCellCount = "cells"
)

// Format says which columns a kind of table has.
type Format struct {
	Code    string   // what the codes of its errors begin with: "fields"
	Needed  []string // columns without which the table is of no use
	Columns []string // all that are known, those that nobody needs included
}

// Table is what could be read of a text.
type Table struct {
	Rows []Row
	Errs span.Errors
}

// Row is one line of a table.
type Row struct {
	At    span.Span // of the line
	cells []Cell
	place map[string]int // of the columns; shared by all rows
}

// Cell is one value, without blanks around it.
type Cell struct {
	Text string
	At   span.Span
}

// Cell returns the cell in a column. Where the table has no such column, it
// is empty and stands at the beginning of the line.
func (r Row) Cell(column string) Cell {
	if i, ok := r.place[column]; ok {
		return r.cells[i]
	}
	return Cell{At: span.At(r.At.Start)}
}

// Read reads a table. A line that begins with "#" is a comment, an empty one
// nothing; lines may end with CRLF and the text begin with a byte order mark.
// A wrong row is left out and costs no other. Not ok is a text without a
// header that names all needed columns: there is nothing to be had from it.
func (f *Format) Read(text []byte) (t Table, ok bool) {
	at := 0
	if rest, marked := bytes.CutPrefix(text, []byte("\xef\xbb\xbf")); marked {
		at = len(text) - len(rest)
	}
	var place map[string]int
	columns := 0
	for at < len(text) {
		end, next := lineEnd(text, at)
		line, where := text[at:end], span.Span{Start: at, End: end}
		at = next
		switch bad := invalid(line); {
		case len(bytes.TrimSpace(line)) == 0 || line[0] == '#':
		case bad >= 0 && place == nil:
			f.errorf(&t, span.At(where.Start+bad), codeEncoding, "invalid UTF-8 in the header")
			return t, false
		case bad >= 0:
			f.errorf(&t, span.At(where.Start+bad), codeEncoding, "invalid UTF-8")
		case place == nil:
			cells := split(line, where.Start)
			columns = len(cells)
			if place, ok = f.header(&t, cells); !ok {
				return t, false
			}
		default:
			row := Row{At: where, cells: split(line, where.Start), place: place}
			if len(row.cells) != columns {
				f.errorf(&t, where, codeCellCount, "unexpected row of %s, expected %d as in the header", count(len(row.cells), "cell"), columns)
				continue
			}
			t.Rows = append(t.Rows, row)
		}
	}
	if place == nil {
		f.errorf(&t, span.At(0), codeEmpty, "unexpected end, expected a header that names the columns %s", strings.Join(f.Needed, ", "))
	}
	return t, place != nil
}

// header returns the place of each known column.
func (f *Format) header(t *Table, cells []Cell) (place map[string]int, ok bool) {
	place = make(map[string]int, len(cells))
	for i, c := range cells {
		_, seen := place[c.Text]
		switch {
		case !slices.Contains(f.Columns, c.Text):
			f.errorf(t, c.At, codeUnknown, "unexpected column %q in the header, expected one of %s", c.Text, strings.Join(f.Columns, ", "))
		case seen:
			f.errorf(t, c.At, codeRepeated, "unexpected second column %q in the header; the first one counts", c.Text)
		default:
			place[c.Text] = i
		}
	}
	ok = true
	for _, name := range f.Needed {
		if _, has := place[name]; !has {
			f.errorf(t, span.At(cells[0].At.Start), codeMissing, "no column %q in the header", name)
			ok = false
		}
	}
	return place, ok
}

func (f *Format) errorf(t *Table, at span.Span, code, format string, args ...any) {
	t.Errs.Add(at, f.Code+"/"+code, format, args...)
}

// lineEnd returns where the line that begins at at ends, and where the next
// one begins.
func lineEnd(text []byte, at int) (end, next int) {
	n := bytes.IndexByte(text[at:], '\n')
	if n < 0 {
		end, next = len(text), len(text)
	} else {
		end, next = at+n, at+n+1
	}
	if end > at && text[end-1] == '\r' {
		end--
	}
	return end, next
}

// invalid returns the offset of the first byte that is no UTF-8, or -1.
func invalid(line []byte) int {
	if utf8.Valid(line) {
		return -1
	}
	for i := 0; ; {
		r, size := utf8.DecodeRune(line[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
}

// split cuts a line, which begins at start, at its tabs.
func split(line []byte, start int) []Cell {
	cells := make([]Cell, 0, bytes.Count(line, []byte{'\t'})+1)
	for cell := range bytes.SplitSeq(line, []byte{'\t'}) {
		text := bytes.TrimLeft(cell, " ")
		from := start + len(cell) - len(text)
		text = bytes.TrimRight(text, " ")
		cells = append(cells, Cell{string(text), span.Span{Start: from, End: from + len(text)}})
		start += len(cell) + 1
	}
	return cells
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
