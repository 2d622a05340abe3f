package lucene

import (
	"strings"
	"testing"
	"time"

	"github.com/rulepipe/rulepipe/pkg/query/querytest"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
)

func TestRead(t *testing.T) {
	tests := []struct{ query, want string }{
		{"", "true"},
		{" \n\u3000", "true"},
		{"*", "* is_not_null"},
		{"*:*", "* is_not_null"},
		{"a:*", "a is_not_null"},

		// Operators and marks.
		{"a:1 AND b:2", "(a eq [1] & b eq [2])"},
		{"a:1 && b:2 && c:3", "(a eq [1] & b eq [2] & c eq [3])"},
		{"a:1 OR b:2 || c:3", "(a eq [1] | b eq [2] | c eq [3])"},
		{"a:1 b:2", "(a eq [1] | b eq [2])"},
		{"NOT a:1", "!a eq [1]"},
		{"!a:1", "!a eq [1]"},
		{"-a:1 -b:2", "(!a eq [1] & !b eq [2])"},
		{"a:1 AND NOT b:2", "(a eq [1] & !b eq [2])"},
		{"a:1 NOT b:2", "(a eq [1] & !b eq [2])"},
		{"NOT a:1 AND b:2", "(!a eq [1] & b eq [2])"},
		{"NOT (a:1 OR b:2)", "!(a eq [1] | b eq [2])"},
		{"NOT (NOT a:1)", "a eq [1]"},
		{"(a:1 OR b:2) AND c:3", "((a eq [1] | b eq [2]) & c eq [3])"},
		{"(a:1 AND b:2) OR c:3", "((a eq [1] & b eq [2]) | c eq [3])"},
		{"((a:1))", "a eq [1]"},
		{"(NOT a:1) OR b:2", "(!a eq [1] | b eq [2])"},
		{"+a:1 +b:2", "(a eq [1] & b eq [2])"},
		{"+a:1 -b:2 AND c:3", "(a eq [1] & !b eq [2] & c eq [3])"},

		// No precedence: required, optional and prohibited clauses.
		{"a:1 OR NOT b:2", "(a eq [1] & !b eq [2])"},
		{"NOT a:1 OR b:2", "(!a eq [1] & b eq [2])"},
		{"a:1 -b:2 c:3", "((a eq [1] | c eq [3]) & !b eq [2])"},
		{"-b:2 a:1 -c:3 d:4", "(!b eq [2] & (a eq [1] | d eq [4]) & !c eq [3])"},

		// Lower case is text, and so is what the longest match takes.
		{"a:1 and b:2", "(a eq [1] | keyword [and] | b eq [2])"},
		{"ANDROID NOTE", "(keyword [ANDROID] | keyword [NOTE])"},
		{"x&&y &&z", "(keyword [x&&y] | keyword [&&z])"},
		{`\AND OR \OR`, "(keyword [AND] | keyword [OR])"},
		{"a - b", "(keyword [a] | keyword [-] | keyword [b])"},
		{"a:+ b", "(a eq [+] | keyword [b])"},
		{"g+s a-b", "(keyword [g+s] | keyword [a-b])"},
		{"a!b", "(keyword [a] & !keyword [b])"},
		{"TO", "keyword [TO]"},

		// Words, phrases, escapes.
		{"a : x", "a eq [x]"},
		{`a:"x y"`, "a eq [x y]"},
		{`a:"x*"`, "a eq [x*]"},
		{`a:""`, "a eq []"},
		{`a:"C:\\x\"y"`, `a eq [C:\x"y]`},
		{`a:C\:\\Windows\\System32`, `a eq [C:\Windows\System32]`},
		{`a:\(1\+1\)\=2`, "a eq [(1+1)=2]"},
		{`a:x\ y`, "a eq [x y]"},
		{`first\ name:x`, "first name eq [x]"},
		{`book.\*:x`, "book.* eq [x]"},
		{`*:x`, "* eq [x]"},
		{`a:\u0041\u00e9`, "a eq [Aé]"},
		{`a:"\ud83d\ude00\ud83d"`, "a eq [😀�]"},
		{"a:日本 b", "(a eq [日本] | keyword [b])"},
		{"a:x,y;z=1@'#$%|&<>", "a eq [x,y;z=1@'#$%|&<>]"},
		{`"x y"`, "keyword [x y]"},
		{"@timestamp:x", "@timestamp eq [x]"},
		{"a:true", "a eq [true]"},
		{`ip:"10.0.0.0/8" OR ip:fe80\:\:\/10`, "(ip cidr_match [10.0.0.0/8] | ip cidr_match [fe80::/10])"},

		// Wildcards.
		{"a:x*", "a starts_with [x]"},
		{"a:*x", "a ends_with [x]"},
		{"a:*x*", "a match [x]"},
		{"a:x?y", "a wildcard [x?y]"},
		{"a:?", "a wildcard [?]"},
		{`a:x\*y*`, "a starts_with [x*y]"},
		{`a:x\?y\\*z`, `a wildcard [x\?y\\*z]`},
		{"x* *y*", "(keyword [x] | keyword [y])"},
		{"x?y", "keyword [x?y]"},
		{"a:**", "a is_not_null"},

		// Regular expressions.
		{"a:/x[0-9]{3}/", "a regex_match [x[0-9]{3}]"},
		{`a:/x\/y (z|w)/ AND b:1`, `(a regex_match [x\/y (z|w)] & b eq [1])`},
		{`a:/x\/`, `a regex_match [x\]`},
		{"a://", "a regex_match []"},
		{"/x.*/", "* regex_match [x.*]"},

		// Ranges and comparisons.
		{"a:[1 TO 5]", "(a gte [1] & a lte [5])"},
		{"a:{1 TO 5}", "(a gt [1] & a lt [5])"},
		{"a:[1 TO 5}", "(a gte [1] & a lt [5])"},
		{"a:{1 TO 5]", "(a gt [1] & a lte [5])"},
		{"a:[1 TO *]", "a gte [1]"},
		{"a:{* TO 5}", "a lt [5]"},
		{"a:[* TO *]", "a is_not_null"},
		{"a:[now-1d/d TO now]", "(a gte [now-1d/d] & a lte [now])"},
		{`a:["x y" TO "\"z\\"]`, `(a gte [x y] & a lte ["z\])`},
		{`a:[x\]y TO z]`, ""},
		{"a:[-5 TO TO]", "(a gte [-5] & a lte [TO])"},
		{"a:[1\tTO\n5]", "(a gte [1] & a lte [5])"},
		{"[a TO b]", "(* gte [a] & * lte [b])"},
		{"NOT a:[1 TO 5]", "!(a gte [1] & a lte [5])"},
		{"a:>5 AND a:>=6", "(a gt [5] & a gte [6])"},
		{"a:<5 AND a:<=-6", "(a lt [5] & a lte [-6])"},
		{`a:\>5`, "a gt [5]"},
		{"a:>", "a eq [>]"},
		{`a:">5"`, "a eq [>5]"},
		{">5", "keyword [>5]"},
		{"a:(>=1 AND <5)", "(a gte [1] & a lt [5])"},
		{"a:(+>=1 +<5)", "(a gte [1] & a lt [5])"},

		// Existence.
		{"_exists_:a.b", "a.b is_not_null"},
		{`_exists_:"a b"`, "a b is_not_null"},
		{"NOT _exists_:a", "a is_null"},
		{"_exists_:(a OR b)", "(a is_not_null | b is_not_null)"},
		{"_exists_:a*", "a* is_not_null"},

		// Groups of a field.
		{"a:(x OR y)", "a eq [x y]"},
		{"a:(x y)", "a eq [x y]"},
		{"a:(x AND y)", "a eq all[x y]"},
		{"a:(x OR y* OR z)", "(a eq [x z] | a starts_with [y])"},
		{"a:(x OR /y/)", "(a eq [x] | a regex_match [y])"},
		{"a:(x OR (y OR z))", "a eq [x y z]"},
		{"a:(x AND NOT (y OR z))", "(a eq [x] & !a eq [y z])"},
		{"a:((x OR y) AND (z OR w))", "(a eq [x y] & a eq [z w])"},
		{"a:(x y -z)", "(a eq [x y] & !a eq [z])"},
		{"a:(x OR b:y OR b:z)", "(a eq [x] | b eq [y] | b eq [z])"},
		{"NOT a:(x OR y)", "!a eq [x y]"},
		{`ip:("10.0.0.0/8" OR 127.0.0.1)`, "(ip cidr_match [10.0.0.0/8] | ip eq [127.0.0.1])"},
		{"x AND y", "(keyword [x] & keyword [y])"},

		// Scores do not matter; edits do, unless there are none.
		{"a:x^2 OR b:y^0.5", "(a eq [x] | b eq [y])"},
		{`(a:x AND b:"y z"^3)^2 OR c:[1 TO 2]^4`, "((a eq [x] & b eq [y z]) | (c gte [1] & c lte [2]))"},
		{"a:x~0", "a eq [x]"},
		{`a:"x y"~0`, "a eq [x y]"},
		{`a:"x y"~z`, "a eq [x y]"},
		{"a:x*~2", "a starts_with [x]"},
		{"a:/x/~2^3", "a regex_match [x]"},
	}
	for _, tt := range tests {
		q, errs := Parse(tt.query)
		where, more := Lower(q)
		if tt.want == "" {
			if len(errs) != 1 {
				t.Errorf("%q: %v, want an error", tt.query, errs)
			}
			continue
		}
		if len(errs)+len(more) > 0 {
			t.Errorf("%q: %v %v", tt.query, errs, more)
			continue
		}
		if got := querytest.Where(where); got != tt.want {
			t.Errorf("%q = %s, want %s", tt.query, got, tt.want)
		}
		checkRoundTrip(t, q)
	}
}

// What is right but has no operator leaves an opaque leaf, or only an error
// where it does not say what matches.
func TestUnsupported(t *testing.T) {
	tests := []struct{ query, code, at, want string }{
		{"a:x~ AND b:1", "unsupported/lucene-fuzzy", "x~", "(opaque[a:x~] & b eq [1])"},
		{"a:(y OR x~1)", "unsupported/lucene-fuzzy", "x~1", "(a eq [y] | opaque[a:x~1])"},
		{"x~2^3", "unsupported/lucene-fuzzy", "x~2^3", "opaque[x~2^3]"},
		{"x^3~AUTO", "unsupported/lucene-fuzzy", "x^3~AUTO", "opaque[x^3~AUTO]"},
		{`a:"x y"~5`, "unsupported/lucene-proximity", `"x y"~5`, `opaque[a:"x y"~5]`},
		{"a:1 AND b:2 OR c:3", "unsupported/lucene-score", "c:3", "(a eq [1] & b eq [2])"},
		{"a:1 OR b:2 AND c:3", "unsupported/lucene-score", "a:1", "(b eq [2] & c eq [3])"},
		{"+a:1 b:(2 3)", "unsupported/lucene-score", "b:(2 3)", "a eq [1]"},
		{"+a:1 b:2 -c:3", "unsupported/lucene-score", "b:2", "(a eq [1] & !c eq [3])"},
	}
	for _, tt := range tests {
		where, errs := Read(tt.query)
		if got := querytest.Where(where); got != tt.want {
			t.Errorf("%q = %s, want %s", tt.query, got, tt.want)
		}
		if len(errs) != 1 || errs[0].Code != tt.code || tt.query[errs[0].Span.Start:errs[0].Span.End] != tt.at {
			t.Errorf("%q: %+v, want %s at %q", tt.query, errs, tt.code, tt.at)
		}
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ query, code, at, msg string }{
		{"a:", "lucene/unexpected-end", "", "expected a field, a value or ("},
		{":x", "lucene/unexpected-token", ":", "expected a field"},
		{"AND a", "lucene/unexpected-token", "AND", "expected a field"},
		{"a AND", "lucene/unexpected-end", "", "expected a field"},
		{"a OR AND b", "lucene/unexpected-token", "AND", "expected a field"},
		{"NOT NOT a", "lucene/unexpected-token", "NOT", "expected a field"},
		{"+-a", "lucene/unexpected-token", "-", "expected a field"},
		{"a -", "lucene/unexpected-end", "", "expected a field"},
		{"a:-5", "lucene/unexpected-token", "-", "expected a field"},
		{"a:b:c", "lucene/unexpected-token", ":", "expected a field"},
		{"a*:x", "lucene/unexpected-token", ":", "expected a field"},
		{`"a":x`, "lucene/unexpected-token", ":", "expected a field"},
		{"()", "lucene/unexpected-token", ")", "expected a field"},
		{"(a", "lucene/unexpected-end", "", "expected a clause or )"},
		{"a)", "lucene/unexpected-token", ")", "expected a clause or the end"},
		{"a]", "lucene/unexpected-token", "]", "expected a field"},
		{"a:[1 TO", "lucene/unexpected-end", "", "expected a value or *"},
		{"a:[1 5]", "lucene/unexpected-token", "5", "expected TO"},
		{"a:[1 TO 5", "lucene/unexpected-end", "", "expected ] or }"},
		{"a:[1 TO 5)", "lucene/unexpected-end", "", "expected ] or }"},
		{"a:[ ]", "lucene/unexpected-token", "]", "expected a value or *"},
		{`a:"x`, "lucene/unclosed-string", `"`, "unclosed string"},
		{`a:"x\"`, "lucene/unclosed-string", `"`, "unclosed string"},
		{"a:/x", "lucene/unclosed-regex", "/", "unclosed regular expression"},
		{"a:usr/bin", "lucene/unclosed-regex", "/", "before this one"},
		{"a^", "lucene/bad-boost", "^", "without a number"},
		{"a^ 2", "lucene/bad-boost", "^", "without a number"},
		{`a:x\`, "lucene/bad-escape", `\`, "unexpected escape"},
		{`a:\u00zz`, "lucene/bad-escape", `\u`, "unexpected escape"},
		{`a:"x\u12"`, "lucene/bad-escape", `\u`, "unexpected escape"},
		{`a:[x\ TO y]`, "lucene/bad-escape", `\`, "unexpected escape"},
		{"a ~2", "", "", ""}, // white space may stand before the tilde
		{"a:\xff", "lucene/invalid-utf8", "\xff", "0xff"},
		{strings.Repeat("(", 10_000), "lucene/too-deep", "(", "500"},
		{strings.Repeat("a:(", 10_000), "lucene/too-deep", "(", "500"},
		{strings.Repeat("x", scan.MaxName+1) + ":(-a -b)", "lucene/long-name", strings.Repeat("x", scan.MaxName+1), "1024"},
		{strings.Repeat("x ", scan.MaxNodes+1), "lucene/too-large", "x", "100000"},
		{strings.Repeat("x", scan.MaxText+1), "lucene/too-long", "", "bytes"},
	}
	for _, tt := range tests {
		q, errs := Parse(tt.query)
		if tt.code == "" {
			if len(errs) > 0 {
				t.Errorf("%q: %v", tt.query, errs)
			}
			continue
		}
		if len(errs) != 1 {
			t.Errorf("%.40q: errors %v, want one", tt.query, errs)
			continue
		}
		e := errs[0]
		if at := tt.query[e.Span.Start:e.Span.End]; e.Code != tt.code || at != tt.at || !strings.Contains(e.Msg, tt.msg) {
			t.Errorf("%.40q: %s at %.20q: %s; want %s at %q: %s", tt.query, e.Code, at, e.Msg, tt.code, tt.at, tt.msg)
		}
		if where, _ := Lower(q); where == nil || where.Op != record.OpOpaque || where.Code != "syntax/lucene" || where.Text != tt.query {
			t.Errorf("%.40q: no opaque leaf of the whole query", tt.query)
		}
	}
}

// TestManyRanges reads in a second what took minutes when every bound looked
// for a quote up to the end of the query.
func TestManyRanges(t *testing.T) {
	start := time.Now()
	if _, errs := Read(strings.Repeat("a:[1 TO 2] ", 90_000)); len(errs) > 0 {
		t.Error(errs[0])
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
}

func TestWire(t *testing.T) {
	tests := []struct{ query, want string }{
		{"a:(x AND y)", `{"field":"a","op":"eq","values":["x","y"],"all":true,"as":":"}`},
		{"a:*", `{"field":"a","op":"is_not_null","as":":"}`},
		{"_exists_:a", `{"field":"a","op":"is_not_null","as":"_exists_"}`},
		{"a:>=1", `{"field":"a","op":"gte","values":["1"],"as":":>="}`},
		{"a:[1 TO 5}", `{"and":[{"field":"a","op":"gte","values":["1"],"as":"["},{"field":"a","op":"lt","values":["5"],"as":"}"}]}`},
		{"x", `{"op":"keyword","values":["x"]}`},
		{"a:x~1", `{"op":"opaque","text":"a:x~1","code":"unsupported/lucene-fuzzy"}`},
	}
	for _, tt := range tests {
		where, _ := Read(tt.query)
		if got := querytest.JSON(t, where); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.query, got, tt.want)
		}
	}
}

func TestSpans(t *testing.T) {
	const query = ` a:(x* OR "y z"~2) AND NOT b : [1 TO 2}^3 `
	q, errs := Parse(query)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var got []string
	var walk func(g Group)
	walk = func(g Group) {
		for _, c := range g.Clauses {
			got = append(got, query[c.At.Start:c.At.End], query[c.Arg.Span().Start:c.Arg.Span().End])
			if inner, ok := c.Arg.(Group); ok {
				walk(inner)
			}
		}
	}
	walk(*q.Where)
	want := []string{
		`a:(x* OR "y z"~2)`, `(x* OR "y z"~2)`, `x*`, `x*`, `"y z"~2`, `"y z"~2`,
		`NOT b : [1 TO 2}^3`, `[1 TO 2}^3`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("spans:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// checkRoundTrip prints the query, reads it again and compares.
func checkRoundTrip(t *testing.T, q Query) {
	t.Helper()
	printed := q.String()
	again, errs := Parse(printed)
	first, _ := Lower(q)
	second, _ := Lower(again)
	if len(errs) > 0 || again.String() != printed || shape(second) != shape(first) {
		t.Errorf("%q prints as %q, which reads as %q (%v)", q.Text, printed, again.String(), errs)
	}
}

// shape is the tree without the text of opaque leaves, which is the source's.
func shape(x *record.Expr) string {
	s := querytest.Where(x)
	if scan.HasOpaque(x) {
		return "opaque"
	}
	return s
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`a:1 AND NOT (b:"x y"~2 OR c:*x?^2) +d:/r\/e/ -e:[1 TO "z\""}`, `\AND && \&& \u0041\u00zz`, "((((", "NOT NOT", "a:(b:(c", "+ - !a",
		"a~2^3 b^3~2", "_exists_:f", "* *:* **:", "[* TO *]", "{TO TO TO]", `/a\/ b/ \/`, "a:>5 >=", "\xff\x00", "x\u3000y", `["a"b TO ""]`, "^2", "~",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, errs := Parse(text)
		where, more := Lower(q)
		if where == nil && len(errs) > 0 {
			t.Fatal("no tree: lowering must be total")
		}
		if scan.HasOpaque(where) && len(errs)+len(more) == 0 {
			t.Error("an opaque leaf without an error")
		}
		querytest.Inside(t, append(errs, more...), text)
		if len(errs) == 0 {
			checkRoundTrip(t, q)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	query := `event.category:process AND host.os.type:windows AND process.name:("net.exe" OR net1.exe OR psexec* OR *shell.exe) AND
  process.args:(C\:\\Users\\*\\AppData\\* OR "/domain" OR /s[0-9]{2}/) AND NOT user.id:("S-1-5-18" OR S\-1\-5\-19) AND
  NOT source.ip:("10.0.0.0/8" OR 127.0.0.1 OR "::1") AND @timestamp:[now-30d TO now} AND _exists_:a.b AND c:>=5`
	b.SetBytes(int64(len(query)))
	b.ReportAllocs()
	for b.Loop() {
		if _, errs := Read(query); len(errs) > 0 {
			b.Fatal(errs)
		}
	}
}
