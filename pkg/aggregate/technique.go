package aggregate

import (
	"bytes"
	"cmp"
	"iter"
	"slices"
	"strconv"

	"github.com/rulepipe/rulepipe/pkg/attack"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// Techniques returns the technique view: a record for each technique that a
// rule belongs to, and for each that was asked for by its id, in order of id.
func (x *Index) Techniques() iter.Seq[record.Technique] {
	return func(yield func(record.Technique) bool) {
		members := x.members()
		for _, id := range x.pageIDs() {
			var rules []uint32
			if n, ok := x.techniqueIDs[id]; ok {
				rules = members[n]
			}
			if !yield(x.page(id, rules).record()) {
				return
			}
		}
	}
}

// pageIDs returns the ids of the techniques that get a record, in order.
func (x *Index) pageIDs() []string {
	ids := x.opts.Techniques.asked()
	used := make([]bool, len(x.techniques))
	for _, r := range x.rules {
		for _, t := range unpack(x.tagSets.all[r.tags]) {
			used[t.technique] = true
		}
	}
	for n, t := range x.techniques {
		if used[n] {
			ids = append(ids, t.id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// members returns the rules of each technique, in the order of a rule list.
func (x *Index) members() [][]uint32 {
	lists := make([][]uint32, len(x.techniques))
	for _, r := range x.ruleOrder() {
		for _, t := range unpack(x.tagSets.all[x.rules[r].tags]) {
			list := lists[t.technique]
			if n := len(list); n == 0 || list[n-1] != r {
				lists[t.technique] = append(list, r)
			}
		}
	}
	return lists
}

// ruleOrder returns the numbers of the rules by vendor, title, id, place in
// the files, and, where all that is the same, by place in the input.
func (x *Index) ruleOrder() []uint32 {
	order := make([]uint32, len(x.rules))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		p, q := &x.rules[a], &x.rules[b]
		return cmp.Or(
			cmp.Compare(x.words.list[p.vendor], x.words.list[q.vendor]),
			bytes.Compare(x.text.bytes(p.title), x.text.bytes(q.title)),
			bytes.Compare(x.text.bytes(p.id), x.text.bytes(q.id)),
			bytes.Compare(x.text.bytes(p.path), x.text.bytes(q.path)),
			cmp.Compare(p.doc, q.doc),
			cmp.Compare(a, b))
	})
	return order
}

// page makes one technique record. Inside it rules go by their rank: their
// place in the page's rule list.
type page struct {
	x     *Index
	id    string
	rules []uint32
	names []string // of the rules, for rule_ids
	rows  []row
}

// row is a predicate in a class, and the ranks of the rules that have it.
type row struct {
	predicate uint32
	class     class
	cased     bool
	ranks     []uint32
}

func (x *Index) page(id string, rules []uint32) *page {
	p := &page{x: x, id: id, rules: rules, names: make([]string, len(rules))}
	for rank, r := range rules {
		p.names[rank] = x.name(&x.rules[r])
	}
	p.rows = p.collect()
	return p
}

// collect groups the postings of the page's rules by predicate and class.
func (p *page) collect() []row {
	var cells []cell
	for rank, n := range p.rules {
		r := &p.x.rules[n]
		for _, posting := range p.x.postings[r.firstPosting:][:r.postings] {
			cells = append(cells, newCell(posting, uint32(rank)))
		}
	}
	slices.Sort(cells)
	ranks := make([]uint32, len(cells))
	var rows []row
	for i, c := range cells {
		ranks[i] = c.rank()
		if i == 0 || cells[i-1].key() != c.key() {
			rows = append(rows, row{predicate: c.predicate(), class: c.class(), cased: true, ranks: ranks[i:i:len(ranks)]})
		}
		last := &rows[len(rows)-1]
		last.cased = last.cased && c.cased()
		last.ranks = last.ranks[:len(last.ranks)+1]
	}
	return rows
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

func (p *page) record() record.Technique {
	t := record.Technique{
		Type:       record.TypeTechnique,
		V:          record.Version,
		ID:         p.id,
		Rules:      len(p.rules),
		Corpus:     p.x.stats.Rules,
		Vendors:    p.vendors(p.all()),
		Tagged:     p.taggedAll(),
		Events:     p.events(),
		Fields:     p.fields(),
		Indicators: p.values(indicator),
		Exclusions: p.values(exclusion),
		Thresholds: p.values(threshold),
		RuleList:   p.ruleList(),
	}
	t.NotRead, t.NoQuery = p.unread()
	p.describe(&t)
	return t
}

// describe says what the technique is called. What the records say goes
// before the embedded tables: rnorm may have been given a newer ATT&CK.
func (p *page) describe(t *record.Technique) {
	known, _ := attack.Lookup(p.id)
	t.Name = known.Name
	tactics := known.Tactics
	if n, ok := p.x.techniqueIDs[p.id]; ok {
		seen := &p.x.techniques[n]
		t.Name = cmp.Or(seen.name, known.Name)
		if len(seen.tactics) > 0 {
			tactics = seen.tactics
		}
	}
	for _, id := range tactics {
		tactic, _ := attack.LookupTactic(id)
		t.Tactics = append(t.Tactics, record.Named{ID: id, Name: tactic.Name})
	}
	if parent := attack.Parent(p.id); parent != "" {
		t.Parent = &record.Named{ID: parent, Name: p.x.techniqueName(parent)}
	}
}

func (x *Index) techniqueName(id string) string {
	if n, ok := x.techniqueIDs[id]; ok && x.techniques[n].name != "" {
		return x.techniques[n].name
	}
	known, _ := attack.Lookup(id)
	return known.Name
}

// all returns the ranks of all rules of the page.
func (p *page) all() []uint32 {
	ranks := make([]uint32, len(p.rules))
	for i := range ranks {
		ranks[i] = uint32(i)
	}
	return ranks
}

// vendors counts the rules by vendor. Ranks rise, and with them the vendors.
func (p *page) vendors(ranks []uint32) record.Counts {
	var counts record.Counts
	for _, rank := range ranks {
		vendor := p.x.words.list[p.x.rules[p.rules[rank]].vendor]
		if n := len(counts); n > 0 && counts[n-1].Vendor == vendor {
			counts[n-1].Rules++
			continue
		}
		counts = append(counts, record.Count{Vendor: vendor, Rules: 1})
	}
	return counts
}

func (p *page) ruleIDs(ranks []uint32) []string {
	ids := make([]string, len(ranks))
	for i, rank := range ranks {
		ids[i] = p.names[rank]
	}
	return ids
}

// unread counts the rules whose query was not read in full, and those that
// have none: nothing was missed in these.
func (p *page) unread() (notRead, noQuery int) {
	for _, n := range p.rules {
		switch p.x.words.list[p.x.rules[n].coverage] {
		case record.CoveragePartial, record.CoverageNone:
			notRead++
		case record.CoverageNoQuery:
			noQuery++
		}
	}
	return notRead, noQuery
}

// tagged returns the ids that the author of a rule wrote for the page's
// technique, where they are others.
func (p *page) tagged(r *rule) []string {
	var ids []string
	for _, t := range unpack(p.x.tagSets.all[r.tags]) {
		if t.tagged != 0 && p.x.techniques[t.technique].id == p.id {
			ids = append(ids, p.x.words.list[t.tagged])
		}
	}
	return ids
}

func (p *page) taggedAll() []string {
	var ids []string
	for _, n := range p.rules {
		ids = append(ids, p.tagged(&p.x.rules[n])...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (p *page) ruleList() []record.RuleEntry {
	list := make([]record.RuleEntry, len(p.rules))
	for rank, n := range p.rules {
		r := &p.x.rules[n]
		list[rank] = record.RuleEntry{
			Vendor:   p.x.words.list[r.vendor],
			ID:       p.x.text.string(r.id),
			Title:    p.x.text.string(r.title),
			Path:     p.x.text.string(r.path),
			Doc:      int(r.doc),
			Level:    p.x.words.list[r.level],
			Status:   p.x.words.list[r.status],
			Coverage: p.x.words.list[r.coverage],
			Tagged:   p.tagged(r),
		}
	}
	return list
}

// events returns the events that the page's rules are tied to.
func (p *page) events() []record.EventRow {
	ranks := map[uint32][]uint32{}
	for rank, n := range p.rules {
		for _, e := range p.x.eventSets.all[p.x.rules[n].events] {
			ranks[e] = append(ranks[e], uint32(rank))
		}
	}
	rows := make([]record.EventRow, 0, len(ranks))
	for n, ranks := range ranks {
		e := &p.x.events[n]
		rows = append(rows, record.EventRow{
			Provider: e.provider, ID: e.id, Title: e.title,
			Rules: len(ranks), Vendors: p.vendors(ranks), RuleIDs: p.ruleIDs(ranks),
		})
	}
	slices.SortFunc(rows, func(a, b record.EventRow) int {
		return cmp.Or(compareProviders(a.Provider, b.Provider), compareEventIDs(a.ID, b.ID))
	})
	return rows
}

// compareProviders puts the two that most rules are about first.
func compareProviders(a, b string) int {
	return cmp.Or(cmp.Compare(providerRank(a), providerRank(b)), cmp.Compare(a, b))
}

func providerRank(provider string) int {
	switch provider {
	case "Sysmon":
		return 0
	case "Security-Auditing":
		return 1
	}
	return 2
}

// compareEventIDs puts numbers in their order before names: events that are
// not of Windows go by names.
func compareEventIDs(a, b string) int {
	m, errA := strconv.ParseUint(a, 10, 64)
	n, errB := strconv.ParseUint(b, 10, 64)
	switch {
	case errA == nil && errB == nil:
		return cmp.Or(cmp.Compare(m, n), cmp.Compare(a, b))
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	}
	return cmp.Compare(a, b)
}
