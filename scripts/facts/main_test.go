package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

const (
	root  = "../.."
	facts = "../../../shared/facts"
)

// TestCommitted regenerates the tables and compares them with those in the
// repository.
func TestCommitted(t *testing.T) {
	if _, err := os.Stat(facts); err != nil {
		t.Skipf("no fact tables in %s: embedded tables not compared", facts)
	}
	files, err := generate(facts)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 9 {
		t.Errorf("got %d tables, want 9", len(files))
	}
	for _, f := range files {
		have, err := os.ReadFile(filepath.Join(root, f.path))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(have, f.data) {
			t.Errorf("%s is not what the facts say: run go generate ./pkg/...", f.path)
		}
	}
}

func TestReadTable(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.tsv"), []byte("a\tb\n1\t2\n3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readTable(dir, "x.tsv"); err == nil || err.Error() != "x.tsv:3: unexpected 1 columns, expected 2" {
		t.Errorf("got %v", err)
	}
	tab := table{name: "y.tsv", header: []string{"a"}}
	if _, err := tab.pick("b"); err == nil || err.Error() != `y.tsv: no column "b"` {
		t.Errorf("got %v", err)
	}
}
