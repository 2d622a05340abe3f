package spl

import (
	"maps"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// scope knows the columns that a pipeline made or renamed. All others are fields
// of the event, unless the scope is closed: then only the columns remain that it
// names.
type scope struct {
	columns map[string]column
	renames []Pair // with stars, of fields that are not among the columns
	wild    int    // how many renames with stars there were
	closed  bool
}

// column is what a name means.
type column struct {
	operand
	flag    *choice
	by      []string     // what the aggregate that made it groups by
	present *record.Expr // when it is not null, where that is known
	gathers string       // its name, if it holds the values of a field in several events
}

// operand is one side of a comparison: a field or column, or the source text of
// something computed and the fields in it. Computed are the computed columns
// that it names. Folded says that its case is gone.
type operand struct {
	field, expr      string
	fields, computed []string
	folded           bool
}

func computed(name string) column {
	return column{operand: operand{field: name, computed: []string{name}}}
}

// named returns c under another name: a computed column has none but that.
func (c column) named(name string) column {
	if len(c.computed) > 0 {
		c.operand = computed(name).operand
	}
	return c
}

func (s scope) clone() scope {
	s.columns = maps.Clone(s.columns)
	s.renames = slices.Clip(s.renames)
	return s
}

func (s *scope) set(name string, c column) {
	if s.columns == nil {
		s.columns = map[string]column{}
	}
	s.columns[name] = c
}

func (s *scope) compute(names ...string) {
	for _, name := range names {
		s.set(name, computed(name))
	}
}

// lookup returns what name means.
func (s *scope) lookup(name string) column {
	if c, ok := s.columns[name]; ok {
		return c
	}
	if s.closed || strings.HasSuffix(name, ")") && strings.Contains(name, "(") {
		return computed(name) // the name of an aggregate, or of a prediction
	}
	field := name
	for i := len(s.renames) - 1; i >= 0; i-- {
		if old, ok := mapStar(s.renames[i].New, s.renames[i].Old, field); ok {
			field = old
		}
	}
	return column{operand: operand{field: field}}
}

// rename gives columns another name. `X.*` becoming `*` says nothing of a field
// that is not known to have the prefix: it keeps its name.
func (s *scope) rename(p Pair) {
	if p.Old == "" || p.New == "" {
		return
	}
	if !strings.Contains(p.Old, "*") {
		c := s.lookup(p.Old).named(p.New)
		delete(s.columns, p.Old)
		s.set(p.New, c)
		return
	}
	if s.wild++; s.wild > maxRenames {
		return
	}
	moved := map[string]column{}
	for _, name := range slices.Sorted(maps.Keys(s.columns)) {
		if to, ok := mapStar(p.Old, p.New, name); ok {
			moved[to] = s.columns[name].named(to)
			delete(s.columns, name)
		}
	}
	for name, c := range moved {
		s.set(name, c)
	}
	if !s.closed && strings.Trim(p.New, "*") != "" {
		s.renames = append(s.renames, p)
	}
}

// Bounds of what names with stars cost: how many renames have one, and how many
// columns they look at. Real searches have five and sixty.
const (
	maxRenames = 100
	maxColumns = 2000
)

// mapStar returns name with what the star of one pattern matches put in place of
// the star of another. Patterns with more than one star map nothing.
func mapStar(from, to, name string) (string, bool) {
	before, after, found := strings.Cut(from, "*")
	if !found || strings.Contains(after, "*") || len(name) < len(before)+len(after) ||
		!strings.HasPrefix(name, before) || !strings.HasSuffix(name, after) {
		return "", false
	}
	star := name[len(before) : len(name)-len(after)]
	if star == "" {
		return "", false
	}
	head, tail, found := strings.Cut(to, "*")
	if !found {
		return to, true
	}
	return head + star + tail, true
}

// merge adds the columns of other that s does not have. Rows that are events, as
// the search reads them, have all their fields.
func (s *scope) merge(other scope, events bool) {
	s.closed = s.closed && (other.closed || !events)
	for _, name := range slices.Sorted(maps.Keys(other.columns)) {
		if _, ok := s.columns[name]; !ok {
			s.set(name, other.columns[name])
		}
	}
}

// stats replaces all columns by aggregates and keys, or adds to them.
func (s *scope) stats(aggs []Agg, by []string, keep bool) {
	after := &scope{closed: true}
	if keep {
		after = s
	}
	for _, a := range aggs {
		s.aggregate(after, a, by)
	}
	if !keep {
		for _, name := range by {
			after.set(name, s.lookup(name))
		}
		*s = *after
	}
}

// aggregate adds the column of one aggregate. One that only collects the values
// of a field is that field still.
func (s *scope) aggregate(after *scope, a Agg, by []string) {
	if strings.Contains(a.Of, "*") && keepsValues(a.Func) {
		if len(s.columns) > maxColumns {
			return
		}
		for name, c := range maps.Clone(s.columns) {
			to := a.Name
			if !strings.Contains(to, "*") {
				to = a.Func + "(" + name + ")"
			}
			if to, ok := mapStar(a.Of, to, name); ok {
				after.set(to, c.named(to))
			}
		}
		if after.closed = after.closed && s.closed; !after.closed && after != s {
			after.renames = slices.Clip(s.renames)
			if strings.Trim(a.Name, "*") != "" && strings.Contains(a.Name, "*") && len(after.renames) < maxRenames {
				after.renames = append(after.renames, Pair{a.Of, a.Name})
			}
		}
		return
	}
	c := computed(a.Name)
	c.by = by
	if a.Of != "" && a.Of != "_time" && keepsValues(a.Func) && (after != s || a.Of == a.Name) { // else other rows' values
		if of := s.lookup(a.Of); len(of.computed) == 0 {
			c = column{operand: of.operand, by: by, gathers: a.Name}
		}
	}
	after.set(a.Name, c)
}

// keepsValues reports whether a function of stats returns values of its field as
// they are.
func keepsValues(function string) bool {
	switch function {
	case "values", "list", "first", "last", "earliest", "latest", "mode":
		return true
	}
	return false
}
