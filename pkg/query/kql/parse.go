package kql

import (
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Parse reads a query as Kibana does: or binds least, then and, then not. With
// an error Where is nil.
func Parse(text string) (q Query, errs span.Errors) {
	q.Text = text
	if len(text) > scan.MaxText {
		errs.Add(span.At(0), "kql/too-long", "query has %d bytes, more than %d", len(text), scan.MaxText)
		return q, errs
	}
	if at := scan.InvalidUTF8(text); at >= 0 {
		errs.Add(span.Span{Start: at, End: at + 1}, "kql/invalid-utf8", "byte 0x%02x is no UTF-8", text[at])
		return q, errs
	}
	p := parser{text: text, tokens: lex(text)}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			q = Query{Text: text}
			errs = span.Errors{span.Error(r)}
		default:
			panic(r)
		}
	}()
	if p.peek().kind == end {
		return q, nil
	}
	q.Where = p.or(p.query)
	if p.peek().kind != end {
		p.unexpected("and, or or the end")
	}
	return q, nil
}

// failure leaves the parser at the first error.
type failure span.Error

type parser struct {
	text   string
	tokens []token
	at     int
	depth  int
	prefix int // bytes of the names of the nested objects around
	nodes  int
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end && t.kind != bad {
		p.at++
	}
	return t
}

func (p *parser) accept(k kind) bool {
	if p.peek().kind != k {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(k kind, expected string) token {
	if p.peek().kind != k {
		p.unexpected(expected)
	}
	return p.next()
}

func (p *parser) fail(code, format string, args ...any) {
	panic(failure(span.Errorf(p.peek().span, code, format, args...)))
}

func (p *parser) unexpected(expected string) {
	t := p.peek()
	switch t.kind {
	case bad:
		p.fail(t.code, "%s", t.text)
	case end:
		p.fail("kql/unexpected-end", "unexpected end of query, expected %s", expected)
	}
	p.fail("kql/unexpected-token", "unexpected %.40q in query, expected %s", p.text[t.span.Start:t.span.End], expected)
}

// or = and { "or" and }
//
// Queries and lists of values have the same operators; operand reads what
// they join.
func (p *parser) or(operand func() Expr) Expr {
	first := p.and(operand)
	if p.peek().kind != or {
		return first
	}
	args := []Expr{first}
	for p.accept(or) {
		args = append(args, p.and(operand))
	}
	return Or{args}
}

// and = not { "and" not }
func (p *parser) and(operand func() Expr) Expr {
	first := p.not(operand)
	if p.peek().kind != and {
		return first
	}
	args := []Expr{first}
	for p.accept(and) {
		args = append(args, p.not(operand))
	}
	return And{args}
}

// not = [ "not" ] operand
func (p *parser) not(operand func() Expr) Expr {
	t := p.peek()
	if !p.accept(not) {
		return operand()
	}
	if p.peek().kind == not {
		p.fail("kql/unexpected-token", "unexpected second not in query, expected a field, a value or (")
	}
	return Not{t.span, operand()}
}

// query = "(" or ")" | nested | range | is | literal
//
//	nested = literal ":" "{" or "}"
//	range  = literal ( "<" | "<=" | ">" | ">=" ) literal
//	is     = literal ":" value
func (p *parser) query() Expr {
	if p.peek().kind == open {
		return p.group(p.query)
	}
	name := p.literal("a field, a value or (")
	k := p.peek().kind
	if (k == compare || k == colon) && p.prefix+len(name.Text) > scan.MaxName {
		p.fail("kql/long-name", "the name of a field has more than %d bytes", scan.MaxName)
	}
	switch k {
	case compare:
		op := p.next()
		return Range{name, op.text, p.literal("a value after " + op.text)}
	case colon:
		p.next()
		if p.peek().kind == begin {
			return p.nested(name)
		}
		return Is{name, p.value()}
	}
	return name
}

// nested = literal ":" "{" or "}"
func (p *parser) nested(path Literal) Expr {
	p.enter()
	defer p.leave()
	p.next()
	p.prefix += len(path.Text) + 1
	x := p.or(p.query)
	p.prefix -= len(path.Text) + 1
	closing := p.expect(finish, "and, or or }")
	return Nested{span.Join(path.At, closing.span), path, x}
}

// value = "(" or ")" | literal
//
// Inside the brackets stand values again, which all belong to the field.
func (p *parser) value() Expr {
	if p.peek().kind == open {
		return p.group(p.value)
	}
	return p.literal("a value or (")
}

// group = "(" or ")"
func (p *parser) group(operand func() Expr) Expr {
	p.enter()
	defer p.leave()
	p.next()
	x := p.or(operand)
	p.expect(close_, "and, or or )")
	return x
}

func (p *parser) literal(expected string) Literal {
	t := p.peek()
	if t.kind != word && t.kind != quoted {
		p.unexpected(expected)
	}
	if p.nodes++; p.nodes > scan.MaxNodes {
		p.fail("kql/too-large", "query has more than %d fields and values", scan.MaxNodes)
	}
	p.next()
	return Literal{At: t.span, Text: t.text, Stars: t.stars, Quoted: t.kind == quoted}
}

func (p *parser) enter() {
	if p.depth++; p.depth > scan.MaxDepth {
		p.fail("kql/too-deep", "query nests more than %d levels", scan.MaxDepth)
	}
}

func (p *parser) leave() { p.depth-- }
