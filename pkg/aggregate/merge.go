package aggregate

import "github.com/rulepipe/rulepipe/pkg/record"

// Merge adds what other counted, as if its rules had followed those of x.
// Both have the same Options. other must not be used again.
func (x *Index) Merge(other *Index) {
	m := merger{x: x, other: other}
	m.words()
	m.fields()
	m.shapes()
	m.predicates()
	m.techniques()
	m.events()
	m.gaps()
	m.platforms()
	m.places()
	m.rules()
	x.stats.merge(other.stats)
}

// merger knows which number of x stands for a number of other.
type merger struct {
	x, other                               *Index
	word, field, shape, predicate          []uint32
	technique, tagSet, eventOf, eventSetOf []uint32
	fragment, unmapped, platformSet        []uint32
	place, placeSet                        []uint32
}

func (m *merger) words() {
	for _, w := range m.other.words.list {
		m.word = append(m.word, m.x.words.id(w))
	}
}

func (m *merger) fields() {
	from := &m.other.fields
	for n, e := range from.entries {
		id := m.x.fields.id(0, from.text.string(e.text), true)
		if int(id) == len(m.x.fieldUse) {
			m.x.fieldUse = append(m.x.fieldUse, fieldUse{})
		}
		m.x.fields.merge(id, from, uint32(n))
		m.x.fieldUse[id].rules += m.other.fieldUse[n].rules
		m.field = append(m.field, id)
	}
}

func (m *merger) shapes() {
	for _, s := range m.other.shapes {
		s.op, s.flags, s.unit = m.word[s.op], m.word[s.flags], m.word[s.unit]
		if s.field > 0 {
			s.field = m.field[s.field-1] + 1
		}
		m.shape = append(m.shape, m.x.shape(s))
	}
}

func (m *merger) predicates() {
	from := &m.other.predicates
	for n, e := range from.entries {
		id := m.x.predicate(m.shape[e.group], from.text.string(e.text))
		m.x.predicates.merge(id, from, uint32(n))
		for c := range classes {
			m.x.reach[id][c] += m.other.reach[n][c]
		}
		m.predicate = append(m.predicate, id)
	}
}

func (m *merger) techniques() {
	for _, t := range m.other.techniques {
		m.technique = append(m.technique, m.x.technique(t.id, &record.Attack{Name: t.name, Tactics: t.tactics}))
	}
	for _, pairs := range m.other.tagSets.all {
		var mine []uint32
		for t := range unpack(pairs) {
			mine = append(mine, m.technique[t.technique], m.word[t.tagged])
		}
		m.tagSet = append(m.tagSet, m.x.tagSets.id(mine))
	}
}

func (m *merger) events() {
	from := &m.other.events
	for n, e := range from.entries {
		id := m.x.events.id(0, from.text.string(e.text), false)
		m.x.events.merge(id, from, uint32(n))
		m.x.nameEvent(id, m.other.eventTitles[n])
		m.eventOf = append(m.eventOf, id)
	}
	for _, list := range m.other.eventSets.all {
		var mine []uint32
		for _, n := range list {
			mine = append(mine, m.eventOf[n])
		}
		m.eventSetOf = append(m.eventSetOf, m.x.eventSets.id(mine))
	}
}

func (m *merger) gaps() {
	for n, e := range m.other.fragments.entries {
		id := m.x.fragments.id(m.word[e.group], m.other.text.string(e.text), true)
		m.x.fragments.merge(id, &m.other.fragments, uint32(n))
		m.fragment = append(m.fragment, id)
	}
	for n, e := range m.other.unmapped.entries {
		id := m.x.unmapped.id(0, m.other.text.string(e.text), false)
		m.x.unmapped.merge(id, &m.other.unmapped, uint32(n))
		m.unmapped = append(m.unmapped, id)
	}
}

// gap returns a gap of other as one of x.
func (m *merger) gap(g gap) gap {
	if g.opaque {
		g.entry = m.fragment[g.entry]
	} else {
		g.entry = m.unmapped[g.entry]
	}
	return g
}

func (m *merger) platforms() {
	for _, list := range m.other.platformSet.all {
		var mine []uint32
		for _, word := range list {
			mine = append(mine, m.word[word])
		}
		m.platformSet = append(m.platformSet, m.x.platformSet.id(mine))
	}
	for as, n := range m.other.leftOut {
		m.x.leftOut[m.readAs(as)] += n
	}
	for as, n := range m.other.filters {
		m.x.filters[m.readAs(as)] += n
	}
}

func (m *merger) readAs(as readAs) readAs {
	return readAs{vendor: m.word[as.vendor], language: m.word[as.language]}
}

func (m *merger) places() {
	for _, key := range m.other.places.keys {
		m.place = append(m.place, m.x.places.id(key.part, key.branch))
	}
	for _, set := range m.other.places.sets.all {
		var mine []uint32
		for _, n := range set {
			mine = append(mine, m.place[n])
		}
		m.placeSet = append(m.placeSet, m.x.places.set(mine[0], mine[1:]))
	}
}

func (m *merger) rules() {
	for _, r := range m.other.rules {
		postings := m.other.postings[r.firstPosting:][:r.postings]
		for _, t := range []*ref{&r.id, &r.title, &r.path} {
			*t = m.x.text.add(m.other.text.string(*t))
		}
		r.level, r.status, r.coverage = m.word[r.level], m.word[r.status], m.word[r.coverage]
		r.read = m.readAs(r.read)
		r.tags, r.events, r.platforms = m.tagSet[r.tags], m.eventSetOf[r.events], m.platformSet[r.platforms]
		if r.placed != 0 {
			sets := m.other.placed[r.placed-1:][:r.postings]
			r.placed = uint32(len(m.x.placed)) + 1
			for _, n := range sets {
				m.x.placed = append(m.x.placed, m.placeSet[n])
			}
		}
		r.firstPosting = uint32(len(m.x.postings))
		for _, p := range postings {
			m.x.postings = append(m.x.postings, newPosting(m.predicate[p.predicate()], p.class(), p.cased()))
		}
		gaps := m.other.gaps[r.firstGap:][:r.gaps]
		r.firstGap = uint32(len(m.x.gaps))
		for _, g := range gaps {
			m.x.gaps = append(m.x.gaps, m.gap(g))
		}
		m.x.rules = append(m.x.rules, r)
	}
}
