package esql

import (
	"strings"
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
			l.cols.compute(p.New.Text)
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
		l.cols.compute(l.nameOf(a))
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
// field and has no other name stays one.
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
		if n, ok := unparen(a.Value).(Name); ok && n.Text == name {
			c = l.cols.lookup(n.Text)
		}
		after.set(name, c)
	}
	l.cols = after
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

// literal returns the text of a value that stands in the query.
func literal(x Expr) (text string, ok bool) {
	switch v := unparen(x).(type) {
	case Str:
		return v.Text, true
	case Num:
		return v.Text, true
	case Bool:
		return v.String(), true
	case Null:
		return "null", true
	}
	return "", false
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
