// Package golden compares, in tests, what code makes of the inputs in txtar
// files with what stands there as wanted. -update rewrites what is wanted; it
// is read before it is committed.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Run calls produce for every txtar file that pattern matches, with its
// sections by name, and compares the result with the section want.
func Run(t *testing.T, pattern, want string, produce func(t *testing.T, sections map[string][]byte) []byte) {
	t.Helper()
	files(t, pattern, func(t *testing.T, a *txtar.Archive) {
		sections := map[string][]byte{}
		for _, f := range a.Files {
			sections[f.Name] = f.Data
		}
		check(t, a, want, produce(t, sections))
	})
}

// Each calls produce for every section but the first of every txtar file that
// pattern matches, with the first and the name of the section, and compares
// the result with the section.
func Each(t *testing.T, pattern string, produce func(t *testing.T, in []byte, name string) []byte) {
	t.Helper()
	files(t, pattern, func(t *testing.T, a *txtar.Archive) {
		for _, f := range a.Files[1:] {
			check(t, a, f.Name, produce(t, a.Files[0].Data, f.Name))
		}
	})
}

// files runs a test for every txtar file that pattern matches, and writes the
// file again where it is to be updated.
func files(t *testing.T, pattern string, test func(t *testing.T, a *txtar.Archive)) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no golden files %s: %v", pattern, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			test(t, a)
			if !*update {
				return
			}
			if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// check compares got with the section name of a, or puts it there.
func check(t *testing.T, a *txtar.Archive, name string, got []byte) {
	t.Helper()
	if *update {
		set(a, name, got)
		return
	}
	var want []byte
	for _, f := range a.Files {
		if f.Name == name {
			want = f.Data
		}
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func set(a *txtar.Archive, name string, data []byte) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = data
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: data})
}

// Inputs returns the sections of all files that pattern matches and whose
// names end in suffix, as seeds for fuzzing.
func Inputs(t testing.TB, pattern, suffix string) [][]byte {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range a.Files {
			if strings.HasSuffix(f.Name, suffix) {
				out = append(out, f.Data)
			}
		}
	}
	return out
}
