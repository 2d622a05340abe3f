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

// companions finds for rows of a page with which other one each is most
// often combined: in most of its rules, the first of the table among equals.
// Its memory serves one page after the other.
type companions struct {
	x       *Index
	rows    []*row             // that are compared, in the order of the table
	at      map[uint32]uint32  // their places in rows by predicate
	members []member           // of all rules, one rule after the other
	first   []uint32           // the first member of a rule by rank, and the end
	counts  []uint32           // by row, of the row in work
	counted []uint32           // rows whose count is not 0
	known   map[[2]uint32]bool // what places.together said
}

// member is a row of a rule, and the set of places where the rule has it.
type member struct{ row, places uint32 }

// maxCompanions is how many rows of a table, the first ones, get a companion:
// far more than anybody reads. Each costs a look at all that its rules have.
const maxCompanions = 200

// pair gives the rows of a table their companions. A row of one rule has none:
// whatever else the rule asks for would do.
func (p *page) pair(table []*row) {
	c := &p.view.companions
	c.begin(p, table)
	for n, r := range c.rows[:min(len(c.rows), maxCompanions)] {
		r.with = c.best(uint32(n), r)
	}
}

// begin makes c ready for the rows of a table.
func (c *companions) begin(p *page, table []*row) {
	c.x = p.view.x
	c.rows, c.members, c.first = c.rows[:0], c.members[:0], c.first[:0]
	c.at, c.known = map[uint32]uint32{}, map[[2]uint32]bool{}
	for _, r := range table {
		if len(r.ranks) == 1 {
			break // as have all that follow
		}
		c.at[r.predicate] = uint32(len(c.rows))
		c.rows = append(c.rows, r)
	}
	c.counts = slices.Grow(c.counts[:0], len(c.rows))[:len(c.rows)]
	clear(c.counts)
	for _, n := range p.rules {
		c.first = append(c.first, uint32(len(c.members)))
		c.gather(&c.x.rules[n])
	}
	c.first = append(c.first, uint32(len(c.members)))
}

// gather adds the members of a rule.
func (c *companions) gather(r *rule) {
	sets := c.x.placesOf(r)
	for i, posting := range c.x.postings[r.firstPosting:][:r.postings] {
		if posting.class() != indicator {
			continue
		}
		n, ok := c.at[posting.predicate()]
		if !ok {
			continue
		}
		m := member{row: n}
		if sets != nil {
			m.places = sets[i]
		}
		c.members = append(c.members, m)
	}
}

// best returns the companion of r, which is row n: what at least two of its
// rules combine it with. Another value of its field is the same question again.
func (c *companions) best(n uint32, r *row) *record.Companion {
	for _, rank := range r.ranks {
		c.count(n, c.members[c.first[rank]:c.first[rank+1]])
	}
	best, most := uint32(0), uint32(1)
	for _, m := range c.counted {
		if k := c.counts[m]; k > most || k == most && k > 1 && m < best {
			best, most = m, k
		}
		c.counts[m] = 0
	}
	c.counted = c.counted[:0]
	if most < 2 {
		return nil
	}
	with := c.rows[best]
	return &record.Companion{
		Field: with.shape.fieldName, Op: with.shape.op, Value: with.value,
		Flags: with.shape.flags, Unit: with.shape.unit, Rules: int(most),
	}
}

// count adds one to each member of a rule that is combined with row n there.
func (c *companions) count(n uint32, members []member) {
	field := c.rows[n].shape.field
	mine := members[slices.IndexFunc(members, func(m member) bool { return m.row == n })]
	for _, m := range members {
		if c.rows[m.row].shape.field == field || !c.together(mine.places, m.places) {
			continue
		}
		if c.counts[m.row]++; c.counts[m.row] == 1 {
			c.counted = append(c.counted, m.row)
		}
	}
}

func (c *companions) together(a, b uint32) bool {
	if a == b {
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
