package document

import (
	"bytes"
	"sort"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// places turns the YAML module's lines and columns, which count runes and
// break lines at NEL, LS and PS too, into byte offsets of the file.
type places struct {
	text   []byte
	base   int   // offset of text in the file
	starts []int // of lines, in text
	ascii  bool

	// Of text that is not ASCII: how many runes stand before each line, and
	// the offset of every markEvery-th rune. A line may have any length.
	runes, marks []int
}

const markEvery = 64

func newPlaces(text []byte, base int) *places {
	p := &places{text: text, base: base, ascii: isASCII(text)}
	p.starts = append(make([]int, 0, 1+bytes.Count(text, []byte{'\n'})), 0)
	if p.ascii && bytes.IndexByte(text, '\r') < 0 {
		for at := 0; ; { // nearly every file: only LF ends a line
			i := bytes.IndexByte(text[at:], '\n')
			if i < 0 {
				return p
			}
			at += i + 1
			p.starts = append(p.starts, at)
		}
	}
	for i := 0; i < len(text); i++ {
		if n := breakAt(text, i); n > 0 {
			i += n - 1
			p.starts = append(p.starts, i+1)
		}
	}
	if !p.ascii {
		p.mark()
	}
	return p
}

// mark counts the runes of the text, which has no invalid ones.
func (p *places) mark() {
	p.runes = make([]int, 0, len(p.starts))
	n := 0
	for at := 0; at <= len(p.text); n++ {
		if n%markEvery == 0 {
			p.marks = append(p.marks, at)
		}
		if line := len(p.runes); line < len(p.starts) && p.starts[line] == at {
			p.runes = append(p.runes, n)
		}
		if at == len(p.text) {
			return
		}
		_, size := utf8.DecodeRune(p.text[at:])
		at += size
	}
}

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// breakAt returns the length of the line break at i, or 0.
func breakAt(text []byte, i int) int {
	switch text[i] {
	case '\n':
		return 1
	case '\r':
		if i+1 < len(text) && text[i+1] == '\n' {
			return 2
		}
		return 1
	case 0xc2:
		if bytes.HasPrefix(text[i:], []byte("\u0085")) {
			return 2
		}
	case 0xe2:
		if bytes.HasPrefix(text[i:], []byte("\u2028")) || bytes.HasPrefix(text[i:], []byte("\u2029")) {
			return 3
		}
	}
	return 0
}

// from returns the places of the text from the line on that begins at the file
// offset at.
func (p *places) from(at int) *places {
	tail := *p
	line := sort.SearchInts(p.starts, at-p.base)
	tail.starts = p.starts[line:]
	if !p.ascii {
		tail.runes = p.runes[line:]
	}
	return &tail
}

// offset returns the file offset of a line and a column that counts runes.
func (p *places) offset(line, col int) int {
	if line < 1 {
		return p.base
	}
	if line > len(p.starts) {
		return p.base + len(p.text)
	}
	if p.ascii {
		return p.base + min(p.starts[line-1]+col-1, len(p.text))
	}
	n := p.runes[line-1] + col - 1
	if n/markEvery >= len(p.marks) {
		return p.base + len(p.text)
	}
	at := p.marks[n/markEvery]
	for n %= markEvery; n > 0 && at < len(p.text); n-- {
		_, size := utf8.DecodeRune(p.text[at:])
		at += size
	}
	return p.base + at
}

// align follows the source of the scalar n byte by byte and maps its decoded
// text. It fails where the source does not decode to n.Text: then no place
// inside is to be trusted.
func align(text []byte, n *Node) (span.Map, bool) {
	a := aligner{src: text, at: skipProperties(text, n.at), style: n.Style}
	a.open()
	for i := 0; i < len(n.Text); {
		size := a.step(n.Text[i:], i)
		if size == 0 {
			return span.Map{}, false
		}
		i += size
	}
	a.out.Add(len(n.Text), a.at, true)
	return a.out, true
}

// skipProperties steps over a tag and an anchor in front of a scalar.
func skipProperties(text []byte, at int) int {
	for at < len(text) && (text[at] == '!' || text[at] == '&') {
		for at < len(text) && text[at] > ' ' {
			at++
		}
		for at < len(text) && text[at] <= ' ' {
			at++
		}
	}
	return at
}

type aligner struct {
	src    []byte
	at     int
	style  Style
	indent int // of block scalars
	blanks int // where the blanks end that were looked at last
	out    span.Map
}

// open steps over the opening quote or the header of a block scalar.
func (a *aligner) open() {
	switch a.style {
	case Single, Double:
		a.at++
	case Literal, Folded:
		a.skipLine()
		a.indent = blockIndent(a.src, a.at)
		a.skipIndent()
	}
}

func (a *aligner) skipLine() {
	for a.at < len(a.src) && breakAt(a.src, a.at) == 0 {
		a.at++
	}
	if a.at < len(a.src) {
		a.at += breakAt(a.src, a.at)
	}
}

// blockIndent returns how far the first line with text behind at is indented.
// An explicit indentation ("|2") is not followed: align then fails, and the
// scalar has one place only.
func blockIndent(src []byte, at int) int {
	for n := 0; at < len(src); at++ {
		switch {
		case src[at] == ' ':
			n++
		case breakAt(src, at) > 0:
			n = 0
		default:
			return n
		}
	}
	return 0
}

func (a *aligner) skipIndent() {
	for n := 0; n < a.indent && a.at < len(a.src) && a.src[a.at] == ' '; n++ {
		a.at++
	}
}

// step maps what the decoded text begins with and returns its length, or 0.
func (a *aligner) step(decoded string, i int) int {
	if a.at >= len(a.src) {
		return 0
	}
	c := a.src[a.at]
	switch {
	case a.style == Single && c == '\'':
		if decoded[0] != '\'' || a.at+1 >= len(a.src) || a.src[a.at+1] != '\'' {
			return 0
		}
		a.out.Add(i, a.at, true)
		a.at += 2
		return 1
	case a.style == Double && c == '\\':
		return a.escape(decoded, i)
	case a.foldsHere():
		return a.fold(decoded, i)
	case c == decoded[0]:
		a.out.Add(i, a.at, false)
		a.at++
		return 1
	}
	return 0
}

// foldsHere reports whether the source has a line break here, blanks in front
// of it skipped where the style drops them.
func (a *aligner) foldsHere() bool {
	p := a.at
	if a.style <= Double {
		for p = max(p, a.blanks); p < len(a.src) && (a.src[p] == ' ' || a.src[p] == '\t'); {
			p++
		}
		a.blanks = p
	}
	return p < len(a.src) && breakAt(a.src, p) > 0
}

// fold steps over line breaks and the blanks around them, which stand for the
// blank or the line feeds that decoded begins with.
func (a *aligner) fold(decoded string, i int) int {
	a.out.Add(i, a.at, true)
	if a.style > Double {
		return a.foldBlock(decoded)
	}
	for a.at < len(a.src) && (a.src[a.at] == ' ' || a.src[a.at] == '\t' || breakAt(a.src, a.at) > 0) {
		a.at += max(1, breakAt(a.src, a.at))
	}
	size := 0
	for size < len(decoded) && decoded[size] == '\n' {
		size++
	}
	switch {
	case size > 0:
		return size
	case decoded[0] == ' ':
		return 1
	case breakAt([]byte(decoded[:min(3, len(decoded))]), 0) == 3: // LS and PS stay
		return 3
	}
	return 0
}

// foldBlock steps over one line break of a block scalar. Where a folded
// scalar drops the break of a paragraph's end, the next one follows.
func (a *aligner) foldBlock(decoded string) int {
	a.at += breakAt(a.src, a.at)
	a.skipIndent()
	switch {
	case decoded[0] == ' ' && a.style == Folded:
		return 1
	case decoded[0] != '\n':
		return 0
	case a.style == Folded && len(decoded) > 1 && decoded[1] != '\n' && a.at < len(a.src) && breakAt(a.src, a.at) > 0:
		a.at += breakAt(a.src, a.at)
		a.skipIndent()
	}
	return 1
}

// escape maps one escape sequence of a double-quoted scalar.
func (a *aligner) escape(decoded string, i int) int {
	if a.at+1 >= len(a.src) {
		return 0
	}
	a.out.Add(i, a.at, true)
	switch c := a.src[a.at+1]; {
	case c == 'x':
		a.at += 4
	case c == 'u':
		a.at += 6
	case c == 'U':
		a.at += 10
	case breakAt(a.src, a.at+1) > 0:
		a.at += 1 + breakAt(a.src, a.at+1)
		for a.at < len(a.src) && (a.src[a.at] == ' ' || a.src[a.at] == '\t') {
			a.at++
		}
		return a.step(decoded, i)
	default:
		a.at += 2
	}
	return runeLen(decoded)
}

// runeLen returns the length of the rune that s begins with.
func runeLen(s string) int {
	_, size := utf8.DecodeRuneInString(s)
	return size
}
