package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// demoFlags are the flags of a filter made for these tests.
type demoFlags struct {
	Inputs    []string `arg:"" optional:"" name:"path" help:"What to read."`
	Technique []string `group:"Selection" placeholder:"ID" help:"Only these techniques."`
	Format    string   `enum:"table,markdown" default:"table" help:"Format of the output."`
	Fold      bool     `negatable:"" group:"Selection" help:"Fold: it's [important]."`
	Common
}

func demoTool() Tool {
	return Tool{
		Name: "demo", Summary: "copies its input", Description: "One paragraph.\n\n.Another one.",
		Examples: []Example{{`demo x | head -1`, "Shows the first line."}, {`demo 'a\b'`, "Has a backslash."}},
		Schema:   func() []byte { return []byte(`{"type":"object"}`) },
		Data:     func() []string { return []string{"ATT&CK v19.0"} },
	}
}

// world is a Stdio made for a test.
type world struct {
	Stdio
	out, err bytes.Buffer
	env      map[string]string
}

func newWorld(in string, env ...string) *world {
	w := &world{env: map[string]string{}}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		w.env[name] = value
	}
	w.Stdio = Stdio{In: strings.NewReader(in), Out: &w.out, Err: &w.err, Env: func(name string) string { return w.env[name] }}
	return w
}

// copyAll is what the demo filter does.
func copyAll(inputs *[]string) func(*Session) error {
	return func(s *Session) error {
		for in, err := range s.Streams(*inputs) {
			if err != nil {
				return err
			}
			data, err := io.ReadAll(in)
			if _, err := s.Out.Write(data); err != nil {
				return err
			}
			if err == nil {
				continue
			}
			if err := s.Report(in.Problem(err)); err != nil {
				return err
			}
		}
		return nil
	}
}

// demo runs the filter; a nil run copies.
func (w *world) demo(run func(*Session) error, args ...string) int {
	var f demoFlags
	if run == nil {
		run = copyAll(&f.Inputs)
	}
	return Main(demoTool(), &f, &f.Common, args, w.Stdio, run)
}

// want checks exit code, stdout and stderr.
func (w *world) want(t *testing.T, code, wantCode int, out, err string) {
	t.Helper()
	if code != wantCode {
		t.Errorf("exit code %d, want %d", code, wantCode)
	}
	if diff := cmp.Diff(out, w.out.String()); diff != "" {
		t.Errorf("stdout (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(err, w.err.String()); diff != "" {
		t.Errorf("stderr (-want +got):\n%s", diff)
	}
}

func TestUsage(t *testing.T) {
	tests := []struct {
		args, env []string
		want      string
	}{
		{[]string{"--bogus"}, nil, `unknown flag --bogus`},
		{[]string{"--colour", "never"}, nil, `unknown flag --colour, did you mean "--color"?`},
		{[]string{"--color", "blue"}, nil, `--color must be one of "auto","always","never" but got "blue"`},
		{[]string{"--jobs"}, nil, `--jobs needs a value`},
		{[]string{"--jobs", "many"}, nil, `--jobs is "many", expected a number`},
		{[]string{"--jobs", "-2"}, nil, `--jobs needs a value; if it begins with -, write --jobs=VALUE`},
		{[]string{"--jobs=-2"}, nil, `--jobs is -2, expected a positive number`},
		{[]string{"--width=-2"}, nil, `--width is -2, expected a positive number`},
		{[]string{"--completion", "tcsh"}, nil, `--completion is "tcsh", expected bash, zsh or fish`},
		{[]string{"--bad\x1b[2J"}, nil, `unknown flag --bad␛[2J`},
		{nil, []string{"RULES_COLOR=blue"}, `--color must be one of "auto","always","never" but got "blue"; RULES_COLOR is "blue"`},
		{nil, []string{"RULES_JOBS=x"}, `--jobs is "x", expected a number; RULES_JOBS is "x"`},
	}
	for _, tt := range tests {
		w := newWorld("in", tt.env...)
		code := w.demo(nil, tt.args...)
		w.want(t, code, ExitUsage, "", "demo: "+tt.want+" (demo --help explains)\n")
	}
}

func TestEnvironment(t *testing.T) {
	show := func(s *Session) error {
		_, err := fmt.Fprintf(s.Out, "%s %d %t", s.Color, s.Jobs, s.Strict)
		return err
	}
	tests := []struct {
		args, env []string
		want      string
	}{
		{nil, nil, "auto 0 false"},
		{nil, []string{"RULES_COLOR=never", "RULES_JOBS=3", "RULES_STRICT=true"}, "never 3 true"},
		{[]string{"--color=always", "-j", "5", "--no-strict"}, []string{"RULES_COLOR=never", "RULES_JOBS=3", "RULES_STRICT=1"}, "always 5 false"},
		{nil, []string{"RULES_COLOR=", "RULES_OUTPUT=nowhere/x", "RULES_HELP=1", "RULES_MAN=true"}, "auto 0 false"},
	}
	for _, tt := range tests {
		w := newWorld("", tt.env...)
		w.want(t, w.demo(show, tt.args...), ExitOK, tt.want, "")
	}
}

func TestInformation(t *testing.T) {
	tests := []struct {
		args []string
		want []string
	}{
		{[]string{"--help"}, []string{"Usage: demo [FLAGS] [PATH...]\n", "\nExamples\n  demo x | head -1\n", "--[no-]fold ", "  2  wrong usage", "RULES_"}},
		{[]string{"-h", "--color=blue", "--jobs=-1"}, []string{"Usage: demo"}},
		{[]string{"--version"}, []string{"demo ", "\ncommit ", "\ngo1.", "ATT&CK v19.0\n"}},
		{[]string{"--schema"}, []string{"{\"type\":\"object\"}\n"}},
		{[]string{"--man"}, []string{".TH DEMO 1", ".SH EXAMPLES", ".SH EXIT STATUS", "RULES_TECHNIQUE", `demo 'a\eb'`, "\\&.Another one.\n", `\-\-[no\-]strict`}},
		{[]string{"--completion", "bash"}, []string{"complete -o default -F _demo demo\n", "--no-fold"}},
		{[]string{"--completion=zsh"}, []string{"#compdef demo\n", `'*--fold[Fold\: it'\''s \[important\].]'`, "(table markdown)"}},
		{[]string{"--completion=fish"}, []string{`complete -c demo -l fold -d 'Fold: it\'s [important].'`, "-x -a 'table markdown'"}},
	}
	for _, tt := range tests {
		w := newWorld("", "RULES_JOBS=nonsense")
		ran := false
		code := w.demo(func(*Session) error { ran = true; return nil }, tt.args...)
		if code != ExitOK || ran || w.err.Len() > 0 {
			t.Errorf("%v: exit code %d, ran %t, stderr %q", tt.args, code, ran, w.err.String())
		}
		for _, want := range tt.want {
			if !strings.Contains(w.out.String(), want) {
				t.Errorf("%v: no %q in\n%s", tt.args, want, w.out.String())
			}
		}
	}
}

func TestHelpFits(t *testing.T) {
	for _, width := range []int{50, 80, 200} {
		w := newWorld("")
		w.Columns, w.OutTTY = width, true
		w.demo(nil, "--help")
		text, _, _ := strings.Cut(w.out.String(), "\nExit codes")
		examples := strings.Index(text, "\nExamples")
		if flags := strings.Index(text, "\nOutput\n"); examples < 0 || flags < examples {
			t.Error("help does not show examples first")
		}
		for line := range strings.SplitSeq(text, "\n") {
			if columns(line) > min(width, helpWidth) {
				t.Errorf("%d columns in a help for %d: %q", columns(line), width, line)
			}
		}
	}
}

func TestExitCodes(t *testing.T) {
	bad := Problem{Path: "x.yml", Line: 3, Col: 7, Code: "yaml/syntax", Message: "unexpected end"}
	said := "x.yml:3:7: unexpected end [yaml/syntax]\n"
	report := func(p ...Problem) func(*Session) error {
		return func(s *Session) error {
			for _, p := range p {
				if err := s.Report(p); err != nil {
					return err
				}
			}
			_, err := s.Out.WriteString("done\n")
			return err
		}
	}
	unopened := Problem{Path: "gone.yml", Code: "source/unreadable", Message: "no such file", Unopened: true}
	warning := Problem{Path: "x.yml", Line: 3, Message: "odd", Warning: true}
	coded := Problem{Path: "x.yml", Code: "odd/field", Message: "odd", Warning: true}
	tests := []struct {
		name     string
		run      func(*Session) error
		args     []string
		code     int
		out, err string
	}{
		{"nothing wrong", report(), nil, ExitOK, "done\n", ""},
		{"one problem", report(bad), nil, ExitBad, "done\n", said + "demo: 1 error in 1 file\n"},
		{"two in one file", report(bad, bad), nil, ExitBad, "done\n", said + said + "demo: 2 errors in 1 file\n"},
		{"quiet", report(bad), []string{"-q"}, ExitBad, "done\n", ""},
		{"strict", report(bad, bad), []string{"--strict"}, ExitBad, "", said + "demo: 1 error in 1 file\n"},
		{"strict and quiet", report(bad), []string{"--strict", "-q"}, ExitBad, "", ""},
		{"warning", report(warning), []string{"--strict"}, ExitOK, "done\n", "x.yml:3: warning: odd\ndemo: 1 warning in 1 file\n"},
		{"fail-on another", report(warning), []string{"--fail-on", "other"}, ExitOK, "done\n", "x.yml:3: warning: odd\ndemo: 1 warning in 1 file\n"},
		{"fail-on a code", report(coded), []string{"--fail-on", "bad,odd/f*"}, ExitBad, "done\n", "x.yml: odd [odd/field]\ndemo: 1 error in 1 file\n"},
		{"fail-on a family", report(coded, coded), []string{"--fail-on=odd", "--strict"}, ExitBad, "", "x.yml: odd [odd/field]\ndemo: 1 error in 1 file\n"},
		{"fail-on all", report(coded), []string{"--fail-on", "*", "-q"}, ExitBad, "done\n", ""},
		{"fail-on part of a code", report(coded), []string{"--fail-on", "od", "--fail-on", "odd/", "-q"}, ExitOK, "done\n", ""},
		{"fail-on no pattern", report(), []string{"--fail-on", "odd/["}, ExitUsage, "", "demo: --fail-on has a bad pattern \"odd/[\", expected a code such as unsupported/lucene-* with ] for every [ (demo --help explains)\n"},
		{"unopened wins", report(unopened, bad), nil, ExitUsage, "done\n", "gone.yml: no such file [source/unreadable]\n" + said + "demo: 2 errors in 2 files\n"},
		{"no path", report(Problem{Message: "odd"}), nil, ExitBad, "done\n", "demo: odd\ndemo: 1 error\n"},
		{"gate", func(s *Session) error { s.Trip("3 rules have %s", "no\x1bid"); return nil }, nil, ExitBad, "", "demo: 3 rules have no␛id\n"},
		{"nothing out", func(*Session) error { return nil }, nil, ExitOK, "", ""},
		{"nothing out, -e", func(*Session) error { return nil }, []string{"-e"}, ExitBad, "", ""},
		{"something out, -e", report(), []string{"-e"}, ExitOK, "done\n", ""},
		{"no results, -e", func(s *Session) error { s.Emitted(0); s.Out.WriteString("[]"); return nil }, []string{"-e"}, ExitBad, "[]", ""},
		{"results, -e", func(s *Session) error { s.Emitted(0); s.Emitted(2); return nil }, []string{"-e"}, ExitOK, "", ""},
		{"usage", func(*Session) error { return Usagef("--x and --y exclude each other") }, nil, ExitUsage, "", "demo: --x and --y exclude each other (demo --help explains)\n"},
		{"reader gone", func(*Session) error { return fmt.Errorf("record 3: %w", ErrClosed) }, nil, ExitOK, "", ""},
		{"auxiliary file", func(*Session) error { _, err := os.Open("/nowhere/x"); return err }, nil, ExitUsage, "", "demo: open /nowhere/x: no such file or directory\n"},
		{"internal", func(*Session) error { return errors.New("no such table") }, nil, ExitInternal, "", "demo: no such table [internal/error]\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld("")
			w.want(t, w.demo(tt.run, tt.args...), tt.code, tt.out, tt.err)
		})
	}
}

func TestPanic(t *testing.T) {
	w := newWorld("")
	code := w.demo(func(s *Session) error {
		s.Out.WriteString("one line\n")
		panic("lost \x1b count")
	})
	if code != ExitInternal || w.out.String() != "one line\n" {
		t.Errorf("exit code %d, stdout %q", code, w.out.String())
	}
	for _, want := range []string{`demo: panic: lost ␛ count [internal/panic]`, "cli_test.go:"} {
		if !strings.Contains(w.err.String(), want) {
			t.Errorf("no %q in\n%s", want, w.err.String())
		}
	}
}

// failing is a stdout that takes some bytes and then fails.
type failing struct {
	room int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, f.err
	}
	return len(p), nil
}

func TestOutputFails(t *testing.T) {
	endless := func(s *Session) error {
		for i := 0; ; i++ {
			if _, err := s.Out.WriteString("line\n"); err != nil {
				return err
			}
			if i > 1e6 {
				return errors.New("nobody stopped the run")
			}
		}
	}
	short := func(s *Session) error { _, err := s.Out.WriteString("line\n"); return err }
	tests := []struct {
		name string
		err  error
		run  func(*Session) error
		code int
		want string
	}{
		{"pipe closed", &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}, endless, ExitOK, ""},
		{"pipe closed at the end", io.ErrClosedPipe, short, ExitOK, ""},
		{"disk full", &os.PathError{Op: "write", Path: "/x", Err: syscall.ENOSPC}, endless, ExitUsage, "demo: cannot write stdout: no space left on device\n"},
		{"disk full at the end", syscall.ENOSPC, short, ExitUsage, "demo: cannot write stdout: no space left on device\n"},
		{"error ignored by run", syscall.ENOSPC, func(s *Session) error { endless(s); return nil }, ExitUsage, "demo: cannot write stdout: no space left on device\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld("")
			w.Out = &failing{err: tt.err}
			w.want(t, w.demo(tt.run), tt.code, "", tt.want)
		})
	}
	w := newWorld("")
	w.Out = &failing{err: syscall.EPIPE}
	w.want(t, w.demo(nil, "--help"), ExitOK, "", "")
}

func TestClosedPipeIsQuiet(t *testing.T) {
	w := newWorld("")
	w.Out = &failing{err: syscall.EPIPE}
	code := w.demo(func(s *Session) error {
		s.Report(Problem{Path: "x", Message: "bad"})
		s.Out.WriteString("line\n")
		return s.Out.Flush()
	}, "--stats")
	w.want(t, code, ExitOK, "", "x: bad\n")
}

func TestStats(t *testing.T) {
	w := newWorld(strings.Repeat("x", 2_500_000))
	var f demoFlags
	code := Main(demoTool(), &f, &f.Common, []string{"--stats", "-q"}, w.Stdio, func(s *Session) error {
		s.SetStats(func() string { return "7 rules" })
		return copyAll(&f.Inputs)(s)
	})
	if got := w.err.String(); code != ExitOK || !strings.HasPrefix(got, "demo: 7 rules, 2.5 MB, 0.") || !strings.HasSuffix(got, " MB/s\n") {
		t.Errorf("exit code %d, stderr %q", code, got)
	}
}

func TestStreams(t *testing.T) {
	t.Chdir(t.TempDir())
	zipped := gzipOf(t, "zipped\n")
	for name, data := range map[string]string{"a": "A\n", "b.gz": zipped, "cut.gz": zipped[:len(zipped)-9], "bad.gz": "\x1f\x8bnonsense!", "empty": ""} {
		if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"dir", "out/a", "out/.git"} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range map[string]string{
		"out/a/x.ndjson": "x\n", "out/a.jsonl": "first\n", "out/b.ndjson.gz": zipped,
		"out/notes.txt": "no\n", "out/.c.ndjson": "no\n", "out/.git/d.ndjson": "no\n", "out/a/z.json": "no\n",
	} {
		if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name, in string
		args     []string
		code     int
		out, err string
	}{
		{"stdin", "in\n", nil, ExitOK, "in\n", ""},
		{"dash among files", "in\n", []string{"a", "-", "b.gz"}, ExitOK, "A\nin\nzipped\n", ""},
		{"gzip on stdin", zipped, nil, ExitOK, "zipped\n", ""},
		{"gzip twice", zipped + gzipOf(t, "more\n"), nil, ExitOK, "zipped\nmore\n", ""},
		{"one byte", "x", nil, ExitOK, "x", ""},
		{"empty stdin", "", nil, ExitOK, "", "demo: the input is empty\n"},
		{"empty stdin, quiet", "", []string{"-q"}, ExitOK, "", ""},
		{"empty file", "", []string{"empty"}, ExitOK, "", "demo: the input is empty\n"},
		{"one of two empty", "", []string{"empty", "a"}, ExitOK, "A\n", ""},
		{"missing file", "", []string{"gone", "a"}, ExitUsage, "A\n", "gone: no such file or directory [source/unreadable]\ndemo: 1 error in 1 file\n"},
		{"missing file, strict", "", []string{"--strict", "gone", "a"}, ExitUsage, "", "gone: no such file or directory [source/unreadable]\ndemo: 1 error in 1 file\n"},
		{"directory", "", []string{"dir", "a"}, ExitUsage, "A\n", "dir: is a directory without .ndjson or .jsonl files; expected records (rparse reads directories of rules) [source/unreadable]\ndemo: 1 error in 1 file\n"},
		{"directory of records", "", []string{"out", "a"}, ExitOK, "first\nx\nzipped\nA\n", ""},
		{"gzip cut off", "", []string{"cut.gz", "a"}, ExitBad, "zipped\nA\n", "cut.gz: the compressed input ends too early [source/truncated]\ndemo: 1 error in 1 file\n"},
		{"no gzip", "", []string{"bad.gz"}, ExitBad, "", "bad.gz: gzip: invalid header [source/corrupt]\ndemo: 1 error in 1 file\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(tt.in)
			w.want(t, w.demo(nil, tt.args...), tt.code, tt.out, tt.err)
		})
	}
}

func TestStdinBreaks(t *testing.T) {
	w := newWorld("")
	w.In = io.MultiReader(strings.NewReader("some\n"), iotest.ErrReader(&os.PathError{Op: "read", Path: "/dev/stdin", Err: syscall.EIO}))
	w.want(t, w.demo(nil), ExitBad, "some\n", "-: input/output error [source/unreadable]\ndemo: 1 error in 1 file\n")
}

func TestStdinIsTerminal(t *testing.T) {
	w := newWorld("")
	w.In, w.InTTY = iotest.ErrReader(errors.New("read of a terminal")), true
	code := w.demo(nil)
	if code != ExitUsage || w.out.Len() > 0 {
		t.Errorf("exit code %d, stdout %q", code, w.out.String())
	}
	for _, want := range []string{"demo: no input", "Usage: demo [FLAGS] [PATH...]\n", "  demo x | head -1\n", "demo --help says more.\n"} {
		if !strings.Contains(w.err.String(), want) {
			t.Errorf("no %q in\n%s", want, w.err.String())
		}
	}
	// Asked for by name, the terminal is read.
	w = newWorld("typed\n")
	w.InTTY = true
	w.want(t, w.demo(nil, "-"), ExitOK, "typed\n", "")
}

func TestOutputFile(t *testing.T) {
	write := func(text string, err error) func(*Session) error {
		return func(s *Session) error {
			s.Out.WriteString(text)
			s.Out.Flush()
			return err
		}
	}
	t.Chdir(t.TempDir())
	check := func(step, name, want string) {
		t.Helper()
		got, err := os.ReadFile(name)
		if err != nil || string(got) != want {
			t.Errorf("%s: %s holds %q (%v), want %q", step, name, got, err, want)
		}
		if left, _ := filepath.Glob(".*.tmp"); len(left) > 0 {
			t.Errorf("%s: left %v", step, left)
		}
	}
	w := newWorld("")
	w.want(t, w.demo(write("new", nil), "-o", "f"), ExitOK, "", "")
	check("created", "f", "new")
	if err := os.Chmod("f", 0o640); err != nil {
		t.Fatal(err)
	}
	w.want(t, w.demo(write("newer", nil), "-o", "f"), ExitOK, "", "")
	check("replaced", "f", "newer")
	if info, _ := os.Stat("f"); info.Mode().Perm() != 0o640 {
		t.Errorf("mode is %v, want that of the old file", info.Mode())
	}
	w.demo(write("half", errors.New("lost")), "-o", "f")
	check("failed", "f", "newer")
	w.demo(func(s *Session) error { write("half", nil)(s); panic("lost") }, "-o", "f")
	check("panic", "f", "newer")
	w.demo(func(s *Session) error { write("half", nil)(s); return s.Report(Problem{Message: "bad"}) }, "-o", "f", "--strict")
	check("strict", "f", "newer")
	w.demo(func(s *Session) error { s.Report(Problem{Message: "bad"}); return write("whole", nil)(s) }, "-o", "f")
	check("bad input, but done", "f", "whole")
	if err := os.Symlink("f", "link"); err == nil {
		w.demo(write("through", nil), "-o", "link")
		check("link", "f", "through")
		if info, _ := os.Lstat("link"); info.Mode().IsRegular() {
			t.Error("the link was replaced by a file")
		}
	}
}

func TestOutputFileFails(t *testing.T) {
	t.Chdir(t.TempDir())
	ran := false
	run := func(s *Session) error { ran = true; _, err := s.Out.WriteString("x"); return err }
	w := newWorld("")
	w.want(t, w.demo(run, "-o", "no/such/dir"), ExitUsage, "", "demo: cannot write no/such/dir: no such file or directory\n")
	w = newWorld("")
	w.want(t, w.demo(run, "-o", "."), ExitUsage, "", "demo: cannot write .: is a directory\n")
	if ran {
		t.Error("the run began without an output")
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	w = newWorld("")
	w.want(t, w.demo(run, "-o", "/dev/full"), ExitUsage, "", "demo: cannot write /dev/full: no space left on device\n")
	if info, err := os.Stat("/dev/full"); err != nil || info.Mode().IsRegular() {
		t.Fatal("the device was replaced by a file")
	}
}
