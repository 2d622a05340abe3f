package elastic

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
)

const plainRule = "[rule]\nname = \"n\"\nrule_id = \"i\"\ntype = \"query\"\nlanguage = \"kuery\"\nquery = \"a:b\"\n"

// Texts of strangers that took quadratic time or memory.
func TestHostileRules(t *testing.T) {
	sequence := strings.NewReplacer(`"query"`, `"eql"`, `"kuery"`, `"eql"`, `"a:b"`, `"""sequence`+strings.Repeat(" [any where x==1]", 10_000)+`"""`).Replace(plainRule)
	exists := "[[rule.filters]]\nquery.exists.field = \"x\"\n"
	var threats strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&threats, "[[rule.threat]]\ntactic.id = \"TA%d\"\n", i)
	}
	tests := []struct{ name, text, code, coverage string }{
		{"filters", plainRule + strings.Repeat(exists, 40_000), "", "full"},
		{"filters not known", plainRule + strings.Repeat("[[rule.filters]]\nquery.foo = 1\n", 40_000), "unsupported/elastic-filter", "partial"},
		{"filters and parts", sequence + strings.Repeat(exists, 10_000), "elastic/filters-too-large", "partial"},
		{"a pattern", plainRule + "[[rule.filters]]\nquery.wildcard.x = \"" + strings.Repeat("a", 1<<20) + "\"\n", "", "full"},
		{"threats", plainRule + threats.String(), "", "full"},
	}
	for _, tt := range tests {
		start := time.Now()
		rules, _ := Load("x.toml", document.TOML([]byte(tt.text)))
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%s: took %v", tt.name, d)
		}
		if len(rules) != 1 {
			t.Fatalf("%s: %d rules", tt.name, len(rules))
		}
		code, made := "", 0
		if len(rules[0].Errors) > 0 {
			code = rules[0].Errors[0].Code
		}
		for _, p := range rules[0].Parts {
			made += scan.Weight(p.Where)
		}
		if code != tt.code || rules[0].Coverage != tt.coverage || made > scan.MaxWeight {
			t.Errorf("%s: code %q, coverage %s, %d bytes of tests", tt.name, code, rules[0].Coverage, made)
		}
	}
}

// What only looks like the header of a rule costs no more than reading it.
func TestMatchLongLine(t *testing.T) {
	start := time.Now()
	if MatchTOML([]byte(strings.Repeat("[rule]", 2<<20))) {
		t.Error("matches")
	}
	if d := time.Since(start); d > time.Minute {
		t.Errorf("took %v", d)
	}
	if !MatchTOML([]byte("[rule] [rule]\n [rule] # x\n")) {
		t.Error("does not match")
	}
}
