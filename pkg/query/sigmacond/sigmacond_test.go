package sigmacond

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/query/querytest"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// searches is the detection that all conditions below are about: a, b, c and
// so on stand for one test each.
func searches() *Searches {
	var out []Search
	for _, name := range []string{"a", "b", "c", "sel_1", "sel_2", "filter_main_1", "_hidden", "a-b", "a.b", "notepad", "android", "oracle", "allowed", "them_x", "1st", "kw|endswith"} {
		out = append(out, Search{name, record.Expr{Field: name, Op: record.OpEq, Values: []string{"1"}}, 1})
	}
	return NewSearches(out)
}

func TestLower(t *testing.T) {
	tests := []struct{ cond, want string }{
		{"a", "a"},
		{"not a", "!a"},
		{"not not a", "a"},
		{"a and b", "(a & b)"},
		{"a or b and c", "(a | (b & c))"},
		{"a and b or c", "((a & b) | c)"},
		{"not a and b", "(!a & b)"},
		{"not (a and b)", "!(a & b)"},
		{"not(a)", "!a"},
		{"(a or b) and c", "((a | b) & c)"},
		{"((a))", "a"},
		{"a and (b and c)", "(a & b & c)"},
		{"a or not (b or c)", "(a | !(b | c))"},
		{"a and\n\tb", "(a & b)"},
		{"1 of sel_*", "(sel_1 | sel_2)"},
		{"any of sel_*", "(sel_1 | sel_2)"},
		{"all of sel_*", "(sel_1 & sel_2)"},
		{"1 of sel_1", "sel_1"},
		{"not 1 of sel_*", "!(sel_1 | sel_2)"},
		{"a and not 1 of filter_main_*", "(a & !filter_main_1)"},
		{"1 of *_1", "(sel_1 | filter_main_1)"},
		{"1 of *_*_*", "filter_main_1"},
		{"1 of s*1", "sel_1"},
		{"1 of _*", "_hidden"},
		{"_hidden", "_hidden"},
		{"1 of a*b", "(a-b | a.b)"},
		{"1 of kw*", "kw|endswith"},
		{"notepad and not android or oracle", "((notepad & !android) | oracle)"},
		{"allowed and 1st and them_x", "(allowed & 1st & them_x)"},
		{"a-b or a.b", "(a-b | a.b)"},
		{"all of them", "(a & b & c & sel_1 & sel_2 & filter_main_1 & a-b & a.b & notepad & android & oracle & allowed & them_x & 1st & kw|endswith)"},
	}
	for _, tt := range tests {
		c, errs := Parse(tt.cond)
		parts, more := Lower(c, searches())
		if len(errs)+len(more) > 0 {
			t.Errorf("%q: %v %v", tt.cond, errs, more)
			continue
		}
		if got := show(*parts[0].Where); got != tt.want {
			t.Errorf("%q = %s, want %s", tt.cond, got, tt.want)
		}
		checkRoundTrip(t, c)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ cond, code, at, msg string }{
		{"", "sigma/condition", "", "empty condition"},
		{"  ", "sigma/condition", "", "empty condition"},
		{"a and", "sigma/condition", "", "unexpected end"},
		{"and a", "sigma/condition", "and", "expected a search identifier"},
		{"a b", "sigma/condition", "b", "expected and, or, | or the end"},
		{"a AND b", "sigma/condition", "AND", "operators are lower case"},
		{"NOT a", "sigma/condition", "a", "expected and, or, | or the end"},
		{"(a", "sigma/condition", "", "expected and, or or )"},
		{"a)", "sigma/condition", ")", "unexpected \")\""},
		{"()", "sigma/condition", ")", "expected a search identifier"},
		{"a and or b", "sigma/condition", "or", "expected a search identifier"},
		{"2 of sel_*", "sigma/condition", "2", "expected 1, any or all"},
		{"none of sel_*", "sigma/condition", "none", "expected 1, any or all"},
		{"1 of", "sigma/condition", "", "expected them or a name pattern"},
		{"1 of (sel_1, sel_2)", "sigma/condition", "(", "expected them or a name pattern"},
		{"of them", "sigma/condition", "of", "expected a search identifier"},
		{"not", "sigma/condition", "", "expected a search identifier"},
		{"undefined", "sigma/undefined-identifier", "undefined", "not defined"},
		{"a or nota", "sigma/undefined-identifier", "nota", "not defined"},
		{"them", "sigma/undefined-identifier", "them", "not defined"},
		{"all", "sigma/undefined-identifier", "all", "not defined"},
		{"1", "sigma/undefined-identifier", "1", "not defined"},
		{"A", "sigma/undefined-identifier", "A", "not defined"},
		{"1 of sel_?", "sigma/no-identifier", "1 of sel_?", "no search identifier fits"},
		{"a and 1 of nothing_*", "sigma/no-identifier", "1 of nothing_*", "no search identifier fits"},
		{"a | bogus() > 5", "sigma/condition", "bogus", "expected count"},
		{"a | count() > x", "sigma/condition", "x", "expected a number"},
		{"a | count(", "sigma/condition", "", "expected )"},
		{"a | near", "sigma/condition", "", "expected a search identifier"},
		{strings.Repeat("(", 10_000) + "a" + strings.Repeat(")", 10_000), "sigma/condition-too-deep", "(", "500"},
		{strings.Repeat("not ", 10_000) + "a", "sigma/condition-too-deep", "not", "500"},
	}
	for _, tt := range tests {
		c, errs := Parse(tt.cond)
		_, more := Lower(c, searches())
		errs = append(errs, more...)
		if len(errs) != 1 {
			t.Errorf("%.40q: errors %v, want one", tt.cond, errs)
			continue
		}
		e := errs[0]
		if e.Code != tt.code || tt.cond[e.Span.Start:e.Span.End] != tt.at || !strings.Contains(e.Msg, tt.msg) {
			t.Errorf("%.40q: %s at %q: %s; want %s at %q: %s", tt.cond, e.Code, tt.cond[e.Span.Start:e.Span.End], e.Msg, tt.code, tt.at, tt.msg)
		}
	}
}

// A mistake costs what it is in, not the rest of the condition.
func TestUndefinedKeepsTheRest(t *testing.T) {
	c, _ := Parse("a and not undefined")
	parts, _ := Lower(c, searches())
	if got, want := show(*parts[0].Where), "(a & !opaque[undefined])"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAggregation(t *testing.T) {
	tests := []struct{ cond, having string }{
		{"a | count() > 5", `{"having":{"expr":"count()","op":"gt","values":["5"],"as":"\u003e"},"computed":["count()"]}`},
		{"a|count(x) by y>=1.5", `{"by":["y"],"having":{"expr":"count(x)","fields":["x"],"op":"gte","values":["1.5"],"as":"\u003e="},"computed":["count(x)"]}`},
		{"a | sum(Bytes Out) by src ip, dst < 3", `{"by":["src ip","dst"],"having":{"expr":"sum(Bytes Out)","fields":["Bytes Out"],"op":"lt","values":["3"],"as":"\u003c"},"computed":["sum(Bytes Out)"]}`},
		{"1 of sel_* | avg(x) = 3", `{"having":{"expr":"avg(x)","fields":["x"],"op":"eq","values":["3"],"as":"="},"computed":["avg(x)"]}`},
	}
	for _, tt := range tests {
		c, errs := Parse(tt.cond)
		if len(errs) > 0 {
			t.Errorf("%q: %v", tt.cond, errs)
			continue
		}
		checkRoundTrip(t, c)
		parts, _ := Lower(c, searches())
		parts[0].Where = nil
		got, _ := json.Marshal(parts[0])
		if string(got) != tt.having {
			t.Errorf("%q: %s, want %s", tt.cond, got, tt.having)
		}
	}
	c, errs := Parse("a | near b and not 1 of sel_*")
	parts, _ := Lower(c, searches())
	if len(errs) > 0 || len(parts) != 3 || parts[1].Missing || !parts[2].Missing || show(*parts[2].Where) != "(sel_1 | sel_2)" {
		t.Errorf("near: %v %+v", errs, parts)
	}
	checkRoundTrip(t, c)
}

func TestLargeConditionIsBounded(t *testing.T) {
	big := Search{"big", record.Expr{Field: "F", Op: record.OpEq, Values: []string{"1"}}, scan.MaxNodes/3 + 1}
	c, _ := Parse("big and big and big and big")
	_, errs := Lower(c, NewSearches([]Search{big}))
	if len(errs) == 0 || errs[0].Code != "sigma/condition-too-large" {
		t.Errorf("errors %v, want sigma/condition-too-large", errs)
	}
	// A selector of too much is one opaque leaf and one error, however many it selects.
	searches := slices.Repeat([]Search{{"s", big.Where, scan.MaxNodes / 1000}}, 900)
	c, _ = Parse("1 of s and 1 of s and 1 of s")
	parts, errs := Lower(c, NewSearches(searches))
	if n := scan.Count(parts[0].Where); len(errs) != 2 || n > 1000 {
		t.Errorf("%d errors and %d nodes, want 2 and at most 1000", len(errs), n)
	}
}

// checkRoundTrip prints the condition, reads it again and compares.
func checkRoundTrip(t *testing.T, c Condition) {
	t.Helper()
	again, errs := Parse(c.String())
	if len(errs) > 0 || again.String() != c.String() {
		t.Errorf("%q prints as %q, which reads as %q (%v)", c.Text, c.String(), again.String(), errs)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"a and not 1 of sel_* or (b | c)", "all of them | count(x) by y, z > 5", "a | near b and not c", "((((", "not not not",
		"1 of", "a b", "kw|endswith", "\xff and \x00", "a\u2028and\u00a0b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, errs := Parse(text)
		parts, more := Lower(c, searches())
		if len(parts) == 0 || parts[0].Where == nil {
			t.Fatal("no tree: lowering must be total")
		}
		for _, e := range append(errs, more...) {
			if (e.Span.Start < 0 || e.Span.Start > e.Span.End || e.Span.End > len(text)) && e.Span != span.At(0) {
				t.Errorf("error %q at %v of %d bytes", e.Msg, e.Span, len(text))
			}
		}
		if len(errs) == 0 {
			checkRoundTrip(t, c)
		}
	})
}

// show leaves out what all leaves of this test have in common.
func show(x record.Expr) string { return strings.ReplaceAll(querytest.Show(x), " eq [1]", "") }
