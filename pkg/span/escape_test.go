package span

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		``:                       ``,
		`\\*\IPC$`:               `\\*\IPC$`,
		` use `:                  ` use `,
		"\x1b[31mred\x1b[0m":     `␛[31mred␛[0m`,
		"a\x00b\nc\td\re\x7f":    `a␀b␊c␉d␍e␡`,
		"csi \u009b31m":          `csi <U+009B>31m`,
		"bidi \u202egnp.exe":     `bidi <U+202E>gnp.exe`,
		"zero\u200bwidth":        `zero<U+200B>width`,
		"no\u00a0break":          `no<U+00A0>break`,
		"line\u2028paragraph":    `line<U+2028>paragraph`,
		"tag \U000e0041":         `tag <U+E0041>`,
		"selector \U000e0100":    `selector <U+E0100>`,
		"filler \u3164":          `filler <U+3164>`,
		"bad \xff utf8 \xc3":     `bad <U+DCFF> utf8 <U+DCC3>`,
		"\ufffd":                 "\ufffd",
		"was ␛ before":           `was <U+241B> before`,
		"was ␣ before":           `was <U+2423> before`,
		"was <U+001B> before":    `was <U+003C>U+001B> before`,
		"(?<name>a) <u> <":       `(?<name>a) <u> <`,
		"naïve 日本語 \U0001f600 é": "naïve 日本語 \U0001f600 é",
		"heart \u2764\ufe0f":     "heart \u2764\ufe0f",
		"\u0301e\u0301":          "<U+0301>e\u0301",
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "a\x1bb", "<U+", "<U+001B>", "␛", "\xff", "\u202e", "\ufe0f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		shown := Escape(s)
		for _, r := range shown {
			if !unicode.IsPrint(r) {
				t.Fatalf("Escape(%q) = %q lets %U pass", s, shown, r)
			}
		}
		if !utf8.ValidString(shown) {
			t.Fatalf("Escape(%q) = %q is no UTF-8", s, shown)
		}
		if back := unescape(shown); back != s {
			t.Fatalf("Escape(%q) = %q, which reads back as %q", s, shown, back)
		}
	})
}

var spelled = regexp.MustCompile(`<U\+([0-9A-F]{4,6})>|[␀-␡]`)

// unescape is the inverse of Escape; it proves that nothing is lost.
func unescape(s string) string {
	return spelled.ReplaceAllStringFunc(s, func(m string) string {
		if !strings.HasPrefix(m, "<") {
			r, _ := utf8.DecodeRuneInString(m)
			if r == deletePicture {
				return "\x7f"
			}
			return string(r - pictures)
		}
		n, _ := strconv.ParseUint(m[3:len(m)-1], 16, 32)
		if n >= 0xdc80 && n <= 0xdcff {
			return string([]byte{byte(n)})
		}
		return string(rune(n))
	})
}
