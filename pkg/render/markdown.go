package render

import (
	"bufio"
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// markdown writes pages in GitHub's dialect of Markdown. Values are code:
// every cell, read back by a Markdown parser, is the value that the record
// has. What no HTML page can show (NUL, direction overrides, ...) is spelled
// as span.Escape spells it.
type markdown struct {
	out   *bufio.Writer
	pages int
}

func newMarkdown(out *bufio.Writer) *markdown { return &markdown{out: out} }

func (m *markdown) page(p *page) error {
	if m.pages > 0 {
		m.print("\n---\n\n")
	}
	m.pages++
	m.head(p)
	for _, s := range p.sections {
		m.section(s)
	}
	m.missing(p.missing)
	return m.out.Flush()
}

func (m *markdown) close(s summary) error {
	if s.errors > 0 {
		m.print("\n" + plainText(s.unseen()) + "\n")
	}
	return m.out.Flush()
}

// print writes to the buffered output, which keeps its first error for Flush.
func (m *markdown) print(parts ...string) {
	for _, s := range parts {
		_, _ = m.out.WriteString(s)
	}
}

func (m *markdown) head(p *page) {
	title := plainText(p.name)
	if p.id != "" && title != "" {
		title += " (" + plainText(p.id) + ")"
	} else if title == "" {
		title = plainText(p.id)
	}
	m.print("# ", title, "\n")
	for i, f := range p.facts {
		if i == 0 {
			m.print("\n")
		}
		m.print("- ", f.label, ": ", plainText(f.text), "\n")
	}
	for _, text := range p.description {
		m.print("\n", block(text), "\n")
	}
}

func (m *markdown) section(s section) {
	m.print("\n## ", s.title, "\n\n")
	if s.empty() {
		m.print(s.none, "\n")
		return
	}
	m.print(s.sentence(s.columns), "\n")
	for _, g := range s.groups {
		m.group(s.columns, g)
	}
}

func (m *markdown) group(columns []column, g group) {
	if g.title != "" {
		m.print("\n### ", plainText(g.title), "\n")
	}
	if len(g.rows) > 0 {
		m.print("\n|")
		for _, c := range columns {
			m.print(" ", c.head, " |")
		}
		m.print("\n|")
		for _, c := range columns {
			m.print(rule(c.kind))
		}
		m.print("\n")
	}
	for _, r := range g.rows {
		m.print("|")
		for i, c := range columns {
			m.print(" ", markdownCell(c.kind, r[i]), " |")
		}
		m.print("\n")
	}
	if g.more > 0 {
		m.print("\n", more(g.more), "\n")
	}
}

// rule is the line below the head of a column, which aligns it.
func rule(k kind) string {
	if k == number {
		return " ---: |"
	}
	return " --- |"
}

func (m *markdown) missing(u *missing) {
	if u == nil {
		return
	}
	m.print("\n## ", u.title, "\n\n", u.read, "\n")
	for i, r := range u.rules {
		if i == 0 {
			m.print("\n")
		}
		m.print("- ", block(r.title), " (", plainText(r.why), "): ", link(r.path), "\n")
	}
	if u.more > 0 {
		m.print("\n", more(u.more), "\n")
	}
	for _, sentence := range u.rest {
		m.print("\n", block(sentence), "\n")
	}
}

// markdownCell writes a cell of a table row.
func markdownCell(k kind, c cell) string {
	switch k {
	case value:
		return cmp.Or(code(c.text), plainText(c.instead))
	case values:
		parts := make([]string, len(c.list))
		for i, v := range c.list {
			parts[i] = cmp.Or(code(v), noValue)
		}
		return strings.Join(parts, ", ")
	case items:
		return plainText(strings.Join(c.list, ", "))
	case address:
		return link(c.text)
	default:
		return plainText(c.text)
	}
}

// code writes a value as code in a table cell. Most values are code spans:
// inside, only "|" has to be escaped, and the fence has to be longer than any
// run of backticks. A span cannot hold everything, so there are two ways.
func code(s string) string {
	if s == "" {
		return ""
	}
	shown := markdownSafe(s)
	if !fitsSpan(shown) {
		return "<code>" + entities(shown) + "</code>"
	}
	fence := strings.Repeat("`", longestRun(shown, '`')+1)
	pad := ""
	if edge(shown, '`') || edge(shown, ' ') {
		pad = " " // CommonMark takes one blank away at both ends
	}
	return fence + pad + strings.ReplaceAll(shown, "|", `\|`) + pad + fence
}

// fitsSpan reports whether a code span in a table cell can hold s. Line ends
// would end the row. Of a backslash before "|" parsers make different things.
// Blanks alone are not stripped, so no padding goes with them; a backtick
// anywhere needs a fence that other cells of the row could take for theirs.
func fitsSpan(s string) bool {
	return !strings.ContainsAny(s, "\n\t") && !strings.Contains(s, `\|`) && strings.Trim(s, " ") != ""
}

// edge reports whether s begins or ends with c.
func edge(s string, c byte) bool { return s[0] == c || s[len(s)-1] == c }

func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// markdownSafe is span.Escape, but for line ends and tabs: they are harmless
// on a page, and as entities they come back as they are.
func markdownSafe(s string) string {
	if !strings.ContainsAny(s, "\n\t") {
		return span.Escape(s)
	}
	var b strings.Builder
	for s != "" {
		i := strings.IndexAny(s, "\n\t")
		if i < 0 {
			b.WriteString(span.Escape(s))
			break
		}
		b.WriteString(span.Escape(s[:i]))
		b.WriteByte(s[i])
		s = s[i+1:]
	}
	return b.String()
}

// entities writes s so that no character of it has a meaning in Markdown.
func entities(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= utf8.RuneSelf || isAlnum(r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "&#%d;", r)
	}
	return b.String()
}

func isAlnum[T rune | byte](r T) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

// plainText writes words in a heading, a list or a table cell so that they
// read as they are: no markup, no links, no one mentioned.
func plainText(s string) string {
	s = span.Escape(s)
	var b strings.Builder
	for i := range len(s) {
		b.WriteString(escapeAt(s, i))
	}
	return b.String()
}

// escapeAt writes the byte s[i] of a text. Characters that mean something
// only in some places are left alone in others, for those who read the source.
func escapeAt(s string, i int) string {
	c := s[i]
	before, after := i > 0 && isAlnum(s[i-1]), i+1 < len(s) && isAlnum(s[i+1])
	switch c {
	case '\\', '`', '*', '[', ']', '<', '>', '|', '~', '$', '&':
		return `\` + string(c)
	case '_':
		if !before || !after {
			return `\_`
		}
	case '@', '#':
		// An empty comment keeps GitHub from seeing a name or an issue.
		if after {
			return `\` + string(c) + "<!-- -->"
		}
		return `\` + string(c)
	case ':':
		if strings.HasPrefix(s[i:], "://") {
			return `\:`
		}
	case '.':
		if i >= 3 && strings.EqualFold(s[i-3:i], "www") {
			return `\.`
		}
	case ' ':
		if i == 0 || i == len(s)-1 {
			return "&#32;"
		}
	}
	return s[i : i+1]
}

// block is plainText for the beginning of a paragraph or an item, where
// "-", "+", "=" and "1." mean something.
func block(s string) string {
	text := plainText(s)
	mark := len(text) - len(strings.TrimLeft(text, "0123456789"))
	if mark < len(text) && (mark == 0 && strings.IndexByte("-+=", text[0]) >= 0 || mark > 0 && strings.IndexByte(".)", text[mark]) >= 0) {
		return text[:mark] + `\` + text[mark:]
	}
	return text
}

// link writes a path, as a link where it is a web address. No other scheme
// becomes one.
func link(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || span.Escape(path) != path {
		return code(path)
	}
	return "[" + code(path) + "](<" + linkTarget.Replace(u.String()) + ">)"
}

// linkTarget writes what would end a link target or a table cell in the
// spelling that URLs have for it.
var linkTarget = strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", `\`, "%5C", "`", "%60", " ", "%20", "(", "%28", ")", "%29", "*", "%2A", "_", "%5F", "&", "&amp;")
