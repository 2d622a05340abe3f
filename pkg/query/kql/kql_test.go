package kql

import (
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/query/querytest"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
)

func TestRead(t *testing.T) {
	tests := []struct{ query, want string }{
		// Nothing, and everything.
		{"", "true"},
		{" \t\n\u00a0", "true"},
		{"*", "* is_not_null"},
		{"**", "* is_not_null"},
		{"*:*", "* is_not_null"},

		// Precedence and brackets.
		{"a:1", "a eq [1]"},
		{"a:1 or b:2 and c:3", "(a eq [1] | (b eq [2] & c eq [3]))"},
		{"a:1 and b:2 or c:3", "((a eq [1] & b eq [2]) | c eq [3])"},
		{"(a:1 or b:2) and c:3", "((a eq [1] | b eq [2]) & c eq [3])"},
		{"a:1 and (b:2 and c:3)", "(a eq [1] & b eq [2] & c eq [3])"},
		{"((a:1))", "a eq [1]"},
		{"not a:1 and b:2", "(!a eq [1] & b eq [2])"},
		{"not (a:1 and b:2)", "!(a eq [1] & b eq [2])"},
		{"not (not a:1)", "a eq [1]"},
		{"not(a:1)", ""}, // `not(` is the word "not" and a bracket
		{"a:1 AND b:2 Or NOT c:3", "((a eq [1] & b eq [2]) | !c eq [3])"},
		{"a:1\nand\r\n\tb:2", "(a eq [1] & b eq [2])"},
		{"a:1\u00a0and b:2", "(a eq [1] & b eq [2])"},
		{"(a:1) and (b:2)", "(a eq [1] & b eq [2])"},
		{"( a:1 or b:2 )", "(a eq [1] | b eq [2])"},

		// Keywords are keywords only where white space makes them so.
		{"notes:1", "notes eq [1]"},
		{"not:1", "not eq [1]"},
		{"or:1 and and:2", "(or eq [1] & and eq [2])"},
		{"android:nothing or oracle:notary", "(android eq [nothing] | oracle eq [notary])"},
		{"a:and", "a eq [and]"},
		{"a:or or b:not", "(a eq [or] | b eq [not])"},
		{"a:x or", "a eq [x or]"},
		{"a:x or or or and y", "(a eq [x] | keyword [or] | keyword [and y])"},
		{"not", "keyword [not]"},
		{"and x", "keyword [and x]"},
		{"( or x)", "keyword [or x]"},
		{"a:(or x)", "a eq [or x]"},
		{`a:\and`, "a eq [and]"},
		{`a:x \or y`, "a eq [x or y]"},
		{`a:\NOT x`, "a eq [NOT x]"},
		{`a:x\not y`, "a eq [x\not y]"}, // Kibana: a line break and "ot"
		{`a:\android`, "a eq [android]"},

		// Words.
		{"a : x", "a eq [x]"},
		{"a:x y  z ", "a eq [x y  z]"},
		{"a b:x", "a b eq [x]"},
		{"a:x=1,y;/z/ [1 TO 2] !~^'&&", "a eq [x=1,y;/z/ [1 TO 2] !~^'&&]"},
		{"a:日本\u2003", "a eq [日本]"},
		{`a:\(x\)\:\<\>\{\}\"\\`, `a eq [(x):<>{}"\]`},
		{`a:x\ty\u0041\u00e9`, "a eq [x\tyAé]"},
		{`a:\ud83d\ude00`, "a eq [😀]"},
		{`a:\ud83dx`, "a eq [\ufffdx]"},
		{`a:\t`, "a eq []"},
		{`a\:b:1`, "a:b eq [1]"},
		{"a:true or a:null", "(a eq [true] | a eq [null])"},
		{"a:007", "a eq [007]"},
		{"a:x\x00y", "a eq [x\x00y]"},
		{"// no comment\na:1", "// no comment\na eq [1]"},

		// Quotes.
		{`a:"x y"`, "a eq [x y]"},
		{`a:""`, "a eq []"},
		{`a:" x "`, "a eq [ x ]"},
		{`"a b":1`, "a b eq [1]"},
		{`a:"C:\Windows\System32"`, `a eq [C:\Windows\System32]`},
		{`a:"C:\temp\new\root"`, "a eq [C:\temp\new\root]"},
		{`a:"x\"y\\z"`, `a eq [x"y\z]`},
		{`a:"\u0041\u00\u"`, `a eq [A\u00\u]`},
		{"a:\"x\ny\"", "a eq [x\ny]"},
		{`a:"and" and b:"not x"`, "(a eq [and] & b eq [not x])"},

		// Wildcards.
		{"a:*", "a is_not_null"},
		{"a:(*)", "a is_not_null"},
		{"not a:*", "a is_null"},
		{"a:x*", "a starts_with [x]"},
		{"a:*x", "a ends_with [x]"},
		{"a:*x*", "a match [x]"},
		{"a:x*y", "a wildcard [x*y]"},
		{"a:*x y*", "a match [x y]"},
		{"a: *x* or b:y", "(a match [x] | b eq [y])"},
		{"a:x?y", "a eq [x?y]"},
		{"a:x?*y", `a wildcard [x\?*y]`},
		{`a:x\*`, "a eq [x*]"},
		{`a:x\*y*z`, `a wildcard [x\*y*z]`},
		{`a:C\:\\x\\*`, `a starts_with [C:\x\]`},
		{`a:"x*"`, "a eq [x*]"},
		{"a.*:x", "a.* eq [x]"},
		{"a.*.b:*", "a.*.b is_not_null"},
		{"*:x", "* eq [x]"},

		// Networks.
		{"ip:10.0.0.0/8", "ip cidr_match [10.0.0.0/8]"},
		{`ip:"fe80::/10"`, "ip cidr_match [fe80::/10]"},
		{`ip:fe80\:\:/10`, "ip cidr_match [fe80::/10]"},
		{"ip:10.0.0.1", "ip eq [10.0.0.1]"},
		{"ip:10.0.0.0/99", "ip eq [10.0.0.0/99]"},
		{"ip:10.*", "ip starts_with [10.]"},

		// Lists.
		{"a:(x or y)", "a eq [x y]"},
		{"a:(x and y)", "a eq all[x y]"},
		{"a:(x)", "a eq [x]"},
		{"a:(x y)", "a eq [x y]"},
		{"a:((x or y) or (z))", "a eq [x y z]"},
		{"a:(x or y*  or z or *w)", "(a eq [x z] | a starts_with [y] | a ends_with [w])"},
		{"a:(x* and *y and z*)", "(a starts_with all[x z] & a ends_with [y])"},
		{"a:(x or not y or z)", "(a eq [x z] | !a eq [y])"},
		{"a:(not x)", "!a eq [x]"},
		{"a:(not x and not y)", "(!a eq [x] & !a eq [y])"},
		{"a:(x and not (y or z))", "(a eq [x] & !a eq [y z])"},
		{"a:(x or y and z)", "(a eq [x] | a eq all[y z])"},
		{"a:((x or y) and z)", "(a eq [x y] & a eq [z])"},
		{"a:(* or x)", "(a is_not_null | a eq [x])"},
		{"ip:(10.0.0.0/8 or 127.0.0.1 or ::)", ""},
		{`ip:(10.0.0.0/8 or 127.0.0.1 or "::1/128")`, "(ip cidr_match [10.0.0.0/8 ::1/128] | ip eq [127.0.0.1])"},
		{"a:x or a:y", "(a eq [x] | a eq [y])"}, // no list

		// Ranges.
		{"a>1 and a >= 2 and a<3 and a <= 4", "(a gt [1] & a gte [2] & a lt [3] & a lte [4])"},
		{`@timestamp >= "now-30d/d"`, "@timestamp gte [now-30d/d]"},
		{"a > *", "a gt [*]"},
		{"not a > 1", "!a gt [1]"},
		{"a = 1", "keyword [a = 1]"},

		// Free text.
		{"x", "keyword [x]"},
		{"x y", "keyword [x y]"},
		{`"x y" and a:1`, "(keyword [x y] & a eq [1])"},
		{"x* or *y", "(keyword [x] | keyword [y])"},
		{"x*y", "keyword [x*y]"},
		{"10.0.0.0/8", "keyword [10.0.0.0/8]"},
		{"null:x", "keyword [x]"},
		{`"null":x`, "null eq [x]"},

		// Nested objects.
		{"n:{a:1}", "n.a eq [1]"},
		{"n:{ a:(x or y) and not b:* }", "(n.a eq [x y] & n.b is_null)"},
		{"n.m : { o:{ a>1 } } or b:2", "(n.m.o.a gt [1] | b eq [2])"},
		{"n:{x}", "keyword [x]"},
	}
	for _, tt := range tests {
		q, errs := Parse(tt.query)
		if tt.want == "" {
			if len(errs) != 1 {
				t.Errorf("%q: %v, want an error", tt.query, errs)
			}
			continue
		}
		if len(errs) > 0 {
			t.Errorf("%q: %v", tt.query, errs)
			continue
		}
		if got := querytest.Where(Lower(q)); got != tt.want {
			t.Errorf("%q = %s, want %s", tt.query, got, tt.want)
		}
		checkRoundTrip(t, q)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ query, code, at, msg string }{
		{"a:", "kql/unexpected-end", "", "expected a value or ("},
		{":1", "kql/unexpected-token", ":", "expected a field, a value or ("},
		{"a:1 b:2", "kql/unexpected-token", ":", `unexpected ":" in query, expected and, or or the end`},
		{"a:1 and ", "kql/unexpected-end", "", "expected a field"},
		{"a:1and b:2", "kql/unexpected-token", ":", "expected and, or or the end"},
		{"a:cannot or b:1", "kql/unexpected-token", "not", `unexpected "not" in query`},
		{"not not a:1", "kql/unexpected-token", "not", "second not"},
		{"a:not x", "kql/unexpected-token", "not", "expected a value or ("},
		{"a:(not not x)", "kql/unexpected-token", "not", "second not"},
		{"a:1)", "kql/unexpected-token", ")", "expected and, or or the end"},
		{"(a:1", "kql/unexpected-end", "", "expected and, or or )"},
		{"(a:1}", "kql/unexpected-token", "}", "expected and, or or )"},
		{"()", "kql/unexpected-token", ")", "expected a field"},
		{"a:()", "kql/unexpected-token", ")", "expected a value or ("},
		{"a:(x:y)", "kql/unexpected-token", ":", "expected and, or or )"},
		{"a:(x or)y", "kql/unexpected-token", "y", "expected and, or or the end"},
		{"a:>1", "kql/unexpected-token", ">", "expected a value or ("},
		{"a >= (1 or 2)", "kql/unexpected-token", "(", "expected a value after >="},
		{"a:fe80::1", "kql/unexpected-token", ":", "expected and, or or the end"},
		{"n:{ }", "kql/unexpected-token", "}", "expected a field"},
		{"n:{a:1", "kql/unexpected-end", "", "expected and, or or }"},
		{`a:"x`, "kql/unclosed-string", `"`, "unclosed string"},
		{`a:"x\"`, "kql/unclosed-string", `"`, "unclosed string"},
		{`a:x"`, "kql/unclosed-string", `"`, "unclosed string"},
		{`a:"x"y`, "kql/unexpected-token", "y", "expected and, or or the end"},
		{`a:C\:\Windows`, "kql/bad-escape", `\W`, "unexpected escape"},
		{`a:\u00zz`, "kql/bad-escape", `\u`, "unexpected escape"},
		{`a\ b:1`, "kql/bad-escape", `\ `, "unexpected escape"},
		{`a:x\`, "kql/bad-escape", `\`, "unexpected escape"},
		{"a:\xff", "kql/invalid-utf8", "\xff", "0xff"},
		{strings.Repeat("(", 10_000) + "a" + strings.Repeat(")", 10_000), "kql/too-deep", "(", "500"},
		{strings.Repeat("a:{", 10_000), "kql/too-deep", "{", "500"},
		{"a:" + strings.Repeat("(", 10_000), "kql/too-deep", "(", "500"},
		{"a:(x" + strings.Repeat(" or x", scan.MaxNodes) + ")", "kql/too-large", "x", "100000"},
		{strings.Repeat("x", scan.MaxText+1), "kql/too-long", "", "bytes"},
		{strings.Repeat("x", scan.MaxName+1) + ":(a or b*)", "kql/long-name", ":", "1024"},
		{strings.Repeat("x", scan.MaxName-1) + ":{a:1}", "kql/long-name", ":", "1024"},
	}
	for _, tt := range tests {
		where, errs := Read(tt.query)
		if len(errs) != 1 {
			t.Errorf("%.40q: errors %v, want one", tt.query, errs)
			continue
		}
		e := errs[0]
		if at := tt.query[e.Span.Start:e.Span.End]; e.Code != tt.code || at != tt.at || !strings.Contains(e.Msg, tt.msg) {
			t.Errorf("%.40q: %s at %.20q: %s; want %s at %q: %s", tt.query, e.Code, at, e.Msg, tt.code, tt.at, tt.msg)
		}
		if where == nil || where.Op != record.OpOpaque || where.Code != "syntax/kql" || where.Text != tt.query {
			t.Errorf("%.40q: no opaque leaf of the whole query", tt.query)
		}
	}
}

func TestWire(t *testing.T) {
	tests := []struct{ query, want string }{
		{"a:(x and y)", `{"field":"a","op":"eq","values":["x","y"],"all":true,"as":":"}`},
		{"a:*", `{"field":"a","op":"is_not_null","as":":"}`},
		{"a >= 1", `{"field":"a","op":"gte","values":["1"],"as":">="}`},
		{"x", `{"op":"keyword","values":["x"]}`},
		{"not a:x*", `{"not":{"field":"a","op":"starts_with","values":["x"],"as":":"}}`},
	}
	for _, tt := range tests {
		where, _ := Read(tt.query)
		if got := querytest.JSON(t, where); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.query, got, tt.want)
		}
	}
}

func TestSpans(t *testing.T) {
	const query = `  a b : ( x* or  "y" ) and not n:{ c >= 1 } or free text `
	q, errs := Parse(query)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var got []string
	walk(q.Where, func(x Expr) { got = append(got, query[x.Span().Start:x.Span().End]) })
	want := []string{
		`a b : ( x* or  "y" ) and not n:{ c >= 1 } or free text`,
		`a b : ( x* or  "y" ) and not n:{ c >= 1 }`,
		`a b : ( x* or  "y"`, `x* or  "y"`, `x*`, `"y"`,
		`not n:{ c >= 1 }`, `n:{ c >= 1 }`, `c >= 1`, `free text`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("spans:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func walk(x Expr, visit func(Expr)) {
	visit(x)
	switch x := x.(type) {
	case Or:
		for _, a := range x.Args {
			walk(a, visit)
		}
	case And:
		for _, a := range x.Args {
			walk(a, visit)
		}
	case Not:
		walk(x.Arg, visit)
	case Nested:
		walk(x.Arg, visit)
	case Is:
		walk(x.Value, visit)
	}
}

// checkRoundTrip prints the query, reads it again and compares.
func checkRoundTrip(t *testing.T, q Query) {
	t.Helper()
	printed := q.String()
	again, errs := Parse(printed)
	if len(errs) > 0 || again.String() != printed || querytest.Where(Lower(again)) != querytest.Where(Lower(q)) {
		t.Errorf("%q prints as %q, which reads as %q (%v)", q.Text, printed, again.String(), errs)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"a:1 and not (b:\"x y\" or c:*x*) or n:{ d >= 5 }", "a:(x or not y and z*)", `a\:b:\u0041\(\and\not`, "((((", "not not", "a:{b:{c",
		"a: x y or", "or and not", `"\u0000\ud800"`, "\xff\x00", "a\u00a0or\u2003b", "*:*", "null:null", "cannot or", "a:\\t \\", "\ufeff", "a<b>c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, errs := Parse(text)
		where := Lower(q)
		if where == nil && len(errs) > 0 {
			t.Fatal("no tree: lowering must be total")
		}
		querytest.Inside(t, errs, text)
		if len(errs) == 0 {
			if scan.HasOpaque(where) {
				t.Error("an opaque leaf without an error")
			}
			checkRoundTrip(t, q)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	query := `event.category:process and host.os.type:windows and process.name:("net.exe" or net1.exe or "psexec*" or *shell.exe) and
  process.args:(C\:\\Users\\*\\AppData\\* or "/domain" or use) and not user.id:("S-1-5-18" or S-1-5-19) and
  not source.ip:(10.0.0.0/8 or 127.0.0.1 or "::1" or fe80\:\:/10) and n:{ a.b:x and not c:* } and @timestamp >= "now-30d"`
	b.SetBytes(int64(len(query)))
	b.ReportAllocs()
	for b.Loop() {
		if _, errs := Read(query); len(errs) > 0 {
			b.Fatal(errs)
		}
	}
}
