package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// numbered returns a stream of n lines of different lengths.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"type":"x","n":%d,"pad":"%s"}`+"\n", i, strings.Repeat("p", i*7919%3000))
	}
	return b.String()
}

// echo passes lines on and notes every hundredth.
func echo() Edit {
	return func(out *Output, line Line) {
		if line.Oversize {
			out.Data = append(out.Data, line.Data...)
			return
		}
		out.Line(line.Data)
		if line.No%100 == 0 {
			out.Notes = append(out.Notes, Note{Error: Error{Line: line.No}})
		}
	}
}

func TestTransformKeepsOrder(t *testing.T) {
	in := numbered(2000)
	for _, jobs := range []int{0, 1, 2, 7} {
		var out bytes.Buffer
		var lines []int
		err := Transform(strings.NewReader(in), &out, jobs, echo, func(n Note) error {
			lines = append(lines, n.Error.Line)
			return nil
		})
		if err != nil || out.String() != in {
			t.Errorf("%d jobs: the stream differs (%v)", jobs, err)
		}
		for i, no := range lines {
			if no != 100*(i+1) {
				t.Fatalf("%d jobs: notes of lines %v", jobs, lines)
			}
		}
		if len(lines) != 20 {
			t.Errorf("%d jobs: %d notes, want 20", jobs, len(lines))
		}
	}
}

func TestTransformPassesGiantLines(t *testing.T) {
	in := `{"type":"x"}` + "\n" + `{"pad":"` + strings.Repeat("p", MaxLine+5*blockSize) + `"}` + "\n" + `{"type":"y"}` + "\n"
	for _, jobs := range []int{1, 3} {
		var out bytes.Buffer
		if err := Transform(strings.NewReader(in), &out, jobs, echo, nil); err != nil || out.String() != in {
			t.Errorf("%d jobs: %d of %d bytes (%v)", jobs, out.Len(), len(in), err)
		}
	}
}

type failingWriter struct{ after int }

var errWrite = errors.New("no room")

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.after -= len(p); w.after < 0 {
		return 0, errWrite
	}
	return len(p), nil
}

func TestTransformEndsAtErrors(t *testing.T) {
	in := numbered(4000)
	errNote, errRead := errors.New("strict"), errors.New("torn")
	whole := func() io.Reader { return strings.NewReader(in) }
	torn := func() io.Reader { return io.MultiReader(strings.NewReader(in), iotest.ErrReader(errRead)) }
	tests := []struct {
		name string
		r    func() io.Reader
		w    io.Writer
		note error
		want error
	}{
		{"write", whole, &failingWriter{600_000}, nil, errWrite},
		{"note", whole, io.Discard, errNote, errNote},
		{"read", torn, io.Discard, nil, errRead},
	}
	for _, tt := range tests {
		for _, jobs := range []int{1, 3} {
			err := Transform(tt.r(), tt.w, jobs, echo, func(Note) error { return tt.note })
			if !errors.Is(err, tt.want) {
				t.Errorf("%s, %d jobs: got %v, want %v", tt.name, jobs, err, tt.want)
			}
		}
	}
}

// TestTransformPanics checks that a panic of a worker reaches the caller, who
// can say something about it.
func TestTransformPanics(t *testing.T) {
	for _, jobs := range []int{1, 3} {
		func() {
			defer func() {
				if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "boom") {
					t.Errorf("%d jobs: recovered %v", jobs, v)
				}
			}()
			edit := func() Edit {
				return func(_ *Output, line Line) {
					if line.No == 700 {
						panic("boom")
					}
				}
			}
			_ = Transform(strings.NewReader(numbered(2000)), io.Discard, jobs, edit, nil)
		}()
	}
}

func BenchmarkTransform(b *testing.B) {
	data := numbered(8000)
	for _, jobs := range []int{1, 2} {
		b.Run(fmt.Sprintf("jobs=%d", jobs), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := Transform(strings.NewReader(data), io.Discard, jobs, echo, func(Note) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
