package render

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// table writes pages for terminals. Nothing of a record reaches its output
// unless span.Escape has seen it, so the only control sequences are our own.
type table struct {
	out   *bufio.Writer
	width int
	color bool
	pages int
	text  bytes.Buffer // the page in the making
}

// maxProse is how wide sentences become: longer lines are hard to read.
const maxProse = 100

// gap stands between two columns.
const gap = "  "

const legend = blank + " is a blank that could be overlooked: at the edge of a value or of a line, or beside another one."

func newTable(out *bufio.Writer, o Options) *table {
	return &table{out: out, width: max(o.Width, MinWidth), color: o.Color}
}

func (t *table) page(p *page) error {
	t.text.Reset()
	if t.pages > 0 {
		fmt.Fprintf(&t.text, "\n%s\n\n", strings.Repeat("═", t.width))
	}
	t.pages++
	t.head(p)
	for _, s := range p.sections {
		if err := t.section(s); err != nil {
			return fmt.Errorf("laying out %s: %w", s.title, err)
		}
	}
	t.missing(p.missing)
	if bytes.Contains(t.text.Bytes(), []byte(blank)) {
		t.text.WriteByte('\n')
		t.lines(t.dim, wrapWords(strings.Fields(legend), t.prose()))
	}
	return t.flush()
}

// close says what is missing on all pages.
func (t *table) close(s summary) error {
	t.text.Reset()
	if s.errors > 0 {
		t.say(t.plain, s.unseen())
	}
	return t.flush()
}

// flush writes the page without the blanks that fill up its lines.
func (t *table) flush() error {
	for line := range bytes.Lines(t.text.Bytes()) {
		if _, err := t.out.Write(append(bytes.TrimRight(line, " \n"), '\n')); err != nil {
			return err
		}
	}
	return t.out.Flush()
}

// head writes the title and what belongs to it.
func (t *table) head(p *page) {
	title := strings.TrimSpace(p.name + gap + p.id)
	t.lines(t.bold, wrapWords(words(title), t.width))
	for _, f := range p.facts {
		t.lines(t.plain, wrapWords(words(f.label+": "+f.text), t.width))
	}
	for _, text := range p.description {
		t.say(t.plain, text)
	}
}

// section writes heading, sentence and table.
func (t *table) section(s section) error {
	t.text.WriteByte('\n')
	t.lines(t.bold, wrapWords(words(s.title), t.width))
	if s.empty() {
		t.lines(t.dim, wrapWords(words(s.none), t.prose()))
		return nil
	}
	columns := arrange(s, t.width)
	shown := make([]column, len(columns))
	for i, c := range columns {
		shown[i] = c.column
	}
	t.lines(t.dim, wrapWords(words(s.sentence(shown)), t.prose()))
	for _, g := range s.groups {
		t.text.WriteByte('\n')
		if g.title != "" {
			t.lines(t.bold, wrapWords(words(g.title), t.width))
		}
		if err := t.rows(columns, g.rows); err != nil {
			return err
		}
		if g.more > 0 {
			t.lines(t.dim, []string{more(g.more)})
		}
	}
	return nil
}

// more says how many rows are not shown, and how to see them.
func more(n int) string { return fmt.Sprintf("... %d more: --top 0", n) }

// rows writes the rows as a table of the planned columns.
func (t *table) rows(columns []planned, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	heads := make([]string, len(columns))
	aligns := make([]tw.Align, len(columns))
	for i, c := range columns {
		heads[i], aligns[i] = t.heading(c)
	}
	w := newTableWriter(&t.text, aligns)
	w.Header(heads)
	for _, r := range rows {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = t.cell(c, r)
		}
		if err := w.Append(cells); err != nil {
			return err
		}
	}
	return w.Render()
}

// heading returns the head of a column, filled up so that the column has its
// width in every group of the section.
func (t *table) heading(c planned) (string, tw.Align) {
	lines := wrapWords(words(c.head), c.width)
	fill := strings.Repeat(" ", c.width-width(lines[0]))
	if c.kind == number {
		lines[0] = fill + lines[0]
		return t.style(t.dim, lines), tw.AlignRight
	}
	lines[0] += fill
	return t.style(t.dim, lines), tw.AlignLeft
}

// cell returns what stands in a row under a column, wrapped.
func (t *table) cell(c planned, r row) string {
	text := strings.Join(wrapWords(pieces(c.kind, r[c.at]), c.width), "\n")
	if c.under != nil {
		text += "\n" + t.style(t.dim, wrapWords(pieces(c.under.kind, r[c.under.at]), c.width))
	}
	return text
}

// newTableWriter sets tablewriter up to do the one thing that is left to it,
// to set wrapped cells side by side: it would trim and fold them.
func newTableWriter(out *bytes.Buffer, aligns []tw.Align) *tablewriter.Table {
	lines := tw.NewSymbolCustom("rulepipe").WithColumn(gap).WithRow("─").WithCenter(gap).WithHeaderMid(gap)
	rendition := tw.Rendition{
		Borders: tw.BorderNone,
		Symbols: lines,
		Settings: tw.Settings{
			Separators: tw.Separators{ShowHeader: tw.On, ShowFooter: tw.Off, BetweenRows: tw.Off, BetweenColumns: tw.On},
			Lines:      tw.Lines{ShowTop: tw.Off, ShowBottom: tw.Off, ShowHeaderLine: tw.On, ShowFooterLine: tw.Off},
		},
	}
	alignment := tw.CellAlignment{PerColumn: aligns}
	return tablewriter.NewTable(out,
		tablewriter.WithRenderer(renderer.NewBlueprint(rendition)),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithTrimLine(tw.Off),
		tablewriter.WithTrimTab(tw.Off),
		tablewriter.WithEastAsian(tw.Off),
		tablewriter.WithPadding(tw.PaddingNone),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignmentConfig(alignment),
		tablewriter.WithRowAutoFormat(tw.Off),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithRowAlignmentConfig(alignment),
	)
}

// missing writes the footer on what was not understood.
func (t *table) missing(u *missing) {
	if u == nil {
		return
	}
	t.say(t.bold, u.title)
	t.lines(t.plain, wrapWords(words(u.read), t.prose()))
	for _, r := range u.rules {
		t.lines(t.plain, indent(wrapWords(words(r.title+" ("+r.why+")"), t.width-2)))
		t.lines(t.dim, indent(wrapValue(visible(r.path), t.width-2)))
	}
	if u.more > 0 {
		t.lines(t.dim, []string{more(u.more)})
	}
	for _, sentence := range u.rest {
		t.lines(t.plain, wrapWords(words(sentence), t.prose()))
	}
}

func (t *table) prose() int { return min(t.width, maxProse) }

// say writes a paragraph behind an empty line.
func (t *table) say(style func(string) string, text string) {
	t.text.WriteByte('\n')
	t.lines(style, wrapWords(words(text), t.prose()))
}

// lines writes the lines in one style.
func (t *table) lines(style func(string) string, lines []string) {
	t.text.WriteString(t.style(style, lines))
	t.text.WriteByte('\n')
}

// style joins the lines, each styled alone so that a table can set them apart.
func (t *table) style(style func(string) string, lines []string) string {
	styled := make([]string, len(lines))
	for i, line := range lines {
		styled[i] = style(line)
	}
	return strings.Join(styled, "\n")
}

func (t *table) plain(s string) string { return s }
func (t *table) bold(s string) string  { return t.sgr("1", s) }
func (t *table) dim(s string) string   { return t.sgr("2", s) }

// sgr selects a rendition of s, where there is colour.
func (t *table) sgr(code, s string) string {
	if !t.color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func indent(lines []string) []string {
	for i, line := range lines {
		lines[i] = gap + line
	}
	return lines
}
