package aggregate

import "github.com/rulepipe/rulepipe/pkg/record"

// counter collects the predicates of one rule, each once: a rule counts at
// most once per row, however often it repeats itself.
type counter struct {
	found []found
}

// found is a predicate of the rule: in which classes it stands, and in which
// of them it is compared without case at least once.
type found struct {
	predicate       uint32
	classes, nocase uint8
}

func (c *counter) reset() {
	c.found = c.found[:0]
}

// count notes one predicate of the current rule.
func (x *Index) count(p *record.DigestPredicate) {
	c, ok := x.opts.classify(p)
	if !ok {
		return
	}
	s := shape{op: x.words.id(p.Op)}
	if p.Field != "" {
		s.field = x.field(p.Field, c) + 1
	}
	value := p.Value
	if c == fieldOnly {
		s.valueless, value = true, ""
	} else {
		s.flags, s.unit = x.words.id(p.Flags), x.words.id(p.Unit)
	}
	x.note(x.predicate(x.shape(s), value), c, value, p.Cased)
}

// field returns the number of a field and counts the rule for it. Computed
// fields, on which thresholds stand, are no fields of an event.
func (x *Index) field(name string, c class) uint32 {
	id := x.fields.id(0, name, false)
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

// note adds a predicate to those of the current rule.
func (x *Index) note(id uint32, c class, value string, cased bool) {
	if x.predicates.count(id, value, x.ordinal) {
		x.predicates.entries[id].slot = uint32(len(x.counter.found))
		x.counter.found = append(x.counter.found, found{predicate: id})
	}
	f := &x.counter.found[x.predicates.entries[id].slot]
	f.classes |= 1 << c
	if !cased {
		f.nocase |= 1 << c
	}
}

// settle ends the current rule: its predicates count for reach, and for the
// rule itself where a view may show it.
func (x *Index) settle(keep bool) {
	for _, f := range x.counter.found {
		for c := range classes {
			if f.classes&(1<<c) == 0 {
				continue
			}
			x.reach[f.predicate][c]++
			if keep {
				x.postings = append(x.postings, newPosting(f.predicate, c, f.nocase&(1<<c) == 0))
			}
		}
	}
	if keep {
		r := &x.rules[len(x.rules)-1]
		r.postings = uint32(len(x.postings)) - r.firstPosting
	}
}
