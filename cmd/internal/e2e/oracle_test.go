package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTrees compares the trees of a sample of each corpus with those of the
// reference implementations.
func TestTrees(t *testing.T) {
	for _, tt := range []struct{ trees, corpus string }{
		{"sigma", "sigma"},
		{"kql", "elastic"},
		{"eql", "elastic"},
		{"esql", "elastic"},
		{"splunk_silver", "splunk"},
	} {
		t.Run(tt.trees, func(t *testing.T) {
			trees := needShared(t, "oracles", "trees", tt.trees+".ndjson.gz")
			compare(t, corpus(t, tt.corpus).out, tt.trees, nil, comparer(t), trees)
		})
	}
}

// TestSigmaCases does the same with small documents, one for each corner of
// the specification.
func TestSigmaCases(t *testing.T) {
	cases := needShared(t, "oracles", "cases", "sigma_extra.tar.gz")
	quirks := listed(t, needShared(t, "oracles", "cases", "sigma_extra_known.txt"))
	out := filter(t, unpack(t, cases), nil, "rparse", "extra").out
	compare(t, out, "sigma_extra", quirks, comparer(t), needShared(t, "oracles", "cases", "sigma_extra.ndjson.gz"))
}

// TestElasticCases does the same with the corner cases of Elastic's languages,
// which are bare queries: cases.py puts each into a rule file.
func TestElasticCases(t *testing.T) {
	for _, language := range []string{"kql", "eql", "esql"} {
		t.Run(language, func(t *testing.T) {
			cases := needShared(t, "oracles", "cases", language+"_cases.ndjson.gz")
			script := needShared(t, "oracles", "cases.py")
			dir := t.TempDir()
			if out, err := python(t, script, "write", cases, filepath.Join(dir, "cases")); err != nil {
				t.Fatalf("%v\n%s", err, head(out, 20))
			}
			compare(t, filter(t, dir, nil, "rparse", "-q", "cases").out, language+"_cases", nil, script, "check", cases)
		})
	}
}

func comparer(t *testing.T) string { return needShared(t, "oracles", "compare.py") }

var verdict = regexp.MustCompile(`(?m)^same \d+, .* of \d+$`)

// compare runs a comparer of reference trees with the records. What differs
// must be what testdata/oracle/LIST.txt names, each with the reason, and
// nothing less; quirks are those that the references' own list names.
func compare(t *testing.T, records []byte, list string, quirks []string, args ...string) {
	t.Helper()
	dir := t.TempDir()
	file, summary := filepath.Join(dir, "records.ndjson"), filepath.Join(dir, "summary.json")
	if err := os.WriteFile(file, records, 0o644); err != nil {
		t.Fatal(err)
	}
	out, _ := python(t, append(args, file, "--summary-json", summary)...) // the summary says more than the exit code
	line := verdict.Find(out)
	if line == nil {
		t.Fatalf("the comparer did not finish\n%s", head(out, 50))
	}
	t.Logf("%s", line)
	got := slices.DeleteFunc(differing(t, summary), func(path string) bool { return slices.Contains(quirks, path) })
	if diff := cmp.Diff(listed(t, "testdata/oracle/"+list+".txt"), got); diff != "" {
		t.Errorf("what differs from the reference (-known +got)\n%s%s", diff, head(out, 200))
	}
}

// differing returns the paths that a summary of a comparer calls different.
func differing(t *testing.T, summary string) []string {
	t.Helper()
	text, err := os.ReadFile(summary)
	if err != nil {
		t.Fatal(err)
	}
	var s struct{ Rules map[string][]string }
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(s.Rules["differs"], s.Rules["missing"], s.Rules["error-mismatch"])
	for i, path := range all {
		all[i], _, _ = strings.Cut(path, "#") // the number of the document
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// listed returns the paths in a list of known differences.
func listed(t *testing.T, list string) []string {
	t.Helper()
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			all = append(all, line)
		}
	}
	slices.Sort(all)
	return all
}

// python runs a script of the references, which need nothing else.
func python(t *testing.T, args ...string) ([]byte, error) {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("the comparer needs python3")
	}
	return exec.Command(path, args...).CombinedOutput()
}
