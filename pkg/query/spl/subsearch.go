package spl

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// combine lowers the commands with subsearches.
func (l *lowerer) combine(s Combine) {
	l.holes(s.Holes)
	if s.Command == "map" {
		l.mapSearch(s)
	}
	for _, q := range s.Queries {
		l.subsearch(s, q)
	}
}

func (l *lowerer) subsearch(s Combine, q Query) {
	switch {
	case s.Command == "appendpipe":
		l.appendpipe(q)
	case s.Command == "map": // its rows replace those that there are
		mapped := l.mapped
		l.mapped = true
		cols := l.pipeline(q, "map", scope{})
		l.mapped, l.cols = mapped, cols
	case s.Outer || s.Command == "appendcols":
		cols := l.aside(q)
		for name := range cols.columns {
			cols.columns[name] = computed(name)
		}
		l.cols.merge(cols, false)
	default:
		l.cols.merge(l.pipeline(q, s.Command, scope{}), readsEvents(q))
	}
}

// aside lowers a pipeline that makes no part, for its columns, its data models
// and its errors.
func (l *lowerer) aside(q Query) scope {
	at := len(l.parts)
	cols := l.pipeline(q, "", scope{})
	l.parts = l.parts[:min(at, len(l.parts))]
	return cols
}

// appendpipe runs over the rows that there are. It is a part only where it has
// conditions of its own.
func (l *lowerer) appendpipe(q Query) {
	at := len(l.parts)
	l.cols.merge(l.pipeline(q, "append", l.cols.clone()), true)
	if len(l.parts) > at && l.parts[at].Where == nil && l.parts[at].Having == nil {
		l.parts = slices.Delete(l.parts, at, at+1)
	}
}

// maxMapped bounds searches of map inside searches of map.
const maxMapped = 3

// mapSearch lowers the search in the string of map, which has macros of its own.
// Its rows replace those that there are.
func (l *lowerer) mapSearch(s Combine) {
	if s.Mapped == "" {
		return
	}
	if l.depth == maxMapped || l.mappedBytes > scan.MaxText {
		l.errs.Add(s.At, "spl/too-deep", "map nests more than %d levels, or is used too often", maxMapped)
		l.addOpaque("spl/too-deep", clip(s.Text))
		return
	}
	l.depth++
	text, places, errs := Expand(s.Mapped, l.macros)
	l.mappedBytes += len(text)
	q, more := Parse(text)
	before, mapped, seen := l.text, l.mapped, len(l.errs)
	l.text, l.mapped = text, true
	cols := l.pipeline(q, "map", scope{})
	errs = append(errs, places.Errors(append(more, l.errs[seen:]...))...)
	l.errs = l.errs[:seen]
	for _, e := range errs {
		e.Span = span.At(s.Place)
		l.errs = append(l.errs, e)
	}
	l.text, l.mapped, l.cols = before, mapped, cols
	l.depth--
}

// subTerm lowers a subsearch that stands as a condition: an event must have the
// values of one of its results. What these are is not known before it runs, but
// their fields are: the leaf says that the computed condition holds. A subsearch
// that reads events itself is a part of its own.
func (l *lowerer) subTerm(x Sub) record.Expr {
	fields, known := results(x.Query)
	events := readsEvents(x.Query)
	if !known || events && l.negated {
		l.errs.Add(x.At, "unsupported/spl-subsearch", "the results of the subsearch are not known")
		l.aside(x.Query)
		return scan.Opaque("unsupported/spl-subsearch", x.Text)
	}
	l.valueSearch(x.Query)
	e := record.Expr{Expr: x.Text, Op: record.OpEq, Values: []string{"true"}, As: "[]"}
	for _, name := range fields {
		c := l.cols.lookup(name)
		l.use(c)
		if len(c.computed) == 0 {
			e.Fields = addNew(e.Fields, c.field)
		}
	}
	return e
}

// valueSearch lowers a subsearch whose results events are compared with. It is a
// part if it reads events itself and they are not excluded.
func (l *lowerer) valueSearch(q Query) {
	used, keys, negated := l.used, l.keys, l.negated
	l.negated = false
	if readsEvents(q) && !negated {
		l.pipeline(q, "subsearch", scope{})
	} else {
		l.aside(q)
	}
	l.used, l.keys, l.negated = used, keys, negated
}

// readsEvents reports whether a pipeline begins with events, and not with the
// rows of a list.
func readsEvents(q Query) bool {
	if len(q.Stages) == 0 {
		return false
	}
	s, ok := q.Stages[0].(Source)
	return !ok || s.Model
}

// maxResults bounds the fields of a subsearch that are looked at.
const maxResults = 200

// results returns the fields of the results of a pipeline, if they are known. A
// result without a field is looked for anywhere in events: what "return $x" says,
// or a field "search" or "query".
func results(q Query) (out []string, known bool) {
	text := false
	for _, s := range q.Stages {
		switch s := s.(type) {
		case Stats:
			if !s.Keep {
				out = outputs(s.Aggs, s.By)
			}
		case Measure:
			out = outputs(s.Aggs, s.By)
		case Rename:
			for _, p := range s.Pairs {
				renameIn(out, p)
			}
		case Pass:
			if len(s.Fields) > maxResults {
				return nil, false
			}
			if s.Drop {
				out = slices.DeleteFunc(out, func(name string) bool { return contains(s.Fields, name) })
			} else if len(s.Fields) > 0 || s.Values {
				out, text = slices.Clone(s.Fields), s.Values
			}
		case Combine, Opaque:
			out = nil
		}
		if len(out) > maxResults {
			return nil, false
		}
	}
	if len(out) == 1 && (out[0] == "search" || out[0] == "query") {
		return nil, true
	}
	for _, name := range out {
		if strings.Contains(name, "*") || name == "search" {
			return nil, false
		}
	}
	return out, text || len(out) > 0
}

func outputs(aggs []Agg, by []string) []string {
	out := slices.Clone(by)
	for _, a := range aggs {
		out = append(out, a.Name)
	}
	return out
}

func renameIn(names []string, p Pair) {
	for i, name := range names {
		if name == p.Old {
			names[i] = p.New
		} else if to, ok := mapStar(p.Old, p.New, name); ok {
			names[i] = to
		}
	}
}
