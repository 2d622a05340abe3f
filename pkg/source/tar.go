package source

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"io"
	"path"
	"strings"
)

// archive is the producer of one archive on disk, given by name.
func (in *Inputs) archive(p string) producer {
	return func(emit func(item) bool) {
		w := &walker{in: in, emit: emit}
		w.open(p)
	}
}

// stream reads what can be read only once: a tar stream or a single file,
// gzip or not. Entries are called prefix/entry.
func (w *walker) stream(name, prefix string, r io.Reader) bool {
	b := bufio.NewReaderSize(r, firstRead)
	head, err := b.Peek(sniffSize)
	if isGzip(head) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return w.fail(name, true, newError(noEOF(err)))
		}
		b = bufio.NewReaderSize(z, firstRead)
		return w.plain(name, prefix, b)
	}
	if err != nil && err != io.EOF {
		return w.fail(name, true, newError(err))
	}
	return w.plain(name, prefix, b)
}

// noEOF is for readers that were promised more.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// plain reads a tar stream or a single file.
func (w *walker) plain(name, prefix string, b *bufio.Reader) bool {
	head, err := b.Peek(sniffSize)
	if err != nil && err != io.EOF {
		return w.fail(name, true, newError(err))
	}
	if isTar(head) {
		t := &tarball{walker: w, name: name, prefix: prefix, r: b, tar: tar.NewReader(b)}
		return t.entries()
	}
	return w.single(File{Path: name, Named: true}, b)
}

// single emits one file, read here because its reader cannot be shared.
func (w *walker) single(f File, r io.Reader) bool {
	buf := buffers.Get().(*buffer)
	data, err := buf.read(r, false)
	if err != nil {
		buf.release()
		f.Err = newError(err)
		return w.emit(item{file: f})
	}
	f.Data = data
	return w.emit(item{file: f, buf: buf})
}

// tarball goes through an archive. Nothing of it is ever written to disk, so
// a hostile name or link cannot do harm; it is an error all the same, because
// whoever made such an archive meant something else.
type tarball struct {
	*walker
	name, prefix string
	r            *bufio.Reader
	tar          *tar.Reader

	held     []item // waiting for the end, see Hold
	heldSize int
	full     bool // no more may wait
}

func (t *tarball) entries() bool {
	ok := t.read()
	return t.release() && ok
}

func (t *tarball) read() bool {
	for {
		h, err := t.tar.Next()
		switch {
		case err == io.EOF:
			return t.end()
		case err != nil:
			return t.fail(t.name, true, newError(err))
		case h.Size > maxSkip:
			return t.fail(t.path(h.Name), false, &Error{Code: CodeTooLarge, Msg: "entry is larger than 1 GiB: the rest of the archive was not read"})
		}
		if more, ok := t.entry(h); !more {
			return ok
		}
	}
}

// path is the reported path of an entry.
func (t *tarball) path(entry string) string {
	if !isUnsafe(entry) {
		entry = path.Clean(entry)
	}
	if t.prefix == "" {
		return entry
	}
	return join(t.prefix, entry)
}

// entry handles one entry. It returns whether to go on with the archive, and
// if not whether to go on with the other inputs.
func (t *tarball) entry(h *tar.Header) (more, ok bool) {
	code, msg := refusal(h)
	switch {
	case code == CodeUnsafeName:
	case hasHidden(h.Name):
		t.in.counts.hidden.Add(1)
		return true, true
	case code == "" && isFile(h):
		return t.file(h)
	case code == "": // a directory, a pax header (git archive writes one), a label
		return true, true
	}
	ok = t.fail(t.path(h.Name), false, &Error{Code: code, Msg: msg})
	return ok, ok
}

func isFile(h *tar.Header) bool {
	return h.Typeflag == tar.TypeReg || h.Typeflag == tar.TypeGNUSparse || h.Typeflag == tar.TypeCont
}

// refusal says why an entry is not read, or nothing.
func refusal(h *tar.Header) (code, msg string) {
	switch h.Typeflag {
	case tar.TypeXGlobalHeader:
		return "", ""
	case tar.TypeLink, tar.TypeSymlink:
		return CodeLink, "link to " + h.Linkname + " skipped: links in archives are not followed"
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return CodeSpecial, "device or named pipe skipped"
	}
	switch {
	case isUnsafe(h.Name):
		return CodeUnsafeName, "entry skipped: its name leads out of the archive"
	case isFile(h) && h.Size > MaxFile:
		return CodeTooLarge, errTooLarge.Error()
	}
	return "", ""
}

// file reads an entry. An error is the end of the archive.
func (t *tarball) file(h *tar.Header) (more, ok bool) {
	f := File{Path: t.path(h.Name), Archive: t.name}
	buf := buffers.Get().(*buffer)
	data, err := buf.read(t.tar, false)
	if err != nil {
		buf.release()
		return false, t.fail(f.Path, false, newError(err))
	}
	f.Data = data
	ok = t.pass(item{file: f, buf: buf})
	return ok, ok
}

// end reads what comes after the archive's end mark: the program that writes
// it would die of a closed pipe otherwise, a gzip checksum stands there, and
// a second archive would be lost without a word.
func (t *tarball) end() bool {
	rest := io.LimitReader(t.r, maxSkip)
	block := make([]byte, 4<<10)
	for {
		n, err := rest.Read(block)
		for _, c := range block[:n] {
			if c != 0 {
				return t.fail(t.name, true, &Error{Code: CodeTrailing, Msg: "data after the end of the archive was not read"})
			}
		}
		switch {
		case err == io.EOF:
			return true
		case err != nil:
			return t.fail(t.name, true, newError(err))
		}
	}
}

// isUnsafe reports whether a name, on any system, leads out of the directory
// that an archive would be unpacked to.
func isUnsafe(name string) bool {
	parts := strings.FieldsFunc(name, isSlash)
	for _, part := range parts {
		if part == ".." {
			return true
		}
	}
	drive := len(name) > 2 && name[1] == ':' && isSlash(rune(name[2]))
	return name == "" || isSlash(rune(name[0])) || drive
}

func hasHidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if isHidden(part) {
			return true
		}
	}
	return false
}

func isSlash(r rune) bool { return r == '/' || r == '\\' }
