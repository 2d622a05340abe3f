package aggregate

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/attack"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// ledger is the ledger view once more, as short and slow as the other.
func (n *naive) ledger(all []record.Digest) []record.Ledger {
	records := map[string]*record.Ledger{}
	of := func(r record.Digest) *record.Ledger {
		key := r.Vendor + " " + r.Language
		if records[key] == nil {
			records[key] = &record.Ledger{Type: "ledger", V: 1, Vendor: r.Vendor, Language: r.Language}
		}
		return records[key]
	}
	anyStatus := n.opts
	anyStatus.Statuses = nil
	for _, r := range all {
		switch withdrawn := r.Status == "deprecated" || r.Status == "unsupported"; {
		case !anyStatus.shows(&r):
		case r.Kind == "filter":
			of(r).Filters++
		case withdrawn && !n.opts.All && !slices.Contains(n.opts.Statuses, r.Status):
			of(r).LeftOut++
		}
	}
	for i, r := range n.rules {
		if n.shown[i] {
			of(r)
		}
	}
	var out []record.Ledger
	for _, key := range slices.Sorted(maps.Keys(records)) {
		n.fill(records[key])
		out = append(out, *records[key])
	}
	return out
}

// fill counts the rules of a ledger's vendor and language.
func (n *naive) fill(l *record.Ledger) {
	var rules []record.Digest
	for i, r := range n.rules {
		if n.shown[i] && r.Vendor == l.Vendor && r.Language == l.Language {
			rules = append(rules, r)
		}
	}
	sortRules(rules)
	l.Rules = len(rules)
	for _, r := range rules {
		count := map[string]*int{"full": &l.Full, "partial": &l.Partial, "none": &l.None, "no_query": &l.NoQuery, "": &l.Unknown}
		*count[r.Coverage]++
		tied := min(len(r.Events), 1)
		l.Tied += tied
		if slices.Contains(r.Platforms, "windows") {
			l.Windows.Rules++
			l.Windows.Tied += tied
		}
		if raw(&r) {
			l.Raw++
		}
		l.Predicates += len(r.Predicates)
		for _, p := range r.Predicates {
			if onField(p) && p.Unmapped {
				l.Fields.Unmapped++
			} else if onField(p) {
				l.Fields.Mapped++
			}
		}
		if tied == 0 || !slices.Contains([]string{"full", "no_query"}, r.Coverage) {
			l.RuleList = append(l.RuleList, record.RuleEntry{
				Vendor: r.Vendor, ID: r.ID, Title: r.Title, Path: r.Path, Doc: r.Doc,
				Level: r.Level, Status: r.Status, Coverage: r.Coverage, Untied: tied == 0, Platforms: r.Platforms,
			})
		}
	}
	l.Opaque, l.Unmapped, l.Revoked = n.opaque(rules), n.unmapped(rules), n.revoked(rules)
	l.Fields.Distinct = len(l.Unmapped)
}

func onField(p record.DigestPredicate) bool {
	return p.Field != "" && p.Role != "threshold" && p.Role != "opaque"
}

// predicates counts those for which is holds.
func predicates(rules []record.Digest, is func(p record.DigestPredicate) bool) int {
	count := 0
	for _, r := range rules {
		for _, p := range r.Predicates {
			if is(p) {
				count++
			}
		}
	}
	return count
}

func (n *naive) opaque(rules []record.Digest) []record.OpaqueRow {
	rows := map[string]record.OpaqueRow{}
	for _, r := range rules {
		for _, p := range r.Predicates {
			same := func(q record.DigestPredicate) bool {
				return q.Role == "opaque" && q.Code == p.Code && q.Value == p.Value
			}
			if with := having(rules, same); p.Role == "opaque" {
				rows[p.Code+" "+p.Value] = record.OpaqueRow{
					Code: p.Code, Text: p.Value, Fragments: predicates(rules, same), Rules: len(with), RuleIDs: naiveIDs(with),
				}
			}
		}
	}
	return slices.SortedFunc(maps.Values(rows), func(a, b record.OpaqueRow) int {
		return cmp.Or(b.Rules-a.Rules, cmp.Compare(a.Code, b.Code), cmp.Compare(a.Text, b.Text))
	})
}

func (n *naive) unmapped(rules []record.Digest) []record.UnmappedRow {
	rows := map[string]record.UnmappedRow{}
	for _, r := range rules {
		for _, p := range r.Predicates {
			same := func(q record.DigestPredicate) bool {
				return onField(q) && q.Unmapped && strings.EqualFold(q.Field, p.Field)
			}
			if with := having(rules, same); onField(p) && p.Unmapped {
				rows[strings.ToLower(p.Field)] = record.UnmappedRow{
					Field: n.unmappedName(p.Field), Predicates: predicates(rules, same), Rules: len(with), RuleIDs: naiveIDs(with),
				}
			}
		}
	}
	return slices.SortedFunc(maps.Values(rows), func(a, b record.UnmappedRow) int {
		return cmp.Or(b.Rules-a.Rules, cmp.Compare(a.Field, b.Field))
	})
}

// unmappedName is the spelling that most rules of the whole input use.
func (n *naive) unmappedName(field string) string {
	counts := map[string]int{}
	for _, r := range n.rules {
		names := map[string]bool{}
		for _, p := range r.Predicates {
			if onField(p) && p.Unmapped && strings.EqualFold(p.Field, field) {
				names[p.Field] = true
			}
		}
		for name := range names {
			counts[name]++
		}
	}
	return most(counts)
}

func (n *naive) revoked(rules []record.Digest) []record.RevokedRow {
	var rows []record.RevokedRow
	for _, id := range []string{"T1021", "T1021.001", "T1021.002", "T1685"} {
		var with []record.Digest
		for _, r := range rules {
			if n.belongs(r, id) && slices.ContainsFunc(r.Attack, func(a record.Attack) bool { return a.ID == id && a.Tagged != "" }) {
				with = append(with, r)
			}
		}
		if known, _ := attack.Lookup(id); len(with) > 0 {
			rows = append(rows, record.RevokedRow{Tagged: "T1562.001", ID: id, Name: known.Name, Rules: len(with), RuleIDs: naiveIDs(with)})
		}
	}
	return rows
}
