package aggregate

import "encoding/binary"

// chunkSize is how much text is allocated at once: large enough that a corpus
// needs few allocations, small enough that the unused end does not matter.
const chunkSize = 64 << 10

// text holds many short strings without a header, a pointer or an allocation
// for each: what the garbage collector does not see costs no CPU.
type text struct {
	chunks [][]byte
}

// ref is the place of a string in a text: chunk in the upper half, offset in
// the lower. The length stands before the string.
type ref uint64

func (t *text) add(s string) ref {
	need := binary.MaxVarintLen32 + len(s)
	last := len(t.chunks) - 1
	if last < 0 || cap(t.chunks[last])-len(t.chunks[last]) < need {
		t.chunks = append(t.chunks, make([]byte, 0, max(chunkSize, need)))
		last++
	}
	chunk := t.chunks[last]
	at := ref(last)<<32 | ref(len(chunk))
	chunk = binary.AppendUvarint(chunk, uint64(len(s)))
	t.chunks[last] = append(chunk, s...)
	return at
}

// bytes returns the string at r. The caller does not change it.
func (t *text) bytes(r ref) []byte {
	chunk := t.chunks[r>>32][uint32(r):]
	n, size := binary.Uvarint(chunk)
	return chunk[size : size+int(n)]
}

func (t *text) string(r ref) string { return string(t.bytes(r)) }

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
