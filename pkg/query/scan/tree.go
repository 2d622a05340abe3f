package scan

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// And returns the conjunction of xs as records.md wants trees: nested ands
// flattened, a single child unwrapped. No child means true.
func And(xs ...record.Expr) record.Expr {
	out := make([]record.Expr, 0, len(xs))
	for _, x := range xs {
		if x.And != nil {
			out = append(out, x.And...)
			continue
		}
		out = append(out, x)
	}
	if len(out) == 1 {
		return out[0]
	}
	return record.Expr{And: out}
}

// Or returns the disjunction of xs, flattened and unwrapped likewise. No
// child means false.
func Or(xs ...record.Expr) record.Expr {
	out := make([]record.Expr, 0, len(xs))
	for _, x := range xs {
		if x.Or != nil {
			out = append(out, x.Or...)
			continue
		}
		out = append(out, x)
	}
	if len(out) == 1 {
		return out[0]
	}
	return record.Expr{Or: out}
}

// Not returns the negation of x: a double not is removed, and is_null and
// is_not_null turn into each other.
func Not(x record.Expr) record.Expr {
	switch {
	case x.Not != nil:
		return *x.Not
	case x.Op == record.OpIsNull:
		x.Op = record.OpIsNotNull
		return x
	case x.Op == record.OpIsNotNull:
		x.Op = record.OpIsNull
		return x
	}
	return record.Expr{Not: &x}
}

// Opaque returns the leaf for a source fragment that is not expressed.
func Opaque(code, text string) record.Expr {
	return record.Expr{Op: record.OpOpaque, Text: text, Code: code}
}

// Count returns the number of operators and leaves of x.
func Count(x *record.Expr) int {
	n := 1
	for i := range x.And {
		n += Count(&x.And[i])
	}
	for i := range x.Or {
		n += Count(&x.Or[i])
	}
	if x.Not != nil {
		n += Count(x.Not)
	}
	return n
}

// Levels returns how deep the operators of x nest: 0 for a leaf.
func Levels(x *record.Expr) int {
	deepest := -1
	for i := range x.And {
		deepest = max(deepest, Levels(&x.And[i]))
	}
	for i := range x.Or {
		deepest = max(deepest, Levels(&x.Or[i]))
	}
	if x.Not != nil {
		deepest = max(deepest, Levels(x.Not))
	}
	return deepest + 1
}

// Weight returns about how many bytes x takes in a record.
func Weight(x *record.Expr) int {
	n := 16 + len(x.Field) + len(x.As) + len(x.Ref) + len(x.Expr) + len(x.Text)
	for _, v := range x.Values {
		n += 4 + len(v)
	}
	for i := range x.And {
		n += Weight(&x.And[i])
	}
	for i := range x.Or {
		n += Weight(&x.Or[i])
	}
	if x.Not != nil {
		n += Weight(x.Not)
	}
	return n
}

// HasOpaque reports whether a leaf of x is opaque. A nil x has none.
func HasOpaque(x *record.Expr) bool {
	if x == nil {
		return false
	}
	for i := range x.And {
		if HasOpaque(&x.And[i]) {
			return true
		}
	}
	for i := range x.Or {
		if HasOpaque(&x.Or[i]) {
			return true
		}
	}
	return x.Op == record.OpOpaque || HasOpaque(x.Not)
}

// Coverage says how much of a query the parts express: in full, in part where
// a leaf is opaque, or not where nothing came out but what could not be read.
// What was read, and has no operator here, is still a part.
func Coverage(parts []record.Part) string {
	opaque, known := false, false
	for _, p := range parts {
		whole := p.Where != nil && p.Where.Op == record.OpOpaque
		opaque = opaque || whole || HasOpaque(p.Where) || HasOpaque(p.Having)
		known = known || !whole || strings.HasPrefix(p.Where.Code, span.Unsupported)
	}
	switch {
	case !known:
		return record.CoverageNone
	case opaque:
		return record.CoveragePartial
	}
	return record.CoverageFull
}
