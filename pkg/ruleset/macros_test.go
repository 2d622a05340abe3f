package ruleset

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rulepipe/rulepipe/pkg/query/spl"
	"github.com/rulepipe/rulepipe/pkg/source"
)

// macroTree are files of several trees: x is defined in each, as what says
// where.
var macroTree = []struct{ path, text string }{
	{"app/default/macros.conf", "[x]\ndefinition = app default\n[y]\ndefinition = y default\n"},
	{"app/default/savedsearches.conf", "[s]\nsearch = index=a `x` | stats count\n"},
	{"app/local/macros.conf", "[x]\ndefinition = app local\n"},
	{"app/local/savedsearches.conf", "[s]\nsearch = index=a `x` | stats count\n"},
	{"flat/macros.conf", "[x]\ndefinition = flat\n"},
	{"flat/savedsearches.conf", "[s]\nsearch = index=a `x` | stats count\n"},
	{"none/rule.yml", "search: index=a `x`\nhow_to_implement: x\n"},
	{"repo/detections/a/b/rule.yml", "search: index=a `x`\nhow_to_implement: x\n"},
	{"repo/detections/macros/README.md", "a definition of the word\n"},
	{"repo/detections/rule.yml", "search: index=a `x`\nhow_to_implement: x\n"},
	{"repo/macros/more/x.yml", "name: x\ndefinition: repo\n"},
	{"repo/macros/no.yml", "name: n\nsearch: s\ndefinition: x\n"},
}

var wantMacros = []string{
	"app/default/savedsearches.conf: app local",
	"app/local/savedsearches.conf: app local",
	"flat/savedsearches.conf: flat",
	"none/rule.yml: nothing",
	"repo/detections/a/b/rule.yml: repo",
	"repo/detections/rule.yml: repo",
}

// found returns what x is for each file that matches a loader of Splunk's.
func found(t *testing.T, r *Reader, in *source.Inputs, jobs int) []string {
	t.Helper()
	in.Hold = r.Hold()
	var out []string
	for s := range source.Map(in, jobs, func(f source.File) string {
		if f.Err != nil {
			return f.Path + "!" + f.Err.Code
		}
		if !strings.HasSuffix(f.Path, "rule.yml") && !strings.HasSuffix(f.Path, "searches.conf") {
			return ""
		}
		text := "nothing"
		if m, ok := r.macros(f)["x"]; ok {
			text = m.Definition
		}
		return f.Path + ": " + text
	}) {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func tarball(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range macroTree {
		if err := w.WriteHeader(&tar.Header{Name: f.path, Mode: 0o644, Size: int64(len(f.text)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Macros are found beside the rules, on disk and in archives, where they come
// after them.
func TestMacrosBeside(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, f := range macroTree {
		if err := os.MkdirAll(filepath.Dir(f.path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f.path, []byte(f.text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	archive := tarball(t)
	if err := os.WriteFile("all.tar", archive, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, jobs := range []int{1, 2, 8} {
		for name, in := range map[string]*source.Inputs{
			"directories": {Paths: []string{"app", "flat", "none", "repo"}},
			"files": {Paths: []string{
				"app/default/savedsearches.conf", "app/local/savedsearches.conf", "flat/savedsearches.conf",
				"none/rule.yml", "repo/detections/a/b/rule.yml", "repo/detections/rule.yml",
			}},
			"stdin":   {Stdin: bytes.NewReader(archive)},
			"archive": {Paths: []string{"all.tar"}},
		} {
			got := found(t, &Reader{}, in, jobs)
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], "all.tar/")
			}
			if diff := cmp.Diff(wantMacros, got); diff != "" {
				t.Errorf("%s, %d jobs (-want +got):\n%s", name, jobs, diff)
			}
		}
	}
}

// What the user gives is stronger, and all that there is for a rule from
// stdin; an archive does not see the macros on disk, nor those of another one.
func TestMacrosGiven(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("macros.conf", []byte("[x]\ndefinition = disk\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	given := []spl.Macro{{Name: "x", Definition: "first"}, {Name: "x", Definition: "given"}}
	file := source.File{Path: "a/rule.yml"}
	tests := []struct {
		name string
		r    *Reader
		file source.File
		want string
	}{
		{"on disk", &Reader{}, file, "disk"},
		{"given", &Reader{Macros: given}, file, "given"},
		{"stdin", &Reader{}, source.File{Path: source.Stdin}, ""},
		{"stdin, given", &Reader{Macros: given}, source.File{Path: source.Stdin}, "given"},
		{"in an archive", &Reader{}, source.File{Path: "a/rule.yml", Archive: "-"}, ""},
	}
	for _, tt := range tests {
		if got := tt.r.macros(tt.file)["x"].Definition; got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	r := &Reader{}
	r.wait(source.File{Path: "macros/x.yml", Archive: "one.tar", Data: []byte("name: x\ndefinition: one\n")})
	for archive, want := range map[string]string{"one.tar": "one", "two.tar": ""} {
		if got := r.macros(source.File{Path: "rule.yml", Archive: archive})["x"].Definition; got != want {
			t.Errorf("in %s: %q, want %q", archive, got, want)
		}
	}
}

func TestReadMacros(t *testing.T) {
	tests := []struct {
		name, text string
		macros     int
		problems   string
	}{
		{"YAML", "name: x\ndefinition: y\n", 1, ""},
		{"conf", "[x]\ndefinition = y\n[z]\ndefinition = a\n", 2, ""},
		{"other", "a: definition\n", 0, ""},
		{"no text", "nothing here", 0, ""},
		{"broken", "name: x\ndefinition: 'y\n", 0, "yaml/syntax:3"},
		{"half broken", "[x]\ndefinition = y\nwhat\n", 1, "conf/syntax:3"},
	}
	for _, tt := range tests {
		got := ReadMacros(source.File{Path: "m", Data: []byte(tt.text)})
		problems := ""
		for _, p := range got.Problems {
			problems += fmt.Sprintf("%s:%d", p.Code, p.Line)
		}
		if len(got.Macros) != tt.macros || problems != tt.problems {
			t.Errorf("%s: %d macros, problems %q; want %d, %q", tt.name, len(got.Macros), problems, tt.macros, tt.problems)
		}
	}
	gone := ReadMacros(source.File{Path: "m", Err: &source.Error{Code: source.CodeUnreadable, Unopened: true}})
	if len(gone.Problems) != 1 || !gone.Problems[0].Unopened {
		t.Errorf("%+v", gone)
	}
}

// What is stronger does not depend on the order of an archive.
func TestMacrosLayers(t *testing.T) {
	files := []string{"a/local/macros.conf", "a/default/macros.conf", "a/macros.conf", "a/macros/x.yml"}
	for i := range files {
		r := &Reader{}
		for _, p := range files[i:] {
			text := "[x]\ndefinition = " + p + "\n"
			if strings.HasSuffix(p, ".yml") {
				text = "name: x\ndefinition: " + p + "\n"
			}
			r.wait(source.File{Path: p, Archive: "-", Data: []byte(text)})
		}
		if got := r.macros(source.File{Path: "a/b/rule.yml", Archive: "-"})["x"].Definition; got != files[i] {
			t.Errorf("of %q: %q", files[i:], got)
		}
	}
}
