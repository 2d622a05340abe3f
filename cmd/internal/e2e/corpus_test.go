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

// parsed is what rparse made of each public rule set so far.
var parsed struct {
	sync.Mutex
	by map[string]result
}

// corpus returns what rparse makes of a whole public rule set, paths from its
// name on.
func corpus(t *testing.T, name string) result {
	t.Helper()
	packed := needShared(t, "corpora", name+".tar.gz")
	parsed.Lock()
	defer parsed.Unlock()
	if r, ok := parsed.by[name]; ok {
		return r
	}
	if parsed.by == nil {
		parsed.by = map[string]result{}
	}
	parsed.by[name] = filter(t, unpack(t, packed), nil, "rparse", name)
	return parsed.by[name]
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
	r := corpus(t, "sigma")
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

const (
	elasticRules   = 2192
	elasticQueries = 2086
)

// opaqueESQL are the ES|QL rules that hold something without an operator here.
var opaqueESQL = []string{
	"defense_evasion_audit_policy_disabled_winlog.toml: MV_CONTAINS()",
	"impact_high_number_of_protected_branch_force_pushes_by_user.toml: mv_contains()",
}

// TestElasticCorpus reads every rule of detection-rules: all KQL, EQL and
// Lucene queries in full, and of ES|QL all but what is listed, which names the
// fragment and its place.
func TestElasticCorpus(t *testing.T) {
	r := corpus(t, "elastic")
	all := rules(t, r.out)
	if len(all) != elasticRules {
		t.Errorf("%d rules, want %d", len(all), elasticRules)
	}
	if n := bytes.Count(r.out, []byte(`"type":"error"`)); n > 0 {
		t.Errorf("%d error records, want none", n)
	}
	got, errs := map[string]int{}, 0
	var opaque []string
	for _, rule := range all {
		got[strings.TrimSpace(rule.Language+" "+rule.Coverage)]++
		errs += len(rule.Errors)
		for _, e := range rule.Errors {
			if e.Code != "unsupported/esql-function" || e.Line <= rule.Line || e.Col == 0 {
				t.Errorf("%s: unexpected error %+v", rule.Path, e)
			}
			_, fn, _ := strings.Cut(e.Message, "function ")
			fn, _, _ = strings.Cut(fn, " ")
			opaque = append(opaque, filepath.Base(rule.Path)+": "+fn)
		}
		if rule.Coverage != record.CoverageNoQuery && rule.Query == "" {
			t.Errorf("%s has no query", rule.Path)
		}
	}
	want := map[string]int{
		"kuery full": 792, "eql full": 1081, "lucene full": 1,
		"esql full": 212 - len(opaqueESQL), "esql partial": len(opaqueESQL),
		record.CoverageNoQuery: elasticRules - elasticQueries,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules by language and coverage (-want +got)\n%s", diff)
	}
	slices.Sort(opaque)
	if diff := cmp.Diff(opaqueESQL, opaque); diff != "" {
		t.Errorf("what has no operator (-want +got)\n%s", diff)
	}
	if r.code != 0 { // what has no operator here is no bad input
		t.Errorf("exit code %d with %d warnings, want 0", r.code, errs)
	}
	recordtest.Canonical(t, r.out)
}

const splunkRules = 1711

// TestCorpusInputs reads each corpus as a stream and with one worker.
func TestCorpusInputs(t *testing.T) {
	for _, name := range []string{"sigma", "elastic", "splunk"} {
		t.Run(name, func(t *testing.T) {
			want := corpus(t, name).out
			packed, err := os.ReadFile(needShared(t, "corpora", name+".tar.gz"))
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
		})
	}
}

func sorted(ndjson []byte) []string {
	lines := strings.Split(strings.TrimSuffix(string(ndjson), "\n"), "\n")
	slices.Sort(lines)
	return lines
}

// TestCorpusRecords validates what every filter writes for the corpora, each
// alone and all in one stream.
func TestCorpusRecords(t *testing.T) {
	sigma, elastic, splunk := corpus(t, "sigma").out, corpus(t, "elastic").out, corpus(t, "splunk").out
	for _, tt := range []struct {
		name              string
		ndjson            []byte
		rules, techniques int // the least that is expected
	}{
		{"sigma", sigma, sigmaRules, 400},
		{"elastic", elastic, elasticRules, 400},
		{"splunk", splunk, splunkRules, 250},
		{"all", slices.Concat(sigma, elastic, splunk), sigmaRules + elasticRules + splunkRules, 500},
	} {
		t.Run(tt.name, func(t *testing.T) { records(t, tt.ndjson, tt.rules, tt.techniques) })
	}
}

func records(t *testing.T, parsed []byte, rules, techniques int) {
	normalized := filter(t, ".", parsed, "rnorm").out
	counted := filter(t, ".", normalized, "ragg").out
	for _, tt := range []struct {
		name   string
		ndjson []byte
		least  int
	}{
		{"rparse", parsed, rules},
		{"rnorm", normalized, rules},
		{"ragg", counted, techniques},
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

// TestElasticTechniques compares with counts that were made from the tags
// alone, deprecated rules left out: a sub-technique's rules name its parent too.
func TestElasticTechniques(t *testing.T) {
	got := map[string]int{}
	normalized := filter(t, ".", corpus(t, "elastic").out, "rnorm").out
	for line, err := range record.Lines(bytes.NewReader(filter(t, ".", normalized, "ragg").out)) {
		var tech record.Technique
		if err == nil {
			err = record.Decode(bytes.Clone(line.Data), &tech)
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(tech.ID, "T1021") {
			got[tech.ID] = tech.Rules
		}
	}
	want := map[string]int{
		"T1021": 93, "T1021.001": 19, "T1021.002": 22, "T1021.003": 9, "T1021.004": 20,
		"T1021.005": 1, "T1021.006": 5, "T1021.007": 6, "T1021.008": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules by technique (-want +got)\n%s", diff)
	}
}
