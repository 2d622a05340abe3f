package lucene

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

type kind uint8

const (
	end        kind = iota
	bad             // text is the message, code the code
	term            // text is the word, wilds its wildcards
	bare            // + - or ! before white space, which is a word
	and             // AND &&
	or              // OR ||
	not             // NOT !
	plus            // +
	minus           // -
	open            // (
	close_          // )
	colon           // :
	phrase          // text is what stands in the quotes
	regex           // text is what stands between the slashes
	fuzzy           // ~ and what follows it
	caret           // ^ and a number, which is text
	rangeOpen       // [ or {, after which other rules hold:
	rangeTo         // TO
	bound           // text is the bound, quoted or not
	rangeClose      // ] or }
)

type token struct {
	kind  kind
	span  span.Span
	text  string
	wilds []int
	code  string
}

// lexer cuts the text into tokens as Lucene's generated lexer does: the
// longest match wins, so "ANDROID" and "&&x" are words.
type lexer struct {
	scan.Cursor
	out []token
}

// lex returns all tokens of text, the last of which is end or bad.
func lex(text string) []token {
	l := lexer{Cursor: scan.Cursor{Text: text}, out: make([]token, 0, 16+len(text)/8)}
	inRange := false
	for {
		l.While(isSpace)
		next := l.token
		if inRange {
			next = l.inRange
		}
		t := next()
		l.out = append(l.out, t)
		switch t.kind {
		case end, bad:
			return l.out
		case rangeOpen:
			inRange = true
		case rangeClose:
			inRange = false
		}
	}
}

func (l *lexer) make(k kind, from int, text string) token {
	return token{kind: k, span: span.Span{Start: from, End: l.Off}, text: text}
}

func (l *lexer) bad(at span.Span, code, msg string) token {
	return token{kind: bad, span: at, text: msg, code: code}
}

func (l *lexer) token() token {
	from := l.Off
	r := l.Peek()
	switch r {
	case -1:
		return l.make(end, from, "")
	case '+', '-', '!':
		return l.mark()
	case '"':
		return l.phrase()
	case '/':
		return l.regex()
	case '~':
		l.Next()
		l.termChars(nil, nil)
		return l.make(fuzzy, from, l.Text[from:l.Off])
	case '^':
		return l.boost()
	}
	if k := punctuation(r); k != end {
		l.Next()
		return l.make(k, from, l.Text[from:l.Off])
	}
	return l.term()
}

func punctuation(r rune) kind {
	switch r {
	case '(':
		return open
	case ')':
		return close_
	case ':':
		return colon
	case '[', '{':
		return rangeOpen
	case ']', '}':
		return rangeClose
	}
	return end
}

// mark = "+" | "-" | "!"
//
// With white space behind it each of them is a word.
func (l *lexer) mark() token {
	from := l.Off
	r := l.Next()
	if !l.Done() && isSpace(l.Peek()) {
		return l.make(bare, from, string(r))
	}
	switch r {
	case '+':
		return l.make(plus, from, "")
	case '-':
		return l.make(minus, from, "")
	}
	return l.make(not, from, "")
}

// term = ( start | wildcard ) { start | "+" | "-" | wildcard }
//
// where start is a character without a meaning of its own, or an escape.
func (l *lexer) term() token {
	from := l.Off
	var b strings.Builder
	var wilds []int
	if !l.termChars(&b, &wilds) {
		at := span.Span{Start: l.Off, End: min(l.Off+2, len(l.Text))}
		return l.bad(at, "lucene/bad-escape", "unexpected escape, expected a character after \\, or four hexadecimal digits after \\u")
	}
	raw := l.Text[from:l.Off]
	t := l.make(wordKind(raw), from, b.String())
	t.wilds = wilds
	return t
}

// wordKind returns what the word raw, as written, is.
func wordKind(raw string) kind {
	switch raw {
	case "AND", "&&":
		return and
	case "OR", "||":
		return or
	case "NOT":
		return not
	}
	return term
}

// termChars takes the characters of a word. It reports false at an escape
// that is none. With nil it takes those that may follow a tilde, among which
// are no wildcards, and leaves their escapes alone.
func (l *lexer) termChars(b *strings.Builder, wilds *[]int) bool {
	for !l.Done() {
		r := l.Peek()
		wild := r == '*' || r == '?'
		switch {
		case b == nil && (wild || r == '\\'):
			return true
		case r == '\\':
			if !l.escape(b) {
				return false
			}
			continue
		case wild:
			*wilds = append(*wilds, b.Len())
		case !isTermStart(r) && r != '+' && r != '-':
			return true
		}
		from := l.Off
		l.Next()
		if b != nil {
			b.WriteString(l.Text[from:l.Off])
		}
	}
	return true
}

// escape = `\` ( "u" hex hex hex hex | any character )
func (l *lexer) escape(b *strings.Builder) bool {
	size := escapeSize(l.Text[l.Off:])
	if size == 0 {
		return false
	}
	b.WriteString(unescape(l.Text[l.Off : l.Off+size]))
	l.Off += size
	return true
}

// escapeSize returns the length of the escape that s begins with, 0 if it is
// none. Two halves of a surrogate pair are one escape.
func escapeSize(s string) int {
	if len(s) < 2 {
		return 0
	}
	if s[1] != 'u' {
		_, size := utf8.DecodeRuneInString(s[1:])
		return 1 + size
	}
	first, ok := unit(s)
	if !ok {
		return 0
	}
	if second, ok := unit(s[6:]); ok && utf16.DecodeRune(first, second) != utf8.RuneError {
		return 12
	}
	return 6
}

// unit returns the number in the `\uXXXX` that s begins with.
func unit(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}

// unescape resolves the escapes of s, which have been found to be right. Half
// a surrogate pair becomes U+FFFD.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for s != "" {
		plain, _, _ := strings.Cut(s, `\`)
		b.WriteString(plain)
		s = s[len(plain):]
		switch size := escapeSize(s); size {
		case 0: // the end
		case 6, 12:
			first, _ := unit(s)
			if second, _ := unit(s[6:size]); utf16.IsSurrogate(first) {
				first = utf16.DecodeRune(first, second)
			}
			b.WriteRune(first)
			s = s[size:]
		default:
			b.WriteString(s[1:size])
			s = s[size:]
		}
	}
	return b.String()
}

// phrase = `"` { escape | character } `"`
func (l *lexer) phrase() token {
	from := l.Off
	for i := from + 1; i < len(l.Text); i++ {
		switch l.Text[i] {
		case '\\':
			i++
		case '"':
			l.Off = i + 1
			return l.unescaped(phrase, from, l.Text[from+1:i], from+1)
		}
	}
	return l.bad(span.Span{Start: from, End: from + 1}, "lucene/unclosed-string", "unclosed string, expected another \"")
}

// unescaped makes a token of raw, which stands at at, without its escapes.
func (l *lexer) unescaped(k kind, from int, raw string, at int) token {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		size := escapeSize(raw[i:])
		if size == 0 {
			where := span.Span{Start: at + i, End: at + min(i+2, len(raw))}
			return l.bad(where, "lucene/bad-escape", "unexpected escape, expected a character after \\, or four hexadecimal digits after \\u")
		}
		i += size - 1
	}
	return l.make(k, from, unescape(raw))
}

// regex = "/" { character | `\/` } "/"
func (l *lexer) regex() token {
	from := l.Off
	closing := longest(l.Text[from:], '/')
	if closing < 0 {
		return l.bad(span.Span{Start: from, End: from + 1}, "lucene/unclosed-regex", `unclosed regular expression, expected another / or a \ before this one`)
	}
	l.Off += closing + 1
	return l.make(regex, from, l.Text[from+1:l.Off-1])
}

// longest returns where the text in quotes that s begins with ends, -1 if it
// does not. A quote after a backslash ends it only if no other one does: the
// grammar takes the backslash as a character and as an escape, and the longest
// match wins.
func longest(s string, quote byte) int {
	last := -1
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if s[i-1] != '\\' {
			return i
		}
		last = i
	}
	return last
}

// boost = "^" digit { digit } [ "." digit { digit } ]
func (l *lexer) boost() token {
	from := l.Off
	l.Next()
	if l.While(isDigit) == "" {
		return l.bad(span.Span{Start: from, End: l.Off}, "lucene/bad-boost", "unexpected ^ without a number after it")
	}
	if rest := l.Text[l.Off:]; len(rest) > 1 && rest[0] == '.' && isDigit(rune(rest[1])) {
		l.Next()
		l.While(isDigit)
	}
	return l.make(caret, from, l.Text[from+1:l.Off])
}

// inRange = "TO" | "]" | "}" | `"` text `"` | text up to a blank, "]" or "}"
func (l *lexer) inRange() token {
	from := l.Off
	switch l.Peek() {
	case -1:
		return l.make(end, from, "")
	case ']', '}':
		l.Next()
		return l.make(rangeClose, from, l.Text[from:l.Off])
	}
	l.While(isBound)
	if l.Text[from] == '"' {
		if closing := longest(l.Text[from:], '"'); closing > 1 && closing >= l.Off-from-1 {
			l.Off = from + closing + 1
			return l.unescaped(bound, from, l.Text[from+1:l.Off-1], from+1)
		}
	}
	raw := l.Text[from:l.Off]
	if raw == "TO" {
		return l.make(rangeTo, from, raw)
	}
	return l.unescaped(bound, from, raw, from)
}

// isBound reports whether r can stand in a bound without quotes. Lucene lets
// tabs and line breaks stand there too, which nobody means.
func isBound(r rune) bool { return r != ']' && r != '}' && !isSpace(r) }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// isTermStart reports whether r has no meaning of its own.
func isTermStart(r rune) bool {
	switch r {
	case '+', '-', '!', '(', ')', ':', '^', '[', ']', '"', '{', '}', '~', '*', '?', '\\', '/':
		return false
	}
	return !isSpace(r)
}

func isSpace(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\u3000':
		return true
	}
	return false
}
