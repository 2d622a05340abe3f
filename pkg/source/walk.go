package source

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// walker goes through the inputs in order.
type walker struct {
	in    *Inputs
	emit  func(item) bool
	stdin bool // stdin was read
}

// walk is the producer of all inputs.
func (in *Inputs) walk(emit func(item) bool) {
	w := &walker{in: in, emit: emit}
	if len(in.Paths) == 0 && in.FilesFrom == "" {
		w.path(Stdin)
		return
	}
	for _, p := range in.Paths {
		if !w.path(p) {
			return
		}
	}
	if in.FilesFrom != "" {
		w.list(in.FilesFrom)
	}
}

// fail emits an error in the place of a file.
func (w *walker) fail(path string, named bool, err *Error) bool {
	return w.emit(item{file: File{Path: path, Named: named, Err: err}})
}

// path goes through one input that was given by name. Symbolic links are
// followed here, and only here.
func (w *walker) path(p string) bool {
	if p == Stdin {
		return w.readStdin(func(r io.Reader) bool { return w.stream(Stdin, "", r) })
	}
	info, err := os.Stat(p)
	switch {
	case err != nil:
		return w.fail(p, true, newError(&openError{err}))
	case info.IsDir():
		return w.dir(p, true)
	case info.Mode().IsRegular():
		return w.emit(item{disk: true, file: File{Path: p, Named: true}})
	}
	return w.open(p) // a named pipe, <(command): it can be read only once
}

// readStdin makes sure that nobody waits for a stdin that was read already.
func (w *walker) readStdin(read func(io.Reader) bool) bool {
	if w.stdin || w.in.Stdin == nil {
		return w.fail(Stdin, true, &Error{Code: CodeUnreadable, Msg: "stdin can be read only once", Unopened: true})
	}
	w.stdin = true
	return read(w.in.Stdin)
}

// open reads a file as a stream.
func (w *walker) open(p string) bool {
	f, err := os.Open(p)
	if err != nil {
		return w.fail(p, true, newError(&openError{err}))
	}
	defer closing(f)
	return w.stream(p, p, f)
}

// dir goes through a directory and those below it, in the byte order of the
// whole paths.
func (w *walker) dir(dir string, named bool) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		e := newError(&openError{err})
		e.Unopened = named
		if !w.fail(dir, named, e) {
			return false
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(sortKey(a), sortKey(b)) })
	for _, e := range entries {
		if !w.entry(dir, e) {
			return false
		}
	}
	return true
}

// sortKey orders a directory as its content's paths: "a.yml" before "a/x".
func sortKey(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

// entry handles what was found in a directory. Opening a device or a named
// pipe could hang, so those are only counted; so are links, which may lead
// out of the directory or in circles.
func (w *walker) entry(dir string, e fs.DirEntry) bool {
	mode := e.Type()
	switch {
	case isHidden(e.Name()):
		w.in.counts.hidden.Add(1)
	case mode&fs.ModeSymlink != 0:
		w.in.counts.links.Add(1)
	case e.IsDir():
		return w.dir(join(dir, e.Name()), false)
	case !mode.IsRegular():
		w.in.counts.special.Add(1)
	default:
		return w.emit(item{disk: true, file: File{Path: join(dir, e.Name())}})
	}
	return true
}

// isHidden is true for .git and for the ._x that macOS puts beside x.
func isHidden(name string) bool {
	return strings.HasPrefix(name, ".") && name != "." && name != ".."
}

// join keeps dir as the user gave it and writes "/" on every system.
func join(dir, name string) string {
	if dir == "" || os.IsPathSeparator(dir[len(dir)-1]) {
		return dir + name
	}
	return dir + "/" + name
}

// maxListed is the longest path in a list: systems end at 4,096 bytes.
const maxListed = 32 << 10

// list goes through the paths that a file lists.
func (w *walker) list(name string) bool {
	if name == Stdin {
		return w.readStdin(func(r io.Reader) bool { return w.paths(name, r) })
	}
	f, err := os.Open(name)
	if err != nil {
		return w.fail(name, true, newError(&openError{err}))
	}
	defer closing(f)
	return w.paths(name, f)
}

// paths reads a list. A NUL anywhere near the beginning means that NULs
// separate the paths, as no path holds one; otherwise lines do.
func (w *walker) paths(name string, r io.Reader) bool {
	b := bufio.NewReaderSize(r, maxListed)
	head, _ := b.Peek(maxListed)
	separator := byte('\n')
	if bytes.IndexByte(head, 0) >= 0 {
		separator = 0
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		_, _ = b.Discard(3) // just peeked at
	}
	for {
		text, err := b.ReadSlice(separator)
		if err == bufio.ErrBufferFull {
			return w.fail(name, true, &Error{Code: CodeFileList, Msg: "no list of files: a path is longer than 32 KiB"})
		}
		if p := listed(text, separator); p != "" && !w.path(p) {
			return false
		}
		switch {
		case err == io.EOF:
			return true
		case err != nil:
			return w.fail(name, true, newError(err))
		}
	}
}

// listed is a path without its separator.
func listed(text []byte, separator byte) string {
	text = bytes.TrimSuffix(text, []byte{separator})
	if separator == '\n' {
		text = bytes.TrimSuffix(text, []byte{'\r'})
	}
	return string(text)
}
