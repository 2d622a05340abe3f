// Package span says where things are: byte spans in a text, line tables,
// maps from a text that was decoded to the file it came from, and
// diagnostics with codes. It knows nothing of rules, files or output.
//
// Offsets are 0-based bytes. Lines and columns are 1-based, and columns count
// bytes, as compilers and editors' "go to" do; they are computed only when
// something is printed.
package span

import (
	"bytes"
	"sort"
)

// Span is the half-open range [Start, End) of byte offsets in one text.
type Span struct{ Start, End int }

// At returns the empty span at off.
func At(off int) Span { return Span{off, off} }

// Join returns the smallest span that holds both a and b.
func Join(a, b Span) Span {
	return Span{min(a.Start, b.Start), max(a.End, b.End)}
}

// Lines is the table of line starts of one text. A line ends at LF, at CRLF
// or at a lone CR.
type Lines struct {
	starts []int
	size   int
}

// NewLines makes the line table of text.
func NewLines(text []byte) *Lines {
	l := &Lines{starts: make([]int, 1, 1+bytes.Count(text, []byte{'\n'})), size: len(text)}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\n':
			l.starts = append(l.starts, i+1)
		case '\r':
			if i+1 == len(text) || text[i+1] != '\n' {
				l.starts = append(l.starts, i+1)
			}
		}
	}
	return l
}

// Position returns the line and column of off, which is clamped to the text.
func (l *Lines) Position(off int) (line, col int) {
	off = min(max(off, 0), l.size)
	line = sort.Search(len(l.starts), func(i int) bool { return l.starts[i] > off })
	return line, off - l.starts[line-1] + 1
}

// Start returns the offset at which line begins; lines past the end begin at
// the end of the text.
func (l *Lines) Start(line int) int {
	switch {
	case line < 1:
		return 0
	case line > len(l.starts):
		return l.size
	}
	return l.starts[line-1]
}

// Map says where the bytes of a decoded text (a YAML scalar, a macro's
// expansion) stand in the file that it came from. The zero Map maps every
// offset to itself.
type Map struct {
	pieces []piece
}

// piece maps the decoded bytes from text on to the file bytes from file on.
// Inside a fixed piece every decoded byte maps to file itself: the source
// spelled the whole piece in another way (an escape, a fold).
type piece struct {
	text, file int
	fixed      bool
}

// Shift returns a Map that adds by to every offset.
func Shift(by int) Map { return Map{pieces: []piece{{file: by}}} }

// Fixed returns a Map that sends every offset to file: the place of a text
// whose inner positions are not known.
func Fixed(file int) Map { return Map{pieces: []piece{{file: file, fixed: true}}} }

// Add says that the decoded bytes from text on stand at file on. Calls come
// in the order of text.
func (m *Map) Add(text, file int, fixed bool) {
	if n := len(m.pieces); n > 0 {
		last := m.pieces[n-1]
		if !fixed && !last.fixed && file-last.file == text-last.text {
			return
		}
	}
	m.pieces = append(m.pieces, piece{text, file, fixed})
}

// Offset returns the file offset of the decoded offset off.
func (m Map) Offset(off int) int {
	i := sort.Search(len(m.pieces), func(i int) bool { return m.pieces[i].text > off }) - 1
	if i < 0 {
		return off
	}
	p := m.pieces[i]
	if p.fixed {
		return p.file
	}
	return p.file + off - p.text
}

// Span maps both ends of s.
func (m Map) Span(s Span) Span {
	start := m.Offset(s.Start)
	return Span{start, max(start, m.Offset(s.End))}
}
