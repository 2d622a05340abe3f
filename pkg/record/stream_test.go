package record

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestBlocksKeepEveryByte(t *testing.T) {
	var in strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&in, "{\"type\":\"x\",\"n\":%d,\"pad\":%q}\n", i, strings.Repeat("p", i%700))
	}
	in.WriteString(`{"type":"last"}`)
	for name, r := range map[string]io.Reader{
		"whole":   strings.NewReader(in.String()),
		"halves":  iotest.HalfReader(strings.NewReader(in.String())),
		"dataerr": iotest.DataErrReader(strings.NewReader(in.String())),
	} {
		var got strings.Builder
		line := 1
		for b, err := range Blocks(r) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if b.Line != line {
				t.Errorf("%s: block begins at line %d, want %d", name, b.Line, line)
			}
			line += strings.Count(string(b.Data), "\n")
			got.Write(b.Data)
		}
		if got.String() != in.String() {
			t.Errorf("%s: blocks lost bytes: %d of %d", name, got.Len(), in.Len())
		}
	}
}

func TestOversizeLinePassesInPieces(t *testing.T) {
	long := `{"type":"rule","x":"` + strings.Repeat("a", MaxLine+3*blockSize) + `"}`
	in := "{\"type\":\"a\"}\n" + long + "\n{\"type\":\"b\"}\n{\"type\":\"c\"}\n"
	var pieces strings.Builder
	var seen []string
	firsts := 0
	for l, err := range Lines(iotest.HalfReader(strings.NewReader(in))) {
		if err != nil {
			t.Fatal(err)
		}
		if l.Oversize {
			pieces.Write(l.Data)
			if l.First {
				firsts++
			}
			if l.No != 2 {
				t.Errorf("piece of line %d, want 2", l.No)
			}
			continue
		}
		seen = append(seen, fmt.Sprintf("%d:%s", l.No, l.Type))
	}
	if pieces.String() != long+"\n" {
		t.Errorf("pieces make %d bytes, want %d", pieces.Len(), len(long)+1)
	}
	if firsts != 1 {
		t.Errorf("%d first pieces, want 1", firsts)
	}
	if got, want := strings.Join(seen, " "), "1:a 3:b 4:c"; got != want {
		t.Errorf("other lines: %s, want %s", got, want)
	}
}

func TestLinesReportsReadError(t *testing.T) {
	r := io.MultiReader(strings.NewReader("{\"type\":\"a\"}\n{\"ty"), iotest.ErrReader(io.ErrUnexpectedEOF))
	n, failed := 0, false
	for _, err := range Lines(r) {
		if err != nil {
			failed = true
			continue
		}
		n++
	}
	if !failed || n != 2 {
		t.Errorf("%d lines, failed %v; want 2 lines, then the error", n, failed)
	}
}

func TestLinesTolerate(t *testing.T) {
	in := "\xef\xbb\xbf{\"type\":\"a\"}\r\n\r\n  \n{ \"v\":1, \"type\" : \"b\" }\nnot json\n[1]\n"
	var got []string
	for l, err := range Lines(strings.NewReader(in)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d:%s", l.No, l.Type))
	}
	if g, want := strings.Join(got, " "), "1:a 4:b 5: 6:"; g != want {
		t.Errorf("lines %q, want %q", g, want)
	}
}
