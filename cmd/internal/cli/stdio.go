package cli

import (
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// Stdio is the world as a filter sees it. Tests make their own.
type Stdio struct {
	In                    io.Reader
	Out, Err              io.Writer
	Env                   func(string) string
	InTTY, OutTTY, ErrTTY bool
	Columns               int // width of the terminal that Out is, 0 where it is none
}

// System returns the streams and the environment of the process. It makes
// pipes large and turns SIGPIPE into an error of the write, so that a closed
// pipe ends a filter quietly with exit code 0 instead of a signal.
func System() Stdio {
	signal.Ignore(syscall.SIGPIPE)
	growPipe(os.Stdin)
	growPipe(os.Stdout)
	std := Stdio{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv,
		InTTY:  isTerminal(os.Stdin),
		OutTTY: isTerminal(os.Stdout),
		ErrTTY: isTerminal(os.Stderr),
	}
	if std.OutTTY {
		if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
			std.Columns = width
		}
	}
	return std
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// env reads the environment; a Stdio without one has none.
func (s Stdio) env(name string) string {
	if s.Env == nil {
		return ""
	}
	return s.Env(name)
}
