package render

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// records returns the records of an archive in testdata.
func records(t testing.TB, name string) string {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	return string(archive.Files[0].Data)
}

// techniques decodes the technique records of a stream.
func techniques(t testing.TB, in string) []record.Technique {
	t.Helper()
	var list []record.Technique
	for line := range record.Lines(strings.NewReader(in)) {
		if line.Type != record.TypeTechnique {
			continue
		}
		var r record.Technique
		if err := record.Decode(line.Data, &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// readTables reads the tables of a page back: for each, its rows, and for each
// row the cells with their lines put together again. A row begins where the
// column "Rules" or "#" has a figure.
func readTables(page string) [][][]string {
	var tables [][][]string
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, "─") {
			continue
		}
		spans := columnSpans(line)
		key := -1
		for above := i - 1; key < 0; above-- {
			key = slices.IndexFunc(readLine(lines[above], spans), func(s string) bool { return s == "Rules" || s == "#" })
		}
		var rows [][]string
		for _, line := range lines[i+1:] {
			if line == "" || strings.HasPrefix(line, "... ") {
				break
			}
			cells := readLine(line, spans)
			if cells[key] != "" {
				rows = append(rows, cells)
				continue
			}
			for c, s := range cells {
				rows[len(rows)-1][c] += s
			}
		}
		for _, row := range rows {
			for c := range row {
				row[c] = unescape(strings.ReplaceAll(row[c], blank, " "))
			}
		}
		tables = append(tables, rows)
	}
	return tables
}

// columnSpans returns the first display column and the width of the columns
// above a line of rules.
func columnSpans(line string) [][2]int {
	var spans [][2]int
	at := 0
	for rule := range strings.SplitSeq(line, gap) {
		n := utf8.RuneCountInString(rule)
		spans = append(spans, [2]int{at, n})
		at += n + len(gap)
	}
	return spans
}

// readLine cuts a line at display columns, and takes away what fills it up.
func readLine(line string, spans [][2]int) []string {
	cells := make([]string, len(spans))
	at, begin := 0, 0 // a mark stands where the character before it begins
	for _, r := range line {
		if width(string(r)) > 0 {
			begin = at
		}
		for i, s := range spans {
			if begin >= s[0] && begin < s[0]+s[1] {
				cells[i] += string(r)
			}
		}
		at += width(string(r))
	}
	for i := range cells {
		cells[i] = strings.Trim(cells[i], " ")
	}
	return cells
}

var spelled = regexp.MustCompile(`<U\+([0-9A-F]{4,6})>|[␀-␡]`)

// unescape is the inverse of span.Escape.
func unescape(s string) string {
	return spelled.ReplaceAllStringFunc(s, func(m string) string {
		if !strings.HasPrefix(m, "<") {
			r, _ := utf8.DecodeRuneInString(m)
			if r == '␡' {
				return "\x7f"
			}
			return string(r - '␀')
		}
		n, _ := strconv.ParseUint(m[3:len(m)-1], 16, 32)
		if n >= 0xdc80 && n <= 0xdcff {
			return string([]byte{byte(n)})
		}
		return string(rune(n))
	})
}

// TestTableKeepsEveryValue reads the tables back at all widths and compares
// field, operator and value of every row with the record.
func TestTableKeepsEveryValue(t *testing.T) {
	for _, name := range []string{"page", "hostile"} {
		in := records(t, name)
		want := techniques(t, in)[0]
		for cols := MinWidth; cols <= 200; cols += 3 {
			o := Options{Width: cols, Top: 0, Sections: []Section{Indicators, Exclusions}}
			tables := readTables(render(t, in, o))
			if len(tables) != 2 {
				t.Fatalf("%s at %d: %d tables, want 2", name, cols, len(tables))
			}
			compareRows(t, want.Indicators, tables[0])
			compareRows(t, want.Exclusions, tables[1])
			if t.Failed() {
				t.Fatalf("%s at %d columns", name, cols)
			}
		}
	}
}

// shown is a value as a reader finds it: one that is empty is said to be.
func shown(value string) string {
	if value == "" {
		return noValue
	}
	return value
}

func compareRows(t *testing.T, want []record.ValueRow, rows [][]string) {
	t.Helper()
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(rows), len(want))
	}
	for i, v := range want {
		got := []string{rows[i][0], rows[i][2], rows[i][3]}
		if diff := cmp.Diff([]string{v.Field, shown(v.Value), strconv.Itoa(v.Rules)}, got); diff != "" {
			t.Errorf("row %d (-want +got):\n%s", i, diff)
		}
	}
}

// TestTableKeepsSamplesAndRules looks for the samples, and for titles and
// paths of the rules, in the cells that were read back.
func TestTableKeepsSamplesAndRules(t *testing.T) {
	in := records(t, "page")
	want := techniques(t, in)[0]
	for cols := MinWidth; cols <= 200; cols += 3 {
		o := Options{Width: cols, Top: 0, Sections: []Section{Fields, Rules}}
		tables := readTables(render(t, in, o))
		for i, f := range want.Fields {
			for _, sample := range f.Samples {
				if cell := tables[0][i][4]; !strings.Contains(cell, sample) {
					t.Errorf("at %d: no sample %q in %q", cols, sample, cell)
				}
			}
		}
		rules := slices.Concat(tables[1:]...)
		for i, r := range want.RuleList {
			cells := solid(rules[i]...)
			if !strings.Contains(cells, solid(r.Title)) || !strings.Contains(cells, r.Path) {
				t.Errorf("at %d: no rule %q in %q", cols, r.Title, rules[i])
			}
		}
	}
}

// solid joins texts without their blanks.
func solid(s ...string) string { return strings.ReplaceAll(strings.Join(s, ""), " ", "") }

func TestTableKeepsToItsWidth(t *testing.T) {
	for _, name := range []string{"page", "several", "hostile"} {
		in := records(t, name)
		for cols := MinWidth; cols <= 200; cols += 3 {
			for line := range strings.SplitSeq(render(t, in, Options{Width: cols}), "\n") {
				if w := width(line); w > cols {
					t.Errorf("%s: %d columns in a table of %d: %q", name, w, cols, line)
				}
				if strings.HasSuffix(line, " ") {
					t.Errorf("%s at %d: blank at the end of %q", name, cols, line)
				}
			}
		}
	}
}

// TestOutputIsSafe lets nothing pass that a terminal would act on, but for
// the renditions that the table itself selects.
func TestOutputIsSafe(t *testing.T) {
	own := strings.NewReplacer("\x1b[1m", "", "\x1b[2m", "", "\x1b[0m", "")
	for _, o := range []Options{{Width: 80}, {Width: 80, Color: true}, {Format: Markdown}} {
		out := render(t, records(t, "hostile"), o)
		if o.Color {
			if strings.Count(out, "\x1b[0m")*2 != strings.Count(out, "\x1b") {
				t.Error("a rendition is not ended")
			}
			out = own.Replace(out)
		}
		checkSafe(t, out)
	}
}

func checkSafe(t testing.TB, out string) {
	t.Helper()
	for _, r := range out {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("output has %U:\n%q", r, out)
		}
	}
}

func FuzzTable(f *testing.F) {
	for _, v := range techniques(f, records(f, "hostile"))[0].Indicators {
		f.Add(v.Value, 80)
	}
	f.Add("日本語 "+strings.Repeat(" a", 60)+"\u0301\u0301", 40)
	f.Fuzz(func(t *testing.T, v string, cols int) {
		cols = MinWidth + max(cols, -cols)%160
		rows := []record.ValueRow{{Field: "Field", Op: record.OpEq, Value: v, Rules: 1, Reach: 2}}
		rec := record.Technique{ID: "T1", Rules: 1, Corpus: 2, Indicators: rows}
		page := renderTechnique(t, &rec, Options{Width: cols, Sections: []Section{Indicators}})
		checkSafe(t, page)
		for line := range strings.SplitSeq(page, "\n") {
			if width(line) > cols {
				t.Fatalf("line of %d columns, want at most %d: %q", width(line), cols, line)
			}
		}
		if got := readTables(page)[0][0][2]; got != shown(v) {
			t.Fatalf("%q reads back as %q from\n%s", v, got, page)
		}
	})
}

// renderTechnique renders the page of a record.
func renderTechnique(t testing.TB, rec *record.Technique, o Options) string {
	t.Helper()
	var out bytes.Buffer
	r, err := New(&out, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.format.page(r.layout.technique(rec)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		" use ":     "␣use␣",
		"a b c":     "a b c",
		"a  b":      "a␣␣b",
		"   ":       "␣␣␣",
		" ":         "␣",
		"日 本  語":    "日 本␣␣語",
		"C:\\a b\t": "C:\\a b␉",
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWrapValue(t *testing.T) {
	tests := []struct {
		in   string
		cols int
		want []string
	}{
		{"", 10, []string{""}},
		{"short", 10, []string{"short"}},
		{`C:\Windows\System32\cmd.exe`, 12, []string{`C:\Windows\`, `System32\`, `cmd.exe`}},
		{"one two three", 8, []string{"one two␣", "three"}},
		{"abcdefgh ijk", 8, []string{"abcdefgh", "␣ijk"}},
		{"abcdefghijkl", 5, []string{"abcde", "fghij", "kl"}},
		{"日本語日本語", 5, []string{"日本", "語日", "本語"}},
		{"e\u0301e\u0301e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
		{"abcd.\u0301efgh", 6, []string{"abcd.\u0301", "efgh"}},
		{`abcd\` + "\u0301\u0301efgh", 6, []string{`abcd\` + "\u0301\u0301", "efgh"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, wrapValue(tt.in, tt.cols)); diff != "" {
			t.Errorf("wrapValue(%q, %d) (-want +got):\n%s", tt.in, tt.cols, diff)
		}
	}
}

func TestLift(t *testing.T) {
	rec := &record.Technique{Rules: 10, Corpus: 1000}
	for _, tt := range []struct {
		rules, reach int
		want         string
	}{
		{5, 5, ""}, {5, 0, ""}, {5, 10, "50"}, {1, 100, "1.0"}, {1, 150, "0.7"}, {1, 10, "10"}, {1, 11, "9.1"},
	} {
		if got := lift(rec, tt.rules, tt.reach).text; got != tt.want {
			t.Errorf("lift of %d rules, reach %d: %q, want %q", tt.rules, tt.reach, got, tt.want)
		}
	}
}

// BenchmarkTable writes a page with some 280 rows.
func BenchmarkTable(b *testing.B) {
	benchmark(b, Options{Format: Table, Width: 120})
}

func BenchmarkMarkdown(b *testing.B) {
	benchmark(b, Options{Format: Markdown})
}

func benchmark(b *testing.B, o Options) {
	rec := techniques(b, records(b, "page"))[0]
	rec.Indicators = slices.Repeat(rec.Indicators, 20)
	r, err := New(io.Discard, o)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := r.format.page(r.layout.technique(&rec)); err != nil {
			b.Fatal(err)
		}
	}
}
