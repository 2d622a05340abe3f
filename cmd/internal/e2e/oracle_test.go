package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestSigmaOracle compares the trees of a sample of the corpus with those of
// the reference implementation.
func TestSigmaOracle(t *testing.T) {
	trees := needShared(t, "oracles", "trees", "sigma.ndjson.gz")
	compare(t, trees, sigma(t).out, "testdata/oracle/sigma.txt")
}

// TestSigmaCases does the same with small documents, one for each corner of
// the specification.
func TestSigmaCases(t *testing.T) {
	cases := needShared(t, "oracles", "cases", "sigma_extra.tar.gz")
	out := filter(t, unpack(t, cases), nil, "rparse", "extra").out
	compare(t, needShared(t, "oracles", "cases", "sigma_extra.ndjson.gz"), out,
		needShared(t, "oracles", "cases", "sigma_extra_known.txt"), "testdata/oracle/sigma_extra.txt")
}

var verdict = regexp.MustCompile(`(?m)^same \d+, .* of \d+$`)

// compare runs the comparer of the reference trees. The lists name the paths
// that are left out, each with the reason.
func compare(t *testing.T, golden string, records []byte, lists ...string) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("the comparer needs python3")
	}
	dir := t.TempDir()
	var known []byte
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		known = append(append(known, text...), '\n')
	}
	knownFile, recordFile := filepath.Join(dir, "known.txt"), filepath.Join(dir, "records.ndjson")
	if err := errors.Join(os.WriteFile(knownFile, known, 0o644), os.WriteFile(recordFile, records, 0o644)); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, needShared(t, "oracles", "compare.py"),
		golden, recordFile, "--except-paths", knownFile, "--lint", "--max", "5").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, head(out, 200))
	}
	if line := verdict.Find(out); line == nil {
		t.Errorf("the comparer did not finish\n%s", head(out, 50))
	} else {
		t.Logf("%s", bytes.TrimSpace(line))
	}
}
