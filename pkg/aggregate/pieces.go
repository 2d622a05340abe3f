package aggregate

import (
	"slices"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// pieces writes a record as one line, a piece at a time: the record of a
// technique may take more memory than all that an Index holds.
type pieces struct {
	write func(piece []byte) error
	buf   []byte
	err   error // the first
}

// rowsAtOnce is how many rows of a table are made and written at once.
const rowsAtOnce = 16

// begin writes a record that has none of the members which follow.
func (w *pieces) begin(record any) { w.encode(record, 0, len("}\n")) }

func (w *pieces) end() error {
	w.text("}\n")
	return w.err
}

// list writes a member: what rows makes of a table, some rows at once. What
// rows returns is done with when it is called again.
func list[T, R any](w *pieces, name string, table []T, rows func(some []T) []R) {
	if len(table) == 0 {
		return
	}
	before := `,"` + name + `":[`
	for some := range slices.Chunk(table, rowsAtOnce) {
		w.text(before)
		made := rows(some)
		w.encode(&made, len("["), len("]\n"))
		before = ","
	}
	w.text("]")
}

// made are the rows of a table that were made before.
func made[T any](some []T) []T { return some }

// encode writes v less its first and last bytes.
func (w *pieces) encode(v any, first, last int) {
	if w.err != nil {
		return
	}
	if w.buf, w.err = record.Append(w.buf[:0], v); w.err == nil {
		w.err = w.write(w.buf[first : len(w.buf)-last])
	}
}

func (w *pieces) text(s string) {
	if w.err == nil {
		w.err = w.write([]byte(s))
	}
}
