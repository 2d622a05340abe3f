package aggregate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// smbRule makes a Sigma rule of T1021.002 from predicates written as
// "role field op value"; "cased" before the role says that.
func smbRule(id string, predicates ...string) record.Digest {
	r := record.Digest{
		Vendor: "sigma", ID: id, Title: "title of " + id, Path: id + ".yml", Status: "test", Coverage: "full",
		Attack: []record.Attack{{ID: "T1021.002", Name: "SMB/Windows Admin Shares", Tactics: []string{"TA0008"}}},
	}
	for _, text := range predicates {
		text, cased := strings.CutPrefix(text, "cased ")
		word := append(strings.SplitN(text, " ", 4), "")
		r.Predicates = append(r.Predicates, record.DigestPredicate{Role: word[0], Field: word[1], Op: word[2], Value: word[3], Cased: cased})
	}
	return r
}

// with changes a rule.
func with(r record.Digest, change func(r *record.Digest)) record.Digest {
	change(&r)
	return r
}

// tagged gives a rule other techniques.
func tagged(r record.Digest, ids ...string) record.Digest {
	r.Attack = nil
	for _, id := range ids {
		r.Attack = append(r.Attack, record.Attack{ID: id})
	}
	return r
}

// view is the technique view of the rules.
func view(opts Options, rules ...record.Digest) []record.Technique {
	return pages(added(New(opts), rules))
}

// written is the technique view as it is written.
func written(x *Index) []byte {
	var out []byte
	_, err := x.WriteTechniques(func(piece []byte) error { out = append(out, piece...); return nil })
	if err != nil {
		panic(err)
	}
	return out
}

// pages is the technique view read back.
func pages(x *Index) []record.Technique {
	var list []record.Technique
	for line := range bytes.Lines(written(x)) {
		var page record.Technique
		if err := record.Decode(line, &page); err != nil {
			panic(err)
		}
		list = append(list, page)
	}
	return list
}

// smb is the page of T1021.002 alone.
func smb(t *testing.T, opts Options, rules ...record.Digest) record.Technique {
	t.Helper()
	for _, page := range view(opts, rules...) {
		if page.ID == "T1021.002" {
			return page
		}
	}
	t.Fatal("no page of T1021.002")
	return record.Technique{}
}

// show writes the rows of a table one per line: key, rules, reach, rule ids.
func show(rows []record.ValueRow) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%s %s %s", r.Field, r.Op, r.Value)
		if r.Flags != "" {
			fmt.Fprintf(&b, " /%s", r.Flags)
		}
		if r.Cased {
			b.WriteString(" cased")
		}
		fmt.Fprintf(&b, " %d/%d %v\n", r.Rules, r.Reach, r.RuleIDs)
	}
	return b.String()
}

// showFields writes the rows of the fields: name, rules, reach, operators, samples.
func showFields(rows []record.FieldRow) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%s %d/%d", r.Field, r.Rules, r.Reach)
		for _, op := range r.Ops {
			fmt.Fprintf(&b, " %s=%d", op.Op, op.Rules)
		}
		fmt.Fprintf(&b, " %q %v\n", r.Samples, r.RuleIDs)
	}
	return b.String()
}

// same compares text, in which lines may be indented.
func same(t *testing.T, what, want, got string) {
	t.Helper()
	want = strings.ReplaceAll(strings.TrimLeft(want, "\n"), "\t", "")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestRolesAndTables(t *testing.T) {
	rules := []record.Digest{
		smbRule("r1",
			`indicator Image ends_with \net.exe`, `indicator Image ends_with \net.exe`, `indicator User ne SYSTEM`,
			`indicator Port gt 1024`, `indicator Parent is_null`, `indicator keyword keyword x`),
		smbRule("r2",
			`exclusion Image ends_with \net.exe`, `branch_exclusion Image eq other`, `exclusion Parent is_not_null`,
			`selector EventID eq 4624`, `threshold count gte 5`, `opaque X eq y`, `somebody's X eq y`),
		tagged(smbRule("r3", `indicator Image ends_with \net.exe`), "T1059"),
	}
	page := smb(t, Options{}, rules...)
	same(t, "indicators", `
		Image ends_with \net.exe 1/2 [r1]
		Port gt 1024 1/1 [r1]
		User ne SYSTEM 1/1 [r1]
		keyword keyword x 1/1 [r1]
		`, show(page.Indicators))
	same(t, "exclusions", "Image ends_with \\net.exe 1/1 [r2]\n", show(page.Exclusions))
	same(t, "thresholds", "", show(page.Thresholds))
	same(t, "fields", `
		Image 2/3 ends_with=2 eq=1 ["\\net.exe"] [r1 r2]
		Parent 2/2 is_not_null=1 is_null=1 [] [r1 r2]
		Port 1/1 gt=1 ["1024"] [r1]
		User 1/1 ne=1 ["SYSTEM"] [r1]
		keyword 1/1 keyword=1 ["x"] [r1]
		`, showFields(page.Fields))

	page = smb(t, Options{FoldNe: true, Selectors: true, Thresholds: true}, rules...)
	same(t, "indicators with selectors, without ne", `
		EventID eq 4624 1/1 [r2]
		Image ends_with \net.exe 1/2 [r1]
		Port gt 1024 1/1 [r1]
		keyword keyword x 1/1 [r1]
		`, show(page.Indicators))
	same(t, "exclusions with ne", "Image ends_with \\net.exe 1/1 [r2]\nUser eq SYSTEM 1/1 [r1]\n", show(page.Exclusions))
	same(t, "thresholds", "count gte 5 1/1 [r2]\n", show(page.Thresholds))
	if i := slices.IndexFunc(page.Fields, func(f record.FieldRow) bool { return f.Field == "count" }); i >= 0 {
		t.Error("the computed field of a threshold stands among the fields")
	}
}

func TestComparedWithSomethingElse(t *testing.T) {
	r := smbRule("r1", `indicator User eq`, `indicator File eq x`, `indicator  gt 5`, `threshold n gt 5`)
	r.Predicates[0].Ref = "ParentUser"
	r.Predicates[1].Expr = "lower(File)"
	r.Predicates[2].Expr, r.Predicates[2].Fields = "length(File) + Size", []string{"File", "Size"}
	r.Predicates[3].Expr, r.Predicates[3].Fields = "sum(Bytes)", []string{"Bytes"}
	page := smb(t, Options{}, r)
	same(t, "indicators", "", show(page.Indicators))
	same(t, "fields", `File 1/1 eq=1 gt=1 [] [r1]
		ParentUser 1/1 eq=1 [] [r1]
		Size 1/1 gt=1 [] [r1]
		User 1/1 eq=1 [] [r1]
		`, showFields(page.Fields))
}

func TestSpellingAndCase(t *testing.T) {
	rules := []record.Digest{
		smbRule("r1", `cased indicator Image eq NET.EXE`, `indicator image eq net.exe`, `cased indicator CommandLine match \W`, `indicator CommandLine regex_match \W`),
		smbRule("r2", `cased indicator Image eq net.exe`, `cased indicator CommandLine match \w`, `indicator CommandLine regex_match \w`),
		smbRule("r3", `indicator Note eq ÄRGER`, `indicator CommandLine regex_match \W`, `indicator CommandLine regex_match \w`),
		tagged(smbRule("o1", `indicator Image eq net.exe`, `indicator Note eq ärger`), "T1059"),
		tagged(smbRule("o2", `indicator Image eq NET.EXE`, `indicator Image eq NET.EXE`, `indicator Note eq ärger`), "T1059"),
	}
	rules[2].Predicates[2].Flags = "i"
	page := smb(t, Options{}, rules...)
	// NET.EXE and net.exe have two rules each: byte order decides. A row is cased
	// by the rules of the page alone. A field in another case is another field.
	same(t, "indicators", `
		CommandLine match \W cased 2/2 [r1 r2]
		CommandLine regex_match \W 2/2 [r1 r3]
		Image eq NET.EXE cased 2/4 [r1 r2]
		CommandLine regex_match \w 1/1 [r2]
		CommandLine regex_match \w /i 1/1 [r3]
		Note eq ärger 1/3 [r3]
		image eq net.exe 1/1 [r1]
		`, show(page.Indicators))

	rules[1].Predicates = append(rules[1].Predicates, record.DigestPredicate{Role: "indicator", Field: "Image", Op: "eq", Value: "Net.Exe"})
	page = smb(t, Options{}, rules...)
	if row := page.Indicators[2]; row.Cased || row.Rules != 2 {
		t.Errorf("a row that one rule has with and without case: %+v, want 2 rules and not cased", row)
	}
}

func TestCountsRecordsNotIDs(t *testing.T) {
	anonymous := func(r *record.Digest) { r.ID, r.Doc = "", 2 }
	page := smb(t, Options{},
		smbRule("twin", `indicator F eq v`), smbRule("twin", `indicator F eq v`),
		with(smbRule("nameless", `indicator F eq v`), anonymous))
	same(t, "indicators", "F eq v 3/3 [nameless.yml#2 twin twin]\n", show(page.Indicators))
	if page.Rules != 3 || len(page.RuleList) != 3 {
		t.Errorf("%d rules, %d in the list, want 3", page.Rules, len(page.RuleList))
	}
}

func TestOrders(t *testing.T) {
	event := func(provider, id string) record.DigestEvent {
		return record.DigestEvent{Provider: provider, ID: id, Title: provider}
	}
	elastic := with(smbRule("e", `indicator B eq 2`, `indicator B eq 1`, `indicator B match 1`, `indicator A eq 9`), func(r *record.Digest) {
		r.Vendor, r.Title = "elastic", "z"
		r.Events = []record.DigestEvent{event("aws.cloudtrail", "b"), event("aws.cloudtrail", "a"), event("PowerShell", "4104"), event("Sysmon", "11")}
	})
	sigma := with(smbRule("s2", `indicator B eq 2`), func(r *record.Digest) {
		r.Title = "b"
		r.Events = []record.DigestEvent{event("Sysmon", "11"), event("Sysmon", "11"), event("Sysmon", "1"), event("Security-Auditing", "4624"), event("Sysmon", "2")}
	})
	first := with(smbRule("s1"), func(r *record.Digest) { r.Title = "a" })
	page := smb(t, Options{}, sigma, elastic, first)
	same(t, "indicators", "B eq 2 2/2 [e s2]\nA eq 9 1/1 [e]\nB eq 1 1/1 [e]\nB match 1 1/1 [e]\n", show(page.Indicators))
	same(t, "fields", "B 2/2 eq=2 match=1 [\"2\" \"1\"] [e s2]\nA 1/1 eq=1 [\"9\"] [e]\n", showFields(page.Fields))
	var events, list []string
	for _, e := range page.Events {
		events = append(events, fmt.Sprintf("%s %s %d %v %v", e.Provider, e.ID, e.Rules, e.Vendors, e.RuleIDs))
	}
	for _, r := range page.RuleList {
		list = append(list, r.Vendor+" "+r.Title+" "+r.ID)
	}
	wantEvents := []string{
		"Sysmon 1 1 [{sigma 1}] [s2]", "Sysmon 2 1 [{sigma 1}] [s2]", "Sysmon 11 2 [{elastic 1} {sigma 1}] [e s2]",
		"Security-Auditing 4624 1 [{sigma 1}] [s2]", "PowerShell 4104 1 [{elastic 1}] [e]",
		"aws.cloudtrail a 1 [{elastic 1}] [e]", "aws.cloudtrail b 1 [{elastic 1}] [e]",
	}
	if diff := cmp.Diff(wantEvents, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"elastic z e", "sigma a s1", "sigma b s2"}, list); diff != "" {
		t.Errorf("rule list (-want +got):\n%s", diff)
	}
}

func TestSamples(t *testing.T) {
	page := smb(t, Options{},
		smbRule("r1", `indicator F eq a`, `indicator F eq b`, `indicator F eq c`, `indicator F eq d`, `exclusion F eq 0`, `exclusion G eq only`),
		smbRule("r2", `indicator F eq d`, `indicator F match A`, `indicator F eq z`, `exclusion F eq 0`),
		smbRule("r3", `indicator F eq x`, `indicator F eq y`, `indicator F is_null`))
	// d has two rules. After it r1 may give two more, then come x and y.
	want := map[string][]string{"F": {"d", "a", "b", "x", "y"}, "G": {"only"}}
	for _, f := range page.Fields {
		if diff := cmp.Diff(want[f.Field], f.Samples); diff != "" {
			t.Errorf("samples of %s (-want +got):\n%s", f.Field, diff)
		}
	}
}

func TestFilters(t *testing.T) {
	rules := []record.Digest{
		with(smbRule("r1", `indicator F eq v`), func(r *record.Digest) { r.Level = "high"; r.Platforms = []string{"linux", "windows"} }),
		with(smbRule("r2", `indicator F eq v`), func(r *record.Digest) { r.Vendor = "elastic"; r.Platforms = []string{"macos"} }),
		with(smbRule("r3", `indicator F eq v`), func(r *record.Digest) { r.Status = "deprecated"; r.Level = "low" }),
		with(smbRule("r4", `indicator F eq v`), func(r *record.Digest) { r.Status = "unsupported" }),
		with(smbRule("r5", `indicator F eq v`), func(r *record.Digest) { r.Kind = "filter" }),
	}
	tests := []struct {
		opts   Options
		want   string
		corpus int
	}{
		{Options{}, "F eq v 2/2 [r2 r1]\n", 2},
		{Options{All: true}, "F eq v 4/4 [r2 r1 r3 r4]\n", 4},
		{Options{Vendors: []string{"Sigma"}}, "F eq v 1/2 [r1]\n", 2},
		{Options{Platforms: []string{"macos", "linux"}}, "F eq v 2/2 [r2 r1]\n", 2},
		{Options{Platforms: []string{"macos"}}, "F eq v 1/2 [r2]\n", 2},
		{Options{Levels: []string{"high"}}, "F eq v 1/2 [r1]\n", 2},
		{Options{Statuses: []string{"deprecated"}}, "F eq v 1/3 [r3]\n", 3},
		{Options{Statuses: []string{"deprecated"}, Levels: []string{"low", "high"}, All: true}, "F eq v 1/4 [r3]\n", 4},
	}
	for _, tt := range tests {
		page := smb(t, tt.opts, rules...)
		same(t, fmt.Sprintf("%+v", tt.opts), tt.want, show(page.Indicators))
		if page.Corpus != tt.corpus {
			t.Errorf("%+v: corpus %d, want %d", tt.opts, page.Corpus, tt.corpus)
		}
	}
}

func TestAttribution(t *testing.T) {
	rules := []record.Digest{
		tagged(smbRule("both"), "T1021", "T1021.002"),
		tagged(smbRule("parent"), "T1021"),
		tagged(smbRule("leaf"), "T1021.002", "T1021.001"),
	}
	tests := []struct {
		how  Attribution
		want string
	}{
		{Literal, "T1021[both parent] T1021.001[leaf] T1021.002[both leaf]"},
		{Leaf, "T1021[parent] T1021.001[leaf] T1021.002[both leaf]"},
		{Rollup, "T1021[both leaf parent] T1021.001[leaf] T1021.002[both leaf]"},
	}
	for _, tt := range tests {
		var got []string
		for _, page := range view(Options{Attribution: tt.how}, rules...) {
			var ids []string
			for _, r := range page.RuleList {
				ids = append(ids, r.ID)
			}
			got = append(got, page.ID+fmt.Sprint(ids))
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.how, diff)
		}
	}
}

func TestHead(t *testing.T) {
	coverage := func(id, word string) record.Digest {
		return with(smbRule(id), func(r *record.Digest) { r.Coverage = word })
	}
	page := smb(t, Options{}, coverage("a", "full"), coverage("b", "partial"), coverage("c", "none"), coverage("d", "no_query"), coverage("e", ""),
		tagged(smbRule("f"), "T1059"))
	page.RuleList = nil
	want := record.Technique{
		Type: "technique", V: 1, ID: "T1021.002", Name: "SMB/Windows Admin Shares",
		Parent:  &record.Named{ID: "T1021", Name: "Remote Services"},
		Tactics: []record.Named{{ID: "TA0008", Name: "Lateral Movement"}},
		Rules:   5, Corpus: 6, Vendors: record.Counts{{Vendor: "sigma", Rules: 5}}, NotRead: 2, NoQuery: 1, Untied: 5,
	}
	if diff := cmp.Diff(want, page, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
}

// TestNamesOfTheStream checks that what rnorm says of a technique goes before
// the embedded tables, and that ids that they do not have get a page too.
func TestNamesOfTheStream(t *testing.T) {
	r := smbRule("r")
	r.Attack = []record.Attack{{}, {ID: "T9999", Name: "New one", Tactics: []string{"TA0008"}}, {ID: "T1021", Name: "Renamed"}, {ID: "T1021.002"}}
	var got []string
	for _, p := range view(Options{}, r) {
		parent := ""
		if p.Parent != nil {
			parent = p.Parent.Name
		}
		got = append(got, strings.Join([]string{p.ID, p.Name, parent, fmt.Sprint(p.Tactics)}, "|"))
	}
	want := []string{
		"T1021|Renamed||[{TA0008 Lateral Movement}]",
		"T1021.002|SMB/Windows Admin Shares|Renamed|[{TA0008 Lateral Movement}]",
		"T9999|New one||[{TA0008 Lateral Movement}]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

func TestTagged(t *testing.T) {
	v18 := smbRule("old")
	v18.Attack = []record.Attack{{ID: "T1685", Tagged: "T1562.001"}, {ID: "T1685", Tagged: "T1562.006"}, {ID: "T1021.002"}}
	raw := smbRule("raw")
	raw.Attack, raw.Techniques = nil, []string{"T1562.001", "t1685"}
	pages := view(Options{}, v18, tagged(smbRule("new"), "T1685"), raw)
	page := pages[len(pages)-1]
	if page.ID != "T1685" || page.Rules != 3 {
		t.Fatalf("last page is %s of %d rules, want T1685 of 3", page.ID, page.Rules)
	}
	if diff := cmp.Diff([]string{"T1562.001", "T1562.006"}, page.Tagged); diff != "" {
		t.Errorf("tagged (-want +got):\n%s", diff)
	}
	want := map[string][]string{"old": {"T1562.001", "T1562.006"}, "raw": {"T1562.001"}}
	for _, r := range page.RuleList {
		if diff := cmp.Diff(want[r.ID], r.Tagged); diff != "" {
			t.Errorf("tagged of %s (-want +got):\n%s", r.ID, diff)
		}
	}
}

// TestNothingOfTheLineIsKept adds rules through one Digest whose strings
// share a buffer that is then overwritten.
func TestNothingOfTheLineIsKept(t *testing.T) {
	x := New(Options{Thresholds: true})
	var d record.Digest
	line := []byte(`{"type":"rule","v":1,"vendor":"sigma","path":"p","id":"r","title":"t","status":"test","level":"low","coverage":"full","predicates":[{"field":"F","op":"eq","value":"v","role":"indicator","flags":"q","unit":"hour"},{"field":"G","op":"eq","value":"v","role":"indicator","cased":true}],"events":[{"provider":"Sysmon","id":"1","title":"x"}],"attack":[{"id":"T1685","name":"n","tactics":["TA0112"],"tagged":"T1562.001"}]}`)
	if err := d.Decode(line); err != nil {
		t.Fatal(err)
	}
	x.Add(&d)
	clear(line)
	before := string(written(x))
	// The second rule has less than the first: nothing may shine through.
	if err := d.Decode([]byte(`{"type":"rule","predicates":[{},{"field":"G"}],"events":[{}],"attack":[{"id":"T1"}]}`)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(record.DigestPredicate{Field: "G"}, d.Predicates[1]); diff != "" {
		t.Errorf("second rule (-want +got):\n%s", diff)
	}
	if d.Attack[0].Tagged != "" || d.Attack[0].Tactics != nil || d.Events[0].ID != "" {
		t.Errorf("second rule has members of the first: %+v %+v", d.Attack, d.Events)
	}
	if after := string(written(x)); after != before {
		t.Errorf("the view changed:\n%s\n%s", before, after)
	}
}

// TestEventsInAnyCase: rules of clouds write the names of operations as they
// like, and mean the same event.
func TestEventsInAnyCase(t *testing.T) {
	named := func(id, name, title string) record.Digest {
		return with(smbRule(id), func(r *record.Digest) {
			r.Events = []record.DigestEvent{{Provider: "aws.cloudtrail", ID: name, Title: title}, {Provider: "aws.cloudtrail", ID: name}}
		})
	}
	page := smb(t, Options{}, named("r1", "assumeRole", ""), named("r2", "AssumeRole", "A role"), named("r3", "AssumeRole", ""))
	want := []record.EventRow{{
		Provider: "aws.cloudtrail", ID: "AssumeRole", Title: "A role", Rules: 3,
		Vendors: record.Counts{{Vendor: "sigma", Rules: 3}}, RuleIDs: []string{"r1", "r2", "r3"},
	}}
	if diff := cmp.Diff(want, page.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
