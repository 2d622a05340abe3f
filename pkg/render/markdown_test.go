package render

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	gmhtml "github.com/yuin/goldmark/renderer/html"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// toHTML renders Markdown as GitHub does: with tables, links out of bare
// addresses, and HTML passed on.
func toHTML(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(gmhtml.WithUnsafe()))
	if err := md.Convert([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var (
	tableRow  = regexp.MustCompile(`(?s)<tr>(.*?)</tr>`)
	tableCell = regexp.MustCompile(`(?s)<td[^>]*>(.*?)</td>`)
	tag       = regexp.MustCompile(`(?s)<[^>]*>`)
)

// cellsOf returns the text of the cells of all rows that are not heads.
func cellsOf(page string) [][]string {
	var rows [][]string
	for _, r := range tableRow.FindAllStringSubmatch(page, -1) {
		var cells []string
		for _, c := range tableCell.FindAllStringSubmatch(r[1], -1) {
			cells = append(cells, textOf(c[1]))
		}
		if cells != nil {
			rows = append(rows, cells)
		}
	}
	return rows
}

// textOf returns the text of a piece of HTML, without the spelling of what
// no page can show.
func textOf(s string) string {
	return unescape(html.UnescapeString(tag.ReplaceAllString(s, "")))
}

// TestMarkdownParsesBack reads the tables back with a Markdown parser and
// compares every cell with the record.
func TestMarkdownParsesBack(t *testing.T) {
	for _, name := range []string{"page", "hostile"} {
		in := records(t, name)
		page := render(t, in, Options{Format: Markdown, Top: 0})
		var want [][]string
		o := layout{Options{Top: 0}}
		for _, rec := range techniques(t, in) {
			for _, s := range o.technique(&rec).sections {
				want = append(want, cellsOfSection(s)...)
			}
		}
		if diff := cmp.Diff(want, cellsOf(toHTML(t, page))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// cellsOfSection returns the texts of the cells as the record has them.
func cellsOfSection(s section) [][]string {
	var rows [][]string
	for _, g := range s.groups {
		for _, r := range g.rows {
			var cells []string
			for _, c := range r {
				members := make([]string, len(c.list))
				for i, v := range c.list {
					members[i] = shown(v)
				}
				text := c.text
				if text == "" {
					text = c.instead
				}
				cells = append(cells, text+strings.Join(members, ", "))
			}
			rows = append(rows, cells)
		}
	}
	return rows
}

// TestMarkdownHoldsText checks what stands outside of tables: it is text, and
// only web addresses of rules are links.
func TestMarkdownHoldsText(t *testing.T) {
	in := records(t, "hostile")
	rec := techniques(t, in)[0]
	page := toHTML(t, render(t, in, Options{Format: Markdown}))
	text := textOf(page)
	for _, want := range []string{rec.Name, rec.ID, rec.Tactics[0].Name, rec.Tagged[0], rec.RuleList[0].Title, "<img src=x>", "# heading", "- item"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the text", want)
		}
	}
	for _, m := range regexp.MustCompile(`<a[^>]*>`).FindAllString(page, -1) {
		if m != `<a href="https://x.example/a%20b%7Cc%28d%29%3Ce%3E%60f%60">` {
			t.Errorf("unexpected link %s", m)
		}
	}
	known := regexp.MustCompile(`^</?(a|h1|h2|h3|ul|li|p|table|thead|tbody|tr|th|td|code)\b|^<!-- -->$`)
	for _, m := range tag.FindAllString(page, -1) {
		if !known.MatchString(m) {
			t.Errorf("unexpected element %s", m)
		}
	}
	if n := strings.Count(page, "<h1"); n != 1 {
		t.Errorf("%d titles", n)
	}
}

func TestCode(t *testing.T) {
	for in, want := range map[string]string{
		``:            ``,
		`\net.exe`:    "`\\net.exe`",
		` use `:       "`  use  `",
		`$ `:          "` $  `",
		`a|b`:         "`a\\|b`",
		`a\|b`:        "<code>a&#92;&#124;b</code>",
		"`":           "`` ` ``",
		"a`b":         "``a`b``",
		"``a":         "``` ``a ```",
		"  ":          "<code>&#32;&#32;</code>",
		"a\nb":        "<code>a&#10;b</code>",
		"\x00\u202e<": "`␀<U+202E><`",
	} {
		if got := code(in); got != want {
			t.Errorf("code(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestLink(t *testing.T) {
	for in, want := range map[string]string{
		"rules/a.yml":               "`rules/a.yml`",
		`C:\rules\a.yml`:            "`C:\\rules\\a.yml`",
		"javascript:alert(1)":       "`javascript:alert(1)`",
		"data:text/html,x":          "`data:text/html,x`",
		"//x.example/a":             "`//x.example/a`",
		"https:x":                   "`https:x`",
		"http://x.example/a.yml":    "[`http://x.example/a.yml`](<http://x.example/a.yml>)",
		"HTTPS://x.example/?a&b=c)": "[`HTTPS://x.example/?a&b=c)`](<https://x.example/?a&amp;b=c%29>)",
		"https://x.example/\x1b[2J": "`https://x.example/␛[2J`",
	} {
		if got := link(in); got != want {
			t.Errorf("link(%q) = %s, want %s", in, got, want)
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, v := range techniques(f, records(f, "hostile"))[0].Indicators {
		f.Add(v.Value)
	}
	f.Fuzz(func(t *testing.T, v string) {
		rec := record.Technique{
			ID: "T1", Name: v, Rules: 1, Description: v,
			Indicators: []record.ValueRow{{Field: v, Op: record.OpEq, Value: v, Rules: 1, Reach: 2}},
			RuleList:   []record.RuleEntry{{Vendor: "sigma", Title: v, Path: v}},
		}
		page := renderTechnique(t, &rec, Options{Format: Markdown, Sections: []Section{Indicators, Rules}})
		checkSafe(t, page)
		rows := cellsOf(toHTML(t, page))
		if len(rows) != 2 || len(rows[0]) != 6 || len(rows[1]) != 5 {
			t.Fatalf("%q breaks the tables:\n%s\n%q", v, page, rows)
		}
		for _, got := range []string{rows[0][0], rows[1][1], rows[1][2]} {
			if got != v {
				t.Fatalf("%q reads back as %q from\n%s", v, got, page)
			}
		}
		if got := rows[0][2]; got != shown(v) {
			t.Fatalf("%q reads back as %q from\n%s", v, got, page)
		}
	})
}
