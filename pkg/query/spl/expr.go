package spl

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// ParseExpr reads one expression, as eval has them.
func ParseExpr(text string) (x Node, errs span.Errors) {
	p := parser{text: text, lines: outlineOf(text), to: len(text)}
	defer p.rescue(func() { x, errs = nil, p.errs })
	x = p.expression()
	return x, p.errs
}

// rescue ends a deferred call: a failure becomes an error, and then is called.
func (p *parser) rescue(then func()) {
	switch r := recover().(type) {
	case nil:
	case failure:
		p.errs = append(p.errs, span.Error(r))
		then()
	default:
		panic(r)
	}
}

// expression reads all that is left of the stage as one expression.
func (p *parser) expression() Node {
	e := p.expr()
	x := e.xor()
	if e.peek().kind != end {
		e.unexpected("an operator")
	}
	return x
}

// expr begins to read the expression language where p stands.
func (p *parser) expr() *exprParser {
	return &exprParser{parser: p, tokens: lex(p.text, p.lines, p.at, p.to)}
}

// exprParser reads the expression language: brackets, then NOT, AND, OR, XOR.
type exprParser struct {
	*parser
	tokens []token
	pos    int
}

func (e *exprParser) peek() token { return e.tokens[e.pos] }

func (e *exprParser) next() token {
	t := e.tokens[e.pos]
	if t.kind != end && t.kind != bad {
		e.pos++
	}
	return t
}

func (e *exprParser) accept(k kind) bool {
	if e.peek().kind != k {
		return false
	}
	e.pos++
	return true
}

// word takes a keyword, in any case.
func (e *exprParser) word(keyword string) bool {
	t := e.peek()
	if t.kind != name || !strings.EqualFold(t.text, keyword) {
		return false
	}
	e.pos++
	return true
}

func (e *exprParser) unexpected(expected string) {
	t := e.peek()
	at := t.span
	switch t.kind {
	case bad:
		e.fail(at.Start, at.End, t.code, "%s", t.text)
	case end:
		e.fail(at.Start, at.End, "spl/unexpected-end", "unexpected end of the expression, expected %s", expected)
	}
	e.fail(at.Start, at.End, "spl/unexpected-token", "unexpected %.40q in the expression, expected %s", e.text[at.Start:at.End], expected)
}

// xor = or { "XOR" or }
//
// Here, and in comparison, sum and product, the tree grows to the left with
// every operator, so that they count as depth: who walks it calls itself.
func (e *exprParser) xor() Node {
	x := e.or()
	defer e.back(e.depth)
	for e.word("XOR") {
		e.enter()
		right := e.or()
		x = Xor{joined(x, right), x, right}
	}
	return x
}

// or = and { "OR" and }
func (e *exprParser) or() Node {
	args := []Node{e.and()}
	for e.word("OR") {
		args = append(args, e.and())
	}
	if len(args) == 1 {
		return args[0]
	}
	return Or{joined(args...), args}
}

// and = not { "AND" not }
func (e *exprParser) and() Node {
	args := []Node{e.not()}
	for e.word("AND") {
		args = append(args, e.not())
	}
	if len(args) == 1 {
		return args[0]
	}
	return And{joined(args...), args}
}

// back ends a chain of operators that began at a depth.
func (e *exprParser) back(depth int) { e.depth = depth }

// enter and count take the place of what comes next for their errors.
func (e *exprParser) enter() {
	e.at = e.peek().span.Start
	e.parser.enter()
}

func (e *exprParser) count() {
	e.at = e.peek().span.Start
	e.parser.count()
}

// not = [ "NOT" ] not | comparison
func (e *exprParser) not() Node {
	at := e.peek().span
	if !e.word("NOT") {
		return e.comparison()
	}
	e.enter()
	defer e.leave()
	x := e.not()
	return Not{span.Join(at, x.Span()), x}
}

// comparison = sum [ operator sum | [ "NOT" ] "IN" "(" list ")" | [ "NOT" ] "LIKE" sum ]
func (e *exprParser) comparison() Node {
	left := e.sum()
	defer e.back(e.depth)
	for {
		at := e.pos
		negated := e.word("NOT")
		x, ok := e.compared(left)
		if !ok {
			e.pos = at
			return left
		}
		e.enter()
		if left = x; negated {
			left = Not{x.Span(), x}
		}
	}
}

func (e *exprParser) compared(left Node) (Node, bool) {
	t := e.peek()
	switch {
	case e.word("IN"):
		if e.peek().kind != open {
			e.unexpected("(")
		}
		list, stop := e.list()
		return In{span.Join(left.Span(), stop), left, list}, true
	case e.word("LIKE"):
		right := e.sum()
		return Binary{joined(left, right), "LIKE", left, right}, true
	case t.kind == operator && isComparison(t.text):
		e.pos++
		right := e.sum()
		return Binary{joined(left, right), t.text, left, right}, true
	}
	return nil, false
}

func isComparison(op string) bool { return op != "" && strings.IndexByte("=!<>", op[0]) >= 0 }

// sum = product { ( "+" | "-" | "." ) product }
func (e *exprParser) sum() Node {
	x := e.product()
	defer e.back(e.depth)
	for {
		t := e.peek()
		if t.kind != operator || t.text != "+" && t.text != "-" && t.text != "." {
			return x
		}
		e.enter()
		e.pos++
		right := e.product()
		x = Arith{joined(x, right), t.text, x, right}
		e.count()
	}
}

// product = sign { ( "*" | "/" | "%" ) sign }
func (e *exprParser) product() Node {
	x := e.sign()
	defer e.back(e.depth)
	for {
		t := e.peek()
		if t.kind != operator || t.text != "*" && t.text != "/" && t.text != "%" {
			return x
		}
		e.enter()
		e.pos++
		right := e.sign()
		x = Arith{joined(x, right), t.text, x, right}
		e.count()
	}
}

// sign = [ "-" | "+" ] sign | operand
func (e *exprParser) sign() Node {
	t := e.peek()
	if t.kind != operator || t.text != "-" && t.text != "+" {
		return e.operand()
	}
	e.pos++
	e.enter()
	defer e.leave()
	x := e.sign()
	if n, ok := x.(Num); ok && t.text == "-" && n.At.Start == t.span.End && n.Text[0] != '-' && e.text[n.At.Start] != '(' {
		return Num{span.Join(t.span, n.At), "-" + n.Text}
	}
	return Sign{span.Join(t.span, x.Span()), t.text, x}
}

// operand = "(" xor ")" | name [ "(" list ")" ] | string | number | macro
func (e *exprParser) operand() Node {
	e.count()
	t := e.peek()
	switch t.kind {
	case open:
		return e.brackets()
	case name:
		e.pos++
		if e.peek().kind == open {
			return e.function(t)
		}
		if isOperatorWord(t.text) {
			e.pos--
			break
		}
		return Name{t.span, t.text, t.text}
	case quoted:
		e.pos++
		return Name{t.span, t.text, e.text[t.span.Start:t.span.End]}
	case str:
		e.pos++
		return Str{t.span, t.text, e.text[t.span.Start:t.span.End]}
	case number:
		e.pos++
		return Num{t.span, t.text}
	case macro:
		e.pos++
		return Hole{t.span, t.text}
	case subquery:
		e.at = t.span.Start
		e.pos++
		return e.sub()
	}
	e.unexpected("a value")
	return nil
}

func isOperatorWord(s string) bool {
	return strings.EqualFold(s, "AND") || strings.EqualFold(s, "OR") || strings.EqualFold(s, "XOR")
}

func (e *exprParser) brackets() Node {
	e.enter()
	defer e.leave()
	from := e.next()
	x := e.xor()
	if e.peek().kind == end {
		e.unclosed(from.span.Start)
	}
	stop := e.peek().span
	if !e.accept(close_) {
		e.unexpected(")")
	}
	return bracketed(x, span.Join(from.span, stop))
}

func (e *exprParser) function(t token) Node {
	e.enter()
	defer e.leave()
	args, stop := e.list()
	return Call{span.Join(t.span, stop), t.text, args}
}

// list = "(" [ xor { "," xor } ] ")"
func (e *exprParser) list() (args []Node, stop span.Span) {
	from := e.next()
	for e.peek().kind != close_ {
		args = append(args, e.xor())
		if e.peek().kind == end {
			e.unclosed(from.span.Start)
		}
		if !e.accept(comma) && e.peek().kind != close_ {
			e.unexpected(", or )")
		}
	}
	return args, e.next().span
}

// assigns = name "=" xor { "," name "=" xor }
func (p *parser) assigns() []Assign {
	e := p.expr()
	var out []Assign
	for {
		t := e.target()
		if eq := e.peek(); eq.kind != operator || eq.text != "=" {
			e.unexpected("=")
		}
		e.pos++
		out = append(out, Assign{t.span, t.text, e.xor()})
		if e.accept(comma) {
			if e.peek().kind == end {
				return out
			}
			continue
		}
		if e.peek().kind != end {
			e.unexpected("a comma or an operator")
		}
		return out
	}
}

// target reads the name that eval assigns. Without quotes it is all that stands
// in front of "=", dashes included.
func (e *exprParser) target() token {
	t := e.peek()
	switch t.kind {
	case quoted, str:
		return e.next()
	case name, number, operator:
	default:
		e.unexpected("a field")
	}
	from := e.pos
	for stop := t.span.End; ; {
		t.span.End, t.text = stop, e.text[t.span.Start:stop]
		e.pos++
		next := e.peek()
		if next.span.Start > stop || next.kind != name && next.kind != number && next.text != "-" && next.text != "." {
			break
		}
		stop = next.span.End
	}
	if t.kind == operator && t.text != "-" && len(t.text) < 2 || t.text[0] == '=' {
		e.pos = from
		e.unexpected("a field")
	}
	return t
}
