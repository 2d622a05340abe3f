// Package querytest writes trees, in tests, in a notation that fits in one
// line: (A eq [1 2] & !(B match cased[x] | opaque[f(y)])).
package querytest

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// Show returns x in the notation of this package.
func Show(x record.Expr) string {
	join := func(xs []record.Expr, op string) string {
		parts := make([]string, len(xs))
		for i := range xs {
			parts[i] = Show(xs[i])
		}
		return "(" + strings.Join(parts, op) + ")"
	}
	switch {
	case x.And != nil:
		return join(x.And, " & ")
	case x.Or != nil:
		return join(x.Or, " | ")
	case x.Not != nil:
		return "!" + Show(*x.Not)
	case x.Op == record.OpOpaque:
		return "opaque[" + x.Text + "]"
	}
	return strings.TrimSpace(x.Field+x.Expr+" "+x.Op) + showValues(x)
}

func showValues(x record.Expr) string {
	switch {
	case x.Ref != "":
		return " ->" + x.Ref
	case x.Values == nil:
		return ""
	}
	marks := x.Unit
	for _, m := range []struct {
		set  bool
		name string
	}{{x.All, "all"}, {x.Cased, "cased"}, {x.Expansion, "expansion"}} {
		if m.set {
			marks += m.name
		}
	}
	if x.Flags != "" {
		marks += "/" + x.Flags
	}
	for _, p := range x.Placeholders {
		marks += "%" + p
	}
	return " " + marks + "[" + strings.Join(x.Values, " ") + "]"
}
