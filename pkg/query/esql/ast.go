// Package esql reads ES|QL, the pipeline language of Elasticsearch: all
// commands and expressions, and the conditions that its WHERE stages make.
//
// What it follows is Elastic's reference of the language and the grammar in
// elastic/elasticsearch, x-pack/plugin/esql/src/main/antlr (read 2026; main).
// Commands that are only in development versions are read as well. KQL inside
// of kql("...") is read by a function that is handed in.
package esql

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// Expr is a node of an expression.
type Expr interface {
	Span() span.Span
	String() string
	expr()
}

// And is "x AND y AND ...".
type And struct{ Args []Expr }

// Or is "x OR y OR ...".
type Or struct{ Args []Expr }

// Not is "NOT x".
type Not struct {
	At  span.Span
	Arg Expr
}

// Paren is "(x)".
type Paren struct {
	At  span.Span
	Arg Expr
}

// Compare is a comparison: == != < <= > >=.
type Compare struct {
	Op          string
	Left, Right Expr
}

// Arith is a calculation: + - * / %.
type Arith struct {
	Op          string
	Left, Right Expr
}

// Sign is "-x" or "+x" where x is no number.
type Sign struct {
	At  span.Span
	Op  string
	Arg Expr
}

// In is "x [NOT] IN (a, b)", or with a pipeline in the brackets.
type In struct {
	At   span.Span
	Word string // as written
	Not  bool
	Left Expr
	List []Expr
	From *Query
}

// Like is "x [NOT] LIKE y" or RLIKE, where y is one pattern or a list of them.
type Like struct {
	At       span.Span
	Word     string // as written
	Not      bool
	Regex    bool
	Left     Expr
	Listed   bool
	Patterns []Expr // Str or Param
}

// IsNull is "x IS [NOT] NULL".
type IsNull struct {
	At   span.Span
	Not  bool
	Left Expr
}

// Match is "field : query", a full text search.
type Match struct {
	At    span.Span
	Field Expr // Name, or a Cast of one
	Query Expr
}

// Call is "name(arguments)".
type Call struct {
	At   span.Span
	Name string // as written
	Star bool   // name(*)
	Args []Expr
}

// Cast is "x::type".
type Cast struct {
	At   span.Span
	Arg  Expr
	Type string
}

// Name is a column. Text is its name without quotes, Source as written.
type Name struct {
	At           span.Span
	Text, Source string
}

// Str is a string; Text is without quotes and escapes.
type Str struct {
	At   span.Span
	Text string
}

// Num is a number as written.
type Num struct {
	At   span.Span
	Text string
}

// Period is a number with a unit of time: "7 day".
type Period struct {
	At         span.Span
	Text, Unit string
}

// Bool is true or false.
type Bool struct {
	At    span.Span
	Value bool
}

// Null is null.
type Null struct{ At span.Span }

// Param is a value that is given with the query: "?", "?name", "?1".
type Param struct {
	At   span.Span
	Text string
}

// List is "[1, 2]", a value with several values.
type List struct {
	At    span.Span
	Items []Expr
}

// Map is "{"key": value}", options of a function or a command.
type Map struct {
	At      span.Span
	Entries []Entry
}

// Entry is one pair of a Map.
type Entry struct {
	Key   Str
	Value Expr
}

// Span returns where the node stands.
func (x And) Span() span.Span     { return joined(x.Args) }
func (x Or) Span() span.Span      { return joined(x.Args) }
func (x Not) Span() span.Span     { return x.At }
func (x Paren) Span() span.Span   { return x.At }
func (x Compare) Span() span.Span { return span.Join(x.Left.Span(), x.Right.Span()) }
func (x Arith) Span() span.Span   { return span.Join(x.Left.Span(), x.Right.Span()) }
func (x Sign) Span() span.Span    { return x.At }
func (x In) Span() span.Span      { return x.At }
func (x Like) Span() span.Span    { return x.At }
func (x IsNull) Span() span.Span  { return x.At }
func (x Match) Span() span.Span   { return x.At }
func (x Call) Span() span.Span    { return x.At }
func (x Cast) Span() span.Span    { return x.At }
func (x Name) Span() span.Span    { return x.At }
func (x Str) Span() span.Span     { return x.At }
func (x Num) Span() span.Span     { return x.At }
func (x Period) Span() span.Span  { return x.At }
func (x Bool) Span() span.Span    { return x.At }
func (x Null) Span() span.Span    { return x.At }
func (x Param) Span() span.Span   { return x.At }
func (x List) Span() span.Span    { return x.At }
func (x Map) Span() span.Span     { return x.At }

func joined(args []Expr) span.Span {
	return span.Join(args[0].Span(), args[len(args)-1].Span())
}

func (And) expr()     {}
func (Or) expr()      {}
func (Not) expr()     {}
func (Paren) expr()   {}
func (Compare) expr() {}
func (Arith) expr()   {}
func (Sign) expr()    {}
func (In) expr()      {}
func (Like) expr()    {}
func (IsNull) expr()  {}
func (Match) expr()   {}
func (Call) expr()    {}
func (Cast) expr()    {}
func (Name) expr()    {}
func (Str) expr()     {}
func (Num) expr()     {}
func (Period) expr()  {}
func (Bool) expr()    {}
func (Null) expr()    {}
func (Param) expr()   {}
func (List) expr()    {}
func (Map) expr()     {}

// String prints the expression so that it reads back as the same tree.
func (x And) String() string     { return list(x.Args, " AND ") }
func (x Or) String() string      { return list(x.Args, " OR ") }
func (x Not) String() string     { return "NOT " + x.Arg.String() }
func (x Paren) String() string   { return "(" + x.Arg.String() + ")" }
func (x Compare) String() string { return x.Left.String() + " " + x.Op + " " + x.Right.String() }
func (x Arith) String() string   { return x.Left.String() + " " + x.Op + " " + x.Right.String() }
func (x Sign) String() string    { return x.Op + x.Arg.String() }

func (x In) String() string {
	s := x.Left.String() + not(x.Not) + " IN ("
	if x.From != nil {
		return s + x.From.String() + ")"
	}
	return s + list(x.List, ", ") + ")"
}

func (x Like) String() string {
	name := " LIKE "
	if x.Regex {
		name = " RLIKE "
	}
	s := x.Left.String() + not(x.Not) + name
	if x.Listed {
		return s + "(" + list(x.Patterns, ", ") + ")"
	}
	return s + x.Patterns[0].String()
}

func (x IsNull) String() string { return x.Left.String() + " IS" + not(x.Not) + " NULL" }
func (x Match) String() string  { return x.Field.String() + " : " + x.Query.String() }

func (x Call) String() string {
	if x.Star {
		return x.Name + "(*)"
	}
	return x.Name + "(" + list(x.Args, ", ") + ")"
}

func (x Cast) String() string   { return x.Arg.String() + "::" + x.Type }
func (x Name) String() string   { return x.Source }
func (x Str) String() string    { return `"` + escaper.Replace(x.Text) + `"` }
func (x Num) String() string    { return x.Text }
func (x Period) String() string { return x.Text + " " + x.Unit }

func (x Bool) String() string {
	if x.Value {
		return "true"
	}
	return "false"
}

func (x Null) String() string  { return "null" }
func (x Param) String() string { return x.Text }
func (x List) String() string  { return "[" + list(x.Items, ", ") + "]" }

func (x Map) String() string {
	parts := make([]string, len(x.Entries))
	for i, e := range x.Entries {
		parts[i] = e.Key.String() + ": " + e.Value.String()
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

func list[T interface{ String() string }](xs []T, by string) string {
	parts := make([]string, len(xs))
	for i, x := range xs {
		parts[i] = x.String()
	}
	return strings.Join(parts, by)
}

func not(is bool) string {
	if is {
		return " NOT"
	}
	return ""
}

// unparen returns what stands in brackets.
func unparen(x Expr) Expr {
	for {
		p, ok := x.(Paren)
		if !ok {
			return x
		}
		x = p.Arg
	}
}
