package scan

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// Pattern is a value with wildcards, whatever the language spells them like:
// literal text, "any number of characters" and "exactly one character".
type Pattern struct {
	pieces []piece
}

// piece is literal text, or one wildcard.
type piece struct {
	text string
	wild byte // 0, anyRun or anyOne
}

const (
	anyRun = '*'
	anyOne = '?'
)

// Text returns the pattern that is only literal text.
func Text(s string) Pattern {
	var p Pattern
	p.Lit(s)
	return p
}

// Lit appends literal text.
func (p *Pattern) Lit(s string) {
	if s == "" {
		return
	}
	if n := len(p.pieces); n > 0 && p.pieces[n-1].wild == 0 {
		p.pieces[n-1].text += s
		return
	}
	p.pieces = append(p.pieces, piece{text: s})
}

// Any appends "any number of characters".
func (p *Pattern) Any() { p.pieces = append(p.pieces, piece{wild: anyRun}) }

// One appends "exactly one character".
func (p *Pattern) One() { p.pieces = append(p.pieces, piece{wild: anyOne}) }

// Prepend puts "any number of characters" in front, unless it stands there.
func (p *Pattern) Prepend() {
	if len(p.pieces) == 0 || p.pieces[0].wild != anyRun {
		p.pieces = append([]piece{{wild: anyRun}}, p.pieces...)
	}
}

// Append puts "any number of characters" at the end, unless it stands there.
func (p *Pattern) Append() {
	if n := len(p.pieces); n == 0 || p.pieces[n-1].wild != anyRun {
		p.Any()
	}
}

// HasWild reports whether the pattern has a wildcard.
func (p Pattern) HasWild() bool {
	for _, x := range p.pieces {
		if x.wild != 0 {
			return true
		}
	}
	return false
}

// Len returns the length of the pattern in bytes, one for a wildcard.
func (p Pattern) Len() int {
	n := 0
	for _, x := range p.pieces {
		n += len(x.text)
		if x.wild != 0 {
			n++
		}
	}
	return n
}

// Literal returns the text of a pattern without its wildcards.
func (p Pattern) Literal() string {
	var b strings.Builder
	for _, x := range p.pieces {
		b.WriteString(x.text)
	}
	return b.String()
}

// EachLiteral replaces every literal stretch by fn of it.
func (p Pattern) EachLiteral(fn func(string) string) Pattern {
	out := p.Clone()
	for i := range out.pieces {
		if out.pieces[i].wild == 0 {
			out.pieces[i].text = fn(out.pieces[i].text)
		}
	}
	return out
}

// Each calls literal for every literal stretch and wild for every wildcard, in
// order; star says that it stands for any number of characters.
func (p Pattern) Each(literal func(text string), wild func(star bool)) {
	for _, x := range p.pieces {
		if x.wild == 0 {
			literal(x.text)
			continue
		}
		wild(x.wild == anyRun)
	}
}

// Clone returns a copy that can be appended to on its own.
func (p Pattern) Clone() Pattern {
	return Pattern{pieces: append([]piece(nil), p.pieces...)}
}

// Op returns the simplest operator that means the pattern, and its value, as
// design/records.md has them: eq, match, starts_with, ends_with, is_not_null
// for a pattern of stars alone, and wildcard for everything else.
func (p Pattern) Op() (op, value string) {
	x := p.tidy()
	switch {
	case len(x) == 0:
		return record.OpEq, ""
	case len(x) == 1 && x[0].wild == 0:
		return record.OpEq, x[0].text
	case len(x) == 1 && x[0].wild == anyRun:
		return record.OpIsNotNull, ""
	case len(x) == 2 && x[0].wild == 0 && x[1].wild == anyRun:
		return record.OpStartsWith, x[0].text
	case len(x) == 2 && x[0].wild == anyRun && x[1].wild == 0:
		return record.OpEndsWith, x[1].text
	case len(x) == 3 && x[0].wild == anyRun && x[1].wild == 0 && x[2].wild == anyRun:
		return record.OpMatch, x[1].text
	}
	return record.OpWildcard, spell(x)
}

// Keyword returns the pattern as the value of a keyword: outer stars dropped,
// and escaped only where a wildcard remains inside.
func (p Pattern) Keyword() string {
	x := p.tidy()
	for len(x) > 0 && x[0].wild == anyRun {
		x = x[1:]
	}
	for len(x) > 0 && x[len(x)-1].wild == anyRun {
		x = x[:len(x)-1]
	}
	if inner := (Pattern{pieces: x}); !inner.HasWild() {
		return inner.Literal()
	}
	return spell(x)
}

// tidy returns the pieces with runs of wildcards in one order: "*?*" is "?*".
func (p Pattern) tidy() []piece {
	out := make([]piece, 0, len(p.pieces))
	for i := 0; i < len(p.pieces); {
		if p.pieces[i].wild == 0 {
			out = append(out, p.pieces[i])
			i++
			continue
		}
		star := false
		for ; i < len(p.pieces) && p.pieces[i].wild != 0; i++ {
			if p.pieces[i].wild == anyRun {
				star = true
				continue
			}
			out = append(out, p.pieces[i])
		}
		if star {
			out = append(out, piece{wild: anyRun})
		}
	}
	return out
}

// escaper puts a backslash before every literal `*`, `?` and `\`.
var escaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`)

// spell writes pieces as the value of a wildcard leaf.
func spell(pieces []piece) string {
	var b strings.Builder
	for _, x := range pieces {
		if x.wild != 0 {
			b.WriteByte(x.wild)
			continue
		}
		b.WriteString(escaper.Replace(x.text))
	}
	return b.String()
}
