package source

import (
	"archive/tar"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
)

// firstRead is the size of a new buffer: nearly every rule file fits, so it
// is read in one call.
const firstRead = 64 << 10

// keepBuffer is the largest buffer that is used again: one huge file should
// not hold its memory for the rest of the run.
const keepBuffer = 1 << 20

// sniffSize is what must be seen of a file to recognize an archive.
const sniffSize = 512

var (
	errTooLarge = errors.New("file is larger than 16 MiB and was not read")
	errArchive  = errors.New("file is an archive")
)

// buffer is memory that files are read into, one after the other.
type buffer struct{ data []byte }

// buffers are those of files that were read ahead of their worker.
var buffers = sync.Pool{New: func() any { return new(buffer) }}

// release gives the buffer back, to be used for another file.
func (b *buffer) release() {
	if b != nil && cap(b.data) <= keepBuffer {
		buffers.Put(b)
	}
}

// read reads r to its end, at most MaxFile bytes. With sniff it gives up with
// errArchive when the beginning is that of an archive or a gzip stream.
func (b *buffer) read(r io.Reader, sniff bool) ([]byte, error) {
	if cap(b.data) == 0 || cap(b.data) > keepBuffer {
		b.data = make([]byte, firstRead)
	}
	data := b.data[:0]
	for {
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if sniff && (len(data) >= sniffSize || err != nil) {
			if isGzip(data) || isTar(data) {
				return nil, errArchive
			}
			sniff = false
		}
		switch {
		case len(data) > MaxFile:
			return nil, errTooLarge
		case err == io.EOF:
			return data, nil
		case err != nil:
			return nil, err
		case len(data) == cap(data):
			if data, err = grown(data, r); err != nil {
				return nil, err
			}
			b.data = data
		}
	}
}

// grown returns data with room for what r still holds. A file that says that
// it is too large is not read at all.
func grown(data []byte, r io.Reader) ([]byte, error) {
	size := 4 * cap(data)
	if f, ok := r.(*os.File); ok {
		info, err := f.Stat()
		if err == nil && info.Size() > MaxFile {
			return nil, errTooLarge
		}
		if err == nil {
			size = max(int(info.Size()), len(data)) + bytes.MinRead
		}
	}
	size = min(size, MaxFile+bytes.MinRead)
	return append(make([]byte, 0, size), data...), nil
}

// readDisk reads a file into own and reports whether it is an archive, which
// the worker cannot handle. Only files given by name can be archives: in a
// directory they are files like others.
func readDisk(f *File, own *buffer) (archive bool) {
	data, err := readPath(f.Path, f.Named, own)
	switch {
	case err == errArchive:
		return true
	case err != nil:
		f.Err = newError(err)
		f.Err.Unopened = f.Err.Unopened && f.Named
	default:
		f.Data = data
	}
	return false
}

func readPath(path string, named bool, own *buffer) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &openError{err}
	}
	defer closing(f)
	return own.read(f, named)
}

// closing ends a file that was only read: there is nothing to lose.
func closing(f *os.File) { _ = f.Close() }

// openError marks an error of opening, as opposed to reading.
type openError struct{ err error }

func (e *openError) Error() string { return e.err.Error() }
func (e *openError) Unwrap() error { return e.err }

// newError makes an Error of what os, tar and gzip say.
func newError(err error) *Error {
	var open *openError
	switch {
	case err == errTooLarge:
		return &Error{Code: CodeTooLarge, Msg: err.Error()}
	case errors.As(err, &open):
		return &Error{Code: CodeUnreadable, Msg: reason(err), Unopened: true}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Code: CodeTruncated, Msg: "ends too early: the archive or the compressed data is cut off"}
	case isCorrupt(err):
		return &Error{Code: CodeCorrupt, Msg: "damaged: " + err.Error()}
	}
	return &Error{Code: CodeUnreadable, Msg: reason(err)}
}

// reason is the error without the operation and the path, which is said
// elsewhere.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return err.Error()
}

func isCorrupt(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt) || errors.Is(err, gzip.ErrHeader) ||
		errors.Is(err, gzip.ErrChecksum) || errors.Is(err, tar.ErrHeader)
}

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1f, 0x8b}) }

// isTar looks for the magic of POSIX and GNU archives. Archives of the time
// before have none and are not recognized.
func isTar(head []byte) bool {
	return len(head) >= sniffSize && string(head[257:262]) == "ustar"
}
