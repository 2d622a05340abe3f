// Package eql reads the Event Query Language of Elasticsearch: single event
// queries, sequences, samples, joins and pipes. Where python-eql and
// Elasticsearch differ, Elasticsearch is followed. Of the dialect of Elastic
// Endpoint it reads `as name`, `$variables` and `_arraysearch`, and says so
// with the code unsupported/eql-endpoint-dialect. It knows no rule files.
package eql

import "github.com/rulepipe/rulepipe/pkg/span"

// Query is a parsed query. Kind is "" where not even that could be read.
type Query struct {
	Text    string
	Kind    Kind
	By      []Expr // keys shared by all items
	Maxspan string // as written, without blanks: "1m"
	Items   []Item // one for an event query
	Until   *Item
	Pipes   []Pipe
}

// Kind says how the items of a query hang together.
type Kind string

// Kinds of queries. In source text an event query has no keyword.
const (
	KindEvent    Kind = "event"
	KindSequence Kind = "sequence"
	KindSample   Kind = "sample"
	KindJoin     Kind = "join"
)

// Item is one event filter: "[category where condition] by keys with runs=n".
type Item struct {
	At       span.Span
	Category string // "any" for events of all categories, "" if not read
	Where    Expr   // Bad if it could not be read
	By       []Expr
	Runs     int // 0 where the query does not say
	Missing  bool
	Alias    string
}

// Pipe is one "| name argument, argument".
type Pipe struct {
	At   span.Span
	Name string
	Args []Expr
}

// Expr is a node of a condition or of a value in it.
type Expr interface {
	Span() span.Span
	String() string
	expr()
}

// And is "x and y and ...".
type And struct {
	At   span.Span
	Args []Expr
}

// Or is "x or y or ...".
type Or struct {
	At   span.Span
	Args []Expr
}

// Not is "not x".
type Not struct {
	At  span.Span
	Arg Expr
}

// Compare is "x == y", and the same with != < <= > >=.
type Compare struct {
	At          span.Span
	Op          string
	Left, Right Expr
}

// Test is "x : value", "x like~ (value, ...)", "x not in (value, ...)".
type Test struct {
	At   span.Span
	Op   string // : like like~ regex regex~ in in~
	Not  bool   // only with in and in~
	Left Expr
	List []Expr
}

// Binary is arithmetic: "x + y", and the same with - * / %.
type Binary struct {
	At          span.Span
	Op          string
	Left, Right Expr
}

// Negative is "-x" where x is not a number.
type Negative struct {
	At  span.Span
	Arg Expr
}

// Call is "name(argument, ...)"; the name may end in "~".
type Call struct {
	At   span.Span
	Name string
	Args []Expr
}

// Relation is "descendant of [...]", "child of [...]" or "event of [...]".
type Relation struct {
	At   span.Span
	Name string
	Item *Item
}

// Field is the name of a field. Name has no backquotes; Source is how it is
// written with them. A name that begins with "$" is a variable.
type Field struct {
	At       span.Span
	Name     string
	Source   string
	Optional bool // ?name
}

// Str is a string, without quotes and escapes.
type Str struct {
	At    span.Span
	Value string
}

// Num is a number as it is spelled, with its minus.
type Num struct {
	At   span.Span
	Text string
}

// Bool is true or false.
type Bool struct {
	At    span.Span
	Value bool
}

// Null is the literal null.
type Null struct{ At span.Span }

// Bad is what could not be read.
type Bad struct {
	At   span.Span
	Text string
}

// Span returns where the node stands.
func (x And) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Or) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Not) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Compare) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Test) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Binary) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Negative) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Call) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Relation) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Field) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Str) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Num) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Bool) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Null) Span() span.Span { return x.At }

// Span returns where the node stands.
func (x Bad) Span() span.Span { return x.At }

func (And) expr()      {}
func (Or) expr()       {}
func (Not) expr()      {}
func (Compare) expr()  {}
func (Test) expr()     {}
func (Binary) expr()   {}
func (Negative) expr() {}
func (Call) expr()     {}
func (Relation) expr() {}
func (Field) expr()    {}
func (Str) expr()      {}
func (Num) expr()      {}
func (Bool) expr()     {}
func (Null) expr()     {}
func (Bad) expr()      {}

// literal reports whether x is a constant.
func literal(x Expr) bool {
	switch x.(type) {
	case Str, Num, Bool, Null:
		return true
	}
	return false
}

// walk calls fn for x and everything below it, in reading order.
func walk(x Expr, fn func(Expr)) {
	fn(x)
	switch x := x.(type) {
	case And:
		walkAll(x.Args, fn)
	case Or:
		walkAll(x.Args, fn)
	case Not:
		walk(x.Arg, fn)
	case Compare:
		walk(x.Left, fn)
		walk(x.Right, fn)
	case Test:
		walk(x.Left, fn)
		walkAll(x.List, fn)
	case Binary:
		walk(x.Left, fn)
		walk(x.Right, fn)
	case Negative:
		walk(x.Arg, fn)
	case Call:
		walkAll(x.Args, fn)
	case Relation:
		walk(x.Item.Where, fn)
		walkAll(x.Item.By, fn)
	case Field, Str, Num, Bool, Null, Bad:
	default:
		panic("eql: unknown node")
	}
}

func walkAll(xs []Expr, fn func(Expr)) {
	for _, x := range xs {
		walk(x, fn)
	}
}
