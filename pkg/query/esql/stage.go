package esql

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// Query is a pipeline: a source and what is done with its rows.
type Query struct {
	Text     string // of the whole query, for all pipelines inside of it
	Settings []Assign
	Stages   []Stage
}

// Stage is one command of a pipeline.
type Stage interface {
	Span() span.Span
	String() string
	stage()
}

// Assign is "name = value", or a value alone, whose text is the name then.
type Assign struct {
	Name  *Name
	Value Expr
}

// From is FROM and TS.
type From struct {
	At       span.Span
	TS       bool
	Sources  []Source
	Metadata []string
}

// Source is one index pattern of FROM, or a pipeline in brackets.
type Source struct {
	Name   string // without quotes
	Source string // as written
	From   *Query
}

// Eval is EVAL, or ROW, which makes a table of one row.
type Eval struct {
	At     span.Span
	Row    bool
	Fields []Assign
}

// Where is WHERE.
type Where struct {
	At   span.Span
	Cond Expr
}

// Stats is STATS, or INLINE STATS, which keeps the columns that there are.
type Stats struct {
	At     span.Span
	Inline bool
	Aggs   []Agg
	By     []Assign
}

// Agg is one aggregation of STATS; Where is nil if it takes all rows.
type Agg struct {
	Assign
	Where Expr
}

// Project is KEEP and DROP. The names have stars.
type Project struct {
	At    span.Span
	Drop  bool
	Names []Name
}

// Rename is RENAME.
type Rename struct {
	At    span.Span
	Pairs []Pair
}

// Pair is "old AS new".
type Pair struct{ Old, New Name }

// Extract is GROK and DISSECT: columns out of the text of another.
type Extract struct {
	At       span.Span
	Dissect  bool
	From     Expr
	Patterns []Str
	Options  []Assign
}

// Enrich is ENRICH. With holds "column = field of the policy".
type Enrich struct {
	At     span.Span
	Policy Source
	On     *Name
	With   []Rewrite
}

// Rewrite is "new = old", where new may be left out.
type Rewrite struct {
	New *Name
	Old Name
}

// Join is LOOKUP JOIN (and LEFT, RIGHT and FULL JOIN of development versions).
type Join struct {
	At     span.Span
	Type   string
	Target Source
	Alias  string
	On     []Expr
}

// Fork is FORK: several pipelines over the same rows.
type Fork struct {
	At       span.Span
	Branches []Query
}

// Explain is EXPLAIN (query).
type Explain struct {
	At    span.Span
	Query Query
}

// Model is COMPLETION and RERANK, which ask an inference service.
type Model struct {
	At     span.Span
	Rerank bool
	Target *Name // "completion" or "_score" if it is nil
	Prompt Expr
	On     []Assign
	With   *Map
}

// Parts is URI_PARTS, USER_AGENT, REGISTERED_DOMAIN and IP_LOCATION: columns
// whose names begin with the name of the target.
type Parts struct {
	At      span.Span
	Command string
	Target  Name
	From    Expr
	With    *Map
}

// ChangePoint is CHANGE_POINT.
type ChangePoint struct {
	At           span.Span
	Value        Name
	On           *Name
	Type, PValue *Name
}

// Fuse is FUSE; Text is what follows the name of the command.
type Fuse struct {
	At      span.Span
	Method  string
	Clauses []Clause
}

// Clause is one "SCORE BY x", "KEY BY x, y", "GROUP BY x" or "WITH {...}".
type Clause struct {
	Word  string
	Names []Name
	With  *Map
}

// Sort is SORT.
type Sort struct {
	At   span.Span
	Keys []Key
}

// Key is one key of SORT with what was written behind it: "DESC NULLS LAST".
type Key struct {
	By    Expr
	Order string
}

// Limit is LIMIT and SAMPLE.
type Limit struct {
	At     span.Span
	Sample bool
	Value  Expr
	By     []Expr
}

// Expand is MV_EXPAND.
type Expand struct {
	At   span.Span
	Name Name
}

// Other is a command that makes no column and no condition that matters here;
// what follows its name is kept as text: SHOW INFO, PROMQL, METRICS_INFO.
type Other struct {
	At      span.Span
	Command string
	Text    string
}

// Opaque is a stage that could not be read. Columns are the names that it
// seems to assign: what comes later must not take them for fields.
type Opaque struct {
	At      span.Span
	Text    string
	Columns []string
}

// Span returns where the stage stands.
func (x From) Span() span.Span        { return x.At }
func (x Eval) Span() span.Span        { return x.At }
func (x Where) Span() span.Span       { return x.At }
func (x Stats) Span() span.Span       { return x.At }
func (x Project) Span() span.Span     { return x.At }
func (x Rename) Span() span.Span      { return x.At }
func (x Extract) Span() span.Span     { return x.At }
func (x Enrich) Span() span.Span      { return x.At }
func (x Join) Span() span.Span        { return x.At }
func (x Fork) Span() span.Span        { return x.At }
func (x Explain) Span() span.Span     { return x.At }
func (x Model) Span() span.Span       { return x.At }
func (x Parts) Span() span.Span       { return x.At }
func (x ChangePoint) Span() span.Span { return x.At }
func (x Fuse) Span() span.Span        { return x.At }
func (x Sort) Span() span.Span        { return x.At }
func (x Limit) Span() span.Span       { return x.At }
func (x Expand) Span() span.Span      { return x.At }
func (x Other) Span() span.Span       { return x.At }
func (x Opaque) Span() span.Span      { return x.At }

func (From) stage()        {}
func (Eval) stage()        {}
func (Where) stage()       {}
func (Stats) stage()       {}
func (Project) stage()     {}
func (Rename) stage()      {}
func (Extract) stage()     {}
func (Enrich) stage()      {}
func (Join) stage()        {}
func (Fork) stage()        {}
func (Explain) stage()     {}
func (Model) stage()       {}
func (Parts) stage()       {}
func (ChangePoint) stage() {}
func (Fuse) stage()        {}
func (Sort) stage()        {}
func (Limit) stage()       {}
func (Expand) stage()      {}
func (Other) stage()       {}
func (Opaque) stage()      {}

// String prints the query so that it reads back as the same tree. A stage
// that could not be read is printed as it was written.
func (q Query) String() string {
	var b strings.Builder
	for _, s := range q.Settings {
		b.WriteString("SET " + s.String() + "; ")
	}
	b.WriteString(list(q.Stages, "\n| "))
	return b.String()
}

func (a Assign) String() string {
	if a.Name == nil {
		return a.Value.String()
	}
	return a.Name.Source + " = " + a.Value.String()
}

func (s Source) String() string {
	if s.From != nil {
		return "(" + s.From.String() + ")"
	}
	return s.Source
}

func (x From) String() string {
	s := "FROM "
	if x.TS {
		s = "TS "
	}
	s += list(x.Sources, ", ")
	if len(x.Metadata) > 0 {
		s += " METADATA " + strings.Join(x.Metadata, ", ")
	}
	return s
}

func (x Eval) String() string {
	if x.Row {
		return "ROW " + list(x.Fields, ", ")
	}
	return "EVAL " + list(x.Fields, ", ")
}

func (x Where) String() string { return "WHERE " + x.Cond.String() }

func (x Stats) String() string {
	s := "STATS"
	if x.Inline {
		s = "INLINE STATS"
	}
	if len(x.Aggs) > 0 {
		s += " " + list(x.Aggs, ", ")
	}
	if len(x.By) > 0 {
		s += " BY " + list(x.By, ", ")
	}
	return s
}

func (a Agg) String() string {
	if a.Where == nil {
		return a.Assign.String()
	}
	return a.Assign.String() + " WHERE " + a.Where.String()
}

func (x Project) String() string {
	if x.Drop {
		return "DROP " + list(x.Names, ", ")
	}
	return "KEEP " + list(x.Names, ", ")
}

func (x Rename) String() string { return "RENAME " + list(x.Pairs, ", ") }
func (p Pair) String() string   { return p.Old.Source + " AS " + p.New.Source }

func (x Extract) String() string {
	name := "GROK "
	if x.Dissect {
		name = "DISSECT "
	}
	s := name + x.From.String() + " " + list(x.Patterns, ", ")
	if len(x.Options) > 0 {
		s += " " + list(x.Options, ", ")
	}
	return s
}

func (x Enrich) String() string {
	s := "ENRICH " + x.Policy.Source
	if x.On != nil {
		s += " ON " + x.On.Source
	}
	if len(x.With) > 0 {
		s += " WITH " + list(x.With, ", ")
	}
	return s
}

func (r Rewrite) String() string {
	if r.New == nil {
		return r.Old.Source
	}
	return r.New.Source + " = " + r.Old.Source
}

func (x Join) String() string {
	s := x.Type + " JOIN " + x.Target.Source
	if x.Alias != "" {
		s += " AS " + x.Alias
	}
	return s + " ON " + list(x.On, ", ")
}

func (x Fork) String() string {
	s := "FORK"
	for _, b := range x.Branches {
		s += " (" + b.String() + ")"
	}
	return s
}

func (x Explain) String() string { return "EXPLAIN (" + x.Query.String() + ")" }

func (x Model) String() string {
	s := "COMPLETION "
	if x.Rerank {
		s = "RERANK "
	}
	s += Assign{x.Target, x.Prompt}.String()
	if len(x.On) > 0 {
		s += " ON " + list(x.On, ", ")
	}
	return s + with(x.With)
}

func with(m *Map) string {
	if m == nil {
		return ""
	}
	return " WITH " + m.String()
}

func (x Parts) String() string {
	return x.Command + " " + x.Target.Source + " = " + x.From.String() + with(x.With)
}

func (x ChangePoint) String() string {
	s := "CHANGE_POINT " + x.Value.Source
	if x.On != nil {
		s += " ON " + x.On.Source
	}
	if x.Type != nil {
		s += " AS " + x.Type.Source + ", " + x.PValue.Source
	}
	return s
}

func (x Fuse) String() string {
	s := "FUSE"
	if x.Method != "" {
		s += " " + x.Method
	}
	for _, c := range x.Clauses {
		if c.With != nil {
			s += with(c.With)
			continue
		}
		s += " " + c.Word + " BY " + list(c.Names, ", ")
	}
	return s
}

func (x Sort) String() string { return "SORT " + list(x.Keys, ", ") }

func (k Key) String() string {
	if k.Order == "" {
		return k.By.String()
	}
	return k.By.String() + " " + k.Order
}

func (x Limit) String() string {
	s := "LIMIT "
	if x.Sample {
		s = "SAMPLE "
	}
	s += x.Value.String()
	if len(x.By) > 0 {
		s += " BY " + list(x.By, ", ")
	}
	return s
}

func (x Expand) String() string { return "MV_EXPAND " + x.Name.Source }

func (x Other) String() string {
	if x.Text == "" {
		return x.Command
	}
	return x.Command + " " + x.Text
}

func (x Opaque) String() string { return x.Text }
