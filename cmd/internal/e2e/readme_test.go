package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadme runs the commands of the README's console blocks, each a line
// that begins with "$ ", and compares what they print with what stands there.
func TestReadme(t *testing.T) {
	needSh(t)
	for _, name := range []string{"sh", "jq"} {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skipf("the README's commands need %s", name)
		}
	}
	path := filepath.Join(root, "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, commands := rerun(t, string(text))
	if commands < 5 {
		t.Errorf("the README has %d commands", commands)
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), got); diff != "" {
		t.Errorf("the README's commands print something else; go test ./cmd/internal/e2e -run Readme -update writes it (-README +printed)\n%s", diff)
	}
}

// rerun returns text with what the commands in its console blocks print now.
func rerun(t *testing.T, text string) (out string, commands int) {
	t.Helper()
	const open, shut = "```console\n", "```\n"
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, open)
		b.WriteString(before)
		if !found {
			return b.String(), commands
		}
		block, after, found := strings.Cut(rest, shut)
		if !found {
			t.Fatal("a console block does not end")
		}
		b.WriteString(open)
		for line := range strings.Lines(block) {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				b.WriteString(line)
				b.WriteString(shell(t, command))
				commands++
			}
		}
		b.WriteString(shut)
		text = after
	}
}

// shell runs a command as a reader of the README would, in the checkout.
func shell(t *testing.T, command string) string {
	t.Helper()
	var out, stderr bytes.Buffer
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Stdout, cmd.Stderr = root, &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v\n%s", command, err, &stderr)
	}
	var trimmed strings.Builder
	for line := range strings.Lines(out.String()) {
		trimmed.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return trimmed.String()
}
