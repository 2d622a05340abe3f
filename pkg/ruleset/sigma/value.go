package sigma

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
)

// value is one value of a detection item on its way through the modifiers.
type value struct {
	node *document.Node
	kind kind
	text string       // all kinds but pattern
	pat  scan.Pattern // pattern

	op           string // of comparisons and references
	cased        bool
	flags        string // of regular expressions
	unit         string // of time parts
	placeholders []string
	opaque       string // code, where the value has no meaning
}

// kind says what a value is compared as.
type kind uint8

const (
	pattern kind = iota
	number
	boolean
	null
	regex
	network
	reference
	presence
)

func (k kind) String() string {
	return [...]string{"string", "number", "boolean", "null", "regular expression", "network", "field reference", "presence"}[k]
}

// newValue reads the scalar n as the specification's "Value Types" have it.
func newValue(n *document.Node) value {
	v := value{node: n, text: n.Text}
	switch n.Kind {
	case document.Int, document.Float:
		v.kind = number
	case document.Bool:
		v.kind = boolean
	case document.Null:
		v.kind = null
	default:
		v.pat = parsePattern(n.Text)
	}
	return v
}

// parsePattern reads a Sigma string (specification 2.1.0, "Escaping"): `*`
// and `?` are wildcards; a backslash escapes these two and itself, pair by
// pair from the left, and is plain text before anything else and at the end.
func parsePattern(s string) scan.Pattern {
	var p scan.Pattern
	lit := strings.Builder{}
	flush := func() {
		p.Lit(lit.String())
		lit.Reset()
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`\*?`, s[i+1]) >= 0:
			i++
			lit.WriteByte(s[i])
		case c == '*':
			flush()
			p.Any()
		case c == '?':
			flush()
			p.One()
		default:
			lit.WriteByte(c)
		}
	}
	flush()
	return p
}

// placeholder finds the %names% of text, takes the backslash away that makes
// a percent sign plain, and returns what remains with the names found.
func placeholders(text string) (string, []string) {
	var out strings.Builder
	var names []string
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && text[i+1] == '%' {
			i++
			out.WriteByte('%')
			continue
		}
		if text[i] == '%' {
			if n := strings.IndexByte(text[i+1:], '%'); n > 0 {
				names = append(names, text[i+1:i+1+n])
				out.WriteString(text[i : i+n+2])
				i += n + 1
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String(), names
}

// dashes are the characters that Windows programs take for the one in front
// of an option (specification 2.1.0, modifier windash).
var dashes = []string{"-", "/", "–", "—", "―"}

// maxVariants bounds what modifiers make of one value. Windash makes 5 for
// every dash, so of six dashes; real values have three.
const maxVariants = 15_625

// windash returns all permutations of the dashes of p that introduce an
// option: behind no word character, in front of one. It returns nil where
// they are too many.
func windash(p scan.Pattern) []scan.Pattern {
	out := []scan.Pattern{{}}
	size, ok := p.Len(), true
	p.Each(func(lit string) {
		rest := lit
		for ok {
			before, after, found := cutOption(lit, rest)
			each(out, before)
			if !found {
				return
			}
			n := len(out) * len(dashes)
			if ok = n <= maxVariants && size <= maxExpanded/n; ok {
				out = product(out)
			}
			rest = after
		}
	}, func(star bool) {
		for i := range out {
			if !ok {
				return
			}
			if star {
				out[i].Any()
			} else {
				out[i].One()
			}
		}
	})
	if !ok {
		return nil
	}
	return out
}

func each(patterns []scan.Pattern, lit string) {
	for i := range patterns {
		patterns[i].Lit(lit)
	}
}

// product appends every dash to every pattern.
func product(patterns []scan.Pattern) []scan.Pattern {
	out := make([]scan.Pattern, 0, len(patterns)*len(dashes))
	for _, p := range patterns {
		for _, d := range dashes {
			q := p.Clone()
			q.Lit(d)
			out = append(out, q)
		}
	}
	return out
}

// cutOption cuts rest, which ends the text lit, around its first dash or slash
// that introduces an option.
func cutOption(lit, rest string) (before, after string, found bool) {
	for i := 0; i < len(rest); i++ {
		if c := rest[i]; c != '-' && c != '/' {
			continue
		}
		at := len(lit) - len(rest) + i
		if !endsInWord(lit[:at]) && startsWithWord(lit[at+1:]) {
			return rest[:i], rest[i+1:], true
		}
	}
	return rest, "", false
}

func endsInWord(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return isWord(r)
}

func startsWithWord(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return isWord(r)
}

func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r)
}
