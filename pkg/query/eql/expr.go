package eql

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
)

// maxArithmetic bounds the operators + - * / % of one query: they nest as
// long chains do, without brackets. Real queries have fewer than ten.
const maxArithmetic = 10 * scan.MaxDepth

// or = and { "or" and }
func (p *parser) or() Expr {
	start := p.peek().span.Start
	first := p.and()
	if !p.peek().is(reserved, "or") {
		return first
	}
	args := []Expr{first}
	for p.accept(reserved, "or") {
		args = append(args, p.and())
	}
	p.node()
	return Or{p.since(start), args}
}

// and = not { "and" not }
func (p *parser) and() Expr {
	start := p.peek().span.Start
	first := p.not()
	if !p.peek().is(reserved, "and") {
		return first
	}
	args := []Expr{first}
	for p.accept(reserved, "and") {
		args = append(args, p.not())
	}
	p.node()
	return And{p.since(start), args}
}

// not = "not" not | relation | comparison
func (p *parser) not() Expr {
	t := p.peek()
	if t.kind == word && p.peekAt(1).is(reserved, "of") {
		return p.relation()
	}
	if !p.accept(reserved, "not") {
		return p.comparison()
	}
	p.node()
	p.enter()
	defer p.leave()
	arg := p.not()
	return Not{p.since(t.span.Start), arg}
}

// relation = ( "child" | "descendant" | "event" ) "of" "[" filter "]"
func (p *parser) relation() Expr {
	t := p.peek()
	switch t.val {
	case "child", "descendant", "event":
	default:
		p.unexpected("child, descendant or event before of")
	}
	p.node()
	p.enter()
	defer p.leave()
	p.next()
	p.next()
	start := p.peek().span.Start
	p.expect("[", "[ after of")
	i := &Item{}
	p.filter(i, "an event category")
	p.expect("]", "and, or or ]")
	i.At = p.since(start)
	return Relation{p.since(t.span.Start), t.val, i}
}

// comparison = operand [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) operand ]
func (p *parser) comparison() Expr {
	p.node()
	start := p.peek().span.Start
	left := p.operand()
	t := p.peek()
	if !comparing(t) {
		return left
	}
	p.next()
	right := p.operand()
	if comparing(p.peek()) {
		p.fail(p.peek().span, "eql/unexpected-token", "unexpected %q, comparisons cannot be chained", p.peek().val)
	}
	return Compare{p.since(start), t.val, left, right}
}

// operand = sum [ test ]
//
// Elasticsearch's grammar ties a test to the nearest operand of arithmetic
// and then refuses it for its type; here the test is of the whole sum.
func (p *parser) operand() Expr {
	start := p.peek().span.Start
	return p.test(start, p.sum())
}

func comparing(t token) bool {
	if t.kind != mark {
		return false
	}
	switch t.val {
	case "==", "!=", "<", "<=", ">", ">=":
		return true
	}
	return false
}

// test = [ "not" ] ( "in" | "in~" ) list | ( ":" | "like" | "like~" | "regex" | "regex~" ) ( constant | list )
//
// The members of in's list are expressions, those of the others constants.
func (p *parser) test(start int, left Expr) Expr {
	t := p.peek()
	switch {
	case t.is(reserved, "not"):
		if in := p.peekAt(1); !in.is(reserved, "in") && !in.is(reserved, "in~") {
			p.next()
			p.unexpected("in after not; other operators are negated before the field")
		}
		p.next()
		op := p.next().val
		return Test{Op: op, Not: true, Left: left, List: p.list(p.or, op), At: p.since(start)}
	case t.is(reserved, "in"), t.is(reserved, "in~"):
		p.next()
		list := p.list(p.or, t.val)
		return Test{Op: t.val, Left: left, List: list, At: p.since(start)}
	case t.is(mark, ":"), t.is(reserved, "like"), t.is(reserved, "like~"), t.is(reserved, "regex"), t.is(reserved, "regex~"):
		p.next()
		var list []Expr
		if p.peek().is(mark, "(") {
			list = p.list(p.constant, t.val)
		} else {
			list = []Expr{p.constant()}
		}
		return Test{Op: t.val, Left: left, List: list, At: p.since(start)}
	}
	return left
}

// list = "(" member { "," member } ")"
func (p *parser) list(member func() Expr, op string) []Expr {
	p.expect("(", "a list in brackets after "+op)
	p.enter()
	defer p.leave()
	xs := []Expr{member()}
	for p.accept(mark, ",") {
		xs = append(xs, member())
	}
	p.expect(")", ", or )")
	return xs
}

// constant = string | number | "true" | "false" | "null"
func (p *parser) constant() Expr {
	x, ok := p.literal()
	if !ok {
		p.unexpected("a string or another constant")
	}
	return x
}

func (p *parser) literal() (Expr, bool) {
	t := p.peek()
	var x Expr
	switch {
	case t.kind == str:
		x = Str{t.span, t.val}
	case t.kind == integer, t.kind == decimal:
		x = Num{t.span, t.val}
	case t.is(reserved, "true"), t.is(reserved, "false"):
		x = Bool{t.span, t.val == "true"}
	case t.is(reserved, "null"):
		x = Null{t.span}
	default:
		return nil, false
	}
	p.next()
	return x, true
}

// sum = product { ( "+" | "-" ) product }
func (p *parser) sum() Expr {
	start := p.peek().span.Start
	x := p.product()
	for {
		t := p.peek()
		if !t.is(mark, "+") && !t.is(mark, "-") {
			return x
		}
		p.operator()
		right := p.product()
		x = Binary{p.since(start), t.val, x, right}
	}
}

// product = sign { ( "*" | "/" | "%" ) sign }
func (p *parser) product() Expr {
	start := p.peek().span.Start
	x := p.sign()
	for {
		t := p.peek()
		if !t.is(mark, "*") && !t.is(mark, "/") && !t.is(mark, "%") {
			return x
		}
		p.operator()
		right := p.sign()
		x = Binary{p.since(start), t.val, x, right}
	}
}

// operator takes the operator of a calculation.
func (p *parser) operator() {
	if p.arithmetic++; p.arithmetic > maxArithmetic {
		p.fail(p.peek().span, "eql/too-large", "query has more than %d calculations", maxArithmetic)
	}
	p.next()
}

// sign = ( "+" | "-" ) sign | primary
//
// A plus says nothing, and the minus of a number is part of it.
func (p *parser) sign() Expr {
	t := p.peek()
	if !t.is(mark, "+") && !t.is(mark, "-") {
		return p.primary()
	}
	p.next()
	p.enter()
	defer p.leave()
	x := p.sign()
	at := p.since(t.span.Start)
	n, number := x.(Num)
	switch {
	case number && t.val == "+":
		return Num{at, n.Text}
	case number && !strings.HasPrefix(n.Text, "-"):
		return Num{at, "-" + n.Text}
	case t.val == "+":
		return x
	}
	return Negative{at, x}
}

// primary = constant | call | field | "(" or ")"
func (p *parser) primary() Expr {
	if x, ok := p.literal(); ok {
		return x
	}
	t := p.peek()
	switch {
	case (t.kind == word || t.kind == function) && p.peekAt(1).is(mark, "("):
		return p.call()
	case t.kind == word, t.kind == quoted, t.kind == variable, t.is(mark, "?"):
		return p.field()
	case t.is(mark, "("):
		p.enter()
		defer p.leave()
		p.next()
		x := p.or()
		p.expect(")", "and, or or )")
		return x
	}
	p.unexpected("a field, a value, a function or (")
	return nil
}

// call = name [ "~" ] "(" [ or { "," or } ] ")"
func (p *parser) call() Expr {
	p.enter()
	defer p.leave()
	name := p.next()
	p.next()
	var args []Expr
	if !p.peek().is(mark, ")") {
		args = append(args, p.or())
		for p.accept(mark, ",") {
			args = append(args, p.or())
		}
	}
	p.expect(")", ", or )")
	return Call{p.since(name.span.Start), name.val, args}
}

// field = [ "?" ] part { "." part | "[" integer "]" }
//
// A part is a name, or any text in backquotes. In the Endpoint dialect the
// first part may be a variable.
func (p *parser) field() Expr {
	start := p.peek().span.Start
	x := Field{Optional: p.accept(mark, "?")}
	first := p.peek()
	if first.kind == variable {
		p.endpoint(first.span, "a variable")
		p.next()
		x.Name, x.Source = first.val, first.val
	} else {
		p.part(&x)
	}
	for {
		if len(x.Name) > scan.MaxName {
			p.fail(p.since(start), "eql/long-name", "the name of a field has more than %d bytes", scan.MaxName)
		}
		switch {
		case p.accept(mark, "."):
			x.Name += "."
			x.Source += "."
			p.part(&x)
		case p.peek().is(mark, "[") && p.peekAt(1).kind == integer && p.peekAt(2).is(mark, "]"):
			index := "[" + p.peekAt(1).val + "]"
			x.Name += index
			x.Source += index
			p.at += 3
		default:
			x.At = p.since(start)
			return x
		}
	}
}

func (p *parser) part(x *Field) {
	t := p.peek()
	switch t.kind {
	case word:
		x.Source += t.val
	case quoted:
		x.Source += "`" + strings.ReplaceAll(t.val, "`", "``") + "`"
	default:
		p.unexpected("a field name")
	}
	x.Name += t.val
	p.next()
}
