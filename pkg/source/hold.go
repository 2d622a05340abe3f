package source

import "bytes"

// Hold makes files of an archive wait for those behind them, which they may
// need: an archive is read only once, and what is on disk can be looked up.
type Hold struct {
	// Wait is called for each file of an archive in order. Once it returns
	// true, the file and all behind it are handed to work at the archive's
	// end. It must not keep the file's Data.
	Wait func(File) bool
	// Most bounds the memory of the files that wait, in bytes. When it is
	// reached they are handed on, the archive gets an error with the words of
	// Full, and Wait is not called for the rest of it.
	Most int
	Full string
}

// heldCost is what a file that waits takes beside its data.
const heldCost = 256

// pass emits an item, or makes it wait behind others.
func (t *tarball) pass(i item) bool {
	hold := t.in.Hold
	if hold == nil || t.full {
		return t.emit(i)
	}
	waits := i.file.Err == nil && hold.Wait(i.file)
	if !waits && len(t.held) == 0 {
		return t.emit(i)
	}
	// A buffer has room for a much larger file.
	i.file.Data = bytes.Clone(i.file.Data)
	i.buf.release()
	i.buf = nil
	t.held = append(t.held, i)
	if t.heldSize += len(i.file.Data) + heldCost; t.heldSize <= hold.Most {
		return true
	}
	t.full = true
	return t.release() && t.fail(t.name, true, &Error{Code: CodeHeld, Msg: hold.Full})
}

// release emits what waits.
func (t *tarball) release() bool {
	held := t.held
	t.held, t.heldSize = nil, 0
	for i := range held {
		if !t.emit(held[i]) {
			return false
		}
		held[i] = item{}
	}
	return true
}

// fail is walker.fail for an archive's files, which keep their order.
func (t *tarball) fail(path string, named bool, err *Error) bool {
	return t.pass(item{file: File{Path: path, Named: named, Archive: t.name, Err: err}})
}
