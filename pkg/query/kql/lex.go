package kql

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
	end     kind = iota
	bad          // text is the message, code the code
	word         // unquoted: text is the value, stars the wildcards in it
	quoted       // text is the value
	and          // the keywords, with the blanks that they need around them
	or           //
	not          //
	open         // (
	close_       // )
	begin        // {
	finish       // }
	colon        // :
	compare      // > >= < <=
)

type token struct {
	kind  kind
	span  span.Span
	text  string
	stars []int
	code  string
}

// lexer cuts the text into tokens. Kibana's grammar has none: there a keyword
// is one only with white space around it, and only "and" and "or" after an
// operand, so operand says that one has just been read.
type lexer struct {
	scan.Cursor
	operand bool
	out     []token
}

// lex returns all tokens of text, the last of which is end or bad.
func lex(text string) []token {
	l := lexer{Cursor: scan.Cursor{Text: text}, out: make([]token, 0, 16+len(text)/8)}
	for {
		t := l.token()
		l.out = append(l.out, t)
		switch t.kind {
		case end, bad:
			return l.out
		case word, quoted, close_, finish:
			l.operand = true
		default:
			l.operand = false
		}
	}
}

func (l *lexer) token() token {
	blanks := l.While(isSpace)
	from := l.Off
	if k, size := l.keyword(blanks != ""); k != end {
		l.Off += size
		return token{kind: k, span: span.Span{Start: from, End: l.Off}}
	}
	k := end
	switch l.Peek() {
	case -1:
	case '(':
		k = open
	case ')':
		k = close_
	case '{':
		k = begin
	case '}':
		k = finish
	case ':':
		k = colon
	case '<', '>':
		k = compare
	case '"':
		return l.quoted()
	default:
		return l.word()
	}
	l.Next()
	if k == compare {
		l.Accept("=")
	}
	return token{kind: k, span: span.Span{Start: from, End: l.Off}, text: l.Text[from:l.Off]}
}

// keyword returns the keyword that comes next and its length, or end. It has
// white space behind it; "and" and "or" have it in front as well (blanks) and
// follow an operand, elsewhere they are words.
func (l *lexer) keyword(blanks bool) (kind, int) {
	rest := l.Text[l.Off:]
	name := keywordPrefix(rest)
	if name == "" || !startsWithSpace(rest[len(name):]) {
		return end, 0
	}
	switch {
	case name == "not":
		return not, len(name)
	case !blanks || !l.operand:
		return end, 0
	case name == "and":
		return and, len(name)
	}
	return or, len(name)
}

// keywordPrefix returns which of and, or and not s begins with, in any case,
// or "".
func keywordPrefix(s string) string {
	if s == "" {
		return ""
	}
	name := ""
	switch s[0] {
	case 'a', 'A':
		name = "and"
	case 'o', 'O':
		name = "or"
	case 'n', 'N':
		name = "not"
	}
	if len(s) < len(name) || !strings.EqualFold(s[:len(name)], name) {
		return ""
	}
	return name
}

// word = { character that is no special and begins no keyword | escape | "*" }
//
// It may have blanks inside. Those at its ends do not belong to it, even if
// they were written as escapes.
func (l *lexer) word() token {
	from := l.Off
	var b strings.Builder // what stands before copied
	copied := from
	var stars []int
	for !l.Done() {
		r := l.Peek()
		if r == '*' {
			stars = append(stars, b.Len()+l.Off-copied)
			l.Next()
			continue
		}
		if r == '\\' {
			b.WriteString(l.Text[copied:l.Off])
			ok := l.escape(&b)
			copied = l.Off
			if !ok {
				break
			}
			continue
		}
		if special(r) || !l.plain(r) {
			break
		}
	}
	if l.Off == from {
		return l.badEscape()
	}
	text := l.Text[copied:l.Off]
	if b.Len() > 0 {
		b.WriteString(text)
		text = b.String()
	}
	text = strings.TrimRightFunc(text, isTrimmed)
	size := len(text)
	text = strings.TrimLeftFunc(text, isTrimmed)
	for i := range stars {
		stars[i] -= size - len(text)
	}
	at := span.Span{Start: from, End: from + len(strings.TrimRightFunc(l.Text[from:l.Off], isSpace))}
	return token{kind: word, span: at, text: text, stars: stars}
}

// plain takes one character, or a run of white space as a whole. It reports
// false before a keyword.
func (l *lexer) plain(r rune) bool {
	rest := l.Text[l.Off:]
	if !isSpace(r) {
		if name := keywordPrefix(rest); name == "not" && startsWithSpace(rest[len(name):]) {
			return false
		}
		l.Next()
		return true
	}
	blanks := l.While(isSpace)
	rest = rest[len(blanks):]
	if name := keywordPrefix(rest); name != "" && startsWithSpace(rest[len(name):]) {
		l.Off -= len(blanks)
		return false
	}
	return true
}

// escape = `\` ( "t" | "r" | "n" | special | "u" hex hex hex hex | keyword )
//
// The order is Kibana's: `\not` is a line break and "ot", `\NOT` is "NOT".
func (l *lexer) escape(b *strings.Builder) bool {
	rest := l.Text[l.Off+1:]
	if rest == "" {
		return false
	}
	if whitespaceEscape(b, rest[0]) || special(rune(rest[0])) && b.WriteByte(rest[0]) == nil {
		l.Off += 2
		return true
	}
	if l.unicode(b) {
		return true
	}
	name := keywordPrefix(rest)
	b.WriteString(rest[:len(name)])
	l.Off += len(name)
	if name == "" {
		return false
	}
	l.Off++ // the backslash
	return true
}

func whitespaceEscape(b *strings.Builder, letter byte) bool {
	switch letter {
	case 't':
		b.WriteByte('\t')
	case 'r':
		b.WriteByte('\r')
	case 'n':
		b.WriteByte('\n')
	default:
		return false
	}
	return true
}

// unicode takes `\uXXXX`, which is half a character where two make a
// surrogate pair. A half without the other one becomes U+FFFD.
func (l *lexer) unicode(b *strings.Builder) bool {
	unit, ok := unicodeEscape(l.Text[l.Off:])
	if !ok {
		return false
	}
	l.Off += 6
	if utf16.IsSurrogate(unit) {
		second, _ := unicodeEscape(l.Text[l.Off:])
		unit = utf16.DecodeRune(unit, second)
		if unit != utf8.RuneError {
			l.Off += 6
		}
	}
	b.WriteRune(unit)
	return true
}

// unicodeEscape returns the number in the `\uXXXX` that s begins with.
func unicodeEscape(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}

func (l *lexer) badEscape() token {
	from := l.Off
	l.Next()
	l.Next()
	at := span.Span{Start: from, End: l.Off}
	msg := "unexpected escape " + strconv.Quote(l.Text[from:l.Off]) + ", expected a special character, t, r, n or u after the backslash"
	return token{kind: bad, span: at, text: msg, code: "kql/bad-escape"}
}

// quoted = `"` { `\t` | `\r` | `\n` | `\"` | `\\` | `\uXXXX` | character } `"`
//
// Every other backslash is only a backslash.
func (l *lexer) quoted() token {
	from := l.Off
	l.Next()
	var b strings.Builder
	for !l.Done() {
		rest := l.Text[l.Off:]
		plain := strings.IndexAny(rest, `"\`)
		if plain < 0 {
			break
		}
		b.WriteString(rest[:plain])
		l.Off += plain
		if rest[plain] == '"' {
			l.Off++
			return token{kind: quoted, span: span.Span{Start: from, End: l.Off}, text: b.String()}
		}
		l.quotedEscape(&b, rest[plain+1:])
	}
	l.Off = len(l.Text)
	return token{kind: bad, span: span.Span{Start: from, End: from + 1}, text: "unclosed string, expected another \"", code: "kql/unclosed-string"}
}

func (l *lexer) quotedEscape(b *strings.Builder, rest string) {
	if rest != "" && whitespaceEscape(b, rest[0]) {
		l.Off += 2
		return
	}
	if l.unicode(b) {
		return
	}
	if strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, `\`) {
		l.Off++
	}
	b.WriteByte(l.Text[l.Off])
	l.Off++
}

// special reports whether r ends a word unless it is escaped.
func special(r rune) bool {
	switch r {
	case '\\', '(', ')', ':', '<', '>', '"', '*', '{', '}':
		return true
	}
	return false
}

// isSpace reports whether r is white space to Kibana's grammar.
func isSpace(r rune) bool {
	switch r {
	case ' ', '\t', '\r', '\n', '\u00a0':
		return true
	}
	return false
}

func startsWithSpace(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && isSpace(r)
}

func spaceOrEnd(s string) bool { return s == "" || startsWithSpace(s) }

func lastIsSpace(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return isSpace(r)
}

// isTrimmed reports whether JavaScript's trim, which Kibana runs over every
// word, takes r away.
func isTrimmed(r rune) bool {
	switch r {
	case '\v', '\f', '\u1680', '\u2028', '\u2029', '\u202f', '\u205f', '\u3000', '\ufeff':
		return true
	}
	return isSpace(r) || r >= '\u2000' && r <= '\u200a'
}
