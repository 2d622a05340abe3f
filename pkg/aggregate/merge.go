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
	m.rules()
	x.stats.merge(other.stats)
}

// merger knows which number of x stands for a number of other.
type merger struct {
	x, other                               *Index
	word, field, shape, predicate          []uint32
	technique, tagSet, eventOf, eventSetOf []uint32
}

func (m *merger) words() {
	for _, w := range m.other.words.list {
		m.word = append(m.word, m.x.words.id(w))
	}
}

func (m *merger) fields() {
	from := &m.other.fields
	for n, e := range from.entries {
		id := m.x.fields.id(0, from.text.string(e.text), false)
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
		for _, t := range unpack(pairs) {
			mine = append(mine, m.technique[t.technique], m.word[t.tagged])
		}
		m.tagSet = append(m.tagSet, m.x.tagSets.id(mine))
	}
}

func (m *merger) events() {
	for _, e := range m.other.events {
		m.eventOf = append(m.eventOf, m.x.event(&record.DigestEvent{Provider: e.provider, ID: e.id, Title: e.title}))
	}
	for _, list := range m.other.eventSets.all {
		var mine []uint32
		for _, n := range list {
			mine = append(mine, m.eventOf[n])
		}
		m.eventSetOf = append(m.eventSetOf, m.x.eventSets.id(mine))
	}
}

func (m *merger) rules() {
	for _, r := range m.other.rules {
		postings := m.other.postings[r.firstPosting:][:r.postings]
		for _, t := range []*ref{&r.id, &r.title, &r.path} {
			*t = m.x.text.add(m.other.text.string(*t))
		}
		r.vendor, r.level, r.status, r.coverage = m.word[r.vendor], m.word[r.level], m.word[r.status], m.word[r.coverage]
		r.tags, r.events = m.tagSet[r.tags], m.eventSetOf[r.events]
		r.firstPosting = uint32(len(m.x.postings))
		for _, p := range postings {
			m.x.postings = append(m.x.postings, newPosting(m.predicate[p.predicate()], p.class(), p.cased()))
		}
		m.x.rules = append(m.x.rules, r)
	}
}
