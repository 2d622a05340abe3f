package tsv

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rulepipe/rulepipe/pkg/span"
)

var format = Format{Code: "x", Needed: []string{"a", "b"}, Columns: []string{"a", "b", "c"}}

// said spells errors as "line:col code".
func said(text string, errs span.Errors) []string {
	lines := span.NewLines([]byte(text))
	var out []string
	for _, e := range errs {
		line, col := lines.Position(e.Span.Start)
		out = append(out, fmt.Sprintf("%d:%d %s", line, col, e.Code))
	}
	return out
}

func TestRead(t *testing.T) {
	tests := []struct {
		name, text string
		rows       string // "a|b|c ..."
		errs       []string
		bad        bool
	}{
		{name: "plain", text: "a\tb\tc\n1\t2\t3\n4\t5\t6\n", rows: "1|2|3 4|5|6"},
		{name: "any order, no last LF", text: "c\tb\ta\n1\t2\t3", rows: "3|2|1"},
		{name: "column left out", text: "b\ta\n1\t2\n", rows: "2|1|"},
		{name: "byte order mark, CRLF", text: "\ufeffa\tb\r\n1\t2\r\n", rows: "1|2|"},
		{name: "comments and empty lines", text: "# hello\n\na\tb\n#1\t2\n \n3\t#4\n", rows: "3|#4|"},
		{name: "blanks around", text: "a\tb\n 1\t2 3 \n", rows: "1|2 3|"},
		{name: "empty cells", text: "a\tb\tc\n\t\t\n", rows: ""},
		{name: "last cells empty", text: "a\tb\tc\n1\t\t\n", rows: "1||"},
		{name: "too few cells", text: "a\tb\n1\n1\t2\n", rows: "1|2|", errs: []string{"2:1 x/cells"}},
		{name: "too many cells", text: "a\tb\n1\t2\t3\n1\t2\n", rows: "1|2|", errs: []string{"2:1 x/cells"}},
		{name: "not UTF-8", text: "a\tb\n1\t\xff\n1\t2\n", rows: "1|2|", errs: []string{"2:3 x/encoding"}},
		{name: "unknown column", text: "a\tb\tzz\n1\t2\t3\n", rows: "1|2|", errs: []string{"1:5 x/unknown-column"}},
		{name: "column without name", text: "a\tb\t\n1\t2\t3\n", rows: "1|2|", errs: []string{"1:5 x/unknown-column"}},
		{name: "column twice", text: "a\tb\ta\n1\t2\t3\n", rows: "1|2|", errs: []string{"1:5 x/duplicate-column"}},
		{name: "missing column", text: "a\tc\n1\t2\n", errs: []string{"1:1 x/missing-column"}, bad: true},
		{name: "another file", text: "{\"type\":\"rule\"}\n", errs: []string{"1:1 x/unknown-column", "1:1 x/missing-column", "1:1 x/missing-column"}, bad: true},
		{name: "binary", text: "\x00\xff\n", errs: []string{"1:2 x/encoding"}, bad: true},
		{name: "empty", text: "", errs: []string{"1:1 x/no-header"}, bad: true},
		{name: "comments only", text: "# a\tb\n", errs: []string{"1:1 x/no-header"}, bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := format.Read([]byte(tt.text))
			var rows []string
			for _, r := range got.Rows {
				rows = append(rows, r.Cell("a").Text+"|"+r.Cell("b").Text+"|"+r.Cell("c").Text)
			}
			if s := strings.Join(rows, " "); s != tt.rows || ok == tt.bad {
				t.Errorf("got rows %q, ok %v", s, ok)
			}
			if diff := cmp.Diff(tt.errs, said(tt.text, got.Errs)); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzRead checks that nothing panics and that every place is in the text.
func FuzzRead(f *testing.F) {
	f.Add("a\tb\tc\n1\t2\t3\n")
	f.Add("\ufeffa\tb\r\n 1 \t\xff\r\n#\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, _ := format.Read([]byte(text))
		inside := func(s span.Span) bool { return 0 <= s.Start && s.Start <= s.End && s.End <= len(text) }
		for _, e := range got.Errs {
			if !inside(e.Span) {
				t.Fatalf("%q: error at %v", text, e.Span)
			}
		}
		for _, r := range got.Rows {
			if c := r.Cell("b"); !inside(c.At) || text[c.At.Start:c.At.End] != c.Text {
				t.Fatalf("%q: cell %q at %v", text, c.Text, c.At)
			}
		}
	})
}
