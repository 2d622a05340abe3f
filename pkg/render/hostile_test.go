package render

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A text of any length is wrapped in linear time, whatever the width.
func TestWrapLongText(t *testing.T) {
	for _, tt := range []struct {
		text string
		cols int
	}{
		{strings.Repeat("a", 1<<20), 24},
		{strings.Repeat("日", 1<<18), 24},
		{"a" + strings.Repeat("\u0301", 1<<19), 24},
		{strings.Repeat("a"+strings.Repeat("\u0301", 500), 500), 4},
		{strings.Repeat("a", 1<<20), 100_000},
	} {
		start := time.Now()
		lines := wrapValue(tt.text, tt.cols)
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%.10q in %d columns: took %v", tt.text, tt.cols, d)
		}
		if strings.Join(lines, "") != tt.text {
			t.Errorf("%.10q in %d columns: text changed", tt.text, tt.cols)
		}
		for _, line := range lines {
			if width(line) > tt.cols {
				t.Fatalf("%.10q in %d columns: a line has %d", tt.text, tt.cols, width(line))
			}
		}
	}
	start := time.Now()
	lines := wrapWords(strings.Fields(strings.Repeat("ab ", 1<<18)), 100_000)
	if d := time.Since(start); d > time.Minute || len(lines) != 8 {
		t.Errorf("%d lines, took %v", len(lines), d)
	}
}

// Types that nobody knows are counted together once there are many.
func TestManyTypes(t *testing.T) {
	var in bytes.Buffer
	for i := range 300_000 {
		fmt.Fprintf(&in, "{\"type\":\"x%d\"}\n", i)
	}
	r, err := New(&bytes.Buffer{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := r.Read("in", &in, nil); err != nil {
		t.Fatal(err)
	}
	stats, _ := r.Close()
	if d := time.Since(start); d > time.Minute {
		t.Errorf("took %v", d)
	}
	if n := len(stats.Other); n != maxNames+1 || stats.Other[maxNames].Vendor != "others" || stats.Other[maxNames].Rules != 300_000-maxNames {
		t.Errorf("%d entries, the last is %+v", n, stats.Other[n-1])
	}
}
