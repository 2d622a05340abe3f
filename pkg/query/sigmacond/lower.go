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

// Searches are the search identifiers of a detection in the order of the file,
// and what its conditions, of which it may have several, made of them so far.
type Searches struct {
	list    []Search
	weights []int
	byName  map[string]int // the first of each name
	letters int            // in all names

	nodes, weight, compared int64 // with 64 bits everywhere: they go on growing
}

// NewSearches makes Searches of a list, for Lower.
func NewSearches(list []Search) *Searches {
	s := &Searches{list: list, weights: make([]int, len(list)), byName: make(map[string]int, len(list))}
	for i := range list {
		s.weights[i] = scan.Weight(&list[i].Where)
		s.letters += len(list[i].Name)
		if _, twice := s.byName[list[i].Name]; !twice {
			s.byName[list[i].Name] = i
		}
	}
	return s
}

// maxCompared bounds what is compared with the patterns of "1 of x*", in
// bytes: 100 selectors and 1,000 names of 20 letters are 4 million.
const maxCompared = 1 << 26

// Lower returns the parts that the condition c makes of searches. It is total:
// what has no meaning becomes an opaque leaf and an error.
func Lower(c Condition, searches *Searches) ([]record.Part, span.Errors) {
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
	searches *Searches
	errs     span.Errors
}

func (l *lowerer) expr(x Expr) record.Expr {
	switch x := x.(type) {
	case And:
		return scan.And(l.conjuncts(nil, x.Args)...)
	case Or:
		return scan.Or(l.disjuncts(nil, x.Args)...)
	case Not:
		return scan.Not(l.expr(x.Arg))
	case Ident:
		return l.ident(x)
	case Of:
		return l.of(x)
	}
	panic("sigmacond: unknown node")
}

// conjuncts appends the operands of an and. Those that are ands themselves are
// taken apart at once: ((a and b) and c) and d would copy them again and again.
func (l *lowerer) conjuncts(out []record.Expr, args []Expr) []record.Expr {
	for _, a := range args {
		if inner, ok := positive(a).(And); ok {
			out = l.conjuncts(out, inner.Args)
			continue
		}
		out = append(out, l.expr(a))
	}
	return out
}

// disjuncts is conjuncts for an or.
func (l *lowerer) disjuncts(out []record.Expr, args []Expr) []record.Expr {
	for _, a := range args {
		if inner, ok := positive(a).(Or); ok {
			out = l.disjuncts(out, inner.Args)
			continue
		}
		out = append(out, l.expr(a))
	}
	return out
}

// positive removes double negations.
func positive(x Expr) Expr {
	for {
		outer, ok := x.(Not)
		if !ok {
			return x
		}
		inner, ok := outer.Arg.(Not)
		if !ok {
			return x
		}
		x = inner.Arg
	}
}

func (l *lowerer) ident(x Ident) record.Expr {
	i, ok := l.searches.byName[x.Name]
	switch {
	case !ok:
		return l.opaque(x.At, "sigma/undefined-identifier", "search identifier %q is not defined in this detection", x.Name)
	case !l.use(i):
		return l.tooLarge(x.At)
	}
	return l.searches.list[i].Where
}

// use counts what search i adds to the trees, and reports whether there is room
// for it: "all of them and all of them and ..." must not grow without bound.
func (l *lowerer) use(i int) bool {
	s := l.searches
	s.nodes += int64(s.list[i].Size)
	s.weight += int64(s.weights[i])
	return s.nodes <= scan.MaxNodes && s.weight <= scan.MaxWeight
}

func (l *lowerer) tooLarge(at span.Span) record.Expr {
	return l.opaque(at, "sigma/condition-too-large", "condition has more than %d tests, or %d bytes of them", scan.MaxNodes, scan.MaxWeight)
}

func (l *lowerer) opaque(at span.Span, code, format string, args ...any) record.Expr {
	l.errs.Add(at, code, format, args...)
	return scan.Opaque(code, l.text[at.Start:at.End])
}

func (l *lowerer) of(x Of) record.Expr {
	s := l.searches
	if s.compared += int64(s.letters) + int64(len(s.list))*int64(1+len(x.Pattern)); s.compared > maxCompared {
		return l.tooLarge(x.At)
	}
	var found []record.Expr
	for i := range s.list {
		if !selects(x.Pattern, s.list[i].Name) {
			continue
		}
		if !l.use(i) {
			return l.tooLarge(x.At)
		}
		found = append(found, s.list[i].Where)
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
