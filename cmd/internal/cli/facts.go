package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// ReadFacts has read read each of the files that were given with a flag, gzip
// taken off, and reports its problems. A file that is of no use at all ends
// the run: its user wants it used.
func (s *Session) ReadFacts(flag string, paths []string, read func(path string, in io.Reader) (problems []Problem, ok bool)) error {
	for _, path := range paths {
		if path == StdinName {
			return Usagef("--%s takes files, not stdin", flag)
		}
		if err := s.readFacts(flag, path, read); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) readFacts(flag, path string, read func(path string, in io.Reader) (problems []Problem, ok bool)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	in := &Stream{Name: path, session: s, file: file, r: file}
	defer in.close()
	problems, ok := read(path, in)
	if in.err != nil && in.err != io.EOF {
		return &fs.PathError{Op: "read", Path: path, Err: errors.New(in.Problem(in.err).Message)}
	}
	for _, p := range problems {
		if err := s.Report(p); err != nil {
			return err
		}
	}
	if !ok {
		return Usagef("nothing in %s that --%s could use", path, flag)
	}
	return nil
}
