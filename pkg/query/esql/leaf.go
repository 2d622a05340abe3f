package esql

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// cond returns the record of a condition. What it cannot express becomes an
// opaque leaf.
func (l *lowerer) cond(x Expr) record.Expr {
	l.count(1)
	switch x := x.(type) {
	case Paren:
		return l.cond(x.Arg)
	case And:
		return scan.And(l.conds(x.Args)...)
	case Or:
		return scan.Or(l.conds(x.Args)...)
	case Not:
		return scan.Not(l.cond(x.Arg))
	case Bool:
		if x.Value {
			return scan.And()
		}
		return scan.Or()
	case Compare:
		return l.compare(x)
	case In:
		return negate(x.Not, l.in(x))
	case Like:
		return negate(x.Not, l.like(x))
	case IsNull:
		return l.isNull(x)
	case Match:
		return l.keyword(x.Field, x.Query, ":")
	case Call:
		return l.call(x)
	case Name:
		return l.bare(x)
	case Cast:
		return l.leaf(x, record.OpEq, Bool{Value: true}, "")
	}
	return l.opaque(x, "unsupported/esql-expression", "%s is not a condition", span.Escape(clip(l.source(x.Span()))))
}

func (l *lowerer) conds(args []Expr) []record.Expr {
	out := make([]record.Expr, len(args))
	for i, a := range args {
		out[i] = l.cond(a)
	}
	return out
}

func negate(is bool, x record.Expr) record.Expr {
	if is {
		return scan.Not(x)
	}
	return x
}

// opaque keeps the source of x. The columns in it decide where it belongs.
func (l *lowerer) opaque(x Expr, code, format string, args ...any) record.Expr {
	l.errs.Add(x.Span(), code, format, args...)
	l.used.add(l.named(x).computed)
	return scan.Opaque(code, l.source(x.Span()))
}

// operand is one side of a comparison: a field or column, or the source text
// of something computed and the fields in it. Computed are the computed
// columns that it names.
type operand struct {
	field, expr      string
	fields, computed []string
}

// operand returns what x is as a side of a comparison. A cast to text is the
// field itself.
func (l *lowerer) operand(x Expr) operand {
	switch v := unparen(x).(type) {
	case Name:
		return l.cols.lookup(v.Text).operand
	case Cast:
		if n, ok := unparen(v.Arg).(Name); ok && isText(v.Type) {
			return l.cols.lookup(n.Text).operand
		}
	case Call:
		if l.isConversion(v) {
			return l.conversion(v)
		}
	}
	return l.named(x)
}

func isText(name string) bool {
	switch strings.ToLower(name) {
	case "string", "keyword", "text":
		return true
	}
	return false
}

// conversion returns a field in another case. It is named as the event has
// it, so that the fields and the text agree.
func (l *lowerer) conversion(x Call) operand {
	o := l.named(x)
	n := unparen(x.Args[0]).(Name)
	if field := l.cols.lookup(n.Text).field; field != n.Text {
		o.expr = x.Name + "(" + field + ")"
	}
	return o
}

// named returns x as something computed.
func (l *lowerer) named(x Expr) operand {
	var fields, computed nameSet
	l.names(x, &fields, &computed)
	return operand{expr: l.source(unparen(x).Span()), fields: fields.list, computed: computed.list}
}

// names adds the fields and the computed columns that x names.
func (l *lowerer) names(x Expr, fields, computed *nameSet) {
	if n, ok := x.(Name); ok {
		c := l.cols.lookup(n.Text).operand
		switch {
		case len(c.computed) > 0:
			computed.add(c.computed)
		case c.expr == "":
			fields.add([]string{c.field})
		default:
			fields.add(c.fields)
		}
		return
	}
	for _, c := range children(x) {
		l.names(c, fields, computed)
	}
}

// children returns the expressions that x is made of.
func children(x Expr) []Expr {
	switch x := x.(type) {
	case And:
		return x.Args
	case Or:
		return x.Args
	case Not:
		return []Expr{x.Arg}
	case Paren:
		return []Expr{x.Arg}
	case Compare:
		return []Expr{x.Left, x.Right}
	case Arith:
		return []Expr{x.Left, x.Right}
	case Sign:
		return []Expr{x.Arg}
	case In:
		return append([]Expr{x.Left}, x.List...)
	case Like:
		return []Expr{x.Left}
	case IsNull:
		return []Expr{x.Left}
	case Match:
		return []Expr{x.Field}
	case Call:
		return x.Args
	case Cast:
		return []Expr{x.Arg}
	case Name, Str, Num, Period, Bool, Null, Param, List, Map:
		return nil
	}
	panic("esql: unknown expression")
}

// left begins a leaf with o on its left side.
func (l *lowerer) left(o operand, op, as string) record.Expr {
	l.used.add(o.computed)
	if o.expr != "" {
		return record.Expr{Expr: o.expr, Fields: o.fields, Op: op, As: as}
	}
	return record.Expr{Field: o.field, Op: op, As: as}
}

// leaf returns the comparison of left with right, which is a value, a column
// or something computed.
func (l *lowerer) leaf(left Expr, op string, right Expr, as string) record.Expr {
	e := l.left(l.operand(left), op, as)
	if text, ok := literal(right); ok {
		e.Values = []string{text}
		e.Cased = isString(right)
		return e
	}
	l.ref(&e, right)
	return e
}

func isString(x Expr) bool {
	_, ok := unparen(x).(Str)
	return ok
}

// ref makes right the other side of e.
func (l *lowerer) ref(e *record.Expr, right Expr) {
	r := l.operand(right)
	l.used.add(r.computed)
	e.Ref = r.field
	if r.expr != "" {
		e.Ref, e.RefExpr = r.expr, true
	}
}

// compare lowers a comparison. A literal on the left changes sides, and a
// condition compared with true or false is that condition.
func (l *lowerer) compare(x Compare) record.Expr {
	left, right, op := unparen(x.Left), unparen(x.Right), x.Op
	if isConstant(left) && !isConstant(right) {
		left, right, op = right, left, scan.Mirror(op)
	}
	if b, ok := right.(Bool); ok && (op == "==" || op == "!=") && l.isCondition(left) {
		return negate(b.Value != (op == "=="), l.cond(left))
	}
	return l.leaf(left, scan.CompareOp(op), right, op)
}

func isConstant(x Expr) bool {
	switch x.(type) {
	case Str, Num, Bool, Null, Period, Param, List:
		return true
	}
	return false
}

// isCondition reports whether x is true or false by itself and has an
// expression in the record.
func (l *lowerer) isCondition(x Expr) bool {
	switch x := unparen(x).(type) {
	case And, Or, Not, Compare, In, Like, IsNull, Match:
		return true
	case Call:
		return isOperator(x)
	}
	return false
}

// bare lowers a column that is a condition by itself.
func (l *lowerer) bare(x Name) record.Expr {
	return l.leaf(x, record.OpEq, Bool{Value: true}, "")
}

func (l *lowerer) isNull(x IsNull) record.Expr {
	op, as := record.OpIsNull, "IS NULL"
	if x.Not {
		op, as = record.OpIsNotNull, "IS NOT NULL"
	}
	return l.left(l.operand(x.Left), op, as)
}

// in lowers a list. Neighbouring literals are the values of one leaf; what
// else is in it is compared by itself. "value IN (x, y)" compares x and y with
// the value.
func (l *lowerer) in(x In) record.Expr {
	if x.From != nil {
		return l.opaque(x, "unsupported/esql-subquery", "IN has a query, which has no operator here")
	}
	if left := unparen(x.Left); isConstant(left) {
		var out []record.Expr
		for _, item := range x.List {
			out = append(out, l.compare(Compare{"==", item, left}))
		}
		return scan.Or(out...)
	}
	return l.list(x.Left, record.OpEq, x.List, x.Word)
}

// list compares left with any of items.
func (l *lowerer) list(left Expr, op string, items []Expr, as string) record.Expr {
	l.count(len(items))
	var out []record.Expr
	open := false // the last leaf takes more values
	for _, item := range items {
		text, ok := literal(item)
		if !ok || !open {
			out = append(out, l.leaf(left, op, item, as))
			open = ok
			continue
		}
		last := &out[len(out)-1]
		last.Values = append(last.Values, text)
		last.Cased = last.Cased || isString(item)
	}
	return scan.Or(out...)
}

// like lowers patterns: neighbours with the same operator are one leaf.
func (l *lowerer) like(x Like) record.Expr {
	l.count(len(x.Patterns))
	o := l.operand(x.Left)
	var out []record.Expr
	for _, p := range x.Patterns {
		s, ok := p.(Str)
		if !ok {
			e := l.left(o, record.OpWildcard, x.Word)
			if x.Regex {
				e.Op = record.OpRegexMatch
			}
			l.ref(&e, p)
			out = append(out, e)
			continue
		}
		op, value := record.OpRegexMatch, s.Text
		if !x.Regex {
			op, value = wildcards(s.Text).Op()
		}
		out = l.add(out, o, op, value, x.Word)
	}
	return scan.Or(out...)
}

// add appends a leaf, or a value to the last leaf if that has the operator.
func (l *lowerer) add(out []record.Expr, o operand, op, value, as string) []record.Expr {
	if n := len(out); n > 0 && out[n-1].Op == op && out[n-1].Ref == "" && op != record.OpIsNotNull {
		out[n-1].Values = append(out[n-1].Values, value)
		return out
	}
	e := l.left(o, op, as)
	if op != record.OpIsNotNull {
		e.Values, e.Cased = []string{value}, true
	}
	return append(out, e)
}

// wildcards reads the pattern of LIKE: `*` is any text, `?` one character, and `\`
// makes the next of `*`, `?` and `\` literal. Elasticsearch refuses a `\`
// before anything else; here it stays what it is.
func wildcards(text string) scan.Pattern {
	var p scan.Pattern
	from := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '*' || c == '?':
			p.Lit(text[from:i])
			if from = i + 1; c == '*' {
				p.Any()
			} else {
				p.One()
			}
		case c == '\\' && i+1 < len(text) && strings.IndexByte(`*?\`, text[i+1]) >= 0:
			p.Lit(text[from:i])
			i++
			from = i
		}
	}
	p.Lit(text[from:])
	return p
}
