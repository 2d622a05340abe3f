//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestRatiosArePairByPair(t *testing.T) {
	own := costs{{cpu: 2}, {cpu: 40}, {cpu: 3}}
	other := costs{{cpu: 1}, {cpu: 20}, {cpu: 1}}
	if got := ratios(own, other, byCPU); got != 2 {
		t.Errorf("ratio %v, want 2: the median of 2, 2, 3", got)
	}
	if got := own.cpu(); got != 3 {
		t.Errorf("median %v, want 3", got)
	}
}

func TestRepeatVariesIDsAndValues(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	line := `{"type":"rule","id":"a","parts":[{"where":{"values":["x"]}}],"events":[{"id":"1"}]}` + "\n"
	if err := os.WriteFile(in, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := repeat(in, out, 2); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"rule","id":"0-a","parts":[{"where":{"values":["0-x"]}}],"events":[{"id":"1"}]}` + "\n" +
		`{"type":"rule","id":"1-a","parts":[{"where":{"values":["1-x"]}}],"events":[{"id":"1"}]}` + "\n"
	if !bytes.Equal(got, []byte(want)) {
		t.Errorf("got %s want %s", got, want)
	}
}

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		got  float64
		soft bool
		want string
		far  int
	}{
		{1, false, "y                            1.00    2.00  holds", 0},
		{2.5, false, "y                            2.50    2.00  missed", 0},
		{4, false, "y                            4.00    2.00  MISSED BY FAR", 1},
		{4, true, "y                            4.00    2.00  missed by far, fails nothing", 0},
	} {
		r := row{against: []ratio{{yardstick{name: "y", most: 2, soft: tt.soft}, tt.got}}}
		if got, far := r.judge(); len(got) != 1 || got[0] != tt.want || far != tt.far {
			t.Errorf("%q, %d far off; want %q, %d", got, far, tt.want, tt.far)
		}
	}
}
