package elastic

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/eql"
	"github.com/rulepipe/rulepipe/pkg/query/esql"
	"github.com/rulepipe/rulepipe/pkg/query/kql"
	"github.com/rulepipe/rulepipe/pkg/query/lucene"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// query reads the rule's query into parts, and its filters into their where.
func (r *reader) query(out *record.Rule) {
	out.Language = r.language()
	n := r.rule.Get("query")
	switch {
	case n == nil || n.Kind == document.Null || out.Language == "":
		out.Coverage = record.CoverageNoQuery
		return
	case !n.IsScalar():
		r.bad(n, "elastic/query", "unexpected %s as the query, expected a text", n.Kind)
		where := scan.Opaque("syntax/elastic-query", out.Language)
		out.Parts = []record.Part{{Where: &where}}
		return
	}
	out.Query = strings.TrimSpace(n.Text)
	var errs span.Errors
	switch out.Language {
	case "kuery", "lucene":
		var where *record.Expr
		where, errs = bare(out.Language)(n.Text)
		out.Parts = []record.Part{{Where: where}}
	case "eql":
		var q eql.Rule
		q, errs = eql.Read(n.Text)
		out.Kind, out.Parts, out.Maxspan, out.Until, out.Pipes = q.Kind, q.Parts, q.Maxspan, q.Until, q.Pipes
	case "esql":
		var q esql.Rule
		q, errs = esql.Read(n.Text, kql.Read)
		out.Parts = q.Parts
		r.addIndex(out, q.Index)
	default:
		r.bad(r.rule.Get("language"), "elastic/language", "unknown query language %q", out.Language)
		where := scan.Opaque("syntax/elastic-language", out.Query)
		out.Parts = []record.Part{{Where: &where}}
	}
	r.shift(n, errs)
	r.filters(out.Parts, r.rule.Get("filters"))
}

// bare returns the reader of a language without parts of its own.
func bare(language string) func(string) (*record.Expr, span.Errors) {
	if language == "lucene" {
		return lucene.Read
	}
	return kql.Read
}

// language returns the language of the query: a rule of type query may leave
// it out, and has KQL then.
func (r *reader) language() string {
	language := strings.ToLower(r.text("language"))
	switch {
	case language != "":
		return language
	case r.text("type") == "machine_learning":
		return ""
	case r.text("type") == "eql" || r.rule.Get("os_list") != nil: // the endpoint's rules are all EQL
		return "eql"
	case r.text("type") == "esql":
		return "esql"
	}
	return "kuery"
}

// shift adds errors of the query n at their places in the file.
func (r *reader) shift(n *document.Node, errs span.Errors) {
	if len(errs) > 0 {
		r.errs = append(r.errs, errs.Shift(r.file.Map(n))...)
	}
}

// addIndex adds the sources that the query itself names.
func (r *reader) addIndex(out *record.Rule, index []string) {
	if len(index) == 0 {
		return
	}
	if out.Logsource == nil {
		out.Logsource = &record.Logsource{}
	}
	out.Logsource.Index = append(out.Logsource.Index, index...)
}

// threatMatch reads the query over indicators as a part of its own, and how
// events and indicators must agree.
func (r *reader) threatMatch(out *record.Rule) {
	t := record.ThreatMatch{Index: r.rule.Get("threat_index").Texts(), Path: r.text("threat_indicator_path")}
	for _, m := range items(r.rule.Get("threat_mapping")) {
		var pair record.ThreatFields
		for _, e := range items(m.Get("entries")) {
			pair.Fields = append(pair.Fields, e.Get("field").Texts()...)
			pair.Indicators = append(pair.Indicators, e.Get("value").Texts()...)
		}
		t.Mapping = append(t.Mapping, pair)
	}
	out.ThreatMatch = &t
	n := r.rule.Get("threat_query")
	if n == nil || !n.IsScalar() {
		return
	}
	where, errs := bare(r.text("threat_language"))(n.Text)
	r.shift(n, errs)
	out.Parts = append(out.Parts, record.Part{Name: "threat_query", Where: where})
	filters := []record.Part{{}}
	r.filters(filters, r.rule.Get("threat_filters"))
	t.Filters = filters[0].Where
}
