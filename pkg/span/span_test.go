package span

import (
	"fmt"
	"testing"
)

func TestLines(t *testing.T) {
	const text = "ab\ncd\r\ne\rf\n"
	l := NewLines([]byte(text))
	tests := []struct{ off, line, col int }{
		{-1, 1, 1}, {0, 1, 1}, {2, 1, 3}, {3, 2, 1}, {5, 2, 3}, {6, 2, 4}, {7, 3, 1}, {8, 3, 2}, {9, 4, 1}, {10, 4, 2}, {11, 5, 1}, {99, 5, 1},
	}
	for _, tt := range tests {
		if line, col := l.Position(tt.off); line != tt.line || col != tt.col {
			t.Errorf("Position(%d) = %d:%d, want %d:%d", tt.off, line, col, tt.line, tt.col)
		}
	}
	for line, want := range []int{0, 0, 3, 7, 9, 11, 11} {
		if got := l.Start(line); got != want {
			t.Errorf("Start(%d) = %d, want %d", line, got, want)
		}
	}
}

func TestMap(t *testing.T) {
	var m Map
	m.Add(0, 10, false)
	m.Add(3, 13, false) // goes on: no new piece
	m.Add(5, 20, true)
	m.Add(7, 26, false)
	for off, want := range []int{10, 11, 12, 13, 14, 20, 20, 26, 27} {
		if got := m.Offset(off); got != want {
			t.Errorf("Offset(%d) = %d, want %d", off, got, want)
		}
	}
	if got := m.Span(Span{4, 8}); got != (Span{14, 27}) {
		t.Errorf("Span = %v", got)
	}
	if got := (Map{}).Offset(7); got != 7 {
		t.Errorf("the zero Map sends 7 to %d", got)
	}
	if got := Fixed(9).Span(Span{1, 5}); got != (Span{9, 9}) {
		t.Errorf("Fixed(9) sends 1 to 5 to %v", got)
	}
}

func TestTidy(t *testing.T) {
	var e Errors
	for i := range 30 {
		e.Add(At(100-i), "c", "error %d", i)
	}
	e.Add(At(75), "c", "the same place and code again")
	e.Add(At(75), "a", "another code there")
	got := e.Tidy()
	if len(got) != maxErrors {
		t.Fatalf("%d errors, want %d", len(got), maxErrors)
	}
	for i := 1; i < len(got); i++ {
		if got[i-1].Span.Start > got[i].Span.Start {
			t.Errorf("%v stands before %v", got[i-1], got[i])
		}
	}
	last := got[len(got)-1]
	if want := fmt.Sprint(31-(maxErrors-1)) + " more errors"; last.Code != CodeMore || last.Msg != want {
		t.Errorf("last is %s %q, want %q", last.Code, last.Msg, want)
	}
	if one := (Errors{{Code: "x"}}).Tidy(); len(one) != 1 {
		t.Errorf("one error became %v", one)
	}
}
