package eql

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

type kind byte

const (
	end      kind = iota
	bad           // not a token; val is the message, code its code
	word          // an identifier; val is the name
	reserved      // a keyword, in~ like~ regex~ included; val is the keyword
	function      // an identifier that ends in ~; val has the ~
	quoted        // a name in backquotes; val is the name
	variable      // $name of the Endpoint dialect; val has the $
	str           // val is the text without quotes and escapes
	integer       // val is the spelling
	decimal       // val is the spelling
	mark          // an operator or bracket; val is the mark
)

type token struct {
	kind kind
	val  string
	code string
	span span.Span
}

// keyword reports whether an identifier is reserved. Keywords are lower case
// only, and none of them can be part of a field name without backquotes.
func keyword(s string) bool {
	switch s {
	case "and", "any", "by", "false", "in", "join", "like", "maxspan", "not", "null", "of", "or",
		"regex", "sample", "sequence", "true", "until", "where", "with":
		return true
	}
	return false
}

// plainName reports whether s is an identifier.
func plainName(s string) bool {
	for i, r := range s {
		if i == 0 && !nameStart(r) || i > 0 && !namePart(r) {
			return false
		}
	}
	return s != ""
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func digit(r rune) bool { return r >= '0' && r <= '9' }

func nameStart(r rune) bool { return letter(r) || r == '_' || r == '@' }

func namePart(r rune) bool { return letter(r) || digit(r) || r == '_' }

func blank(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

// lex returns all tokens, the last of which is the end. Text that is no
// token becomes a bad token, so that a mistake ends nothing but itself.
func lex(text string) []token {
	l := lexer{Cursor: scan.Cursor{Text: text}, tokens: make([]token, 0, len(text)/5+2)}
	for {
		l.skip()
		l.start = l.Off
		if l.Done() {
			l.emit(end, "")
			return l.tokens
		}
		l.token()
	}
}

type lexer struct {
	scan.Cursor
	start  int
	tokens []token
}

func (l *lexer) emit(k kind, val string) {
	l.tokens = append(l.tokens, token{kind: k, val: val, span: span.Span{Start: l.start, End: l.Off}})
}

func (l *lexer) bad(code, message string) {
	l.tokens = append(l.tokens, token{kind: bad, val: message, code: code, span: span.Span{Start: l.start, End: l.Off}})
}

func (l *lexer) rest() string { return l.Text[l.Off:] }

// skip passes over blanks and comments.
func (l *lexer) skip() {
	for {
		for !l.Done() && blank(l.Text[l.Off]) {
			l.Off++
		}
		switch {
		case strings.HasPrefix(l.rest(), "//"):
			l.line()
		case strings.HasPrefix(l.rest(), "/*"):
			n := strings.Index(l.rest()[2:], "*/")
			if n < 0 {
				l.start = l.Off
				l.Off = len(l.Text)
				l.bad("eql/unclosed-comment", "comment is not closed, expected */")
				return
			}
			l.Off += 2 + n + 2
		default:
			return
		}
	}
}

// line passes over the rest of the line.
func (l *lexer) line() {
	n := strings.IndexAny(l.rest(), "\r\n")
	if n < 0 {
		n = len(l.rest())
	}
	l.Off += n
}

func (l *lexer) token() {
	r := l.Peek()
	switch {
	case nameStart(r):
		l.name()
	case digit(r), r == '.' && l.digitAt(1):
		l.number()
	case r == '"':
		l.str()
	case r == '`':
		l.backquoted()
	case r == '$':
		l.variable()
	case r == '\'', strings.HasPrefix(l.rest(), `?"`), strings.HasPrefix(l.rest(), `?'`):
		l.oldString()
	default:
		l.mark()
	}
}

// name = ( letter | "_" | "@" ) { letter | digit | "_" } [ "~" ]
func (l *lexer) name() {
	l.Next()
	l.While(namePart)
	s := l.Text[l.start:l.Off]
	switch s {
	case "in", "like", "regex":
		if l.Accept("~") {
			s += "~"
		}
		l.emit(reserved, s)
		return
	}
	switch {
	case keyword(s):
		l.emit(reserved, s)
	case l.Accept("~"):
		l.emit(function, s+"~")
	default:
		l.emit(word, s)
	}
}

func (l *lexer) digitAt(n int) bool {
	at := l.Off + n
	return at < len(l.Text) && digit(rune(l.Text[at]))
}

// number = digits [ "." { digit } ] [ exponent ] | "." digits [ exponent ]
func (l *lexer) number() {
	k := integer
	l.While(digit)
	if l.Accept(".") {
		k = decimal
		l.While(digit)
	}
	if l.exponent() {
		k = decimal
	}
	l.emit(k, l.Text[l.start:l.Off])
}

// exponent = ( "e" | "E" ) [ "+" | "-" ] digits
func (l *lexer) exponent() bool {
	if r := l.Peek(); r != 'e' && r != 'E' {
		return false
	}
	sign := 0
	if n := l.Off + 1; n < len(l.Text) && (l.Text[n] == '+' || l.Text[n] == '-') {
		sign = 1
	}
	if !l.digitAt(1 + sign) {
		return false
	}
	l.Off += 1 + sign
	l.While(digit)
	return true
}

// variable = "$" name, in the dialect of Elastic Endpoint only.
func (l *lexer) variable() {
	l.Next()
	if !nameStart(l.Peek()) {
		l.bad("eql/character", `unexpected "$"`)
		return
	}
	l.While(namePart)
	l.emit(variable, l.Text[l.start:l.Off])
}

// backquoted = "`" { any | "“" } "`"
func (l *lexer) backquoted() {
	l.Next()
	var b strings.Builder
	for {
		n := strings.IndexAny(l.rest(), "`\r\n")
		if n < 0 || l.rest()[n] != '`' {
			l.line()
			l.bad("eql/unclosed-name", "name in backquotes is not closed")
			return
		}
		b.WriteString(l.rest()[:n])
		l.Off += n + 1
		if !l.Accept("`") {
			break
		}
		b.WriteByte('`')
	}
	if b.Len() == 0 {
		l.bad("eql/empty-name", "name in backquotes is empty")
		return
	}
	l.emit(quoted, valid(b.String()))
}

// oldString takes a string of the syntax before Elasticsearch 7.11.
func (l *lexer) oldString() {
	l.Accept("?")
	quote := string(l.Next())
	n := strings.IndexAny(l.rest(), quote+"\r\n")
	switch {
	case n < 0:
		l.Off = len(l.Text)
	case l.rest()[n] == quote[0]:
		l.Off += n + 1
	default:
		l.Off += n
	}
	l.bad("eql/old-string", `unexpected string, expected one in double quotes, "..." or """..."""`)
}

// str = `"` { character | escape } `"` | `"""` text `"""`
func (l *lexer) str() {
	if strings.HasPrefix(l.rest(), `"""`) {
		l.raw()
		return
	}
	l.Next()
	n := strings.IndexAny(l.rest(), "\"\\\r\n")
	if n >= 0 && l.rest()[n] == '"' { // the common case has no escape
		val := l.rest()[:n]
		l.Off += n + 1
		l.emit(str, valid(val))
		return
	}
	l.escaped()
}

// escaped takes a string with escapes, from after the opening quote. A wrong
// escape is one bad token up to the closing quote.
func (l *lexer) escaped() {
	var b strings.Builder
	wrong := span.Span{}
	for {
		n := strings.IndexAny(l.rest(), "\"\\\r\n")
		if n < 0 || l.rest()[n] == '\r' || l.rest()[n] == '\n' {
			l.line()
			l.bad("eql/unclosed-string", `string is not closed on its line, expected "`)
			return
		}
		b.WriteString(l.rest()[:n])
		l.Off += n
		if l.Accept(`"`) {
			break
		}
		from := l.Off
		r, ok := l.escape()
		if !ok && wrong.End == 0 {
			wrong = span.Span{Start: from, End: l.Off}
		}
		b.WriteRune(r)
	}
	if wrong.End == 0 {
		l.emit(str, valid(b.String()))
		return
	}
	l.bad("eql/escape", "unexpected escape "+strconv.Quote(l.Text[wrong.Start:wrong.End])+
		` in string, expected one of \b \t \n \f \r \" \' \\ \u{...}; a backslash is written \\`)
	l.tokens[len(l.tokens)-1].span = wrong
}

// escape = `\` ( "b" | "t" | "n" | "f" | "r" | `"` | "'" | `\` ) | `\u{` 2 to 8 hex digits "}"
func (l *lexer) escape() (rune, bool) {
	l.Next()
	if l.Accept("u{") {
		return l.codePoint()
	}
	switch l.Peek() {
	case 'b':
		l.Next()
		return '\b', true
	case 't':
		l.Next()
		return '\t', true
	case 'n':
		l.Next()
		return '\n', true
	case 'f':
		l.Next()
		return '\f', true
	case 'r':
		l.Next()
		return '\r', true
	case '"', '\'', '\\':
		return l.Next(), true
	case -1, '\r', '\n':
		return 0, false
	}
	l.Next()
	return 0, false
}

func (l *lexer) codePoint() (rune, bool) {
	hex := l.While(func(r rune) bool { return digit(r) || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F' })
	closed := l.Accept("}")
	n, err := strconv.ParseUint(hex, 16, 32)
	if !closed || len(hex) < 2 || len(hex) > 8 || err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}

// raw takes a string in triple quotes. It ends on its line at the first three
// quotes; one or two more quotes belong to the text.
func (l *lexer) raw() {
	body := l.rest()[3:]
	n := strings.Index(body, `"""`)
	if n < 0 || strings.ContainsAny(body[:n], "\r\n") {
		l.line()
		l.bad("eql/unclosed-string", `string is not closed on its line, expected """`)
		return
	}
	for more := 0; more < 2 && strings.HasPrefix(body[n+3:], `"`); more++ {
		n++
	}
	l.Off += 3 + n + 3
	l.emit(str, valid(body[:n]))
}

// valid replaces what is no UTF-8; Parse has complained about it.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// mark takes an operator or a bracket, of one character or two.
func (l *lexer) mark() {
	one, two := l.rest()[:1], l.rest()[:min(2, len(l.rest()))]
	switch two {
	case "==", "!=", "<=", ">=", "![":
		l.Accept(two)
		l.emit(mark, two)
		return
	}
	if strings.ContainsAny(one, "<>=:+-*/%.,[]()|?") {
		l.Accept(one)
		l.emit(mark, one)
		return
	}
	hint := ""
	switch {
	case l.Accept("&&"):
		hint = ", expected and"
	case l.Accept("!"):
		hint = ", expected not, != or !["
	default:
		l.Next()
	}
	l.bad("eql/character", "unexpected "+strconv.Quote(l.Text[l.start:l.Off])+hint)
}
