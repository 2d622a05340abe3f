package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// viewFlags are those of a filter with commands, the first of them the default.
type viewFlags struct {
	Common

	Page  pageFlags  `cmd:"" default:"withargs" help:"writes a page"`
	Tally tallyFlags `cmd:"" help:"counts: it's short"`

	Vendor []string `group:"Rules" placeholder:"NAME" help:"Only these vendors."`
}

type viewInputs struct {
	Files []string `arg:"" optional:"" name:"file" help:"What to read."`
}

type pageFlags struct {
	viewInputs
	Technique []string `short:"t" group:"Rules" placeholder:"ID" help:"Only these techniques."`
}

type tallyFlags struct {
	viewInputs
	By string `enum:"vendor,level" default:"vendor" help:"What to count by."`
}

// view runs the filter, which says what it was asked for.
func (w *world) view(args ...string) int {
	var f viewFlags
	tool := Tool{
		Name: "view", Summary: "shows things", Description: "What it is.", Examples: []Example{{"view x", "A page."}},
		Commands: []Command{{Name: "tally", Description: "What it counts.", Examples: []Example{{"view tally x", "A tally."}}}},
	}
	return Main(tool, &f, &f.Common, args, w.Stdio, func(s *Session) error {
		if err := s.NeedInput(append(f.Page.Files, f.Tally.Files...)); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.Out, s.Command, f.Vendor, f.Page.Technique, f.Page.Files, f.Tally.By, f.Tally.Files)
		return err
	})
}

func TestCommands(t *testing.T) {
	tests := []struct {
		args string
		want string // on stdout, or on stderr where it begins with !
	}{
		{"", "page [] [] [] vendor []"},
		{"a.nd b.nd", "page [] [] [a.nd b.nd] vendor []"},
		{"-t T1 a.nd", "page [] [T1] [a.nd] vendor []"},
		{"a.nd -t T1 --vendor x", "page [x] [T1] [a.nd] vendor []"},
		{"--vendor x -", "page [x] [] [-] vendor []"},
		{"page -t T1 a.nd", "page [] [T1] [a.nd] vendor []"},
		{"tally a.nd b.nd", "tally [] [] [] vendor [a.nd b.nd]"},
		{"--vendor x tally --by level a.nd", "tally [x] [] [] level [a.nd]"},
		{"tally --vendor x", "tally [x] [] [] vendor []"},
		{"tally tally", "tally [] [] [] vendor [tally]"},
		// Not a command: a file behind another one, or in a folder.
		{"a.nd tally", "page [] [] [a.nd tally] vendor []"},
		{"./tally", "page [] [] [./tally] vendor []"},
		// A flag of another command has no meaning.
		{"tally -t T1 a.nd", "!unknown flag -t, did you mean one of \"-o\", \"-j\", \"-q\", \"-e\", \"-h\"?"},
		{"-t T1 tally a.nd", "!--technique belongs to page, not to tally; a file of that name is ./tally"},
		{"a.nd --by level", "!unknown flag --by"},
		{"tally --by size", `!--by must be one of "vendor","level" but got "size"`},
	}
	for _, tt := range tests {
		w := newWorld("")
		code := w.view(strings.Fields(tt.args)...)
		if want, bad := strings.CutPrefix(tt.want, "!"); bad {
			w.want(t, code, ExitUsage, "", "view: "+want+" (view --help explains)\n")
		} else {
			w.want(t, code, ExitOK, tt.want+"\n", "")
		}
	}
}

func TestCommandsInTheEnvironment(t *testing.T) {
	w := newWorld("", "RULES_BY=level", "RULES_TECHNIQUE=T1", "RULES_VENDOR=x")
	w.want(t, w.view("tally"), ExitOK, "tally [x] [] [] level []\n", "")
	w = newWorld("", "RULES_BY=size")
	w.want(t, w.view("tally"), ExitUsage, "", `view: --by must be one of "vendor","level" but got "size"; RULES_BY is "size" (view --help explains)`+"\n")
	w = newWorld("", "RULES_BY=size", "RULES_TECHNIQUE=T1")
	w.want(t, w.view(), ExitOK, "page [] [T1] [] vendor []\n", "")
}

func TestCommandHelp(t *testing.T) {
	tests := []struct {
		args []string
		want []string
		not  string
	}{
		{
			[]string{"--help"},
			[]string{
				"view: shows things\n\nUsage: view [FLAGS] [FILE...]\n       view tally [FLAGS] [FILE...]\n\nExamples\n  view x\n",
				"Commands\n  page (default)            Writes a page.\n  tally                     Counts: it's short.\n", "--technique", "--vendor",
			},
			"--by",
		},
		{[]string{"page", "-h"}, []string{"Usage: view [FLAGS] [FILE...]\n"}, "--by"},
		{
			[]string{"tally", "--help"},
			[]string{"view tally: counts: it's short\n\nUsage: view tally [FLAGS] [FILE...]\n\nExamples\n  view tally x\n", "What it counts.\n", "--by", "--vendor", "--color"},
			"--technique",
		},
		{
			[]string{"tally", "--man"},
			[]string{".B view\n[FLAGS] [FILE...]\n.br\n.B view tally\n[FLAGS]", ".SS page (default)\nWrites a page.\n", ".SS tally\nCounts: it's short.\n.PP\nWhat it counts.\n.TP\n.B view tally x\n", ".SS tally: Flags\n", "RULES_BY", "RULES_TECHNIQUE"},
			"\x00",
		},
		{[]string{"--completion=fish"}, []string{"-n __fish_use_subcommand -a tally -d 'Counts: it\\'s short.'", "-n '__fish_seen_subcommand_from tally' -l by", "-n 'not __fish_seen_subcommand_from tally' -s t"}, "-n '' "},
	}
	for _, tt := range tests {
		w := newWorld("")
		if code := w.view(tt.args...); code != ExitOK || w.err.Len() > 0 {
			t.Errorf("%v: exit code %d, stderr %q", tt.args, code, w.err.String())
		}
		for _, want := range tt.want {
			if !strings.Contains(w.out.String(), want) {
				t.Errorf("%v: no %q in\n%s", tt.args, want, w.out.String())
			}
		}
		if strings.Contains(w.out.String(), tt.not) {
			t.Errorf("%v: %q in\n%s", tt.args, tt.not, w.out.String())
		}
	}
}

func TestCommandShortHelp(t *testing.T) {
	w := newWorld("")
	w.InTTY = true
	code := w.view("tally")
	w.want(t, code, ExitUsage, "", "view: no input: name files or pipe something in\n\nUsage: view tally [FLAGS] [FILE...]\n\nFor example:\n  view tally x\n\nview tally --help says more.\n")
}

// TestBashCompletion asks bash what it would offer.
func TestBashCompletion(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("needs bash")
	}
	w := newWorld("")
	w.view("--completion", "bash")
	script := filepath.Join(t.TempDir(), "view.bash")
	if err := os.WriteFile(script, w.out.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{
		"view ''":              "page tally",
		"view ta":              "tally",
		"view x":               "",
		"view --te":            "--technique",
		"view tally --te":      "",
		"view tally --b":       "--by",
		"view --b":             "",
		"view --ven":           "--vendor",
		"view tally --ven":     "--vendor",
		"view tally --by ''":   "vendor level",
		"view a.nd ''":         "",
		"view tally --color n": "never",
	}
	for line, want := range tests {
		cmd := exec.Command(bash, "-c", `source "$1"; COMP_WORDS=(`+line+`); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _view; echo "${COMPREPLY[*]}"`, "bash", script)
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s: %q (%v), want %q", line, got, err, want)
		}
	}
}
