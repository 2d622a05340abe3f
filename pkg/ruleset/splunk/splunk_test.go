package splunk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/golden"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/query/spl"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/record/recordtest"
)

// TestGolden reads in.yml or in.conf of every archive under testdata, with the
// macros in macros.yml and macros.conf, and compares the records with rec.
func TestGolden(t *testing.T) {
	golden.Run(t, "testdata/*.txtar", "rec", func(t *testing.T, sections map[string][]byte) []byte {
		macros := spl.Macros{}
		macros.Add(Macros(document.YAML(sections["macros.yml"]))...)
		macros.Add(Macros(document.Conf(sections["macros.conf"]))...)
		if text := sections["in.conf"]; text != nil {
			rules, errs := LoadConf("in.conf", document.Conf(text), macros)
			return recordtest.Encode(t, rules, errs)
		}
		rules, errs := LoadYAML("in.yml", document.YAML(sections["in.yml"]), macros)
		return recordtest.Encode(t, rules, errs)
	})
}

func TestMatch(t *testing.T) {
	tests := []struct {
		name, text string
		yaml, conf bool
	}{
		{"a detection", "name: x\nsearch: index=a\nhow_to_implement: y\n", true, false},
		{"cut off behind the search", "name: x\ndata_source:\n- a\nsearch: 'index=a", true, false},
		{"without a search", "name: x\nknown_false_positives: n\nhow_to_implement: y\n", true, false},
		{"BOM, CRLF", "\xef\xbb\xbfsearch: index=a\r\nrba: {}\r\n", true, false},
		{"CR", "name: x\rsearch: index=a\rrba: {}\r", true, false},
		{"tags alone", "name: x\nsearch: index=a\ntags:\n  mitre_attack_id:\n  - T1021\n", true, false},
		{"a story", "name: x\nnarrative: n\ntags:\n  analytic_story: [a]\n", false, false},
		{"Sigma", "title: x\nlogsource: {product: p}\ndetection:\n  search:\n    a: b\n  how_to_implement:\n    c: d\n  condition: search\n", false, false},
		{"a site", "search: true\ntitle: x\n", false, false},
		{"a saved search", "[x]\nsearch = index=main | stats count\n", false, true},
		{"with an alert", "[x]\nsearch = index=main\nalert.track = 1\n", false, true},
		{"an event type", "[x]\nsearch = index=main\ndisabled = 0\n", false, false},
		{"with comments in front", "\xef\xbb\xbf# c\r\n; c\r\n\r\n[x]\r\nsearch = a b\r\ncron_schedule = 1\r\n", false, true},
		{"with settings in front", "dispatch.ttl = 1\n[x]\nsearch = a\n", false, true},
		{"CR, a saved search", "[x]\rsearch = index=main | stats count\r", false, true},
		{"the search over lines", "[x]\nsearch = \\\n| tstats count\n", false, true},
		{"another program's", "[bumpversion:file:setup.py]\nsearch = version='{current_version}'\nreplace = x\n", false, false},
		{"TOML", "[tool.x]\nsearch = \"a\"\n", false, false},
		{"a program", "x = 1\nsearch = [a]\ny = 2\n", false, false},
		{"macros.conf", "[x]\ndefinition = index=main\n", false, false},
		{"YAML that says so", "# [x]\na: 1\nsearch = index=main\n", false, false},
		{"empty", "", false, false},
	}
	for _, tt := range tests {
		if yaml, conf := MatchYAML([]byte(tt.text)), MatchConf([]byte(tt.text)); yaml != tt.yaml || conf != tt.conf {
			t.Errorf("%s: YAML %v, conf %v; want %v, %v", tt.name, yaml, conf, tt.yaml, tt.conf)
		}
	}
}

func TestMatchMacros(t *testing.T) {
	for text, want := range map[string]bool{
		"name: x\ndefinition: y\n":                  true,
		"\xef\xbb\xbfdefinition : y\r\nname: x\r\n": true,
		"[x]\rdefinition=y\r":                       true,
		"[x]\nargs = a\ndefinition = y":             true,
		"# [x]\nthe definition: y\n":                false,
		"definitions:\n  a: b\nname: x\n":           false,
		"name: x\nsearch: a definition\n":           false,
	} {
		if got := MatchMacros([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

const detection = "name: n\nid: i\nstatus: production\nsearch: index=a user=b\nhow_to_implement: x\nknown_false_positives: y\n"

func TestLoadForms(t *testing.T) {
	for name, text := range map[string]string{
		"a detection":       detection,
		"CRLF":              strings.ReplaceAll(detection, "\n", "\r\n"),
		"with a BOM":        "\xef\xbb\xbf" + detection,
		"flow":              `{"name": "n", "id": "i", "search": "index=a user=b", "known_false_positives": "y", "status": "production"}`,
		"beside a baseline": detection + "---\n" + detection + "type: Baseline\n",
		"beside others":     "a: b\n---\n- c\n---\n" + detection + "---\n",
		"all in tags":       "name: n\nid: i\nstatus: production\nsearch: index=a user=b\ntags: {mitre_attack_id: [T1021]}\n",
	} {
		rules, errs := LoadYAML("x.yml", document.YAML([]byte(text)), nil)
		if len(rules) != 1 || len(errs) > 0 || rules[0].Title != "n" || len(rules[0].Errors) > 0 || rules[0].Status != "stable" {
			t.Errorf("%s: rules %v, errors %v", name, rules, errs)
		}
	}
}

func TestMacros(t *testing.T) {
	yaml := "name: a\ndefinition: index=x\n---\nname: b\narguments: [p, q]\ndefinition: $p$ $q$\n---\nname: no\nsearch: x\ndefinition: y\n---\nname: no\n---\n- no\n"
	conf := "[a]\ndefinition = index=y\n[b(2)]\nargs = p, q\ndefinition = \"$p$\" . \\\n\"$q$\"\niseval = true\n[no]\nargs = x\n"
	for name, f := range map[string]*document.File{"YAML": document.YAML([]byte(yaml)), "conf": document.Conf([]byte(conf))} {
		got := Macros(f)
		if len(got) != 2 || got[0].Name != "a" || strings.Join(got[1].Args, " ") != "p q" || got[1].IsEval != (name == "conf") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// One bad rule costs one rule, and however large a search is, it is bounded.
func TestBounds(t *testing.T) {
	bomb := spl.Macros{}
	for i := range 40 {
		next := fmt.Sprintf("`m%d` ", i+1)
		bomb.Add(spl.Macro{Name: fmt.Sprintf("m%d", i), Definition: next + next + next})
	}
	for name, search := range map[string]string{
		"bomb":        "index=a `m0` | where x > 1",
		"huge":        "index=a " + strings.Repeat("user=b ", 300_000),
		"deep":        strings.Repeat("(", 100_000) + "a=b" + strings.Repeat(")", 100_000),
		"subsearches": strings.Repeat("[search ", 10_000),
		"macros":      strings.Repeat("`x` ", 100_000),
	} {
		text := strings.Replace(detection, "index=a user=b", "'"+search+"'", 1)
		rules, _ := LoadYAML("x.yml", document.YAML([]byte(text)), bomb)
		if len(rules) != 1 || rules[0].Coverage == record.CoverageFull && name != "huge" || rules[0].Query != search {
			t.Errorf("%s: %d rules", name, len(rules))
		}
	}
}

// TestCorpus reads all of security_content in RULEPIPE_SPLUNK: every detection
// gives a rule.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("RULEPIPE_SPLUNK")
	if dir == "" {
		t.Skip("RULEPIPE_SPLUNK names no unpacked Splunk corpus")
	}
	macros := spl.Macros{}
	read := func(pattern string, each func(path string, f *document.File)) {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s in %s: %v", pattern, dir, err)
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			each(path, document.YAML(text))
		}
	}
	read("macros/*.yml", func(path string, f *document.File) {
		found := Macros(f)
		if len(found) != 1 {
			t.Errorf("%s: %d macros", path, len(found))
		}
		macros.Add(found...)
	})
	coverage := map[string]int{}
	read("detections/*/*.yml", func(path string, f *document.File) {
		rules, errs := LoadYAML(path, f, macros)
		if len(rules) != 1 || len(errs) > 0 || rules[0].ID == "" || rules[0].Status == "" || rules[0].Level == "" {
			t.Errorf("%s: %d rules, errors %v", path, len(rules), errs)
			return
		}
		coverage[rules[0].Coverage]++
	})
	if coverage[record.CoverageFull]*100 < 1711*99 {
		t.Errorf("coverage %v, want 99 %% of 1711 in full", coverage)
	}
}

func FuzzLoad(f *testing.F) {
	for _, suffix := range []string{".yml", ".conf"} {
		for _, seed := range golden.Inputs(f, "testdata/*.txtar", suffix) {
			f.Add(seed, []byte("name: m\ndefinition: a=b `m`\n"))
		}
	}
	f.Fuzz(func(t *testing.T, text, macroText []byte) {
		if len(text) > 1<<16 || len(macroText) > 1<<12 {
			return
		}
		macros := spl.Macros{}
		macros.Add(Macros(document.YAML(macroText))...)
		macros.Add(Macros(document.Conf(macroText))...)
		macros.Add(Macros(document.Conf(text))...)
		rules, _ := LoadYAML("f", document.YAML(text), macros)
		saved, _ := LoadConf("f", document.Conf(text), macros)
		for _, r := range append(rules, saved...) {
			if r.Coverage == "" || r.Kind == "" {
				t.Errorf("coverage %q, kind %q", r.Coverage, r.Kind)
			}
			for _, e := range r.Errors {
				if e.Line < 1 || e.Col < 1 || e.Col > len(text)+1 {
					t.Errorf("place %d:%d", e.Line, e.Col)
				}
			}
			for _, p := range r.Parts {
				if (scan.HasOpaque(p.Where) || scan.HasOpaque(p.Having)) && len(r.Errors) == 0 {
					t.Error("an opaque leaf without an error")
				}
			}
		}
	})
}
