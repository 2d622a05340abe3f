package scan

import (
	"strings"
	"testing"
	"unicode"

	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// pattern reads a spelling for tests: * and ? are wildcards, everything else is text.
func pattern(s string) Pattern {
	var p Pattern
	for _, r := range s {
		switch r {
		case '*':
			p.Any()
		case '?':
			p.One()
		default:
			p.Lit(string(r))
		}
	}
	return p
}

func TestPatternOp(t *testing.T) {
	tests := []struct{ spelling, op, value, keyword string }{
		{"", "eq", "", ""},
		{"a", "eq", "a", "a"},
		{"*", "is_not_null", "", ""},
		{"***", "is_not_null", "", ""},
		{"a*", "starts_with", "a", "a"},
		{"**a", "ends_with", "a", "a"},
		{"*a*", "match", "a", "a"},
		{"a*b", "wildcard", "a*b", "a*b"},
		{"?", "wildcard", "?", "?"},
		{"*?", "wildcard", "?*", "?"},
		{"*a?*", "wildcard", "*a?*", "a?"},
		{"a*?*b", "wildcard", "a?*b", "a?*b"},
		{`\`, "eq", `\`, `\`},
		{`*\a*b*`, "wildcard", `*\\a*b*`, `\\a*b`},
	}
	for _, tt := range tests {
		p := pattern(tt.spelling)
		if op, value := p.Op(); op != tt.op || value != tt.value {
			t.Errorf("%q is %s %q, want %s %q", tt.spelling, op, value, tt.op, tt.value)
		}
		if got := p.Keyword(); got != tt.keyword {
			t.Errorf("%q is keyword %q, want %q", tt.spelling, got, tt.keyword)
		}
	}
	var lit Pattern
	lit.Lit("a*?")
	lit.Any()
	lit.Lit(`\b`)
	if op, value := lit.Op(); op != record.OpWildcard || value != `a\*\?*\\b` {
		t.Errorf("%s %q", op, value)
	}
}

func TestPatternClone(t *testing.T) {
	p := pattern("a*")
	q := p.Clone()
	q.Lit("x")
	q.Prepend()
	if op, value := p.Op(); op != record.OpStartsWith || value != "a" {
		t.Errorf("changing a clone made %s %q of the pattern", op, value)
	}
}

func TestTrees(t *testing.T) {
	leaf := func(name string) record.Expr { return record.Expr{Field: name, Op: record.OpEq, Values: []string{"1"}} }
	null := record.Expr{Field: "n", Op: record.OpIsNull}
	x := And(leaf("a"), And(leaf("b"), Or(leaf("c"), Or(leaf("d")))), Not(Not(leaf("e"))))
	if len(x.And) != 4 || len(x.And[2].Or) != 2 || x.And[3].Field != "e" {
		t.Errorf("%+v is not flat", x)
	}
	if got := And(leaf("a")); got.Field != "a" {
		t.Errorf("an and of one is %+v", got)
	}
	if got := And(); got.And == nil || len(got.And) > 0 {
		t.Errorf("an and of nothing is %+v, want true", got)
	}
	if got := Not(null); got.Op != record.OpIsNotNull {
		t.Errorf("not is_null is %+v", got)
	}
	if n := Count(&x); n != 7 {
		t.Errorf("%d nodes, want 7", n)
	}
	deep := And(leaf("a"), Not(Or(leaf("b"), Opaque("c", "t"))))
	if !HasOpaque(&deep) || HasOpaque(&x) || HasOpaque(nil) {
		t.Error("HasOpaque does not find the opaque leaf")
	}
}

func TestWeight(t *testing.T) {
	leaf := record.Expr{Field: "ab", Op: record.OpEq, Values: []string{"1", "234"}}
	one := 16 + 2 + 4 + 1 + 4 + 3
	x := And(leaf, Or(leaf, Not(leaf)))
	if got, want := Weight(&x), 3*one+3*16; got != want {
		t.Errorf("weight is %d, want %d", got, want)
	}
	if got := pattern("a*?bc").Len(); got != 5 {
		t.Errorf("length is %d, want 5", got)
	}
}

func TestCursor(t *testing.T) {
	c := Cursor{Text: "é1 x"}
	if c.Peek() != 'é' || c.Next() != 'é' || c.Off != 2 {
		t.Errorf("at %d", c.Off)
	}
	if got := c.While(unicode.IsDigit); got != "1" {
		t.Errorf("While took %q", got)
	}
	if c.Accept("x") || !c.Accept(" x") || !c.Done() || c.Next() != -1 || c.Peek() != -1 {
		t.Errorf("at %d of %d", c.Off, len(c.Text))
	}
	if strings.TrimSpace(c.Text) == "" {
		t.Error("the text is gone")
	}
}

func TestCoverage(t *testing.T) {
	leaf := record.Expr{Field: "a", Op: record.OpEq, Values: []string{"1"}}
	lost, foreign := Opaque("syntax/x", "t"), Opaque(span.Unsupported+"x", "t")
	mixed := And(leaf, lost)
	tests := []struct {
		parts []record.Part
		want  string
	}{
		{nil, record.CoverageNone},
		{[]record.Part{{}}, record.CoverageFull},
		{[]record.Part{{Where: &leaf}}, record.CoverageFull},
		{[]record.Part{{Where: &mixed}}, record.CoveragePartial},
		{[]record.Part{{Where: &lost}}, record.CoverageNone},
		{[]record.Part{{Where: &foreign}}, record.CoveragePartial},
		{[]record.Part{{Where: &lost}, {Where: &leaf}}, record.CoveragePartial},
		{[]record.Part{{Where: &leaf, Having: &lost}}, record.CoveragePartial},
	}
	for i, tt := range tests {
		if got := Coverage(tt.parts); got != tt.want {
			t.Errorf("%d: %s, want %s", i, got, tt.want)
		}
	}
}

func TestCompare(t *testing.T) {
	for sign, want := range map[string][2]string{
		"<": {record.OpLt, ">"}, "<=": {record.OpLte, ">="}, ">": {record.OpGt, "<"}, ">=": {record.OpGte, "<="},
		"=": {record.OpEq, "="}, "==": {record.OpEq, "=="}, "!=": {record.OpNe, "!="},
	} {
		if op, mirrored := CompareOp(sign), Mirror(sign); op != want[0] || mirrored != want[1] {
			t.Errorf("%s is %s, mirrored %s; want %v", sign, op, mirrored, want)
		}
	}
}
