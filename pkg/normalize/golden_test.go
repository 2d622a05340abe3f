package normalize

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rulepipe/rulepipe/pkg/record"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden normalizes the stream in section "in" of every golden file and
// compares what normalizing adds, a line for each predicate, event and so on,
// with section "want". The comment of the file says what it is about.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := added(t, section(a, "in"))
			if *update {
				setSection(a, "want", got)
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(section(a, "want")), string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func section(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func setSection(a *txtar.Archive, name string, data []byte) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = data
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: data})
}

// added returns what normalizing adds to each rule of a stream.
func added(t *testing.T, stream []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	n := New(Tables{})
	for line, err := range record.Lines(bytes.NewReader(stream)) {
		if err != nil {
			t.Fatal(err)
		}
		var s record.Subject
		if err := s.Decode(line.Data); err != nil {
			t.Fatalf("line %d: %v", line.No, err)
		}
		normal, problems, err := n.Rule(&s)
		out.WriteString("# " + s.ID + "\n")
		if err != nil {
			out.WriteString("error " + err.Error() + "\n")
			continue
		}
		write(t, &out, normal)
		for _, p := range problems {
			out.WriteString("warning " + p.Message + "\n")
		}
	}
	return out.Bytes()
}

// write writes a normal form a line for each thing.
func write(t *testing.T, out *bytes.Buffer, n *record.Normal) {
	t.Helper()
	for _, p := range n.Predicates {
		writeLine(t, out, p)
	}
	for _, e := range n.Events {
		writeLine(t, out, e)
	}
	for _, a := range n.Attack {
		writeLine(t, out, a)
	}
	if n.Platforms != nil {
		out.WriteString("platforms " + strings.Join(n.Platforms, " ") + "\n")
	}
}

func writeLine(t *testing.T, out *bytes.Buffer, v any) {
	t.Helper()
	line, err := record.Append(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(line)
}
