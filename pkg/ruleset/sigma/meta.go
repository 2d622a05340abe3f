package sigma

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/attack"
	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// metadata reads what a rule says about itself. What breaks the format's
// rules is an error and is kept as far as it makes sense.
func (r *reader) metadata(out *named) {
	out.ID = r.text("id")
	if out.ID != "" && !isUUID(out.ID) {
		r.bad("id", "id", "%q is no UUID", out.ID)
	}
	out.name = r.text("name")
	out.Title = r.text("title")
	switch {
	case out.Title == "":
		r.missing(nil, "title", "a title")
	case utf8.RuneCountInString(out.Title) > 256:
		r.bad("title", "title", "title is longer than 256 characters")
	}
	out.Status = r.oneOf("status", "stable", "test", "experimental", "deprecated", "unsupported")
	out.Level = r.oneOf("level", "informational", "low", "medium", "high", "critical")
	out.Description = strings.TrimSpace(r.text("description"))
	out.Author = r.authors()
	out.Date = r.date("date")
	out.Modified = r.date("modified")
	out.References = r.listOf("references")
	out.FalsePositives = r.listOf("falsepositives")
	r.tags(&out.Rule)
	r.related()
	if r.root.Get("correlation") == nil {
		out.Logsource = r.logsource()
	}
}

// bad adds an error at the member name.
func (r *reader) bad(name, code, format string, args ...any) {
	_, n := pair(r.root, name)
	r.errs.Add(r.file.At(n), "sigma/"+code, format, args...)
}

// text returns the text of the top-level member name, "" where there is none.
func (r *reader) text(name string) string {
	n := r.root.Get(name)
	switch {
	case n == nil || n.Kind == document.Null:
		return ""
	case !n.IsScalar():
		r.bad(name, "metadata", "unexpected %s as %s, expected a text", n.Kind, name)
		return ""
	case n.Kind != document.Str && n.Kind != document.Time:
		r.bad(name, "metadata", "unexpected %s %s as %s, expected a text", n.Kind, n.Text, name)
	}
	return n.Text
}

func (r *reader) oneOf(name string, words ...string) string {
	word := strings.ToLower(r.text(name))
	if word == "" || slices.Contains(words, word) {
		return word
	}
	r.bad(name, name, "unknown %s %q, expected %s or %s", name, word, strings.Join(words[:len(words)-1], ", "), words[len(words)-1])
	return ""
}

// authors splits the author line at commas outside brackets. A list of
// authors breaks the format, but is understood.
func (r *reader) authors() []string {
	if n := r.root.Get("author"); n != nil && n.Kind == document.List {
		return r.notList("author", n)
	}
	var out []string
	depth, from := 0, 0
	line := r.text("author")
	for i, c := range line + "," {
		switch c {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth > 0 && i < len(line) {
				continue
			}
			if name := strings.TrimSpace(line[from:i]); name != "" {
				out = append(out, name)
			}
			from = i + 1
		}
	}
	return out
}

func (r *reader) notList(name string, n *document.Node) []string {
	r.bad(name, "metadata", "unexpected list as %s, expected a text", name)
	return n.Texts()
}

// date returns a date as YYYY-MM-DD; Sigma used slashes before 2.0.
func (r *reader) date(name string) string {
	text := r.text(name)
	if text == "" {
		return ""
	}
	day, _, _ := strings.Cut(strings.Replace(text, "T", " ", 1), " ")
	day = strings.ReplaceAll(day, "/", "-")
	if _, err := time.Parse("2006-1-2", day); err != nil {
		r.bad(name, "date", "%q is no date, expected YYYY-MM-DD", text)
		return text
	}
	return day
}

// listOf returns the texts of a list; a single text breaks the format, but is
// understood.
func (r *reader) listOf(name string) []string {
	n := r.root.Get(name)
	if n == nil || n.Kind == document.Null {
		return nil
	}
	if n.Kind != document.List {
		r.bad(name, "metadata", "unexpected %s as %s, expected a list", n.Kind, name)
	}
	return n.Texts()
}

// tags sorts the tags: techniques and tactics of ATT&CK have members of their
// own, everything else stays a tag.
func (r *reader) tags(out *record.Rule) {
	n := r.root.Get("tags")
	if n == nil {
		return
	}
	r.listOf("tags")
	items := n.Items
	if n.Kind == document.Str {
		items = []*document.Node{n}
	}
	for _, item := range items {
		r.tag(out, item)
	}
	out.Techniques, out.Tactics, out.Tags = scan.Distinct(out.Techniques), scan.Distinct(out.Tactics), scan.Distinct(out.Tags)
}

func (r *reader) tag(out *record.Rule, item *document.Node) {
	if item.Kind != document.Str {
		r.errs.Add(r.file.At(item), "sigma/tag", "unexpected %s as a tag, expected a text", item.Kind)
		if !item.IsScalar() || item.Kind == document.Null {
			return
		}
	}
	space, name, dot := strings.Cut(strings.ToLower(item.Text), ".")
	if !dot {
		r.errs.Add(r.file.At(item), "sigma/tag", "tag %q has no namespace", item.Text)
	}
	switch {
	case space == "attack" && isTechnique(name):
		out.Techniques = append(out.Techniques, strings.ToUpper(name))
	case space == "attack" && len(attack.Tactics(name)) > 0:
		out.Tactics = append(out.Tactics, attack.Tactics(name)...)
	default:
		out.Tags = append(out.Tags, item.Text)
	}
}

// isTechnique reports whether name has the form t1234 or t1234.123.
func isTechnique(name string) bool {
	id, sub, dot := strings.Cut(name, ".")
	if len(id) != 5 || id[0] != 't' || !isDigits(id[1:]) {
		return false
	}
	return !dot || len(sub) == 3 && isDigits(sub)
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// related checks the references to other rules; they have no member in a record.
func (r *reader) related() {
	n := r.root.Get("related")
	if n == nil || n.Kind == document.Null {
		return
	}
	if n.Kind != document.List {
		r.bad("related", "related", "unexpected %s as related, expected a list", n.Kind)
	}
	for _, item := range n.Items {
		id, kind := item.Get("id"), item.Get("type")
		if id == nil || !isUUID(id.Text) {
			r.errs.Add(r.file.At(item), "sigma/related", "related rule without a UUID as id")
		}
		if kind == nil {
			r.errs.Add(r.file.At(item), "sigma/related", "related rule without a type")
			continue
		}
		switch kind.Text {
		case "derived", "obsolete", "merged", "renamed", "similar", "correlation":
		default:
			r.errs.Add(r.file.At(kind), "sigma/related", "unknown type %q of a related rule, expected derived, obsolete, merged, renamed or similar", kind.Text)
		}
	}
}

func (r *reader) logsource() *record.Logsource {
	key, n := pair(r.root, "logsource")
	if n == nil || n.Kind != document.Map {
		r.missing(key, "logsource", "a map with product, category or service")
		return nil
	}
	out := record.Logsource{
		Product:  r.source(n, "product"),
		Category: r.source(n, "category"),
		Service:  r.source(n, "service"),
	}
	if out.Product == "" && out.Category == "" && out.Service == "" {
		r.missing(key, "logsource", "product, category or service in it")
		return nil
	}
	return &out
}

func (r *reader) source(logsource *document.Node, name string) string {
	n := logsource.Get(name)
	switch {
	case n == nil || n.Kind == document.Null:
		return ""
	case n.Kind != document.Str:
		r.errs.Add(r.file.At(n), "sigma/logsource", "unexpected %s as %s of the log source, expected a text", n.Kind, name)
	}
	return n.Text
}

// isUUID reports whether s is a UUID in one of the spellings that Sigma tools
// take: 32 hexadecimal digits, with or without dashes.
func isUUID(s string) bool {
	digits := strings.ReplaceAll(s, "-", "")
	return len(digits) == 32 && strings.Trim(digits, "0123456789abcdefABCDEF") == ""
}
