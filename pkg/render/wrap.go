package render

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// blank stands for a blank that could be overlooked: at the edge of a value
// or of a line, or next to another one. span.Escape keeps it out of the texts
// themselves.
const blank = "␣"

// width returns how many columns of a terminal s takes. Characters of
// ambiguous width take one, whatever the locale: the same input gives the
// same page everywhere.
func width(s string) int {
	return twwidth.WidthWithOptions(s, twwidth.Options{})
}

// visible returns a value in a form in which every character can be seen.
func visible(s string) string {
	s = span.Escape(s)
	if !strings.HasPrefix(s, " ") && !strings.HasSuffix(s, " ") && !strings.Contains(s, "  ") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] != ' ' || i > 0 && s[i-1] != ' ' && i+1 < len(s) && s[i+1] != ' ' {
			b.WriteByte(s[i])
			continue
		}
		b.WriteString(blank)
	}
	return b.String()
}

// wrapValue cuts a visible value into lines of at most cols columns. Put
// together again, with a blank for every mark, they are the value: nothing is
// left out and nothing added.
func wrapValue(s string, cols int) []string {
	var lines []string
	for wider(s, cols) {
		end := breakAt(s, cols)
		lines = append(lines, markEnd(s[:end]))
		s = markStart(s[end:])
	}
	return append(lines, s)
}

// wider reports whether s takes more than cols columns. It looks at no more of
// a long text than it has to, which is measured again for each of its lines.
func wider(s string, cols int) bool {
	for n := 8*cols + 64; n < len(s); n *= 2 {
		for !utf8.RuneStart(s[n]) {
			n--
		}
		if width(s[:n]) > cols {
			return true
		}
	}
	return width(s) > cols
}

// markStart and markEnd make a blank visible that a line break would hide.
func markStart(s string) string {
	if strings.HasPrefix(s, " ") {
		return blank + s[1:]
	}
	return s
}

func markEnd(s string) string {
	if strings.HasSuffix(s, " ") {
		return s[:len(s)-1] + blank
	}
	return s
}

// breakAt returns where the first line of s ends: where it is full, or, as
// long as that leaves it half full, behind a blank or slash, or else behind
// another separator. A line has one rune at least, and combining marks stay
// with the character that they belong to.
func breakAt(s string, cols int) int {
	used, good, fair := 0, 0, 0
	for i, r := range s {
		next := i + utf8.RuneLen(r)
		w := width(s[i:next])
		if i > 0 && used+w > cols {
			return cmp.Or(good, fair, i)
		}
		used += w
		switch {
		case w == 0 && i > 0: // a mark: no break before it
			good, fair = moved(good, i, next), moved(fair, i, next)
		case used*2 < cols:
		case strings.ContainsRune(` ␣\/`, r):
			good = next
		case strings.ContainsRune(`,;|&=._`, r):
			fair = next
		}
	}
	return len(s)
}

// moved returns the break at, behind the mark that stands from i to next.
func moved(at, i, next int) int {
	if at == i {
		return next
	}
	return at
}

// pieces returns what a line may be broken between: words, the members of a
// list, or a whole value, each as it is shown.
func pieces(k kind, c cell) []string {
	switch k {
	case value, address:
		if c.text == "" && c.instead != "" {
			return words(c.instead)
		}
		return []string{visible(c.text)}
	case values:
		return commas(c.list, visible)
	case items:
		return commas(c.list, span.Escape)
	default:
		return words(c.text)
	}
}

// noValue stands for an empty member of a list, which could not be seen.
const noValue = "(empty)"

// commas puts a comma behind all members of a list but the last.
func commas(list []string, show func(string) string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = cmp.Or(show(s), noValue)
		if i < len(list)-1 {
			out[i] += ","
		}
	}
	return out
}

// words returns the words of a text from a record.
func words(s string) []string { return strings.Fields(span.Escape(s)) }

// wrapWords fills lines of at most cols columns with the words. A word that
// is longer is cut as values are.
func wrapWords(words []string, cols int) []string {
	var lines []string
	var line []byte
	used := 0
	for i, word := range words {
		if i > 0 && used+1+width(word) <= cols {
			line = append(append(line, ' '), word...)
			used += 1 + width(word)
			continue
		}
		if i > 0 {
			lines = append(lines, string(line))
		}
		parts := wrapValue(word, cols)
		last := len(parts) - 1
		lines = append(lines, parts[:last]...)
		line = append(line[:0], parts[last]...)
		used = width(parts[last])
	}
	return append(lines, string(line))
}
