package sigma

import (
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/golden"
	"github.com/rulepipe/rulepipe/pkg/record/recordtest"
)

// TestGolden reads in.yml of every archive under testdata, with the filters of
// filters.yml where there are some, and compares the records with rec.
func TestGolden(t *testing.T) {
	golden.Run(t, "testdata/*.txtar", "rec", func(t *testing.T, sections map[string][]byte) []byte {
		filters, _, _ := Filters("filters.yml", document.YAML(sections["filters.yml"]))
		rules, errs := Load("in.yml", document.YAML(sections["in.yml"]), NewFilterSet(filters))
		return recordtest.Encode(t, rules, errs)
	})
}

func TestMatch(t *testing.T) {
	tests := []struct {
		text string
		want bool
	}{
		{"title: t\ndetection:\n  condition: x\n", true},
		{"\xef\xbb\xbfdetection:\r\n  condition: x\r\n", true},
		{"title: t\rdetection:\r  condition: x\r", true},
		{`{"title": "x", "detection": {}}`, true},
		{"'logsource' : x\n\"title\": y\n", true},
		{"---\n - detection:\n   - condition: x\n", true},
		{"\xff\xfet\x00i\x00t\x00l\x00e\x00:\x00\n\x00d\x00e\x00t\x00e\x00c\x00t\x00i\x00o\x00n\x00:\x00", true},
		{"action: global\ntitle: x\n", true},
		{"{\"type\":\"rule\",\"title\":\"detection:\"}\n{\"type\":\"rule\"}\n", false},
		{"{\"detection\": {},\n\"title\": 1}\n", true},
		{"{\"rule_id\": 1, \"description\": \"a detection\", \"title\": 1}\n", false},
		{"the detection of things\n", false},
		{"# Detections\n\ndetection: what it is\n\nSee below.\n", false},
		{"[rule]\nquery = \"\"\"\n  of detection: x\n\"\"\"\n", false},
		{"name: CI\non: push\njobs:\n", false},
		{"", false},
	}
	for _, tt := range tests {
		if got := Match([]byte(tt.text)); got != tt.want {
			t.Errorf("Match(%q) = %v", tt.text, got)
		}
	}
}

// Foreign YAML gives neither rules nor errors.
func TestForeign(t *testing.T) {
	for _, text := range []string{
		"detection: true\n", "action: deploy\n", "correlation: high\nname: x\n", "filter: {a: b}\n",
		"- logsource: x\n", "logsource: here\n", "detection:\n  model: yolo\n",
	} {
		rules, errs := Load("x.yml", document.YAML([]byte(text)), nil)
		if len(rules)+len(errs) > 0 {
			t.Errorf("%q: rules %v, errors %v", text, rules, errs)
		}
	}
}

// FuzzLoad reads anything: no panic, places inside the file, every rule with
// a coverage, opaque leaves only in rules that are not full.
func FuzzLoad(f *testing.F) {
	for _, seed := range golden.Inputs(f, "testdata/*.txtar", ".yml") {
		f.Add(seed)
	}
	for _, value := range []string{"a*b", `a\*\?\\`, "%x% -enc", "10.0.0.0/8", "(a|b", "2024-01-01"} {
		f.Add([]byte("title: t\nlogsource: {product: p}\ndetection:\n  s:\n    F|re|i: '" + value + "'\n    G|windash|base64offset|contains: \"" + value +
			"\"\n    H|expand|cased: &a [" + value + ", null]\n    I|cidr: *a\n  condition: all of s* | count(x) by y > 5\n"))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		rules, errs := Load("f.yml", document.YAML(text), nil)
		lines := strings.Count(strings.ReplaceAll(string(text), "\r", "\n"), "\n") + 1
		place := func(line, col int) {
			if line < 1 || line > lines || col < 1 || col > len(text)+1 {
				t.Errorf("place %d:%d in %d lines", line, col, lines)
			}
		}
		for _, e := range errs {
			place(e.Line, e.Col)
		}
		for _, r := range rules {
			if r.Coverage == "" {
				t.Error("no coverage")
			}
			for _, e := range r.Errors {
				place(e.Line, e.Col)
			}
		}
		recordtest.Encode(t, rules, errs)
	})
}
