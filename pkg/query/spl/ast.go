package spl

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// Node is a node of a condition or an expression. The search language and the
// expression language share the operators; Compare, List, Term, Time and Sub
// stand only in the first, the others from Binary on only in the second.
type Node interface {
	Span() span.Span
	String() string
	node()
}

// And is "x AND y ..." or, in the search language, "x y ...". The places of
// operators include the brackets around them.
type And struct {
	At   span.Span
	Args []Node
}

// Or is "x OR y ...".
type Or struct {
	At   span.Span
	Args []Node
}

// Not is "NOT x".
type Not struct {
	At  span.Span
	Arg Node
}

// Hole is a macro that could not be expanded, in its backticks.
type Hole struct {
	At   span.Span
	Text string
}

// Broken is the rest of a condition that could not be read.
type Broken struct {
	At   span.Span
	Text string
}

// Sub is a subsearch as a term, "[search ...]".
type Sub struct {
	At    span.Span
	Text  string // with the brackets
	Query Query
}

// Compare is "field=value". Op is = == != < <= > >=, or :: for fields of the
// index.
type Compare struct {
	At    span.Span
	Field string // without quotes
	Op    string
	Value Value
}

// List is "field IN (value, ...)" and "field=(value OR ...)".
type List struct {
	At     span.Span
	Field  string
	Word   string // IN, = or !=
	Values []Value
}

// Term is a value without a field.
type Term struct{ Value Value }

// Time is a modifier such as "earliest=-1d": it says what to read.
type Time struct {
	At   span.Span
	Text string
}

// Value is what a field is compared with in the search language. Text is without
// quotes and escapes and Stars are the offsets of its wildcards.
type Value struct {
	At     span.Span
	Text   string
	Stars  []int
	Source string // as written
	Word   string // TERM or CASE around it
	Live   bool   // a subsearch, a macro, or a function call, which the search language does not have; Text is its source
	Sub    *Sub   // the subsearch
}

// Binary is a comparison: = == != < <= > >= LIKE.
type Binary struct {
	At          span.Span
	Op          string
	Left, Right Node
}

// Xor is "x XOR y".
type Xor struct {
	At          span.Span
	Left, Right Node
}

// In is "x IN (y, ...)".
type In struct {
	At   span.Span
	Left Node
	List []Node
}

// Arith is a calculation: + - * / % and . which joins texts.
type Arith struct {
	At          span.Span
	Op          string
	Left, Right Node
}

// Sign is "-x" or "+x" where x is no number.
type Sign struct {
	At  span.Span
	Op  string
	Arg Node
}

// Call is "name(arguments)".
type Call struct {
	At   span.Span
	Name string // as written
	Args []Node
}

// Name is a field.
type Name struct {
	At           span.Span
	Text, Source string
}

// Str is a string without quotes and escapes.
type Str struct {
	At           span.Span
	Text, Source string
}

// Num is a number as written.
type Num struct {
	At   span.Span
	Text string
}

// Span returns where the node stands.
func (x And) Span() span.Span { return x.At }

func (x Or) Span() span.Span      { return x.At }
func (x Not) Span() span.Span     { return x.At }
func (x Hole) Span() span.Span    { return x.At }
func (x Broken) Span() span.Span  { return x.At }
func (x Sub) Span() span.Span     { return x.At }
func (x Compare) Span() span.Span { return x.At }
func (x List) Span() span.Span    { return x.At }
func (x Term) Span() span.Span    { return x.Value.At }
func (x Time) Span() span.Span    { return x.At }
func (x Binary) Span() span.Span  { return x.At }
func (x Xor) Span() span.Span     { return x.At }
func (x In) Span() span.Span      { return x.At }
func (x Arith) Span() span.Span   { return x.At }
func (x Sign) Span() span.Span    { return x.At }
func (x Call) Span() span.Span    { return x.At }
func (x Name) Span() span.Span    { return x.At }
func (x Str) Span() span.Span     { return x.At }
func (x Num) Span() span.Span     { return x.At }

func (And) node()     {}
func (Or) node()      {}
func (Not) node()     {}
func (Hole) node()    {}
func (Broken) node()  {}
func (Sub) node()     {}
func (Compare) node() {}
func (List) node()    {}
func (Term) node()    {}
func (Time) node()    {}
func (Binary) node()  {}
func (Xor) node()     {}
func (In) node()      {}
func (Arith) node()   {}
func (Sign) node()    {}
func (Call) node()    {}
func (Name) node()    {}
func (Str) node()     {}
func (Num) node()     {}

// children returns the nodes that x is made of.
func children(x Node) []Node {
	switch x := x.(type) {
	case And:
		return x.Args
	case Or:
		return x.Args
	case Not:
		return []Node{x.Arg}
	case Binary:
		return []Node{x.Left, x.Right}
	case Xor:
		return []Node{x.Left, x.Right}
	case Arith:
		return []Node{x.Left, x.Right}
	case In:
		return append([]Node{x.Left}, x.List...)
	case Sign:
		return []Node{x.Arg}
	case Call:
		return x.Args
	case Hole, Broken, Sub, Compare, List, Term, Time, Name, Str, Num:
		return nil
	}
	panic("spl: unknown node")
}

// Every operator prints with brackets around it, because the two languages bind
// differently; brackets leave no trace in the tree.

func (x And) String() string    { return group(x.Args, " AND ") }
func (x Or) String() string     { return group(x.Args, " OR ") }
func (x Not) String() string    { return "(NOT " + x.Arg.String() + ")" }
func (x Hole) String() string   { return x.Text }
func (x Broken) String() string { return x.Text }
func (x Sub) String() string    { return x.Text }
func (x Term) String() string   { return x.Value.Source }
func (x Time) String() string   { return x.Text }
func (x Binary) String() string {
	return "(" + x.Left.String() + " " + x.Op + " " + x.Right.String() + ")"
}
func (x Xor) String() string { return "(" + x.Left.String() + " XOR " + x.Right.String() + ")" }
func (x In) String() string  { return "(" + x.Left.String() + " IN " + group(x.List, ", ") + ")" }
func (x Arith) String() string {
	return "(" + x.Left.String() + " " + x.Op + " " + x.Right.String() + ")"
}
func (x Sign) String() string { return "(" + x.Op + " " + x.Arg.String() + ")" }
func (x Call) String() string { return x.Name + group(x.Args, ", ") }
func (x Name) String() string { return x.Source }
func (x Str) String() string  { return x.Source }
func (x Num) String() string  { return x.Text }

func (x Compare) String() string {
	if x.Op == "::" {
		return x.Field + x.Op + x.Value.Source
	}
	return quoteField(x.Field) + x.Op + " " + x.Value.Source
}

func (x List) String() string {
	values := make([]string, len(x.Values))
	for i, v := range x.Values {
		values[i] = v.Source
	}
	if x.Word == "IN" {
		return quoteField(x.Field) + " IN (" + strings.Join(values, ", ") + ")"
	}
	return quoteField(x.Field) + x.Word + "(" + strings.Join(values, " OR ") + ")"
}

func group[T Node](args []T, separator string) string {
	texts := make([]string, len(args))
	for i, a := range args {
		texts[i] = a.String()
	}
	return "(" + strings.Join(texts, separator) + ")"
}

// quoteField prints the name of a field of the search language.
func quoteField(name string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

// joined is the span from the first of args to the last.
func joined(args ...Node) span.Span {
	return span.Join(args[0].Span(), args[len(args)-1].Span())
}

// bracketed returns x with brackets at its ends.
func bracketed(x Node, at span.Span) Node {
	switch x := x.(type) {
	case And:
		x.At = at
		return x
	case Or:
		x.At = at
		return x
	case Not:
		x.At = at
		return x
	case Binary:
		x.At = at
		return x
	case Xor:
		x.At = at
		return x
	case In:
		x.At = at
		return x
	case Arith:
		x.At = at
		return x
	case Sign:
		x.At = at
		return x
	case Call:
		x.At = at
		return x
	case Name:
		x.At = at
		return x
	case Str:
		x.At = at
		return x
	case Num:
		x.At = at
		return x
	}
	return x
}
