package normalize

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// reduceWildcard turns a pattern into the simpler operator that means exactly
// the same, where there is one.
func reduceWildcard(c comparison) comparison {
	p := squeeze(c.value)
	inner, ok := unescape(strings.TrimSuffix(strings.TrimPrefix(p, "*"), trailingStar(p)))
	head, tail := strings.HasPrefix(p, "*"), trailingStar(p) != ""
	switch {
	case p == "*":
		c.op, c.value = record.OpIsNotNull, ""
	case !ok:
		c.value = p
	case head && tail:
		c.op, c.value = record.OpMatch, inner
	case head:
		c.op, c.value = record.OpEndsWith, inner
	case tail:
		c.op, c.value = record.OpStartsWith, inner
	default:
		c.op, c.value = record.OpEq, inner
	}
	return c
}

// squeeze writes runs of stars as one.
func squeeze(p string) string {
	if !strings.Contains(p, "**") {
		return p
	}
	out := make([]byte, 0, len(p))
	star := false // the last byte was a star
	for i := 0; i < len(p); i++ {
		if p[i] == '*' && star {
			continue
		}
		star = p[i] == '*'
		out = append(out, p[i])
		if p[i] == '\\' && i+1 < len(p) {
			i++
			out = append(out, p[i])
		}
	}
	return string(out)
}

// escapedEnd reports whether the last byte of a pattern stands for itself.
func escapedEnd(p []byte) bool {
	n := 0
	for i := len(p) - 2; i >= 0 && p[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

// trailingStar returns the star at the end of a pattern, or "" where there is
// none or a backslash takes its meaning.
func trailingStar(p string) string {
	if !strings.HasSuffix(p, "*") || escapedEnd([]byte(p)) {
		return ""
	}
	return "*"
}

// unescape returns the text that a pattern without wildcards matches, and
// false for one that has some.
func unescape(p string) (string, bool) {
	var out strings.Builder
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '*', '?':
			return "", false
		case '\\':
			if i+1 < len(p) {
				i++
			}
		}
		out.WriteByte(p[i])
	}
	return out.String(), true
}

// escape returns the pattern that matches exactly text.
func escape(text string) string { return escaper.Replace(text) }

var escaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`)

// extent says what a regular expression has to match in a language.
type extent int

const (
	extentUnknown extent = iota // the language leaves it to who runs the rule
	extentAnywhere
	extentWhole
)

// extentOf returns the extent of a language's regular expressions. Sigma's
// specification hands the expression on as it is, and backends differ.
func extentOf(language string) extent {
	switch language {
	case "spl":
		return extentAnywhere
	case "kuery", "lucene", "eql", "esql":
		return extentWhole
	}
	return extentUnknown
}

// reduceRegex turns a regular expression that is a literal text with open or
// closed ends into the operator that means exactly the same. (In some
// languages "." does not match a line feed and "$" stands before a last one;
// no event field ends in one.)
func reduceRegex(c comparison, language string) comparison {
	ext := extentOf(language)
	p, fold := strings.CutPrefix(c.value, "(?i)")
	if strings.Trim(c.flags, "is") != "" {
		return c // m gives ^ and $ another meaning; others are not known
	}
	p, head := leftEnd(p, ext)
	p, tail := rightEnd(p, ext)
	text, ok := literal(p)
	if !ok || head == endUnknown || tail == endUnknown || text == "" {
		return c
	}
	switch {
	case head == endOpen && tail == endOpen:
		c.op = record.OpMatch
	case head == endOpen:
		c.op = record.OpEndsWith
	case tail == endOpen:
		c.op = record.OpStartsWith
	default:
		c.op = record.OpEq
	}
	c.value = text
	c.cased = c.cased && !fold && !strings.Contains(c.flags, "i")
	c.flags = ""
	return c
}

// end says whether a value may go on beyond an end of an expression.
type end int

const (
	endUnknown end = iota
	endOpen
	endClosed
)

// leftEnd cuts what an expression says about the beginning of the value.
func leftEnd(p string, ext extent) (string, end) {
	anchored := false
	if ext != extentWhole { // where ^ is an ordinary character or not needed
		p, anchored = strings.CutPrefix(p, "^")
	}
	if rest, ok := strings.CutPrefix(p, ".*"); ok {
		return strings.TrimPrefix(rest, "?"), endOpen
	}
	return p, bare(anchored, ext)
}

// rightEnd cuts what an expression says about the end of the value.
func rightEnd(p string, ext extent) (string, end) {
	anchored := false
	if rest, ok := strings.CutSuffix(p, "$"); ok && ext != extentWhole && !escapedEnd([]byte(p)) {
		p, anchored = rest, true
	}
	for _, open := range []string{".*", ".*?"} {
		if rest, ok := strings.CutSuffix(p, open); ok && !escapedEnd([]byte(rest+".")) {
			return rest, endOpen
		}
	}
	return p, bare(anchored, ext)
}

// bare says what an end without ".*" means.
func bare(anchored bool, ext extent) end {
	switch {
	case anchored, ext == extentWhole:
		return endClosed
	case ext == extentAnywhere:
		return endOpen
	}
	return endUnknown
}

// literal returns the text that an expression without any operator matches.
func literal(p string) (string, bool) {
	var out strings.Builder
	for i := 0; i < len(p); i++ {
		b := p[i]
		switch {
		case b == '\\':
			i++
			if i == len(p) || !isPunctuation(p[i]) {
				return "", false // a class, a control character or a reference
			}
			b = p[i]
		case strings.IndexByte(`.+*?()|[]{}^$`, b) >= 0, strings.IndexByte(`"#@&<>~`, b) >= 0:
			// The second group are operators of Lucene's expressions only;
			// a text with them stays an expression in every language.
			return "", false
		}
		out.WriteByte(b)
	}
	return out.String(), true
}

func isPunctuation(b byte) bool {
	return b > ' ' && b < 0x7f && !isAlphanumeric(b)
}

func isAlphanumeric(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}
