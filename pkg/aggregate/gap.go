package aggregate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// gap is something of a rule that was not understood: an opaque fragment, or
// a field without a row, and how many of the rule's predicates it is about.
type gap struct {
	entry      uint32 // of Index.fragments or Index.unmapped
	opaque     bool
	predicates uint32
}

// understand notes of a predicate of the current rule what was not understood.
func (x *Index) understand(p *record.DigestPredicate) {
	switch {
	case p.Role == record.RoleOpaque:
		code := x.words.id(p.Code)
		x.noteGap(&x.fragments, x.fragments.id(code, p.Value, true), p.Value, true)
	case p.Field == "" || p.Role == record.RoleThreshold:
		// It is about no field of an event.
	case p.Unmapped:
		x.noteGap(&x.unmapped, x.unmapped.id(0, p.Field, false), p.Field, false)
	default:
		x.counter.mapped++
	}
}

// noteGap adds to the gaps of the current rule, each of which it has once.
func (x *Index) noteGap(t *table, id uint32, text string, opaque bool) {
	if t.count(id, text, x.ordinal) {
		t.entries[id].slot = uint32(len(x.counter.gaps))
		x.counter.gaps = append(x.counter.gaps, gap{entry: id, opaque: opaque})
	}
	x.counter.gaps[t.entries[id].slot].predicates++
}

// readAs says how the rule is read.
func (x *Index) readAs(r *record.Digest) readAs {
	return readAs{vendor: x.words.id(r.Vendor), language: x.words.id(r.Language)}
}

// aside counts a rule that counts nowhere else, if the filters let it through.
func (x *Index) aside(counts map[readAs]int, r *record.Digest) {
	o := x.opts
	o.Statuses = nil // it may stand aside because of its status
	if o.shows(r) {
		counts[x.readAs(r)]++
	}
}

// platformsOf returns the platforms of the rule, as words.
func (x *Index) platformsOf(r *record.Digest) []uint32 {
	list := make([]uint32, len(r.Platforms))
	for i, p := range r.Platforms {
		list[i] = x.words.id(p)
	}
	return list
}

// onWindows reports whether the rule is for Windows.
func (x *Index) onWindows(r *rule) bool {
	return slices.ContainsFunc(x.platformSet.all[r.platforms], func(word uint32) bool {
		return strings.EqualFold(x.words.list[word], "windows")
	})
}

// tied reports whether the rule is tied to an event of the catalog.
func (x *Index) tied(r *rule) bool { return len(x.eventSets.all[r.events]) > 0 }

// gapRow is a gap and the rules that have it.
type gapRow struct {
	entry      uint32
	predicates int
	names      []string // of the rules
}

// gapsOf gathers the gaps of the rules: opaque fragments, and fields.
func (x *Index) gapsOf(rules []uint32) (opaque []record.OpaqueRow, unmapped []record.UnmappedRow) {
	fragments, fields := map[uint32]*gapRow{}, map[uint32]*gapRow{}
	for _, n := range rules {
		r := &x.rules[n]
		for _, g := range x.gaps[r.firstGap:][:r.gaps] {
			rows := fields
			if g.opaque {
				rows = fragments
			}
			row := rows[g.entry]
			if row == nil {
				row = &gapRow{entry: g.entry}
				rows[g.entry] = row
			}
			row.predicates += int(g.predicates)
			row.names = append(row.names, x.name(r))
		}
	}
	return x.opaqueRows(fragments), x.unmappedRows(fields)
}

// opaqueRows makes the records: most rules first, then by code and text.
func (x *Index) opaqueRows(rows map[uint32]*gapRow) []record.OpaqueRow {
	list := make([]record.OpaqueRow, 0, len(rows))
	for _, r := range rows {
		list = append(list, record.OpaqueRow{
			Code: x.words.list[x.fragments.entries[r.entry].group], Text: x.fragments.show(r.entry),
			Fragments: r.predicates, Rules: len(r.names), RuleIDs: r.names,
		})
	}
	slices.SortFunc(list, func(a, b record.OpaqueRow) int {
		return cmp.Or(cmp.Compare(b.Rules, a.Rules), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Text, b.Text))
	})
	return list
}

// unmappedRows makes the records: most rules first, then by name.
func (x *Index) unmappedRows(rows map[uint32]*gapRow) []record.UnmappedRow {
	list := make([]record.UnmappedRow, 0, len(rows))
	for _, r := range rows {
		list = append(list, record.UnmappedRow{
			Field: x.unmapped.show(r.entry), Predicates: r.predicates, Rules: len(r.names), RuleIDs: r.names,
		})
	}
	slices.SortFunc(list, func(a, b record.UnmappedRow) int {
		return cmp.Or(cmp.Compare(b.Rules, a.Rules), cmp.Compare(a.Field, b.Field))
	})
	return list
}
