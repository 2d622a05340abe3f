package eql

import (
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/query/querytest"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// mistakes are queries that Elasticsearch refuses: the code, place and part
// of the message of their first error.
var mistakes = []struct{ query, code, at, msg string }{
	{``, "eql/unexpected-end", "", "expected an event category"},
	{"  \n", "eql/unexpected-end", "", "unexpected end of query"},
	{`// only`, "eql/unexpected-end", "", "unexpected end of query"},
	{`process`, "eql/unexpected-end", "", "expected where"},
	{`process where`, "eql/unexpected-end", "", "expected a field"},
	{`where a == 1`, "eql/unexpected-token", "where", "expected an event category"},
	{"`my cat` where a", "eql/unexpected-token", "`my cat`", "expected an event category"},
	{`"" where a`, "eql/unexpected-token", `""`, "expected an event category"},
	{`a == 1`, "eql/unexpected-token", "==", "expected where"},
	{`process WHERE a == 1`, "eql/unexpected-token", "WHERE", "keywords are lower case"},
	{`process where a == 1 AND b == 2`, "eql/unexpected-token", "AND", "keywords are lower case"},
	{`process where a IN ("x")`, "eql/unexpected-token", "IN", "keywords are lower case"},
	{`process where a == 1 && b == 2`, "eql/character", "&&", "expected and"},
	{`process where a = 1`, "eql/unexpected-token", "=", "equality is =="},
	{`process where a == 1 and`, "eql/unexpected-end", "", "expected a field"},
	{`process where and a`, "eql/unexpected-token", "and", "expected a field"},
	{`process where (a == 1`, "eql/unexpected-end", "", "expected and, or or )"},
	{`process where a == 1)`, "eql/unexpected-token", ")", "expected and, or, | or the end"},
	{`process where ()`, "eql/unexpected-token", ")", "expected a field"},
	{`process where a == 1 b == 2`, "eql/unexpected-token", "b", "expected and, or, | or the end"},
	{`process where a == 1;`, "eql/character", ";", "unexpected"},
	{"process where a\u00a0== 1", "eql/character", "\u00a0", `\u00a0`},
	{`process where a > 1 > 2`, "eql/unexpected-token", ">", "cannot be chained"},
	{`process where a == b == c`, "eql/unexpected-token", "==", "cannot be chained"},
	{`process where a == not b`, "eql/unexpected-token", "not", "expected a field"},
	{`process where a not : "x"`, "eql/unexpected-token", ":", "negated before the field"},
	{`process where a not like "x"`, "eql/unexpected-token", "like", "negated before the field"},
	{`process where a !: "x"`, "eql/character", "!", "expected not"},
	{`process where a : b`, "eql/unexpected-token", "b", "expected a string"},
	{`process where a : ()`, "eql/unexpected-token", ")", "expected a string"},
	{`process where a : ("x",)`, "eql/unexpected-token", ")", "expected a string"},
	{`process where a like`, "eql/unexpected-end", "", "expected a string"},
	{`process where a in ()`, "eql/unexpected-token", ")", "expected a field"},
	{`process where a in "x"`, "eql/unexpected-token", `"x"`, "expected a list"},
	{`process where a in ("x",)`, "eql/unexpected-token", ")", "expected a field"},
	{`process where a in ("x" "y")`, "eql/unexpected-token", `"y"`, "expected , or )"},
	{`process where length(a`, "eql/unexpected-end", "", "expected , or )"},
	{`process where a.b(c)`, "eql/unexpected-token", "(", "expected and"},
	{`process where a:length() > 1`, "eql/unexpected-token", "length", "expected a string"},
	{`process where fn~ == 1`, "eql/unexpected-token", "fn~", "expected a field"},
	{`process where by == 1`, "eql/unexpected-token", "by", "backquotes"},
	{`process where a.like == 1`, "eql/unexpected-token", "like", "backquotes"},
	{`process where a. == 1`, "eql/unexpected-token", "==", "expected a field name"},
	{`process where a.6b == 1`, "eql/unexpected-token", ".6", "expected and"},
	{`process where 6a == 1`, "eql/unexpected-token", "a", "expected and"},
	{`process where a[x] == 1`, "eql/unexpected-token", "[", "expected and"},
	{`process where $ == 1`, "eql/character", "$", "unexpected"},
	{`process where sibling of [file where a]`, "eql/unexpected-token", "sibling", "expected child, descendant or event"},

	{`process where a == "x`, "eql/unclosed-string", `"x`, "not closed"},
	{"process where a == \"x\ny\"", "eql/unclosed-string", `"x`, "not closed"},
	{`process where a == """x`, "eql/unclosed-string", `"""x`, `expected """`},
	{"process where a == \"\"\"x\ny\"\"\"", "eql/unclosed-string", `"""x`, `expected """`},
	{`process where a == "C:\Windows"`, "eql/escape", `\W`, `a backslash is written \\`},
	{`process where a == "\u0041"`, "eql/escape", `\u`, "unexpected escape"},
	{`process where a == "\u{4}"`, "eql/escape", `\u{4}`, "unexpected escape"},
	{`process where a == "\u{110000}"`, "eql/escape", `\u{110000}`, "unexpected escape"},
	{`process where a == "\u{D800}"`, "eql/escape", `\u{D800}`, "unexpected escape"},
	{`process where a == "\u{000000041}"`, "eql/escape", `\u{000000041}`, "unexpected escape"},
	{`process where a == "x\`, "eql/unclosed-string", `"x\`, "not closed"},
	{`process where a == 'x'`, "eql/old-string", `'x'`, "double quotes"},
	{`process where a == ?"x\y"`, "eql/old-string", `?"x\y"`, "double quotes"},
	{`process where a == ?'x`, "eql/old-string", `?'x`, "double quotes"},
	{"process where `a == 1", "eql/unclosed-name", "`a == 1", "not closed"},
	{"process where `` == 1", "eql/empty-name", "``", "empty"},
	{`process where a == 1 /* x`, "eql/unclosed-comment", `/* x`, "expected */"},

	{`sequence`, "eql/unexpected-end", "", "expected by, with maxspan or ["},
	{`sequence by u`, "eql/unexpected-end", "", "expected by, with maxspan or ["},
	{`sequence by u by v [a where b]`, "eql/unexpected-token", "by", "expected by, with maxspan or ["},
	{`sequence with maxspan=10 [a where b]`, "eql/maxspan", "10", "no unit"},
	{`sequence with maxspan=1w [a where b]`, "eql/maxspan", "1w", `unit "w"`},
	{`sequence with maxspan=1.5h [a where b]`, "eql/maxspan", "1.5h", "whole number"},
	{`sequence with maxspan=0s [a where b]`, "eql/maxspan", "0s", "whole number"},
	{`sequence with maxspan=x [a where b]`, "eql/unexpected-token", "x", "expected a time span"},
	{`sequence with runs=2 [a where b]`, "eql/unexpected-token", "runs", "expected maxspan"},
	{`sample by u with maxspan=1m [a where b] [c where d]`, "eql/unexpected-token", "with", "expected by"},
	{`sample [a where b] [c where d] until [e where f]`, "eql/unexpected-token", "until", "expected [, | or the end"},
	{`sequence [a where b] until`, "eql/unexpected-end", "", "expected [ after until"},
	{`sequence [a where b] until [c where d] [e where f]`, "eql/unexpected-token", "[", "expected [, | or the end"},
	{`sequence [a where b] with runs=0`, "eql/runs", "0", "whole number"},
	{`sequence [a where b] with runs=1.5`, "eql/runs", "1.5", "whole number"},
	{`sequence [a where b] with runs=x`, "eql/unexpected-token", "x", "number of runs"},
	{`sequence [a where b] with runs=3 by c [d where e]`, "eql/unexpected-token", "by", "expected [, until"},
	{`sequence [a where b] fork [c where d]`, "eql/unexpected-token", "fork", "expected [, until"},
	{`sequence [a where b] ! [c where d]`, "eql/character", "!", "unexpected"},
	{`sequence [a where b] by k [c where d]`, "eql/join-keys", "[c where d]", "0 keys"},
	{`sequence [a where b] by k [c where d] by l until [e where f]`, "eql/join-keys", "until [e where f]", "0 keys"},
	{`sequence [a where b] ![c where d]`, "eql/missing-event", "![c where d]", "needs a maxspan"},
	{`sample by u [a where b] ![c where d]`, "eql/missing-event", "![", "only stand in a sequence"},
	{`process where a | 5`, "eql/unexpected-token", "5", "expected head"},
	{`process where a | head 5 6`, "eql/unexpected-token", "6", "expected , | or the end"},
	{`process where a |`, "eql/unexpected-end", "", "expected head"},
	{`process where _arraysearch(f, $v, $w.x == 1)`, "unsupported/eql-endpoint-dialect", "$v", "Elastic Endpoint"},

	{"process where a == \"\x00\"", "eql/encoding", "\x00", "0x00"},
	{"process where a == \"\xff\"", "eql/encoding", "\xff", "0xff"},
	{"any where " + strings.Repeat("(", 10_000) + "a" + strings.Repeat(")", 10_000), "eql/too-deep", "(", "500"},
	{"any where " + strings.Repeat("not ", 10_000) + "a", "eql/too-deep", "not", "500"},
	{"any where " + strings.Repeat("-", 10_000) + "a == 1", "eql/too-deep", "-", "500"},
	{"any where " + strings.Repeat("f(", 10_000) + "a == 1", "eql/too-deep", "f", "500"},
	{"any where a" + strings.Repeat("+1", 10_000) + " == 1", "eql/too-large", "+", "5000"},
	{"any where a" + strings.Repeat(".b", 300_000), "eql/long-name", "a" + strings.Repeat(".b", 512), "1024"},
	{"any where a == \"" + strings.Repeat("x", scan.MaxText) + `"`, "eql/too-long", "", "1048576"},
}

func TestErrors(t *testing.T) {
	for _, tt := range mistakes {
		r, errs := Read(tt.query)
		if len(errs) == 0 {
			t.Errorf("%.60q has no error, want %s", tt.query, tt.code)
			continue
		}
		e := errs[0]
		at := tt.query[e.Span.Start:e.Span.End]
		if e.Code != tt.code || at != tt.at && !strings.HasPrefix(at, tt.at+"\x00") || !strings.Contains(e.Msg, tt.msg) {
			t.Errorf("%.60q: %s at %q: %s; want %s at %q: %s", tt.query, e.Code, at, e.Msg, tt.code, tt.at, tt.msg)
		}
		if len(r.Parts) == 0 {
			t.Errorf("%.60q has no part", tt.query)
		}
	}
}

// What cannot be read is an opaque leaf, and costs no more than it must.
func TestRecovery(t *testing.T) {
	tests := []struct{ query, want string }{
		{` process where a = 1 `, `match process opaque[process where a = 1]`},
		{`bogus`, `match bogus opaque[bogus]`},
		{`sequence by u [a where b] [c wher d] [e where f]`, `sequence a b eq(true) by u ; c opaque[[c wher d]] by u ; e f eq(true) by u`},
		{`sequence [a wher b] [c wher d]`, `sequence a opaque[[a wher b]] ; c opaque[[c wher d]]`},
		{`sequence [a where b == ] by k [c where d] by l`, `sequence a opaque[[a where b == ] by k] ; c d eq(true) by l`},
		{`sequence [a where b == "x] [c where d]` + "\n" + `[e where f]`, `sequence a opaque[[a where b == "x] [c where d]] ; e f eq(true)`},
		{`sequence [a where b and [c where d] until [e where f] | head 1`, `sequence a opaque[[a where b and] ; c d eq(true) until e f eq(true) | head 1`},
		{`sequence [a where x and descendant of [p where ] ] [c where d]`, `sequence a opaque[[a where x and descendant of [p where ] ]] ; c d eq(true)`},
		{`sequence by and [a where b] [c where d]`, `sequence a b eq(true) ; c d eq(true)`},
		{`sequence with maxspan=1w [a where b] [c where d]`, `sequence a b eq(true) ; c d eq(true) maxspan 1w`},
		{`sequence [a where b] fork=true [c where d]`, `sequence a opaque[[a where b] fork=true] ; c d eq(true)`},
		{`process where a | = | head 1`, `match process a eq(true) | = | head 1`},
		{`process where a == "` + "\xff" + `"`, "match process a eq(\ufffd)C"},
	}
	for _, tt := range tests {
		r, errs := Read(tt.query)
		if len(errs) == 0 {
			t.Errorf("%s has no error", tt.query)
		}
		if got := showRule(r); got != tt.want {
			t.Errorf("%s\n is %s\nnot %s", tt.query, got, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range conditions {
		f.Add("any where " + tt.cond)
	}
	for _, tt := range queries {
		f.Add(tt.query)
	}
	for _, tt := range unsupported {
		f.Add(tt.query)
	}
	for _, tt := range mistakes {
		if len(tt.query) < 200 {
			f.Add(tt.query)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, errs := Parse(text)
		r, more := Lower(q)
		if len(r.Parts) == 0 || len(r.Parts) != len(q.Items) {
			t.Fatal("no parts: lowering must be total")
		}
		querytest.Inside(t, append(errs, more...), text)
		opaque := false
		for _, p := range r.Parts {
			opaque = opaque || scan.HasOpaque(p.Where)
		}
		if opaque && len(errs)+len(more) == 0 {
			t.Error("an opaque leaf without an error")
		}
		checkRoundTrip(t, text)
	})
}

func BenchmarkRead(b *testing.B) {
	var q strings.Builder
	q.WriteString("sequence by host.id, process.entity_id with maxspan=5m\n")
	for range 4 {
		q.WriteString(`[process where host.os.type == "windows" and event.type == "start" and
  /* scripts */ process.name : ("wscript.exe", "cscript.exe", "ms?ta*.exe", "*shell*") and
  not (process.parent.executable : ("?:\\Program Files\\*", "?:\\Windows\\*\\x.exe") and ?process.args_count >= 2) and
  not cidrmatch(destination.ip, "10.0.0.0/8", "127.0.0.0/8") and length(process.command_line) > 200] by user.id` + "\n")
	}
	text := q.String()
	if r, errs := Read(text); len(errs) > 0 || len(r.Parts) != 4 || r.Kind != record.KindSequence {
		b.Fatal(errs)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Read(text)
	}
}
