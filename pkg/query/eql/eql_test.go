package eql

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// conditions are conditions of an event query, and what they mean in the
// notation of show. They are seeds of the fuzz target, too.
var conditions = []struct{ cond, want string }{
	// and, or, not
	{`a == 1`, `a eq(1)`},
	{`a == 1 and b == 2 or c == 3`, `((a eq(1) & b eq(2)) | c eq(3))`},
	{`a == 1 or b == 2 and c == 3`, `(a eq(1) | (b eq(2) & c eq(3)))`},
	{`(a == 1 or b == 2) and c == 3`, `((a eq(1) | b eq(2)) & c eq(3))`},
	{`a == 1 and (b == 2 and c == 3)`, `(a eq(1) & b eq(2) & c eq(3))`},
	{`not a == 1 and b == 2`, `(!a eq(1) & b eq(2))`},
	{`not (a == 1 and b == 2)`, `!(a eq(1) & b eq(2))`},
	{`not not a == 1`, `a eq(1)`},
	{`((a == 1))`, `a eq(1)`},
	{`not(a == 1)`, `!a eq(1)`},
	{`a`, `a eq(true)`},
	{`not a.b`, `!a.b eq(true)`},
	{`true and a == 1`, `a eq(1)`},
	{`false or a == 1`, `a eq(1)`},
	{`false`, `or()`},
	{`not true`, `!and()`},

	// comparisons
	{`a == "x"`, `a eq(x)C`},
	{`a != "x"`, `a ne(x)C`},
	{`a != 1`, `a ne(1)`},
	{`a < 1 and b <= 2 and c > 3 and d >= 4.50`, `(a lt(1) & b lte(2) & c gt(3) & d gte(4.50))`},
	{`a < "m"`, `a lt(m)C`},
	{`1 == a`, `a eq(1)`},
	{`5 < a`, `a gt(5)`},
	{`5 >= a`, `a lte(5)`},
	{`"x" != a`, `a ne(x)C`},
	{`a == -1`, `a eq(-1)`},
	{`a == +1`, `a eq(1)`},
	{`a == .5 or a == 1. or a == 1e3 or a == 2.5E-1`, `(a eq(.5) | a eq(1.) | a eq(1e3) | a eq(2.5E-1))`},
	{`a == true`, `a eq(true)`},
	{`a == null`, `a is_null`},
	{`a != null`, `a is_not_null`},
	{`null == a`, `a is_null`},
	{`not a == null`, `a is_not_null`},
	{`a < null`, `a lt(null)`},
	{`a == TRUE`, `a eq->TRUE C`},
	{`a == b.c`, `a eq->b.c C`},
	{`a != ?b`, `a? ne->b C`},
	{`a > b`, `a gt->b`},

	// "==" and in are literal, ":" and like are not
	{`a == "x*"`, `a eq(x*)C`},
	{`a in ("x*", "?")`, `a eq(x*|?)C`},
	{`a : "x"`, `a eq(x)`},
	{`a:"x*"`, `a starts_with(x)`},
	{`a : "*x"`, `a ends_with(x)`},
	{`a : "*x*"`, `a match(x)`},
	{`a : "x?y"`, `a wildcard(x?y)`},
	{`a : "?:\\x\\*.e"`, `a wildcard(?:\\x\\*.e)`},
	{`a : "*"`, `a is_not_null`},
	{`not a : "**"`, `a is_null`},
	{`a : ""`, `a eq()`},
	{`a : 1`, `a eq(1)`},
	{`a : null`, `a is_null`},
	{`a : ("x", "y*", "z", "*", "*w")`, `(a eq(x|z) | a starts_with(y) | a is_not_null | a ends_with(w))`},
	{`a like "x*"`, `a starts_with(x)C`},
	{`a like ("x", "*Y")`, `(a eq(x)C | a ends_with(Y)C)`},
	{`a like~ "x*"`, `a starts_with(x)`},
	{`a regex "x.*"`, `a regex_match(x.*)C`},
	{`a regex~ ("x", "y|z")`, `a regex_match(x|y|z)i`},
	{`not a regex~ """\w{3}"""`, `!a regex_match(\w{3})i`},

	// lists
	{`a in ("x", "y")`, `a eq(x|y)C`},
	{`a in (1, 2)`, `a eq(1|2)`},
	{`a in (1, "x")`, `a eq(1|x)C`},
	{`a in~ ("x", "y")`, `a eq(x|y)`},
	{`a not in ("x", "y")`, `!a eq(x|y)C`},
	{`not a not in~ ("x")`, `a eq(x)`},
	{`a in (null)`, `a is_null`},
	{`a not in (null)`, `a is_not_null`},
	{`a in ("x", b, null, "y", c + 1)`, `(a eq(x|y)C | a eq->b C | a is_null | a eq->{c + 1}C)`},

	// fields
	{`?a.b : "x"`, `a.b? eq(x)`},
	{`?a != null`, `a? is_not_null`},
	{`? a == 1`, `a? eq(1)`},
	{`@timestamp > 5 and _id == "x"`, `(@timestamp gt(5) & _id eq(x)C)`},
	{"`a-b` == 1", `a-b eq(1)`},
	{"a.`b c`.d == 1", `a.b c.d eq(1)`},
	{"`a.0.b` == 1 and a.`0`.b == 1", `(a.0.b eq(1) & a.0.b eq(1))`},
	{"a.`b``c` == 1", "a.b`c eq(1)"},
	{"`where` == 1", `where eq(1)`},
	{`a[0].b == 1`, `a[0].b eq(1)`},
	{`a . b == 1`, `a.b eq(1)`},
	{`process == 1 and notes == 1 and inside == 2 and likely : "x"`, `(process eq(1) & notes eq(1) & inside eq(2) & likely eq(x))`},

	// strings
	{`a == "\b\t\n\f\r\"\'\\"`, "a eq(\b\t\n\f\r\"'\\)C"},
	{`a == "\u{41}\u{1F600}\u{0000202E}"`, "a eq(A\U0001f600\u202e)C"},
	{`a == """C:\new"x"""`, `a eq(C:\new"x)C`},
	{`a == """x"""""`, `a eq(x"")C`},
	{`a == """"""`, `a eq()C`},
	{`a == "é日本 'q' // no comment /*"`, `a eq(é日本 'q' // no comment /*)C`},
	{`a == """no // comment"""`, `a eq(no // comment)C`},

	// comments
	{"a == 1 // comment \"\n and b == 2", `(a eq(1) & b eq(2))`},
	{"a /* /* */ == /**/ 1 // end", `a eq(1)`},

	// functions with an operator
	{`startsWith(a, "x")`, `a starts_with(x)C`},
	{`STARTSWITH~(?a, "x")`, `a? starts_with(x)`},
	{`endswith (a, "x*")`, `a ends_with(x*)C`},
	{`stringContains(a, "x?")`, `a match(x?)C`},
	{`stringcontains~(a, "x")`, `a match(x)`},
	{`startsWith(a, "")`, `a is_not_null`},
	{`wildcard(a, "x*", "y", "*z")`, `(a starts_with(x)C | a eq(y)C | a ends_with(z)C)`},
	{`wildcard~(a, "x*y")`, `a wildcard(x*y)`},
	{`match(a, "x.*", "y") and matchLite~(b, "z")`, `(a regex_match(x.*|y)C & b regex_match(z)i)`},
	{`cidrMatch(a, "10.0.0.0/8", "::1/128")`, `a cidr_match(10.0.0.0/8|::1/128)`},
	{`not cidrmatch(a, "10.0.0.0/8")`, `!a cidr_match(10.0.0.0/8)`},
	{`startsWith~(a, b)`, `a starts_with->b`},
	{`cidrMatch(a, "10.0.0.0/8", b)`, `(a cidr_match(10.0.0.0/8) | a cidr_match->b)`},
	{`endsWith(a, concat(".", b))`, `a ends_with->{concat(".", b)}C`},
	{`endsWith("x.y", b)`, `{"x.y"}<> ends_with->b C`},
	{`stringContains(string(a), "x")`, `{string(a)}<a> match(x)C`},
	{`startsWith(a, "x") == true`, `a starts_with(x)C`},
	{`startsWith(a, "x") != true`, `!a starts_with(x)C`},
	{`false == cidrMatch(a, "10.0.0.0/8")`, `!a cidr_match(10.0.0.0/8)`},
	{`(a == 1) == false`, `!a eq(1)`},
	{`a : "x*" == false`, `!a starts_with(x)`},

	// computed sides
	{`length(a) > 5`, `{length(a)}<a> gt(5)`},
	{`5 < length(a)`, `{length(a)}<a> gt(5)`},
	{`length(a) == null`, `{length(a)}<a> is_null`},
	{`string(a) : ("1*", "2")`, `({string(a)}<a> starts_with(1) | {string(a)}<a> eq(2))`},
	{`a + 1 == 2`, `{a + 1}<a> eq(2)`},
	{`a.b-c == 1`, `{a.b-c}<a.b,c> eq(1)`},
	{`a * 2 + 1 >= 3 - b % 2`, `{a * 2 + 1}<a> gte->{3 - b % 2}`},
	{`(a + 1) * -b / a == 1`, `{(a + 1) * -b / a}<a,b> eq(1)`},
	{`a == 1 - 2`, `a eq->{1 - 2}C`},
	{`a - -1 == 2 and a -1 == 2`, `({a - -1}<a> eq(2) & {a -1}<a> eq(2))`},
	{`substring(a, 0, -1) == "x"`, `{substring(a, 0, -1)}<a> eq(x)C`},
	{`concat(a, "\n", b) == c`, `{concat(a, "\n", b)}<a,b> eq->c C`},
	{`number("1") == a`, `{number("1")}<> eq->a C`},
	{`foo() == 1`, `{foo()}<> eq(1)`},
	{`"x" == "x"`, `{"x"}<> eq(x)C`},
	{`length(a) + 1 in (2, 3)`, `{length(a) + 1}<a> eq(2|3)`},
}

func TestConditions(t *testing.T) {
	for _, tt := range conditions {
		r, errs := Read("any where " + tt.cond)
		if len(errs) > 0 {
			t.Errorf("%s: %v", tt.cond, errs)
			continue
		}
		if len(r.Parts) != 1 || r.Parts[0].Source != "any" || r.Kind != record.KindMatch {
			t.Errorf("%s: %s of %d parts", tt.cond, r.Kind, len(r.Parts))
			continue
		}
		if got := show(r.Parts[0].Where); got != tt.want {
			t.Errorf("%s\n is %s\nnot %s", tt.cond, got, tt.want)
		}
		checkRoundTrip(t, "any where "+tt.cond)
	}
}

// queries are whole queries in the notation of showRule.
var queries = []struct{ query, want string }{
	{`process where true`, `match process`},
	{`PROCESS where a`, `match PROCESS a eq(true)`},
	{`"my cat" where a`, `match my cat a eq(true)`},
	{`"any" where a`, `match any a eq(true)`},
	{"\n// c\n process where a /* c */ \n", `match process a eq(true)`},
	{`process where a | tail 1`, `match process a eq(true) | tail 1`},
	{"process where a\n| sort b, c\n| head 5", `match process a eq(true) | sort b, c | head 5`},
	{`process where a | filter b == 2 | count | filter count > 3`, `match process (a eq(true) & b eq(2)) | filter b == 2 | count | filter count > 3`},
	{`process where true | unique b`, `match process | unique b`},
	{`sequence [a where x] [b where y]`, `sequence a x eq(true) ; b y eq(true)`},
	{`sequence [a where x]`, `sequence a x eq(true)`},
	{`sequence by u, ?v with maxspan=1m [a where x] [any where true]`, `sequence a x eq(true) by u,?v ; any by u,?v maxspan 1m`},
	{`sequence with maxspan = 500 ms by u [a where x] [b where y]`, `sequence a x eq(true) by u ; b y eq(true) by u maxspan 500ms`},
	{`sequence by u [a where x] by ?i.j [b where y] by k until [c where z] by l`, `sequence a x eq(true) by u,?i.j ; b y eq(true) by u,k until c z eq(true) by u,l`},
	{`sequence by length(u), a + 1 [a where x] [b where y]`, `sequence a x eq(true) by length(u),a + 1 ; b y eq(true) by length(u),a + 1`},
	{`sequence [a where x] by k with runs=3 [b where y] by l`, `sequence a x eq(true) by k runs 3 ; b y eq(true) by l`},
	{`sequence with maxspan=2d [a where x] ![b where y] [c where z]`, `sequence a x eq(true) ; !b y eq(true) ; c z eq(true) maxspan 2d`},
	{`sequence [a where x[0] == 1] by k[1] [b where y] by l | head 3`, `sequence a x[0] eq(1) by k[1] ; b y eq(true) by l | head 3`},
	{`sample by u [a where x] [b where y]`, `sample a x eq(true) by u ; b y eq(true) by u`},
	{`join by u [a where x] [b where y] until [c where z]`, `join a x eq(true) by u ; b y eq(true) by u until c z eq(true) by u`},
}

func TestQueries(t *testing.T) {
	for _, tt := range queries {
		r, errs := Read(tt.query)
		if len(errs) > 0 {
			t.Errorf("%s: %v", tt.query, errs)
			continue
		}
		if got := showRule(r); got != tt.want {
			t.Errorf("%s\n is %s\nnot %s", tt.query, got, tt.want)
		}
		checkRoundTrip(t, tt.query)
	}
}

// unsupported are queries that are right, but have no operator, or are only
// right for Elastic Endpoint. code and at are of the first error.
var unsupported = []struct{ query, code, at, want string }{
	{`process where foo(a) and b`, "unsupported/eql-function", `foo(a)`, `match process (opaque[foo(a)] & b eq(true))`},
	{`process where not startsWith(a)`, "unsupported/eql-function", `startsWith(a)`, `match process !opaque[startsWith(a)]`},
	{`process where arraySearch(a, v, v.b == 1)`, "unsupported/eql-function", `arraySearch(a, v, v.b == 1)`, `match process opaque[arraySearch(a, v, v.b == 1)]`},
	{`process where descendant of [file where a == 1]`, "unsupported/eql-relation", `descendant of [file where a == 1]`, `match process opaque[descendant of [file where a == 1]]`},
	{`process where a and child of [file where b]`, "unsupported/eql-relation", `child of [file where b]`, `match process (a eq(true) & opaque[child of [file where b]])`},
	{`sequence [process where not event of [any where true]] [file where b]`, "unsupported/eql-relation", `event of [any where true]`, `sequence process !opaque[event of [any where true]] ; file b eq(true)`},
	{`process where a + 1`, "unsupported/eql-condition", `a + 1`, `match process opaque[a + 1]`},
	{`process where "x"`, "unsupported/eql-condition", `"x"`, `match process opaque["x"]`},
	{`process where null`, "unsupported/eql-condition", `null`, `match process opaque[null]`},
	{`sequence [a where x] as e0 [b where y == e0.z]`, "unsupported/eql-endpoint-dialect", `as e0`, `sequence a x eq(true) name e0 ; b y eq->e0.z C`},
	{`sequence [a where x] by k as e0 [b where y] by l`, "unsupported/eql-endpoint-dialect", `as e0`, `sequence a x eq(true) by k name e0 ; b y eq(true) by l`},
	{`api where _arraysearch(f.g, $v, $v.x : "a*" or $v.y == b)`, "unsupported/eql-endpoint-dialect", `$v`, `match api (f.g.x starts_with(a) | f.g.y eq->b C)`},
	{`api where not _ArraySearch(f, $v, stringContains~($v, "x"))`, "unsupported/eql-endpoint-dialect", `$v`, `match api !f match(x)`},
	{`api where _arraysearch(f, $v, _arraysearch($v.g, $w, $w.x == $v.y))`, "unsupported/eql-endpoint-dialect", `$v`, `match api f.g.x eq->f.y C`},
	{`api where _arraysearch(f, $v, length($v.x) > 3)`, "unsupported/eql-endpoint-dialect", `$v`, `match api {length($v.x)}<f.x> gt(3)`},
	{`api where a and _arraysearch(f, $v, not $v.x == 1)`, "unsupported/eql-arraysearch", `_arraysearch(f, $v, not $v.x == 1)`, `match api (a eq(true) & opaque[_arraysearch(f, $v, not $v.x == 1)])`},
	{`api where $v.x == 1`, "eql/variable", `$v.x`, `match api $v.x eq(1)`},
	{`process where endsWith(a, "x", "y")`, "eql/arguments", `endsWith(a, "x", "y")`, `match process a ends_with(x|y)C`},
	{`process where a | foo b`, "eql/pipe", `foo`, `match process a eq(true) | foo b`},
}

func TestUnsupported(t *testing.T) {
	for _, tt := range unsupported {
		r, errs := Read(tt.query)
		if len(errs) == 0 || errs[0].Code != tt.code || tt.query[errs[0].Span.Start:errs[0].Span.End] != tt.at {
			t.Errorf("%s: errors %+v, want %s at %s", tt.query, errs, tt.code, tt.at)
		}
		if got := showRule(r); got != tt.want {
			t.Errorf("%s\n is %s\nnot %s", tt.query, got, tt.want)
		}
		checkRoundTrip(t, tt.query)
	}
}

// As is the operator as it is written, and the source text of a leaf has the
// author's blanks.
func TestLeafMembers(t *testing.T) {
	tests := []struct {
		cond string
		want record.Expr
	}{
		{`?a like~ "x"`, record.Expr{Field: "a", Op: "eq", Values: []string{"x"}, As: "like~", Optional: true}},
		{`5 <= a`, record.Expr{Field: "a", Op: "gte", Values: []string{"5"}, As: "<="}},
		{`cidrmatch(a, "::/0")`, record.Expr{Field: "a", Op: "cidr_match", Values: []string{"::/0"}, As: "cidrmatch"}},
		{`length( a )>= b+1`, record.Expr{Expr: "length( a )", Fields: []string{"a"}, Op: "gte", Ref: "b+1", RefExpr: true, As: ">="}},
		{`a == null`, record.Expr{Field: "a", Op: "is_null", As: "=="}},
		{`a`, record.Expr{Field: "a", Op: "eq", Values: []string{"true"}}},
		{`a regex~ "x"`, record.Expr{Field: "a", Op: "regex_match", Values: []string{"x"}, Flags: "i", As: "regex~"}},
	}
	for _, tt := range tests {
		r, errs := Read("any where " + tt.cond)
		if len(errs) > 0 {
			t.Errorf("%s: %v", tt.cond, errs)
			continue
		}
		if diff := cmp.Diff(&tt.want, r.Parts[0].Where); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.cond, diff)
		}
	}
}

// checkRoundTrip prints the query, reads it again and compares.
func checkRoundTrip(t *testing.T, query string) {
	t.Helper()
	q, errs := Parse(query)
	if mistaken(errs) {
		return
	}
	again, errs := Parse(q.String())
	if mistaken(errs) || again.String() != q.String() {
		t.Errorf("%q prints as %q, which reads as %q (%v)", query, q.String(), again.String(), errs)
		return
	}
	was, _ := Lower(q)
	is, _ := Lower(again)
	if a, b := shape(was), shape(is); a != b {
		t.Errorf("%q means %s, printed and read again %s", query, a, b)
	}
}

// mistaken reports whether errs has more than what is right but unsupported.
func mistaken(errs span.Errors) bool {
	return slices.ContainsFunc(errs, func(e span.Error) bool { return !strings.HasPrefix(e.Code, span.Unsupported) })
}

// shape is showRule without source text, which printing changes.
func shape(r Rule) string {
	r.Pipes = ""
	for i := range r.Parts {
		unspell(r.Parts[i].Where)
		r.Parts[i].By = []string{strconv.Itoa(len(r.Parts[i].By))}
	}
	if r.Until != nil {
		unspell(r.Until.Where)
		r.Until.By = nil
	}
	return showRule(r)
}

func unspell(x *record.Expr) {
	if x == nil {
		return
	}
	for i := range x.And {
		unspell(&x.And[i])
	}
	for i := range x.Or {
		unspell(&x.Or[i])
	}
	unspell(x.Not)
	x.Expr, x.Text = squeeze(x.Expr), squeeze(x.Text)
	if x.RefExpr {
		x.Ref = "computed"
	}
}

func squeeze(s string) string {
	if s == "" {
		return ""
	}
	return "text"
}

func showRule(r Rule) string {
	parts := make([]string, len(r.Parts))
	for i, p := range r.Parts {
		parts[i] = showPart(p)
	}
	s := r.Kind + " " + strings.Join(parts, " ; ")
	if r.Until != nil {
		s += " until " + showPart(*r.Until)
	}
	if r.Maxspan != "" {
		s += " maxspan " + r.Maxspan
	}
	if r.Pipes != "" {
		s += " " + r.Pipes
	}
	return s
}

func showPart(p record.Part) string {
	s := p.Source
	if p.Missing {
		s = "!" + s
	}
	if p.Where != nil {
		s += " " + show(p.Where)
	}
	if len(p.By) > 0 {
		s += " by " + strings.Join(p.By, ",")
	}
	if p.Runs > 0 {
		s += " runs " + strconv.Itoa(p.Runs)
	}
	if p.Name != "" {
		s += " name " + p.Name
	}
	return s
}

// show writes a tree: & | !, and leaves as field op(values), with "?" for
// optional, C for cased, i for the flag, -> before the name compared with and
// {text}<fields> for a computed side.
func show(x *record.Expr) string {
	join := func(xs []record.Expr, op string) string {
		parts := make([]string, len(xs))
		for i := range xs {
			parts[i] = show(&xs[i])
		}
		if len(parts) < 2 {
			return strings.TrimSpace(map[string]string{" & ": "and", " | ": "or"}[op]) + "(" + strings.Join(parts, op) + ")"
		}
		return "(" + strings.Join(parts, op) + ")"
	}
	switch {
	case x.And != nil:
		return join(x.And, " & ")
	case x.Or != nil:
		return join(x.Or, " | ")
	case x.Not != nil:
		return "!" + show(x.Not)
	case x.Op == record.OpOpaque:
		return "opaque[" + x.Text + "]"
	}
	return showLeaf(x)
}

func showLeaf(x *record.Expr) string {
	s := x.Field
	if x.Field == "" {
		s = "{" + x.Expr + "}<" + strings.Join(x.Fields, ",") + ">"
	}
	if x.Optional {
		s += "?"
	}
	s += " " + x.Op
	switch {
	case x.RefExpr:
		s += "->{" + x.Ref + "}"
	case x.Ref != "":
		s += "->" + x.Ref
	case x.Op != record.OpIsNull && x.Op != record.OpIsNotNull:
		s += "(" + strings.Join(x.Values, "|") + ")"
	}
	s += x.Flags
	if !x.Cased {
		return s
	}
	if x.Ref != "" && !x.RefExpr {
		s += " "
	}
	return s + "C"
}

// Hostile queries must not cost more than their length.
func TestLinear(t *testing.T) {
	for _, unit := range []string{
		"[a where ! ", `"""x""" `, "a[", "b, ", "| = ", "/* */", "'", "`a` ", `"\`, "a of [x where ",
	} {
		for _, before := range []string{"sequence ", "any where a == ", "any where a in ("} {
			text := before + strings.Repeat(unit, scan.MaxText/4/len(unit))
			if r, errs := Read(text); len(errs) == 0 || len(r.Parts) == 0 {
				t.Errorf("%s%s...: %d parts, no error", before, unit, len(r.Parts))
			}
		}
	}
}

func TestNodesAreBounded(t *testing.T) {
	q := "any where a" + strings.Repeat(" or a", scan.MaxNodes)
	r, errs := Read(q)
	if len(errs) != 1 || errs[0].Code != "eql/too-large" || r.Parts[0].Where.Op != record.OpOpaque {
		t.Errorf("errors %v", errs)
	}
}

func TestSharedKeysAreBounded(t *testing.T) {
	q := "sequence by k" + strings.Repeat(", k", 999) + strings.Repeat(" [any where a]", 1000)
	r, errs := Read(q)
	if len(errs) != 1 || errs[0].Code != "eql/too-many-keys" || len(r.Parts) != 1000 || len(r.Parts[0].By) != 1000 || len(r.Parts[1].By) != 0 {
		t.Errorf("%d parts, errors %v", len(r.Parts), errs)
	}
}
