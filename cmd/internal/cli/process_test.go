//go:build unix

package cli

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test binary be the demo filter, for what only a process
// of its own can show.
func TestMain(m *testing.M) {
	if os.Getenv("CLI_TEST_DEMO") == "" {
		os.Exit(m.Run())
	}
	var f demoFlags
	os.Exit(Main(demoTool(), &f, &f.Common, os.Args[1:], System(), copyAll(&f.Inputs)))
}

func demoCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), "CLI_TEST_DEMO=1")
	return cmd
}

func TestClosedPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "big")
	if err := os.WriteFile(name, []byte(strings.Repeat("line\n", 1<<20)), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := demoCommand(t, name)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "line\n" {
		t.Errorf("read %q, %v", line, err)
	}
	out.Close()
	if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
		t.Errorf("ended with %v, stderr %q; want a quiet success", err, stderr.String())
	}
}

func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	if err := os.WriteFile(name, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := demoCommand(t, "-o", name, "-")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// What does not fit into the pipe has been read when it was written, so
	// the unfinished file is there.
	if _, err := io.WriteString(in, strings.Repeat("x", 4<<20)); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".out*.tmp")); len(left) != 1 {
		t.Fatalf("unfinished files are %v", left)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGTERM {
		t.Errorf("ended with %v, want the signal", cmd.ProcessState)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("left %v", files)
	}
	if data, _ := os.ReadFile(name); string(data) != "old" {
		t.Errorf("the old file holds %q", data)
	}
}

// shells check the scripts that they will read.
func TestCompletionSyntax(t *testing.T) {
	for shell, args := range map[string][]string{"bash": {"-n"}, "zsh": {"-n"}, "fish": {"--no-execute"}} {
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("%s is not here", shell)
			continue
		}
		w := newWorld("")
		w.demo(nil, "--completion", shell)
		cmd := exec.Command(path, args...)
		cmd.Stdin = &w.out
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", shell, err, said)
		}
	}
}

func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not here")
	}
	w := newWorld("")
	w.demo(nil, "--completion", "bash")
	tests := []struct{ words, want string }{
		{"demo --no-f", "--no-fold"},
		{"demo --format m", "markdown"},
		{"demo --format = ta", "table"},
		{"demo --color a", "auto always"},
		{"demo x", ""},
	}
	for _, tt := range tests {
		script := w.out.String() + "\nCOMP_WORDS=(" + tt.words + "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _demo; echo \"${COMPREPLY[*]}\"\n"
		got, err := exec.Command(bash, "-c", script).CombinedOutput()
		if err != nil || strings.TrimSpace(string(got)) != tt.want {
			t.Errorf("%s completes to %q (%v), want %q", tt.words, got, err, tt.want)
		}
	}
}

func TestManPageReads(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not here")
	}
	w := newWorld("")
	w.demo(nil, "--man")
	cmd := exec.Command(groff, "-man", "-Tascii", "-ww")
	cmd.Stdin = &w.out
	var said strings.Builder
	cmd.Stderr = &said
	page, err := cmd.Output()
	if err != nil || said.Len() > 0 {
		t.Errorf("groff: %v: %s", err, said.String())
	}
	plain := regexp.MustCompile(".\b").ReplaceAllString(string(page), "") // bold is overstruck
	for _, want := range []string{"copies its input", "RULES_COLOR", `a\b`} {
		if !strings.Contains(plain, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
}
