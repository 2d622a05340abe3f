package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/rulepipe/rulepipe/cmd/internal/cli"
	"github.com/rulepipe/rulepipe/pkg/record/recordtest"
)

const (
	ruleA = `{"type":"rule","v":1,"vendor":"sigma","path":"a.yml","id":"a","title":"A","status":"test","level":"high","kind":"match","coverage":"full","predicates":[{"field":"Image","op":"ends_with","value":"\\net.exe","role":"indicator","part":0},{"field":"User","op":"ne","value":"x","role":"indicator","part":0},{"field":"EventID","op":"eq","value":"1","role":"selector","part":0},{"field":"n","op":"gt","value":"5","role":"threshold","part":0}],"events":[{"provider":"Sysmon","id":"1","title":"Process creation","via":"logsource"}],"attack":[{"id":"T1021.002","name":"SMB/Windows Admin Shares","tactics":["TA0008"]}],"platforms":["windows"]}` + "\n"
	ruleB = `{"type":"rule","v":1,"vendor":"elastic","path":"b.toml","id":"b","title":"B","status":"deprecated","level":"low","kind":"match","coverage":"partial","predicates":[{"field":"Image","op":"ends_with","value":"\\net.exe","role":"indicator","part":0}],"attack":[{"id":"T1685","tagged":"T1562.001"}],"platforms":["linux"]}` + "\n"
	other = `{"type":"error","v":1,"tool":"rparse","code":"yaml/syntax","message":"m"}` + "\n"
)

// ragg runs the filter in process.
func ragg(in string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, cli.Stdio{In: strings.NewReader(in), Out: &out, Err: &errs})
	return code, out.String(), errs.String()
}

// pages returns the ids and numbers of rules of the technique records.
func pages(stdout string) string {
	var list []string
	for line := range strings.Lines(stdout) {
		rest, ok := strings.CutPrefix(line, `{"type":"technique","v":1,"id":"`)
		if !ok {
			continue
		}
		id, rest, _ := strings.Cut(rest, `"`)
		_, rules, _ := strings.Cut(rest, `"rules":`)
		rules = rules[:strings.IndexAny(rules, ",}")]
		list = append(list, id+"="+rules)
	}
	return strings.Join(list, " ")
}

func TestRun(t *testing.T) {
	tests := []struct {
		name, in string
		args     []string
		code     int
		pages    string
		stdout   string // part of it, or all of it where it begins with ^
		stderr   string // part of it
	}{
		{name: "all", in: ruleA + other + ruleB, pages: "T1021.002=1", stdout: "^" + other},
		{name: "withdrawn rules", in: ruleA + ruleB, args: []string{"--all"}, pages: "T1021.002=1 T1685=1", stdout: `"tagged":["T1562.001"]`},
		{name: "withdrawn rules by name", in: ruleA + ruleB, args: []string{"--status=deprecated,stable"}, pages: "T1685=1"},
		{name: "technique", in: ruleA, args: []string{"-t", "t1021*"}, pages: "T1021.002=1"},
		{name: "revoked", in: ruleA + ruleB, args: []string{"--all", "-t", "T1562.001"}, pages: "T1685=1", stderr: "T1562.001 was replaced by T1685"},
		{name: "no rule", in: ruleA, args: []string{"-t", "T1685"}, pages: "T1685=0", stderr: "T1685 (Disable or Modify Tools): no rule"},
		{name: "no rule, -e", in: ruleA, args: []string{"-e", "-t", "T1685"}, code: 1, pages: "T1685=0"},
		{name: "a rule, -e", in: ruleA, args: []string{"-e"}, pages: "T1021.002=1"},
		{name: "unknown technique", in: ruleA, args: []string{"-t", "T1021.099"}, code: 2, stderr: "try T1021*"},
		{name: "two techniques", in: ruleA + ruleB, args: []string{"--all", "-t", "T1021.002,T1685"}, pages: "T1021.002=1 T1685=1"},
		{name: "vendor", in: ruleA + ruleB, args: []string{"--all", "--vendor", "elastic"}, pages: "T1685=1"},
		{name: "platform", in: ruleA + ruleB, args: []string{"--all", "--platform", "windows"}, pages: "T1021.002=1", stdout: `"rules":1,"reach":2`},
		{name: "level", in: ruleA + ruleB, args: []string{"--all", "--level", "low"}, pages: "T1685=1"},
		{name: "unknown level", in: ruleA, args: []string{"--level", "urgent"}, code: 2, stderr: "urgent"},
		{name: "rollup", in: ruleA, args: []string{"--attribution", "rollup"}, pages: "T1021=1 T1021.002=1"},
		{name: "ne", in: ruleA, stdout: `"indicators":[{"field":"Image","op":"ends_with","value":"\\net.exe","rules":1,"reach":1,"vendors":{"sigma":1},"rule_ids":["a"]},{"field":"User"`, pages: "T1021.002=1"},
		{name: "fold ne", in: ruleA, args: []string{"--fold-ne"}, stdout: `"exclusions":[{"field":"User"`, pages: "T1021.002=1"},
		{name: "selectors", in: ruleA, args: []string{"--selectors"}, stdout: `"indicators":[{"field":"EventID"`, pages: "T1021.002=1"},
		{name: "thresholds", in: ruleA, args: []string{"--thresholds"}, stdout: `"thresholds":[{"field":"n","op":"gt","value":"5"`, pages: "T1021.002=1"},
		{name: "bad line", in: "{\"type\":\"rule\",\n" + ruleA, code: 1, pages: "T1021.002=1", stdout: `"tool":"ragg","code":"record/syntax"`, stderr: "-:1: not a JSON object"},
		{name: "strict", in: "{\"type\":\"rule\",\n" + ruleA, args: []string{"--strict"}, code: 1},
		{name: "empty", args: []string{"--stats"}, stdout: "^", stderr: "the input is empty"},
		{name: "not through rnorm", in: `{"type":"rule","v":1,"techniques":["T1562.001"],"coverage":"full"}`, pages: "T1685=1", stderr: "1 of 1 rules have no predicates: pipe rules through rnorm first"},
		{
			name: "stats", in: ruleA + ruleB, args: []string{"--stats"}, pages: "T1021.002=1",
			stderr: "1 rules (sigma 1), read in full 1, in part 0, not 0, without a query 0, on pages 1, left out as deprecated or unsupported 1",
		},
		{name: "no such file", args: []string{"/does/not/exist"}, code: 2, stdout: `"code":"source/unreadable"`, stderr: "/does/not/exist: no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := ragg(tt.in, tt.args...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if got := pages(stdout); got != tt.pages {
				t.Errorf("pages %q, want %q", got, tt.pages)
			}
			want, whole := strings.CutPrefix(tt.stdout, "^")
			if whole && !strings.HasPrefix(stdout, want) || !strings.Contains(stdout, want) {
				t.Errorf("stdout %q, want %q", stdout, tt.stdout)
			}
			if !strings.Contains(stderr, tt.stderr) {
				t.Errorf("stderr %q, want %q in it", stderr, tt.stderr)
			}
			recordtest.Validate(t, []byte(stdout))
		})
	}
}

// ledgers returns the ledger records, without the lists behind the numbers.
func ledgers(stdout string) string {
	var list []string
	for line := range strings.Lines(stdout) {
		if rest, ok := strings.CutPrefix(line, `{"type":"ledger","v":1,`); ok {
			head, _, _ := strings.Cut(rest, `,"opaque":`)
			head, _, _ = strings.Cut(head, `,"rule_list":`)
			list = append(list, strings.TrimSuffix(head, "}\n"))
		}
	}
	return strings.Join(list, "\n")
}

func TestLedger(t *testing.T) {
	const (
		sigma    = `"vendor":"sigma","language":"sigma","rules":1,"full":0,"partial":1,"none":0,"no_query":0,"predicates":4,"fields":{"mapped":1,"unmapped":1,"distinct":1},"tied":1,"windows":{"rules":1,"tied":1}`
		elastic  = `"vendor":"elastic","rules":1,"full":0,"partial":1,"none":0,"no_query":0,"predicates":1,"fields":{"mapped":1,"unmapped":0},"tied":0,"windows":{"rules":0,"tied":0},"revoked":[{"tagged":"T1562.001","id":"T1685","name":"Disable or Modify Tools","rules":1,"rule_ids":["b"]}]`
		leftOut  = `"vendor":"elastic","rules":0,"full":0,"partial":0,"none":0,"no_query":0,"left_out":1,"predicates":0,"fields":{"mapped":0,"unmapped":0},"tied":0,"windows":{"rules":0,"tied":0}`
		withErr  = `"vendor":"elastic","rules":0,"full":0,"partial":0,"none":0,"no_query":0,"left_out":1,"errors":2,"predicates":0,"fields":{"mapped":0,"unmapped":0},"tied":0,"windows":{"rules":0,"tied":0}`
		rawRule  = `{"type":"rule","v":1,"vendor":"sigma","language":"sigma","id":"r","techniques":["T1562.001"],"coverage":"full"}`
		rawCount = `"vendor":"sigma","language":"sigma","rules":1,"full":1,"partial":0,"none":0,"no_query":0,"raw":1,"predicates":0,"fields":{"mapped":0,"unmapped":0},"tied":0,"windows":{"rules":0,"tied":0},"revoked":[{"tagged":"T1562.001","id":"T1685","name":"Disable or Modify Tools","rules":1,"rule_ids":["r"]}]`
		opaque   = `{"type":"rule","v":1,"vendor":"sigma","language":"sigma","id":"o","coverage":"partial","platforms":["windows"],"events":[{"provider":"Sysmon","id":"1"}],"predicates":[{"field":"Image","op":"eq","value":"x","role":"selector","part":0},{"field":"odd","op":"eq","value":"x","role":"indicator","part":0,"unmapped":true},{"field":"n","op":"gt","value":"1","role":"threshold","part":0},{"op":"opaque","value":"odd(x)","role":"opaque","part":0,"code":"unsupported/x"}]}` + "\n"
		rows     = `"opaque":[{"code":"unsupported/x","text":"odd(x)","fragments":1,"rules":1,"rule_ids":["o"]}],"unmapped":[{"field":"odd","predicates":1,"rules":1,"rule_ids":["o"]}],"rule_list":[{"vendor":"sigma","id":"o","coverage":"partial","platforms":["windows"]}]`
	)
	tests := []struct {
		name, in string
		args     []string
		code     int
		ledgers  string
		stdout   string // part of it
		stderr   string // part of it
	}{
		{name: "all", in: opaque + ruleB, args: []string{"--all"}, ledgers: elastic + "\n" + sigma, stdout: rows},
		{name: "withdrawn rules", in: opaque + ruleB, ledgers: leftOut + "\n" + sigma},
		{name: "withdrawn rules by name", in: opaque + ruleB, args: []string{"--status=deprecated"}, ledgers: elastic},
		{name: "vendor", in: opaque + ruleB, args: []string{"--vendor=sigma"}, ledgers: sigma},
		{name: "platform", in: opaque + ruleB, args: []string{"--all", "--platform=windows"}, ledgers: sigma},
		{name: "errors", in: other + "x\n" + ruleB, code: 1, ledgers: withErr, stdout: other, stderr: "-:2: not a JSON object"},
		{name: "not through rnorm", in: rawRule, ledgers: rawCount, stderr: "1 of 1 rules have no predicates: pipe rules through rnorm first"},
		{name: "no rules, -e", in: other, args: []string{"-e"}, code: 1, stdout: other, stderr: "no rule records in the input"},
		{name: "flag of another view", in: opaque, args: []string{"--fold-ne"}, code: 2, stderr: "unknown flag --fold-ne"},
		{name: "flag of all views", in: opaque, args: []string{"--stats"}, ledgers: sigma, stderr: "1 rules (sigma 1), read in full 0, in part 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := ragg(tt.in, append([]string{"ledger"}, tt.args...)...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if got := ledgers(stdout); got != tt.ledgers {
				t.Errorf("ledgers\n%s\nwant\n%s", got, tt.ledgers)
			}
			if !strings.Contains(stdout, tt.stdout) {
				t.Errorf("stdout %q, want %q in it", stdout, tt.stdout)
			}
			if !strings.Contains(stderr, tt.stderr) {
				t.Errorf("stderr %q, want %q in it", stderr, tt.stderr)
			}
			recordtest.Validate(t, []byte(stdout))
			recordtest.Canonical(t, []byte(ledgerLines(stdout)))
		})
	}
}

// ledgerLines returns the lines that ragg made: others are as they came.
func ledgerLines(stdout string) string {
	var b strings.Builder
	for line := range strings.Lines(stdout) {
		if strings.HasPrefix(line, `{"type":"ledger"`) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// TestEveryCommandIsAView checks that none was forgotten in the list.
func TestEveryCommandIsAView(t *testing.T) {
	k, err := kong.New(&flags{}, kong.NoDefaultHelp())
	if err != nil {
		t.Fatal(err)
	}
	var commands, listed []string
	for _, child := range k.Model.Children {
		commands = append(commands, child.Name)
	}
	for _, v := range views {
		listed = append(listed, v.command)
	}
	if !slices.Equal(commands, listed) {
		t.Errorf("commands %v, views %v", commands, listed)
	}
}

// TestFileCalledLikeAView checks that only the first word can be a view.
func TestFileCalledLikeAView(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("ledger", []byte(ruleA), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"./ledger"}, {"technique", "ledger"}, {"-", "ledger"}, {"-t", "T1021.002", "./ledger"}} {
		if code, stdout, stderr := ragg("", args...); code != 0 || pages(stdout) != "T1021.002=1" {
			t.Errorf("ragg %v: exit code %d, pages %q, stderr %q", args, code, pages(stdout), stderr)
		}
	}
	if code, stdout, _ := ragg(ruleA, "ledger"); code != 0 || pages(stdout) != "" || ledgers(stdout) == "" {
		t.Errorf("ragg ledger: exit code %d, stdout %q", code, stdout)
	}
}

// TestInputsAreOne checks that several inputs are counted together, that one
// that cannot be opened does not stop the others, and that -o writes a file.
func TestInputsAreOne(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "b.ndjson"), filepath.Join(dir, "out.ndjson")
	if err := os.WriteFile(file, []byte(ruleB), 0o666); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := ragg(ruleA, "--all", "-o", out, "-", filepath.Join(dir, "missing"), file)
	if code != cli.ExitUsage || !strings.Contains(stderr, "missing") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	got, err := os.ReadFile(out)
	if err != nil || pages(string(got)) != "T1021.002=1 T1685=1" || !strings.Contains(string(got), `"reach":2`) {
		t.Errorf("output %s (%v)", got, err)
	}
}

func TestAbout(t *testing.T) {
	for flag, want := range map[string]string{
		"--help":    "--technique",
		"--version": "ATT&CK 19",
		"--schema":  `"oneOf"`,
		"--man":     ".SS ledger",
	} {
		if code, stdout, stderr := ragg("", flag); code != 0 || !strings.Contains(stdout, want) || stderr != "" {
			t.Errorf("%s: exit code %d, stderr %q, %q not in stdout", flag, code, stderr, want)
		}
	}
}
