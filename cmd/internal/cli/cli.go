// Package cli is what the four filters share at their edge: standard streams,
// flags, exit codes, colour and width, diagnostics, progress, help, version,
// man page and completion. It knows nothing of rules; a filter's own flags
// and what it does with its input stay in its main.
package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// The exit codes of every filter.
const (
	ExitOK       = 0 // everything done
	ExitBad      = 1 // done, but some input was bad, a gate tripped, or -e and nothing came out
	ExitUsage    = 2 // usage, input that cannot be opened at all, output that cannot be written
	ExitInternal = 3 // an error of the program
)

// exitTable is what help and man page say about the exit codes.
var exitTable = []struct {
	code int
	text string
}{
	{ExitOK, "everything done; also when the reader of the output went away (| head)"},
	{ExitBad, "done, but some input was bad or a gate tripped, or with -e nothing came out"},
	{ExitUsage, "wrong usage, input that cannot be opened at all, or output that cannot be written"},
	{ExitInternal, "internal error: please report it"},
}

// Tool describes one filter to help, man page, --version and --schema.
type Tool struct {
	Name        string // as typed
	Summary     string // one line, lower case, no full stop
	Description string // paragraphs separated by blank lines
	Examples    []Example
	// Commands say more of the commands of the filter, where it has any, than
	// their line in its kong struct. One of them is the default.
	Commands []Command
	// Schema returns the JSON Schema of what the filter writes.
	Schema func() []byte
	// Data returns the versions of the embedded data, a line each. It is
	// called for --version only.
	Data func() []string
}

// Command describes one command of a filter.
type Command struct {
	Name        string // as typed
	Description string // paragraphs separated by blank lines
	Examples    []Example
}

// Example is one command line and what it does.
type Example struct{ Command, What string }

// ErrClosed says that the reader of the output is gone: nothing more needs to
// be done. Writes to Session.Out return it, run returns it in turn, and the
// filter ends quietly with ExitOK.
var ErrClosed = errors.New("output closed")

// errStrict ends a run at the first problem.
var errStrict = errors.New("stopped at the first problem")

// UsageError is a mistake in how the filter was called. It ends with
// ExitUsage and a pointer to --help.
type UsageError struct{ Msg string }

func (e *UsageError) Error() string { return e.Msg }

// Usagef makes a UsageError.
func Usagef(format string, args ...any) error {
	return &UsageError{fmt.Sprintf(format, args...)}
}

// Main parses args into flags, which points to the kong struct of the filter
// with Common embedded and common pointing into it, calls run, and returns
// the exit code. Help, version, schema, man page and completion are printed
// here and cost nothing else.
func Main(t Tool, flags any, common *Common, args []string, std Stdio, run func(*Session) error) int {
	k, err := newParser(&t, flags, std)
	if err != nil {
		fmt.Fprintf(std.Err, "%s: internal error: %s\n", t.Name, span.Escape(err.Error()))
		return ExitInternal
	}
	s := newSession(&t, k, common, std)
	ctx, err := k.Parse(args)
	var asked *askedError
	switch {
	case errors.As(err, &asked):
		return s.inform(asked)
	case err != nil:
		return s.usage(usageMessage(err.Error(), k.Model.Node, std))
	}
	if cmd := ctx.Selected(); cmd != nil {
		s.Command = cmd.Name
	}
	if err := common.check(); err != nil {
		return s.usage(err.Error())
	}
	if s.Out, err = openOutput(common.Output, std); err != nil {
		return s.fail(err)
	}
	return s.finish(s.guard(run))
}

// newParser makes the kong parser of the filter. Nothing in it touches os:
// the environment comes through std, and kong never exits.
func newParser(t *Tool, flags any, std Stdio) (*kong.Kong, error) {
	return kong.New(flags,
		kong.Name(t.Name),
		kong.Description(t.Summary),
		kong.NoDefaultHelp(),
		kong.Writers(std.Out, std.Err),
		kong.Exit(func(int) {}),
		kong.Resolvers(environment(std)),
	)
}

// guard calls run and turns a panic into an error that carries the stack.
func (s *Session) guard(run func(*Session) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v, debug.Stack()}
		}
	}()
	return run(s)
}

type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// usage says in one line what is wrong with the call and where to look.
func (s *Session) usage(msg string) int {
	s.say("%s (%s --help explains)", span.Escape(msg), s.tool.Name)
	return ExitUsage
}

// fail says why the run ended and returns the exit code that goes with it.
func (s *Session) fail(err error) int {
	var (
		panicked *panicError
		usage    *UsageError
		noInput  *noInputError
		path     *fs.PathError
		output   *outputError
	)
	switch {
	case errors.As(err, &panicked):
		s.say("%s [internal/panic]\n%s", span.Escape(panicked.Error()), escapeLines(string(panicked.stack)))
		return ExitInternal
	case errors.As(err, &usage):
		return s.usage(usage.Msg)
	case errors.As(err, &noInput):
		s.say("%s", s.shortHelp())
		return ExitUsage
	case errors.As(err, &output), errors.As(err, &path):
		s.say("%s", span.Escape(err.Error()))
		return ExitUsage
	default:
		s.say("%s [internal/error]", span.Escape(err.Error()))
		return ExitInternal
	}
}
