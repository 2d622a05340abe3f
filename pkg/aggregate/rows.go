package aggregate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// A field's samples: enough to see what is looked for, and not all of one
// rule with a long list.
const (
	maxSamples        = 5
	maxSamplesPerRule = 3
)

// row is a predicate in a class, and the ranks of the rules that have it.
type row struct {
	predicate uint32
	class     class
	cased     bool
	shape     *namedShape
	value     string
	ranks     []uint32
	with      *record.Companion
}

// collect groups the postings of the page's rules by predicate and class.
func (p *page) collect() {
	p.sortCells()
	p.ranks = slices.Grow(p.ranks[:0], len(p.cells))
	p.rows = p.rows[:0]
	for i, c := range p.cells {
		if i == 0 || p.cells[i-1].key() != c.key() {
			p.rows = append(p.rows, p.row(c, p.ranks[i:i]))
		}
		p.ranks = append(p.ranks, c.rank())
		last := &p.rows[len(p.rows)-1]
		last.cased = last.cased && c.cased()
		last.ranks = last.ranks[:len(last.ranks)+1]
	}
}

func (p *page) row(c cell, ranks []uint32) row {
	predicates := &p.view.x.predicates
	s := &p.view.shapes[predicates.entries[c.predicate()].group]
	r := row{predicate: c.predicate(), class: c.class(), cased: true, shape: s, ranks: ranks}
	if !s.valueless {
		r.value = predicates.show(r.predicate)
	}
	return r
}

// sortCells gathers the postings of the page's rules, sorted.
func (p *page) sortCells() {
	x := p.view.x
	p.cells = p.cells[:0]
	for rank, n := range p.rules {
		r := &x.rules[n]
		for _, posting := range x.postings[r.firstPosting:][:r.postings] {
			p.cells = append(p.cells, newCell(posting, uint32(rank)))
		}
	}
	slices.Sort(p.cells)
}

// cell is a posting of the rule with a rank, so packed that sorting cells
// groups them into rows whose ranks rise.
type cell uint64

func newCell(p posting, rank uint32) cell {
	return cell(p>>1)<<33 | cell(rank)<<1 | cell(p&1)
}

func (c cell) key() uint64       { return uint64(c >> 33) }
func (c cell) rank() uint32      { return uint32(c >> 1) }
func (c cell) cased() bool       { return c&1 != 0 }
func (c cell) class() class      { return class(c >> 33 & 3) }
func (c cell) predicate() uint32 { return uint32(c >> 35) }

// table returns the rows of one class: most rules first. What is sorted are
// pointers: the records themselves are too large to be moved about.
func (p *page) table(c class) []*row {
	var rows []*row
	for i := range p.rows {
		if p.rows[i].class == c {
			rows = append(rows, &p.rows[i])
		}
	}
	slices.SortFunc(rows, compareRows)
	return rows
}

// compareRows is written out because it is called more than anything else:
// cmp.Or would compare all before it looks at the first.
func compareRows(a, b *row) int {
	if c := len(b.ranks) - len(a.ranks); c != 0 {
		return c
	}
	if c := strings.Compare(a.shape.fieldName, b.shape.fieldName); c != 0 {
		return c
	}
	if c := strings.Compare(a.shape.op, b.shape.op); c != 0 {
		return c
	}
	if c := strings.Compare(a.value, b.value); c != 0 {
		return c
	}
	return cmp.Or(strings.Compare(a.shape.flags, b.shape.flags), strings.Compare(a.shape.unit, b.shape.unit))
}

// values makes the records of some rows. They are valid until the next call.
func (p *page) values(some []*row) []record.ValueRow {
	p.ids, p.counts = p.ids[:0], p.counts[:0]
	rows := make([]record.ValueRow, len(some))
	for i, r := range some {
		rows[i] = record.ValueRow{
			Field:   r.shape.fieldName,
			Op:      r.shape.op,
			Value:   r.value,
			Flags:   r.shape.flags,
			Unit:    r.shape.unit,
			Cased:   r.cased,
			Rules:   len(r.ranks),
			Reach:   int(p.view.x.reach[r.predicate][r.class]),
			Vendors: p.vendors(r.ranks),
			RuleIDs: p.ruleIDs(r.ranks),
			With:    r.with,
		}
	}
	return rows
}

// fields returns the table of fields: most rules first, then by name. The
// tables of indicators and exclusions give the samples.
func (p *page) fields(indicators, exclusions []*row) []record.FieldRow {
	byField := map[uint32][]*row{}
	for i := range p.rows {
		if r := &p.rows[i]; r.shape.field != 0 && r.class != threshold {
			byField[r.shape.field] = append(byField[r.shape.field], r)
		}
	}
	samples := p.samples(indicators)
	negative := p.samples(exclusions)
	rows := make([]record.FieldRow, 0, len(byField))
	for n, of := range byField {
		f := p.field(of)
		// What rules leave out stands in only where they look for nothing.
		if f.Samples = samples[n]; f.Samples == nil {
			f.Samples = negative[n]
		}
		rows = append(rows, f)
	}
	slices.SortFunc(rows, func(a, b record.FieldRow) int {
		return cmp.Or(cmp.Compare(b.Rules, a.Rules), cmp.Compare(a.Field, b.Field))
	})
	return rows
}

// field makes the record of a field from the rows that it has.
func (p *page) field(rows []*row) record.FieldRow {
	ops := p.ops(rows)
	ranks := p.union(rows)
	slices.Sort(ranks)
	return record.FieldRow{
		Field:   rows[0].shape.fieldName,
		Rules:   len(ranks),
		Reach:   int(p.view.x.fieldUse[rows[0].shape.field-1].rules),
		Ops:     ops,
		Vendors: p.vendors(ranks),
		RuleIDs: p.ruleIDs(ranks),
	}
}

// ops says how many rules use which operator: most rules first, then by name.
func (p *page) ops(rows []*row) []record.OpRow {
	byOp := map[string][]*row{}
	for _, r := range rows {
		byOp[r.shape.op] = append(byOp[r.shape.op], r)
	}
	list := make([]record.OpRow, 0, len(byOp))
	for op, of := range byOp {
		list = append(list, record.OpRow{Op: op, Rules: len(p.union(of))})
	}
	slices.SortFunc(list, func(a, b record.OpRow) int {
		return cmp.Or(cmp.Compare(b.Rules, a.Rules), cmp.Compare(a.Op, b.Op))
	})
	return list
}

// union returns the ranks of the rules that are behind any of the rows, in no
// order, until the next call.
func (p *page) union(rows []*row) []uint32 {
	p.merged = p.merged[:0]
	p.merge++
	for _, r := range rows {
		for _, rank := range r.ranks {
			if p.merges[rank] != p.merge {
				p.merges[rank] = p.merge
				p.merged = append(p.merged, rank)
			}
		}
	}
	return p.merged
}

// sampler picks the samples of one field.
type sampler struct {
	list  []string
	taken map[uint32]int // by rank
}

// samples returns values of each field to start from, by the order of the
// table: those that most rules have come first.
func (p *page) samples(table []*row) map[uint32][]string {
	samplers := map[uint32]*sampler{}
	for _, r := range table {
		s := samplers[r.shape.field]
		if s == nil {
			s = &sampler{taken: map[uint32]int{}}
			samplers[r.shape.field] = s
		}
		s.offer(r)
	}
	lists := map[uint32][]string{}
	for field, s := range samplers {
		lists[field] = s.list
	}
	return lists
}

// offer takes the value of r if there is room for it. A value that stands
// there already, under another operator or in another case, is not a new one.
func (s *sampler) offer(r *row) {
	full := func(rank uint32) bool { return s.taken[rank] == maxSamplesPerRule }
	known := func(value string) bool { return strings.EqualFold(value, r.value) }
	if len(s.list) == maxSamples || r.value == "" || slices.ContainsFunc(s.list, known) || slices.ContainsFunc(r.ranks, full) {
		return
	}
	for _, rank := range r.ranks {
		s.taken[rank]++
	}
	s.list = append(s.list, r.value)
}
