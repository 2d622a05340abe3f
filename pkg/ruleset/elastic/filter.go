package elastic

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// filters ands the filters of Kibana's filter bar into the where of every
// part: they hold for each event that the rule reads.
func (r *reader) filters(parts []record.Part, list *document.Node) {
	var all []record.Expr
	for _, f := range items(list) {
		if flag(f.Get("meta").Get("disabled")) {
			continue
		}
		x := r.clause(filterQuery(f))
		if flag(f.Get("meta").Get("negate")) {
			x = scan.Not(x)
		}
		all = append(all, x)
	}
	if len(all) == 0 {
		return
	}
	x := scan.And(all...)
	if len(parts) > 1 && (scan.Count(&x) > scan.MaxNodes/len(parts) || scan.Weight(&x) > scan.MaxWeight/len(parts)) {
		r.bad(list, "elastic/filters-too-large", "filters are too large for a query of %d parts", len(parts))
		x = scan.Opaque("elastic/filters-too-large", "filters")
	}
	for i := range parts {
		where := x
		if parts[i].Where != nil {
			where = scan.And(*parts[i].Where, x)
		}
		parts[i].Where = &where
	}
}

func flag(n *document.Node) bool { return n != nil && n.Text == "true" }

// filterQuery returns the clause of a filter: in "query", or, as older
// versions of Kibana have it, beside "meta".
func filterQuery(f *document.Node) *document.Node {
	if q := f.Get("query"); q != nil {
		return q
	}
	for _, p := range f.Pairs {
		if p.Key.Text != "meta" && p.Key.Text != "$state" {
			return &document.Node{Kind: document.Map, Pairs: []document.Pair{p}}
		}
	}
	return f
}

// clause reads one clause of Elasticsearch's query DSL.
func (r *reader) clause(n *document.Node) record.Expr {
	if n.Kind != document.Map || len(n.Pairs) != 1 {
		return r.unknown(n, "a clause")
	}
	name, body := n.Pairs[0].Key.Text, n.Pairs[0].Value
	switch name {
	case "bool":
		return r.boolean(body)
	case "exists":
		if field := body.Get("field"); field != nil {
			return record.Expr{Field: field.Text, Op: record.OpIsNotNull, As: name}
		}
	case "match_all":
		return scan.And()
	case "match_none":
		return scan.Or()
	case "terms":
		if field, values := firstPair(body); field != "" && len(values.Texts()) > 0 {
			return record.Expr{Field: field, Op: record.OpEq, Values: values.Texts(), As: name}
		}
	case "range":
		if field, bounds := firstPair(body); field != "" {
			return r.rangeOf(field, bounds)
		}
	case "term", "match_phrase", "match", "prefix", "wildcard", "regexp":
		if field, value := firstPair(body); field != "" {
			return r.comparison(name, field, value)
		}
	}
	return r.unknown(n, name)
}

// unknown makes the leaf of a clause that is not expressed.
func (r *reader) unknown(n *document.Node, name string) record.Expr {
	r.bad(n, "unsupported/elastic-filter", "filter %q has no expression here", name)
	return scan.Opaque("unsupported/elastic-filter", name)
}

// firstPair returns the only member of a clause's body: the field and what is
// said of it.
func firstPair(body *document.Node) (string, *document.Node) {
	if body == nil || body.Kind != document.Map || len(body.Pairs) == 0 {
		return "", nil
	}
	return body.Pairs[0].Key.Text, body.Pairs[0].Value
}

// boolean reads a bool clause: must and filter hold, must_not do not, and of
// should one does where nothing must.
func (r *reader) boolean(body *document.Node) record.Expr {
	var all, any []record.Expr
	for _, p := range body.Pairs {
		clauses := []*document.Node{p.Value}
		if p.Value.Kind == document.List {
			clauses = p.Value.Items
		}
		for _, c := range clauses {
			switch p.Key.Text {
			case "must", "filter":
				all = append(all, r.clause(c))
			case "must_not":
				all = append(all, scan.Not(r.clause(c)))
			case "should":
				any = append(any, r.clause(c))
			}
		}
	}
	least := body.Get("minimum_should_match")
	switch {
	case len(any) == 0, least == nil && len(all) > 0, least != nil && least.Text == "0":
	case least == nil || least.Text == "1":
		all = append(all, scan.Or(any...))
	default:
		all = append(all, r.unknown(least, "minimum_should_match"))
	}
	return scan.And(all...)
}

// comparison reads a clause on one field, short or long: {"f": "v"} or
// {"f": {"value": "v"}}.
func (r *reader) comparison(name, field string, n *document.Node) record.Expr {
	value := n
	if n.Kind == document.Map {
		for _, key := range []string{"value", "query", "wildcard"} {
			if v := n.Get(key); v != nil {
				value = v
				break
			}
		}
	}
	if !value.IsScalar() {
		return r.unknown(n, name)
	}
	x := record.Expr{Field: field, Op: record.OpEq, Values: []string{value.Text}, As: name}
	folds := flag(n.Get("case_insensitive"))
	switch name {
	case "prefix":
		x.Op, x.Cased = record.OpStartsWith, !folds
	case "regexp":
		x.Op, x.Cased = record.OpRegexMatch, !folds
	case "wildcard":
		op, text := wildcard(value.Text).Op()
		x.Op, x.Values, x.Cased = op, []string{text}, !folds
		if op == record.OpIsNotNull {
			x.Values, x.Cased = nil, false
		}
	}
	return x
}

// wildcard reads a pattern of Elasticsearch's wildcard query: "*" and "?" are
// wildcards, and a backslash takes the meaning of the character behind it.
func wildcard(text string) scan.Pattern {
	var p scan.Pattern
	var lit strings.Builder
	flush := func() {
		p.Lit(lit.String())
		lit.Reset()
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '*':
			flush()
			p.Any()
		case c == '?':
			flush()
			p.One()
		case c == '\\' && i+1 < len(text):
			i++
			lit.WriteByte(text[i])
		default:
			lit.WriteByte(c)
		}
	}
	flush()
	return p
}

// rangeOf reads a range clause: {"gte": 1, "lt": 5}.
func (r *reader) rangeOf(field string, bounds *document.Node) record.Expr {
	var all []record.Expr
	for _, p := range bounds.Pairs {
		switch op := p.Key.Text; op {
		case record.OpGt, record.OpGte, record.OpLt, record.OpLte:
			all = append(all, record.Expr{Field: field, Op: op, Values: []string{p.Value.Text}, As: "range"})
		case "format", "time_zone", "boost", "relation":
		default:
			all = append(all, r.unknown(bounds, "range "+op))
		}
	}
	if len(all) == 0 {
		return r.unknown(bounds, "range")
	}
	return scan.And(all...)
}
