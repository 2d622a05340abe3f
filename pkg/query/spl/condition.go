package spl

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// opaque keeps the source of x. The columns in it decide where it belongs.
func (l *lowerer) opaque(x Node, code, format string, args ...any) record.Expr {
	l.errs.Add(x.Span(), code, format, args...)
	o := l.named(x)
	l.used = addNew(l.used, o.computed...)
	return scan.Opaque(code, l.fragment(x.Span()))
}

// operand returns what x is as a side of a comparison.
func (l *lowerer) operand(x Node) column {
	if n, ok := x.(Name); ok {
		c := l.cols.lookup(n.Text)
		if c.field != "" {
			return c
		}
	}
	return l.named(x)
}

// named returns x as something computed.
func (l *lowerer) named(x Node) column {
	c := column{operand: operand{expr: unwrap(l.fragment(x.Span()))}}
	l.names(x, &c)
	return c
}

// unwrap returns a text without brackets that hold all of it.
func unwrap(text string) string {
	if text == "" || text[0] != '(' {
		return text
	}
	o := outlineOf(text)
	c := cut{0, len(text)}
	for c.from < c.to && text[c.from] == '(' && o.parenEnd(c.from, c.to) == c.to {
		c = trim(text, c.from+1, c.to-1)
	}
	return text[c.from:c.to]
}

// names adds the fields and columns that x names.
func (l *lowerer) names(x Node, to *column) {
	if n, ok := x.(Name); ok {
		c := l.cols.lookup(n.Text)
		switch {
		case len(c.computed) > 0:
			to.computed = addNew(to.computed, c.computed...)
			if c.by != nil {
				to.by = c.by
			}
		case c.gathers != "": // a calculation with many events
			to.computed, to.by = addNew(to.computed, c.gathers), c.by
		case c.field != "":
			to.fields = addNew(to.fields, c.field)
		}
		return
	}
	for _, child := range children(x) {
		l.names(child, to)
	}
}

// hasHole reports whether a macro that could not be expanded is in x.
func hasHole(x Node) bool {
	if _, ok := x.(Hole); ok {
		return true
	}
	for _, c := range children(x) {
		if hasHole(c) {
			return true
		}
	}
	return false
}

// literal returns the text of a value that stands in the search.
func literal(x Node) (text string, ok bool) {
	switch x := x.(type) {
	case Str:
		return x.Text, true
	case Num:
		return x.Text, true
	case Call:
		if isCall(x, "true", 0) || isCall(x, "false", 0) {
			return strings.ToLower(x.Name), true
		}
	}
	return "", false
}

func isCall(x Node, name string, args int) bool {
	c, ok := x.(Call)
	return ok && strings.EqualFold(c.Name, name) && len(c.Args) == args
}

func isStr(x Node) bool {
	_, ok := x.(Str)
	return ok
}

// expression lowers a condition of the expression language.
func (l *lowerer) expression(x Node) record.Expr {
	switch x := x.(type) {
	case Xor:
		left, right := l.cond(x.Left), l.cond(x.Right)
		l.count(scan.Count(&left) + scan.Count(&right))
		return scan.Or(scan.And(left, scan.Not(right)), scan.And(scan.Not(left), right))
	case Binary:
		return l.binary(x)
	case In:
		return l.in(x)
	case Call:
		return l.call(x)
	case Name:
		return l.bare(x)
	}
	return l.opaque(x, "unsupported/spl-expression", "%.60q is not a condition", span.Escape(l.fragment(x.Span())))
}

// bare lowers a column that is a condition by itself.
func (l *lowerer) bare(x Name) record.Expr {
	c := l.cols.lookup(x.Text)
	if e, ok := l.decide(c.flag, l.isTrueProbe()); ok {
		return e
	}
	return l.bareColumn(c)
}

func (l *lowerer) bareColumn(c column) record.Expr {
	e := l.left(c, record.OpEq, "")
	e.Values = []string{"true"}
	return e
}

// binary lowers a comparison. A literal on the left changes sides, and a
// condition compared with true() or false() is that condition.
func (l *lowerer) binary(x Binary) record.Expr {
	left, right, op := x.Left, x.Right, x.Op
	if op == "LIKE" {
		return l.like(left, right, op)
	}
	a, constantLeft := literal(left)
	b, constantRight := literal(right)
	switch {
	case hasHole(x):
		return scan.Opaque("syntax/spl-macro", l.fragment(x.Span()))
	case constantLeft && constantRight:
		if same, ok := comparison(op, b, false); ok {
			return truth(same(a, false))
		}
	case constantLeft:
		left, right, op = right, left, scan.Mirror(op)
		b, constantRight = a, true
	}
	if e, ok := l.decided(left, right, op, b, constantRight); ok {
		return e
	}
	return l.leaf(left, scan.CompareOp(op), right, op)
}

// decided lowers a comparison whose left side is a flag, or a condition.
func (l *lowerer) decided(left, right Node, op, text string, constant bool) (record.Expr, bool) {
	if !constant {
		return record.Expr{}, false
	}
	value, ok := comparison(op, text, false)
	if !ok {
		return record.Expr{}, false
	}
	test := probe{value, func(c column) record.Expr { return l.leafColumn(c, scan.CompareOp(op), right, op) }}
	if n, ok := left.(Name); ok {
		return l.decide(l.cols.lookup(n.Text).flag, test)
	}
	if (op == "=" || op == "==" || op == "!=") && isCall(right, strings.ToLower(text), 0) && l.isCondition(left) {
		e := l.cond(left)
		if (text == "true") != (op != "!=") {
			e = scan.Not(e)
		}
		return e, true
	}
	if isCall(left, "if", 3) || isChoice(left) {
		return l.decide(l.choice(left), test)
	}
	return record.Expr{}, false
}

func truth(is bool) record.Expr {
	if is {
		return scan.And()
	}
	return scan.Or()
}

// leaf returns the comparison of left with right, which is a value, a column or
// something computed.
func (l *lowerer) leaf(left Node, op string, right Node, as string) record.Expr {
	return l.leafColumn(l.operand(left), op, right, as)
}

func (l *lowerer) leafColumn(c column, op string, right Node, as string) record.Expr {
	e := l.left(c, op, as)
	if text, ok := literal(right); ok {
		e.Values = []string{text}
		e.Cased = isStr(right) && !c.folded
		return e
	}
	if sub, ok := right.(Sub); ok {
		l.valueSearch(sub.Query)
	}
	r := l.operand(right)
	l.use(r)
	e.Ref = r.field
	if r.expr != "" {
		e.Ref, e.RefExpr = r.expr, true
	}
	return e
}

// isCondition reports whether x is true or false by itself.
func (l *lowerer) isCondition(x Node) bool {
	switch x := x.(type) {
	case And, Or, Not, Xor, Binary, In:
		return true
	case Call:
		switch strings.ToLower(x.Name) {
		case "like", "match", "cidrmatch", "isnull", "isnotnull", "in", "searchmatch":
			return true
		}
	}
	return false
}

// in lowers a list. Neighbouring literals are the values of one leaf; what else
// is in it is compared by itself.
func (l *lowerer) in(x In) record.Expr {
	l.count(len(x.List))
	if hasHole(x) {
		return scan.Opaque("syntax/spl-macro", l.fragment(x.At))
	}
	if e, ok := l.decideIn(x); ok {
		return e
	}
	if _, constant := literal(x.Left); constant {
		out := make([]record.Expr, len(x.List))
		for i, item := range x.List {
			out[i] = l.binary(Binary{x.At, "=", item, x.Left})
		}
		return scan.Or(out...)
	}
	return l.inColumn(l.operand(x.Left), x)
}

func (l *lowerer) inColumn(c column, x In) record.Expr {
	var out []record.Expr
	open := false // the last leaf takes more values
	for _, item := range x.List {
		text, ok := literal(item)
		if !ok || !open {
			out = append(out, l.leafColumn(c, record.OpEq, item, "IN"))
			open = ok
			continue
		}
		last := &out[len(out)-1]
		last.Values = append(last.Values, text)
		last.Cased = last.Cased || isStr(item) && !c.folded
	}
	return scan.Or(out...)
}

// call lowers a function that is a condition.
func (l *lowerer) call(x Call) record.Expr {
	if hasHole(x) {
		return scan.Opaque("syntax/spl-macro", l.fragment(x.At))
	}
	name := strings.ToLower(x.Name)
	switch n := len(x.Args); {
	case name == "true" && n == 0:
		return scan.And()
	case name == "false" && n == 0:
		return scan.Or()
	case name == "like" && n == 2:
		return l.like(x.Args[0], x.Args[1], x.Name)
	case name == "match" && n == 2:
		return l.match(x)
	case name == "cidrmatch" && n == 2:
		return l.cidr(x)
	case name == "isnull" && n == 1:
		return l.isNull(x, true)
	case name == "isnotnull" && n == 1:
		return l.isNull(x, false)
	case name == "in" && n > 1:
		return l.in(In{x.At, x.Args[0], x.Args[1:]})
	case name == "searchmatch" && n == 1:
		return l.searchMatch(x)
	case name == "not" && n == 1:
		return scan.Not(l.cond(x.Args[0]))
	case name == "if" || name == "case":
		if e, ok := l.decide(l.choice(x), l.isTrueProbe()); ok {
			return e
		}
	}
	return l.opaque(x, "unsupported/spl-function", "function %.60q has no operator here", span.Escape(x.Name))
}

// like lowers a pattern: `%` is any text and `_` one character.
func (l *lowerer) like(left, right Node, as string) record.Expr {
	s, ok := right.(Str)
	if !ok {
		return l.leaf(left, record.OpWildcard, right, as)
	}
	var p scan.Pattern
	from := 0
	for i := 0; i < len(s.Text); i++ {
		switch s.Text[i] {
		case '%':
			p.Lit(s.Text[from:i])
			p.Any()
			from = i + 1
		case '_':
			p.Lit(s.Text[from:i])
			p.One()
			from = i + 1
		}
	}
	p.Lit(s.Text[from:])
	if n, ok := left.(Name); ok {
		test := func(value string, null bool) bool { return !null && globs(p, value) }
		field := func(c column) record.Expr { return l.likeColumn(c, p, as) }
		if e, ok := l.decide(l.cols.lookup(n.Text).flag, probe{test, field}); ok {
			return e
		}
	}
	return l.likeColumn(l.operand(left), p, as)
}

func (l *lowerer) likeColumn(c column, p scan.Pattern, as string) record.Expr {
	op, value := p.Op()
	e := l.left(c, op, as)
	if op != record.OpIsNotNull {
		e.Values, e.Cased = []string{value}, !c.folded
	}
	return e
}

// match lowers match(field, "regular expression").
func (l *lowerer) match(x Call) record.Expr {
	e := l.leaf(x.Args[0], record.OpRegexMatch, x.Args[1], x.Name)
	if len(e.Values) == 1 && strings.HasPrefix(e.Values[0], "(?i") {
		e.Cased = false
	}
	return e
}

// cidr lowers cidrmatch("network", field).
func (l *lowerer) cidr(x Call) record.Expr {
	e := l.leaf(x.Args[1], record.OpCIDRMatch, x.Args[0], x.Name)
	e.Cased = false
	return e
}

func negated(is bool, x record.Expr) record.Expr {
	if is {
		return scan.Not(x)
	}
	return x
}

func (l *lowerer) isNull(x Call, null bool) record.Expr {
	op := record.OpIsNotNull
	if null {
		op = record.OpIsNull
	}
	if n, ok := x.Args[0].(Name); ok {
		if e := l.cols.lookup(n.Text).present; e != nil {
			return negated(null, *e)
		}
		test := func(_ string, is bool) bool { return is == null }
		field := func(c column) record.Expr { return l.left(c, op, x.Name) }
		if e, ok := l.decide(l.cols.lookup(n.Text).flag, probe{test, field}); ok {
			return e
		}
	}
	return l.left(l.operand(x.Args[0]), op, x.Name)
}

// searchMatch lowers searchmatch("conditions of the search language").
func (l *lowerer) searchMatch(x Call) record.Expr {
	s, ok := x.Args[0].(Str)
	if !ok {
		return l.opaque(x, "unsupported/spl-function", "the search of searchmatch is computed")
	}
	p := parser{text: s.Text, lines: outlineOf(s.Text), to: len(s.Text)}
	var cond Node
	func() {
		defer p.rescue(func() { cond = nil })
		cond = p.condition()
	}()
	for _, e := range p.errs {
		l.errs.Add(s.At, e.Code, "%s", e.Msg)
	}
	switch {
	case cond == nil:
		return scan.Opaque("syntax/spl", l.fragment(x.At))
	case hasHole(cond):
		return l.opaque(x, "unsupported/spl-function", "macros in the search of searchmatch are not expanded")
	}
	text, at := l.text, len(l.errs)
	l.text = s.Text
	defer func() {
		for i := range l.errs[at:] {
			l.errs[at+i].Span = s.At
		}
		l.text = text
	}()
	return l.cond(cond)
}
