package spl

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// outline says where the strings, macros, comments and subsearches of a text
// end, and its round brackets: by the offset of their first byte, 0 where none
// begins. A quote or bracket that is never closed begins nothing.
type outline struct{ ends, rounds []int32 }

// strictness says what does not go past a pipe with a command behind it.
type strictness struct{ strings, macros bool }

// outlineOf makes the outline of text. Where a quote or a backtick is left over,
// its likes do not go past a pipe with a command behind it, so that the mistake
// costs one stage and not all that follow.
func outlineOf(text string) outline {
	o, odd := outlined(text, strictness{})
	if odd != (strictness{}) {
		o, _ = outlined(text, odd)
	}
	return o
}

// outlined returns the outline, and of what one is left over.
func outlined(text string, strict strictness) (o outline, odd strictness) {
	both := make([]int32, 2*len(text)+2)
	o = outline{ends: both[:len(text)+1], rounds: both[len(text)+1:]}
	var open, round []int
	for i := 0; i < len(text); i++ {
		end := 0
		switch text[i] {
		case '\\':
			i += escaped(text, i)
		case '"':
			end = stringEnd(text, i)
			odd.strings = odd.strings || end == 0
			if strict.strings && crossesStage(text[i:max(i, end)]) {
				end = 0
			}
		case '`':
			end = backtickEnd(text, i)
			odd.macros = odd.macros || end == 0
			switch opens := strings.HasPrefix(text[i:], comment); {
			case opens && end == 0:
				i += len(comment) - 1
			case !opens && strict.macros && crossesStage(text[i:max(i, end)]):
				end = 0
			}
		case '[':
			open = append(open, i)
		case ']':
			open = closeLast(o.ends, open, i)
		case '(':
			round = append(round, i)
		case ')':
			round = closeLast(o.rounds, round, i)
		}
		if end > 0 {
			o.ends[i] = int32(end)
			i = end - 1
		}
	}
	return o, odd
}

// escaped returns 1 if the backslash at i makes a quote, a pipe, a square
// bracket or a backslash of what follows it outside of strings, else 0: paths
// have backslashes in front of everything.
func escaped(text string, i int) int {
	if i+1 < len(text) && strings.IndexByte(`\"|[]`, text[i+1]) >= 0 {
		return 1
	}
	return 0
}

// closeLast notes that the last open bracket ends at i.
func closeLast(ends []int32, open []int, i int) []int {
	if n := len(open); n > 0 {
		ends[open[n-1]] = int32(i + 1)
		return open[:n-1]
	}
	return open
}

// stringEnd returns the offset behind the string that begins at i, or 0.
func stringEnd(text string, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

const comment = "```"

// backtickEnd returns the offset behind the comment or macro that begins at i,
// or 0.
func backtickEnd(text string, i int) int {
	quotes := "`"
	if strings.HasPrefix(text[i:], comment) {
		quotes = comment
	}
	from := i + len(quotes)
	if n := strings.Index(text[from:], quotes); n >= 0 {
		return from + n + len(quotes)
	}
	return 0
}

// crossesStage reports whether a pipe with a command or macro behind it stands
// in s.
func crossesStage(s string) bool {
	for {
		_, rest, found := strings.Cut(s, "|")
		if !found {
			return false
		}
		s = rest
		next := strings.TrimLeft(rest, blanks)
		if strings.HasPrefix(next, "`") || classOf(strings.ToLower(wordOf(next))) != unknown {
			return true
		}
	}
}

// blanks separate words. A zero byte is one because nothing else is known of it.
const blanks = " \t\r\n\f\v\x00"

func isBlank(c byte) bool { return strings.IndexByte(blanks, c) >= 0 }

// wordOf returns the letters, digits and underscores that s begins with.
func wordOf(s string) string {
	for i := 0; i < len(s); i++ {
		if !isWordByte(s[i]) {
			return s[:i]
		}
	}
	return s
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// cut is a stretch of the text, without blanks at its ends.
type cut struct{ from, to int }

// split cuts a pipeline at its pipes. A first stage that is empty stands before
// a leading pipe.
func split(text string, o outline, from, to int) []cut {
	var out []cut
	start := from
	for i := from; i < to; i++ {
		if end := int(o.ends[i]); end > i && end <= to {
			i = end - 1
			continue
		}
		switch text[i] {
		case '\\':
			i += escaped(text, i)
		case '|':
			out = append(out, trim(text, start, i))
			start = i + 1
		}
	}
	return append(out, trim(text, start, to))
}

func trim(text string, from, to int) cut {
	for from < to && isBlank(text[from]) {
		from++
	}
	for from < to && isBlank(text[to-1]) {
		to--
	}
	return cut{from, to}
}

// parenEnd returns the offset behind the bracket that closes the one at i, or 0
// if none before to does.
func (o outline) parenEnd(i, to int) int {
	if end := int(o.rounds[i]); end <= to {
		return end
	}
	return 0
}

// unclosed is the error about what begins at i and is never closed.
func unclosed(text string, i int) (at span.Span, code, message string) {
	at = span.Span{Start: i, End: i + 1}
	switch {
	case text[i] == '"':
		return at, "spl/unclosed-string", `unclosed string, expected another "`
	case strings.HasPrefix(text[i:], comment):
		at.End = i + len(comment)
		return at, "spl/unclosed-comment", "unclosed comment, expected another " + comment
	case text[i] == '`':
		return at, "spl/unclosed-macro", "unclosed macro, expected another `"
	case text[i] == '(':
		return at, "spl/unclosed-bracket", "unclosed bracket, expected another )"
	}
	return at, "spl/unclosed-bracket", "unclosed bracket, expected another ]"
}
