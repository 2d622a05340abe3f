package aggregate

import (
	"encoding/binary"
	"strings"
)

// chunkSize is how much text is allocated at once: large enough that a corpus
// needs few allocations, small enough that the unused end does not matter.
const chunkSize = 1 << 16

// text holds many short strings without a header, a pointer or an allocation
// for each: what the garbage collector does not see costs no CPU.
type text struct {
	chunks []*strings.Builder
}

// ref is the place of a string in a text: from the upper bits on the number of
// its chunk, 16 bits of offset, as a string that is longer than a chunk has one
// of its own, and 28 bits of length, more than a line has.
type ref uint64

func (t *text) add(s string) ref {
	last := len(t.chunks) - 1
	if last < 0 || t.chunks[last].Len()+len(s) >= chunkSize {
		t.chunks = append(t.chunks, new(strings.Builder))
		last++
		t.chunks[last].Grow(max(chunkSize, len(s)))
	}
	chunk := t.chunks[last]
	at := ref(last)<<44 | ref(chunk.Len())<<28 | ref(len(s))
	chunk.WriteString(s)
	return at
}

// string returns the string at r, which is no copy.
func (t *text) string(r ref) string {
	return t.chunks[r>>44].String()[r>>28&(chunkSize-1):][:r&(1<<28-1)]
}

// words numbers strings of which there are few: vendors, levels, operators.
type words struct {
	ids  map[string]uint32
	list []string
}

// id returns the number of s. The empty string is always 0.
func (w *words) id(s string) uint32 {
	if id, ok := w.ids[s]; ok {
		return id
	}
	if w.ids == nil {
		w.ids = map[string]uint32{"": 0}
		w.list = []string{""}
		if s == "" {
			return 0
		}
	}
	s = string([]byte(s)) // s may share the memory of a whole line
	id := uint32(len(w.list))
	w.ids[s] = id
	w.list = append(w.list, s)
	return id
}

// lists numbers short lists of numbers. Most rules share theirs with many
// others: the techniques they are tagged with, the events they are tied to.
type lists struct {
	ids map[string]uint32
	all [][]uint32
	key []byte
}

func (l *lists) id(list []uint32) uint32 {
	l.key = l.key[:0]
	for _, n := range list {
		l.key = binary.LittleEndian.AppendUint32(l.key, n)
	}
	if id, ok := l.ids[string(l.key)]; ok {
		return id
	}
	if l.ids == nil {
		l.ids = map[string]uint32{}
	}
	id := uint32(len(l.all))
	l.ids[string(l.key)] = id
	l.all = append(l.all, append([]uint32(nil), list...))
	return id
}
