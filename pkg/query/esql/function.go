package esql

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// isOperator reports whether the record has an operator for a function.
func isOperator(x Call) bool {
	n := len(x.Args)
	switch strings.ToLower(x.Name) {
	case "starts_with", "ends_with", "contains":
		return n == 2 && isString(x.Args[1])
	case "cidr_match", "match", "match_phrase", "multi_match", "term":
		return n >= 2
	case "kql":
		return n >= 1 && isString(x.Args[0])
	case "to_boolean", "to_bool":
		return n == 1
	}
	return false
}

// call lowers a function that is a condition. One without an operator is
// opaque.
func (l *lowerer) call(x Call) record.Expr {
	if !isOperator(x) {
		return l.opaque(x, "unsupported/esql-function", "function %s() has no operator here", span.Escape(x.Name))
	}
	switch strings.ToLower(x.Name) {
	case "starts_with", "ends_with", "contains":
		return l.affix(x)
	case "cidr_match":
		return l.anyOf(x, record.OpCIDRMatch)
	case "term":
		return l.anyOf(x, record.OpEq)
	case "multi_match":
		return l.multiMatch(x)
	case "kql":
		return l.query(x)
	case "to_boolean", "to_bool":
		return l.leaf(x, record.OpEq, Bool{Value: true}, "")
	}
	return l.keyword(x.Args[0], x.Args[1], x.Name)
}

// affix lowers starts_with, ends_with and contains.
func (l *lowerer) affix(x Call) record.Expr {
	name := strings.ToLower(x.Name)
	p := scan.Text(unparen(x.Args[1]).(Str).Text)
	if name != "starts_with" {
		p.Prepend()
	}
	if name != "ends_with" {
		p.Append()
	}
	op, value := p.Op()
	return l.add(nil, l.operand(x.Args[0]), op, value, x.Name)[0]
}

// anyOf lowers a function of a field and values, one of which must fit.
func (l *lowerer) anyOf(x Call, op string) record.Expr {
	list := In{At: x.At, Word: x.Name, Left: x.Args[0], List: x.Args[1:]}
	e := l.in(list)
	setOp(&e, op)
	return e
}

// setOp gives all leaves of a list their operator. A network has no case.
func setOp(e *record.Expr, op string) {
	for i := range e.Or {
		setOp(&e.Or[i], op)
	}
	if e.Or == nil {
		e.Op, e.Cased = op, e.Cased && op != record.OpCIDRMatch
	}
}

// keyword lowers a full text search in one field. Options change the score or
// the analysis of the text, which the record does not have.
func (l *lowerer) keyword(field, query Expr, as string) record.Expr {
	e := l.leaf(field, record.OpKeyword, query, as)
	e.Cased = false
	return e
}

// multiMatch lowers a search in several fields.
func (l *lowerer) multiMatch(x Call) record.Expr {
	var out []record.Expr
	for _, f := range x.Args[1:] {
		if _, ok := f.(Map); !ok {
			out = append(out, l.keyword(f, x.Args[0], x.Name))
		}
	}
	return scan.Or(out...)
}

// query lowers kql("...").
func (l *lowerer) query(x Call) record.Expr {
	s := unparen(x.Args[0]).(Str)
	if l.kql == nil {
		return l.opaque(x, "unsupported/esql-function", "function %s() has no operator here", x.Name)
	}
	e, errs := l.kql(s.Text)
	l.errs = append(l.errs, errs.Shift(inside(l.source(s.At), s.At.Start))...)
	if e == nil {
		return scan.And()
	}
	l.count(scan.Count(e))
	return *e
}

// inside returns where the bytes of a string's text stand in the query: source
// is the string as written, from the offset of its first quote.
func inside(source string, from int) span.Map {
	if strings.HasPrefix(source, `"""`) && len(source) >= 6 {
		return span.Shift(from + 3)
	}
	var m span.Map
	text := 0
	for i := 1; i < len(source); i++ {
		m.Add(text, from+i, false)
		if source[i] == '\\' {
			i++
		}
		text++
	}
	return m
}
