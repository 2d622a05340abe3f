package normalize

import (
	"regexp"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/record"
)

func TestReduceWildcard(t *testing.T) {
	tests := []struct{ value, op, want string }{
		{`*net*`, "match", `net`},
		{`net*`, "starts_with", `net`},
		{`*net`, "ends_with", `net`},
		{`net`, "eq", `net`},
		{`*`, "is_not_null", ``},
		{`***`, "is_not_null", ``},
		{`?`, "wildcard", `?`},
		{`n*t`, "wildcard", `n*t`},
		{`*n**t*`, "wildcard", `*n*t*`},
		{`**net**`, "match", `net`},
		{`\*net\*`, "eq", `*net*`},
		{`*a\\*`, "match", `a\`},
		{`*a\*`, "ends_with", `a*`},
		{`*a\\\*`, "ends_with", `a\*`},
		{`a\**`, "starts_with", `a*`},
		{`\\*\\IPC$`, "wildcard", `\\*\\IPC$`},
		{`a\?b*`, "starts_with", `a?b`},
		{`a\*\**b`, "wildcard", `a\*\**b`},
		{``, "eq", ``},
	}
	for _, tt := range tests {
		got := reduceWildcard(comparison{op: record.OpWildcard, value: tt.value})
		if got.op != tt.op || got.value != tt.want {
			t.Errorf("%q is %s %q, want %s %q", tt.value, got.op, got.value, tt.op, tt.want)
		}
	}
}

func TestReduceRegex(t *testing.T) {
	tests := []struct {
		language, value, flags string
		op, want               string // op "" where nothing changes
		uncased                bool
	}{
		{"sigma", `.*net\.exe.*`, "", "match", `net.exe`, false},
		{"sigma", `^net\.exe$`, "", "eq", `net.exe`, false},
		{"sigma", `^C:\\Windows.*`, "", "starts_with", `C:\Windows`, false},
		{"sigma", `.*\\net$`, "", "ends_with", `\net`, false},
		{"sigma", `(?i)^net$`, "", "eq", `net`, true},
		{"sigma", `^net$`, "i", "eq", `net`, true},
		{"sigma", `^net$`, "im", "", ``, false},
		{"sigma", `net`, "", "", ``, false}, // backends differ
		{"sigma", `net$`, "", "", ``, false},
		{"sigma", `^n.t$`, "", "", ``, false},
		{"sigma", `^n[ae]t$`, "", "", ``, false},
		{"sigma", `^net\d$`, "", "", ``, false},
		{"sigma", `^net\$`, "", "", ``, false},
		{"sigma", `.*`, "", "", ``, false},
		{"sigma", `^$`, "", "", ``, false},
		{"sigma", `^a|b$`, "", "", ``, false},
		{"sigma", `^net\.*`, "", "", ``, false},
		{"sigma", `^net\\.*`, "", "starts_with", `net\`, false},
		{"sigma", `.*?net.*?`, "", "match", `net`, false},
		{"spl", `net`, "", "match", `net`, false},
		{"spl", `^net`, "", "starts_with", `net`, false},
		{"spl", `net$`, "", "ends_with", `net`, false},
		{"eql", `net`, "", "eq", `net`, false},
		{"eql", `net.*`, "", "starts_with", `net`, false},
		{"eql", `^net$`, "", "", ``, false},
		{"eql", `a#b`, "", "", ``, false},
	}
	for _, tt := range tests {
		got := reduceRegex(comparison{op: record.OpRegexMatch, value: tt.value, flags: tt.flags, cased: true}, tt.language)
		want := comparison{op: tt.op, value: tt.want, cased: !tt.uncased}
		if tt.op == "" {
			want = comparison{op: record.OpRegexMatch, value: tt.value, flags: tt.flags, cased: true}
		}
		if got != want {
			t.Errorf("%s %q: got %+v, want %+v", tt.language, tt.value, got, want)
		}
	}
}

// holds says whether the text satisfies a comparison.
func holds(t *testing.T, c comparison, text string) bool {
	t.Helper()
	switch c.op {
	case record.OpEq:
		return text == c.value
	case record.OpMatch:
		return strings.Contains(text, c.value)
	case record.OpStartsWith:
		return strings.HasPrefix(text, c.value)
	case record.OpEndsWith:
		return strings.HasSuffix(text, c.value)
	case record.OpIsNotNull:
		return true
	case record.OpWildcard:
		return wildcardRegexp(c.value).MatchString(text)
	}
	t.Fatalf("unexpected operator %s", c.op)
	return false
}

// wildcardRegexp is the meaning of a pattern, written down a second time.
func wildcardRegexp(p string) *regexp.Regexp {
	out := `\A(?s:`
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '*':
			out += `.*`
		case p[i] == '?':
			out += `.`
		case p[i] == '\\' && i+1 < len(p):
			i++
			out += regexp.QuoteMeta(p[i : i+1])
		default:
			out += regexp.QuoteMeta(p[i : i+1])
		}
	}
	return regexp.MustCompile(out + `)\z`)
}

// FuzzReduceWildcard holds what a pattern is reduced to against its meaning.
func FuzzReduceWildcard(f *testing.F) {
	for _, p := range []string{`*a\**`, `a\\*`, `**`, `?*`, `\`, `*\`, `a**\*b`} {
		f.Add(p, `a*\b`)
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern)+len(text) > 200 || !ascii(pattern) || !ascii(text) {
			return
		}
		c := comparison{op: record.OpWildcard, value: pattern}
		if got, want := holds(t, reduceWildcard(c), text), holds(t, c, text); got != want {
			t.Errorf("%q on %q: reduced %v, pattern %v", pattern, text, got, want)
		}
	})
}

// FuzzReduceRegex holds what an expression is reduced to against regexp, for
// a language that looks anywhere and for one that matches the whole.
func FuzzReduceRegex(f *testing.F) {
	for _, p := range []string{`.*a\.b.*`, `^a$`, `a\\.*`, `\\$`, `.*?\^.*?$`, `^.*a`, `a.*$`} {
		f.Add(p, `xa.b\^`)
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern)+len(text) > 200 || !ascii(pattern) || !ascii(text) || strings.ContainsAny(text, "\n") {
			return
		}
		anywhere, err := regexp.Compile(pattern)
		if err != nil {
			return
		}
		whole, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
		if err != nil {
			return // an open \Q swallows the parenthesis
		}
		in := comparison{op: record.OpRegexMatch, value: pattern, cased: true}
		for _, language := range []string{"spl", "eql", "sigma"} {
			c := reduceRegex(in, language)
			if c.op == record.OpRegexMatch || !c.cased {
				continue
			}
			got := holds(t, c, text)
			if language != "eql" && got != anywhere.MatchString(text) {
				t.Errorf("%s %q on %q: reduced %v", language, pattern, text, got)
			}
			if language != "spl" && got != whole.MatchString(text) {
				t.Errorf("%s %q on %q as a whole: reduced %v", language, pattern, text, got)
			}
		}
	})
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7e })
}
