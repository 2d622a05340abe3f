package scan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rulepipe/rulepipe/pkg/record"
)

func TestList(t *testing.T) {
	leaf := func(op, value string) record.Expr {
		return record.Expr{Field: "f", Op: op, Values: []string{value}}
	}
	many := func(op string, all bool, values ...string) record.Expr {
		return record.Expr{Field: "f", Op: op, Values: values, All: all}
	}
	present := record.Expr{Field: "f", Op: record.OpIsNotNull}
	other := record.Expr{Field: "g", Op: record.OpEq, Values: []string{"a"}}
	tests := []struct {
		name string
		all  bool
		in   []record.Expr
		want record.Expr
	}{
		{"one", false, []record.Expr{leaf("eq", "a")}, leaf("eq", "a")},
		{"or", false, []record.Expr{leaf("eq", "a"), leaf("eq", "b")}, many("eq", false, "a", "b")},
		{"and", true, []record.Expr{leaf("eq", "a"), leaf("eq", "b")}, many("eq", true, "a", "b")},
		{
			"operators in the order of first appearance", false,
			[]record.Expr{leaf("eq", "a"), leaf("match", "b"), Not(leaf("eq", "c")), leaf("eq", "d")},
			Or(many("eq", false, "a", "d"), leaf("match", "b"), Not(leaf("eq", "c"))),
		},
		{"nested or", false, []record.Expr{many("eq", false, "a", "b"), leaf("eq", "c")}, many("eq", false, "a", "b", "c")},
		{"nested and", true, []record.Expr{many("eq", true, "a", "b"), leaf("eq", "c")}, many("eq", true, "a", "b", "c")},
		{"and inside or", false, []record.Expr{many("eq", true, "a", "b"), leaf("eq", "c")}, Or(many("eq", true, "a", "b"), leaf("eq", "c"))},
		{"or inside and", true, []record.Expr{many("eq", false, "a", "b"), leaf("eq", "c")}, And(many("eq", false, "a", "b"), leaf("eq", "c"))},
		{"one of another kind", true, []record.Expr{Or(leaf("eq", "a"), leaf("match", "b"))}, Or(leaf("eq", "a"), leaf("match", "b"))},
		{"without values", true, []record.Expr{present, present}, present},
		{"another field", false, []record.Expr{leaf("eq", "a"), other, other}, Or(leaf("eq", "a"), other, other)},
		{"opaque", false, []record.Expr{Opaque("c", "x"), Opaque("c", "y")}, Or(Opaque("c", "x"), Opaque("c", "y"))},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, List(tt.all, "f", tt.in...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	word := record.Expr{Op: record.OpKeyword, Values: []string{"a"}}
	if diff := cmp.Diff(Or(word, word), List(false, "", word, word)); diff != "" {
		t.Errorf("without a field (-want +got):\n%s", diff)
	}
}

func TestIsNetwork(t *testing.T) {
	for _, s := range []string{"10.0.0.0/8", "192.168.1.7/32", "fe80::/10", "::1/128", "0.0.0.0/0"} {
		if !IsNetwork(s) {
			t.Errorf("%q is a network", s)
		}
	}
	for _, s := range []string{"", "/", "10.0.0.1", "::1", "10.0.0.0/33", "10.0.0/8", "a/8", "/usr/bin/8", "fe80::%eth0/10", "10.0.0.0/ 8"} {
		if IsNetwork(s) {
			t.Errorf("%q is no network", s)
		}
	}
}

func TestInvalidUTF8(t *testing.T) {
	for text, want := range map[string]int{"": -1, "añ\x00": -1, "\ufffd": -1, "\ufffd\xff": 3, "a\xc3": 1, "\x80": 0} {
		if got := InvalidUTF8(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestDistinct(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "a", "a a": "a", "b a b c a": "b a c"} {
		if got := strings.Join(Distinct(strings.Fields(in)), " "); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
