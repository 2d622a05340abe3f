package aggregate

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// Ledger returns the ledger view: for each vendor and language, in that order,
// what was read of the rules and what was not.
func (x *Index) Ledger() iter.Seq[record.Ledger] {
	return func(yield func(record.Ledger) bool) {
		rules := map[readAs][]uint32{}
		for _, aside := range []map[readAs]int{x.leftOut, x.filters} {
			for as := range aside {
				rules[as] = nil
			}
		}
		for _, n := range x.ruleOrder() {
			as := x.rules[n].read
			rules[as] = append(rules[as], n)
		}
		words := x.words.list
		for _, as := range slices.SortedFunc(maps.Keys(rules), func(a, b readAs) int {
			return cmp.Or(cmp.Compare(words[a.vendor], words[b.vendor]), cmp.Compare(words[a.language], words[b.language]))
		}) {
			if !yield(x.ledger(as, rules[as])) {
				return
			}
		}
	}
}

// ledger makes the record of the rules that are read alike.
func (x *Index) ledger(as readAs, rules []uint32) record.Ledger {
	l := record.Ledger{
		Type:     record.TypeLedger,
		V:        record.Version,
		Vendor:   x.words.list[as.vendor],
		Language: x.words.list[as.language],
		Rules:    len(rules),
		LeftOut:  x.leftOut[as],
		Filters:  x.filters[as],
		Errors:   x.stats.Errors,
		Revoked:  x.revoked(rules),
	}
	l.Opaque, l.Unmapped = x.gapsOf(rules)
	for _, n := range rules {
		x.enter(&l, &x.rules[n])
	}
	for _, row := range l.Unmapped {
		l.Fields.Unmapped += row.Predicates
	}
	l.Fields.Distinct = len(l.Unmapped)
	return l
}

// enter counts one rule, and lists it where something of it is missing.
func (x *Index) enter(l *record.Ledger, r *rule) {
	tied, windows := x.tied(r), x.onWindows(r)
	if covered := x.cover(l, r); !covered || !tied {
		entry := x.entry(r)
		for _, word := range x.platformSet.all[r.platforms] {
			entry.Platforms = append(entry.Platforms, x.words.list[word])
		}
		l.RuleList = append(l.RuleList, entry)
	}
	if r.raw {
		l.Raw++
	}
	l.Predicates += int(r.predicates)
	l.Fields.Mapped += int(r.mapped)
	if tied {
		l.Tied++
	}
	if windows {
		l.Windows.Rules++
	}
	if windows && tied {
		l.Windows.Tied++
	}
}

// cover counts the rule by its coverage, and reports whether nothing was
// missed.
func (x *Index) cover(l *record.Ledger, r *rule) bool {
	switch x.words.list[r.coverage] {
	case record.CoverageFull:
		l.Full++
		return true
	case record.CoverageNoQuery:
		l.NoQuery++
		return true
	case record.CoveragePartial:
		l.Partial++
	case record.CoverageNone:
		l.None++
	default:
		l.Unknown++
	}
	return false
}

// entry is the rule as a list of rules has it.
func (x *Index) entry(r *rule) record.RuleEntry {
	return record.RuleEntry{
		Vendor:   x.words.list[r.read.vendor],
		ID:       x.text.string(r.id),
		Title:    x.text.string(r.title),
		Path:     x.text.string(r.path),
		Doc:      int(r.doc),
		Level:    x.words.list[r.level],
		Status:   x.words.list[r.status],
		Coverage: x.words.list[r.coverage],
		Untied:   !x.tied(r),
	}
}

// revoked returns the techniques that the rules tag by an id that is no longer
// current: most rules first, then by id.
func (x *Index) revoked(rules []uint32) []record.RevokedRow {
	names := map[tag][]string{}
	for _, n := range rules {
		r := &x.rules[n]
		for t := range unpack(x.tagSets.all[r.tags]) {
			if t.tagged != 0 {
				names[t] = append(names[t], x.name(r))
			}
		}
	}
	rows := make([]record.RevokedRow, 0, len(names))
	for t, ids := range names {
		id := x.techniques[t.technique].id
		rows = append(rows, record.RevokedRow{
			Tagged: x.words.list[t.tagged], ID: id, Name: x.techniqueName(id), Rules: len(ids), RuleIDs: ids,
		})
	}
	slices.SortFunc(rows, func(a, b record.RevokedRow) int {
		return cmp.Or(cmp.Compare(b.Rules, a.Rules), cmp.Compare(a.Tagged, b.Tagged), cmp.Compare(a.ID, b.ID))
	})
	return rows
}
