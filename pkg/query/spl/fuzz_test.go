package spl

import (
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/query/querytest"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

func seeds(f *testing.F) {
	for _, s := range []string{
		"`a` x=1 OR NOT (y IN (1,\"b*\") z!=\"c\\\"\") | where like(a,\"%x\") AND count>3*avg",
		"| tstats `s` count from datamodel=A.B where B.c=1 [search d=2 | fields e] by B.f _time span=1h | `drop_dm_object_name(\"B\")` | search f=*x*",
		"a=1 | eval f=case(match(b,\"x\"),1,1=1,0), 'g h'=f.\"x\" | join type=outer x [search y=1 | stats count by x] | where f=1 AND isnull(z)",
		"```c \"```a=\"x | y\" | rex field=b \"(?<c>.)\" | map search=\"search `a` $c$=\\\"d\\\"\" | lookup l a as b OUTPUT c",
		"a=\"b | where c=\"d | [ ] ) ( \\", "`a(`b`,\"c)`\")` | | |", "TERM(a b) CASE(\"x\") f=TERM() ::x a::b", "\xff`\x00`", "| where -a - -1 . .5 <<F>> XOR NOT IN ()",
		"| multisearch [search a] [b] | foreach * [eval <<FIELD>>=1] | rename *.a as b.*,\"c d\" AS e | stats values(*) as * by x",
	} {
		f.Add(s)
	}
}

func FuzzRead(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		r, errs := Read(text, testMacros())
		querytest.Inside(t, errs, text)
		if len(r.Parts) == 0 {
			t.Error("no part: lowering must be total")
		}
		opaque := false
		for _, p := range r.Parts {
			opaque = opaque || scan.HasOpaque(p.Where) || scan.HasOpaque(p.Having)
			checkTree(t, p.Where)
			checkTree(t, p.Having)
		}
		if opaque && len(errs) == 0 {
			t.Error("an opaque leaf without an error")
		}
		checkRoundTrip(t, text)
	})
}

// checkTree checks that a tree has the form that the records promise.
func checkTree(t *testing.T, x *record.Expr) {
	t.Helper()
	switch {
	case x == nil:
	case x.Not != nil:
		if x.Not.Not != nil || x.Not.Op == record.OpIsNull || x.Not.Op == record.OpIsNotNull {
			t.Errorf("%s could be said without not", querytest.Show(*x))
		}
		checkTree(t, x.Not)
	case x.And != nil || x.Or != nil:
		for _, c := range append(x.And, x.Or...) {
			if len(x.And)+len(x.Or) == 1 || len(x.And) > 0 && c.And != nil || len(x.Or) > 0 && c.Or != nil {
				t.Errorf("%s is not flat", querytest.Show(*x))
			}
			checkTree(t, &c)
		}
	default:
		checkLeaf(t, *x)
	}
}

func checkLeaf(t *testing.T, x record.Expr) {
	t.Helper()
	compares := 0 // with what
	for _, is := range []bool{len(x.Values) > 0, x.Ref != ""} {
		if is {
			compares++
		}
	}
	ok := false
	switch x.Op {
	case record.OpOpaque:
		ok = x.Code != "" && compares == 0
	case record.OpIsNull, record.OpIsNotNull:
		ok = compares == 0
	case record.OpNe:
		ok = compares == 1 && len(x.Values) <= 1
	case record.OpKeyword:
		ok = compares == 1 && x.Field == ""
	case record.OpEq, record.OpMatch, record.OpStartsWith, record.OpEndsWith, record.OpWildcard, record.OpRegexMatch, record.OpCIDRMatch,
		record.OpGt, record.OpGte, record.OpLt, record.OpLte:
		ok = compares == 1 && x.Field == "" != (x.Expr == "")
	}
	if !ok {
		t.Errorf("%+v is no leaf", x)
	}
}

func FuzzExpand(f *testing.F) {
	for _, s := range []string{"`a` `b(x)` \"`c`\" ```d```", "$x$ `b(\"`a`\")`", "`loop` `ping`", "``` `", "`pair(a,b)` `b(1,2,(3,4))`"} {
		f.Add(s, "x=$x$ `a`")
	}
	f.Fuzz(func(t *testing.T, text, definition string) {
		m := testMacros()
		m.Add(Macro{Name: "a", Definition: definition}, Macro{Name: "b", Args: []string{"x"}, Definition: definition})
		expanded, places, errs := Expand(text, m)
		querytest.Inside(t, errs, text)
		if len(expanded) > scan.MaxText+len(text) {
			t.Fatalf("%d bytes became %d", len(text), len(expanded))
		}
		for i := range expanded {
			at := places.Span(span.Span{Start: i, End: i + 1})
			if at.Start < 0 || at.Start > at.End || at.End > len(text) {
				t.Fatalf("byte %d of %q stands at %v of %q", i, expanded, at, text)
			}
			if places.Macro(i) == "" && expanded[i] != ' ' && text[at.Start] != expanded[i] {
				t.Fatalf("byte %d of %q stands at %v of %q, which is another", i, expanded, at, text)
			}
			if i > 500 {
				break
			}
		}
		if !strings.ContainsAny(text, "`") && expanded != text {
			t.Errorf("%q without macros became %q", text, expanded)
		}
	})
}

func FuzzSplit(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		o := outlineOf(text)
		last := 0
		for _, c := range split(text, o, 0, len(text)) {
			if c.from < last || c.from > c.to || c.to > len(text) {
				t.Fatalf("stage %v behind %d", c, last)
			}
			if between := strings.Trim(text[last:c.from], blanks); between != "" && between != "|" {
				t.Fatalf("%q is in no stage", between)
			}
			last = c.to
		}
		if rest := strings.Trim(text[last:], blanks); rest != "" {
			t.Fatalf("%q is in no stage", rest)
		}
	})
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"a=1 OR NOT (b IN (c,\"d*\") e!=f) g", "TERM(x) \"y z\" a::b f=(1 OR 2)", "a=\"\"*b*\"\" c=*d()* e>=now()", "NOT NOT () , AND", "[search a] `b`"} {
		f.Add(s)
	}
	f.Add(strings.Repeat("NOT ", 450) + "a")
	f.Fuzz(func(t *testing.T, text string) {
		x, errs := parseSearch(text)
		querytest.Inside(t, errs, text)
		if x == nil || len(errs) > 0 {
			return
		}
		printed := x.String()
		again, errs := parseSearch(printed)
		if !querytest.Bounded(errs) && (len(errs) > 0 || again == nil || again.String() != printed) {
			t.Errorf("%q prints as %q, which reads as %v (%v)", text, printed, again, errs)
		}
	})
}

func parseSearch(text string) (x Node, errs span.Errors) {
	p := parser{text: text, lines: outlineOf(text), to: len(text)}
	defer func() { errs = p.errs }()
	defer p.rescue(func() { x = nil })
	return p.condition(), nil
}

func FuzzExpr(f *testing.F) {
	for _, s := range []string{"a=1 OR NOT b IN (\"c\",d) AND like(e,\"%f\") XOR g", "-a+.5*'b c'.\"x\" >= 0x1f", "a.b{}.c LIKE \"x\" NOT IN ()", "<<FIELD>>x != `m`", "- -1 - 1e-5"} {
		f.Add(s)
	}
	f.Add(strings.Repeat("-", 450) + "a")
	f.Add(strings.Repeat("a-", 450) + "a")
	f.Fuzz(func(t *testing.T, text string) {
		x, errs := ParseExpr(text)
		querytest.Inside(t, errs, text)
		if x == nil || len(errs) > 0 {
			return
		}
		printed := x.String()
		again, errs := ParseExpr(printed)
		if !querytest.Bounded(errs) && (len(errs) > 0 || again.String() != printed) {
			t.Errorf("%q prints as %q, which reads as %v (%v)", text, printed, again, errs)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	search := "| tstats `security_content_summariesonly` count min(_time) as firstTime max(_time) as lastTime from datamodel=Endpoint.Processes where " +
		"(Processes.process_name IN (\"rundll32.exe\", net1.exe) OR Processes.original_file_name=*.EXE) AND Processes.process=\"*\\\\Temp\\\\*\" " +
		"NOT (Processes.parent_process_name=explorer.exe Processes.user!=SYSTEM) by Processes.dest Processes.user Processes.process " +
		"| `drop_dm_object_name(Processes)` | `security_content_ctime(firstTime)` | eval f=if(match(process,\"(?i)x\"),1,0) | where f=1 AND count>3 | `x_filter`"
	m := testMacros()
	b.SetBytes(int64(len(search)))
	b.ReportAllocs()
	for b.Loop() {
		if _, errs := Read(search, m); len(errs) > 0 {
			b.Fatal(errs)
		}
	}
}
