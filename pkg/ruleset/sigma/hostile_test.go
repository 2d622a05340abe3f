package sigma

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
)

const head = "title: t\nlogsource:\n  product: windows\n"

// detectionOf is a rule whose only test is the line.
func detectionOf(line string) string {
	return head + "detection:\n  a:\n    " + line + "\n  condition: a\n"
}

// numbered repeats a line with its number.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// Texts of strangers that took minutes or all memory: what is made of them is
// bounded, and said so.
func TestHostileRules(t *testing.T) {
	dashes := ` -a -b -c -d -e -f `
	global := "action: global\n" + head + "detection:\n  a:\n"
	filter := "---\ntitle: f\nlogsource:\n  product: windows\nfilter:\n  rules: any\n  s:\n    x: y\n  condition: not s\n"
	tests := []struct{ name, text, code string }{
		{"modifiers that double a text", detectionOf("x" + strings.Repeat("|wide", 5000) + ": y"), "sigma/modifier"},
		{"a few of them", detectionOf("x" + strings.Repeat("|base64offset", 16) + ": yyyyyyyyyyyyyyyy"), "sigma/expansion-too-large"},
		{"windash of windash", detectionOf(`x|windash|windash|windash: "` + dashes + `"`), "sigma/expansion-too-large"},
		{"windash of a long text", detectionOf(`x|windash: "` + dashes + strings.Repeat("y", 1<<20) + `"`), "sigma/windash-too-large"},
		{"windash of stars", detectionOf(`x|windash: "` + dashes + strings.Repeat("*", 1<<20) + `"`), "sigma/windash-too-large"},
		{"modifiers and values", detectionOf("x" + strings.Repeat("|i", 25_000) + ": [" + strings.Repeat("y, ", 5000) + "y]"), "sigma/modifier"},
		{"long name and values", detectionOf("? " + strings.Repeat("x", 1<<19) + "\n    : [" + strings.Repeat("~, ", 50_000) + "y]"), "sigma/modifier"},
		{"conditions", head + "detection:\n  a:\n" + numbered("    x%d: y\n", 5000) + "  condition:\n" + strings.Repeat("    - a\n", 20_000), "sigma/condition-too-large"},
		{"long values in conditions", head + "detection:\n  a:\n    x: " + strings.Repeat("y", 1<<19) + "\n  condition:\n" + strings.Repeat("    - a\n", 20_000), "sigma/condition-too-large"},
		{"conditions in brackets", head + "detection:\n  a:\n" + numbered("    x%d: y\n", 5000) + "  condition: " + strings.Repeat("(", 400) + "a" + strings.Repeat(" and a)", 400) + "\n", "sigma/condition-too-large"},
		{"template of tests", global + numbered("    x%d: y\n", 20_000) + strings.Repeat("---\ndetection: {condition: a}\n", 20_000), "sigma/template-too-large"},
		{"template of text", global + "    x: y\ndescription: " + strings.Repeat("d", 1<<20) + "\n" + strings.Repeat("---\ndetection: {condition: a}\n", 1000), "sigma/template-too-large"},
		{"repetition", detectionOf("x: ["+strings.Repeat("y, ", 20_000)+"y]") + strings.Repeat("---\naction: repeat\n", 20_000), "sigma/detection-too-large"},
		{"filters and rules", strings.Repeat(filter, 2500) + strings.Repeat("---\n"+detectionOf("x: y"), 2500), "sigma/filters-too-large"},
	}
	for _, tt := range tests {
		start := time.Now()
		rules, errs := Load("x.yml", document.YAML([]byte(tt.text)), nil)
		if d := time.Since(start); d > 2*time.Minute {
			t.Errorf("%s: took %v", tt.name, d)
		}
		found, made := false, 0
		for i := range rules {
			for _, d := range rules[i].Errors {
				found = found || d.Code == tt.code
			}
			for _, p := range rules[i].Parts {
				made += scan.Weight(p.Where)
			}
		}
		for _, e := range errs {
			found = found || e.Code == tt.code
		}
		if !found || len(rules) == 0 {
			t.Errorf("%s: %d rules, without %s", tt.name, len(rules), tt.code)
		}
		if most := 6*scan.MaxWeight + 4*len(tt.text); made > most {
			t.Errorf("%s: %d bytes of tests, more than %d", tt.name, made, most)
		}
	}
}

// Texts of strangers that took quadratic time, and are read in full.
func TestLongRules(t *testing.T) {
	tests := []struct {
		name, text string
		coverage   string
	}{
		{"tags", detectionOf("x: y") + "tags:\n" + numbered("  - a.b%d\n", 150_000), "full"},
		{"null", detectionOf("x: [" + strings.Repeat("~, ", 99_000) + "~]"), "full"},
		{"references", detectionOf("x|fieldref:\n" + numbered("    - f%d\n", 90_000)), "full"},
		{"placeholders", detectionOf("x|expand:\n" + numbered("    - '%%%d%%'\n", 90_000)), "full"},
		{"selectors", head + "detection:\n" + numbered("  s%d: {x: y}\n", 30_000) + "  condition: s1" + numbered(" or 1 of q%d*", 60_000) + "\n", "partial"},
		{"identifiers", head + "detection:\n" + numbered("  s%d: {x: y}\n", 30_000) + "  condition: s1" + numbered(" or q%d", 100_000) + "\n", "partial"},
		{"classes", detectionOf("x|re: '" + strings.Repeat(`[\pL\PN]`, 60_000) + "'"), "full"},
		{"keys of a template", "action: global\n" + numbered("k%d: v\n", 90_000) + "---\n" + numbered("j%d: v\n", 80_000) + detectionOf("x: y"), "full"},
	}
	for _, tt := range tests {
		start := time.Now()
		rules, _ := Load("x.yml", document.YAML([]byte(tt.text)), nil)
		if d := time.Since(start); d > 2*time.Minute {
			t.Errorf("%s: took %v", tt.name, d)
		}
		if len(rules) != 1 || rules[0].Coverage != tt.coverage {
			t.Errorf("%s: %d rules", tt.name, len(rules))
		}
	}
}

// A filter is found by the ids, names and log sources that it has.
func TestFilterSet(t *testing.T) {
	text := detectionOf("x: y") + "id: i\nname: n\n" + `
---
title: any
logsource: {product: windows}
filter: {rules: any, s: {any: 1}, condition: s}
---
title: by id and name
logsource: {product: windows}
filter: {rules: [n, i, n], s: {both: 1}, condition: s}
---
title: other source
logsource: {product: windows, category: c}
filter: {rules: any, s: {other: 1}, condition: s}
---
title: other rule
logsource: {product: windows}
filter: {rules: [m, ''], s: {other: 1}, condition: s}
`
	rules, _ := Load("x.yml", document.YAML([]byte(text)), nil)
	var got []string
	for _, x := range rules[0].Parts[0].Where.And {
		got = append(got, x.Field)
	}
	if want := "[x any both]"; fmt.Sprint(got) != want {
		t.Errorf("tests of %v, want %s", got, want)
	}
}
