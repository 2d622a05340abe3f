package sigma

import (
	"slices"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// Filter is a Sigma filter rule, ready to be applied to others.
type Filter struct {
	rules     []string // ids and names, or "any"
	logsource record.Logsource
	where     *record.Expr
}

// anyRule is what a filter for all rules of its log source names.
const anyRule = "any"

// filter reads the filter section (Sigma filters specification). Its
// condition says what is to be kept: the author writes the "not".
func (r *reader) filter(out *record.Rule) (Filter, bool) {
	out.Kind = record.KindFilter
	key, section := pair(r.root, "filter")
	if section.Kind != document.Map {
		r.missing(key, "filter", "a map of rules, search identifiers and a condition")
		return Filter{}, false
	}
	out.Query = r.file.Block(key, section)
	out.Filter = &record.Filter{Rules: r.filtered(section)}
	searches := r.searches(section, "condition", "rules")
	n := section.Get("condition")
	switch {
	case n == nil || n.Kind == document.Null:
		r.missing(key, "condition", "exactly one condition in the filter")
		return Filter{}, false
	case n.Kind == document.List:
		r.errs.Add(r.file.At(n), "sigma/condition", "unexpected list, a filter has exactly one condition")
		return Filter{}, false
	}
	out.Parts = r.condition(n, searches)
	// An aggregation is nothing that could be put into another rule.
	if out.Logsource == nil || len(out.Parts) != 1 || out.Parts[0].Having != nil || scan.Coverage(out.Parts) != record.CoverageFull {
		return Filter{}, false
	}
	return Filter{out.Filter.Rules, *out.Logsource, out.Parts[0].Where}, true
}

// filtered returns the rules that the filter names: a list, or one; an empty
// list means all.
func (r *reader) filtered(section *document.Node) []string {
	n := section.Get("rules")
	if n == nil || n.Kind == document.Null {
		r.missing(section, "rules", `the rules that the filter is for, or "any"`)
		return nil
	}
	names := n.Texts()
	if len(names) == 0 {
		return []string{anyRule}
	}
	return names
}

// apply puts the conditions of the filters that are for this rule into its parts.
func (n *named) apply(filters []Filter) {
	for _, f := range filters {
		if !f.isFor(n) {
			continue
		}
		for i := range n.Parts {
			where := *f.where
			if n.Parts[i].Where != nil {
				where = scan.And(*n.Parts[i].Where, where)
			}
			n.Parts[i].Where = &where
		}
	}
}

// isFor reports whether the filter names the rule and has the same log source
// or a wider one.
func (f Filter) isFor(n *named) bool {
	if n.Kind == record.KindFilter || n.Logsource == nil {
		return false
	}
	if !slices.ContainsFunc(f.rules, func(ref string) bool {
		return ref == anyRule || ref != "" && (ref == n.ID || ref == n.name)
	}) {
		return false
	}
	return wider(f.logsource.Product, n.Logsource.Product) &&
		wider(f.logsource.Category, n.Logsource.Category) &&
		wider(f.logsource.Service, n.Logsource.Service)
}

func wider(filter, rule string) bool { return filter == "" || filter == rule }
