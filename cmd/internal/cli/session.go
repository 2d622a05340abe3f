package cli

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alecthomas/kong"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// defaultWidth is the width where nothing says otherwise.
const defaultWidth = 80

// Session is one run of a filter: its output and what it says on stderr.
// Report, Note, Trip, CountBytes and Emitted may be called from several
// goroutines.
type Session struct {
	*Common
	Stdio Stdio
	Out   *Output // where data goes, and nothing else

	// Command is the name of the command that was asked for, or the default;
	// empty where the filter has none.
	Command string

	tool  *Tool
	kong  *kong.Kong
	start time.Time

	bytes   atomic.Int64 // read
	emitted atomic.Int64 // results written, plus one once Emitted was called

	mu       sync.Mutex // guards all below, and stderr
	problems int
	warnings int
	unopened bool
	tripped  bool
	paths    map[string]struct{} // inputs with problems
	stats    func() string
	progress *progress
}

func newSession(t *Tool, k *kong.Kong, c *Common, std Stdio) *Session {
	return &Session{Common: c, Stdio: std, tool: t, kong: k, start: time.Now(), paths: map[string]struct{}{}}
}

// UseColor reports whether the output gets colour: --color, then NO_COLOR
// and TERM=dumb, then whether it is a terminal.
func (s *Session) UseColor() bool {
	return s.colorOn(s.Stdio.OutTTY && s.toStdout())
}

func (s *Session) colorOn(terminal bool) bool {
	switch {
	case s.Color == "always":
		return true
	case s.Color == "never":
		return false
	case s.Stdio.env("NO_COLOR") != "", s.Stdio.env("TERM") == "dumb":
		return false
	}
	return terminal
}

// Columns is the width of the output: --width, then COLUMNS, then the
// terminal, then 80. COLUMNS comes before the terminal because a shell does
// not export it unless its user wants it so.
func (s *Session) Columns() int {
	if s.Width > 0 {
		return s.Width
	}
	if n, err := strconv.Atoi(s.Stdio.env("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if s.Stdio.Columns > 0 && s.toStdout() {
		return s.Stdio.Columns
	}
	return defaultWidth
}

// Terminal reports whether the output goes to a terminal, so that untrusted
// text has to be escaped whatever the format.
func (s *Session) Terminal() bool { return s.Stdio.OutTTY && s.toStdout() }

func (s *Session) toStdout() bool { return s.Output == "" || s.Output == "-" }

// Note says something on stderr that is no problem of the input, such as
// that there was none. It does not change the exit code.
func (s *Session) Note(format string, args ...any) {
	if s.Quiet {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say("%s", span.Escape(fmt.Sprintf(format, args...)))
}

// Trip says that a gate tripped and why: the run goes on, and
// ends with ExitBad.
func (s *Session) Trip(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tripped = true
	s.say("%s", span.Escape(fmt.Sprintf(format, args...)))
}

// CountBytes adds to the bytes read, for --stats and progress. Streams count
// by themselves.
func (s *Session) CountBytes(n int64) { s.bytes.Add(n) }

// Emitted says that n results were written. A filter that calls it, with 0 as
// well, decides what -e means by "nothing came out"; for others it means not
// one byte.
func (s *Session) Emitted(n int) {
	s.emitted.CompareAndSwap(0, 1)
	s.emitted.Add(int64(n))
}

// SetStats gives the text of the --stats line, to which elapsed time and
// throughput are added. It is called once, at the end.
func (s *Session) SetStats(line func() string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats = line
}

// say prints a line on stderr under the name of the filter. The caller holds
// the lock or is alone.
func (s *Session) say(format string, args ...any) {
	s.progress.clear()
	fmt.Fprintf(s.Stdio.Err, s.tool.Name+": "+format+"\n", args...)
}

// finish ends the run: output, last words and exit code.
func (s *Session) finish(err error) int {
	s.progress.stop()
	s.progress = nil
	switch {
	case err == nil:
		err = s.Out.commit()
	case errors.Is(err, errStrict) || errors.Is(err, ErrClosed):
		s.Out.abandon()
	default:
		s.Out.abandon()
		return s.fail(err)
	}
	if errors.Is(err, ErrClosed) {
		return ExitOK
	}
	if err != nil && !errors.Is(err, errStrict) {
		return s.fail(err)
	}
	s.lastWords()
	return s.exitCode()
}

// lastWords prints the closing count and the statistics.
func (s *Session) lastWords() {
	if line := s.closing(); line != "" && !s.Quiet {
		s.say("%s", line)
	}
	if !s.Stats {
		return
	}
	elapsed := time.Since(s.start)
	line := ""
	if s.stats != nil {
		line = s.stats() + ", "
	}
	megabytes := float64(s.bytes.Load()) / 1e6
	s.say("%s%.1f MB, %.2f s, %.1f MB/s", line, megabytes, elapsed.Seconds(), megabytes/max(elapsed.Seconds(), 1e-6))
}

// closing counts what was reported.
func (s *Session) closing() string {
	var parts []string
	if s.problems > 0 {
		parts = append(parts, plural(s.problems, "error"))
	}
	if s.warnings > 0 {
		parts = append(parts, plural(s.warnings, "warning"))
	}
	if len(parts) == 0 {
		return ""
	}
	line := strings.Join(parts, " and ")
	if n := len(s.paths); n > 0 {
		line += " in " + plural(n, "file")
	}
	return line
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func (s *Session) exitCode() int {
	switch {
	case s.unopened:
		return ExitUsage
	case s.problems > 0, s.tripped:
		return ExitBad
	case s.ExitStatus && s.nothingOut():
		return ExitBad
	}
	return ExitOK
}

func (s *Session) nothingOut() bool {
	if n := s.emitted.Load(); n > 0 {
		return n == 1
	}
	return s.Out.n == 0
}

var _ io.Writer = (*Output)(nil)
