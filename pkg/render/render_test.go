package render

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rulepipe/rulepipe/pkg/golden"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/record/recordtest"
)

// TestGolden renders the first section of every archive in testdata. The names
// of the other sections say how: a format, a width, and options.
func TestGolden(t *testing.T) {
	golden.Each(t, "testdata/*.txtar", func(t *testing.T, in []byte, name string) []byte {
		recordtest.Validate(t, in)
		return []byte(render(t, string(in), parseOptions(t, name)))
	})
}

// parseOptions reads the name of a section: "table 80 color top=2 sections=events,rules".
func parseOptions(t *testing.T, name string) Options {
	t.Helper()
	o := Options{Top: TopDefault, Width: 80}
	for i, word := range strings.Fields(name) {
		key, arg, _ := strings.Cut(word, "=")
		n, err := strconv.Atoi(arg)
		switch {
		case i == 0:
			o.Format = Format(word)
		case key == "color":
			o.Color = true
		case key == "top" && err == nil:
			o.Top = n
		case key == "sections":
			for s := range strings.SplitSeq(arg, ",") {
				o.Sections = append(o.Sections, Section(s))
			}
		default:
			if o.Width, err = strconv.Atoi(word); err != nil {
				t.Fatalf("section %q: what is %q?", name, word)
			}
		}
	}
	return o
}

// render returns the pages of the records in the stream in.
func render(t testing.TB, in string, o Options) string {
	t.Helper()
	var out bytes.Buffer
	r, err := New(&out, o)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Read("in", strings.NewReader(in), func(e record.Error) error {
		t.Errorf("line %d: %s", e.Line, e.Message)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestReadReportsWhatItCannotRead(t *testing.T) {
	in := strings.Join([]string{
		`{"type":"technique","v":1,"id":"T1","name":"One","rules":1}`,
		`{"type":"technique","v":1,"id":["T2"]}`,
		`not json`,
		``,
		`{"type":"error","v":1,"tool":"rparse","code":"yaml/syntax","message":"m"}`,
		`{"type":"error","v":1,"tool":"rparse","code":"yaml/syntax","message":"m"}`,
		`{"type":"tactic"}`, `{"type":"tactic"}`, `{"own":1}`,
		`{"type":"technique","v":1,"id":"T3","name":"Three","rules":1}`,
	}, "\n")
	var out bytes.Buffer
	var reported []string
	r, err := New(&out, Options{Format: Markdown})
	if err != nil {
		t.Fatal(err)
	}
	err = r.Read("in.ndjson", strings.NewReader(in), func(e record.Error) error {
		reported = append(reported, e.Path+":"+strconv.Itoa(e.Line)+" "+e.Code)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	stats, err := r.Close()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"in.ndjson:2 record/wrong-type", "in.ndjson:3 record/syntax"}, reported); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	want := Stats{Pages: 2, Errors: 2, Bad: 2, Other: record.Counts{{Vendor: "tactic", Rules: 2}, {Vendor: "without a type", Rules: 1}}}
	if diff := cmp.Diff(want, stats); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
	notes := []string{"2 error records in the input", "records of other types left out: tactic 2, without a type 1"}
	if diff := cmp.Diff(notes, stats.Notes()); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	for _, want := range []string{"One (T1)", "Three (T3)", "(yaml/syntax 2)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in the output:\n%s", want, out.String())
		}
	}
}

func TestReadStopsWhereItMust(t *testing.T) {
	page := `{"type":"technique","v":1,"id":"T1","name":"One","rules":1}` + "\n"
	t.Run("report", func(t *testing.T) {
		r, _ := New(io.Discard, Options{})
		err := r.Read("in", strings.NewReader("x\n"+page), func(record.Error) error { return io.ErrClosedPipe })
		if stats, _ := r.Close(); err != io.ErrClosedPipe || stats.Pages != 0 {
			t.Errorf("error %v, %d pages", err, stats.Pages)
		}
	})
	t.Run("input", func(t *testing.T) {
		r, _ := New(io.Discard, Options{})
		err := r.Read("in", io.MultiReader(strings.NewReader(page), failing{}), nil)
		if in, ok := err.(*InputError); !ok || in.Err != io.ErrClosedPipe {
			t.Errorf("error %v", err)
		}
		if stats, _ := r.Close(); stats.Pages != 1 {
			t.Errorf("%d pages, want the one that could be read", stats.Pages)
		}
	})
	for _, format := range []Format{Table, Markdown} {
		t.Run("output "+string(format), func(t *testing.T) {
			r, _ := New(failing{}, Options{Format: format})
			if err := r.Read("in", strings.NewReader(page), nil); err != io.ErrClosedPipe {
				t.Errorf("error %v", err)
			}
		})
	}
}

// failing is a stream that cannot be read or written.
type failing struct{}

func (failing) Read([]byte) (int, error)  { return 0, io.ErrClosedPipe }
func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestNothingToRender(t *testing.T) {
	var out bytes.Buffer
	r, _ := New(&out, Options{})
	stats, err := r.Close()
	if err != nil || out.Len() != 0 {
		t.Errorf("error %v, output %q", err, out.String())
	}
	if notes := stats.Notes(); len(notes) != 1 || !strings.HasPrefix(notes[0], "nothing to render: ") {
		t.Errorf("notes %q", notes)
	}
}

// Thresholds have a section of their own, and only where they were counted.
func TestThresholds(t *testing.T) {
	const head = `{"type":"technique","v":1,"id":"T1","rules":2,"corpus":9,`
	rows := func(member string) string {
		return head + `"` + member + `":[{"field":"count()","op":"gt","value":"10","rules":2,"reach":4,"rule_ids":["a"]}]}` + "\n"
	}
	for member, want := range map[string]bool{"thresholds": true, "indicators": false} {
		var out strings.Builder
		r, err := New(&out, Options{Format: Markdown, Top: TopDefault})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Read("t", strings.NewReader(rows(member)), func(record.Error) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "Thresholds (1 distinct)"); got != want || !strings.Contains(out.String(), "count()") {
			t.Errorf("%s: thresholds shown %v, want %v:\n%s", member, got, want, out.String())
		}
	}
}
