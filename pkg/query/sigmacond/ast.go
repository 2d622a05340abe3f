// Package sigmacond reads the condition of a Sigma detection: search
// identifiers joined by and, or, not and "1 of"/"all of", and the
// aggregations ("| count() by x > 5") that Sigma had before version 2.
// What the identifiers stand for is handed in when the tree is lowered.
package sigmacond

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// Expr is a node of a condition: And, Or, Not, Ident or Of.
type Expr interface {
	Span() span.Span
	String() string
	expr()
}

// And is "x and y and ...".
type And struct{ Args []Expr }

// Or is "x or y or ...".
type Or struct{ Args []Expr }

// Not is "not x".
type Not struct {
	At  span.Span // of the word "not"
	Arg Expr
}

// Ident is the name of one search identifier.
type Ident struct {
	At   span.Span
	Name string
}

// Of is "1 of pattern", "all of pattern" or "... of them". "any of" is "1 of".
type Of struct {
	At      span.Span
	All     bool
	Pattern string // "them", or a name in which "*" stands for any text
}

// Span returns where the conjunction stands.
func (x And) Span() span.Span { return joined(x.Args) }

// Span returns where the disjunction stands.
func (x Or) Span() span.Span { return joined(x.Args) }

// Span returns where the negation stands.
func (x Not) Span() span.Span { return span.Join(x.At, x.Arg.Span()) }

// Span returns where the name stands.
func (x Ident) Span() span.Span { return x.At }

// Span returns where the selector stands.
func (x Of) Span() span.Span { return x.At }

func joined(args []Expr) span.Span {
	return span.Join(args[0].Span(), args[len(args)-1].Span())
}

func (And) expr()   {}
func (Or) expr()    {}
func (Not) expr()   {}
func (Ident) expr() {}
func (Of) expr()    {}

// String prints the condition so that it reads back as the same tree.
func (x And) String() string { return join(x.Args, " and ") }

func (x Or) String() string { return join(x.Args, " or ") }

func (x Not) String() string { return "not " + operand(x.Arg) }

func (x Ident) String() string { return x.Name }

func (x Of) String() string {
	if x.All {
		return "all of " + x.Pattern
	}
	return "1 of " + x.Pattern
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
	case And, Or:
		return "(" + x.String() + ")"
	}
	return x.String()
}

// Condition is a parsed condition. Where is nil if it could not be read.
type Condition struct {
	Text        string
	Where       Expr
	Aggregation *Aggregation // nil if there is none
	Near        []NearTerm   // of "| near a and not b"
}

// Aggregation is "| count(Field) by By > Value", as Sigma had it before 2.0.
type Aggregation struct {
	At    span.Span
	Func  string // count, min, max, avg or sum
	Field string // "" in count()
	By    []string
	Op    string // > >= < <= =
	Value string
}

// NearTerm is one event that must, or with Not must not, come near the others.
type NearTerm struct {
	Not bool
	Of  Expr // Ident or Of
}

// String prints the whole condition.
func (c Condition) String() string {
	if c.Where == nil {
		return ""
	}
	s := c.Where.String()
	if a := c.Aggregation; a != nil {
		s += " | " + a.Left()
		if len(a.By) > 0 {
			s += " by " + strings.Join(a.By, ", ")
		}
		s += " " + a.Op + " " + a.Value
	}
	for i, n := range c.Near {
		if i == 0 {
			s += " | near "
		} else {
			s += " and "
		}
		if n.Not {
			s += "not "
		}
		s += n.Of.String()
	}
	return s
}

// Left returns the computed side of the comparison: "count()", "sum(Bytes)".
func (a Aggregation) Left() string { return a.Func + "(" + a.Field + ")" }

// Names returns the identifiers that x names, in reading order.
func Names(x Expr) []string {
	switch x := x.(type) {
	case And:
		return allNames(x.Args)
	case Or:
		return allNames(x.Args)
	case Not:
		return Names(x.Arg)
	case Ident:
		return []string{x.Name}
	}
	return nil
}

func allNames(args []Expr) []string {
	var out []string
	for _, a := range args {
		out = append(out, Names(a)...)
	}
	return out
}
