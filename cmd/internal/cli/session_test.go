package cli

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func gzipOf(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestColorAndWidth(t *testing.T) {
	tests := []struct {
		args, env []string
		tty       bool
		color     bool
		columns   int
	}{
		{nil, nil, false, false, 80},
		{nil, nil, true, true, 120},
		{nil, []string{"NO_COLOR=1"}, true, false, 120},
		{nil, []string{"NO_COLOR="}, true, true, 120},
		{nil, []string{"TERM=dumb"}, true, false, 120},
		{[]string{"--color=always"}, []string{"NO_COLOR=1"}, false, true, 80},
		{[]string{"--color=never"}, nil, true, false, 120},
		{nil, []string{"RULES_COLOR=always", "COLUMNS=60"}, false, true, 60},
		{nil, []string{"COLUMNS=60"}, true, true, 60},
		{nil, []string{"COLUMNS=wide"}, true, true, 120},
		{[]string{"--width=40"}, []string{"COLUMNS=60"}, true, true, 40},
		{[]string{"-o", "/dev/null"}, nil, true, false, 80},
		{[]string{"-o", "-"}, nil, true, true, 120},
	}
	for _, tt := range tests {
		w := newWorld("", tt.env...)
		if w.OutTTY = tt.tty; tt.tty {
			w.Columns = 120
		}
		code := w.demo(func(s *Session) error {
			if s.UseColor() != tt.color || s.Columns() != tt.columns {
				t.Errorf("%v %v: color %t, %d columns; want %t, %d", tt.args, tt.env, s.UseColor(), s.Columns(), tt.color, tt.columns)
			}
			return nil
		}, tt.args...)
		if code != ExitOK {
			t.Errorf("%v: exit code %d: %s", tt.args, code, w.err.String())
		}
	}
}

func TestProblem(t *testing.T) {
	tests := []struct {
		p    Problem
		want string
	}{
		{Problem{Path: "x.yml", Message: "bad"}, "x.yml: bad"},
		{Problem{Path: "x.yml", Line: 3, Message: "bad"}, "x.yml:3: bad"},
		{Problem{Path: "x.yml", Line: 3, Col: 7, Code: "a/b", Message: "bad"}, "x.yml:3:7: bad [a/b]"},
		{Problem{Path: "x\x1b.yml", Line: 1, Code: "a\x1b", Message: "b\nd"}, "x␛.yml:1: b␊d [a␛]"},
		{Problem{Message: "bad", Warning: true}, "warning: bad"},
	}
	for _, tt := range tests {
		if got := tt.p.String(); got != tt.want {
			t.Errorf("%+v prints %q, want %q", tt.p, got, tt.want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("a", 300) + "!" + strings.Repeat("b", 300)
	tests := []struct {
		name, source string
		col, width   int
		want         string
	}{
		{"caret", "title: x: y\r\n", 9, 80, "\n  title: x: y\n          ^"},
		{"at the end", "abc", 4, 80, "\n  abc\n     ^"},
		{"past the end", "abc", 5, 80, ""},
		{"no column", "abc", 0, 80, ""},
		{"no source", "", 1, 80, ""},
		{"escapes take room", "\x1b\tx", 3, 80, "\n  ␛ x\n    ^"},
		{"wide characters", "漢é́!", 1 + 3 + 4, 80, "\n  漢é́!\n     ^"},
		{"inside a character", "é!", 2, 80, "\n  <U+DCC3><U+DCA9>!\n          ^"},
		{"cut on both sides", long, 301, 22, "\n  …" + strings.Repeat("a", 9) + "!" + strings.Repeat("b", 8) + "…\n            ^"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, excerpt(tt.source, tt.col, tt.width)); diff != "" {
				t.Errorf("excerpt (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCaretOnTerminalOnly(t *testing.T) {
	for _, tty := range []bool{false, true} {
		w := newWorld("")
		w.ErrTTY = tty
		w.demo(func(s *Session) error {
			return s.Report(Problem{Path: "x", Line: 1, Col: 2, Message: "bad", Source: "abc"})
		})
		if got := strings.Contains(w.err.String(), "\n  abc\n   ^\n"); got != tty {
			t.Errorf("terminal %t: stderr %q", tty, w.err.String())
		}
	}
}

// lockedBuffer is a terminal that the test looks at while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestProgress(t *testing.T) {
	var screen lockedBuffer
	w := newWorld("")
	w.Err, w.ErrTTY = &screen, true
	start := time.Now()
	w.demo(func(s *Session) error {
		s.Progress(func() string { return "7 files\n" })
		for !strings.Contains(screen.String(), "7 files") && time.Since(start) < 10*time.Second {
			time.Sleep(5 * time.Millisecond)
		}
		if elapsed := time.Since(start); elapsed < progressAfter {
			t.Errorf("progress after %v", elapsed)
		}
		return s.Report(Problem{Path: "x", Message: "bad"})
	})
	want := "\rdemo: 7 files␊\x1b[K\r\x1b[Kx: bad\n"
	if got := screen.String(); !strings.Contains(got, want) || !strings.HasSuffix(got, "demo: 1 error in 1 file\n") {
		t.Errorf("terminal got %q, want %q in it", got, want)
	}
}

func TestNoProgress(t *testing.T) {
	tests := map[string]func(*world) []string{
		"no terminal":        func(*world) []string { return nil },
		"output on terminal": func(w *world) []string { w.ErrTTY, w.OutTTY = true, true; return nil },
		"quiet":              func(w *world) []string { w.ErrTTY = true; return []string{"-q"} },
		"dumb terminal":      func(w *world) []string { w.ErrTTY = true; w.env["TERM"] = "dumb"; return nil },
	}
	for name, prepare := range tests {
		w := newWorld("")
		args := prepare(w)
		w.demo(func(s *Session) error {
			s.Progress(func() string { return "" })
			if s.progress != nil {
				t.Errorf("%s: there is a progress line", name)
			}
			return nil
		}, args...)
	}
}

func TestJSONOutput(t *testing.T) {
	raw := "{\"a\":\"\u009b \u202e \x7f é 漢\t\"}\nno json \x1b \xff\n"
	safe := `{"a":"\u009b \u202e \u007f é 漢` + "\t\"}\nno json \\u001b \\u00ff\n"
	for _, tty := range []bool{false, true} {
		w := newWorld("")
		w.OutTTY = tty
		w.demo(func(s *Session) error {
			s.JSONOutput()
			for i := range len(raw) {
				s.Out.WriteString(raw[i : i+1])
				s.Out.Flush() // so that runes are cut
			}
			return nil
		})
		want := raw
		if tty {
			want = safe
		}
		if diff := cmp.Diff(want, w.out.String()); diff != "" {
			t.Errorf("terminal %t (-want +got):\n%s", tty, diff)
		}
	}
}

func TestReportFromManyGoroutines(t *testing.T) {
	w := newWorld("")
	code := w.demo(func(s *Session) error {
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				s.Report(Problem{Path: fmt.Sprint(i % 4), Message: "bad"})
				s.Note("noted")
				s.Emitted(1)
				s.CountBytes(1)
			})
		}
		all.Wait()
		return nil
	})
	if code != ExitBad || !strings.HasSuffix(w.err.String(), "demo: 8 errors in 4 files\n") {
		t.Errorf("exit code %d, stderr %q", code, w.err.String())
	}
}
