package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/cmd/internal/cli"
)

const (
	page  = `{"type":"technique","v":1,"id":"T1021","name":"Remote Services","rules":1,"corpus":9,"indicators":[{"field":"Image","op":"ends_with","value":"\\net.exe","rules":1,"reach":3}],"exclusions":[{"field":"Image","op":"eq","value":"x","rules":1,"reach":1},{"field":"Image","op":"eq","value":"y","rules":1,"reach":1}],"rule_list":[{"vendor":"sigma","id":"a","title":"A","path":"a.yml"}]}` + "\n"
	tally = `{"type":"ledger","v":1,"vendor":"sigma","language":"sigma","rules":2,"full":2,"partial":0,"none":0,"no_query":0,"predicates":3,"fields":{"mapped":2,"unmapped":1},"tied":2,"windows":{"rules":2,"tied":2},"unmapped":[{"field":"odd.field","predicates":1,"rules":1}]}` + "\n"
	noted = `{"type":"error","v":1,"tool":"rparse","code":"yaml/syntax","message":"m"}` + "\n" + `{"type":"gap","v":1}` + "\n"
)

func TestRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.ndjson")
	if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, in string
		args     []string
		code     int
		stdout   string // part of it, ! in front where it must not be
		stderr   string // part of it
	}{
		{name: "table", in: page, stdout: "Remote Services T1021\n"},
		{name: "markdown", in: page, args: []string{"--format", "markdown"}, stdout: "# Remote Services (T1021)\n"},
		{name: "files", args: []string{file, file}, stdout: strings.Repeat("═", 80)},
		{name: "one row", in: page, args: []string{"--top=1"}, stdout: "... 1 more: --top 0"},
		{name: "all rows", in: page, args: []string{"--top=0"}, stdout: "!... 1 more"},
		{name: "sections", in: page, args: []string{"--section=indicators,rules"}, stdout: "!Common exclusions"},
		{name: "width", in: page, args: []string{"--width=60"}, stdout: "Rules: 1 of 9 in the input\n"},
		{name: "no colour", in: page, stdout: "!\x1b"},
		{name: "colour", in: page, args: []string{"--color=always"}, stdout: "\x1b[1mRemote"},
		{name: "notes", in: page + noted, stdout: "yaml/syntax 1", stderr: "1 error record in the input\nrrender: records of other types left out: gap 1"},
		{name: "bad line", in: "x\n" + page, code: 1, stdout: "T1021", stderr: "-:1: not a JSON object [record/syntax]"},
		{name: "strict", in: "x\n" + page, args: []string{"--strict"}, code: 1, stdout: "!T1021"},
		{name: "nothing", in: noted, stderr: "nothing to render: no technique or ledger record in the input"},
		{name: "nothing, -e", in: noted, args: []string{"-e"}, code: 1},
		{name: "something, -e", in: page, args: []string{"-e"}},
		{name: "no such file", args: []string{file + "x", file}, code: 2, stdout: "T1021", stderr: "no such file"},
		{name: "format", args: []string{"--format=pdf"}, code: 2, stderr: "pdf"},
		{name: "section", args: []string{"--section=rules,nonsense"}, code: 2, stderr: "nonsense"},
		{name: "top", args: []string{"--top=-2"}, code: 2, stderr: "--top is -2"},
		{name: "ledger", in: tally + page, stdout: "T1021"},
		{name: "ledger behind the pages", in: tally + page + tally, args: []string{"--section=coverage"}, stdout: "═\n\nWhat was read\n"},
		{name: "section of a ledger", in: tally, args: []string{"--section=unmapped"}, stdout: "odd.field"},
		{name: "other sections of a ledger", in: tally, args: []string{"--section=unmapped"}, stdout: "!Rules by vendor"},
		{name: "ledger, -e", in: tally, args: []string{"-e", "--stats"}, stderr: "rrender: pages 1, "},
		{name: "wrong type in a ledger", in: `{"type":"ledger","v":1,"rules":"many"}` + "\n" + tally, code: 1, stdout: "What was read", stderr: "-:1: a member of the ledger record is of the wrong type [record/wrong-type]"},
		{name: "schema of a ledger", args: []string{"--schema"}, stdout: `"ledger"`},
		{name: "schema", args: []string{"--schema"}, stdout: `"technique"`},
		{name: "stats", in: page, args: []string{"--stats"}, stderr: "rrender: pages 1, "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := run(tt.args, cli.Stdio{In: strings.NewReader(tt.in), Out: &out, Err: &errs})
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			want, not := strings.CutPrefix(tt.stdout, "!")
			if strings.Contains(out.String(), want) == not {
				t.Errorf("stdout, want %q:\n%s", tt.stdout, out.String())
			}
			if !strings.Contains(errs.String(), tt.stderr) {
				t.Errorf("stderr, want %q:\n%s", tt.stderr, errs.String())
			}
		})
	}
}
