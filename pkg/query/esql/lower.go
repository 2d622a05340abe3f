package esql

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Rule is what a query says: the index patterns that it reads, without the
// quotes, and the parts of the record.
type Rule struct {
	Index []string
	Parts []record.Part
}

// Read parses and lowers a query. The function kql reads the KQL inside of
// kql("..."): nil is true; its errors are about the text it was given. Without
// one, kql("...") is opaque.
func Read(text string, kql func(string) (*record.Expr, span.Errors)) (Rule, span.Errors) {
	q, errs := Parse(text)
	r, more := Lower(q, kql)
	return r, append(errs, more...).Tidy()
}

// Lower returns what q says about events. It is total: what it cannot express
// becomes an opaque leaf and an error.
//
// A query is one part. Its "where" is the conjunction of all conditions of
// WHERE on fields of the event, "having" that of those on columns that the
// query computed. A condition joined to others by AND stands on its own; one
// that mixes the two in another way is a condition of "having".
//
// FORK, and pipelines in the brackets of FROM, make several parts, one for
// each way that a row can take: each has the conditions on that way, those
// before and behind the brackets included.
func Lower(q Query, kql func(string) (*record.Expr, span.Errors)) (Rule, span.Errors) {
	l := lowerer{text: q.Text, kql: kql}
	branches := l.pipeline(q, []branch{{}})
	r := Rule{Index: l.index}
	for _, b := range branches {
		r.Parts = append(r.Parts, b.part())
	}
	return r, l.errs.Tidy()
}

// maxParts bounds the ways through a query. FORK has at most eight branches
// and may stand once in a query.
const maxParts = 64

type lowerer struct {
	text  string
	kql   func(string) (*record.Expr, span.Errors)
	index []string
	cols  scope   // at the stage that is read
	used  nameSet // computed columns that the condition that is read names
	nodes int
	full  bool // there are too many branches already
	errs  span.Errors
}

// branch is one way that rows take through the stages.
type branch struct {
	name, source  string
	cols          scope
	where, having []record.Expr
	computed      nameSet
}

func (b branch) clone() branch {
	b.cols = b.cols.clone()
	b.where = slices.Clip(b.where)
	b.having = slices.Clip(b.having)
	b.computed.list = slices.Clip(b.computed.list)
	b.computed.seen = maps.Clone(b.computed.seen)
	return b
}

func (b branch) part() record.Part {
	p := record.Part{Name: b.name, Source: b.source, Computed: b.computed.list}
	p.Where = conjunction(b.where)
	p.Having = conjunction(b.having)
	return p
}

// conjunction is nil for one that is always true.
func conjunction(xs []record.Expr) *record.Expr {
	x := scan.And(xs...)
	if x.And != nil && len(x.And) == 0 {
		return nil
	}
	return &x
}

func (l *lowerer) pipeline(q Query, branches []branch) []branch {
	for _, s := range q.Stages {
		branches = l.stage(s, branches)
	}
	return branches
}

func (l *lowerer) stage(s Stage, branches []branch) []branch {
	switch s := s.(type) {
	case From:
		return l.from(s, branches)
	case Fork:
		return l.fork(s, branches)
	case Explain:
		return l.pipeline(s.Query, branches)
	}
	for i := range branches {
		l.simple(s, &branches[i])
	}
	return branches
}

// simple applies a stage that does not split rows.
func (l *lowerer) simple(s Stage, b *branch) {
	l.cols = b.cols
	switch s := s.(type) {
	case Where:
		l.where(s, b)
	case Opaque:
		l.opaqueStage(s, b)
	case Other:
		l.other(s, b)
	default:
		l.columns(s)
	}
	b.cols = l.cols
}

// from begins a way for every pipeline in brackets, and one for all indices.
func (l *lowerer) from(s From, branches []branch) []branch {
	var out []branch
	var names []string
	for _, src := range s.Sources {
		if src.From == nil {
			names = append(names, src.Name)
			l.index = append(l.index, src.Name)
			continue
		}
		out = append(out, l.subquery(*src.From)...)
	}
	if len(out) == 0 {
		return branches
	}
	if len(names) > 0 {
		out = append(out, branch{source: strings.Join(names, ", ")})
	}
	return l.limit(s.At, out)
}

// subquery reads a pipeline in brackets. Its sources tell its parts from
// those of the others.
func (l *lowerer) subquery(q Query) []branch {
	before := len(l.index)
	out := l.pipeline(q, []branch{{}})
	for i := range out {
		if out[i].source == "" {
			out[i].source = strings.Join(l.index[before:], ", ")
		}
	}
	return out
}

// limit keeps the first maxParts ways.
func (l *lowerer) limit(at span.Span, branches []branch) []branch {
	if len(branches) <= maxParts {
		return branches
	}
	return l.tooMany(at, branches[:maxParts])
}

// tooMany keeps the text of a stage that is not followed any more.
func (l *lowerer) tooMany(at span.Span, branches []branch) []branch {
	l.full = true
	l.errs.Add(at, "esql/too-many-branches", "query has more than %d branches", maxParts)
	branches[0].where = append(branches[0].where, scan.Opaque("esql/too-many-branches", l.source(at)))
	return branches
}

func (l *lowerer) fork(s Fork, branches []branch) []branch {
	if l.full {
		return l.tooMany(s.At, branches)
	}
	var out []branch
	for _, b := range branches {
		for i, q := range s.Branches {
			if len(out) > maxParts || l.full {
				break
			}
			way := b.clone()
			way.name = strings.TrimSpace(way.name + " fork" + strconv.Itoa(i+1))
			way.cols.compute("_fork")
			out = append(out, l.pipeline(q, []branch{way})...)
		}
	}
	return l.limit(s.At, out)
}

// where adds the conditions of a WHERE, each where it belongs.
func (l *lowerer) where(s Where, b *branch) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case tooLarge:
			l.errs.Add(s.At, "esql/too-large", "query has more than %d tests", scan.MaxNodes)
			b.where = append(b.where, scan.Opaque("esql/too-large", l.source(s.At)))
		default:
			panic(r)
		}
	}()
	for _, x := range conjuncts(s.Cond, nil) {
		l.used = nameSet{}
		e := l.cond(x)
		if len(l.used.list) == 0 {
			b.where = append(b.where, e)
			continue
		}
		b.having = append(b.having, e)
		b.computed.add(l.used.list)
	}
}

// conjuncts returns the conditions that x joins by AND.
func conjuncts(x Expr, out []Expr) []Expr {
	a, ok := unparen(x).(And)
	if !ok {
		return append(out, x)
	}
	for _, arg := range a.Args {
		out = conjuncts(arg, out)
	}
	return out
}

// tooLarge leaves a stage that would make the tree grow without bound.
type tooLarge struct{}

// count counts n tests and operators of the record.
func (l *lowerer) count(n int) {
	if l.nodes += n; l.nodes > scan.MaxNodes {
		panic(tooLarge{})
	}
}

func (l *lowerer) source(at span.Span) string { return l.text[at.Start:at.End] }

// opaqueStage keeps the text of a stage that could not be read. Behind STATS
// it can only be about computed columns.
func (l *lowerer) opaqueStage(s Opaque, b *branch) {
	x := scan.Opaque("syntax/esql", s.Text)
	if l.cols.closed {
		b.having = append(b.having, x)
	} else {
		b.where = append(b.where, x)
	}
	for _, name := range s.Columns {
		l.cols.compute(name)
	}
}

// other handles the commands that are not read in full. METRICS_INFO and
// TS_INFO describe the index and drop its rows; PROMQL selects them by
// conditions of its own.
func (l *lowerer) other(s Other, b *branch) {
	switch s.Command {
	case "METRICS_INFO", "TS_INFO":
		l.cols = scope{closed: true}
	case "PROMQL":
		l.cols = scope{closed: true}
		l.errs.Add(s.At, "unsupported/esql-promql", "PROMQL is not read")
		b.where = append(b.where, scan.Opaque("unsupported/esql-promql", l.source(s.At)))
	}
}

// nameSet is a list without repetitions. Most are short; the map is only for
// queries that want to be slow.
type nameSet struct {
	list []string
	seen map[string]bool
}

func (s *nameSet) add(names []string) {
	for _, name := range names {
		if s.seen == nil && slices.Contains(s.list, name) || s.seen[name] {
			continue
		}
		s.list = append(s.list, name)
		if s.seen != nil {
			s.seen[name] = true
		} else if len(s.list) == 32 {
			s.seen = make(map[string]bool, 64)
			for _, n := range s.list {
				s.seen[n] = true
			}
		}
	}
}

// scope knows the columns that a query made or renamed. All others are fields
// of the event, unless the scope is closed.
type scope struct {
	columns  map[string]column
	prefixes []string // of computed columns whose names are not known
	closed   bool     // STATS was there: only the columns above remain
}

// column is what a name means: a field, or a computed column. What EVAL,
// RENAME and STATS name is computed, even where it is only a field's copy
// (languages/elastic.md, section 4).
type column struct{ operand }

func (s scope) clone() scope {
	s.columns = maps.Clone(s.columns)
	s.prefixes = slices.Clip(s.prefixes)
	return s
}

func (s *scope) set(name string, c column) {
	if s.columns == nil {
		s.columns = map[string]column{}
	}
	s.columns[name] = c
}

func (s *scope) compute(name string) { s.set(name, computed(name)) }

func computed(name string) column {
	return column{operand: operand{field: name, computed: []string{name}}}
}

// lookup returns what name means. The relevance of a search is computed too,
// although METADATA brings it.
func (s scope) lookup(name string) column {
	if c, ok := s.columns[name]; ok {
		return c
	}
	if s.closed || name == "_score" {
		return computed(name)
	}
	for _, p := range s.prefixes {
		if strings.HasPrefix(name, p) {
			return computed(name)
		}
	}
	return column{operand: operand{field: name}}
}
