package aggregate

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// companions tries every row as the companion of every other one.
func (n *naive) companions(rules []record.Digest, rows []record.ValueRow) []record.ValueRow {
	for i := range rows {
		for _, other := range rows {
			count := 0
			for _, r := range rules {
				if n.combines(r, rows[i], other) {
					count++
				}
			}
			if best := rows[i].With; count > 1 && rows[i].Field != other.Field && (best == nil || count > best.Rules) {
				rows[i].With = &record.Companion{
					Field: other.Field, Op: other.Op, Value: other.Value, Flags: other.Flags, Unit: other.Unit, Rules: count,
				}
			}
		}
	}
	return rows
}

// combines reports whether the rule asks for both rows in one event.
func (n *naive) combines(r record.Digest, a, b record.ValueRow) bool {
	is := func(p record.DigestPredicate, row record.ValueRow) bool {
		return n.table(p) == "indicator" &&
			key(p) == key(record.DigestPredicate{Field: row.Field, Op: row.Op, Value: row.Value, Flags: row.Flags, Unit: row.Unit})
	}
	for _, p := range r.Predicates {
		for _, q := range r.Predicates {
			if is(p, a) && is(q, b) && p.Part == q.Part && !apart(p.Branch, q.Branch) {
				return true
			}
		}
	}
	return false
}

// apart reports whether an or has the branches in different alternatives.
func apart(a, b string) bool {
	return slices.ContainsFunc(strings.Fields(a), func(x string) bool {
		return slices.ContainsFunc(strings.Fields(b), func(y string) bool { return x[:1] == y[:1] && x != y })
	})
}
