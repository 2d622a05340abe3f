package attack

import (
	"strings"
	"testing"
	"time"
)

func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"a(Citation: b)":          "a",
		"a (Citation: b (c) d).":  "a.",
		"a (Citation: b\nc":       "a (Citation: b\nc",
		"(Citation: a) b":         "b",
		"a (b) c":                 "a (b) c",
		"a(Citation: b)\n\n* c\n": "a\n\n* c",
		"[a](https://attack.mitre.org/techniques/T1021/002) b":     "a (T1021.002) b",
		"[a](https://attack.mitre.org/software/S0002/).":           "a (S0002).",
		"[a](https://attack.example/x) [b](c)":                     "a (https://attack.example/x) b (c)",
		"[a](https://attack.mitre.org/)":                           "a (https://attack.mitre.org/)",
		"[a](b c) ](d) [e] (f) [g](h":                              "[a](b c) ](d) [e] (f) [g](h",
		"[a](https://attack.mitre.org/docs/a/b.pdf)":               "a (https://attack.mitre.org/docs/a/b.pdf)",
		"Run <code>net use</code>.":                                "Run `net use`.",
		"[a](https://attack.mitre.org/techniques/T1)(Citation: b)": "a (T1)",
	} {
		if got := plainText(in); got != want {
			t.Errorf("%q gave %q, want %q", in, got, want)
		}
	}
}

// What is no link costs no more than reading it.
func TestPlainTextOfHalfLinks(t *testing.T) {
	for _, text := range []string{strings.Repeat("](", 1<<19), strings.Repeat("](", 1<<19) + ")", strings.Repeat("[a](", 1<<18) + " )"} {
		start := time.Now()
		if got := plainText(text); got != text {
			t.Errorf("%.8q... was changed", text)
		}
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%.8q...: took %v", text, d)
		}
	}
}
