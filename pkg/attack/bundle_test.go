package attack

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readBundles reads bundles and returns the table and the problems, spelled
// as "path:line:col code".
func readBundles(t testing.TB, bundles ...string) (*Table, []string) {
	t.Helper()
	var r Reader
	var said []string
	note := func(problems []Problem) {
		for _, p := range problems {
			said = append(said, fmt.Sprintf("%s:%d:%d %s", p.Path, p.Line, p.Col, p.Code))
		}
	}
	for i, text := range bundles {
		problems, _ := r.Read(fmt.Sprintf("b%d", i), strings.NewReader(text))
		note(problems)
	}
	table, problems := r.Table()
	note(problems)
	return table, said
}

func testBundle(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestBundle(t *testing.T) {
	table, said := readBundles(t, testBundle(t, "enterprise"), testBundle(t, "mobile"), testBundle(t, "ics"))
	want := []string{
		"b0:14:1 attack/revoked-in-a-circle",
		"b0:15:1 attack/revoked-in-a-circle",
		"b0:20:1 attack/unknown-tactic",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	tests := []struct{ id, current, name, domain, tactics, description string }{
		{"T1021", "T1021", "Far Services", "enterprise", "TA0008", "Doors to other houses.\n\nSee the key (https://attack.example/key). End"},
		{"t1021.002", "T1021.002", "Far Services: Shares", "enterprise", "TA0999 TA0008 TA0998", "Shelves that the house next door (the red one) lends."},
		{"T9001", "T9003", "Newest Door", "enterprise", "TA0999", "This one is in use."},
		{"T9002", "T9003", "Newest Door", "enterprise", "TA0999", "This one is in use."},
		{"T9010", "T9010", "Hen", "enterprise", "", ""},
		{"T9020", "T9020", "Closed", "enterprise", "TA0999", ""},
		{"T9021", "T9021", "In Another Room", "enterprise", "", ""},
		{"T1400", "T1400", "Pocket Partition", "mobile", "TA0030", "In a pocket."},
		{"T0800", "T0800", "Update The Pump, Again", "ics", "TA0107", "A newer pump."},
		{"T1086", "T1059.001", "PowerShell", "enterprise", "TA0002", ""}, // revoked, and only the embedded table says by what
		{"T1562.001", "T1685", "Disable or Modify Tools", "enterprise", "TA0112", ""},
	}
	for _, tt := range tests {
		now, ok := table.Current(tt.id)
		got := fmt.Sprintf("%v %s %q %s %v %q", ok, now.ID, now.Name, now.Domain, now.Tactics, now.Description)
		want := fmt.Sprintf("true %s %q %s [%s] %q", tt.current, tt.name, tt.domain, tt.tactics, tt.description)
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", tt.id, got, want)
		}
	}
	if _, ok := table.Current("T9999"); ok {
		t.Error("an id that nobody has is known")
	}
	if closed, _ := table.Lookup("T9020"); !closed.Deprecated || closed.Revoked {
		t.Errorf("got %+v", closed)
	}
}

func TestBundleTactics(t *testing.T) {
	table, _ := readBundles(t, testBundle(t, "enterprise"), testBundle(t, "mobile"))
	if tactic, ok := table.LookupTactic("TA0008"); !ok || tactic.Name != "Sideways Movement" {
		t.Errorf("got %+v, %v", tactic, ok)
	}
	if tactic, ok := table.LookupTactic("TA0002"); !ok || tactic.Name != "Execution" {
		t.Errorf("the embedded one: got %+v, %v", tactic, ok)
	}
	var ids []string
	for _, tactic := range table.AllTactics() {
		if tactic.Domain != "ics" {
			ids = append(ids, tactic.ID)
		}
	}
	if diff := cmp.Diff([]string{"TA0999", "TA0008", "TA0998", "TA0030"}, ids); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var nobody *Table
	if len(nobody.AllTactics()) != len(AllTactics()) || len(nobody.All()) != len(All()) {
		t.Error("a nil Table is not the embedded one")
	}
	all := table.All()
	if !slices.IsSortedFunc(all, func(a, b Technique) int { return strings.Compare(a.ID, b.ID) }) || len(all) <= len(All()) {
		t.Errorf("got %d techniques", len(all))
	}
}

func TestBundleErrors(t *testing.T) {
	const good = `{"type":"attack-pattern","id":"a","name":"A","external_references":[{"source_name":"mitre-attack","external_id":"T1"}]}`
	list := func(objects string) string { return "{\"type\":\"bundle\",\"objects\":[\n" + objects + "\n]}" }
	tests := []struct {
		name, text string
		said       []string
	}{
		{"good", list(good), nil},
		{"type at the end", `{"objects":[` + good + `],"type":"bundle"}`, nil},
		{"byte order mark", byteOrderMark + list(good), nil},
		{"empty", "", []string{"b0:1:1 attack/truncated"}},
		{"blank", "\n\n", []string{"b0:3:1 attack/truncated"}},
		{"no JSON", "hello", []string{"b0:1:1 attack/syntax"}},
		{"no JSON, behind a mark", byteOrderMark + "hello", []string{"b0:1:4 attack/syntax"}},
		{"no JSON inside", list(good + ",\n" + good + " x"), []string{fmt.Sprintf("b0:3:%d attack/syntax", len(good)+2)}},
		{"no JSON inside an object", list(good + ",\n" + `{"type":oops}`), []string{"b0:3:9 attack/syntax"}},
		{"truncated", list(good)[:60], []string{"b0:2:32 attack/truncated"}},
		{"truncated between objects", "{\"type\":\"bundle\",\"objects\":[\n" + good + ",\n", []string{"b0:3:1 attack/truncated"}},
		{"truncated at the end", strings.TrimSuffix(list(good), "]}"), []string{"b0:3:1 attack/truncated"}},
		{"a list", "[" + good + "]", []string{"b0:1:1 attack/not-a-bundle"}},
		{"a string", `"bundle"`, []string{"b0:1:1 attack/not-a-bundle"}},
		{"a number", ` 7`, []string{"b0:1:2 attack/not-a-bundle"}},
		{"null", `null`, []string{"b0:1:1 attack/not-a-bundle"}},
		{"another kind", `{"name":"layer","techniques":[]}`, []string{"b0:1:1 attack/not-a-bundle"}},
		{"type of another type", `{"type":7,"objects":[` + good + `]}`, []string{"b0:1:1 attack/not-a-bundle"}},
		{"no objects", `{"type":"bundle"}`, []string{"b0:1:1 attack/no-techniques"}},
		{"objects of another type", `{"type":"bundle","objects":{"a":[{}]}}`, []string{"b0:1:28 attack/wrong-type", "b0:1:1 attack/no-techniques"}},
		{"objects null", `{"type":"bundle","objects":null}`, []string{"b0:1:28 attack/wrong-type", "b0:1:1 attack/no-techniques"}},
		{"another bundle", list(`{"type":"indicator","id":"i"}`), []string{"b0:1:1 attack/no-techniques"}},
		{"techniques of others", list(strings.ReplaceAll(good, "mitre-attack", "capec")), []string{"b0:2:1 attack/no-id", "b0:1:1 attack/no-techniques"}},
		{"id that is none", list(good + ",\n" + strings.ReplaceAll(good, `"T1"`, `"T1 \u001b[31m"`)), []string{"b0:3:1 attack/no-id"}},
		{"no object", list("7,\n" + good), []string{"b0:2:1 attack/wrong-type"}},
		{"no type", list("{},\n" + good), []string{"b0:2:1 attack/wrong-type"}},
		{"wrong member", list(strings.Replace(good, `"A"`, `["A"]`, 1) + ",\n  " + strings.Replace(good, `"A"`, `7`, 1) + "\n, " + good), []string{"b0:2:1 attack/wrong-type", "b0:3:3 attack/wrong-type"}},
		{"wrong member of what is not read", list(`{"type":"malware","name":7},` + good), nil},
		{"twice", list(good + ",\n" + strings.Replace(good, `"id":"a"`, `"id":"b"`, 1)), []string{"b0:3:1 attack/duplicate"}},
		{"the same twice", list(good + ",\n" + good), nil},
		{"deep", list(`{"type":"malware","x":` + strings.Repeat("[", 20_000)), []string{"b0:2:10022 attack/syntax"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, said := readBundles(t, tt.text)
			if diff := cmp.Diff(tt.said, said); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestBundleTwice checks that what is in force goes before what is not, in
// any order.
func TestBundleTwice(t *testing.T) {
	object := func(stix, name, more string) string {
		return fmt.Sprintf(`{"type":"bundle","objects":[{"type":"attack-pattern","id":%q,"name":%q%s,"external_references":[{"source_name":"mitre-attack","external_id":"T1"}]}]}`, stix, name, more)
	}
	live, gone := object("a", "live", ""), object("b", "gone", `,"revoked":true`)
	for _, order := range [][]string{{live, gone}, {gone, live}} {
		table, said := readBundles(t, order...)
		if found, _ := table.Lookup("T1"); found.Name != "live" || said != nil {
			t.Errorf("got %q, %v", found.Name, said)
		}
	}
}

// TestBundleChain follows a chain of replacements that no bundle has, and a
// circle at its end, in no time.
func TestBundleChain(t *testing.T) {
	const n = 20_000
	var text strings.Builder
	text.WriteString(`{"type":"bundle","objects":[`)
	for i := range n {
		fmt.Fprintf(&text, `{"type":"attack-pattern","id":"a%d","name":"n","revoked":%v,"external_references":[{"source_name":"mitre-attack","external_id":"T9%06d"}]},`, i, i > 0, i)
		fmt.Fprintf(&text, `{"type":"relationship","relationship_type":"revoked-by","source_ref":"a%d","target_ref":"a%d"},`, i+1, i)
	}
	text.WriteString(`{"type":"attack-pattern","id":"b","name":"n","revoked":true,"external_references":[{"source_name":"mitre-attack","external_id":"T8"}]},` +
		`{"type":"relationship","relationship_type":"revoked-by","source_ref":"b","target_ref":"b"}]}`)
	table, said := readBundles(t, text.String())
	if now, _ := table.Current(fmt.Sprintf("T9%06d", n-1)); now.ID != "T9000000" {
		t.Errorf("got %s", now.ID)
	}
	if now, _ := table.Current("T8"); now.ID != "T8" || len(said) != 1 {
		t.Errorf("got %s, %v", now.ID, said)
	}
}

func TestBundleMany(t *testing.T) {
	text := `{"type":"bundle","objects":[` + strings.Repeat("7,", 1000) + `8]}`
	_, said := readBundles(t, text)
	if len(said) != maxProblems+2 || said[maxProblems] != "b0:0:0 more-errors" {
		t.Errorf("got %d problems: %v", len(said), said)
	}
}

func TestBundleLarge(t *testing.T) {
	text := "{\"type\":\"bundle\",\n\"x\":\"" + strings.Repeat("x", 3*maxObject) + `"}`
	if _, said := readBundles(t, text); len(said) != 1 || said[0] != "b0:2:5 attack/too-large" {
		t.Errorf("got %v", said)
	}
}

// FuzzBundle checks that nothing panics and that places are places.
func FuzzBundle(f *testing.F) {
	for _, name := range []string{"enterprise", "mobile", "ics"} {
		f.Add([]byte(testBundle(f, name)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r Reader
		problems, ok := r.Read("b", bytes.NewReader(text))
		if !ok && len(problems) == 0 {
			t.Fatal("not said why not")
		}
		for _, p := range problems {
			if p.Code != "more-errors" && (p.Line < 1 || p.Col < 1 || p.Line > bytes.Count(text, []byte{'\n'})+1) {
				t.Fatalf("place %d:%d", p.Line, p.Col)
			}
		}
		table, _ := r.Table()
		for _, found := range r.techniques {
			table.Current(found.ID)
		}
	})
}

// BenchmarkBundle reads a bundle of the size of Enterprise.
func BenchmarkBundle(b *testing.B) {
	object := fmt.Sprintf(`{"type":"attack-pattern","id":"attack-pattern--%%d","name":"A","description":%q,"external_references":[{"source_name":"mitre-attack","external_id":"T%%d"}]}`, strings.Repeat("words ", 300))
	other := fmt.Sprintf(`{"type":"relationship","relationship_type":"uses","description":%q}`, strings.Repeat("words ", 300))
	var text strings.Builder
	text.WriteString(`{"type":"bundle","objects":[`)
	for i := range 20_000 {
		if i%20 == 0 {
			fmt.Fprintf(&text, object, i, i)
		} else {
			text.WriteString(other)
		}
		text.WriteString(",\n")
	}
	text.WriteString(`{"type":"identity"}]}`)
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		var r Reader
		if _, ok := r.Read("b", strings.NewReader(text.String())); !ok {
			b.Fatal("not read")
		}
	}
}

// TestEmbeddedAsBundle gives the embedded tables back as a bundle: everything
// is what it was.
func TestEmbeddedAsBundle(t *testing.T) {
	chain := map[string]string{"enterprise": "mitre-attack", "mobile": "mitre-mobile-attack", "ics": "mitre-ics-attack"}
	var objects, refs []string
	for _, tactic := range AllTactics() {
		objects = append(objects, fmt.Sprintf(`{"type":"x-mitre-tactic","id":"t%s","name":%q,"x_mitre_shortname":%q,"x_mitre_deprecated":%v,"x_mitre_domains":["%s-attack"],`+
			`"external_references":[{"source_name":"mitre-attack","external_id":%q}]}`, tactic.ID, tactic.Name, tactic.Shortname, tactic.Deprecated, tactic.Domain, tactic.ID))
		refs = append(refs, fmt.Sprintf("%q", "t"+tactic.ID))
	}
	slices.Reverse(objects)
	objects = append(objects, fmt.Sprintf(`{"type":"x-mitre-matrix","tactic_refs":[%s]}`, strings.Join(refs, ",")))
	for _, one := range All() {
		var phases []string
		for _, id := range one.Tactics {
			tactic, _ := LookupTactic(id)
			phases = append(phases, fmt.Sprintf(`{"kill_chain_name":%q,"phase_name":%q}`, chain[one.Domain], tactic.Shortname))
		}
		slices.Reverse(phases)
		objects = append(objects, fmt.Sprintf(`{"type":"attack-pattern","id":"a%s","name":%q,"revoked":%v,"x_mitre_deprecated":%v,"x_mitre_domains":["%s-attack"],"kill_chain_phases":[%s],`+
			`"external_references":[{"source_name":"mitre-attack","external_id":%q}]}`, one.ID, one.Name, one.Revoked, one.Deprecated, one.Domain, strings.Join(phases, ","), one.ID))
		if one.RevokedBy != "" {
			objects = append(objects, fmt.Sprintf(`{"type":"relationship","relationship_type":"revoked-by","source_ref":"a%s","target_ref":"a%s"}`, one.ID, one.RevokedBy))
		}
	}
	table, said := readBundles(t, `{"type":"bundle","objects":[`+strings.Join(objects, ",\n")+`]}`)
	if said != nil {
		t.Errorf("got problems %v", said)
	}
	want := All()
	for i := range want {
		want[i].Platforms = nil
	}
	if diff := cmp.Diff(want, table.All()); diff != "" {
		t.Errorf("techniques (-want +got):\n%s", diff)
	}
	for i, tactic := range table.AllTactics() {
		if old := AllTactics()[i]; old.ID != tactic.ID || old.Name != tactic.Name || old.Domain != tactic.Domain || old.Deprecated != tactic.Deprecated {
			t.Errorf("got tactic %+v, want %+v", tactic, old)
		}
	}
}
