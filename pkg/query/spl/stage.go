package spl

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// Query is a pipeline. Bare says that it begins with a search without the
// command's name.
type Query struct {
	Bare   bool
	Stages []Stage
}

// Stage is one command of a pipeline.
type Stage interface {
	Span() span.Span
	String() string
	stage()
}

// Search is search, and regex as a condition; Cond is nil if there is none.
type Search struct {
	At      span.Span
	Command string // empty where it is left out
	Cond    Node
}

// Where is where.
type Where struct {
	At   span.Span
	Cond Node
}

// Regex is regex: Field is _raw if none is named.
type Regex struct {
	At      span.Span
	Field   string
	Not     bool
	Pattern string
	Text    string
}

// Measure is tstats, and its likes: aggregates over a data model or an index.
// Broken is the text of a condition that cannot be read.
type Measure struct {
	At      span.Span
	Command string
	Append  bool
	Model   string // with the data set, "" if it reads indexes
	Where   Node
	Broken  string
	Aggs    []Agg
	By      []string
	Holes   []Hole
	Text    string
}

// Source is a command that generates rows: from, datamodel, inputlookup. Model
// is set if they are those of a data model.
type Source struct {
	At      span.Span
	Command string
	Name    string
	Model   bool
	Append  bool
	Where   Node
	Holes   []Hole
	Text    string
}

// Eval is eval.
type Eval struct {
	At      span.Span
	Assigns []Assign
}

// Assign is "name = value".
type Assign struct {
	At    span.Span // of the name
	Name  string
	Value Node
}

// Stats is stats and every command that makes aggregates. Keep says that the
// other columns stay.
type Stats struct {
	At    span.Span
	Keep  bool
	Aggs  []Agg
	By    []string
	Holes []Hole
	Text  string
}

// Agg is one aggregate: "values(Processes.user) AS user". Of is the field, or ""
// where it is more than a field.
type Agg struct{ Func, Of, Name string }

// Rename is rename; both sides may have stars.
type Rename struct {
	At    span.Span
	Pairs []Pair
	Text  string
}

// Pair is "old AS new".
type Pair struct{ Old, New string }

// Extract is a command that adds columns, or changes them. Copies are columns
// that are fields under another name; with Nulls it fills what has no value, in
// all columns if it names none. Column is the only group of a regular expression
// that is all of it: it has a value where Pattern matches Field.
type Extract struct {
	At      span.Span
	Columns []string
	Copies  []Pair
	Column  string
	Field   string
	Pattern string
	Nulls   bool
	Holes   []Hole
	Text    string
}

// Combine is a command with subsearches: join, append, map and their likes.
// Outer says that rows without a partner stay, so that the subsearch restricts
// nothing.
type Combine struct {
	At      span.Span
	Command string
	Outer   bool
	Queries []Query
	Mapped  string // the search of map, which is a text of its own
	Place   int    // of that text
	Holes   []Hole // outside of the subsearches
	Text    string
}

// Pass is a command that neither filters by the values of fields nor makes
// columns.
//
// Fields are those that fields, table and return let through or, with Drop, take
// away. Values says that return gives values without fields.
type Pass struct {
	At     span.Span
	Fields []string
	Drop   bool
	Values bool
	Holes  []Hole
	Text   string
}

// Opaque is a stage that could not be read, or that has no expression here.
// Columns are the names that it seems to assign.
type Opaque struct {
	At      span.Span
	Code    string
	Columns []string
	Text    string
}

// Span returns where the stage stands.
func (x Search) Span() span.Span  { return x.At }
func (x Where) Span() span.Span   { return x.At }
func (x Regex) Span() span.Span   { return x.At }
func (x Measure) Span() span.Span { return x.At }
func (x Source) Span() span.Span  { return x.At }
func (x Eval) Span() span.Span    { return x.At }
func (x Stats) Span() span.Span   { return x.At }
func (x Rename) Span() span.Span  { return x.At }
func (x Extract) Span() span.Span { return x.At }
func (x Combine) Span() span.Span { return x.At }
func (x Pass) Span() span.Span    { return x.At }
func (x Opaque) Span() span.Span  { return x.At }

func (Search) stage()  {}
func (Where) stage()   {}
func (Regex) stage()   {}
func (Measure) stage() {}
func (Source) stage()  {}
func (Eval) stage()    {}
func (Stats) stage()   {}
func (Rename) stage()  {}
func (Extract) stage() {}
func (Combine) stage() {}
func (Pass) stage()    {}
func (Opaque) stage()  {}

// String prints the pipeline so that it reads back as the same tree. What has no
// condition of its own is printed as it was written.
func (q Query) String() string {
	var b strings.Builder
	for i, s := range q.Stages {
		text := s.String()
		switch {
		case i > 0 || !q.Bare:
			b.WriteString("| ")
		case (&parser{text: text, to: len(text)}).startsWithCommand(false):
			text = "(" + text + ")" // a term that is called like a command
		}
		b.WriteString(text + " ")
	}
	return strings.TrimSuffix(b.String(), " ")
}

func (x Search) String() string {
	text := x.Command
	if x.Cond != nil {
		text += " " + x.Cond.String()
	}
	return strings.TrimPrefix(text, " ")
}

func (x Where) String() string { return "where " + x.Cond.String() }

func (x Eval) String() string {
	assigns := make([]string, len(x.Assigns))
	for i, a := range x.Assigns {
		assigns[i] = "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(a.Name) + "' = " + a.Value.String()
	}
	return "eval " + strings.Join(assigns, ", ")
}

func (x Regex) String() string   { return x.Text }
func (x Measure) String() string { return x.Text }
func (x Source) String() string  { return x.Text }
func (x Stats) String() string   { return x.Text }
func (x Rename) String() string  { return x.Text }
func (x Extract) String() string { return x.Text }
func (x Combine) String() string { return x.Text }
func (x Pass) String() string    { return x.Text }
func (x Opaque) String() string  { return x.Text }
