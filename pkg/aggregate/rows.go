package aggregate

import (
	"cmp"
	"slices"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// A field's samples: enough to see what is looked for, and not all of one
// rule with a long list.
const (
	maxSamples        = 5
	maxSamplesPerRule = 3
)

// values returns the table of one class: most rules first.
func (p *page) values(c class) []record.ValueRow {
	var rows []record.ValueRow
	for i := range p.rows {
		if r := &p.rows[i]; r.class == c {
			rows = append(rows, p.value(r))
		}
	}
	slices.SortFunc(rows, compareValues)
	return rows
}

func (p *page) value(r *row) record.ValueRow {
	s := p.x.shapeOf(r.predicate)
	return record.ValueRow{
		Field:   p.x.fieldName(s),
		Op:      p.x.words.list[s.op],
		Value:   p.x.predicates.show(r.predicate),
		Flags:   p.x.words.list[s.flags],
		Unit:    p.x.words.list[s.unit],
		Cased:   r.cased,
		Rules:   len(r.ranks),
		Reach:   int(p.x.reach[r.predicate][r.class]),
		Vendors: p.vendors(r.ranks),
		RuleIDs: p.ruleIDs(r.ranks),
	}
}

func compareValues(a, b record.ValueRow) int {
	return cmp.Or(
		cmp.Compare(b.Rules, a.Rules),
		cmp.Compare(a.Field, b.Field),
		cmp.Compare(a.Op, b.Op),
		cmp.Compare(a.Value, b.Value),
		cmp.Compare(a.Flags, b.Flags),
		cmp.Compare(a.Unit, b.Unit))
}

func (x *Index) shapeOf(predicate uint32) shape {
	return x.shapes[x.predicates.entries[predicate].group]
}

// fieldName returns the name of the shape's field, "" for keywords, which
// have none.
func (x *Index) fieldName(s shape) string {
	if s.field == 0 {
		return ""
	}
	return x.fields.show(s.field - 1)
}

// fields returns the table of fields: most rules first, then by name.
func (p *page) fields() []record.FieldRow {
	byField := map[uint32][]*row{}
	for i := range p.rows {
		r := &p.rows[i]
		if s := p.x.shapeOf(r.predicate); s.field != 0 && r.class != threshold {
			byField[s.field-1] = append(byField[s.field-1], r)
		}
	}
	rows := make([]record.FieldRow, 0, len(byField))
	for field, of := range byField {
		rows = append(rows, p.field(field, of))
	}
	slices.SortFunc(rows, func(a, b record.FieldRow) int {
		return cmp.Or(cmp.Compare(b.Rules, a.Rules), cmp.Compare(a.Field, b.Field))
	})
	return rows
}

func (p *page) field(field uint32, rows []*row) record.FieldRow {
	ranks := union(rows)
	return record.FieldRow{
		Field:   p.x.fields.show(field),
		Rules:   len(ranks),
		Reach:   int(p.x.fieldUse[field].rules),
		Ops:     p.ops(rows),
		Samples: p.samples(rows),
		Vendors: p.vendors(ranks),
		RuleIDs: p.ruleIDs(ranks),
	}
}

// ops says how many rules use which operator: most rules first, then by name.
func (p *page) ops(rows []*row) []record.OpRow {
	byOp := map[uint32][]*row{}
	for _, r := range rows {
		op := p.x.shapeOf(r.predicate).op
		byOp[op] = append(byOp[op], r)
	}
	ops := make([]record.OpRow, 0, len(byOp))
	for op, of := range byOp {
		ops = append(ops, record.OpRow{Op: p.x.words.list[op], Rules: len(union(of))})
	}
	slices.SortFunc(ops, func(a, b record.OpRow) int {
		return cmp.Or(cmp.Compare(b.Rules, a.Rules), cmp.Compare(a.Op, b.Op))
	})
	return ops
}

// union returns the ranks of the rules that are behind any of the rows.
func union(rows []*row) []uint32 {
	var ranks []uint32
	for _, r := range rows {
		ranks = append(ranks, r.ranks...)
	}
	slices.Sort(ranks)
	return slices.Compact(ranks)
}

// sample is a value of a field, whatever the operator.
type sample struct {
	value string
	ranks []uint32
}

// samples returns values to start from: those that most rules look for. What
// rules leave out stands in only where they look for nothing.
func (p *page) samples(rows []*row) []string {
	if list := p.pick(rows, indicator); len(list) > 0 {
		return list
	}
	return p.pick(rows, exclusion)
}

func (p *page) pick(rows []*row, c class) []string {
	taken := map[uint32]int{}
	var list []string
	for _, s := range p.candidates(rows, c) {
		full := func(rank uint32) bool { return taken[rank] == maxSamplesPerRule }
		if len(list) == maxSamples || slices.ContainsFunc(s.ranks, full) {
			continue
		}
		for _, rank := range s.ranks {
			taken[rank]++
		}
		list = append(list, s.value)
	}
	return list
}

// candidates returns the values of one class: most rules first, then in byte
// order.
func (p *page) candidates(rows []*row, c class) []sample {
	byValue := map[string][]*row{}
	for _, r := range rows {
		if value := p.x.predicates.show(r.predicate); r.class == c && value != "" {
			byValue[value] = append(byValue[value], r)
		}
	}
	list := make([]sample, 0, len(byValue))
	for value, of := range byValue {
		list = append(list, sample{value, union(of)})
	}
	slices.SortFunc(list, func(a, b sample) int {
		return cmp.Or(cmp.Compare(len(b.ranks), len(a.ranks)), cmp.Compare(a.value, b.value))
	})
	return list
}
