package aggregate

import (
	"slices"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// counter collects the predicates of one rule, each once: a rule counts at
// most once per row, however often it repeats itself.
type counter struct {
	found []found
	gaps  []gap

	mapped uint32                  // predicates on a field that has a row
	last   *record.DigestPredicate // counted, and what of it was looked up
	class  class
	shape  uint32
	placed bool // an indicator stands elsewhere than in place 0
}

// found is a predicate of the rule: in which classes it stands, and in which
// of them it is compared without case at least once.
type found struct {
	predicate       uint32
	classes, nocase uint8
	place           uint32   // where it stands as an indicator
	others          []uint32 // further such places
}

func (c *counter) reset() {
	c.found, c.gaps = c.found[:0], c.gaps[:0]
	c.mapped = 0
	c.placed = false
	c.last = nil
}

// repeats reports whether p has the shape of the predicate before it. Most
// do: they are the values of one list.
func (c *counter) repeats(p *record.DigestPredicate, class class) bool {
	q := c.last
	return q != nil && class == c.class && p.Field == q.Field && p.Op == q.Op && p.Flags == q.Flags && p.Unit == q.Unit
}

// count notes one predicate of the current rule.
func (x *Index) count(p *record.DigestPredicate) {
	if x.opts.FoldNe && p.Role == record.RoleIndicator && p.Op == record.OpNe {
		p = folded(p)
	}
	class, ok := x.opts.classify(p)
	if !ok {
		return
	}
	c := &x.counter
	if class == fieldOnly && (p.Ref != "" || len(p.Fields) > 0) {
		x.countNamed(p)
		return
	}
	if !c.repeats(p, class) {
		c.last, c.class, c.shape = p, class, x.shapeFor(p, class)
	}
	value := p.Value
	if class == fieldOnly {
		value = ""
	}
	f := x.note(x.predicate(c.shape, value), class, value, p.Cased)
	if class == indicator {
		x.stand(f, p)
	}
}

// folded is the exclusion that an indicator with ne says in another way: what
// must not be is left out.
func folded(p *record.DigestPredicate) *record.DigestPredicate {
	q := *p
	q.Role, q.Op = record.RoleExclusion, record.OpEq
	return &q
}

// countNamed notes a predicate that compares fields with each other, or
// something that is computed of them, for each of the fields.
func (x *Index) countNamed(p *record.DigestPredicate) {
	named := false
	for _, names := range [][]string{{p.Field, p.Ref}, p.Fields} {
		for _, name := range names {
			if name == "" {
				continue
			}
			named = true
			one := record.DigestPredicate{Field: name, Op: p.Op}
			x.note(x.predicate(x.shapeFor(&one, fieldOnly), ""), fieldOnly, "", p.Cased)
		}
	}
	if !named {
		one := record.DigestPredicate{Op: p.Op}
		x.note(x.predicate(x.shapeFor(&one, fieldOnly), ""), fieldOnly, "", p.Cased)
	}
}

// shapeFor returns the number of the shape of p, and counts the rule for its
// field.
func (x *Index) shapeFor(p *record.DigestPredicate, c class) uint32 {
	s := shape{op: x.words.id(p.Op), valueless: c == fieldOnly}
	if p.Field != "" {
		s.field = x.field(p.Field, c) + 1
	}
	if !s.valueless {
		s.flags, s.unit = x.words.id(p.Flags), x.words.id(p.Unit)
	}
	return x.shape(s)
}

// field returns the number of a field and counts the rule for it. Computed
// fields, on which thresholds stand, are no fields of an event. The names of
// normalized rules have one spelling: ServiceName of Windows and serviceName of
// Google's clouds are two fields.
func (x *Index) field(name string, c class) uint32 {
	id := x.fields.id(0, name, true)
	if int(id) == len(x.fieldUse) {
		x.fieldUse = append(x.fieldUse, fieldUse{})
	}
	x.fields.count(id, name, x.ordinal)
	if use := &x.fieldUse[id]; c != threshold && use.seen != x.ordinal {
		use.seen = x.ordinal
		use.rules++
	}
	return id
}

// shape returns the number of s.
func (x *Index) shape(s shape) uint32 {
	id, ok := x.shapeIDs[s]
	if !ok {
		id = uint32(len(x.shapes))
		x.shapeIDs[s] = id
		x.shapes = append(x.shapes, s)
	}
	return id
}

// predicate returns the number of a value of a shape. Regular expressions are
// compared with case: \W and \w are different things.
func (x *Index) predicate(shape uint32, value string) uint32 {
	id := x.predicates.id(shape, value, x.words.list[x.shapes[shape].op] == record.OpRegexMatch)
	if int(id) == len(x.reach) {
		x.reach = append(x.reach, [classes]uint32{})
	}
	return id
}

// note adds a predicate to those of the current rule. The result is valid
// until the next one.
func (x *Index) note(id uint32, c class, value string, cased bool) *found {
	if x.predicates.count(id, value, x.ordinal) {
		x.predicates.entries[id].slot = uint32(len(x.counter.found))
		x.counter.found = append(x.counter.found, found{predicate: id, place: nowhere})
	}
	f := &x.counter.found[x.predicates.entries[id].slot]
	f.classes |= 1 << c
	if !cased {
		f.nocase |= 1 << c
	}
	return f
}

// nowhere is the place of a predicate that is no indicator.
const nowhere = ^uint32(0)

// stand notes where an indicator of the current rule stands.
func (x *Index) stand(f *found, p *record.DigestPredicate) {
	at := x.places.id(p.Part, p.Branch)
	x.counter.placed = x.counter.placed || at != 0
	switch {
	case f.place == nowhere:
		f.place = at
	case f.place != at && len(f.others) < maxPlaces && !slices.Contains(f.others, at):
		f.others = append(f.others, at)
	}
}

// settle ends the current rule: its predicates count for reach, and for the
// rule itself where a view may show it.
func (x *Index) settle(keep bool) {
	for i := range x.counter.found {
		f := &x.counter.found[i]
		for c := range classes {
			if f.classes&(1<<c) == 0 {
				continue
			}
			x.reach[f.predicate][c]++
			if keep {
				x.postings = append(x.postings, newPosting(f.predicate, c, f.nocase&(1<<c) == 0))
				x.settlePlaces(f)
			}
		}
	}
	if keep {
		r := &x.rules[len(x.rules)-1]
		r.postings = uint32(len(x.postings)) - r.firstPosting
		if x.counter.placed {
			r.placed = uint32(len(x.placed)) - r.postings + 1
		}
		x.gaps = append(x.gaps, x.counter.gaps...)
		r.gaps = uint32(len(x.counter.gaps))
	}
}

// settlePlaces keeps where a predicate of a posting stands, unless all
// indicators of the rule stand in place 0.
func (x *Index) settlePlaces(f *found) {
	switch {
	case !x.counter.placed:
	case f.place == nowhere:
		x.placed = append(x.placed, 0)
	default:
		x.placed = append(x.placed, x.places.set(f.place, f.others))
	}
}
