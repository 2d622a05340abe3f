package house

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

// topLevel is everything that may stand there. What is generated, embedded or
// documented lives with the package that owns it.
var topLevel = []string{
	".ci", ".git", ".gitattributes", ".gitignore", ".golangci.yml",
	"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "NOTICE", "README.md", "SECURITY.md",
	"bin", "cmd", "go.mod", "go.sum", "pkg", "scripts", "testdata",
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}

// TestGoFiles looks at what neither compiler nor linter minds: files that grew
// too long, wire tags outside pkg/record, commands that do more than wire.
func TestGoFiles(t *testing.T) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		lines, tags := read(t, path)
		rel = filepath.ToSlash(rel)
		switch most := longest(rel); {
		case lines > most:
			t.Errorf("%s has %d lines, more than %d: does it do one thing?", rel, lines, most)
		case tags > 0 && strings.HasPrefix(rel, "pkg/") && !slices.Contains(ownJSON, filepath.ToSlash(filepath.Dir(rel))):
			t.Errorf("%s has JSON tags, which only pkg/record has", rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ownJSON are the packages with JSON of their own: the records, and the STIX
// bundles that MITRE publishes.
var ownJSON = []string{"pkg/record", "pkg/attack"}

func longest(path string) int {
	if strings.HasPrefix(path, "cmd/") && strings.Count(path, "/") == 2 && strings.HasSuffix(path, "/main.go") {
		return 200
	}
	return 600
}

func read(t *testing.T, path string) (lines, tags int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); lines++ {
		if strings.Contains(s.Text(), "`json:\"") {
			tags++
		}
	}
	return lines, tags
}
