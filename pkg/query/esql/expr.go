package esql

import "github.com/rulepipe/rulepipe/pkg/query/scan"

// or = and { "OR" and }
func (p *parser) or() Expr {
	p.enter()
	defer p.leave()
	args := []Expr{p.and()}
	for p.accept("or") {
		args = append(args, p.and())
	}
	if len(args) == 1 {
		return args[0]
	}
	return Or{args}
}

// and = not { "AND" not }
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

// not = { "NOT" } predicate
func (p *parser) not() Expr {
	from := p.at
	if !p.accept("not") {
		return p.predicate()
	}
	p.enter()
	defer p.leave()
	arg := p.not()
	return Not{p.since(from), arg}
}

// predicate = sum [ comparison sum ] [ test ] | name [ "::" type ] ":" constant
// test = [ "NOT" ] ( "IN" list | "LIKE" patterns | "RLIKE" patterns ) | "IS" [ "NOT" ] "NULL"
func (p *parser) predicate() Expr {
	p.node()
	from := p.at
	x := p.sum()
	switch t := p.peek(); {
	case t.isComparison():
		p.next()
		x = Compare{t.val, x, p.sum()}
	case t.is(":"):
		return p.match(from, x)
	}
	negated := p.peek().is("not") && p.at > from
	if negated {
		p.next()
	}
	switch {
	case p.accept("in"):
		return p.in(from, x, negated)
	case p.peek().is("like"), p.peek().is("rlike"):
		return p.like(from, x, negated)
	case negated:
		p.unexpected("IN, LIKE or RLIKE after NOT")
	case p.accept("is"):
		negated = p.accept("not")
		p.expect("null")
		return IsNull{p.since(from), negated, x}
	}
	return x
}

// match = name [ "::" type ] ":" constant
func (p *parser) match(from int, field Expr) Expr {
	inner := field
	if c, ok := field.(Cast); ok {
		inner = c.Arg
	}
	if _, ok := inner.(Name); !ok {
		p.unexpected("the field of a match to be a name")
	}
	p.expect(":")
	query := p.constant()
	return Match{p.since(from), field, query}
}

// in = "IN" "(" ( sum { "," sum } | query ) ")"
func (p *parser) in(from int, left Expr, negated bool) Expr {
	x := In{Word: p.tokens[p.at-1].val, Not: negated, Left: left}
	if p.peek().query {
		q := p.inner()
		x.From = &q
		x.At = p.since(from)
		return x
	}
	p.expect("(")
	x.List = append(x.List, p.value())
	for p.accept(",") {
		x.List = append(x.List, p.value())
	}
	p.expect(")")
	x.At = p.since(from)
	return x
}

// value = sum [ comparison sum ]
func (p *parser) value() Expr {
	p.node()
	x := p.sum()
	if t := p.peek(); t.isComparison() {
		p.next()
		return Compare{t.val, x, p.sum()}
	}
	return x
}

func (t token) isComparison() bool {
	if t.kind != op {
		return false
	}
	switch t.val {
	case "==", "!=", "<", "<=", ">", ">=":
		return true
	}
	return false
}

// like = ( "LIKE" | "RLIKE" ) ( pattern | "(" pattern { "," pattern } ")" )
func (p *parser) like(from int, left Expr, negated bool) Expr {
	t := p.next()
	x := Like{Word: t.val, Not: negated, Left: left, Regex: t.is("rlike")}
	if p.accept("(") {
		x.Listed = true
		x.Patterns = append(x.Patterns, p.likePattern())
		for p.accept(",") {
			x.Patterns = append(x.Patterns, p.likePattern())
		}
		p.expect(")")
	} else {
		x.Patterns = append(x.Patterns, p.likePattern())
	}
	x.At = p.since(from)
	return x
}

func (p *parser) likePattern() Expr {
	p.node()
	switch t := p.peek(); t.kind {
	case str:
		p.next()
		return Str{t.span, t.val}
	case param:
		p.next()
		return Param{t.span, t.val}
	}
	p.unexpected("a pattern")
	return nil
}

// sum = product { ( "+" | "-" ) product }
//
// The tree grows to the left with every operator, so that they count as depth.
func (p *parser) sum() Expr {
	x := p.product()
	depth := p.depth
	for t := p.peek(); t.is("+") || t.is("-"); t = p.peek() {
		p.enter()
		p.next()
		x = Arith{t.val, x, p.product()}
	}
	p.depth = depth
	return x
}

// product = sign { ( "*" | "/" | "%" ) sign }
func (p *parser) product() Expr {
	x := p.sign()
	depth := p.depth
	for t := p.peek(); t.is("*") || t.is("/") || t.is("%"); t = p.peek() {
		p.enter()
		p.next()
		x = Arith{t.val, x, p.sign()}
	}
	p.depth = depth
	return x
}

// sign = ( "+" | "-" ) sign | primary
//
// A sign in front of a number belongs to the number.
func (p *parser) sign() Expr {
	t := p.peek()
	if !t.is("-") && !t.is("+") || p.ahead(1).isNumber() {
		return p.primary()
	}
	from := p.at
	p.enter()
	defer p.leave()
	p.next()
	arg := p.sign()
	return Sign{p.since(from), t.val, arg}
}

func (t token) isNumber() bool { return t.kind == integer || t.kind == decimal }

// primary = ( constant | name | call | "(" or ")" ) { "::" type }
func (p *parser) primary() Expr {
	from := p.at
	x := p.simple()
	for n := 0; p.accept("::"); n++ {
		t := p.peek()
		if n > scan.MaxDepth {
			p.fail(t.span, "esql/too-deep", "value is cast more than %d times", scan.MaxDepth)
		}
		if t.kind != word && t.kind != quoted {
			p.unexpected("a type")
		}
		p.next()
		x = Cast{p.since(from), x, p.source(t.span)}
	}
	return x
}

func (p *parser) simple() Expr {
	from := p.at
	switch t := p.peek(); {
	case t.is("(") && !t.query:
		p.next()
		x := p.or()
		p.expect(")")
		return Paren{p.since(from), x}
	case t.kind == word && p.ahead(1).is("(") && (!isReserved(t.val) || t.is("first") || t.is("last")),
		(t.kind == quoted || t.kind == param) && p.ahead(1).is("("):
		return p.call()
	case t.kind == param && len(t.val) > 1 && (t.val[1] == '?' || p.ahead(1).is(".")), t.kind == quoted, t.kind == word && !isReserved(t.val):
		return p.name()
	}
	return p.constant()
}

// call = name "(" [ "*" | or { "," or } [ "," map ] ] ")"
func (p *parser) call() Expr {
	from := p.at
	x := Call{Name: p.source(p.next().span)}
	p.expect("(")
	p.enter()
	defer p.leave()
	switch {
	case p.peek().is("*") && p.ahead(1).is(")"):
		p.next()
		x.Star = true
	case !p.peek().is(")"):
		x.Args = append(x.Args, p.or())
		// FIRST(x BY y) was an early form of FIRST(x, y).
		for p.accept(",") || p.peek().is("by") && p.accept("by") {
			if p.peek().is("{") {
				x.Args = append(x.Args, p.mapping())
				break
			}
			x.Args = append(x.Args, p.or())
		}
	}
	p.expect(")")
	x.At = p.since(from)
	return x
}

// mapping = "{" [ string ":" option { "," string ":" option } ] "}"
func (p *parser) mapping() Map {
	from := p.at
	p.enter()
	defer p.leave()
	p.expect("{")
	var m Map
	for !p.peek().is("}") {
		p.node()
		e := Entry{Key: p.string("a key in quotes")}
		p.expect(":")
		e.Value = p.option()
		m.Entries = append(m.Entries, e)
		if !p.accept(",") {
			break
		}
		if p.peek().is("}") {
			p.unexpected("a key in quotes")
		}
	}
	p.expect("}")
	m.At = p.since(from)
	return m
}

// option = map | constant
func (p *parser) option() Expr {
	if p.peek().is("{") {
		return p.mapping()
	}
	return p.constant()
}

// constant = "null" | "true" | "false" | string | parameter
//
//	| [ sign ] number [ unit ] | "[" constant { "," constant } "]"
func (p *parser) constant() Expr {
	from := p.at
	switch t := p.peek(); {
	case t.is("null"):
		p.next()
		return Null{t.span}
	case t.is("true"), t.is("false"):
		p.next()
		return Bool{t.span, t.is("true")}
	case t.kind == str:
		p.next()
		return Str{t.span, t.val}
	case t.kind == param:
		p.next()
		return Param{t.span, t.val}
	case t.is("["):
		return p.array()
	case t.is("-") || t.is("+"):
		if !p.ahead(1).isNumber() {
			break
		}
		p.next()
		return p.number(from, t.val)
	case t.isNumber():
		return p.number(from, "")
	}
	p.unexpected("a value")
	return nil
}

func (p *parser) number(from int, sign string) Expr {
	t := p.next()
	text := sign + t.val
	if unit := p.peek(); t.kind == integer && unit.kind == word && !isReserved(unit.val) {
		p.next()
		return Period{p.since(from), text, unit.val}
	}
	return Num{p.since(from), text}
}

func (p *parser) array() Expr {
	from := p.at
	p.enter()
	defer p.leave()
	p.expect("[")
	x := List{Items: []Expr{p.constant()}}
	for p.accept(",") {
		p.node()
		x.Items = append(x.Items, p.constant())
	}
	p.expect("]")
	x.At = p.since(from)
	return x
}
