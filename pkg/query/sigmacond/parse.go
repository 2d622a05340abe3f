package sigmacond

import (
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Parse reads a condition by the Sigma specification 2.1.0, section
// "Condition": or binds least, then and, then not, then "x of". Operators are
// lower case. With an error Where is nil.
func Parse(text string) (c Condition, errs span.Errors) {
	c.Text = text
	if len(text) > scan.MaxText {
		errs.Add(span.At(0), "sigma/condition-too-long", "condition has %d bytes, more than %d", len(text), scan.MaxText)
		return c, errs
	}
	p := parser{tokens: lex(text)}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			c = Condition{Text: text}
			errs = span.Errors{span.Error(r)}
		default:
			panic(r)
		}
	}()
	if p.peek().kind == end {
		p.fail("empty condition, expected a search identifier")
	}
	c.Where = p.or()
	if p.peek().kind == pipe {
		p.next()
		p.aggregation(&c)
	}
	if p.peek().kind != end {
		p.unexpected("and, or, | or the end")
	}
	return c, nil
}

// failure leaves the parser at the first error.
type failure span.Error

type parser struct {
	tokens []token
	at     int
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) peekAt(n int) token { return p.tokens[min(p.at+n, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

func (p *parser) accept(keyword string) bool {
	if t := p.peek(); t.kind != word || t.text != keyword {
		return false
	}
	p.at++
	return true
}

func (p *parser) fail(format string, args ...any) {
	panic(failure(span.Errorf(p.peek().span, "sigma/condition", format, args...)))
}

func (p *parser) unexpected(expected string) {
	t := p.peek()
	what := strconv.Quote(t.text)
	if t.kind == end {
		what = "end"
	}
	hint := ""
	switch t.text {
	case "AND", "OR", "NOT", "OF", "ALL", "ANY":
		hint = "; operators are lower case"
	}
	p.fail("unexpected %s in condition, expected %s%s", what, expected, hint)
}

// or = and { "or" and }
func (p *parser) or() Expr {
	args := []Expr{p.and()}
	for p.accept("or") {
		args = append(args, p.and())
	}
	if len(args) == 1 {
		return args[0]
	}
	return Or{args}
}

// and = not { "and" not }
func (p *parser) and() Expr {
	args := []Expr{p.not()}
	for p.accept("and") {
		args = append(args, p.not())
	}
	if len(args) == 1 {
		return args[0]
	}
	return And{args}
}

// not = { "not" } primary
func (p *parser) not() Expr {
	t := p.peek()
	if !p.accept("not") {
		return p.primary()
	}
	p.enter()
	defer p.leave()
	return Not{t.span, p.not()}
}

// primary = "(" or ")" | quantifier "of" pattern | identifier
func (p *parser) primary() Expr {
	t := p.peek()
	switch {
	case t.kind == open:
		p.enter()
		defer p.leave()
		p.next()
		x := p.or()
		if p.peek().kind != close_ {
			p.unexpected("and, or or )")
		}
		p.next()
		return x
	case t.kind == word && p.peekAt(1).kind == word && p.peekAt(1).text == "of":
		return p.of()
	case t.kind == word && !reserved(t.text):
		p.next()
		return Ident{t.span, t.text}
	}
	p.unexpected("a search identifier")
	return nil
}

func reserved(name string) bool {
	switch name {
	case "and", "or", "not", "of":
		return true
	}
	return false
}

// of = ( "1" | "any" | "all" ) "of" ( "them" | pattern )
func (p *parser) of() Expr {
	quantifier := p.peek()
	switch quantifier.text {
	case "1", "any", "all":
	default:
		p.unexpected("1, any or all before of")
	}
	p.next()
	p.next()
	t := p.peek()
	if t.kind != word || reserved(t.text) {
		p.unexpected("them or a name pattern")
	}
	p.next()
	return Of{span.Join(quantifier.span, t.span), quantifier.text == "all", t.text}
}

func (p *parser) enter() {
	if p.depth++; p.depth > scan.MaxDepth {
		panic(failure(span.Errorf(p.peek().span, "sigma/condition-too-deep", "condition nests more than %d levels", scan.MaxDepth)))
	}
}

func (p *parser) leave() { p.depth-- }

// aggregation = "near" near { "and" near }
//
//	| func "(" [ field ] ")" [ "by" field { "," field } ] comparison value
//
// This is the "Aggregation expression" of the Sigma specification 1.0.
func (p *parser) aggregation(c *Condition) {
	name := p.peek()
	if p.accept("near") {
		c.Near = append(c.Near, p.nearTerm())
		for p.accept("and") {
			c.Near = append(c.Near, p.nearTerm())
		}
		return
	}
	switch name.text {
	case "count", "min", "max", "avg", "sum":
		p.next()
	default:
		p.unexpected("count, min, max, avg, sum or near")
	}
	a := &Aggregation{Func: name.text}
	if p.peek().kind != open {
		p.unexpected("(")
	}
	p.next()
	a.Field = p.words()
	if p.peek().kind != close_ {
		p.unexpected(")")
	}
	p.next()
	if p.accept("by") {
		a.By = p.groupBy()
	}
	a.Op, a.Value = p.comparison()
	a.At = span.Span{Start: name.span.Start, End: p.tokens[p.at-1].span.End}
	c.Aggregation = a
}

// near = [ "not" ] ( identifier | of )
func (p *parser) nearTerm() NearTerm {
	not := p.accept("not")
	if t := p.peek(); t.kind == word && !reserved(t.text) {
		return NearTerm{not, p.primary()}
	}
	p.unexpected("a search identifier")
	return NearTerm{}
}

// words takes a field name, which may have blanks inside.
func (p *parser) words() string {
	var parts []string
	for p.peek().kind == word {
		parts = append(parts, p.next().text)
	}
	return strings.Join(parts, " ")
}

func (p *parser) groupBy() []string {
	var fields []string
	for {
		field := p.words()
		if field == "" {
			p.unexpected("a field")
		}
		fields = append(fields, field)
		if p.peek().kind != comma {
			return fields
		}
		p.next()
	}
}

func (p *parser) comparison() (op, value string) {
	t := p.peek()
	if t.kind != cmp {
		p.unexpected("a comparison such as > 5")
	}
	p.next()
	v := p.peek()
	if v.kind != word {
		p.unexpected("a number")
	}
	if _, err := strconv.ParseFloat(v.text, 64); err != nil {
		p.unexpected("a number")
	}
	p.next()
	if t.text == "==" {
		return "=", v.text
	}
	return t.text, v.text
}
