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
		return n == 2
	case "cidr_match", "match", "match_phrase", "multi_match":
		return n >= 2
	case "term":
		return n == 2
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
		return l.opaque(x, "unsupported/esql-function", "function %s() has no operator here", span.Escape(clip(x.Name)))
	}
	switch strings.ToLower(x.Name) {
	case "starts_with", "ends_with", "contains":
		return l.affix(x)
	case "cidr_match":
		e := l.list(x.Args[0], record.OpCIDRMatch, x.Args[1:], x.Name)
		uncase(&e)
		return e
	case "term":
		return l.leaf(x.Args[0], record.OpEq, x.Args[1], x.Name)
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
	s, ok := unparen(x.Args[1]).(Str)
	if !ok {
		return l.leaf(x.Args[0], affixOp(name), x.Args[1], x.Name)
	}
	p := scan.Text(s.Text)
	if name != "starts_with" {
		p.Prepend()
	}
	if name != "ends_with" {
		p.Append()
	}
	op, value := p.Op()
	return l.add(nil, l.operand(x.Args[0]), op, value, x.Name)[0]
}

func affixOp(name string) string {
	switch name {
	case "starts_with":
		return record.OpStartsWith
	case "ends_with":
		return record.OpEndsWith
	}
	return record.OpMatch
}

// uncase takes the mark of a case-sensitive comparison off: networks have
// no case.
func uncase(e *record.Expr) {
	for i := range e.Or {
		uncase(&e.Or[i])
	}
	e.Cased = false
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
		return l.opaque(x, "unsupported/esql-function", "function %s() has no operator here", span.Escape(clip(x.Name)))
	}
	e, errs := l.kql(s.Text)
	l.errs = append(l.errs, errs.Shift(inside(l.source(s.At), s.At.Start))...)
	switch {
	case e == nil && len(errs) > 0:
		return scan.Opaque("syntax/kql", s.Text)
	case e == nil:
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
