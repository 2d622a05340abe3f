package spl

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Lower returns the parts of q, whose text is text. It is total: what it cannot
// express becomes an opaque leaf and an error. The macros are for searches in
// the strings of map.
//
// The search is one part. Its "where" is the conjunction of all conditions on
// fields of the event, whatever command they stand in, "having" that of
// conditions on computed columns. A condition joined to others by AND stands on
// its own; one that mixes the two in another way is a condition of "having".
//
// A subsearch that restricts or adds events is a part named after its command:
// join, append (also for appendpipe and a second tstats), map, union,
// multisearch or set; or "subsearch" where it stands as a condition or value and
// is not excluded by NOT. That of an outer join or of appendcols restricts
// nothing, and is no part. Conditions behind the command stay in the first part.
func Lower(q Query, text string, m Macros) (Rule, span.Errors) {
	l := lowerer{text: text, macros: m}
	l.pipeline(q, "", scope{})
	return Rule{Parts: l.parts, DataModels: l.models}, l.errs.Tidy()
}

type lowerer struct {
	text               string
	macros             Macros
	negated            bool // an odd number of nots stands around the condition that is read
	mapped             bool // the text is that of map, where $name$ is a column
	depth, mappedBytes int
	parts              []record.Part
	models             []string
	*way
	used  []string // computed columns that the condition that is read names
	keys  []string // what these were grouped by
	nodes int
	texts int  // bytes of the conditions
	full  bool // there are maxParts parts, and that is noted
	errs  span.Errors
}

// way is one pipeline on its way through the stages.
type way struct {
	cols          scope
	source        string
	started       bool
	where, having []record.Expr
	computed, by  []string
}

// maxParts bounds the subsearches of one search. Real ones have six.
const maxParts = 200

// pipeline lowers q into a part of its own. Columns are those that it begins with.
func (l *lowerer) pipeline(q Query, name string, columns scope) scope {
	at := len(l.parts)
	if at >= maxParts {
		if l.full {
			return columns
		}
		l.full = true
		l.parts[0].Where = conjunction([]record.Expr{value(l.parts[0].Where), scan.Opaque("spl/too-many-parts", clip(q.String()))})
		l.errs.Add(q.span(), "spl/too-many-parts", "search has more than %d subsearches", maxParts)
		return columns
	}
	l.parts = append(l.parts, record.Part{Name: name})
	outer := l.way
	l.way = &way{cols: columns}
	for _, s := range q.Stages {
		l.stage(s)
		l.started = true
	}
	cols := l.cols
	p := &l.parts[at]
	p.Source, p.By, p.Computed = l.source, l.by, l.computed
	p.Where, p.Having = conjunction(append(l.where, value(p.Where))), conjunction(l.having)
	l.way = outer
	return cols
}

// value is the condition behind a pointer, or true.
func value(x *record.Expr) record.Expr {
	if x == nil {
		return scan.And()
	}
	return *x
}

func (q Query) span() span.Span {
	if len(q.Stages) == 0 {
		return span.Span{}
	}
	return q.Stages[0].Span()
}

// conjunction is nil for one that is always true.
func conjunction(xs []record.Expr) *record.Expr {
	x := scan.And(xs...)
	if isTrivial(x) {
		return nil
	}
	return &x
}

// isTrivial reports whether x is true.
func isTrivial(x record.Expr) bool { return x.And != nil && len(x.And) == 0 }

func (l *lowerer) stage(s Stage) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case tooLarge:
			l.errs.Add(s.Span(), "spl/too-large", "search has more than %d conditions, or more than %d bytes of them", scan.MaxNodes, maxTexts)
			l.used, l.keys = nil, nil
			l.place(scan.Opaque("spl/too-large", clip(l.fragment(s.Span()))))
		default:
			panic(r)
		}
	}()
	switch s := s.(type) {
	case Search:
		l.search(s)
	case Where:
		l.conditions(s.Cond)
	case Regex:
		l.regex(s)
	case Measure:
		l.measure(s)
	case Source:
		l.generate(s)
	case Eval:
		l.eval(s)
	case Stats:
		l.holes(s.Holes)
		l.cols.stats(s.Aggs, s.By, s.Keep)
	case Rename:
		for _, p := range s.Pairs {
			l.cols.rename(p)
		}
	case Extract:
		l.extract(s)
	case Combine:
		l.combine(s)
	case Pass:
		l.holes(s.Holes)
	case Opaque:
		l.opaqueStage(s)
	default:
		panic("spl: unknown stage")
	}
}

// tooLarge leaves a stage that would make the tree grow without bound.
type tooLarge struct{}

// count counts n tests and operators of the record.
func (l *lowerer) count(n int) {
	if l.nodes += n; l.nodes > scan.MaxNodes {
		panic(tooLarge{})
	}
}

// maxTexts bounds the texts of all conditions, in bytes: that of a subsearch
// stands in those around it again, and a flag may be tested in every stage.
const maxTexts = 8 * scan.MaxText

func textsOf(x *record.Expr) int {
	n := len(x.Field) + len(x.Expr) + len(x.Ref) + len(x.Text)
	for _, s := range x.Values {
		n += len(s)
	}
	for _, s := range x.Fields {
		n += len(s)
	}
	for i := range x.And {
		n += textsOf(&x.And[i])
	}
	for i := range x.Or {
		n += textsOf(&x.Or[i])
	}
	if x.Not != nil {
		n += textsOf(x.Not)
	}
	return n
}

func (l *lowerer) fragment(at span.Span) string { return l.text[at.Start:at.End] }

// clip shortens the text of a leaf that is there for the record only.
func clip(s string) string {
	const most = 1000
	if len(s) <= most {
		return s
	}
	end := most
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// conditions adds what x joins by AND, each where it belongs.
func (l *lowerer) conditions(x Node) {
	if x == nil {
		return
	}
	for _, c := range conjuncts(x, nil) {
		l.used, l.keys = nil, nil
		e := l.cond(c)
		l.add(e)
	}
}

// add adds a condition to "where", or to "having" if it is about computed columns.
func (l *lowerer) add(e record.Expr) {
	if l.texts += textsOf(&e); l.texts > maxTexts {
		panic(tooLarge{})
	}
	switch {
	case isTrivial(e):
	case len(l.used) == 0:
		l.where = append(l.where, e)
	default:
		l.having = append(l.having, e)
		l.computed = addNew(l.computed, l.used...)
		if len(l.keys) > 0 {
			l.by = l.keys
		}
	}
	l.used, l.keys = nil, nil
}

// addOpaque adds a leaf for what could not be read. Behind stats it can only be
// about computed columns.
func (l *lowerer) addOpaque(code, text string) {
	l.count(1)
	if l.texts += len(text); l.texts > maxTexts {
		panic(tooLarge{})
	}
	l.place(scan.Opaque(code, text))
}

// place adds an opaque leaf where it belongs.
func (l *lowerer) place(x record.Expr) {
	if l.cols.closed {
		l.having = append(l.having, x)
		return
	}
	l.where = append(l.where, x)
}

// conjuncts returns the conditions that x joins by AND.
func conjuncts(x Node, out []Node) []Node {
	a, ok := x.(And)
	if !ok {
		return append(out, x)
	}
	for _, arg := range a.Args {
		out = conjuncts(arg, out)
	}
	return out
}

// search lowers a search. If it reads one index, and is the first command, that
// is the source.
func (l *lowerer) search(s Search) {
	if s.Cond == nil {
		return
	}
	if !l.started {
		for _, c := range conjuncts(s.Cond, nil) {
			if c, ok := c.(Compare); ok && c.Field == "index" && c.Op == "=" && c.Value.Text != "*" && l.source == "" {
				l.source = c.Value.Text
			}
		}
	}
	l.conditions(s.Cond)
}

func (l *lowerer) regex(s Regex) {
	e := l.left(l.cols.lookup(s.Field), record.OpRegexMatch, "regex")
	e.Values = []string{s.Pattern}
	if s.Not {
		e = scan.Not(e)
	}
	l.add(e)
}

// measure lowers tstats. One that does not begin the search appends its rows.
func (l *lowerer) measure(s Measure) {
	if l.started || s.Append && l.started {
		s.Append = false
		cols := l.pipeline(Query{Stages: []Stage{s}}, "append", scope{})
		l.cols.merge(cols, false)
		return
	}
	l.source = s.Model
	if s.Model != "" {
		l.models = addNew(l.models, s.Model)
	}
	l.holes(s.Holes)
	if s.Where != nil {
		l.search(Search{Cond: s.Where})
	}
	if s.Broken != "" {
		l.addOpaque("syntax/spl", s.Broken)
	}
	l.cols.stats(s.Aggs, s.By, false)
}

// generate lowers the commands that make rows.
func (l *lowerer) generate(s Source) {
	l.holes(s.Holes)
	if l.started {
		if s.Where != nil {
			s.Append = false
			l.pipeline(Query{Stages: []Stage{s}}, "append", scope{})
		}
		return
	}
	l.source = s.Name
	if s.Model {
		l.models = addNew(l.models, s.Name)
	}
	l.conditions(s.Where)
}

func (l *lowerer) eval(s Eval) {
	for _, a := range s.Assigns {
		l.noteHoles(a.Value)
		if strings.ContainsAny(a.Name, "<{") {
			continue // a template, or the value of a field as the name
		}
		l.cols.set(a.Name, l.define(a.Name, a.Value))
	}
}

// noteHoles adds a leaf for every macro in x that could not be expanded.
func (l *lowerer) noteHoles(x Node) {
	if h, ok := x.(Hole); ok {
		l.addOpaque("syntax/spl-macro", h.Text)
	}
	for _, c := range children(x) {
		l.noteHoles(c)
	}
}

func (l *lowerer) holes(holes []Hole) {
	for _, h := range holes {
		l.addOpaque("syntax/spl-macro", h.Text)
	}
}

func (l *lowerer) extract(s Extract) {
	l.holes(s.Holes)
	if s.Nulls {
		l.fill(s.Columns)
		return
	}
	for _, p := range s.Copies {
		l.cols.set(p.New, l.cols.lookup(p.Old).named(p.New))
	}
	from := l.cols.lookup(s.Field)
	l.cols.compute(s.Columns...)
	if s.Column != "" && len(from.computed) == 0 {
		c := computed(s.Column)
		e := l.left(from, record.OpRegexMatch, "rex")
		e.Values = []string{s.Pattern}
		c.present = &e
		l.cols.set(s.Column, c)
	}
}

// fill drops the flags that could be null, because they no longer are.
func (l *lowerer) fill(names []string) {
	if len(names) == 0 {
		names = slices.Collect(maps.Keys(l.cols.columns))
	}
	for _, name := range names {
		c := l.cols.columns[name]
		if c.present != nil || c.flag != nil && c.flag.canBeNull() {
			c.flag, c.present = nil, nil
			l.cols.columns[name] = c
		}
	}
}

func (l *lowerer) opaqueStage(s Opaque) {
	code := s.Code
	if code == "spl/unknown-macro" {
		code = "syntax/spl-macro"
	}
	l.addOpaque(code, s.Text)
	l.cols.compute(s.Columns...)
}
