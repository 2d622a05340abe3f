package cli

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// StdinName is how stdin is called in messages and paths.
const StdinName = "-"

// Codes of problems with an input as a whole.
const (
	codeUnreadable = "source/unreadable"
	codeTruncated  = "source/truncated"
	codeCorrupt    = "source/corrupt"
)

// streamSize is how much is read at once, enough to see the magic of gzip
// without costing large reads a copy.
const streamSize = 64 << 10

// Stream is one input of a filter: a file or stdin, gzip taken off. An input
// that cannot be opened fails at the first Read; Session.Problem says what
// to report for any error of Read.
type Stream struct {
	Name    string // as the user gave it; "-" for stdin
	session *Session
	file    io.Closer
	r       io.Reader
	err     error
}

// Streams returns the inputs of a filter: the files of paths, and of the
// directories among them, where "-" and no path at all mean stdin. A stream is valid until the next one. The error,
// if any, comes alone and is for run to return: there is no input and stdin
// is a terminal.
func (s *Session) Streams(paths []string) iter.Seq2[*Stream, error] {
	return func(yield func(*Stream, error) bool) {
		if err := s.NeedInput(paths); err != nil {
			yield(nil, err)
			return
		}
		if len(paths) == 0 {
			paths = []string{StdinName}
		}
		before, failed := s.bytes.Load(), false
		for _, path := range expand(paths) {
			in := s.open(path)
			more := yield(in, nil)
			in.close()
			if !more {
				return
			}
			failed = failed || in.err != nil && in.err != io.EOF
		}
		if !failed && s.bytes.Load() == before {
			s.Note("the input is empty")
		}
	}
}

// expand puts the files of records in a directory, and in those below it, in
// its place: in the byte order of their paths, without hidden ones and links.
// What cannot be read, and a directory without such files, stays for open to
// say so.
func expand(paths []string) []string {
	var out []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if path == StdinName || err != nil || !info.IsDir() {
			out = append(out, path)
			continue
		}
		found := recordFiles(path)
		if len(found) == 0 {
			found = []string{path}
		}
		out = append(out, found...)
	}
	return out
}

func recordFiles(dir string) []string {
	var out []string
	// What goes wrong below dir is in the list, and goes wrong again when it is opened.
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			out = append(out, path)
		case path != dir && strings.HasPrefix(e.Name(), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
		case e.Type().IsRegular() && isRecordFile(e.Name()):
			out = append(out, path)
		}
		return nil
	})
	slices.Sort(out)
	return out
}

func isRecordFile(name string) bool {
	ext := filepath.Ext(strings.TrimSuffix(name, ".gz"))
	return ext == ".ndjson" || ext == ".jsonl"
}

// NeedInput returns a UsageError if there is no path and stdin is a terminal:
// waiting for what nobody will type helps nobody.
func (s *Session) NeedInput(paths []string) error {
	if len(paths) > 0 || !s.Stdio.InTTY {
		return nil
	}
	return &noInputError{}
}

// noInputError is answered with the short help.
type noInputError struct{}

func (*noInputError) Error() string { return "no input: name files or pipe something in" }

func (s *Session) open(path string) *Stream {
	in := &Stream{Name: path, session: s}
	if path == StdinName {
		in.r = s.Stdio.In
		return in
	}
	f, err := os.Open(path)
	if err == nil {
		in.file = f
		err = refuseDirectory(f)
	}
	if err != nil {
		in.err = &openError{err}
		return in
	}
	in.r = f
	s.Progress(s.bytesRead)
	return in
}

func (s *Session) bytesRead() string {
	return fmt.Sprintf("%.1f MB read", float64(s.bytes.Load())/1e6)
}

// openError marks an input that could not be opened at all.
type openError struct{ err error }

func (e *openError) Error() string { return reason(e.err).Error() }
func (e *openError) Unwrap() error { return e.err }

func refuseDirectory(f *os.File) error {
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		return errors.New("is a directory without .ndjson or .jsonl files; expected records (rparse reads directories of rules)")
	}
	return err
}

// Read implements io.Reader.
func (in *Stream) Read(p []byte) (int, error) {
	if in.err != nil {
		return 0, in.err
	}
	if _, ok := in.r.(*unpacked); !ok {
		in.r, in.err = unpack(in.r)
		if in.err != nil {
			return 0, in.err
		}
	}
	n, err := in.r.Read(p)
	in.session.bytes.Add(int64(n))
	in.err = err
	return n, err
}

func (in *Stream) close() {
	if in.file != nil {
		_ = in.file.Close()
	}
}

// unpacked is a stream whose first bytes have been looked at.
type unpacked struct{ io.Reader }

// unpack takes gzip off r, if it is there.
func unpack(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, streamSize)
	magic, err := b.Peek(2)
	if err != nil && err != io.EOF {
		return r, err
	}
	if string(magic) != "\x1f\x8b" {
		return &unpacked{b}, nil
	}
	z, err := gzip.NewReader(b)
	return &unpacked{z}, err
}

// Problem describes an error of Read, io.EOF excepted, for Report and for an
// error record.
func (in *Stream) Problem(err error) Problem {
	p := Problem{Path: in.Name, Code: codeUnreadable, Message: reason(err).Error()}
	var open *openError
	switch {
	case errors.As(err, &open):
		p.Unopened = true
	case errors.Is(err, io.ErrUnexpectedEOF):
		p.Code, p.Message = codeTruncated, "the compressed input ends too early"
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		p.Code = codeCorrupt
	}
	return p
}
