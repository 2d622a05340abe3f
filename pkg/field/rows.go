package field

import (
	"slices"
	"strings"
)

// Match is a row that is about a name, for those who want to know why it is
// mapped as it is.
type Match struct {
	Row
	Own bool // of the user's, not embedded
}

// Rows returns the rows of a vendor that are about a name, whatever the
// context, in the order in which Lookup asks them: the user's first, names
// before patterns, rows that fold before those for information.
func (t *Table) Rows(vendor, name string) []Match {
	var out []Match
	if t != nil {
		out = t.own[vendor].about(name, true)
	}
	return append(out, tableOf(vendor).about(name, false)...)
}

// about returns the rows of a table that are about a name.
func (t *table) about(name string, own bool) []Match {
	if t == nil || name == "" {
		return nil
	}
	var patterns []Row
	for _, r := range t.patterns {
		if matches(r.Name, name) && !strings.EqualFold(r.Name, name) {
			patterns = append(patterns, r)
		}
	}
	var out []Match
	for _, rows := range [][]Row{t.exact[name], t.byName[strings.ToLower(name)], patterns} {
		for _, folds := range []bool{true, false} {
			for _, r := range rows {
				known := slices.ContainsFunc(out, func(m Match) bool { return m.same(r) })
				if r.Collapse == folds && !known {
					out = append(out, Match{r, own})
				}
			}
		}
	}
	return out
}

// same reports whether two rows say the same.
func (r *Row) same(other Row) bool {
	return r.Name == other.Name && r.Canonical == other.Canonical && r.Context == other.Context &&
		r.Transform == other.Transform && r.Relation == other.Relation && r.Collapse == other.Collapse
}

// Is reports whether the row is the one that a look-up returned.
func (m *Match) Is(r Row) bool {
	// A pattern may give every name that has its form the name itself.
	return m.Name == r.Name && m.Context == r.Context && m.Collapse == r.Collapse &&
		(m.Canonical == r.Canonical || m.Canonical == m.Name)
}

// Into returns the rows of a vendor that fold a field into the canonical one,
// the user's first.
func (t *Table) Into(vendor, canonical string) []Match {
	var out []Match
	add := func(tab *table, own bool) {
		if tab == nil {
			return
		}
		for _, r := range tab.rows {
			if r.Collapse && strings.EqualFold(r.Canonical, canonical) {
				out = append(out, Match{r, own})
			}
		}
	}
	if t != nil {
		add(t.own[vendor], true)
	}
	add(tableOf(vendor), false)
	return out
}
