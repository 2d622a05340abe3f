package normalize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// transform normalizes a stream and returns what is written and what is said.
func transform(t testing.TB, stream string, jobs int) (out string, notes []string) {
	t.Helper()
	var b bytes.Buffer
	edit := func() record.Edit { return NewEdit("s", new(Stats), Tables{}) }
	err := record.Transform(strings.NewReader(stream), &b, jobs, edit, func(n record.Note) error {
		notes = append(notes, fmt.Sprintf("%d %s %v", n.Error.Line, n.Error.Code, n.Warning))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), notes
}

func TestStream(t *testing.T) {
	deep := `{"type":"rule","v":1,"parts":[{"where":` + strings.Repeat(`{"not":`, 501) + `{"field":"a","op":"is_null"}` + strings.Repeat(`}`, 501) + `}]}`
	abyss := `{"type":"rule","v":1,"parts":[{"where":` + strings.Repeat(`{"not":`, 20_000) + `1` + strings.Repeat(`}`, 20_000) + `}]}`
	large := `{"type":"rule","v":1,"parts":[{"where":{"field":"a","op":"eq","values":["b"` + strings.Repeat(`,"b"`, 100_000) + `]}}]}`
	huge := `{"type":"rule","v":1,"title":"` + strings.Repeat("x", maxRecord) + `"}`
	tests := []struct {
		name, in string
		kept     bool     // the line is passed on as it is
		notes    []string // of the line, which is the second
	}{
		{"other type", `{"type":"technique", "v":1,"x":[1, 2]}`, true, nil},
		{"no type", `{"foo":  1}`, true, nil},
		{"error", `{"type":"error","v":1,"code":"x"}`, true, nil},
		{"wrong type", `{"type":"rule","v":1,"parts":"none"}`, true, []string{"2 record/wrong-type false"}},
		{"values not a list", `{"type":"rule","v":1,"parts":[{"where":{"field":"a","op":"eq","values":"b"}}]}`, true, []string{"2 record/wrong-type false"}},
		{"number as value", `{"type":"rule","v":1,"parts":[{"where":{"field":"a","op":"eq","values":[1]}}]}`, true, []string{"2 record/wrong-type false"}},
		{"unknown operator", `{"type":"rule","v":1,"parts":[{"where":{"field":"a","op":"foo"}}]}`, true, []string{"2 record/unknown-operator false"}},
		{"deep", deep, true, []string{"2 record/too-deep false"}},
		{"too deep for a decoder", abyss, true, []string{"2 record/too-deep false"}},
		{"too deep, of another type", strings.Replace(abyss, "rule", "other", 1), true, []string{"2 record/too-deep false"}},
		{"brackets without end", `{"type":"rule","x":` + strings.Repeat("[", 20_000), false, []string{"2 record/syntax false"}},
		{"large", large, true, []string{"2 record/too-large false"}},
		{"huge", huge, true, []string{"2 record/too-large false"}},
		{"truncated", `{"type":"rule","v":1,"title":"x`, false, []string{"2 record/syntax false"}},
		{"not an object", `[{"type":"rule"}]`, false, []string{"2 record/syntax false"}},
		{"text", `rules/x.yml: oops`, false, []string{"2 record/syntax false"}},
		{"bytes", "\x00\xff\xfe", false, []string{"2 record/syntax false"}},
		{"two objects", `{"a":1}{"b":2}`, false, []string{"2 record/syntax false"}},
	}
	const good = `{"type":"rule","v":1,"techniques":["T1086"]}`
	const goodOut = `{"type":"rule","v":1,"techniques":["T1086"],"attack":[{"id":"T1059.001","name":"PowerShell","tactics":["TA0002"],"tagged":"T1086"}]}`
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, notes := transform(t, good+"\n"+tt.in+"\n"+good, 1)
			if diff := cmp.Diff(tt.notes, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
			if lines[0] != goodOut || lines[len(lines)-1] != goodOut {
				t.Errorf("the lines around it suffered")
			}
			middle := lines[1 : len(lines)-1]
			if tt.kept {
				if middle[0] != tt.in {
					t.Errorf("got %.200q, want the line as it was", middle[0])
				}
				middle = middle[1:]
			}
			if len(middle) != len(tt.notes) {
				t.Fatalf("got %d error records, want %d", len(middle), len(tt.notes))
			}
			for _, line := range middle {
				if record.TypeOf([]byte(line)) != record.TypeError || !json.Valid([]byte(line)) {
					t.Errorf("got %q, want an error record", line)
				}
			}
		})
	}
}

// TestErrorRecord pins the whole record: place, code, rule and message.
func TestErrorRecord(t *testing.T) {
	out, _ := transform(t, "\n"+`{"type":"rule","v":1,"path":"a.yml","id":"x","parts":[{"where":{}}]}`+"\nnot \"JSON\"\n", 1)
	const want = `{"type":"rule","v":1,"path":"a.yml","id":"x","parts":[{"where":{}}]}
{"type":"error","v":1,"tool":"rnorm","code":"record/bad-condition","message":"a.yml: part 0: unexpected condition with 0 of and, or, not and op, expected one","path":"s","line":2,"rule":"x"}
{"type":"error","v":1,"tool":"rnorm","code":"record/syntax","message":"unexpected \"not \\\"JSON\\\"\", expected a JSON object","path":"s","line":3}
`
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// goldenStream returns the input of all golden files.
func goldenStream(t testing.TB) string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var in strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(section(txtar.Parse(data), "in"))
	}
	return in.String()
}

// TestTwice checks that the normal form is put in place of an old one, that
// other members survive, and that the number of workers does not show.
func TestTwice(t *testing.T) {
	in := strings.ReplaceAll(goldenStream(t), `"v":1,`, `"v": 1, "own" : {"x": [1.50 ]},`)
	in = strings.Repeat(in, 40)
	once, notes := transform(t, in, 1)
	for _, jobs := range []int{2, 5} {
		again, notesAgain := transform(t, in, jobs)
		if once != again {
			t.Errorf("%d workers write something else", jobs)
		}
		if diff := cmp.Diff(notes, notesAgain); diff != "" {
			t.Errorf("%d workers say something else:\n%s", jobs, diff)
		}
	}
	rules := func(stream string) string {
		var out strings.Builder
		for line := range strings.Lines(stream) {
			if record.TypeOf([]byte(line)) == record.TypeRule {
				out.WriteString(line)
			}
		}
		return out.String()
	}
	twice, _ := transform(t, once, 3)
	if rules(once) != rules(twice) {
		t.Error("normalizing twice changes the rules")
	}
	if n := strings.Count(once, `"own" : {"x": [1.50 ]},`); n != strings.Count(in, "\n") {
		t.Errorf("%d of %d unknown members survive", n, strings.Count(in, "\n"))
	}
}

// countLeaves is how many predicates a condition gives: one for each value of
// a leaf, one for a leaf without.
func countLeaves(e *record.Expr) int {
	if e == nil {
		return 0
	}
	n := countLeaves(e.Not)
	for _, list := range [][]record.Expr{e.And, e.Or} {
		for i := range list {
			n += countLeaves(&list[i])
		}
	}
	switch {
	case e.Op == "":
		return n
	case e.Ref != "", e.Op == record.OpOpaque, e.Op == record.OpIsNull, e.Op == record.OpIsNotNull:
		return 1
	}
	return len(e.Values)
}

// FuzzRule normalizes arbitrary records: no panic, a predicate for every
// leaf and value, valid JSON with one member of each name, the same bytes the
// second time.
func FuzzRule(f *testing.F) {
	for line := range strings.Lines(goldenStream(f)) {
		f.Add([]byte(strings.TrimSpace(line)))
	}
	f.Add([]byte(`null`))
	f.Add([]byte(`{"type":"rule","predicates":[1],"parts":null,"logsource":null,"platforms":0}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.ContainsAny(line, "\r\n") {
			return
		}
		var s record.Subject
		if s.Decode(line) != nil || !bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("{")) {
			return // null decodes too, and is no line with a type
		}
		normal, _, err := New(Tables{}).Rule(&s)
		if err != nil {
			return
		}
		want := 0
		for _, p := range s.Parts {
			want += countLeaves(p.Where) + countLeaves(p.Having)
		}
		if len(normal.Predicates) != want {
			t.Errorf("got %d predicates, want %d", len(normal.Predicates), want)
		}
		for _, p := range normal.Predicates {
			if p.Role == "" || p.Op == "" {
				t.Errorf("incomplete predicate %+v", p)
			}
		}
		once, err := s.Splice(nil, line, normal)
		if err != nil || !json.Valid(once) {
			t.Fatalf("Splice: %v\n%s", err, once)
		}
		var again record.Subject
		if err := again.Decode(once); err != nil {
			t.Fatal(err)
		}
		normal, _, err = New(Tables{}).Rule(&again)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := again.Splice(nil, once, normal)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("twice differs (%v):\n%s\n%s", err, once, twice)
		}
	})
}

// TestLinesGoAway normalizes rules one after the other in the same memory, as
// a stream does with its blocks: nothing that is kept from rule to rule may
// refer to a line.
func TestLinesGoAway(t *testing.T) {
	var lines []string
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(strings.TrimSpace(string(section(a, "in"))), "\n")...)
	}
	edit := NewEdit("s", new(Stats), Tables{})
	var memory []byte
	for i := range 2 * len(lines) { // the second time from what was kept
		line := lines[i%len(lines)]
		for j := range memory {
			memory[j] = 'x'
		}
		memory = append(memory[:0], line...)
		var got, want record.Output
		edit(&got, record.Line{Data: memory, No: 1, Type: record.TypeRule})
		NewEdit("s", new(Stats), Tables{})(&want, record.Line{Data: []byte(line), No: 1, Type: record.TypeRule})
		if diff := cmp.Diff(string(want.Data), string(got.Data)); diff != "" {
			t.Errorf("rule %d of %d (-alone +among others):\n%s", i, len(lines), diff)
		}
	}
}
