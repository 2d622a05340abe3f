package elastic

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/golden"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record/recordtest"
)

// TestGolden reads in.toml or in.json of every archive under testdata and
// compares the records with rec.
func TestGolden(t *testing.T) {
	golden.Run(t, "testdata/*.txtar", "rec", func(t *testing.T, sections map[string][]byte) []byte {
		name, file := "in.toml", document.TOML(sections["in.toml"])
		if text := sections["in.json"]; text != nil {
			name, file = "in.json", document.JSON(text)
		}
		rules, errs := Load(name, file)
		return recordtest.Encode(t, rules, errs)
	})
}

func TestMatch(t *testing.T) {
	tests := []struct {
		text       string
		toml, json bool
	}{
		{"[metadata]\n[rule]\nname = \"x\"\n", true, false},
		{"\xef\xbb\xbf[rule] # c\r\n", true, false},
		{"  [rule]\n", true, false},
		{"see [rule] there\n", false, false},
		{"[rule.x]\n[[rule]]\n", false, false},
		{"title: x\ndetection:\n  s: |\n    a [rule] b\n", false, false},
		{`{"rule_id": "a", "risk_score": 1}`, false, true},
		{" \n[{\"rule_id\": \"a\",\"risk_score\": 1}]", false, true},
		{`{"type":"rule","v":1,"vendor":"elastic","rule_ids":["a"]}`, false, false},
		{"rule_id risk_score", false, false},
	}
	for _, tt := range tests {
		if toml, json := MatchTOML([]byte(tt.text)), MatchJSON([]byte(tt.text)); toml != tt.toml || json != tt.json {
			t.Errorf("%q: TOML %v, JSON %v; want %v, %v", tt.text, toml, json, tt.toml, tt.json)
		}
	}
}

func TestLoadForms(t *testing.T) {
	const rule = `{"rule_id":"r","name":"n","type":"query","query":"a:b","risk_score":1,"severity":"low"}`
	for name, text := range map[string]string{
		"a rule":       rule,
		"a list":       "[" + rule + "]",
		"an answer":    `{"page":1,"total":1,"data":[` + rule + `]}`,
		"pretty":       strings.ReplaceAll(rule, ",", ",\n  "),
		"with a BOM":   "\xef\xbb\xbf" + rule + "\r\n",
		"not a rule":   `{"rule_id":"exception","list_id":"x"}` + "\n" + rule,
		"after others": `{"a":1}` + "\n" + rule,
	} {
		rules, errs := Load("x.json", document.JSON([]byte(text)))
		if len(rules) != 1 || len(errs) > 0 || rules[0].Title != "n" || len(rules[0].Errors) > 0 {
			t.Errorf("%s: rules %v, errors %v", name, rules, errs)
		}
	}
}

// TestMistakeInJSON breaks one of three rules: the others are read, with the
// numbers that they have in the file, and there is one error.
func TestMistakeInJSON(t *testing.T) {
	rule := func(id string) string {
		return fmt.Sprintf(`  {
    "rule_id": %q,
    "type": "query",
    "query": "a:b",
    "risk_score": 1,
    "threat": [
      {
        "framework": "MITRE ATT&CK"
      },
      {
        "framework": "another"
      }
    ]
  }`, id)
	}
	first, second, third := rule("r0"), rule("r1"), rule("r2")
	list := "[\n" + first + ",\n" + second + ",\n" + third + "\n]\n"
	answer := "{\n \"page\": 1,\n \"data\": " + list + "}\n"
	tests := []struct{ name, text, want string }{
		{"no colon in a list", strings.Replace(list, `"r1",`, `"r1"`, 1), "r0:0 18:5 r2:2"},
		{"no colon in an answer", strings.Replace(answer, `"r1",`, `"r1"`, 1), "r0:0 20:5 r2:2"},
		{"the first", strings.Replace(list, `"MITRE`, "MITRE", 1), "9:22 r1:1 r2:2"},
		{"no closing bracket", strings.Replace(list, "  },\n"+third, third, 1), "r0:0 r2:2 29:2"},
		{"the end is missing", answer[:strings.Index(answer, third)+100], "r0:0 r1:1 37:13"},
		{"one line", strings.ReplaceAll(list, "\n", " ")[:len(first)+len(second)], "r0:0 1:424"},
		{"one after the other", first + "\n" + strings.Replace(second, ":", "", 1) + "\n" + third, "r0:0 16:15 r2:2"},
		{"a rule alone", first[:100], "6:13"},
	}
	for _, tt := range tests {
		rules, errs := Load("x.json", document.JSON([]byte(tt.text)))
		var got []string
		for _, r := range rules {
			got = append(got, fmt.Sprintf("%s:%d", r.ID, r.Doc))
		}
		for _, e := range errs {
			at := sort.Search(len(rules), func(i int) bool { return rules[i].Line > e.Line })
			got = slices.Insert(got, at, fmt.Sprintf("%d:%d", e.Line, e.Col))
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, suffix := range []string{".toml", ".json"} {
		for _, seed := range golden.Inputs(f, "testdata/*.txtar", suffix) {
			f.Add(seed)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		for _, read := range []func([]byte) *document.File{document.TOML, document.JSON} {
			rules, _ := Load("f", read(text))
			for _, r := range rules {
				if r.Coverage == "" || r.Kind == "" {
					t.Errorf("coverage %q, kind %q", r.Coverage, r.Kind)
				}
				for _, e := range r.Errors {
					if e.Line < 1 || e.Col < 1 || e.Col > len(text)+1 {
						t.Errorf("place %d:%d", e.Line, e.Col)
					}
				}
				for _, p := range r.Parts {
					if scan.HasOpaque(p.Where) && len(r.Errors) == 0 {
						t.Error("an opaque leaf without an error")
					}
				}
			}
		}
	})
}
