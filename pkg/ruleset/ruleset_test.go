package ruleset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/ruleset/sigma"
	"github.com/rulepipe/rulepipe/pkg/source"
)

// BenchmarkRead reads the rules of the directory in RULEPIPE_SIGMA, from memory.
func BenchmarkRead(b *testing.B) {
	dir := os.Getenv("RULEPIPE_SIGMA")
	if dir == "" {
		b.Skip("RULEPIPE_SIGMA names no unpacked Sigma corpus")
	}
	var files []source.File
	size := int64(0)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !slices.Contains([]string{".yml", ".toml"}, filepath.Ext(path)) {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, source.File{Path: path, Data: data})
		size += int64(len(data))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	var r Reader
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range files {
			r.Read(f)
		}
	}
}

const good = "title: t\nlogsource: {product: p}\ndetection:\n  s: {F: 1}\n  condition: s\n"

func TestRead(t *testing.T) {
	tests := []struct {
		name, text string
		records    []string // type and code or title, in order
		full       int
		skipped    bool
	}{
		{"a rule", good, []string{"rule"}, 1, false},
		{"no rule", "name: CI\non: push\n", nil, 0, true},
		{"a readme", "# The detection of things\n", nil, 0, true},
		{"an error between two rules", good + "---\ntitle: x: y\ndetection: {}\n---\n" + good, []string{"rule", "error", "rule"}, 2, false},
		{"a detection", "name: n\nid: i\nsearch: index=a\nknown_false_positives: x\n", []string{"rule"}, 1, false},
		{"a saved search", "[s]\nsearch = index=a | where b > 1\n", []string{"rule"}, 1, false},
		{"a baseline", "name: n\nsearch: index=a\nhow_to_implement: x\ntype: Baseline\n", nil, 0, true},
		{"a macro", "name: n\ndefinition: index=a\n", nil, 0, true},
		{"half a macro", "name: n\ndefinition: 'index=a\n", []string{"error"}, 0, false},
		{"half a rule", "title: t\nlogsource: {product: p}\ndetection:\n  s: {F: 1\n", []string{"error"}, 0, false},
	}
	for _, tt := range tests {
		var r Reader
		res := r.Read(source.File{Path: "x.yml", Data: []byte(tt.text)})
		var got []string
		for line, err := range record.Lines(bytes.NewReader(res.Records)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, line.Type)
		}
		if !slices.Equal(got, tt.records) || res.Full != tt.full || res.Skipped != tt.skipped {
			t.Errorf("%s: records %v, %d full, skipped %v", tt.name, got, res.Full, res.Skipped)
		}
	}
}

// TestDeepTree reads conditions that nest as deep as a record may, and deeper:
// no record has more levels than jq 1.6 takes, which counts an object twice.
func TestDeepTree(t *testing.T) {
	for n, want := range map[int]string{maxLevels: record.CoverageFull, maxLevels + 1: record.CoverageNone, 400: record.CoverageNone} {
		condition := "s"
		for i := range n {
			condition = fmt.Sprintf("(s %s %s)", []string{"and", "or"}[i%2], condition)
		}
		var r Reader
		res := r.Read(source.File{Path: "x.yml", Data: []byte(strings.Replace(good, "condition: s", "condition: "+condition, 1))})
		var rule record.Rule
		if err := json.Unmarshal(res.Records, &rule); err != nil {
			t.Fatal(err)
		}
		asJQ := strings.NewReplacer("{", "[[", "}", "]]").Replace(string(res.Records)) // the text has none
		if depth := record.Depth([]byte(asJQ)); depth > 256 || rule.Coverage != want || (len(res.Problems) > 0) != (want == record.CoverageNone) {
			t.Errorf("%d levels: %d of jq, coverage %s, problems %v", n, depth, rule.Coverage, res.Problems)
		}
		if want == record.CoverageNone && (rule.Parts[0].Where.Code != "record/too-deep" || res.Problems[0].Line != 1) {
			t.Errorf("%d levels: %+v, problems %v", n, rule.Parts[0].Where, res.Problems)
		}
	}
}

// A file that is called savedsearches.conf has rules, even if nothing else
// tells its searches from those of other files.
func TestSavedSearchesByName(t *testing.T) {
	for path, want := range map[string]int{
		"app/local/savedsearches.conf": 1, `app\local\SavedSearches.conf`: 1, "savedsearches.conf": 1,
		"app/local/eventtypes.conf": 0, "oldsavedsearches.conf": 0,
	} {
		var r Reader
		res := r.Read(source.File{Path: path, Data: []byte("[s]\nsearch = index=a b=1\n")})
		if res.Full != want || res.Skipped != (want == 0) {
			t.Errorf("%s: %d rules, skipped %v", path, res.Full, res.Skipped)
		}
	}
	var r Reader
	if res := r.Read(source.File{Path: "savedsearches.conf", Data: []byte("name: n\non: push\n")}); !res.Skipped {
		t.Error("a file that is no .conf is read as one")
	}
}

// A problem carries the source line that it points at, for the caret.
func TestProblemsHaveTheirLine(t *testing.T) {
	var r Reader
	res := r.Read(source.File{Path: "x.yml", Data: []byte(strings.Replace(good, "condition: s", "condition: s or", 1))})
	want := Problem{
		Path: "x.yml", Line: 5, Col: 18, Code: "sigma/condition", Source: "  condition: s or",
		Message: "unexpected end in condition, expected a search identifier",
	}
	if len(res.Problems) != 1 || res.Problems[0] != want {
		t.Errorf("problems %+v, want %+v", res.Problems, want)
	}
}

// A bug in a vendor's reader costs the file, and is in the stream.
func TestPanicCostsOneFile(t *testing.T) {
	saved := loaders
	defer func() { loaders = saved }()
	loaders = []loader{{content(sigma.Match), func(*Reader, source.File) contents { panic("a bug") }}}
	var r Reader
	res := r.Read(source.File{Path: "x.yml", Data: []byte(good)})
	if !strings.Contains(res.Crash, "a bug") || !strings.Contains(string(res.Records), `"code":"internal/panic"`) {
		t.Errorf("crash %.40q, records %s", res.Crash, res.Records)
	}
}

func TestUnreadableFile(t *testing.T) {
	var r Reader
	res := r.Read(source.File{Path: "x", Err: &source.Error{Code: source.CodeUnreadable, Msg: "gone", Unopened: true}})
	if len(res.Problems) != 1 || !res.Problems[0].Unopened || !strings.Contains(string(res.Records), source.CodeUnreadable) {
		t.Errorf("%+v", res)
	}
}

func TestTotals(t *testing.T) {
	var sum Totals
	sum.Add(&Result{Rules: 3, Full: 1, Partial: 1, Vendor: "sigma"})
	sum.Add(&Result{Skipped: true})
	sum.Add(&Result{Rules: 1, Full: 1, Vendor: "elastic"})
	const want = "4 rules (3 sigma, 1 elastic): read in full 2, in part 1, not 1; 1 files are no rules"
	if got := sum.String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
