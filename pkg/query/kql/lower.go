package kql

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Read parses and lowers a query. A nil tree means that every event matches.
func Read(text string) (*record.Expr, span.Errors) {
	q, errs := Parse(text)
	return Lower(q), errs
}

// Lower returns the condition that q makes, or nil if q is empty and matches
// every event. It is total: a query that could not be read is an opaque leaf.
// Everything else in KQL has an operator.
func Lower(q Query) *record.Expr {
	if q.Where == nil {
		if strings.TrimFunc(q.Text, isSpace) == "" {
			return nil
		}
		x := scan.Opaque("syntax/kql", q.Text)
		return &x
	}
	x := lower(q.Where, "")
	return &x
}

// lower returns the condition x; path is the nested object around it.
func lower(x Expr, path string) record.Expr {
	switch x := x.(type) {
	case Or:
		return scan.Or(lowerAll(x.Args, path)...)
	case And:
		return scan.And(lowerAll(x.Args, path)...)
	case Not:
		return scan.Not(lower(x.Arg, path))
	case Nested:
		return lower(x.Arg, below(path, x.Path.Text))
	case Is:
		return values(x.Value, fieldName(x.Field, path))
	case Range:
		return record.Expr{Field: below(path, x.Field.Text), Op: rangeOp(x.Op), Values: []string{x.Value.Text}, As: x.Op}
	case Literal:
		return freeText(x)
	}
	panic("kql: unknown node")
}

func lowerAll(args []Expr, path string) []record.Expr {
	out := make([]record.Expr, len(args))
	for i, a := range args {
		out[i] = lower(a, path)
	}
	return out
}

// fieldName returns the absolute name of a field, wildcards and all, or "" for
// an unquoted null: that is no name to Kibana but the null of free text.
func fieldName(x Literal, path string) string {
	if x.Text == "null" && !x.Quoted {
		return ""
	}
	return below(path, x.Text)
}

func below(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// values distributes a field over the values of a list.
func values(x Expr, field string) record.Expr {
	switch x := x.(type) {
	case Or:
		return scan.List(false, field, valuesAll(x.Args, field)...)
	case And:
		return scan.List(true, field, valuesAll(x.Args, field)...)
	case Not:
		return scan.Not(values(x.Arg, field))
	case Literal:
		return test(x, field)
	}
	panic("kql: no value")
}

func valuesAll(args []Expr, field string) []record.Expr {
	out := make([]record.Expr, len(args))
	for i, a := range args {
		out[i] = values(a, field)
	}
	return out
}

func test(x Literal, field string) record.Expr {
	if field == "" {
		return freeText(x)
	}
	leaf := record.Expr{Field: field, Op: record.OpEq, Values: []string{x.Text}, As: ":"}
	switch {
	case len(x.Stars) > 0:
		op, value := x.pattern().Op()
		leaf.Op, leaf.Values = op, []string{value}
		if op == record.OpIsNotNull {
			leaf.Values = nil
		}
	case scan.IsNetwork(x.Text):
		leaf.Op = record.OpCIDRMatch
	}
	return leaf
}

// freeText returns the test of a value without a field. A star alone finds
// every event that has any field.
func freeText(x Literal) record.Expr {
	p := x.pattern()
	if op, _ := p.Op(); op == record.OpIsNotNull {
		return record.Expr{Field: "*", Op: op}
	}
	return record.Expr{Op: record.OpKeyword, Values: []string{p.Keyword()}}
}

// pattern returns the literal with its wildcards. Only "*" is one: a "?" is
// text in KQL.
func (x Literal) pattern() scan.Pattern {
	var p scan.Pattern
	from := 0
	for _, star := range x.Stars {
		p.Lit(x.Text[from:star])
		p.Any()
		from = star + 1
	}
	p.Lit(x.Text[from:])
	return p
}

func rangeOp(op string) string {
	switch op {
	case ">":
		return record.OpGt
	case ">=":
		return record.OpGte
	case "<":
		return record.OpLt
	}
	return record.OpLte
}
