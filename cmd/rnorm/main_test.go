package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/cmd/internal/cli"
	"github.com/rulepipe/rulepipe/pkg/record/recordtest"
)

const (
	rule      = `{"type":"rule","v":1,"vendor":"sigma","path":"a.yml","id":"a","techniques":["T1562.001"],"logsource":{"product":"windows","service":"security"},"parts":[{"where":{"and":[{"field":"EventID","op":"eq","values":["4688"]},{"field":"NewProcessName","op":"ends_with","values":["\\net.exe"]}]}}]}` + "\n"
	ruleOut   = `{"type":"rule","v":1,"vendor":"sigma","path":"a.yml","id":"a","techniques":["T1562.001"],"logsource":{"product":"windows","service":"security"},"parts":[{"where":{"and":[{"field":"EventID","op":"eq","values":["4688"]},{"field":"NewProcessName","op":"ends_with","values":["\\net.exe"]}]}}],"predicates":[{"field":"EventID","op":"eq","value":"4688","role":"selector","part":0},{"field":"Image","op":"ends_with","value":"\\net.exe","role":"indicator","part":0,"raw":{"field":"NewProcessName","op":"ends_with","value":"\\net.exe"}}],"events":[{"provider":"Security-Auditing","id":"4688","title":"A new process has been created.","via":"eventid"}],"attack":[{"id":"T1685","name":"Disable or Modify Tools","tactics":["TA0112"],"tagged":"T1562.001"}],"platforms":["windows"]}` + "\n"
	technique = `{"type":"technique", "v":1, "id":"T1"}` + "\n"
	unknown   = `{"type":"rule","v":1,"id":"u","techniques":["T9999"]}` + "\n"
	badRule   = `{"type":"rule","v":1,"id":"b","parts":[{"where":{"field":"a","op":"foo"}}]}` + "\n"
)

// rnorm runs the filter in process.
func rnorm(in string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, cli.Stdio{In: strings.NewReader(in), Out: &out, Err: &errs})
	return code, out.String(), errs.String()
}

func TestRun(t *testing.T) {
	tests := []struct {
		name, in string
		args     []string
		code     int
		stdout   string // part of it, or all of it where it begins with ^
		stderr   string // part of it
	}{
		{name: "rule", in: rule, stdout: "^" + ruleOut},
		{name: "twice", in: ruleOut, stdout: "^" + ruleOut},
		{name: "other records", in: technique + rule + technique, stdout: "^" + technique + ruleOut + technique},
		{name: "unknown technique", in: unknown, stdout: `"attack":[{"id":"T9999"}]`, stderr: "-:1: warning: no version of ATT&CK knows technique \"T9999\" [attack/unknown-technique]\nrnorm: 1 warning in 1 file\n"},
		{name: "bad rule", in: badRule + rule, code: 1, stdout: `"rule":"b"}` + "\n" + ruleOut, stderr: `-:1: part 0: unknown operator "foo" [record/unknown-operator]`},
		{name: "bad rule, strict", in: badRule + rule, args: []string{"--strict"}, code: 1, stdout: badRule, stderr: "unknown operator"},
		{name: "bad rule, quiet", in: badRule + rule, args: []string{"-q"}, code: 1, stdout: badRule},
		{name: "no JSON", in: "oops\n" + rule, code: 1, stdout: `"message":"unexpected \"oops\", expected a JSON object","path":"-","line":1}` + "\n" + ruleOut},
		{name: "empty", in: "", stderr: "rnorm: the input is empty"},
		{name: "empty, -e", in: "", args: []string{"-e"}, code: 1},
		{name: "no such file", args: []string{"no-such-file"}, code: 2, stdout: `"code":"source/unreadable"`, stderr: "no-such-file: "},
		{name: "usage", args: []string{"--bogus"}, code: 2, stderr: "unknown flag --bogus"},
		{name: "statistics", in: rule + badRule + technique, args: []string{"--stats", "-j1"}, code: 1, stderr: "2 rules, 1 not normalized, 2 predicates, "},
		{name: "version", args: []string{"--version"}, stdout: "ATT&CK 19.2"},
		{name: "schema", args: []string{"--schema"}, stdout: `"predicates"`},
		{name: "man", args: []string{"--man"}, stdout: "rnorm"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := rnorm(tt.in, tt.args...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if all, ok := strings.CutPrefix(tt.stdout, "^"); ok && stdout != all || !ok && !strings.Contains(stdout, tt.stdout) {
				t.Errorf("stdout:\n%s\nwant:\n%s", stdout, tt.stdout)
			}
			if !strings.Contains(stderr, tt.stderr) || tt.stderr == "" && tt.code == 0 && stderr != "" {
				t.Errorf("stderr:\n%s\nwant:\n%s", stderr, tt.stderr)
			}
		})
	}
}

// TestSchema validates what is written.
func TestSchema(t *testing.T) {
	_, stdout, _ := rnorm(rule + badRule + unknown + "oops\n")
	for line := range strings.Lines(stdout) {
		if !strings.Contains(line, `"op":"foo"`) { // passed on as it came
			recordtest.Validate(t, []byte(line))
		}
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	plain, packed, torn := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c")
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, err := w.Write([]byte(rule))
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{plain: []byte(technique), packed: z.Bytes(), torn: z.Bytes()[:z.Len()-6]} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, _ := rnorm(rule, plain, packed, "-")
	if code != 0 || stdout != technique+ruleOut+ruleOut {
		t.Errorf("exit code %d, stdout:\n%s", code, stdout)
	}
	code, stdout, stderr := rnorm("", torn, plain)
	if code != 1 || !strings.Contains(stdout, `"code":"source/truncated"`) || !strings.HasSuffix(stdout, technique) {
		t.Errorf("torn file: exit code %d, stdout:\n%sstderr:\n%s", code, stdout, stderr)
	}
}
