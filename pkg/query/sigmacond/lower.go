package sigmacond

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Search is a search identifier of a detection: its name and what it means.
type Search struct {
	Name  string
	Where record.Expr
	Size  int // scan.Count of Where
}

// Lower returns the parts that the condition c makes of searches, which stand
// in the order of the file. It is total: what has no meaning becomes an
// opaque leaf and an error.
func Lower(c Condition, searches []Search) ([]record.Part, span.Errors) {
	l := lowerer{text: c.Text, searches: searches}
	if c.Where == nil {
		where := scan.Opaque("syntax/sigma-condition", c.Text)
		return []record.Part{{Where: &where}}, nil
	}
	where := l.expr(c.Where)
	part := record.Part{Where: &where}
	if c.Aggregation != nil {
		l.having(&part, c.Aggregation)
	}
	parts := []record.Part{part}
	for _, n := range c.Near {
		near := l.expr(n.Of)
		parts = append(parts, record.Part{Name: "near", Missing: n.Not, Where: &near})
	}
	return parts, l.errs
}

type lowerer struct {
	text     string
	searches []Search
	nodes    int
	errs     span.Errors
}

func (l *lowerer) expr(x Expr) record.Expr {
	switch x := x.(type) {
	case And:
		return scan.And(l.all(x.Args)...)
	case Or:
		return scan.Or(l.all(x.Args)...)
	case Not:
		return scan.Not(l.expr(x.Arg))
	case Ident:
		return l.ident(x)
	case Of:
		return l.of(x)
	}
	panic("sigmacond: unknown node")
}

func (l *lowerer) all(args []Expr) []record.Expr {
	out := make([]record.Expr, len(args))
	for i, a := range args {
		out[i] = l.expr(a)
	}
	return out
}

func (l *lowerer) ident(x Ident) record.Expr {
	for _, s := range l.searches {
		if s.Name == x.Name {
			if !l.use(s) {
				return l.tooLarge(x.At)
			}
			return s.Where
		}
	}
	return l.opaque(x.At, "sigma/undefined-identifier", "search identifier %q is not defined in this detection", x.Name)
}

// use counts what a search adds to the tree, and reports whether there is room
// for it: "all of them and all of them and ..." must not grow without bound.
func (l *lowerer) use(s Search) bool {
	l.nodes += s.Size
	return l.nodes <= scan.MaxNodes
}

func (l *lowerer) tooLarge(at span.Span) record.Expr {
	return l.opaque(at, "sigma/condition-too-large", "condition has more than %d tests", scan.MaxNodes)
}

func (l *lowerer) opaque(at span.Span, code, format string, args ...any) record.Expr {
	l.errs.Add(at, code, format, args...)
	return scan.Opaque(code, l.text[at.Start:at.End])
}

func (l *lowerer) of(x Of) record.Expr {
	var found []record.Expr
	for _, s := range l.searches {
		if !selects(x.Pattern, s.Name) {
			continue
		}
		if !l.use(s) {
			return l.tooLarge(x.At)
		}
		found = append(found, s.Where)
	}
	switch {
	case len(found) == 0:
		return l.opaque(x.At, "sigma/no-identifier", "no search identifier fits %q", x.Pattern)
	case x.All:
		return scan.And(found...)
	}
	return scan.Or(found...)
}

// selects reports whether a selector takes the identifier name. Names that
// begin with an underscore are left out unless the pattern begins so as well
// (Sigma specification, appendix "Search-Identifier").
func selects(pattern, name string) bool {
	if strings.HasPrefix(name, "_") && !strings.HasPrefix(pattern, "_") {
		return false
	}
	if pattern == "them" {
		return true
	}
	return glob(pattern, name)
}

// glob matches name against pattern, in which only "*" is special.
func glob(pattern, name string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, first)
	if !ok {
		return false
	}
	for {
		next, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(name, rest)
		}
		i := strings.Index(name, next)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(next):], after
	}
}

// having puts the aggregation's comparison into the part.
func (l *lowerer) having(part *record.Part, a *Aggregation) {
	x := record.Expr{Expr: a.Left(), Op: scan.CompareOp(a.Op), Values: []string{a.Value}, As: a.Op}
	if a.Field != "" {
		x.Fields = []string{a.Field}
	}
	part.Having = &x
	part.Computed = []string{a.Left()}
	part.By = a.By
}
