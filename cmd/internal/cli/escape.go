package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Escape makes untrusted text safe to show on a terminal, in one line:
// control characters, bidirectional overrides and bytes that are not UTF-8
// become visible escapes such as \n, \x1b and \u202e. Backslashes are left
// alone, as paths are full of them.
func Escape(s string) string {
	for i, r := range s {
		if hidden(r, s[i:]) {
			return escapeFrom(s, i)
		}
	}
	return s
}

// hidden reports whether the rune that begins rest must not be shown raw.
func hidden(r rune, rest string) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f:
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	case r == utf8.RuneError:
		_, size := utf8.DecodeRuneInString(rest)
		return size == 1
	}
	return false
}

func escapeFrom(s string, i int) string {
	var b strings.Builder
	b.WriteString(s[:i])
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if hidden(r, s[i:]) {
			b.WriteString(spell(r, s[i:i+size]))
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// spell returns the visible form of a hidden rune.
func spell(r rune, raw string) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case len(raw) == 1:
		return fmt.Sprintf(`\x%02x`, raw[0])
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// escapeLines escapes a text of several lines and keeps the line ends and
// tabs.
func escapeLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = Escape(strings.ReplaceAll(line, "\t", "    "))
	}
	return strings.Join(lines, "\n")
}
