// Package querytest helps the tests of query languages. It writes trees in a
// notation that fits in one line: (A eq [1 2] & !(B match cased[x] | opaque[f(y)])).
package querytest

import (
	"slices"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Where returns x in the notation of this package, "true" where it is nil: a
// query without a condition.
func Where(x *record.Expr) string {
	if x == nil {
		return "true"
	}
	return Show(*x)
}

// JSON returns x as it stands in a record.
func JSON(t *testing.T, x *record.Expr) string {
	t.Helper()
	b, err := record.Append(nil, x)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(b), "\n")
}

// Inside fails where an error lies outside the text, or says nothing.
func Inside(t *testing.T, errs span.Errors, text string) {
	t.Helper()
	for _, e := range errs {
		if e.Span.Start < 0 || e.Span.Start > e.Span.End || e.Span.End > len(text) {
			t.Errorf("error %q at %v of %d bytes", e.Msg, e.Span, len(text))
		}
		if e.Code == "" || e.Msg == "" {
			t.Errorf("error %+v has no code or message", e)
		}
	}
}

// Bounded reports whether the only errors are bounds that were reached. What is
// printed has more brackets than what was read, so that it may nest too deep.
func Bounded(errs span.Errors) bool {
	return len(errs) > 0 && !slices.ContainsFunc(errs, func(e span.Error) bool { return !strings.Contains(e.Code, "/too-") })
}

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
