package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/record/recordtest"
)

// result is what one run of a filter left behind.
type result struct {
	out, err []byte
	code     int
}

// filter runs a filter in dir with in on stdin.
func filter(t testing.TB, dir string, in []byte, name string, args ...string) result {
	t.Helper()
	var out, stderr bytes.Buffer
	cmd := exec.Command(filepath.Join(bin, name), args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, bytes.NewReader(in), &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := result{out.Bytes(), stderr.Bytes(), cmd.ProcessState.ExitCode()}
	if r.code > 1 {
		t.Fatalf("%s %s: exit code %d\n%s", name, strings.Join(args, " "), r.code, head(r.err, 20))
	}
	return r
}

func head(text []byte, lines int) string {
	all := strings.SplitAfterN(string(text), "\n", lines+1)
	if len(all) > lines {
		all[lines] = "...\n"
	}
	return strings.Join(all, "")
}

// unpack unpacks the tar.gz at path and returns the directory that holds it.
func unpack(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		if !filepath.IsLocal(h.Name) || h.Typeflag != tar.TypeReg {
			continue
		}
		name := filepath.Join(dir, h.Name)
		data, err := io.ReadAll(r)
		err = errors.Join(err, os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, data, 0o644))
		if err != nil {
			t.Fatal(err)
		}
	}
}

// sigmaOnce is the SigmaHQ rules and what rparse made of them.
var sigmaOnce struct {
	sync.Mutex
	out result
}

// sigma returns what rparse makes of the whole SigmaHQ corpus, paths from sigma/ on.
func sigma(t *testing.T) result {
	t.Helper()
	corpus := needShared(t, "corpora", "sigma.tar.gz")
	sigmaOnce.Lock()
	defer sigmaOnce.Unlock()
	if sigmaOnce.out.out == nil {
		sigmaOnce.out = filter(t, unpack(t, corpus), nil, "rparse", "sigma")
	}
	return sigmaOnce.out
}

// rules decodes the rule records of ndjson.
func rules(t *testing.T, ndjson []byte) []record.Rule {
	t.Helper()
	var all []record.Rule
	for line, err := range record.Lines(bytes.NewReader(ndjson)) {
		if err != nil {
			t.Fatal(err)
		}
		if line.Type != record.TypeRule {
			continue
		}
		var r record.Rule
		if err := record.Decode(bytes.Clone(line.Data), &r); err != nil {
			t.Fatalf("line %d: %v", line.No, err)
		}
		all = append(all, r)
	}
	return all
}

// pseudoConditions are the four rules whose condition is prose.
var pseudoConditions = []string{
	"net_dns_high_subdomain_rate.yml",
	"sysmon_always_install_elevated_parent_child_correlated.yml",
	"win_dumping_ntdsdit_via_dcsync.yml",
	"win_dumping_ntdsdit_via_netsync.yml",
}

// sigmaRules is the number of rules in the packed corpus: 4,044 of the
// repository less the three of other/godmode_sigma_rule.yml, which is not packed.
const sigmaRules = 4041

// TestSigmaCorpus reads every rule of SigmaHQ: none is lost, and all are read
// in full but the four that nobody can read. Of the 55 with an old pipe
// aggregation 47 compute something, and 8 look for a second event near the first.
func TestSigmaCorpus(t *testing.T) {
	r := sigma(t)
	all := rules(t, r.out)
	if len(all) != sigmaRules {
		t.Errorf("%d rules, want %d", len(all), sigmaRules)
	}
	if r.code != 1 {
		t.Errorf("exit code %d, want 1", r.code)
	}
	if n := bytes.Count(r.out, []byte(`"type":"error"`)); n > 0 {
		t.Errorf("%d error records, want none", n)
	}
	var notFull []string
	having, near := 0, 0
	for _, rule := range all {
		if rule.Coverage != record.CoverageFull {
			notFull = append(notFull, filepath.Base(rule.Path))
		}
		if slices.ContainsFunc(rule.Parts, func(p record.Part) bool { return p.Having != nil }) {
			having++
		}
		if slices.ContainsFunc(rule.Parts, func(p record.Part) bool { return p.Name == "near" }) {
			near++
		}
	}
	slices.Sort(notFull)
	if diff := cmp.Diff(pseudoConditions, notFull); diff != "" {
		t.Errorf("rules not read in full (-want +got)\n%s", diff)
	}
	if having != 47 || near != 8 {
		t.Errorf("%d rules with having and %d with near, want 47 and 8", having, near)
	}
	recordtest.Canonical(t, r.out)
}

// TestSigmaInputs reads the same corpus as a stream and with one worker.
func TestSigmaInputs(t *testing.T) {
	want := sigma(t).out
	packed, err := os.ReadFile(needShared(t, "corpora", "sigma.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	stream := filter(t, t.TempDir(), packed, "rparse", "-").out
	if diff := cmp.Diff(sorted(want), sorted(stream)); diff != "" {
		t.Errorf("a tar stream gives other records than a directory (-directory +stream)\n%s", head([]byte(diff), 20))
	}
	if one := filter(t, t.TempDir(), packed, "rparse", "-j1"); !bytes.Equal(one.out, stream) {
		t.Error("one worker gives other bytes than several")
	}
}

func sorted(ndjson []byte) []string {
	lines := strings.Split(strings.TrimSuffix(string(ndjson), "\n"), "\n")
	slices.Sort(lines)
	return lines
}

// TestSigmaRecords validates what every filter writes for the corpus.
func TestSigmaRecords(t *testing.T) {
	parsed := sigma(t).out
	normalized := filter(t, ".", parsed, "rnorm").out
	counted := filter(t, ".", normalized, "ragg").out
	for _, tt := range []struct {
		name   string
		ndjson []byte
		least  int
	}{
		{"rparse", parsed, sigmaRules},
		{"rnorm", normalized, sigmaRules},
		{"ragg", counted, 400},
	} {
		if n := recordtest.Validate(t, tt.ndjson); n < tt.least {
			t.Errorf("%s wrote %d records, want at least %d", tt.name, n, tt.least)
		}
	}
	if again := filter(t, ".", normalized, "rnorm").out; !bytes.Equal(again, normalized) {
		t.Error("rnorm of rnorm's output is another one")
	}
	for _, jobs := range []string{"-j1", "-j3"} {
		if !bytes.Equal(filter(t, ".", parsed, "rnorm", jobs).out, normalized) {
			t.Errorf("rnorm %s writes other bytes", jobs)
		}
		if !bytes.Equal(filter(t, ".", normalized, "ragg", jobs).out, counted) {
			t.Errorf("ragg %s writes other bytes", jobs)
		}
	}
}

// TestTechniquePage compares with the numbers of a page that was made by
// others from the same rules: those under rules/windows.
func TestTechniquePage(t *testing.T) {
	dir := unpack(t, needShared(t, "corpora", "sigma.tar.gz"))
	parsed := filter(t, dir, nil, "rparse", "sigma/rules/windows").out
	out := filter(t, ".", filter(t, ".", parsed, "rnorm").out, "ragg", "--technique", "T1021.002").out
	var page record.Technique
	if err := record.Decode(out, &page); err != nil {
		t.Fatalf("%v\n%s", err, head(out, 3))
	}
	if page.Rules != 33 || len(page.RuleList) != 33 {
		t.Errorf("%d rules, %d listed, want 33", page.Rules, len(page.RuleList))
	}
	for _, want := range []struct {
		field, ops string
		rules      int
	}{
		{"Image", "ends_with 9, eq 2, match 2", 12},
		{"OriginalFileName", "eq 7", 7},
	} {
		i := slices.IndexFunc(page.Fields, func(f record.FieldRow) bool { return f.Field == want.field })
		if i < 0 {
			t.Errorf("no field %s", want.field)
			continue
		}
		if f := page.Fields[i]; f.Rules != want.rules || opsOf(f) != want.ops {
			t.Errorf("%s: %d rules: %s; want %d: %s", f.Field, f.Rules, opsOf(f), want.rules, want.ops)
		}
	}
	for _, want := range []struct {
		field, op, value string
		rules, reach     int
	}{
		{"ShareName", "eq", `\\*\IPC$`, 5, 6},
		{"OriginalFileName", "eq", "net.exe", 4, 16},
		{"CommandLine", "match", " use ", 4, 6},
		{"Provider_Name", "eq", "Service Control Manager", 2, 43},
	} {
		i := slices.IndexFunc(page.Indicators, func(r record.ValueRow) bool {
			return r.Field == want.field && r.Op == want.op && r.Value == want.value
		})
		if i < 0 {
			t.Errorf("no indicator %s %s %q", want.field, want.op, want.value)
			continue
		}
		if r := page.Indicators[i]; r.Rules != want.rules || r.Reach != want.reach {
			t.Errorf("%s %s %q: %d rules, reach %d; want %d, %d", r.Field, r.Op, r.Value, r.Rules, r.Reach, want.rules, want.reach)
		}
	}
}

func opsOf(f record.FieldRow) string {
	var all []string
	for _, o := range f.Ops {
		all = append(all, o.Op+" "+strconv.Itoa(o.Rules))
	}
	return strings.Join(all, ", ")
}
