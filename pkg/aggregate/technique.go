package aggregate

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/attack"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// WriteTechniques hands the technique view to write: a line for each technique
// that a rule belongs to, and for each that was asked for by its id, in order
// of id. It returns how many of them have rules. A line comes in pieces, which
// are valid until write returns.
func (x *Index) WriteTechniques(write func(piece []byte) error) (pages int, err error) {
	v := x.techniqueView()
	for _, id := range x.pageIDs() {
		p := v.open(id)
		if err := p.write(write); err != nil {
			return pages, err
		}
		if len(p.rules) > 0 {
			pages++
		}
	}
	return pages, nil
}

// techniqueView is what the pages have in common.
type techniqueView struct {
	x          *Index
	members    [][]uint32   // the rules of each technique
	renamed    [][]tag      // of each tagSet, those of another id than today's
	shapes     []namedShape // by number
	companions companions
	page       page
}

// namedShape is a shape in words.
type namedShape struct {
	shape
	fieldName, op, flags, unit string
}

func (x *Index) techniqueView() *techniqueView {
	v := &techniqueView{x: x, members: x.members(), shapes: make([]namedShape, len(x.shapes))}
	for n, s := range x.shapes {
		named := namedShape{shape: s, op: x.words.list[s.op], flags: x.words.list[s.flags], unit: x.words.list[s.unit]}
		if s.field > 0 {
			named.fieldName = x.fields.show(s.field - 1)
		}
		v.shapes[n] = named
	}
	v.renamed = make([][]tag, len(x.tagSets.all))
	for n, pairs := range x.tagSets.all {
		for t := range unpack(pairs) {
			if t.tagged != 0 {
				v.renamed[n] = append(v.renamed[n], t)
			}
		}
	}
	return v
}

// pageIDs returns the ids of the techniques that get a record, in order.
func (x *Index) pageIDs() []string {
	ids := x.opts.Techniques.asked()
	used := make([]bool, len(x.techniques))
	for _, r := range x.rules {
		for t := range unpack(x.tagSets.all[r.tags]) {
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
		for t := range unpack(x.tagSets.all[x.rules[r].tags]) {
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
	slices.SortFunc(order, x.compareRules)
	return order
}

// compareRules is written out, as compareRows is.
func (x *Index) compareRules(a, b uint32) int {
	p, q := &x.rules[a], &x.rules[b]
	if c := strings.Compare(x.words.list[p.read.vendor], x.words.list[q.read.vendor]); c != 0 {
		return c
	}
	if c := strings.Compare(x.text.string(p.title), x.text.string(q.title)); c != 0 {
		return c
	}
	if c := strings.Compare(x.text.string(p.id), x.text.string(q.id)); c != 0 {
		return c
	}
	return cmp.Or(
		strings.Compare(x.text.string(p.path), x.text.string(q.path)),
		cmp.Compare(p.doc, q.doc),
		cmp.Compare(a, b))
}

// page makes one technique record. Inside it rules go by their rank: their
// place in the page's rule list. Its memory serves one page after the other.
type page struct {
	view   *techniqueView
	id     string
	rules  []uint32
	names  []string // of the rules, for rule_ids
	cells  []cell   // what the rows are made of
	ranks  []uint32 // of all rows, one after the other
	rows   []row
	ids    []string       // of rows that are written at once: their rule_ids
	counts []record.Count // and their vendors
	merged []uint32       // what union returned
	merges []uint32       // by rank, the last union that the rule is in
	merge  uint32         // the last union, from 1
}

// open begins a page.
func (v *techniqueView) open(id string) *page {
	p := &v.page
	p.view, p.id, p.rules, p.names = v, id, nil, p.names[:0]
	if n, ok := v.x.techniqueIDs[id]; ok {
		p.rules = v.members[n]
	}
	for _, n := range p.rules {
		p.names = append(p.names, v.x.name(&v.x.rules[n]))
	}
	p.merges = slices.Grow(p.merges[:0], len(p.rules))[:len(p.rules)]
	p.collect()
	return p
}

// write writes the record, a record.Technique, member by member.
func (p *page) write(write func(piece []byte) error) error {
	w := &pieces{write: write}
	w.begin(p.head())
	indicators, exclusions := p.table(indicator), p.table(exclusion)
	p.pair(indicators)
	list(w, "events", p.events(), made)
	list(w, "fields", p.fields(indicators, exclusions), made)
	list(w, "indicators", indicators, p.values)
	list(w, "exclusions", exclusions, p.values)
	list(w, "thresholds", p.table(threshold), p.values)
	list(w, "rule_list", p.rules, p.entries)
	if n := p.untied(); n > 0 {
		w.text(`,"untied":` + strconv.Itoa(n))
	}
	opaque, unmapped := p.view.x.gapsOf(p.rules)
	list(w, "opaque", opaque, made)
	list(w, "unmapped", unmapped, made)
	return w.end()
}

// head returns the members that come before the tables.
func (p *page) head() *record.Technique {
	t := &record.Technique{
		Type:    record.TypeTechnique,
		V:       record.Version,
		ID:      p.id,
		Rules:   len(p.rules),
		Corpus:  p.view.x.stats.Rules,
		Vendors: p.vendors(p.all()),
		Tagged:  p.taggedAll(),
	}
	t.NotRead, t.NoQuery = p.unread()
	p.describe(t)
	return t
}

// describe says what the technique is called. A bundle goes before what the
// records say, and this before the embedded tables: rnorm may have been given
// a newer ATT&CK.
func (p *page) describe(t *record.Technique) {
	table := p.view.x.opts.Attack
	known, _ := table.Lookup(p.id)
	t.Name, t.Description = known.Name, known.Description
	tactics := known.Tactics
	if _, own := table.Own(p.id); own {
		// the bundle says it all
	} else if n, ok := p.view.x.techniqueIDs[p.id]; ok {
		seen := &p.view.x.techniques[n]
		t.Name = cmp.Or(seen.name, known.Name)
		if len(seen.tactics) > 0 {
			tactics = seen.tactics
		}
	}
	for _, id := range tactics {
		tactic, _ := table.LookupTactic(id)
		t.Tactics = append(t.Tactics, record.Named{ID: id, Name: tactic.Name})
	}
	if parent := attack.Parent(p.id); parent != "" {
		t.Parent = &record.Named{ID: parent, Name: p.view.x.techniqueName(parent)}
	}
}

func (x *Index) techniqueName(id string) string {
	if own, ok := x.opts.Attack.Own(id); ok {
		return own.Name
	}
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
	x, start := p.view.x, len(p.counts)
	for _, rank := range ranks {
		vendor := x.words.list[x.rules[p.rules[rank]].read.vendor]
		if n := len(p.counts); n > start && p.counts[n-1].Vendor == vendor {
			p.counts[n-1].Rules++
			continue
		}
		p.counts = append(p.counts, record.Count{Vendor: vendor, Rules: 1})
	}
	return slices.Clip(p.counts[start:])
}

func (p *page) ruleIDs(ranks []uint32) []string {
	start := len(p.ids)
	for _, rank := range ranks {
		p.ids = append(p.ids, p.names[rank])
	}
	return slices.Clip(p.ids[start:])
}

// unread counts the rules whose query was not read in full, and those that
// have none: nothing was missed in these.
func (p *page) unread() (notRead, noQuery int) {
	for _, n := range p.rules {
		switch p.view.x.words.list[p.view.x.rules[n].coverage] {
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
	for _, t := range p.view.renamed[r.tags] {
		if p.view.x.techniques[t.technique].id == p.id {
			ids = append(ids, p.view.x.words.list[t.tagged])
		}
	}
	return ids
}

func (p *page) taggedAll() []string {
	var ids []string
	for _, n := range p.rules {
		ids = append(ids, p.tagged(&p.view.x.rules[n])...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// entries makes the rule list's records of some rules.
func (p *page) entries(rules []uint32) []record.RuleEntry {
	list := make([]record.RuleEntry, len(rules))
	for i, n := range rules {
		r := &p.view.x.rules[n]
		list[i] = p.view.x.entry(r)
		list[i].Tagged = p.tagged(r)
	}
	return list
}

// untied counts the rules that are tied to no event.
func (p *page) untied() int {
	count := 0
	for _, n := range p.rules {
		if !p.view.x.tied(&p.view.x.rules[n]) {
			count++
		}
	}
	return count
}

// events returns the events that the page's rules are tied to.
func (p *page) events() []record.EventRow {
	ranks := map[uint32][]uint32{}
	for rank, n := range p.rules {
		for _, e := range p.view.x.eventSets.all[p.view.x.rules[n].events] {
			ranks[e] = append(ranks[e], uint32(rank))
		}
	}
	rows := make([]record.EventRow, 0, len(ranks))
	for n, ranks := range ranks {
		provider, id, _ := strings.Cut(p.view.x.events.show(n), "\x00")
		rows = append(rows, record.EventRow{
			Provider: provider, ID: id, Title: p.view.x.eventTitles[n],
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
	m, aIsNumber := eventNumber(a)
	n, bIsNumber := eventNumber(b)
	switch {
	case aIsNumber && bIsNumber:
		return cmp.Or(cmp.Compare(m, n), cmp.Compare(a, b))
	case aIsNumber:
		return -1
	case bIsNumber:
		return 1
	}
	return cmp.Compare(a, b)
}

// eventNumber looks before it tries: an error costs more than all the rest.
func eventNumber(id string) (n uint64, ok bool) {
	if id == "" || id[0] < '0' || id[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(id, 10, 64)
	return n, err == nil
}
