package splunk

import (
	"slices"
	"strings"
	"time"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// detection reads the detection of document doc.
func (l *loader) detection(doc int, root *document.Node, errs span.Errors) {
	r := reader{file: l.file, rule: root, errs: errs}
	out := l.start(doc, root)
	r.metadata(&out)
	r.query(&out, root.Get("search"), l.macros)
	out.Errors = l.file.Diagnostics(r.errs)
	l.rules = append(l.rules, out)
}

// get returns the value of a member that newer files have at the top level
// and older ones in "tags".
func (r *reader) get(name string) *document.Node {
	if n := r.rule.Get(name); n != nil {
		return n
	}
	return r.rule.Get("tags").Get(name)
}

// text returns the text of a top-level member.
func (r *reader) text(name string) string { return r.scalar(r.rule.Get(name), name) }

// metadata reads what a detection says about itself. What breaks the format's
// rules is an error and is kept as far as it makes sense.
func (r *reader) metadata(out *record.Rule) {
	if out.ID = r.text("id"); out.ID == "" {
		r.bad(r.rule, "splunk/no-id", "no id")
	}
	if out.Title = r.text("name"); out.Title == "" {
		r.bad(r.rule, "splunk/no-name", "no name")
	}
	out.Status = r.status()
	out.Level = r.level()
	out.Description = strings.TrimSpace(r.text("description"))
	out.Author = authors(r.rule.Get("author"))
	if out.Date = r.date("creation_date"); out.Date == "" {
		out.Date = r.date("date")
	}
	out.Modified = r.date("modification_date")
	out.References = r.rule.Get("references").Texts()
	out.FalsePositives = trimmed(r.rule.Get("known_false_positives").Texts())
	addIDs(out, r.get("mitre_attack_id"))
	r.tags(out)
	distinct(out)
	sources := r.rule.Get("data_source")
	if sources == nil {
		sources = r.rule.Get("data_sources") // so misspelt in real files
	}
	if names := dataSources(sources); len(names) > 0 {
		logsource(out).DataSource = names
	}
}

// date returns the text of a member that is a date.
func (r *reader) date(name string) string {
	text := r.text(name)
	if _, err := time.Parse(time.DateOnly, text); text != "" && err != nil {
		r.bad(r.rule.Get(name), "splunk/date", "%q is no date, expected YYYY-MM-DD", text)
	}
	return text
}

// status maps the life of a detection to the words of the record. One that is
// in validation is on its way to production; one that was removed is kept for
// those who had it.
func (r *reader) status() string {
	n := r.rule.Get("status")
	word := r.scalar(n, "status")
	switch strings.ToLower(word) {
	case "":
		return ""
	case "production":
		return "stable"
	case "validation":
		return "test"
	case "experimental":
		return "experimental"
	case "deprecated", "removed":
		return "deprecated"
	}
	r.bad(n, "splunk/status", "unknown status %q, expected production, validation, experimental or deprecated", word)
	return ""
}

// tags keeps what is said in "tags", or at the top level by newer files, that
// has no member of its own: each as "key: value", in the order of the file.
func (r *reader) tags(out *record.Rule) {
	addAll(out, r.rule)
	addAll(out, r.rule.Get("tags"))
}

// addAll adds the tags among the members of n.
func addAll(out *record.Rule, n *document.Node) {
	if n == nil {
		return
	}
	for _, p := range n.Pairs {
		if isTag(p.Key.Text) {
			for _, text := range p.Value.Texts() {
				addTag(out, p.Key.Text, text)
			}
		}
	}
}

// isTag reports whether a key's values are tags: what classifies a detection.
// What it takes to test, show or score it is not.
func isTag(key string) bool {
	switch key {
	case "type", "datamodel", "analytic_story", "asset_type", "atomic_guid", "category", "cis20", "context", "cve", "CVE",
		"group", "kill_chain_phases", "nist", "product", "security_domain", "supported_tas":
		return true
	}
	return false
}

// distinct drops tags and ids of ATT&CK that were added before.
func distinct(out *record.Rule) {
	out.Tags, out.Techniques, out.Tactics = scan.Distinct(out.Tags), scan.Distinct(out.Techniques), scan.Distinct(out.Tactics)
}

// addTag adds a tag. A CVE id says itself what it is.
func addTag(out *record.Rule, key, text string) {
	tag := key + ": " + text
	if strings.EqualFold(key, "cve") {
		tag = strings.ToUpper(text)
	}
	if text != "" {
		out.Tags = append(out.Tags, tag)
	}
}

// addIDs sorts ATT&CK ids into techniques and tactics; another id is a tag.
func addIDs(out *record.Rule, n *document.Node) {
	for _, text := range n.Texts() {
		id := strings.ToUpper(strings.TrimSpace(text))
		switch {
		case isTechnique(id):
			out.Techniques = append(out.Techniques, id)
		case len(id) == 6 && id[:2] == "TA" && isDigits(id[2:]):
			out.Tactics = append(out.Tactics, id)
		default:
			addTag(out, "mitre_attack_id", text)
		}
	}
}

// isTechnique reports whether id has the form T1234 or T1234.123.
func isTechnique(id string) bool {
	id, sub, dot := strings.Cut(id, ".")
	return len(id) == 5 && id[0] == 'T' && isDigits(id[1:]) && (!dot || len(sub) == 3 && isDigits(sub))
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// dataSources returns the names of data sources. A combination, "A AND B", is
// taken apart: each of the two is an event of its own.
func dataSources(n *document.Node) []string {
	var out []string
	for _, text := range n.Texts() {
		for name := range strings.SplitSeq(text, " AND ") {
			if name = strings.TrimSpace(name); name != "" {
				out = append(out, name)
			}
		}
	}
	return scan.Distinct(out)
}

// authors splits the line of authors at commas: the last one mostly is their
// company.
func authors(n *document.Node) []string {
	var out []string
	for _, line := range n.Texts() {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name != "" {
				out = append(out, name)
			}
		}
	}
	return out
}

// trimmed drops the blanks around texts, and texts of nothing else.
func trimmed(list []string) []string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func items(n *document.Node) []*document.Node {
	if n == nil {
		return nil
	}
	return slices.Clip(n.Items)
}
