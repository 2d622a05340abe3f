// Package normalize brings the rules of different vendors into one form: it
// turns a rule's trees into a flat list of predicates with roles, canonical
// fields and comparable values, ties the rule to catalog events and brings its
// ATT&CK ids to the current version. design/normal-form.md says what each of
// them means. The package reads and writes records, never rule files.
package normalize

import (
	"fmt"

	"github.com/rulepipe/rulepipe/pkg/attack"
	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// The bounds of a rule. None of the public ones comes near them: the deepest
// has 6 levels, the largest 4,432 values in a record of 0.5 MB. They keep a
// hostile record from taking the stack or the machine's memory.
const (
	maxDepth  = 500
	maxNodes  = 100_000 // conditions and values
	maxRecord = 4 << 20 // bytes; decoded, small members take fifty times their text
)

// Codes of the problems with a record.
const (
	codeSyntax    = "record/syntax"
	codeType      = "record/wrong-type"
	codeDeep      = "record/too-deep"
	codeLarge     = "record/too-large"
	codeOversize  = "record/oversize"
	codeShape     = "record/bad-condition"
	codeOp        = "record/unknown-operator"
	codeTechnique = "attack/unknown-technique"
)

// Problem is why a rule could not be normalized, or what is odd about it.
type Problem struct {
	Code    string
	Message string
	Warning bool // the rule was normalized all the same
}

func (p *Problem) Error() string { return p.Message }

func problemf(code, format string, args ...any) *Problem {
	return &Problem{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Normalizer normalizes rules one after the other. It keeps its memory and
// what it found out about log sources and techniques from rule to rule.
type Normalizer struct {
	walker     walker
	origins    map[[4]string]*origin
	indexes    map[string]*origin // of Elastic, by what the rule's log source is made of
	key        []byte             // of indexes, to be built in
	techniques map[string]record.Attack
	attack     []record.Attack
	normal     record.Normal
}

// Tables are what a user has beside the embedded tables. The zero Tables are
// nothing.
type Tables struct {
	Fields *field.Table
	Events *event.Catalog
	Attack *attack.Table
}

// New returns a Normalizer.
func New(t Tables) *Normalizer {
	return &Normalizer{
		walker:     walker{tables: t, events: tie{catalog: t.Events}},
		origins:    make(map[[4]string]*origin),
		indexes:    make(map[string]*origin),
		techniques: make(map[string]record.Attack),
	}
}

// Rule returns what normalizing adds to the rule and what is odd about it. The
// error is a *Problem; the rule has then no normal form. The result is valid
// until the next call.
func (n *Normalizer) Rule(s *record.Subject) (*record.Normal, []Problem, error) {
	if err := check(s); err != nil {
		return nil, nil, err
	}
	w := &n.walker
	w.begin(s, n.origin(s))
	for i := range s.Parts {
		w.part(i, &s.Parts[i])
	}
	if len(s.Parts) == 0 {
		w.events.add(w.events.origin.events)
	}
	problems := n.attackOf(s.Techniques)
	n.normal = record.Normal{
		Predicates: w.predicates,
		Events:     w.events.list,
		Attack:     n.attack,
		Platforms:  w.events.platforms,
	}
	if len(w.events.platforms) == 0 {
		n.normal.Platforms = nil
	}
	return &n.normal, problems, nil
}

// check looks at the shape of every condition, so that the walk can rely on it.
func check(s *record.Subject) error {
	nodes := 0
	for i := range s.Parts {
		for _, e := range []*record.Expr{s.Parts[i].Where, s.Parts[i].Having} {
			if e == nil {
				continue
			}
			if p := checkExpr(e, 1, &nodes); p != nil {
				p.Message = fmt.Sprintf("part %d: %s", i, p.Message)
				return p
			}
		}
	}
	return nil
}

func checkExpr(e *record.Expr, depth int, nodes *int) *Problem {
	*nodes += 1 + len(e.Values)
	switch {
	case depth > maxDepth:
		return problemf(codeDeep, "condition nested deeper than %d levels", maxDepth)
	case *nodes > maxNodes:
		return problemf(codeLarge, "more than %d conditions and values", maxNodes)
	case kinds(e) != 1:
		return problemf(codeShape, "unexpected condition with %d of and, or, not and op, expected one", kinds(e))
	case e.Op != "":
		return checkLeaf(e)
	case e.Not != nil:
		return checkExpr(e.Not, depth+1, nodes)
	}
	for _, list := range [][]record.Expr{e.And, e.Or} {
		for i := range list {
			if p := checkExpr(&list[i], depth+1, nodes); p != nil {
				return p
			}
		}
	}
	return nil
}

// kinds counts the kinds of condition that e claims to be.
func kinds(e *record.Expr) int {
	n := 0
	for _, is := range []bool{e.And != nil, e.Or != nil, e.Not != nil, e.Op != ""} {
		if is {
			n++
		}
	}
	return n
}

func checkLeaf(e *record.Expr) *Problem {
	switch e.Op {
	case record.OpIsNull, record.OpIsNotNull, record.OpOpaque:
		return nil
	case record.OpEq, record.OpNe, record.OpMatch, record.OpStartsWith, record.OpEndsWith, record.OpWildcard,
		record.OpRegexMatch, record.OpCIDRMatch, record.OpGt, record.OpGte, record.OpLt, record.OpLte, record.OpKeyword:
		if len(e.Values) == 0 && e.Ref == "" {
			return problemf(codeShape, "condition %s on %q without values", e.Op, e.Field)
		}
		return nil
	}
	return problemf(codeOp, "unknown operator %q", e.Op)
}
