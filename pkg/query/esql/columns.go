package esql

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// columns follows what a stage does to the columns. LOOKUP JOIN, and ENRICH
// without WITH, bring columns that only the lookup index knows: their names
// cannot be told from fields, and count as such. KEEP and DROP need no
// care: a column that is gone is not named again in a query that works.
func (l *lowerer) columns(s Stage) {
	switch s := s.(type) {
	case Eval:
		l.eval(s)
	case Stats:
		l.stats(s)
	case Rename:
		for _, p := range s.Pairs {
			c := l.cols.lookup(p.Old.Text)
			delete(l.cols.columns, p.Old.Text)
			l.cols.set(p.New.Text, c)
		}
	case Extract:
		for _, p := range s.Patterns {
			l.computeAll(extracted(s.Dissect, p.Text))
		}
	case Enrich:
		for _, r := range s.With {
			name := r.Old
			if r.New != nil {
				name = *r.New
			}
			l.cols.compute(name.Text)
		}
	case Model:
		l.model(s)
	case Parts:
		l.cols.compute(s.Target.Text)
		l.cols.prefixes = append(l.cols.prefixes, s.Target.Text+".")
	case ChangePoint:
		l.cols.compute(nameOr(s.Type, "type"))
		l.cols.compute(nameOr(s.PValue, "pvalue"))
	case Fuse:
		l.cols.compute("_score")
	case Project, Join, Sort, Limit, Expand:
	default:
		panic("esql: unknown stage")
	}
}

func nameOr(n *Name, name string) string {
	if n == nil {
		return name
	}
	return n.Text
}

func (l *lowerer) computeAll(names []string) {
	for _, name := range names {
		l.cols.compute(name)
	}
}

func (l *lowerer) model(s Model) {
	if s.Rerank {
		l.cols.compute(nameOr(s.Target, "_score"))
		return
	}
	l.cols.compute(nameOr(s.Target, "completion"))
}

func (l *lowerer) eval(s Eval) {
	if s.Row {
		l.cols = scope{closed: true}
	}
	for _, a := range s.Fields {
		name := l.nameOf(a)
		if s.Row {
			l.cols.compute(name)
			continue
		}
		l.cols.set(name, l.define(name, a.Value))
	}
}

// nameOf returns the name of a column: without one it is the source text.
func (l *lowerer) nameOf(a Assign) string {
	if a.Name != nil {
		return a.Name.Text
	}
	if n, ok := unparen(a.Value).(Name); ok {
		return n.Text
	}
	return l.source(a.Value.Span())
}

// stats replaces all columns, or adds to them if it is inline. A key that is a
// field stays one under its new name.
func (l *lowerer) stats(s Stats) {
	after := scope{closed: true}
	if s.Inline {
		after = l.cols.clone()
	}
	for _, a := range s.Aggs {
		after.compute(l.nameOf(a.Assign))
	}
	for _, a := range s.By {
		name := l.nameOf(a)
		c := computed(name)
		if n, ok := unparen(a.Value).(Name); ok {
			c = l.cols.lookup(n.Text)
		}
		after.set(name, c)
	}
	l.cols = after
}

// define returns what a column is that EVAL makes: a field under another name
// or in another case, a flag, or something computed.
func (l *lowerer) define(name string, value Expr) column {
	x := unparen(value)
	switch v := x.(type) {
	case Name:
		return l.cols.lookup(v.Text)
	case Call:
		if o := l.operand(v); l.isConversion(v) && len(o.computed) == 0 {
			return column{operand: o}
		}
	case Cast:
		if o := l.operand(v); o.expr == "" {
			return column{operand: o}
		}
	}
	c := computed(name)
	c.flag = l.flag(x)
	return c
}

// isConversion reports whether a call only changes the case of a field or
// makes text of it.
func (l *lowerer) isConversion(x Call) bool {
	if len(x.Args) != 1 {
		return false
	}
	n, ok := unparen(x.Args[0]).(Name)
	if !ok || l.cols.lookup(n.Text).field == "" {
		return false
	}
	switch strings.ToLower(x.Name) {
	case "to_lower", "to_upper", "to_string", "to_str":
		return true
	}
	return false
}

// flag is a column with two values: yes where the condition holds, no
// otherwise. Without a no the column is null then.
type flag struct {
	cond    record.Expr
	yes, no string
	null    bool
}

// flag returns the flag that x makes, or nil: a condition, or
// case(condition, literal, literal). Only conditions on fields that are
// expressed in full count; others stay behind the name of the column.
func (l *lowerer) flag(x Expr) *flag {
	f := flag{yes: "true", no: "false"}
	cond := x
	if c, ok := x.(Call); ok && strings.EqualFold(c.Name, "case") {
		if len(c.Args) != 2 && len(c.Args) != 3 {
			return nil
		}
		cond = unparen(c.Args[0])
		var ok, isNull bool
		if f.yes, isNull, ok = literal(c.Args[1]); !ok || isNull {
			return nil
		}
		f.no, f.null = "", true
		if len(c.Args) == 3 {
			if f.no, f.null, ok = literal(c.Args[2]); !ok {
				return nil
			}
		}
		if f.yes == f.no {
			return nil
		}
	}
	if !l.isCondition(cond) {
		return nil
	}
	e, ok := l.tryCond(cond)
	if !ok {
		return nil
	}
	f.cond = e
	return &f
}

// tryCond lowers a condition without a trace. It fails where computed columns
// or opaque leaves are in it, or it is too large.
func (l *lowerer) tryCond(x Expr) (e record.Expr, ok bool) {
	errs, used := len(l.errs), l.used
	defer func() {
		switch r := recover().(type) {
		case nil:
		case tooLarge:
			ok = false
		default:
			panic(r)
		}
		l.errs, l.used = l.errs[:errs], used
	}()
	l.used = nameSet{}
	e = l.cond(x)
	return e, len(l.used.list) == 0 && !scan.HasOpaque(&e)
}

// literal returns the text of a value that stands in the query.
func literal(x Expr) (text string, isNull, ok bool) {
	switch v := unparen(x).(type) {
	case Str:
		return v.Text, false, true
	case Num:
		return v.Text, false, true
	case Bool:
		return v.String(), false, true
	case Null:
		return "null", true, true
	}
	return "", false, false
}

// test returns the condition behind a comparison with the flag.
func (f *flag) test(op, value string, isNull bool) (record.Expr, bool) {
	switch {
	case isNull:
	case op == "==" && value == f.yes, op == "!=" && !f.null && value == f.no:
		return f.cond, true
	case op == "==" && !f.null && value == f.no, op == "!=" && !f.null && value == f.yes:
		return scan.Not(f.cond), true
	}
	return record.Expr{}, false
}

// extracted returns the columns that the pattern of GROK or DISSECT makes.
//
//	GROK:    %{SYNTAX:name} %{SYNTAX:name:type} (?<name>regex)
//	DISSECT: %{name} %{+name/2} %{name->}, nothing for %{} and %{?name}
func extracted(dissect bool, pattern string) []string {
	var names []string
	for rest := pattern; rest != ""; {
		open, after, group := nextGroup(rest, !dissect)
		if !open {
			break
		}
		body, tail, closed := strings.Cut(after, group)
		if !closed {
			break
		}
		rest = tail
		name := body
		switch {
		case dissect:
			name = dissectName(body)
		case group == "}":
			_, name, _ = strings.Cut(body, ":")
			name, _, _ = strings.Cut(name, ":")
			name, _, _ = strings.Cut(name, "=")
		}
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// nextGroup finds the next "%{", or "(?<" that is not a look-behind, and says
// what follows it and what closes it.
func nextGroup(s string, regex bool) (found bool, after, closer string) {
	for i := 0; i+2 < len(s); i++ {
		switch {
		case s[i] == '%' && s[i+1] == '{':
			return true, s[i+2:], "}"
		case regex && strings.HasPrefix(s[i:], "(?<") && i+3 < len(s) && s[i+3] != '=' && s[i+3] != '!':
			return true, s[i+3:], ">"
		}
	}
	return false, "", ""
}

func dissectName(body string) string {
	name := strings.TrimSuffix(body, "->")
	if strings.HasPrefix(name, "?") {
		return ""
	}
	name = strings.TrimLeft(name, "+*&")
	name, _, _ = strings.Cut(name, "/")
	return name
}
