package aggregate

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/attack"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// Attribution says to which techniques a rule belongs.
type Attribution string

// Attributions.
const (
	Literal Attribution = "literal" // those that it is tagged with
	Leaf    Attribution = "leaf"    // not to a parent where a sub-technique of it is tagged as well
	Rollup  Attribution = "rollup"  // to the parents of its techniques as well
)

// Options say which rules and which of their predicates are counted. Reach is
// always counted over the whole input, less what All is about.
type Options struct {
	Techniques  Selection
	Vendors     []string // empty lists let every rule through
	Platforms   []string
	Statuses    []string
	Levels      []string
	Attribution Attribution // "" is Literal
	FoldNe      bool        // an indicator with ne is an exclusion with eq
	Selectors   bool        // selectors are indicators
	Thresholds  bool        // conditions on computed fields are shown
	All         bool        // deprecated and unsupported rules count

	Attack *attack.Table // names, tactics, descriptions; nil is the embedded version
}

// leftOut reports whether a rule of this status counts nowhere, not even in
// reach: what its own authors withdrew says nothing about what is in use. A
// status that was asked for by name counts.
func (o *Options) leftOut(status string) bool {
	switch status {
	case "deprecated", "unsupported":
		return !o.All && !has(o.Statuses, status)
	}
	return false
}

// shows reports whether the filters let the rule onto the page.
func (o *Options) shows(r *record.Digest) bool {
	return passes(o.Vendors, r.Vendor) && passes(o.Statuses, r.Status) && passes(o.Levels, r.Level) &&
		(len(o.Platforms) == 0 || slices.ContainsFunc(r.Platforms, func(p string) bool { return has(o.Platforms, p) }))
}

func passes(filter []string, value string) bool { return len(filter) == 0 || has(filter, value) }

func has(list []string, value string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, value) })
}

// class is the table of a page in which a predicate counts.
type class uint32

const (
	indicator class = iota
	exclusion
	threshold
	fieldOnly // counts under fields, and has no row of its own
	classes
)

// classify says where a predicate counts, if anywhere. An unknown role counts
// nowhere: what it means is for the program that wrote it to say.
func (o *Options) classify(p *record.DigestPredicate) (c class, ok bool) {
	switch p.Role {
	case record.RoleIndicator:
		c = indicator
	case record.RoleExclusion:
		c = exclusion
	case record.RoleBranchExclusion:
		c = fieldOnly
	case record.RoleSelector:
		c, ok = indicator, o.Selectors
		return rowless(p, c), ok
	case record.RoleThreshold:
		return threshold, o.Thresholds
	default:
		return fieldOnly, false
	}
	return rowless(p, c), true
}

// rowless sends predicates that have no value to compare with, or compare
// with something else than a value, to the fields alone.
func rowless(p *record.DigestPredicate, c class) class {
	if p.Op == record.OpIsNull || p.Op == record.OpIsNotNull || p.Ref != "" || p.Expr != "" {
		return fieldOnly
	}
	return c
}
