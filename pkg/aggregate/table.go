package aggregate

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"unicode/utf8"
)

// table numbers strings that are the same without regard to case, and counts
// how many rules spell them how. Numbers are given in order of appearance.
// It is an open-addressed hash table because a map of strings would cost four
// times the memory for a corpus of millions of values.
type table struct {
	text      *text
	slots     []uint64 // hash in the upper half, number+1 in the lower; 0 is free
	entries   []entry
	spellings map[uint32][]spelling // of entries that have more than one
	key, have []byte                // what is compared, folded
	seed      maphash.Seed
}

// entry is one string of a group. Strings of different groups are different.
type entry struct {
	text  ref // the spelling seen first
	group uint32
	rules uint32 // that have it, in any spelling
	seen  uint32 // the last of them
	slot  uint32 // where the counter of that rule keeps it
}

// spelling is one of the ways in which rules spell an entry.
type spelling struct {
	text  ref
	rules uint32
	seen  uint32
}

func newTable(t *text) table {
	return table{text: t, slots: make([]uint64, 64), seed: maphash.MakeSeed()}
}

// id returns the number of s in group. Where exact is set, case matters; a
// group is exact as a whole or not at all.
func (t *table) id(group uint32, s string, exact bool) uint32 {
	t.key = appendFolded(t.key[:0], s, exact)
	hash := uint32(maphash.Bytes(t.seed, t.key)) ^ group*0x9e3779b1
	mask := uint32(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		slot := t.slots[i]
		if slot == 0 {
			return t.insert(i, hash, entry{text: t.text.add(s), group: group})
		}
		if id := uint32(slot) - 1; uint32(slot>>32) == hash && t.entries[id].group == group && t.matches(id, s, exact) {
			return id
		}
	}
}

// matches reports whether entry id is s, which stands folded in t.key.
func (t *table) matches(id uint32, s string, exact bool) bool {
	have := t.text.string(t.entries[id].text)
	if exact || have == s {
		return have == s
	}
	t.have = appendFolded(t.have[:0], have, exact)
	return bytes.Equal(t.have, t.key)
}

func (t *table) insert(at, hash uint32, e entry) uint32 {
	id := uint32(len(t.entries))
	t.entries = append(t.entries, e)
	t.slots[at] = uint64(hash)<<32 | uint64(id+1)
	if len(t.entries) > len(t.slots)/4*3 {
		t.grow()
	}
	return id
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]uint64, 2*len(old))
	mask := uint32(len(t.slots) - 1)
	for _, slot := range old {
		if slot == 0 {
			continue
		}
		i := uint32(slot>>32) & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = slot
	}
}

// count notes that the rule with the ordinal rule (from 1) spells entry id as
// s. A rule counts once for the entry and once for each spelling. It reports
// whether the rule has the entry for the first time.
func (t *table) count(id uint32, s string, rule uint32) bool {
	e := &t.entries[id]
	variants := t.spellings[id]
	if variants == nil && t.text.string(e.text) != s {
		variants = []spelling{{text: e.text, rules: e.rules, seen: e.seen}}
	}
	if variants != nil {
		i := t.spelled(&variants, s)
		if variants[i].seen != rule {
			variants[i].seen = rule
			variants[i].rules++
		}
		t.keep(id, variants)
	}
	first := e.seen != rule
	if first {
		e.seen = rule
		e.rules++
	}
	return first
}

// spelled returns the index of s in the list, which it joins if need be.
func (t *table) spelled(list *[]spelling, s string) int {
	for i, v := range *list {
		if t.text.string(v.text) == s {
			return i
		}
	}
	*list = append(*list, spelling{text: t.text.add(s)})
	return len(*list) - 1
}

func (t *table) keep(id uint32, list []spelling) {
	if t.spellings == nil {
		t.spellings = map[uint32][]spelling{}
	}
	t.spellings[id] = list
}

// show returns the spelling of entry id that most rules use, the first in
// byte order among equals.
func (t *table) show(id uint32) string {
	variants := t.spellings[id]
	if variants == nil {
		return t.text.string(t.entries[id].text)
	}
	best := slices.MinFunc(variants, func(a, b spelling) int {
		return cmp.Or(cmp.Compare(b.rules, a.rules), strings.Compare(t.text.string(a.text), t.text.string(b.text)))
	})
	return t.text.string(best.text)
}

// merge adds the counts of entry from of the table other to those of entry id.
func (t *table) merge(id uint32, other *table, from uint32) {
	e, theirs := t.entries[id], other.entries[from]
	t.entries[id].rules += theirs.rules
	mine, more := t.spellings[id], other.spellings[from]
	if more == nil {
		more = []spelling{{text: theirs.text, rules: theirs.rules}}
	}
	if mine == nil {
		if len(more) == 1 && other.text.string(theirs.text) == t.text.string(e.text) {
			return // one spelling still, and the entry counts it
		}
		mine = []spelling{{text: e.text, rules: e.rules}}
	}
	for _, v := range more {
		i := t.spelled(&mine, other.text.string(v.text))
		mine[i].rules += v.rules
	}
	t.keep(id, mine)
}

// appendFolded appends s as it is compared: in lower case unless exact.
func appendFolded[S string | []byte](dst []byte, s S, exact bool) []byte {
	start := len(dst)
	dst = append(dst, s...)
	if exact {
		return dst
	}
	for i, c := range dst[start:] {
		if c >= utf8.RuneSelf {
			return append(dst[:start], strings.ToLower(string(s))...)
		}
		if 'A' <= c && c <= 'Z' {
			dst[start+i] = c + 'a' - 'A'
		}
	}
	return dst
}
