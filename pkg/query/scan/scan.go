// Package scan holds what the lexers and lowerings of all query languages
// share: a cursor over text, a guard against deep nesting, and patterns with
// wildcards. It knows no tokens and no grammar.
package scan

import (
	"strings"
	"unicode/utf8"
)

// MaxDepth bounds the nesting of brackets and operators in a query. Real
// queries nest 20 deep; recursion at this depth needs less than 1 MiB of stack.
const MaxDepth = 500

// MaxNodes bounds the leaves and operators of one rule. The largest real rule
// has 4,500.
const MaxNodes = 100_000

// MaxText bounds the length of one query, in bytes. The longest real one has
// 80 KiB.
const MaxText = 1 << 20

// MaxWeight bounds what is made of a rule beyond what is written in it, by
// Weight: filters stand in every part, expansions and conditions repeat values.
const MaxWeight = 16 << 20

// MaxName bounds the name of a field, in bytes: it stands in the tree once for
// each of its conditions.
const MaxName = 1024

// Cursor walks over a text by runes. Off is the byte offset of what comes next.
type Cursor struct {
	Text string
	Off  int
}

// Done reports whether the text is at its end.
func (c *Cursor) Done() bool { return c.Off >= len(c.Text) }

// Peek returns the next rune without taking it, or -1 at the end.
func (c *Cursor) Peek() rune {
	if c.Done() {
		return -1
	}
	r, _ := utf8.DecodeRuneInString(c.Text[c.Off:])
	return r
}

// Next takes the next rune, or returns -1 at the end.
func (c *Cursor) Next() rune {
	if c.Done() {
		return -1
	}
	r, size := utf8.DecodeRuneInString(c.Text[c.Off:])
	c.Off += size
	return r
}

// Accept takes s if the text goes on with it.
func (c *Cursor) Accept(s string) bool {
	if !strings.HasPrefix(c.Text[c.Off:], s) {
		return false
	}
	c.Off += len(s)
	return true
}

// While takes runes as long as is says so, and returns them.
func (c *Cursor) While(is func(rune) bool) string {
	from := c.Off
	for !c.Done() && is(c.Peek()) {
		c.Next()
	}
	return c.Text[from:c.Off]
}
