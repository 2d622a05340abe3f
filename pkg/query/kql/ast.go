// Package kql reads the Kibana Query Language: field:value, lists of values,
// ranges, nested objects and free text, joined by and, or and not. Kibana is
// the reference for what the text means, down to its corner cases; where
// Elastic's own rule tooling (lib/kql) is stricter or differs, it is not
// followed. What fields are called elsewhere is no business of this package.
package kql

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// Query is a parsed query. Where is nil if the query is empty, which matches
// every event, or could not be read.
type Query struct {
	Text  string
	Where Expr
}

// Expr is a node of a query: Or, And, Not, Nested, Is, Range or Literal.
type Expr interface {
	Span() span.Span
	String() string
	expr()
}

// Or is "x or y or ...".
type Or struct{ Args []Expr }

// And is "x and y and ...".
type And struct{ Args []Expr }

// Not is "not x".
type Not struct {
	At  span.Span // of the word "not"
	Arg Expr
}

// Nested is "path:{ x }": fields inside x are below path, and all conditions
// of x are about one and the same object.
type Nested struct {
	At   span.Span // from the path to the closing brace
	Path Literal
	Arg  Expr
}

// Is is "field:value" or "field:(value or value ...)". Value has no other
// nodes than Or, And, Not and Literal.
type Is struct {
	Field Literal
	Value Expr
}

// Range is "field >= value". Op is one of > >= < <=.
type Range struct {
	Field Literal
	Op    string
	Value Literal
}

// Literal is a value or the name of a field, and free text where it stands
// alone. Text has its escapes resolved; Stars are the offsets of those "*" in
// it that are wildcards.
type Literal struct {
	At     span.Span
	Text   string
	Stars  []int
	Quoted bool
}

// Span returns where the disjunction stands.
func (x Or) Span() span.Span { return joined(x.Args) }

// Span returns where the conjunction stands.
func (x And) Span() span.Span { return joined(x.Args) }

// Span returns where the negation stands.
func (x Not) Span() span.Span { return span.Join(x.At, x.Arg.Span()) }

// Span returns where the nested query stands.
func (x Nested) Span() span.Span { return x.At }

// Span returns where the condition stands.
func (x Is) Span() span.Span { return span.Join(x.Field.At, x.Value.Span()) }

// Span returns where the comparison stands.
func (x Range) Span() span.Span { return span.Join(x.Field.At, x.Value.At) }

// Span returns where the literal stands.
func (x Literal) Span() span.Span { return x.At }

func joined(args []Expr) span.Span {
	return span.Join(args[0].Span(), args[len(args)-1].Span())
}

func (Or) expr()      {}
func (And) expr()     {}
func (Not) expr()     {}
func (Nested) expr()  {}
func (Is) expr()      {}
func (Range) expr()   {}
func (Literal) expr() {}

// String prints the whole query so that it reads back as the same tree.
func (q Query) String() string {
	if q.Where == nil {
		return ""
	}
	return q.Where.String()
}

func (x Or) String() string { return join(x.Args, " or ") }

func (x And) String() string { return join(x.Args, " and ") }

func (x Not) String() string {
	if _, double := x.Arg.(Not); double {
		return "not (" + x.Arg.String() + ")" // the grammar takes one not only
	}
	return "not " + operand(x.Arg)
}

func (x Nested) String() string { return x.Path.String() + ":{ " + x.Arg.String() + " }" }

func (x Is) String() string {
	if v, ok := x.Value.(Literal); ok {
		return x.Field.String() + ":" + v.String()
	}
	return x.Field.String() + ":(" + x.Value.String() + ")"
}

func (x Range) String() string { return x.Field.String() + " " + x.Op + " " + x.Value.String() }

func (x Literal) String() string {
	switch {
	case x.Quoted:
		return `"` + quoter.Replace(x.Text) + `"`
	case x.Text == "":
		return `\t` // only blanks, which are trimmed, make an empty word
	}
	return spell(x.Text, x.Stars)
}

var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// spell writes a word without quotes. Its specials are escaped, and so are the
// keywords that would end it: by the number of their first letter, because
// Kibana reads `\not` as a line break and "ot".
func spell(text string, stars []int) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		ch := text[i]
		switch {
		case len(stars) > 0 && stars[0] == i:
			stars = stars[1:]
		case special(rune(ch)):
			b.WriteByte('\\')
		case keywordAt(text, i):
			b.WriteString(`\u00`)
			b.WriteByte(hexDigits[ch>>4])
			ch = hexDigits[ch&15]
		}
		b.WriteByte(ch)
	}
	return b.String()
}

const hexDigits = "0123456789abcdef"

// keywordAt reports whether at offset i of a word begins what could be taken
// for a keyword, whatever is printed before and after the word.
func keywordAt(text string, i int) bool {
	word := keywordPrefix(text[i:])
	if word == "" || !spaceOrEnd(text[i+len(word):]) {
		return false
	}
	return word == "not" || i == 0 || lastIsSpace(text[:i])
}

func join(args []Expr, by string) string {
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = operand(a)
	}
	return strings.Join(parts, by)
}

// operand puts brackets around what binds less than and, or and not do.
func operand(x Expr) string {
	switch x.(type) {
	case Or, And:
		return "(" + x.String() + ")"
	}
	return x.String()
}
