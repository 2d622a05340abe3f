// Package elastic reads the rules of Elastic Security: the TOML files of
// detection-rules, and the same rules as JSON, as Kibana exports them and its
// API returns them. Queries are read by the packages of their languages.
package elastic

import (
	"bytes"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Vendor is the "vendor" of the rules that this package reads.
const Vendor = "elastic"

// MatchTOML reports whether text may be a rule in TOML, by a glance: it has a
// line "[rule]".
func MatchTOML(text []byte) bool {
	for rest := text; len(rest) > 0; {
		i := bytes.Index(rest, []byte("[rule]"))
		if i < 0 {
			return false
		}
		before := rest[bytes.LastIndexByte(rest[:i], '\n')+1 : i]
		after, next, _ := bytes.Cut(rest[i+len("[rule]"):], []byte{'\n'})
		after, _, _ = bytes.Cut(after, []byte{'#'})
		if len(bytes.Trim(before, " \t\xef\xbb\xbf")) == 0 && len(bytes.TrimSpace(after)) == 0 {
			return true
		}
		rest = next
	}
	return false
}

// MatchJSON reports whether text may hold rules in JSON, by a glance.
func MatchJSON(text []byte) bool {
	start := bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(start) == 0 || start[0] != '{' && start[0] != '[' {
		return false
	}
	return bytes.Contains(start, []byte(`"rule_id"`)) && bytes.Contains(start, []byte(`"risk_score"`))
}

// Load reads the rules of f, the file at path, whichever format it came from.
// The errors are those of what gave no rule.
func Load(path string, f *document.File) ([]record.Rule, []record.Error) {
	l := loader{path: path, file: f}
	for i, doc := range f.Docs {
		errs := l.file.ErrorsOf(i)
		switch {
		case doc.Root == nil:
			l.report(errs)
			l.front(i+l.items, doc.Front)
		case doc.Root.Get("rule").Get("name") != nil || doc.Root.Get("rule").Get("query") != nil:
			l.rule(i, doc.Root.Get("rule"), doc.Root, errs)
		default:
			l.objects(i+l.items, doc.Root, errs)
		}
	}
	return l.rules, l.errs
}

type loader struct {
	path  string
	file  *document.File
	rules []record.Rule
	errs  []record.Error
	items int // of lists so far, but for the first of each
}

// front reads the rules of a list that stand whole before a mistake in it. A
// rule with a mistake in it is none.
func (l *loader) front(doc int, n *document.Node) {
	if data := n.Get("data"); data != nil {
		n = data
	}
	if n != nil && n.Kind == document.List {
		l.objects(doc, n, nil)
		l.items++
	}
}

// objects reads the rule objects of a JSON value: a rule, a list of them, or
// the answer of the API, which has them in "data". Items count as documents.
func (l *loader) objects(doc int, n *document.Node, errs span.Errors) {
	switch {
	case n.Kind == document.List:
		for i, item := range n.Items {
			l.objects(doc+i, item, errs)
			errs = nil
		}
		l.items += len(n.Items) - 1
	case n.Get("rule_id") != nil && n.Get("type") != nil:
		l.rule(doc, n, nil, errs)
	case n.Get("data") != nil && n.Get("data").Kind == document.List:
		l.objects(doc, n.Get("data"), errs)
	}
}

// report makes error records of errs.
func (l *loader) report(errs span.Errors) {
	l.errs = append(l.errs, l.file.ErrorRecords("rparse", l.path, errs)...)
}

// reader reads one rule and collects what is wrong with it.
type reader struct {
	file *document.File
	rule *document.Node // the table of the rule, or its object
	root *document.Node // the whole file, in TOML
	errs span.Errors
}

// rule reads one rule. Root is the file that it stands in, in TOML.
func (l *loader) rule(doc int, rule, root *document.Node, errs span.Errors) {
	r := reader{file: l.file, rule: rule, root: root, errs: errs}
	line, _ := l.file.Position(l.file.At(rule).Start)
	out := record.Rule{Type: record.TypeRule, V: record.Version, Vendor: Vendor, Path: l.path, Doc: doc, Line: line}
	r.metadata(&out)
	r.query(&out)
	r.kind(&out)
	out.Errors = l.file.Diagnostics(r.errs)
	l.rules = append(l.rules, out)
}

// text returns the text of the member name, "" where there is none.
func (r *reader) text(name string) string {
	n := r.rule.Get(name)
	switch {
	case n == nil || n.Kind == document.Null:
		return ""
	case !n.IsScalar():
		r.bad(n, "elastic/metadata", "unexpected %s as %s, expected a text", n.Kind, name)
		return ""
	}
	return n.Text
}

func (r *reader) bad(at *document.Node, code, format string, args ...any) {
	r.errs.Add(r.file.At(at), code, format, args...)
}

// metadata reads what a rule says about itself. What breaks the format's
// rules is an error and is kept as far as it makes sense.
func (r *reader) metadata(out *record.Rule) {
	out.ID = r.text("rule_id")
	if out.ID == "" {
		out.ID = r.text("id") // of the endpoint's rules
	}
	if out.ID == "" {
		r.bad(r.rule, "elastic/no-id", "no rule_id")
	}
	if out.Title = r.text("name"); out.Title == "" {
		r.bad(r.rule, "elastic/no-name", "no name")
	}
	out.Description = strings.TrimSpace(r.text("description"))
	out.Author = r.rule.Get("author").Texts()
	out.References = r.rule.Get("references").Texts()
	out.FalsePositives = r.rule.Get("false_positives").Texts()
	out.Tags = r.rule.Get("tags").Texts()
	out.Level = r.level()
	r.dates(out)
	r.threats(out)
	out.Logsource = r.logsource()
}

func (r *reader) level() string {
	level := strings.ToLower(r.text("severity"))
	switch level {
	case "", "low", "medium", "high", "critical":
		return level
	}
	r.bad(r.rule.Get("severity"), "elastic/severity", "unknown severity %q, expected low, medium, high or critical", level)
	return ""
}

// dates reads status and dates: the table [metadata] in TOML,
// members of the rule in JSON.
func (r *reader) dates(out *record.Rule) {
	meta := r.root.Get("metadata")
	if meta == nil {
		out.Date, out.Modified = day(r.text("created_at")), day(r.text("updated_at"))
		return
	}
	for name, to := range map[string]*string{"creation_date": &out.Date, "updated_date": &out.Modified} {
		if n := meta.Get(name); n != nil {
			*to = day(n.Text)
		}
	}
	n := meta.Get("maturity")
	if n == nil {
		return
	}
	switch n.Text {
	case "production":
		out.Status = "stable"
	case "development", "experimental", "beta":
		out.Status = "experimental"
	case "deprecated":
		out.Status = "deprecated"
	default:
		r.bad(n, "elastic/maturity", "unknown maturity %q, expected production, development, experimental, beta or deprecated", n.Text)
	}
}

// day returns the date of 2020/11/04 or 2024-01-02T03:04:05Z as YYYY-MM-DD.
func day(s string) string {
	s, _, _ = strings.Cut(s, "T")
	return strings.ReplaceAll(s, "/", "-")
}

// threats reads techniques and tactics, which nest: a sub-technique stands
// under its technique.
func (r *reader) threats(out *record.Rule) {
	threats := r.rule.Get("threat")
	if threats == nil {
		threats = r.root.Get("threat") // of the endpoint's rules
	}
	if threats == nil || threats.Kind != document.List {
		return
	}
	for _, threat := range threats.Items {
		addID(&out.Tactics, threat.Get("tactic"))
		for _, technique := range items(threat.Get("technique")) {
			addID(&out.Techniques, technique)
			for _, sub := range items(technique.Get("subtechnique")) {
				addID(&out.Techniques, sub)
			}
		}
	}
	out.Tactics, out.Techniques = scan.Distinct(out.Tactics), scan.Distinct(out.Techniques)
}

func items(n *document.Node) []*document.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// addID adds the id of an ATT&CK object to list.
func addID(list *[]string, n *document.Node) {
	id := n.Get("id")
	if id != nil && id.Text != "" {
		*list = append(*list, strings.ToUpper(id.Text))
	}
}

func (r *reader) logsource() *record.Logsource {
	l := record.Logsource{Index: r.rule.Get("index").Texts(), EventCategoryOverride: r.text("event_category_override")}
	if len(l.Index) == 0 && l.EventCategoryOverride == "" {
		return nil
	}
	return &l
}

// kind reads what the rule's type has beyond its query.
func (r *reader) kind(out *record.Rule) {
	switch kind := r.text("type"); kind {
	case "query", "saved_query", "eql", "esql":
	case "threshold":
		out.Kind = record.KindThreshold
		out.Threshold = r.threshold()
	case "new_terms":
		out.Kind = record.KindNewTerms
		out.NewTerms = r.newTerms()
	case "threat_match":
		out.Kind = record.KindThreatMatch
		r.threatMatch(out)
	case "machine_learning":
		out.Kind = record.KindMachineLearning
		out.MachineLearning = &record.MachineLearning{Jobs: r.rule.Get("machine_learning_job_id").Texts(), Score: r.text("anomaly_threshold")}
	default:
		r.bad(r.rule, "elastic/type", "unknown rule type %q", kind)
	}
	if out.Kind == "" {
		out.Kind = record.KindMatch
	}
	if out.Coverage == "" {
		parts := out.Parts
		if out.Until != nil {
			parts = append(slices.Clip(parts), *out.Until)
		}
		out.Coverage = scan.Coverage(parts)
	}
}

func (r *reader) threshold() *record.Threshold {
	n := r.rule.Get("threshold")
	t := record.Threshold{Fields: n.Get("field").Texts()}
	if v := n.Get("value"); v != nil {
		t.Value = v.Text
	}
	for _, c := range items(n.Get("cardinality")) {
		b := record.Bound{Op: record.OpGte, Fields: c.Get("field").Texts()}
		if v := c.Get("value"); v != nil {
			b.Value = v.Text
		}
		t.Cardinality = append(t.Cardinality, b)
	}
	return &t
}

// newTerms reads the fields and the window: members of the rule in JSON, the
// tables new_terms = {field = "new_terms_fields", value = [...]} in TOML.
func (r *reader) newTerms() *record.NewTerms {
	t := record.NewTerms{Fields: r.rule.Get("new_terms_fields").Texts()}
	n := r.rule.Get("new_terms")
	if len(t.Fields) == 0 {
		t.Fields = n.Get("value").Texts()
	}
	window := n.Get("history_window_start")
	if window == nil {
		window = r.rule.Get("history_window_start")
	}
	switch {
	case window == nil:
	case window.Kind == document.List && len(window.Items) > 0 && window.Items[0].Get("value") != nil:
		t.Window = window.Items[0].Get("value").Text
	case window.IsScalar():
		t.Window = window.Text
	}
	return &t
}
