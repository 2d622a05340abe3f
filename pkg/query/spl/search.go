package spl

import (
	"net/netip"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// failure leaves a stage at its first error.
type failure span.Error

// parser reads one text. Its methods take the stretch of it that they read: [at,
// to) is what is left of a stage.
type parser struct {
	text  string
	lines outline
	at    int
	to    int
	depth int
	nodes int
	errs  span.Errors
}

func (p *parser) fail(from, to int, code, format string, args ...any) {
	panic(failure(span.Errorf(span.Span{Start: from, End: to}, code, format, args...)))
}

func (p *parser) enter() {
	if p.depth++; p.depth > scan.MaxDepth {
		p.fail(p.at, p.at, "spl/too-deep", "search nests more than %d levels", scan.MaxDepth)
	}
}

func (p *parser) leave() { p.depth-- }

func (p *parser) count() {
	if p.nodes++; p.nodes > scan.MaxNodes {
		p.fail(p.at, p.at, "spl/too-large", "search has more than %d conditions", scan.MaxNodes)
	}
}

func (p *parser) skip() {
	for p.at < p.to && isBlank(p.text[p.at]) {
		p.at++
	}
}

// peek returns the next byte behind blanks, or 0 at the end.
func (p *parser) peek() byte {
	p.skip()
	if p.at >= p.to {
		return 0
	}
	return p.text[p.at]
}

// end returns where what begins at i ends according to the outline, or 0.
func (p *parser) end(i int) int {
	if end := int(p.lines.ends[i]); end <= p.to {
		return end
	}
	return 0
}

// unclosed fails at a bracket, quote or backtick that is never closed.
func (p *parser) unclosed(at int) {
	s, code, message := unclosed(p.text, at)
	p.fail(s.Start, s.End, code, "%s", message)
}

// unexpected fails at what comes next.
func (p *parser) unexpected(expected string) {
	p.skip()
	if p.at >= p.to {
		p.fail(p.to, p.to, "spl/unexpected-end", "unexpected end of the command, expected %s", expected)
	}
	if p.text[p.at] == '`' && p.end(p.at) == 0 {
		p.unclosed(p.at)
	}
	to := p.at + 1
	for to < p.to && to < p.at+40 && !isBlank(p.text[to]) {
		to++
	}
	p.fail(p.at, to, "spl/unexpected-token", "unexpected %.40q, expected %s", p.text[p.at:to], expected)
}

// or = not { "OR" not }
func (p *parser) or() Node {
	first := p.not()
	if !p.keyword("OR") {
		return first
	}
	args := []Node{first, p.not()}
	for p.keyword("OR") {
		args = append(args, p.not())
	}
	return Or{joined(args...), args}
}

// not = "NOT" not | primary
func (p *parser) not() Node {
	p.skip()
	from := p.at
	if !p.keyword("NOT") {
		return p.primary()
	}
	p.enter()
	defer p.leave()
	x := p.not()
	return Not{span.Join(span.At(from), x.Span()), x}
}

// keyword takes an operator word, which is in upper case and ends with the word.
func (p *parser) keyword(word string) bool {
	p.skip()
	if !p.isKeyword(p.at, word) {
		return false
	}
	p.at += len(word)
	return true
}

func (p *parser) isKeyword(at int, word string) bool {
	end := at + len(word)
	if end > p.to || p.text[at:end] != word {
		return false
	}
	return end == p.to || isBlank(p.text[end]) || strings.IndexByte("()[\"`|,", p.text[end]) >= 0
}

// primary = "(" and ")" | "[" pipeline "]" | "`" macro "`" | term
func (p *parser) primary() Node {
	p.count()
	switch c := p.peek(); c {
	case 0, ')', ',':
		p.unexpected("a condition")
	case '(':
		return p.group()
	case '[':
		return p.sub()
	case '`':
		if end := p.end(p.at); end > 0 {
			return p.hole(end)
		}
	}
	for _, word := range []string{"AND", "OR"} {
		if p.isKeyword(p.at, word) {
			p.unexpected("a condition")
		}
	}
	return p.term()
}

func (p *parser) group() Node {
	p.enter()
	defer p.leave()
	open := p.at
	p.at++
	if p.peek() == ')' { // "()" is what an empty macro leaves: everything
		p.at++
		at := span.Span{Start: open, End: p.at}
		return Term{Value{At: at, Stars: []int{0}, Text: "*", Source: "*"}}
	}
	x := p.and()
	if p.peek() != ')' {
		if p.at >= p.to {
			p.unclosed(open)
		}
		p.unexpected(")")
	}
	p.at++
	return bracketed(x, span.Span{Start: open, End: p.at})
}

func (p *parser) hole(end int) Node {
	x := Hole{span.Span{Start: p.at, End: end}, p.text[p.at:end]}
	p.at = end
	return x
}

// sub reads a subsearch. What is wrong inside of it is noted, and stays there.
func (p *parser) sub() Sub {
	end := p.end(p.at)
	if end == 0 {
		p.unclosed(p.at)
	}
	x := Sub{At: span.Span{Start: p.at, End: end}, Text: p.text[p.at:end]}
	x.Query = p.pipeline(p.at+1, end-1, true)
	p.at = end
	return x
}

// term = name operator value | name [ "NOT" ] "IN" "(" values ")" | value
func (p *parser) term() Node {
	from := p.at
	name := p.name()
	behind := p.at
	if word := p.operator(); word != "" {
		p.needField(name)
		return p.compare(from, name, word)
	}
	if p.keyword("IN") || p.keyword("in") {
		if p.peek() == '(' {
			p.needField(name)
			return p.list(from, name, "IN")
		}
	}
	p.at = behind
	if p.keyword("NOT") && (p.keyword("IN") || p.keyword("in")) && p.peek() == '(' {
		p.needField(name)
		x := p.list(from, name, "IN")
		return Not{x.At, x}
	}
	p.at = behind
	if field, value, ok := indexed(name); ok {
		return Compare{name.At, field, "::", value}
	}
	return Term{p.directive(name)}
}

// needField fails where the name of a field is empty.
func (p *parser) needField(name Value) {
	if name.Text == "" {
		p.fail(name.At.Start, name.At.End, "spl/unexpected-token", "unexpected %s, expected a field", name.Source)
	}
}

// name reads the word or string that a condition begins with.
func (p *parser) name() Value {
	if p.text[p.at] == '"' {
		return p.quoted()
	}
	v := p.bare(true, true)
	if v.Source == "" {
		p.unexpected("a condition")
	}
	return v
}

// operator takes a comparison.
func (p *parser) operator() string {
	p.skip()
	for _, op := range []string{"==", "!=", "<=", ">=", "=", "<", ">"} {
		if strings.HasPrefix(p.text[p.at:p.to], op) {
			p.at += len(op)
			return op
		}
	}
	return ""
}

func (p *parser) compare(from int, name Value, op string) Node {
	field := fieldName(name)
	p.skip()
	if !isTimeModifier(field) && p.peek() == '(' && (op == "=" || op == "!=" || op == "==") {
		return p.alternatives(from, name, op)
	}
	v := p.value(false)
	at := span.Span{Start: from, End: p.at}
	if isTimeModifier(field) && strings.HasPrefix(op, "=") {
		return Time{at, p.text[from:p.at]}
	}
	return Compare{at, field, op, v}
}

// fieldName returns the name of a field. Single quotes around it belong to the
// expression language, but authors use them.
func fieldName(name Value) string {
	if n := len(name.Text); n > 2 && name.Source[0] == '\'' && name.Text[n-1] == '\'' {
		return name.Text[1 : n-1]
	}
	return name.Text
}

// alternatives = "(" value { "OR" value } ")"
//
// If anything else stands in the brackets it is read as conditions of their own,
// and fails.
func (p *parser) alternatives(from int, name Value, op string) Node {
	x := List{Field: fieldName(name), Word: op}
	p.at++
	for {
		x.Values = append(x.Values, p.value(true))
		p.count()
		if p.peek() == ')' {
			break
		}
		if !p.keyword("OR") && p.peek() != ',' {
			p.unexpected("OR or )")
		}
		p.comma()
	}
	p.at++
	x.At = span.Span{Start: from, End: p.at}
	return x
}

// list = "(" [ value { "," value } ] ")"
//
// A comma too many, or a full stop or OR instead of one, does no harm.
func (p *parser) list(from int, name Value, word string) List {
	x := List{Field: fieldName(name), Word: word}
	open := p.at
	p.at++
	for p.comma(); p.peek() != ')'; p.comma() {
		if p.at >= p.to {
			p.unclosed(open)
		}
		x.Values = append(x.Values, p.value(true))
		p.count()
		if behind := p.at; p.keyword("OR") && (p.peek() == ',' || p.peek() == ')') {
			p.at = behind // a value
		}
	}
	p.at++
	x.At = span.Span{Start: from, End: p.at}
	return x
}

// comma skips what stands between the values of a list.
func (p *parser) comma() {
	for p.peek() == ',' || p.peek() == '.' && p.at+1 < p.to && (isBlank(p.text[p.at+1]) || p.text[p.at+1] == '"') {
		p.at++
	}
}

// value = string | word | "TERM" "(" text ")" | "CASE" "(" text ")" | "[" pipeline "]"
//
// `""*x*""` is one value: authors double their quotes.
func (p *parser) value(listed bool) Value {
	switch p.peek() {
	case 0:
		p.unexpected("a value")
	case '"':
		return p.doubled(listed)
	case '[':
		if p.end(p.at) > 0 {
			x := p.sub()
			return Value{At: x.At, Text: x.Text, Source: x.Text, Live: true, Sub: &x}
		}
	case '`':
		if end := p.end(p.at); end > 0 {
			x := p.hole(end)
			return Value{At: x.Span(), Text: x.String(), Source: x.String(), Live: true}
		}
	}
	v := p.directive(p.word(listed))
	if v.Source == "" {
		p.unexpected("a value")
	}
	return v
}

// doubled reads a string. One that is empty and has a word directly behind it
// only opens the quotes a second time.
func (p *parser) doubled(listed bool) Value {
	v := p.quoted()
	if v.Text != "" || p.at >= p.to || isBlank(p.text[p.at]) || strings.IndexByte("),|]", p.text[p.at]) >= 0 {
		return v
	}
	empty, from, behind := v, v.At.Start, p.at
	if v = p.word(listed); v.Source == "" {
		p.at = behind
		return empty
	}
	if strings.HasPrefix(p.text[p.at:p.to], `""`) {
		p.at += 2
	}
	v.At.Start = from
	return v
}

// word reads a value without quotes, or a function call, which the search
// language does not know but authors write.
func (p *parser) word(listed bool) Value {
	if end := p.call(); end > 0 {
		at := span.Span{Start: p.at, End: end}
		p.at = end
		return Value{At: at, Text: p.text[at.Start:end], Source: p.text[at.Start:end], Live: true}
	}
	return p.bareValue(listed)
}

// call returns where a call of a function of time ends, or 0.
func (p *parser) call() int {
	name := wordOf(p.text[p.at:p.to])
	open := p.at + len(name)
	switch name {
	case "relative_time", "now", "time", "strptime", "strftime":
		if open < p.to && p.text[open] == '(' {
			return p.lines.parenEnd(open, p.to)
		}
	}
	return 0
}

// directive takes TERM( ) or CASE( ) off a value.
func (p *parser) directive(v Value) Value {
	for _, word := range []string{"TERM", "CASE"} {
		if !strings.HasPrefix(v.Source, word) || v.At.End != p.at {
			continue
		}
		open := v.At.Start + len(word)
		if open >= p.to || p.text[open] != '(' {
			continue
		}
		end := p.rounds(open)
		if end == 0 {
			p.unclosed(open)
		}
		inner := trim(p.text, open+1, end-1)
		text := p.text[inner.from:inner.to]
		if len(text) > 1 && text[0] == '"' && stringEnd(text, 0) == len(text) {
			text = text[1 : len(text)-1]
		}
		from := v.At.Start
		v = decode(text)
		v.At, v.Source, v.Word = span.Span{Start: from, End: end}, p.text[from:end], word
		p.at = end
		return v
	}
	return v
}

// quoted reads a string.
func (p *parser) quoted() Value {
	from, end := p.at, p.end(p.at)
	if end == 0 {
		p.unclosed(from)
	}
	p.at = end
	v := decode(p.text[from+1 : end-1])
	v.At, v.Source = span.Span{Start: from, End: end}, p.text[from:end]
	return v
}

// bareValue reads a value without quotes.
func (p *parser) bareValue(listed bool) Value {
	if listed {
		return p.bare(false, true)
	}
	v := p.bare(false, false)
	if text := strings.TrimRight(v.Source, ","); text != "" {
		p.at = v.At.Start + len(text)
	}
	return p.decoded(v.At.Start)
}

// bare reads a word. The name of a field ends before a comparison; brackets
// belong to a word if they stand inside of it and are closed there.
func (p *parser) bare(name, comma bool) Value {
	from := p.at
	for p.at < p.to {
		c := p.text[p.at]
		if c == ']' && p.at == from {
			break
		}
		if isBlank(c) || strings.IndexByte(")\"|`", c) >= 0 || name && p.compares() {
			break
		}
		if c == ',' && comma {
			break
		}
		if c == '(' || c == '[' {
			end := p.inner(from, c, name)
			if end == 0 {
				break
			}
			p.at = end
			continue
		}
		if c == '\\' {
			p.at += escaped(p.text[:p.to], p.at)
		}
		p.at++
	}
	return p.decoded(from)
}

func (p *parser) decoded(from int) Value {
	v := decode(p.text[from:p.at])
	v.At, v.Source = span.Span{Start: from, End: p.at}, p.text[from:p.at]
	return v
}

// compares reports whether a comparison comes next.
func (p *parser) compares() bool {
	switch p.text[p.at] {
	case '=', '<', '>':
		return true
	case '!':
		return p.at+1 < p.to && p.text[p.at+1] == '='
	}
	return false
}

// inner returns where the brackets end that come next inside of a word which
// began at from, or 0 if they are none of the word's.
func (p *parser) inner(from int, c byte, name bool) int {
	word := p.text[from:p.at]
	if word == "" || word == "NOT" || word == "AND" || word == "OR" || word == "IN" {
		return 0
	}
	end := p.rounds(p.at)
	if c == '[' {
		end = p.end(p.at)
	}
	if end == 0 {
		if c == '[' && !name {
			return p.at + 1 // a bracket that nothing closes is only a character
		}
		return 0
	}
	text := p.text[p.at:end]
	if strings.ContainsAny(text, blanks+`"`) && word != "TERM" && word != "CASE" || name && word != "TERM" && word != "CASE" && strings.ContainsAny(text, "=<>") {
		return 0
	}
	return end
}

// rounds returns where the round brackets end that begin at i, or 0 if they do
// not, or a string in them does not.
func (p *parser) rounds(i int) int {
	end := p.lines.parenEnd(i, p.to)
	for ; i < end; i++ {
		if stop := p.end(i); stop > i && p.text[i] != '[' {
			i = stop - 1
		} else if p.text[i] == '"' {
			return 0
		}
	}
	return end
}

// decode resolves the escapes of a value and finds its wildcards. A backslash
// does not escape an asterisk.
func decode(s string) Value {
	v := Value{Text: s}
	if strings.IndexByte(s, '\\') >= 0 {
		v.Text = unescape(s)
	}
	for i := 0; i < len(v.Text); i++ {
		if v.Text[i] == '*' {
			v.Stars = append(v.Stars, i)
		}
	}
	return v
}

// indexed takes "field::value" apart, the form of fields of the index.
func indexed(name Value) (field string, value Value, ok bool) {
	if name.Source == "" || name.Source[0] == '"' {
		return "", value, false
	}
	field, text, found := strings.Cut(name.Source, "::")
	if !found || text == "" || field == "" || wordOf(field) != field || isAddress(name.Source) {
		return "", value, false
	}
	value = decode(text)
	value.At, value.Source = span.Span{Start: name.At.End - len(text), End: name.At.End}, text
	return field, value, true
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}
