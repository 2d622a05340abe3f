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
	cost      budget // what it takes in each rule
}

// FilterSet finds filters by the rules that they are for.
type FilterSet struct {
	list  []Filter
	index map[target][]int // of list
}

// target is what a filter says of the rules that it is for: a log source, ""
// being wider than any word, and an id, a name or anyRule.
type target struct{ product, category, service, rule string }

// NewFilterSet makes a FilterSet of a list.
func NewFilterSet(list []Filter) *FilterSet {
	s := &FilterSet{list: list, index: make(map[target][]int, len(list))}
	for i, f := range list {
		for _, rule := range f.rules {
			t := target{f.logsource.Product, f.logsource.Category, f.logsource.Service, rule}
			if at := s.index[t]; rule != "" && (len(at) == 0 || at[len(at)-1] != i) {
				s.index[t] = append(at, i)
			}
		}
	}
	return s
}

// of returns the filters for a rule, by their place in the list: those that
// name it and have the same log source or a wider one.
func (s *FilterSet) of(n *named) []int {
	if s == nil || len(s.list) == 0 || n.Kind == record.KindFilter || n.Logsource == nil {
		return nil
	}
	var out []int
	for _, product := range wider(n.Logsource.Product) {
		for _, category := range wider(n.Logsource.Category) {
			for _, service := range wider(n.Logsource.Service) {
				for _, rule := range []string{anyRule, n.ID, n.name} {
					out = append(out, s.index[target{product, category, service, rule}]...)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// wider returns what a filter may have for this word of a rule's log source.
func wider(word string) []string {
	if word == "" {
		return []string{""}
	}
	return []string{"", word}
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
	where := out.Parts[0].Where
	return Filter{out.Filter.Rules, *out.Logsource, where, budget{int64(scan.Count(where)), int64(scan.Weight(where))}}, true
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

// apply puts the conditions of the filters that are for this rule into its
// parts, as far as there is room for them in the file.
func (l *loader) apply(n *named, filters *FilterSet) {
	var all []record.Expr
	own := ruleBudget()
	for _, i := range filters.of(n) {
		f := &filters.list[i]
		parts := int64(max(1, len(n.Parts)))
		if !own.take(parts*f.cost.nodes, parts*f.cost.weight) || !l.room.take(parts*f.cost.nodes, parts*f.cost.weight) {
			n.Errors = append(n.Errors, record.Diagnostic{
				Code: "sigma/filters-too-large", Message: "filters for this rule have too many tests, not all are applied", Line: n.Line, Col: 1,
			})
			all = append(all, scan.Opaque("sigma/filters-too-large", f.rules[0]))
			break
		}
		all = append(all, *f.where)
	}
	if len(all) == 0 {
		return
	}
	x := scan.And(all...)
	for i := range n.Parts {
		where := x
		if n.Parts[i].Where != nil {
			where = scan.And(*n.Parts[i].Where, x)
		}
		n.Parts[i].Where = &where
	}
	n.Coverage = coverage(&n.Rule)
}
