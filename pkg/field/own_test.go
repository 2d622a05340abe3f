package field

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// read reads files of a user and returns the table and the errors, spelled
// as "line:col code".
func read(t testing.TB, files ...string) (*Table, []string) {
	t.Helper()
	r := Reader{Transforms: []string{"basename", "number"}}
	var said []string
	for i, text := range files {
		errs, _ := r.Read(fmt.Sprintf("f%d", i), []byte(text))
		lines := span.NewLines([]byte(text))
		for _, e := range errs {
			if e.Span.Start < 0 || e.Span.End < e.Span.Start || len(text) < e.Span.End {
				t.Errorf("%v is outside of the text", e.Span)
			}
			line, col := lines.Position(e.Span.Start)
			said = append(said, fmt.Sprintf("%d:%d %s", line, col, e.Code))
		}
	}
	return r.Table(), said
}

// file spells a file of a user, its cells separated by blanks.
func file(rows ...string) string {
	text := "vendor\tvendor_field\tcanonical\tcontext\tvalue_transform\trelation\tcollapse\n"
	for _, row := range rows {
		cells := append(strings.Split(row, " "), "", "", "", "", "", "")[:7]
		text += strings.ReplaceAll(strings.Join(cells, "\t"), "_", " ") + "\n"
	}
	return text
}

func TestOwnLookup(t *testing.T) {
	tab, said := read(t, file(
		"sigma Image Program",
		"sigma NewProcessName Fresh id=4688;service=security",
		"elastic user.name Login code=1,2",
		"elastic user.name Account",
		"ecs acme.* acme.*",
		"ecs acme.user.* AcmeUser",
		"splunk acmeUser SubjectUserName",
		"cim acmeuser User macro=acme",
		"sigma User User    0",
	))
	if said != nil {
		t.Errorf("got errors %v", said)
	}
	tests := []struct{ vendor, name, context, want string }{
		{"sigma", "Image", "", "Program"},
		{"sigma", "IMAGE", "id=4688", "Program"},
		{"sigma", "NewProcessName", "service=security id=4688", "Fresh"},
		{"sigma", "ParentImage", "", "ParentImage"}, // the embedded row
		{"elastic", "user.name", "code=1", "Login"},
		{"elastic", "user.name", "code=1 code=2", "Login"},
		{"elastic", "user.name", "code=1 code=3", "Account"}, // one or the other
		{"elastic", "user.name", "", "Account"},
		{"elastic", "acme.user.id", "", "AcmeUser"},
		{"elastic", "acme.host.id", "", "acme.host.id"},
		{"elastic", "process.executable", "", "Image"},
		{"splunk", "acmeUser", "macro=acme", "SubjectUserName"},
		{"splunk", "acmeuser", "macro=acme", "User"},
		{"splunk", "acmeuser", "macro=other", "SubjectUserName"},
		{"splunk", "acme", "", ""},
	}
	for _, tt := range tests {
		r, ok := tab.Lookup(tt.vendor, tt.name, context(tt.context))
		if r.Canonical != tt.want || ok != (tt.want != "") {
			t.Errorf("%s %s in %q: got %q, want %q", tt.vendor, tt.name, tt.context, r.Canonical, tt.want)
		}
	}
}

func TestNilTable(t *testing.T) {
	var tab *Table
	if r, ok := tab.Lookup("elastic", "process.name", nil); !ok || r.Canonical != "Image" {
		t.Errorf("got %+v, %v", r, ok)
	}
}

func TestOwnErrors(t *testing.T) {
	tests := []struct {
		name string
		row  string
		said []string
	}{
		{"good", "ecs a A", nil},
		{"all cells", "ecs a A code=1,2;dataset=x basename;_case-insensitive narrower 1", nil},
		{"none and exact", "ecs a A  none exact 0", nil},
		{"a text of the embedded table", "ecs a A  case-insensitive", nil},
		{"vendor", "acme a A", []string{"2:1 fields/unknown-vendor"}},
		{"no vendor", " a A", []string{"2:1 fields/unknown-vendor"}},
		{"no name", "ecs  A", []string{"2:5 fields/no-name"}},
		{"no canonical name", "ecs a", []string{"2:7 fields/no-name"}},
		{"stars", "ecs a*b*c*d* A", []string{"2:5 fields/pattern"}},
		{"star in the canonical name", "ecs a* b*c", []string{"2:8 fields/pattern"}},
		{"context", "ecs a A code", []string{"2:9 fields/context"}},
		{"second part of the context", "ecs a A code=1;x", []string{"2:16 fields/context"}},
		{"empty value", "ecs a A code=1,", []string{"2:9 fields/context"}},
		{"key of another vendor", "ecs a A macro=x", []string{"2:9 fields/context"}},
		{"key twice", "ecs a A code=1;code=2", []string{"2:16 fields/context"}},
		{"transform", "ecs a A  base", []string{"2:10 fields/unknown-transform"}},
		{"relation", "ecs a A   near", []string{"2:11 fields/unknown-relation"}},
		{"collapse", "ecs a A    yes", []string{"2:12 fields/collapse"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, said := read(t, file(tt.row, "ecs b B"))
			if diff := cmp.Diff(tt.said, said); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestOwnTwice(t *testing.T) {
	tests := []struct {
		name, first, second, code string
	}{
		{"the same", "ecs a A code=1,2;module=m", "elastic a A module=m;code=2,1", "fields/duplicate"},
		{"in another case", "ecs a A", "ecs A A", "fields/duplicate"},
		{"Splunk's names have case", "cim a A", "cim A A", ""},
		{"another context", "ecs a A code=1", "ecs a B code=2", ""},
		{"another vendor", "ecs a A", "sigma a B", ""},
		{"another name", "ecs a A", "ecs a B", "fields/contradiction"},
		{"another transform", "ecs a A", "ecs a A  basename", "fields/contradiction"},
		{"folded and not", "ecs a A", "ecs a A    0", "fields/contradiction"},
		{"for information", "ecs a A", "ecs a B    0", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, files := range [][]string{{file(tt.first, tt.second)}, {file(tt.first), file(tt.second)}} {
				var want []string
				if tt.code != "" {
					want = []string{fmt.Sprintf("%d:1 %s", 4-len(files), tt.code)}
				}
				_, said := read(t, files...)
				if diff := cmp.Diff(want, said); diff != "" {
					t.Errorf("%d files (-want +got):\n%s", len(files), diff)
				}
			}
		})
	}
}

// TestOwnStays checks that of two rows that contradict each other the first
// one holds.
func TestOwnStays(t *testing.T) {
	tab, _ := read(t, file("ecs a A"), file("ecs a B"))
	if r, _ := tab.Lookup("elastic", "a", nil); r.Canonical != "A" {
		t.Errorf("got %q", r.Canonical)
	}
}

// TestEmbeddedAsOwn gives the embedded rows back as a user's: they are in
// order, and mean what they did.
func TestEmbeddedAsOwn(t *testing.T) {
	var text strings.Builder
	text.WriteString(file())
	for _, vendor := range []string{"sigma", "elastic", "splunk"} {
		for _, r := range tableOf(vendor).rows {
			collapse := 0
			if r.Collapse {
				collapse = 1
			}
			fmt.Fprintf(&text, "%s\t%s\t%s\t%s\t%s\t%s\t%d\n", vendor, r.Name, r.Canonical, r.Context, r.Transform, r.Relation, collapse)
		}
	}
	r := Reader{Transforms: []string{"basename"}}
	errs, _ := r.Read("f", []byte(text.String()))
	known := func(msg string) bool {
		// No event has these facts: such a row never holds.
		return strings.Contains(msg, `key "note"`) || strings.Contains(msg, `key "process"`) ||
			// Two names that differ by case, and are looked up in any.
			strings.Contains(msg, "winlog.event_data.SourceAddress")
	}
	for _, e := range errs {
		if e.Code != CodeDuplicate && !known(e.Msg) {
			t.Errorf("%s [%s]", e.Msg, e.Code)
		}
	}
	tab := r.Table()
	for _, vendor := range []string{"sigma", "elastic", "splunk"} {
		for _, row := range tableOf(vendor).rows {
			ctx := context(strings.NewReplacer(";", " ", " ", "_").Replace(row.Context))
			if strings.Contains(row.Context, "process=") {
				continue
			}
			want, found := Lookup(vendor, row.Name, ctx)
			got, ok := tab.Own(vendor, row.Name, ctx)
			if ok != found || got.Canonical != want.Canonical || got.Collapse != want.Collapse {
				t.Errorf("%s %s in %q: got %q %v, want %q %v", vendor, row.Name, row.Context, got.Canonical, ok, want.Canonical, found)
			}
		}
	}
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"a.*", "A.b", true},
		{"a.*", "a.", false},
		{"*.b", "a.b", true},
		{"*.b", ".b", false},
		{"a.*.b.*.c", "a.1.b.2.c", true},
		{"a.*.b.*.c", "a.b.b.2.c", true},
		{"a.*.b.*.c", "a..b.2.c", false},
		{"a.*.b.*.c", "a.1.b.c", false},
		{"a*bc", "abbc", true},
		{"a*b*b", "abb", false},
		{"a*b*b", "axbxb", true},
		{"a*b*c", "a" + strings.Repeat("b", 1<<20), false}, // takes no time
		{"a**b", "axxb", true},
	} {
		if got := matches(tt.pattern, tt.name); got != tt.want {
			t.Errorf("%q of %.20q: got %v", tt.pattern, tt.name, got)
		}
	}
}

// FuzzReader checks that nothing panics, that errors lie in the text, and that
// a look-up in what was read ends.
func FuzzReader(f *testing.F) {
	f.Add(file("ecs a* A code=1,2;dataset=x basename narrower 1", "cim b B", "sigma c C id=1"), "abc")
	f.Add(file("ecs a* A code=;;= x y z", "ecs a* A", "ecs A* b"), "a*")
	f.Fuzz(func(t *testing.T, text, name string) {
		table, _ := read(t, text)
		for _, vendor := range []string{"sigma", "elastic", "splunk"} {
			table.Lookup(vendor, name, context("code=1 id=1"))
			table.Rows(vendor, name)
		}
	})
}
