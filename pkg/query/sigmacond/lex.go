package sigmacond

import (
	"unicode"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

type kind uint8

const (
	end    kind = iota
	word        // identifier, pattern, keyword or number
	open        // (
	close_      // )
	pipe        // |
	comma       // ,
	cmp         // > >= < <= = == !=
)

type token struct {
	kind kind
	span span.Span
	text string
}

// lex returns all tokens of text, the last of which is end. Everything that
// is no punctuation belongs to a word: the specification does not say what
// names a search identifier may have, and real ones have dots and dashes.
func lex(text string) []token {
	c := scan.Cursor{Text: text}
	var out []token
	for {
		c.While(unicode.IsSpace)
		from := c.Off
		k := lexOne(&c)
		out = append(out, token{k, span.Span{Start: from, End: c.Off}, text[from:c.Off]})
		if k == end {
			return out
		}
	}
}

func lexOne(c *scan.Cursor) kind {
	switch c.Peek() {
	case -1:
		return end
	case '(':
		c.Next()
		return open
	case ')':
		c.Next()
		return close_
	case '|':
		c.Next()
		return pipe
	case ',':
		c.Next()
		return comma
	case '<', '>', '=':
		c.Next()
		c.Accept("=")
		return cmp
	}
	c.While(isWord)
	return word
}

func isWord(r rune) bool {
	switch r {
	case '(', ')', '|', ',', '<', '>', '=':
		return false
	}
	return !unicode.IsSpace(r)
}
