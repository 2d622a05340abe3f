package spl

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// cond returns the record of a condition of either language. What it cannot
// express becomes an opaque leaf.
func (l *lowerer) cond(x Node) record.Expr {
	l.count(1)
	switch x := x.(type) {
	case And:
		return scan.And(l.conds(x.Args)...)
	case Or:
		args := l.conds(x.Args)
		if !slices.ContainsFunc(args, func(e record.Expr) bool { return !isTrivial(e) }) {
			return scan.And() // only times to read
		}
		return scan.Or(args...)
	case Not:
		l.negated = !l.negated
		defer func() { l.negated = !l.negated }()
		return scan.Not(l.cond(x.Arg))
	case Hole:
		return scan.Opaque("syntax/spl-macro", x.Text)
	case Broken:
		return scan.Opaque("syntax/spl", x.Text)
	case Sub:
		return l.subTerm(x)
	case Compare:
		return l.compare(x)
	case List:
		return l.list(x)
	case Term:
		return l.term(x.Value)
	case Time:
		return scan.And()
	}
	return l.expression(x)
}

func (l *lowerer) conds(args []Node) []record.Expr {
	out := make([]record.Expr, len(args))
	for i, a := range args {
		out[i] = l.cond(a)
	}
	return out
}

// left begins a leaf with c on its left side.
func (l *lowerer) left(c column, op, as string) record.Expr {
	l.use(c)
	if c.expr != "" {
		return record.Expr{Expr: c.expr, Fields: c.fields, Op: op, As: as}
	}
	return record.Expr{Field: c.field, Op: op, As: as}
}

func (l *lowerer) use(c column) {
	l.used = addNew(l.used, c.computed...)
	if c.by != nil && len(c.computed) > 0 {
		l.keys = c.by
	}
}

// pattern returns the value with its wildcards. Only "*" is one.
func (v Value) pattern() scan.Pattern {
	var p scan.Pattern
	from := 0
	for _, star := range v.Stars {
		p.Lit(v.Text[from:star])
		p.Any()
		from = star + 1
	}
	p.Lit(v.Text[from:])
	return p
}

// term lowers a value without a field. A star alone finds everything.
func (l *lowerer) term(v Value) record.Expr {
	if v.Live {
		l.errs.Add(v.At, "unsupported/spl-function", "a function is no condition")
		return scan.Opaque("unsupported/spl-function", v.Text)
	}
	p := v.pattern()
	if op, _ := p.Op(); op == record.OpIsNotNull {
		return scan.And()
	}
	e := record.Expr{Op: record.OpKeyword, Cased: v.Word == "CASE", As: v.Word}
	if token, ok := l.token(p.Keyword()); ok {
		e.Ref = token
		return e
	}
	e.Values = []string{p.Keyword()}
	return e
}

// compare lowers "field=value" of the search language.
func (l *lowerer) compare(x Compare) record.Expr {
	c := l.cols.lookup(x.Field)
	if e, ok := l.flagged(c, x.Op, x.Value); ok {
		return e
	}
	return l.compareColumn(c, x.Op, x.Value)
}

func (l *lowerer) compareColumn(c column, op string, v Value) record.Expr {
	if c.present != nil && v.Text == "*" && strings.HasSuffix(op, "=") && op != "<=" && op != ">=" {
		return negated(op == "!=", *c.present)
	}
	switch op {
	case "=", "==", "::":
		return l.equals(c, v, op)
	case "!=":
		e := l.equals(c, v, op)
		if e.Op != record.OpEq {
			return scan.Not(e)
		}
		e.Op = record.OpNe
		return e
	}
	e := l.left(c, scan.CompareOp(op), op)
	if v.isHole() {
		return hole(c, op, v)
	}
	l.right(&e, v)
	return e
}

// right makes a value the right side of e.
func (l *lowerer) right(e *record.Expr, v Value) {
	if token, ok := l.token(v.Text); ok && !v.Live {
		e.Ref = token
		return
	}
	if v.Live {
		if v.Sub != nil {
			l.valueSearch(v.Sub.Query)
		}
		e.Ref, e.RefExpr = v.Text, true
		return
	}
	e.Values = []string{v.Text}
}

func (v Value) isHole() bool { return v.Live && v.Text[0] == '`' }

// hole is the leaf for a comparison with a macro that could not be expanded.
func hole(c column, op string, v Value) record.Expr {
	return scan.Opaque("syntax/spl-macro", c.field+" "+op+" "+v.Text)
}

// token returns the name of the column that "$name$" stands for in the search of
// map.
func (l *lowerer) token(text string) (string, bool) {
	n := len(text)
	if !l.mapped || n < 3 || text[0] != '$' || text[n-1] != '$' || strings.ContainsAny(text[1:n-1], "$*") {
		return "", false
	}
	return text[1 : n-1], true
}

// equals lowers a test for a value, which may have wildcards or be a network.
func (l *lowerer) equals(c column, v Value, as string) record.Expr {
	e := l.left(c, record.OpEq, as)
	e.Cased = v.Word == "CASE"
	if v.isHole() {
		return hole(c, as, v)
	}
	if v.Live {
		l.right(&e, v)
		return e
	}
	op, text := v.pattern().Op()
	e.Op = op
	if token, ok := l.token(text); ok {
		e.Ref = token
		return e
	}
	e.Values = []string{text}
	switch {
	case op == record.OpIsNotNull:
		e.Values = nil
	case len(v.Stars) == 0 && scan.IsNetwork(text):
		e.Op = record.OpCIDRMatch
	}
	return e
}

// list lowers "field IN (...)".
func (l *lowerer) list(x List) record.Expr {
	l.count(len(x.Values))
	c := l.cols.lookup(x.Field)
	if e, ok := l.flaggedList(c, x); ok {
		return e
	}
	return l.listColumn(c, x)
}

func (l *lowerer) listColumn(c column, x List) record.Expr {
	out := make([]record.Expr, len(x.Values))
	for i, v := range x.Values {
		out[i] = l.equals(c, v, x.Word)
		if x.Word == "!=" {
			out[i] = scan.Not(out[i])
		}
	}
	return scan.List(false, c.field, out...)
}
