package esql

import (
	"strings"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

type kind uint8

const (
	end     kind = iota
	word         // unquoted identifier or keyword; val is the text
	quoted       // `name`; val is the name
	pattern      // part of a name in KEEP, DROP and RENAME, stars allowed; val is the text
	source       // index, cluster or policy name; val is the text
	str          // "text" or """text"""; val is the text without escapes
	integer      // 10
	decimal      // 1.5, .5, 1e3
	param        // ?, ?name, ?1, ??name; val is the text
	op           // punctuation; val is the text
	bad          // could not be read; val is the message and code its code
)

type token struct {
	kind  kind
	query bool // an opening bracket with a pipeline in it
	pair  int  // of such a bracket: the index of the closing one, or -1
	span  span.Span
	val   string
	code  string
}

// mode says how the text of a stage is cut into tokens: names of indices
// follow other rules than names of columns.
type mode uint8

const (
	command    mode = iota // the next word is the name of a command
	expression             // WHERE, EVAL, STATS and most others
	sources                // FROM, TS
	join                   // LOOKUP JOIN up to ON
	policy                 // ENRICH up to ON or WITH
	project                // KEEP, DROP, RENAME, MV_EXPAND, the rest of ENRICH
	nested                 // FORK, EXPLAIN: only pipelines in brackets
	raw                    // PROMQL, which is another language
)

// frame is an open bracket.
type frame struct {
	open  int    // index of its token
	close string // what closes it
	query bool   // it holds a pipeline
	after mode   // the mode after it
}

type lexer struct {
	scan.Cursor
	mode   mode
	stack  []frame
	tokens []token
	eol    int  // end of the line that was last looked for
	flat   bool // a nested comment did not end: take comments as not nested
	set    bool // inside SET ...;
}

// lex returns all tokens of text, the last of which is end. A pipe always ends
// a stage, also inside of round brackets that were never closed: no expression
// of ES|QL has one, and so a lost bracket costs one stage.
func lex(text string) []token {
	l := lexer{Cursor: scan.Cursor{Text: text}, tokens: make([]token, 0, len(text)/5+4)}
	for {
		l.blank()
		if l.Done() {
			break
		}
		l.one()
	}
	l.emit(end, l.Off, "")
	return l.tokens
}

// blank skips white space and comments. There is no other white space than
// these four characters.
func (l *lexer) blank() {
	for !l.Done() {
		switch c := l.Text[l.Off]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			l.Off++
		case l.at("//"):
			l.While(func(r rune) bool { return r != '\n' && r != '\r' })
		case l.at("/*"):
			if !l.comment() {
				return
			}
		default:
			return
		}
	}
}

func (l *lexer) at(s string) bool { return strings.HasPrefix(l.Text[l.Off:], s) }

// comment skips a comment. Comments nest where the inner ones are closed; the
// first "*/" is the end otherwise. An unclosed one is a token of its own.
func (l *lexer) comment() bool {
	depth := 0
	for i := l.Off; !l.flat && i+1 < len(l.Text); {
		switch l.Text[i : i+2] {
		case "/*":
			depth++
			i += 2
		case "*/":
			depth--
			i += 2
			if depth == 0 {
				l.Off = i
				return true
			}
		default:
			i++
		}
	}
	l.flat = true
	if i := strings.Index(l.Text[l.Off+2:], "*/"); i >= 0 {
		l.Off += 2 + i + 2
		return true
	}
	from := l.Off
	l.Off = len(l.Text)
	l.fail(from, "esql/unclosed-comment", "comment is not closed")
	return false
}

func (l *lexer) emit(k kind, from int, val string) {
	l.tokens = append(l.tokens, token{kind: k, pair: -1, span: span.Span{Start: from, End: l.Off}, val: val})
}

func (l *lexer) fail(from int, code, msg string) {
	l.emit(bad, from, msg)
	l.tokens[len(l.tokens)-1].code = code
}

// one takes one token.
func (l *lexer) one() {
	from := l.Off
	c := l.Text[from]
	switch {
	case c == '"':
		l.string()
	case c == '|':
		l.pipe()
	case c == ')' || c == ']' || c == '}':
		l.closing(string(c))
	case c == '(' || c == '[' || c == '{':
		l.opening(c)
	case l.mode == raw:
		l.promql()
	case l.mode == command:
		l.command()
	case (l.mode == sources || l.mode == join) && isSource(c):
		l.source()
	case l.mode == policy && isPolicy(c):
		l.policy()
	case l.mode == project && (isPattern(c) || c == '@' || c == '`'):
		l.pattern()
	case c == '`':
		l.backquoted()
	case isLetter(c) || c == '_' || c == '@':
		l.word()
	case isDigit(c) || c == '.' && from+1 < len(l.Text) && isDigit(l.Text[from+1]):
		l.number()
	case c == '?':
		l.param()
	default:
		l.punctuation()
	}
}

// pipe ends a stage: everything that is open inside of it ends as well.
func (l *lexer) pipe() {
	for n := len(l.stack); n > 0 && !l.stack[n-1].query; n-- {
		l.stack = l.stack[:n-1]
	}
	l.Off++
	l.emit(op, l.Off-1, "|")
	l.mode = command
}

var closers = map[byte]string{'(': ")", '[': "]", '{': "}"}

func (l *lexer) opening(c byte) {
	query := c != '{' && (l.mode == nested || l.mode == sources && c == '(' || c == '(' && l.subquery())
	l.stack = append(l.stack, frame{open: len(l.tokens), close: closers[c], query: query, after: l.mode})
	l.Off++
	l.emit(op, l.Off-1, string(c))
	l.tokens[len(l.tokens)-1].query = query
	if query {
		l.mode = command
	}
}

// subquery reports whether the bracket here is that of "IN (FROM ...)".
func (l *lexer) subquery() bool {
	n := len(l.tokens)
	if l.mode != expression || n == 0 || !l.tokens[n-1].is("in") {
		return false
	}
	ahead := lexer{Cursor: scan.Cursor{Text: l.Text, Off: l.Off + 1}, flat: true}
	ahead.blank()
	first := ahead.While(func(r rune) bool { return r < utf8.RuneSelf && isBody(byte(r)) })
	switch strings.ToLower(first) {
	case "from", "ts", "row", "show", "promql":
		return true
	}
	return false
}

func (l *lexer) closing(c string) {
	l.Off++
	l.emit(op, l.Off-1, c)
	n := len(l.stack)
	if n == 0 || l.stack[n-1].close != c {
		return
	}
	top := l.stack[n-1]
	l.stack = l.stack[:n-1]
	if top.query {
		l.tokens[top.open].pair = len(l.tokens) - 1
		l.mode = top.after
	}
}

// command takes the first word of a stage, which decides about the rest.
func (l *lexer) command() {
	from := l.Off
	name := l.While(func(r rune) bool { return !strings.ContainsRune(" \t\r\n|()[]{}\",;=/", r) })
	if name == "" {
		l.punctuation()
		return
	}
	l.emit(word, from, name)
	switch strings.ToLower(name) {
	case "from", "ts":
		l.mode = sources
	case "lookup", "left", "right", "full":
		l.mode = join
	case "enrich":
		l.mode = policy
	case "keep", "drop", "rename", "mv_expand", "insist_🐔":
		l.mode = project
	case "fork", "explain":
		l.mode = nested
	case "promql":
		l.mode = raw
	case "set":
		l.mode, l.set = expression, true
	default:
		l.mode = expression
	}
}

// source takes a name of an index or a cluster. A slash belongs to it unless
// it begins a comment.
func (l *lexer) source() {
	from := l.Off
	for !l.Done() && isSource(l.Text[l.Off]) {
		if l.Text[l.Off] == '/' && (l.at("//") || l.at("/*")) {
			break
		}
		l.Off++
	}
	name := l.Text[from:l.Off]
	if l.mode == join {
		switch strings.ToLower(name) {
		case "on":
			l.mode = expression
			fallthrough
		case "join", "as":
			l.emit(word, from, name)
			return
		}
	}
	l.emit(source, from, name)
}

func isSource(c byte) bool {
	switch c {
	case ':', '"', '=', '|', ',', '[', ']', '(', ')', ' ', '\t', '\r', '\n':
		return false
	}
	return true
}

// policy takes the name of an enrich policy, which may begin with "_mode:".
func (l *lexer) policy() {
	from := l.Off
	for !l.Done() && (isPolicy(l.Text[l.Off]) || l.Text[l.Off] == ':') {
		l.Off++
	}
	name := l.Text[from:l.Off]
	if strings.EqualFold(name, "on") || strings.EqualFold(name, "with") {
		l.mode = project
		l.emit(word, from, name)
		return
	}
	l.emit(source, from, name)
}

func isPolicy(c byte) bool {
	return !strings.ContainsRune("\\/?\"<>| ,#\t\r\n:()[]{}=", rune(c))
}

// pattern takes one part of a name with stars, in which quoted and unquoted
// pieces may follow each other.
func (l *lexer) pattern() {
	from := l.Off
	for !l.Done() {
		switch c := l.Text[l.Off]; {
		case c == '`':
			if !l.skipName() {
				l.fail(from, "esql/unclosed-name", "quoted name is not closed")
				return
			}
		case isPattern(c) || c == '@' && l.Off == from:
			l.Off++
		default:
			l.emit(pattern, from, l.Text[from:l.Off])
			return
		}
	}
	l.emit(pattern, from, l.Text[from:l.Off])
}

// skipName moves behind a name in backquotes. One that is not closed ends with
// its line, so that it costs one stage.
func (l *lexer) skipName() bool {
	from := l.Off + 1
	for i := from; i < len(l.Text); i++ {
		if l.Text[i] != '`' {
			continue
		}
		if i+1 < len(l.Text) && l.Text[i+1] == '`' {
			i++
			continue
		}
		l.Off = i + 1
		return i > from
	}
	l.While(func(r rune) bool { return r != '\n' && r != '\r' })
	return false
}

func (l *lexer) backquoted() {
	from := l.Off
	if !l.skipName() {
		l.fail(from, "esql/unclosed-name", "quoted name is empty or not closed")
		return
	}
	l.emit(quoted, from, unquote(l.Text[from:l.Off]))
}

// unquote removes the backquotes of a name.
func unquote(name string) string {
	return strings.ReplaceAll(name[1:len(name)-1], "``", "`")
}

func (l *lexer) word() {
	from := l.Off
	l.Off++
	l.body()
	name := l.Text[from:l.Off]
	if name == "_" || name == "@" {
		l.fail(from, "esql/character", "unexpected "+name+", a name needs more than that")
		return
	}
	l.emit(word, from, name)
}

func (l *lexer) body() {
	for !l.Done() && isBody(l.Text[l.Off]) {
		l.Off++
	}
}

func (l *lexer) digits() {
	for !l.Done() && isDigit(l.Text[l.Off]) {
		l.Off++
	}
}

// number = digits | digits "." [ digits ] [ exponent ] | "." digits [ exponent ] | digits exponent
func (l *lexer) number() {
	from, k := l.Off, integer
	l.digits()
	if l.Accept(".") {
		k = decimal
		l.digits()
	}
	if !l.Done() && l.Text[l.Off]|0x20 == 'e' {
		before := l.Off
		l.Off++
		if !l.Accept("+") {
			l.Accept("-")
		}
		if !l.Done() && isDigit(l.Text[l.Off]) {
			l.digits()
			k = decimal
		} else {
			l.Off = before
		}
	}
	l.emit(k, from, l.Text[from:l.Off])
}

// param = "?" [ name | digits ] | "??" ( name | digits )
func (l *lexer) param() {
	from := l.Off
	l.Off++
	l.Accept("?")
	if !l.Done() && isDigit(l.Text[l.Off]) {
		l.digits()
	} else {
		l.body()
	}
	l.emit(param, from, l.Text[from:l.Off])
}

func (l *lexer) punctuation() {
	from := l.Off
	for _, s := range []string{"::", "==", "=~", "!=", "<=", ">=", "<>", "=", "<", ">", "+", "-", "*", "/", "%", ",", ".", ":", ";"} {
		if !l.Accept(s) {
			continue
		}
		l.emit(op, from, s)
		if s == ";" && l.set {
			l.mode, l.set = command, false
		}
		return
	}
	r, size := utf8.DecodeRuneInString(l.Text[l.Off:])
	l.Off += size
	switch r {
	case '\'':
		l.fail(from, "esql/character", "unexpected ', strings stand in double quotes")
	default:
		l.fail(from, "esql/character", "unexpected character "+span.Escape(l.Text[from:l.Off]))
	}
}

// promql takes a word of PROMQL, or a string in single quotes: all that
// matters is where the stage ends.
func (l *lexer) promql() {
	from := l.Off
	if c := l.Text[from]; c == '\'' || c == '`' {
		line := l.line()
		l.Off = from + len(line)
		if i := strings.IndexByte(line[1:], c); i >= 0 {
			l.Off = from + 1 + i + 1
		}
	} else {
		l.While(func(r rune) bool { return !strings.ContainsRune(" \t\r\n\"'`|()[]{}", r) })
	}
	l.emit(source, from, l.Text[from:l.Off])
}

// string = '"' { character | escape } '"' | '"""' { character } '"""', each on
// one line. The second form has no escapes and may end in two more quotes.
func (l *lexer) string() {
	from := l.Off
	line := l.line()
	if strings.HasPrefix(line, `"""`) {
		if i := strings.Index(line[3:], `"""`); i >= 0 {
			size := 3 + i + 3
			for n := 0; n < 2 && size < len(line) && line[size] == '"'; n++ {
				size++
			}
			l.Off += size
			l.emit(str, from, line[3:size-3])
			return
		}
	}
	size, wrong := closingQuote(line)
	l.Off += size
	switch {
	case wrong >= 0:
		at := l.Off
		l.Off = from + wrong + min(2, len(line)-wrong)
		l.fail(from+wrong, "esql/escape", `unexpected escape in a string, expected \t, \n, \r, \" or \\`)
		l.Off = at
	case size > len(line):
		l.Off = from + len(line)
		l.fail(from, "esql/unclosed-string", "string is not closed on its line")
	default:
		l.emit(str, from, unescaper.Replace(line[1:size-1]))
	}
}

// line returns what is left of the line. Its end is looked for once: a query
// may be one long line with many strings.
func (l *lexer) line() string {
	if l.eol <= l.Off {
		l.eol = len(l.Text)
		if i := strings.IndexAny(l.Text[l.Off:], "\r\n"); i >= 0 {
			l.eol = l.Off + i
		}
	}
	return l.Text[l.Off:l.eol]
}

var unescaper = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\t`, "\t", `\n`, "\n", `\r`, "\r")

// closingQuote returns the length of the string that line begins with, more
// than that of line if it is not closed, and the offset of its first wrong
// escape or -1.
func closingQuote(line string) (size, wrong int) {
	wrong = -1
	for i := 1; i < len(line); i++ {
		switch line[i] {
		case '"':
			return i + 1, wrong
		case '\\':
			if wrong < 0 && (i+1 == len(line) || !strings.ContainsRune(`tnr"\`, rune(line[i+1]))) {
				wrong = i
			}
			i++
		}
	}
	if wrong >= 0 {
		return len(line), wrong
	}
	return len(line) + 1, -1
}

func isLetter(c byte) bool  { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool   { return c >= '0' && c <= '9' }
func isBody(c byte) bool    { return isLetter(c) || isDigit(c) || c == '_' }
func isPattern(c byte) bool { return isBody(c) || c == '*' }

// is reports whether the token is the keyword or punctuation s. Keywords are
// written in any case.
func (t token) is(s string) bool {
	switch t.kind {
	case op:
		return t.val == s
	case word, pattern:
		return strings.EqualFold(t.val, s)
	}
	return false
}
