package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// Problem is something wrong with the input, for people.
type Problem struct {
	Path      string // of the input, as the user gave it
	Line, Col int    // from 1, columns count bytes; 0 where not known
	Code      string // stable, as on the wire
	Message   string
	Source    string // the source line, for the caret on a terminal; optional
	Warning   bool   // worth saying, but the input was not bad
	Unopened  bool   // an input given by name could not be opened: ExitUsage
}

// String returns the line that Report prints.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(span.Escape(p.Path))
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
		if p.Col > 0 {
			fmt.Fprintf(&b, ":%d", p.Col)
		}
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if p.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(span.Escape(p.Message))
	if p.Code != "" {
		fmt.Fprintf(&b, " [%s]", span.Escape(p.Code))
	}
	return b.String()
}

// Report says on stderr what is wrong with the input and counts it. With
// --strict it returns an error, which run must return at once. A warning that
// --fail-on names is an error.
func (s *Session) Report(p Problem) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Warning = p.Warning && !s.failsOn(p.Code)
	if p.Path != "" {
		s.paths[p.Path] = struct{}{}
	}
	if p.Warning {
		s.warnings++
	} else {
		s.problems++
	}
	s.unopened = s.unopened || p.Unopened
	if !s.Quiet {
		s.show(p)
	}
	if s.Strict && !p.Warning {
		return errStrict
	}
	return nil
}

// show prints the problem, on a terminal with source line and caret.
func (s *Session) show(p Problem) {
	s.progress.clear()
	text := p.String()
	if p.Path == "" {
		text = s.tool.Name + ": " + text
	}
	if s.Stdio.ErrTTY {
		text += excerpt(p.Source, p.Col, s.errColumns())
	}
	fmt.Fprintln(s.Stdio.Err, text)
}

// errColumns is the width of stderr, which is the terminal of stdout nearly
// always.
func (s *Session) errColumns() int {
	if s.Stdio.Columns > 0 {
		return s.Stdio.Columns
	}
	return defaultWidth
}

// excerpt returns the source line with a caret under column col, cut to width
// columns around it. Without a line or a column in it, it is empty.
func excerpt(source string, col, width int) string {
	source = strings.TrimRight(source, "\r\n")
	if source == "" || col < 1 || col > len(source)+1 {
		return ""
	}
	const indent = "  "
	before, after := shown(source[:col-1]), shown(source[col-1:])
	room := max(width-len(indent), 20)
	before = lastColumns(before, room/2)
	after = firstColumns(after, room-columns(before))
	return "\n" + indent + before + after + "\n" + indent + strings.Repeat(" ", columns(before)) + "^"
}

// shown is Escape with tabs as a blank, so that the caret stays in place.
func shown(s string) string { return span.Escape(strings.ReplaceAll(s, "\t", " ")) }

// lastColumns keeps what fits into width columns at the end of s.
func lastColumns(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	for columns(s) > width-1 {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return "…" + s
}

// firstColumns keeps what fits into width columns at the beginning of s.
func firstColumns(s string, width int) string {
	used := 0
	for i, r := range s {
		used += runeColumns(r)
		if used > width-1 && i+utf8.RuneLen(r) < len(s) {
			return s[:i] + "…"
		}
	}
	return s
}

// columns is the width of s on a terminal.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// runeColumns is near enough for placing a caret: marks take no column, the
// East Asian wide blocks and emoji two.
func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60,
		r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}
