package sigma

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/querytest"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// detect reads a rule with the given search identifier "sel" and returns it.
func detect(t *testing.T, sel string) record.Rule {
	t.Helper()
	text := "title: t\nlogsource: {category: test}\ndetection:\n  sel:\n" + indent(sel) + "  condition: sel\n"
	rules, errs := Load("t.yml", document.YAML([]byte(text)), nil)
	if len(rules) != 1 || len(errs) > 0 {
		t.Fatalf("%s: %d rules, errors %v", sel, len(rules), errs)
	}
	return rules[0]
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(s, "\n", "\n    ") + "\n"
}

func TestDetection(t *testing.T) {
	tests := []struct{ name, sel, want string }{
		// Shapes.
		{"map", "A: 1\nB: x", "(A eq [1] & B eq [x])"},
		{"list of maps", "- A: 1\n- B: x\n  C: y", "(A eq [1] | (B eq [x] & C eq [y]))"},
		{"keywords", "- a\n- 'b*c'\n- 5", "keyword [a b*c 5]"},
		{"keyword alone", "word", "keyword [word]"},
		{"keywords and a map", "- kw\n- A: 1\n- x\n- y", "(keyword [kw] | A eq [1] | keyword [x y])"},
		{"lists in a list", "- - a\n  - b\n- - A: 1\n  - B: 2", "(keyword [a b] | A eq [1] | B eq [2])"},
		{"all keywords", "'|all':\n- a\n- b", "keyword all[a b]"},
		{"keywords beside a field", "'|all': [a, b]\nF: 1", "(keyword all[a b] & F eq [1])"},
		{"names", "a.b.c: 1\n'a b': 2\n'@x': 3\n'a{}.b': 4", "(a.b.c eq [1] & a b eq [2] & @x eq [3] & a{}.b eq [4])"},
		// Values.
		{"null", "F: null", "F is_null"},
		{"no value", "F:", "F is_null"},
		{"empty list", "F: []", "F is_null"},
		{"empty text", "F: ''", "F eq []"},
		{"null in a list", "F: [a, null, b]", "(F eq [a b] | F is_null)"},
		{"numbers", "F: [5, 5.0, -3, 0x1F, 00000429]", "F eq [5 5.0 -3 31 00000429]"},
		{"booleans", "F: [true, No]", "F eq [true false]"},
		{"quoted", "F: ['5', \"true\"]", "F eq [5 true]"},
		{"blanks stay", "F: ' a '", "F eq [ a ]"},
		{"any value", "F: '*'", "F is_not_null"},
		{"not null twice", "F|neq: null", "F is_not_null"},
		// Wildcards and escapes.
		{"edges", "F: ['a*', '*b', '*c*', 'd']", "(F starts_with [a] | F ends_with [b] | F match [c] | F eq [d])"},
		{"inside", "F: 'a*b?c'", `F wildcard [a*b?c]`},
		{"question mark", "F|contains: '/x.php?id='", `F wildcard [*/x.php?id=*]`},
		{"escaped star", `F|contains: '\temp\*.rar\'`, `F match [\temp*.rar\]`},
		{"escaped backslash, then a wildcard", `F: '\temp\\*'`, `F starts_with [\temp\]`},
		{"escaped backslash and escaped star", `F: 'a\\\*b'`, `F eq [a\*b]`},
		{"backslashes in pairs", `F: ['a\b', 'a\\b', 'a\\\b', 'a\\\\b']`, `F eq [a\b a\b a\\b a\\b]`},
		{"trailing backslash", `F|endswith: '\dir\'`, `F ends_with [\dir\]`},
		{"literals are escaped in a wildcard value", `F: 'a\*b*c\\d?'`, `F wildcard [a\*b*c\\d?]`},
		{"star and question mark in one order", "F: 'a*?*b'", "F wildcard [a?*b]"},
		// Positions.
		{"contains", "F|contains: [a, 'b*', '*c', '']", "(F match [a b c] | F is_not_null)"},
		{"startswith after a star", "F|startswith: '*a'", "F match [a]"},
		{"endswith of a pattern", "F|endswith: 'a*c'", "F wildcard [*a*c]"},
		{"all", "F|contains|all: [a, b]", "F match all[a b]"},
		{"all of one", "F|all: [a]", "F eq [a]"},
		{"all over two operators", "F|contains|all: [a, 'c?', b]", "(F match all[a b] & F wildcard [*c?*])"},
		{"cased", "F|contains|cased: aB", "F match cased[aB]"},
		{"keyword at the start", "'|startswith': a", "starts_with [a]"},
		// neq.
		{"neq", "F|neq: a", "F ne [a]"},
		{"neq of several", "F|neq: [a, b]", "!F eq [a b]"},
		{"neq of a wildcard", "F|neq: 'a*b'", "!F wildcard [a*b]"},
		{"neq of a field", "F|fieldref|neq: G", "F ne ->G"},
		{"neq and contains", "F|contains|neq: a", "!F match [a]"},
		// Regular expressions.
		{"re", `F|re: 'a\*[bc]{2}'`, `F regex_match cased[a\*[bc]{2}]`},
		{"re flags", "F|re|s|i: a", "F regex_match /is[a]"},
		{"re contains", "F|re|contains: a.c", "F regex_match cased[.*a.c.*]"},
		{"PCRE that Go does not know", `F|re: '(?<=a)(b)\1++'`, `F regex_match cased[(?<=a)(b)\1++]`},
		// Comparisons and times.
		{"gt", "F|gt: 5", "F gt [5]"},
		{"lte of two", "F|lte: [5, 6]", "F lte [5 6]"},
		{"hour", "F|hour|gte: 7", "F gte hour[7]"},
		{"weekday of a month", "F|month: [1, 12]", "F eq month[1 12]"},
		// Networks, references, presence.
		{"cidr", "F|cidr: ['10.0.0.0/8', 'fe80::/10', '10.0.0.0/255.0.0.0', '1.2.3.4']", "F cidr_match [10.0.0.0/8 fe80::/10 10.0.0.0/255.0.0.0 1.2.3.4]"},
		{"fieldref", "F|fieldref: [G, H]", "(F eq ->G | F eq ->H)"},
		{"fieldref startswith", "F|fieldref|startswith: G", "F starts_with ->G"},
		{"exists", "F|exists: true\nG|exists: no", "(F is_not_null & G is_null)"},
		// Expansions.
		{"windash", "F|contains|windash: ' -enc '", "F match expansion[ -enc   /enc   –enc   —enc   ―enc ]"},
		{"windash, slash in a path", "F|windash: 'a/b'", "F eq [a/b]"},
		{"windash of two values", "F|windash: ['-a', 'b']", "(F eq expansion[-a /a –a —a ―a] | F eq [b])"},
		{"base64", "F|base64: foobar", "F eq [Zm9vYmFy]"},
		{"base64offset", "F|base64offset|contains: foobar", "F match expansion[Zm9vYmFy Zvb2Jhc mb29iYX]"},
		{"base64offset of one byte", "F|base64offset|contains: a", "F match expansion[Y h]"},
		{"wide base64", "F|wide|base64: ab", "F eq [YQBiAA==]"},
		{"utf16 has a mark", "F|utf16|base64: a", "F eq [//5hAA==]"},
		{"utf16be", "F|utf16be|base64: a", "F eq [AGE=]"},
		{"utf16le beyond ASCII", "F|utf16le|base64: é", "F eq [6QA=]"},
		{"escaped wildcard in base64", `F|base64: 'a\?b'`, "F eq [YT9i]"},
		// Placeholders.
		{"expand", "F|expand: ['%adm%_x', plain]", "F eq %adm[%adm%_x plain]"},
		{"escaped percent", `F|expand: '\%a%b%'`, "F eq %b[%a%b%]"},
		{"no expand, no placeholder", "F: '%adm%'", "F eq [%adm%]"},
		{"anchors", "F: &x [a, b]\nG: *x", "(F eq [a b] & G eq [a b])"},
	}
	for _, tt := range tests {
		r := detect(t, tt.sel)
		if len(r.Errors) > 0 || r.Coverage != record.CoverageFull {
			t.Errorf("%s: coverage %s, errors %v", tt.name, r.Coverage, r.Errors)
		}
		if got := querytest.Show(*r.Parts[0].Where); got != tt.want {
			t.Errorf("%s:\n%s\n got %s\nwant %s", tt.name, tt.sel, got, tt.want)
		}
	}
}

// What is wrong is said, at its place, and the rest of the rule is kept.
func TestDetectionErrors(t *testing.T) {
	tests := []struct{ name, sel, errs, want string }{
		{"unknown modifier", "F|contains|bogus: a\nG: 1", "5:16 sigma/modifier", "(opaque[F|contains|bogus] & G eq [1])"},
		{"upper case modifier", "F|Contains: a", "5:7 sigma/modifier", "opaque[F|Contains]"},
		{"no modifier behind the pipe", "F|: a", "5:7 sigma/modifier", "opaque[F|]"},
		{"number under contains", "F|contains: 12", "5:17 sigma/modifier-type", "F match [12]"},
		{"null under contains", "F|contains: null\nG: 1", "5:17 sigma/modifier-type", "(opaque[F|contains: null] & G eq [1])"},
		{"text under gt", "F|gt: ten", "5:11 sigma/modifier-type", "F gt [ten]"},
		{"text under hour", "F|hour: '7'", "5:13 sigma/modifier-type", "F eq hour[7]"},
		{"exists without a truth value", "F|exists: maybe", "5:15 sigma/modifier-type", "opaque[F|exists: maybe]"},
		{"exists as a text", "F|exists: 'true'", "5:15 sigma/modifier-type", "F is_not_null"},
		{"re behind contains", "F|contains|re: a", "5:16 sigma/modifier-order", "F regex_match cased[a]"},
		{"broken re", `F|re: 'ab(c'`, "5:12 sigma/regex", "F regex_match cased[ab(c]"},
		{"broken re behind an escape", `F|re: "\x61b[c"`, "5:17 sigma/regex", "F regex_match cased[ab[c]"},
		{"flag without re", "F|i: a", "5:10 sigma/modifier-type", "F eq [a]"},
		{"host bits", "F|cidr: 10.1.2.3/8", "5:13 sigma/cidr", "F cidr_match [10.1.2.3/8]"},
		{"no network", "F|cidr: [x, '10.0.0.0/33', '10.0.0.*']", "5:14 sigma/cidr, 5:17 sigma/cidr, 5:32 sigma/cidr", "F cidr_match [x 10.0.0.0/33 10.0.0.*]"},
		{"wildcard in base64", "F|base64: 'a*b'", "5:15 sigma/base64-wildcard", "opaque[F|base64: a*b]"},
		{"wildcard in fieldref", "F|fieldref: 'a*'", "5:17 sigma/fieldref", "F eq ->a*"},
		{"too many dashes", "F|windash: '-a -b -c -d -e -f -g'", "5:16 sigma/windash-too-large", "opaque[F|windash: -a -b -c -d -e -f -g]"},
		{"map as a value", "F:\n  x: y\nG: 1", "6:7 sigma/value-type", "(opaque[x: ...] & G eq [1])"},
		{"list in a list", "F: [a, [b]]", "5:12 sigma/value-type", "opaque[[...]]"},
		{"date", "F: 2024-01-02", "5:8 sigma/value-type", "F eq [2024-01-02]"},
		{"infinite", "F: .inf", "5:8 sigma/value-type", "F eq [.inf]"},
		{"empty map", "{}", "5:5 sigma/empty-search", "opaque[{}]"},
		{"empty list", "[]", "5:5 sigma/empty-search", "opaque[[]]"},
		{"duplicate field", "F: a\nF: b", "6:5 yaml/duplicate-key", "F eq [b]"},
		{"null keyword", "[null]", "5:6 sigma/null-keyword", "keyword [null]"},
	}
	for _, tt := range tests {
		r := detect(t, tt.sel)
		if got := diagnostics(r); got != tt.errs {
			t.Errorf("%s: errors %s, want %s", tt.name, got, tt.errs)
		}
		if got := querytest.Show(*r.Parts[0].Where); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		wantCoverage := record.CoverageFull
		if scan.HasOpaque(r.Parts[0].Where) {
			wantCoverage = record.CoveragePartial
		}
		if r.Parts[0].Where.Op == record.OpOpaque {
			wantCoverage = record.CoverageNone
		}
		if r.Coverage != wantCoverage {
			t.Errorf("%s: coverage %s, want %s", tt.name, r.Coverage, wantCoverage)
		}
	}
}

func diagnostics(r record.Rule) string {
	var out []string
	for _, e := range r.Errors {
		out = append(out, fmt.Sprintf("%d:%d %s", e.Line, e.Col, e.Code))
	}
	return strings.Join(out, ", ")
}
