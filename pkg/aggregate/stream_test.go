package aggregate

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/record/recordtest"
)

// collected is what a sink got, as text.
type collected struct{ out, errs strings.Builder }

func (c *collected) sink() Sink {
	return Sink{
		Pass: func(data []byte) error { c.out.Write(data); return nil },
		Bad: func(e record.Error) error {
			line, err := record.Append(nil, &e)
			c.out.Write(line)
			fmt.Fprintf(&c.errs, "%s:%d %s %s\n", e.Path, e.Line, e.Code, e.Message)
			return err
		},
		Broken: func(err error) error { fmt.Fprintf(&c.errs, "broken: %v\n", err); return nil },
	}
}

func TestRead(t *testing.T) {
	in := strings.Join([]string{
		`{"type":"error","v":1,"tool":"rparse","code":"yaml/syntax","message":"m","zzz":1.50}`,
		`{"type":"rule","v":1,"vendor":"sigma","id":"r1","attack":[{"id":"T1685"}],"predicates":[{"field":"F","op":"eq","value":"v","role":"indicator"}]}`,
		`  {"of":"somebody else"} `,
		`not a record`,
		``,
		`{"type":"rule","v":1,"predicates":{"a":1}}`,
		`{"type":"rule","v":1,"id":"cut off`,
		`[1]`,
		`{"type":"rule","id":"r2","attack":[{"id":"T1685"}]}`,
	}, "\r\n")
	x := New(Options{})
	var got collected
	if err := x.Read("in", record.Lines(strings.NewReader(in)), got.sink()); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for line := range strings.Lines(got.errs.String()) {
		place, rest, _ := strings.Cut(line, " ")
		code, _, _ := strings.Cut(rest, " ")
		codes = append(codes, place+" "+code)
	}
	wantCodes := []string{"in:4 record/syntax", "in:6 record/wrong-type", "in:7 record/syntax", "in:8 record/syntax"}
	if diff := cmp.Diff(wantCodes, codes); diff != "" {
		t.Errorf("errors (-want +got):\n%s\n%s", diff, got.errs.String())
	}
	if want := `unexpected object in member "predicates"`; !strings.Contains(got.errs.String(), want) {
		t.Errorf("no %s in\n%s", want, got.errs.String())
	}
	if strings.Contains(got.errs.String(), "Digest") {
		t.Errorf("messages name a Go type:\n%s", got.errs.String())
	}
	out := strings.Split(strings.TrimSuffix(got.out.String(), "\n"), "\n")
	if out[0] != `{"type":"error","v":1,"tool":"rparse","code":"yaml/syntax","message":"m","zzz":1.50}` || out[1] != `  {"of":"somebody else"} ` || len(out) != 6 {
		t.Errorf("passed on:\n%s", got.out.String())
	}
	recordtest.Validate(t, []byte(got.out.String()))
	if pages := pages(x); len(pages) != 1 || pages[0].Rules != 2 {
		t.Errorf("pages %+v, want one of two rules", pages)
	}
}

func TestReadOversizeLine(t *testing.T) {
	long := `{"type":"rule","x":"` + strings.Repeat("a", record.MaxLine) // cut off
	for _, rest := range []string{"", "\n", "\n{\"type\":\"x\"}\n"} {
		var got collected
		if err := New(Options{}).Read("in", record.Lines(strings.NewReader(long+rest)), got.sink()); err != nil {
			t.Fatal(err)
		}
		out := got.out.String()
		first, after, _ := strings.Cut(out, "\n")
		if !strings.Contains(first, CodeOversize) || after != long+"\n"+strings.TrimPrefix(rest, "\n") {
			t.Errorf("with %q behind it: %d bytes out, want the error record, %d bytes and the rest", rest, len(out), len(long))
		}
	}
}

func TestReadStops(t *testing.T) {
	stop := errors.New("stop")
	var got collected
	sink := got.sink()
	sink.Pass = func([]byte) error { return stop }
	if err := New(Options{}).Read("in", record.Lines(strings.NewReader("{\"type\":\"x\"}\n")), sink); !errors.Is(err, stop) {
		t.Errorf("Read returned %v, want what Pass did", err)
	}
	sink = got.sink()
	sink.Bad = func(record.Error) error { return stop }
	if err := New(Options{}).Read("in", record.Lines(strings.NewReader("x\n")), sink); !errors.Is(err, stop) {
		t.Errorf("Read returned %v, want what Bad did", err)
	}
	broken := io.MultiReader(strings.NewReader("{\"type\":\"x\"}\n"), iotest.ErrReader(stop))
	if err := New(Options{}).Read("in", record.Lines(broken), got.sink()); err != nil {
		t.Errorf("Read returned %v for a broken stream, which is the sink's business", err)
	}
	if want := "broken: stop\n"; got.errs.String() != want {
		t.Errorf("sink got %q, want %q", got.errs.String(), want)
	}
}

func TestNotes(t *testing.T) {
	const raw = `{"type":"rule","v":1,"vendor":"sigma","id":"a","techniques":["T1021.002"],"coverage":"full","parts":[{}]}` + "\n"
	const done = `{"type":"rule","v":1,"vendor":"sigma","id":"b","coverage":"full","platforms":["windows"]}` + "\n"
	const link = `{"type":"rule","v":1,"vendor":"sigma","id":"c","coverage":"full","kind":"correlation"}` + "\n"
	tests := []struct {
		in   string
		ask  []string
		want []string
	}{
		{"", []string{"T1021.002"}, nil},
		{`{"type":"error"}`, nil, []string{"no rule records in the input"}},
		{raw + done + link, nil, []string{"1 of 3 rules have no predicates: pipe rules through rnorm first"}},
		{done, []string{"t1021.002", "T1059*"}, []string{"T1021.002 (SMB/Windows Admin Shares): no rule"}},
		{done, []string{"T1059*"}, []string{"no rule is left by the filters"}},
	}
	for _, tt := range tests {
		s, _, err := Select(nil, tt.ask)
		if err != nil {
			t.Fatal(err)
		}
		x := New(Options{Techniques: s})
		var got collected
		if err := x.Read("in", record.Lines(strings.NewReader(tt.in)), got.sink()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, x.Notes()); diff != "" {
			t.Errorf("notes on %q, %v (-want +got):\n%s", tt.in, tt.ask, diff)
		}
	}
}

func TestSelect(t *testing.T) {
	tests := []struct {
		ask         []string
		wants, not  []string
		notes, asks []string
	}{
		{ask: nil, wants: []string{"T1021", "T9999"}},
		{ask: []string{" t1021.002 "}, wants: []string{"T1021.002"}, not: []string{"T1021", "T1021.001"}, asks: []string{"T1021.002"}},
		{ask: []string{"T1021.*", "T1685"}, wants: []string{"T1021.001", "T1685", "T1021.999"}, not: []string{"T1021", "T1685.001"}, asks: []string{"T1685"}},
		{ask: []string{"t1021*"}, wants: []string{"T1021", "T1021.001"}, not: []string{"T1022"}},
		{
			ask: []string{"T1562.001"}, wants: []string{"T1685"}, not: []string{"T1562.001"}, asks: []string{"T1685"},
			notes: []string{"T1562.001 was replaced by T1685 (Disable or Modify Tools)"},
		},
		{
			ask: []string{"T1562.00[14]"}, wants: []string{"T1685", "T1686"}, not: []string{"T1688"},
			notes: []string{"T1562.001 was replaced by T1685 (Disable or Modify Tools)", "T1562.004 was replaced by T1686 (Disable or Modify System Firewall)"},
		},
	}
	for _, tt := range tests {
		s, notes, err := Select(nil, tt.ask)
		if err != nil {
			t.Errorf("Select(%q): %v", tt.ask, err)
		}
		for _, id := range append(slices.Clone(tt.wants), tt.not...) {
			if want := slices.Contains(tt.wants, id); s.Wants(id) != want {
				t.Errorf("Select(%q).Wants(%s) = %v, want %v", tt.ask, id, !want, want)
			}
		}
		if diff := cmp.Diff(tt.notes, notes); diff != "" {
			t.Errorf("Select(%q) notes (-want +got):\n%s", tt.ask, diff)
		}
		if diff := cmp.Diff(tt.asks, s.asked()); diff != "" {
			t.Errorf("Select(%q) asked (-want +got):\n%s", tt.ask, diff)
		}
	}
}

func TestSelectErrors(t *testing.T) {
	tests := map[string]string{
		"T1021.099": `unknown technique "T1021.099": T1021 (Remote Services) has no such sub-technique, try T1021*`,
		"1021.002":  `unknown technique "1021.002": did you mean T1021.002 (SMB/Windows Admin Shares)?`,
		"foo":       `unknown technique "FOO": ids look like T1021 or T1021.002, patterns like T1021*`,
		"":          `unknown technique "": ids look like T1021 or T1021.002, patterns like T1021*`,
		"T99*":      `no technique matches "T99*": ids look like T1021 or T1021.002, patterns like T1021*`,
		"T10[":      `bad pattern "T10[": unexpected end of pattern, expected ] for every [`,
	}
	for ask, want := range tests {
		if _, _, err := Select(nil, []string{ask}); err == nil || err.Error() != want {
			t.Errorf("Select(%q): %v, want %s", ask, err, want)
		}
	}
}

// TestAskedForWithoutRules checks that a technique that was asked for has a
// record even where no rule is left, and one that a pattern matched has not.
func TestAskedForWithoutRules(t *testing.T) {
	s, _, err := Select(nil, []string{"T1021.002", "T1059*"})
	if err != nil {
		t.Fatal(err)
	}
	pages := view(Options{Techniques: s}, tagged(smbRule("r", `indicator F eq v`), "T1685"))
	want := []record.Technique{{
		Type: "technique", V: 1, ID: "T1021.002", Name: "SMB/Windows Admin Shares", Parent: &record.Named{ID: "T1021", Name: "Remote Services"},
		Tactics: []record.Named{{ID: "TA0008", Name: "Lateral Movement"}}, Corpus: 1,
	}}
	if diff := cmp.Diff(want, pages, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

// TestRecords checks the form of what is written, of tables that are made in
// one piece and in several.
func TestRecords(t *testing.T) {
	rules := randomRules(rand.New(rand.NewPCG(7, 7)), 60)
	for n := range 2*rowsAtOnce + 1 {
		rules = append(rules, tagged(smbRule(strconv.Itoa(n), `indicator F eq v`+strconv.Itoa(n), `exclusion F eq v`+strconv.Itoa(n%rowsAtOnce)), "T1685"))
	}
	out := written(added(New(Options{All: true, Thresholds: true}), rules))
	if n := recordtest.Validate(t, out); n != 4 {
		t.Errorf("%d records, want 4", n)
	}
	recordtest.Canonical(t, out)
}

// TestWriteStops checks that an error of what takes the pieces ends it.
func TestWriteStops(t *testing.T) {
	x := added(New(Options{}), randomRules(rand.New(rand.NewPCG(7, 7)), 60))
	stop := errors.New("stop")
	for most := range 9 {
		calls := 0
		_, err := x.WriteTechniques(func([]byte) error {
			if calls++; calls > most {
				return stop
			}
			return nil
		})
		if !errors.Is(err, stop) || calls != most+1 {
			t.Errorf("%v after %d pieces, want an error after %d", err, calls, most+1)
		}
	}
}
