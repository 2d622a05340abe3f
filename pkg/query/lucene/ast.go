// Package lucene reads the query strings of Lucene's classic parser, as
// Elasticsearch's query_string and with it Kibana's query bar take them. The
// operators do not have the usual precedence there; lower.go says what they
// mean. Fields, documents and scores are no business of this package.
package lucene

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// Query is a parsed query. Where is nil if the query is empty, which matches
// every event in Kibana, or could not be read.
type Query struct {
	Text  string
	Where *Group
}

// Expr is what a clause tests: Group, Term, Phrase, Regex or Range.
type Expr interface {
	Span() span.Span
	String() string
	expr()
}

// Group is "( clause clause ... )", and the whole query, which has no
// brackets around it.
type Group struct {
	At      span.Span
	Clauses []Clause
	Boost   string // the number after ^, or ""
}

// Clause is one part of a group: "AND -field:(x)".
type Clause struct {
	At    span.Span // without the operator
	Conj  Conj
	Mod   Mod
	Field *Field // nil for the field of the group around it, or all
	Arg   Expr
}

// Conj is the operator before a clause.
type Conj uint8

// The operators: none, AND or &&, OR or ||.
const (
	ConjNone Conj = iota
	ConjAnd
	ConjOr
)

// Mod is the mark of a clause.
type Mod uint8

// The marks: none, +, and - or NOT or !.
const (
	ModNone Mod = iota
	ModRequired
	ModProhibited
)

// Field is the name before a colon, escapes resolved.
type Field struct {
	At   span.Span
	Name string
}

// Term is a word. Wilds are the offsets of those "*" and "?" in Text that are
// wildcards.
type Term struct {
	At     span.Span
	Text   string
	Wilds  []int
	Suffix Suffix
}

// Phrase is a text in quotes. It has no wildcards.
type Phrase struct {
	At     span.Span
	Text   string
	Suffix Suffix
}

// Regex is "/regular expression/", as written.
type Regex struct {
	At     span.Span
	Text   string
	Suffix Suffix
}

// Range is "[from TO to]", with { and } where a bound itself is left out.
type Range struct {
	At       span.Span
	From, To Bound
	Boost    string
}

// Bound is one end of a range. Open says that there is none, "*".
type Bound struct {
	Text      string
	Open      bool
	Exclusive bool
}

// Suffix is what follows a term: "~2", the edits or positions by which it may
// be missed, and "^2", what a match adds to the score.
type Suffix struct {
	Fuzzy string // with the tilde, or ""
	Boost string // without the caret, or ""
}

// Span returns where the group stands.
func (x Group) Span() span.Span { return x.At }

// Span returns where the term stands.
func (x Term) Span() span.Span { return x.At }

// Span returns where the phrase stands.
func (x Phrase) Span() span.Span { return x.At }

// Span returns where the expression stands.
func (x Regex) Span() span.Span { return x.At }

// Span returns where the range stands.
func (x Range) Span() span.Span { return x.At }

func (Group) expr()  {}
func (Term) expr()   {}
func (Phrase) expr() {}
func (Regex) expr()  {}
func (Range) expr()  {}

// String prints the whole query so that it reads back as the same tree.
func (q Query) String() string {
	if q.Where == nil {
		return ""
	}
	return q.Where.clauses()
}

func (x Group) String() string { return "(" + x.clauses() + ")" + boost(x.Boost) }

func (x Group) clauses() string {
	parts := make([]string, len(x.Clauses))
	for i, c := range x.Clauses {
		parts[i] = c.String()
	}
	return strings.Join(parts, " ")
}

// String prints the clause with its operator and mark.
func (c Clause) String() string {
	s := ""
	switch c.Conj {
	case ConjAnd:
		s = "AND "
	case ConjOr:
		s = "OR "
	}
	switch c.Mod {
	case ModRequired:
		s += "+"
	case ModProhibited:
		s += "-"
	}
	if c.Field != nil {
		s += c.Field.String()
	}
	return s + c.Arg.String()
}

// String prints the name and its colon.
func (f Field) String() string {
	if f.Name == "*" {
		return "*:"
	}
	return escape(f.Name, nil) + ":"
}

func (x Term) String() string { return escape(x.Text, x.Wilds) + x.Suffix.String() }

func (x Phrase) String() string { return `"` + quoter.Replace(x.Text) + `"` + x.Suffix.String() }

func (x Regex) String() string { return "/" + x.Text + "/" + x.Suffix.String() }

func (x Range) String() string {
	from, to := "[", "]"
	if x.From.Exclusive {
		from = "{"
	}
	if x.To.Exclusive {
		to = "}"
	}
	return from + x.From.String() + " TO " + x.To.String() + to + boost(x.Boost)
}

// String prints the bound without its bracket.
func (b Bound) String() string {
	if b.Open {
		return "*"
	}
	return `"` + quoter.Replace(b.Text) + `"`
}

// String prints the suffix.
func (s Suffix) String() string { return s.Fuzzy + boost(s.Boost) }

func boost(number string) string {
	if number == "" {
		return ""
	}
	return "^" + number
}

// quoter writes what ends or escapes inside quotes by its number: the ends of
// quoted bounds and of regular expressions are found by the longest match,
// which a quote or a slash further on could change.
var quoter = strings.NewReplacer(`\`, `\u005c`, `"`, `\u0022`, `/`, `\u002f`)

// escape writes a word so that nothing in it is an operator, other than the
// wildcards at wilds.
func escape(text string, wilds []int) string {
	if len(wilds) == 0 && wordKind(text) != term {
		return `\` + text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case len(wilds) > 0 && wilds[0] == i:
			wilds = wilds[1:]
		case r == '/':
			b.WriteString(`\u002f`) // see quoter
			continue
		case !isTermStart(r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
