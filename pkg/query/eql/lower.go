package eql

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Rule is what a query says of a rule, in the terms of pkg/record.
type Rule struct {
	Kind    string // record.KindMatch for an event query
	Parts   []record.Part
	Maxspan string // as written: "1m"
	Until   *record.Part
	Pipes   string // as written: "| tail 1"
}

// Read parses and lowers a query.
func Read(text string) (Rule, span.Errors) {
	q, errs := Parse(text)
	r, more := Lower(q)
	return r, append(errs, more...).Tidy()
}

// Lower returns what q means. It is total: what has no operator becomes an
// opaque leaf and an error with a code that begins with "unsupported/"; what
// was not read has a leaf with the code syntax/eql, and its error is Parse's.
func Lower(q Query) (Rule, span.Errors) {
	l := lowerer{text: q.Text}
	r := Rule{Kind: ruleKind(q.Kind), Maxspan: q.Maxspan}
	shared := l.keys(q.By)
	for i, item := range q.Items {
		r.Parts = append(r.Parts, l.item(item, shared))
		if i == 0 && len(shared)*len(q.Items) > scan.MaxNodes {
			l.errs.Add(q.By[0].Span(), "eql/too-many-keys", "%d keys of %d items are too many: they stand in the first one only", len(shared), len(q.Items))
			shared = nil
		}
	}
	if q.Until != nil {
		until := l.item(*q.Until, shared)
		r.Until = &until
	}
	if q.Kind == KindEvent {
		l.filters(&r.Parts[0], q.Pipes)
	}
	pipes := make([]string, len(q.Pipes))
	for i, p := range q.Pipes {
		pipes[i] = l.source(p.At)
	}
	r.Pipes = strings.Join(pipes, " ")
	return r, l.errs
}

func ruleKind(k Kind) string {
	switch k {
	case KindSequence:
		return record.KindSequence
	case KindSample:
		return record.KindSample
	case KindJoin:
		return record.KindJoin
	}
	return record.KindMatch
}

type lowerer struct {
	text string
	vars []variableOf
	errs span.Errors
}

// variableOf says which field the variable of an _arraysearch runs over.
type variableOf struct{ name, field string }

func (l *lowerer) source(at span.Span) string { return strings.TrimSpace(l.text[at.Start:at.End]) }

// item makes a part. A condition that is only "true" is no condition.
func (l *lowerer) item(i Item, shared []string) record.Part {
	p := record.Part{Name: i.Alias, Source: i.Category, Missing: i.Missing, Runs: i.Runs}
	p.By = append(p.By, shared...)
	p.By = append(p.By, l.keys(i.By)...)
	where := l.expr(i.Where)
	if where.And == nil || len(where.And) > 0 {
		p.Where = &where
	}
	return p
}

// keys writes join keys: fields by name, expressions as they stand.
func (l *lowerer) keys(by []Expr) []string {
	var out []string
	for _, x := range by {
		f, ok := x.(Field)
		switch {
		case ok && f.Optional:
			out = append(out, "?"+f.Name)
		case ok:
			out = append(out, f.Name)
		default:
			out = append(out, l.source(x.Span()))
		}
	}
	return out
}

// filters adds the conditions of "| filter" pipes to the part: they are on
// fields of the event, up to the first pipe that counts.
func (l *lowerer) filters(part *record.Part, pipes []Pipe) {
	for _, p := range pipes {
		switch p.Name {
		case "count", "unique_count":
			return
		case "filter":
			for _, x := range p.Args {
				where := l.expr(x)
				if part.Where != nil {
					where = scan.And(*part.Where, where)
				}
				part.Where = &where
			}
		}
	}
}

// expr lowers what stands where a condition is expected.
func (l *lowerer) expr(x Expr) record.Expr {
	switch x := x.(type) {
	case And:
		return scan.And(l.all(x.Args)...)
	case Or:
		return scan.Or(l.all(x.Args)...)
	case Not:
		return scan.Not(l.expr(x.Arg))
	case Compare:
		return l.compare(x)
	case Test:
		return l.test(x)
	case Call:
		return l.call(x)
	case Field:
		return l.bare(x)
	case Bool:
		if x.Value {
			return scan.And()
		}
		return scan.Or()
	case Relation:
		return l.unsupported(x.At, "unsupported/eql-relation", "%s of [...] has no operator", x.Name)
	case Binary, Negative, Str, Num, Null:
		return l.unsupported(x.Span(), "unsupported/eql-condition", "a value is no condition")
	case Bad:
		return scan.Opaque("syntax/eql", x.Text)
	}
	panic("eql: unknown node")
}

func (l *lowerer) all(args []Expr) []record.Expr {
	out := make([]record.Expr, len(args))
	for i, a := range args {
		out[i] = l.expr(a)
	}
	return out
}

// unsupported makes the leaf for what is right but cannot be expressed.
func (l *lowerer) unsupported(at span.Span, code, format string, args ...any) record.Expr {
	l.errs.Add(at, code, format, args...)
	return scan.Opaque(code, l.source(at))
}

// bare lowers a field alone, which means that it is true.
func (l *lowerer) bare(x Field) record.Expr {
	leaf := l.left(x)
	leaf.Op, leaf.Values = record.OpEq, []string{"true"}
	return leaf
}

// left returns a leaf that has only its left side: a field or an expression.
func (l *lowerer) left(x Expr) record.Expr {
	if f, ok := x.(Field); ok {
		return record.Expr{Field: l.name(f), Optional: f.Optional}
	}
	return record.Expr{Expr: l.source(x.Span()), Fields: l.fields(x)}
}

// name returns a field's name, with a variable replaced by what it runs over.
func (l *lowerer) name(f Field) string {
	if !strings.HasPrefix(f.Name, "$") {
		return f.Name
	}
	for i := len(l.vars) - 1; i >= 0; i-- {
		v := l.vars[i]
		if rest, ok := strings.CutPrefix(f.Name, v.name); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return v.field + rest
		}
	}
	l.errs.Add(f.At, "eql/variable", "variable %q is not defined", f.Name)
	return f.Name
}

// fields names the event fields in x, once each, in reading order.
func (l *lowerer) fields(x Expr) []string {
	var out []string
	seen := map[string]bool{}
	walk(x, func(x Expr) {
		f, ok := x.(Field)
		if !ok {
			return
		}
		if name := l.name(f); !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	})
	return out
}

// compare lowers "left op right".
func (l *lowerer) compare(x Compare) record.Expr {
	left, right, op := x.Left, x.Right, x.Op
	if literal(left) && !literal(right) {
		left, right, op = right, left, scan.Mirror(op)
	}
	switch r := right.(type) {
	case Null:
		if op == "==" || op == "!=" {
			leaf := l.left(left)
			leaf.Op, leaf.As = record.OpIsNull, x.Op
			if op == "!=" {
				leaf.Op = record.OpIsNotNull
			}
			return leaf
		}
	case Bool:
		if (op == "==" || op == "!=") && condition(left) {
			where := l.expr(left)
			if r.Value != (op == "==") {
				where = scan.Not(where)
			}
			return where
		}
	}
	leaf := l.left(left)
	leaf.Op, leaf.As = scan.CompareOp(op), x.Op
	_, text := right.(Str)
	l.right(&leaf, right)
	leaf.Cased = text || leaf.Ref != "" && (op == "==" || op == "!=")
	return leaf
}

// right gives a leaf its value, or the field or expression compared with.
func (l *lowerer) right(leaf *record.Expr, x Expr) {
	if literal(x) {
		leaf.Values = []string{value(x)}
		return
	}
	if f, ok := x.(Field); ok {
		leaf.Ref = l.name(f)
		leaf.Optional = leaf.Optional || f.Optional
		return
	}
	leaf.Ref, leaf.RefExpr = l.source(x.Span()), true
}

// value returns a constant as records have it.
func value(x Expr) string {
	if s, ok := x.(Str); ok {
		return s.Value
	}
	return x.String()
}

// condition reports whether x is true or false by its form, so that comparing
// it with true or false only repeats or negates it.
func condition(x Expr) bool {
	switch x := x.(type) {
	case And, Or, Not, Compare, Test, Relation:
		return true
	case Call:
		return operatorOf(x) != "" || arraySearch(x)
	}
	return false
}
