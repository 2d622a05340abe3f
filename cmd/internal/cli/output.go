package cli

import (
	"bufio"
	"errors"
	"io"
)

// outputSize is how much is written at once: what a large pipe takes without
// making its reader wait.
const outputSize = 128 << 10

// Output is the buffered output of a filter. After a failed write every
// further one fails in the same way: ErrClosed where the reader is gone.
type Output struct {
	w     *bufio.Writer
	file  *atomicFile // nil for stdout
	n     int64
	err   error
	label string
}

// outputError is a failed write.
type outputError struct {
	name string
	err  error
}

func (e *outputError) Error() string { return "cannot write " + e.name + ": " + e.err.Error() }
func (e *outputError) Unwrap() error { return e.err }

// openOutput opens the file that -o names, or stdout for "" and "-".
func openOutput(path string, std Stdio) (*Output, error) {
	if path == "" || path == "-" {
		return &Output{w: bufio.NewWriterSize(std.Out, outputSize), label: "stdout"}, nil
	}
	f, err := createFile(path)
	if err != nil {
		return nil, &outputError{path, reason(err)}
	}
	return &Output{w: bufio.NewWriterSize(f, outputSize), file: f, label: path}, nil
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	return o.wrote(n, err)
}

// WriteString implements io.StringWriter.
func (o *Output) WriteString(s string) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.WriteString(s)
	return o.wrote(n, err)
}

// Flush writes what is buffered. Main does so at the end.
func (o *Output) Flush() error {
	if o.err != nil {
		return o.err
	}
	_, err := o.wrote(0, o.w.Flush())
	return err
}

func (o *Output) wrote(n int, err error) (int, error) {
	o.n += int64(n)
	switch {
	case err == nil:
		return n, nil
	case isClosed(err):
		o.err = ErrClosed
	default:
		o.err = &outputError{o.label, reason(err)}
	}
	return n, o.err
}

// commit flushes and, for a file, puts it in its place.
func (o *Output) commit() error {
	err := o.Flush()
	if o.file == nil {
		return err
	}
	if err != nil {
		o.file.discard()
		return err
	}
	if err := o.file.commit(); err != nil {
		o.err = &outputError{o.label, reason(err)}
	}
	return o.err
}

// abandon ends an output that is not complete: what was written to stdout
// is flushed so that its lines are whole, a file is left as it was.
func (o *Output) abandon() {
	if o.file != nil {
		o.file.discard()
		return
	}
	_ = o.Flush()
}

// reason strips the operation and the path, which may be of a temporary
// file, from an error of package os.
func reason(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

var _ io.StringWriter = (*Output)(nil)
