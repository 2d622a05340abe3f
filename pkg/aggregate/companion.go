package aggregate

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// place is where in a rule's condition a predicate stands: the part, and the
// alternatives in it that record.Predicate.Branch lists.
type place struct {
	part    int
	choices []choice
}

// choice is one alternative of one or.
type choice struct{ or, alternative int }

// newPlace reads the branch of a predicate. A choice that is not written as it
// should be says nothing.
func newPlace(part int, branch string) place {
	p := place{part: part}
	for word := range strings.FieldsSeq(branch) {
		or, alternative, _ := strings.Cut(word, ".")
		n, err := strconv.Atoi(or)
		m, err2 := strconv.Atoi(alternative)
		if err == nil && err2 == nil {
			p.choices = append(p.choices, choice{n, m})
		}
	}
	return p
}

// together reports whether one event of the rule can be asked for both.
func (p place) together(q place) bool {
	if p.part != q.part {
		return false
	}
	for _, c := range p.choices {
		if slices.ContainsFunc(q.choices, func(d choice) bool { return c.or == d.or && c.alternative != d.alternative }) {
			return false
		}
	}
	return true
}

type placeKey struct {
	part   int
	branch string
}

// places numbers the places of predicates, and sets of them: a rule may have
// the same predicate in several. Place 0 and set 0 are the first part outside
// of any alternatives, where most predicates stand.
type places struct {
	ids  map[placeKey]uint32
	all  []place
	keys []placeKey // by number
	sets lists
	key  []uint32 // of a set, to be built in
}

func newPlaces() places {
	p := places{ids: map[placeKey]uint32{}}
	p.sets.id([]uint32{p.id(0, "")})
	return p
}

func (p *places) id(part int, branch string) uint32 {
	if part == 0 && branch == "" && len(p.all) > 0 {
		return 0
	}
	if n, ok := p.ids[placeKey{part, branch}]; ok {
		return n
	}
	key := placeKey{part, strings.Clone(branch)}
	n := uint32(len(p.all))
	p.ids[key] = n
	p.keys = append(p.keys, key)
	p.all = append(p.all, newPlace(part, key.branch))
	return n
}

// set returns the number of the set of a place and others, in any order.
func (p *places) set(first uint32, others []uint32) uint32 {
	p.key = append(append(p.key[:0], first), others...)
	slices.Sort(p.key)
	return p.sets.id(p.key)
}

// together reports whether one event can be asked for a predicate that stands
// in the places of the set a and one that stands in those of b.
func (p *places) together(a, b uint32) bool {
	if a == 0 && b == 0 {
		return true
	}
	for _, m := range p.sets.all[a] {
		for _, n := range p.sets.all[b] {
			if p.all[m].together(p.all[n]) {
				return true
			}
		}
	}
	return false
}

// maxPlaces is how many places of one predicate in one rule are told apart.
const maxPlaces = 16

// placesOf returns the set of places of each indicator among the postings of
// the rule, nil where all stand in place 0.
func (x *Index) placesOf(r *rule) []uint32 {
	if r.placed == 0 {
		return nil
	}
	return x.placed[r.placed-1:][:r.postings]
}

// companions finds for rows of the page with which other one each is most
// often combined: in most of its rules, the first of the table among equals.
type companions struct {
	x      *Index
	rows   []*row              // in the order of the table
	byRank map[uint32][]member // which of them a rule has, and where
	known  map[[2]uint32]bool  // what places.together said
	counts []uint32            // by row, of the row in work
}

// member is a row of a rule, and the set of places where the rule has it.
type member struct{ row, places uint32 }

// withCompanions returns the records of a table with the companions of its
// rows. A row of one rule has none: whatever else the rule asks for would do.
func (p *page) withCompanions(records []record.ValueRow, table []*row) []record.ValueRow {
	c := companions{x: p.view.x, byRank: map[uint32][]member{}, known: map[[2]uint32]bool{}}
	at := map[uint32]uint32{}
	for _, r := range table {
		if len(r.ranks) > 1 {
			at[r.predicate] = uint32(len(c.rows))
			c.rows = append(c.rows, r)
		}
	}
	c.counts = make([]uint32, len(c.rows))
	for rank, n := range p.rules {
		c.byRank[uint32(rank)] = c.x.membersOf(&c.x.rules[n], at)
	}
	for i, r := range table {
		if n, ok := at[r.predicate]; ok {
			records[i].With = c.best(n)
		}
	}
	return records
}

// membersOf returns which of the rows at the rule has.
func (x *Index) membersOf(r *rule, at map[uint32]uint32) []member {
	var list []member
	sets := x.placesOf(r)
	for i, posting := range x.postings[r.firstPosting:][:r.postings] {
		n, ok := at[posting.predicate()]
		if !ok || posting.class() != indicator {
			continue
		}
		m := member{row: n}
		if sets != nil {
			m.places = sets[i]
		}
		list = append(list, m)
	}
	return list
}

// best returns the companion of row n: what at least two of its rules combine
// it with. Another value of the same field is the same question asked again.
func (c *companions) best(n uint32) *record.Companion {
	clear(c.counts)
	field := c.rows[n].shape.field
	for _, rank := range c.rows[n].ranks {
		list := c.byRank[rank]
		mine := list[slices.IndexFunc(list, func(m member) bool { return m.row == n })]
		for _, m := range list {
			if c.rows[m.row].shape.field != field && c.together(mine.places, m.places) {
				c.counts[m.row]++
			}
		}
	}
	if len(c.counts) == 0 {
		return nil
	}
	most := slices.Max(c.counts)
	if most < 2 {
		return nil
	}
	r := c.rows[slices.Index(c.counts, most)]
	return &record.Companion{
		Field: r.field, Op: r.op, Value: r.value,
		Flags: c.x.words.list[r.shape.flags], Unit: c.x.words.list[r.shape.unit], Rules: int(most),
	}
}

func (c *companions) together(a, b uint32) bool {
	if a == 0 && b == 0 {
		return true
	}
	key := [2]uint32{min(a, b), max(a, b)}
	is, ok := c.known[key]
	if !ok {
		is = c.x.places.together(a, b)
		c.known[key] = is
	}
	return is
}
