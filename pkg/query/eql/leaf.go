package eql

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// leaves collects what one list of values becomes: a leaf for each operator,
// in order of first appearance. Each begins as a copy of base.
type leaves struct {
	base  record.Expr
	cased bool // the operator tells upper from lower case
	out   []record.Expr
	lists []int // which of out have values
}

// add appends a value to the leaf of op, which is made where there is none.
// Case has a meaning only for text.
func (ls *leaves) add(op, value string, text bool) {
	i := ls.find(op)
	x := &ls.out[i]
	if op != record.OpIsNull && op != record.OpIsNotNull {
		x.Values = append(x.Values, value)
		x.Cased = x.Cased || text && ls.cased
	}
}

func (ls *leaves) find(op string) int {
	for _, i := range ls.lists {
		if ls.out[i].Op == op {
			return i
		}
	}
	ls.lists = append(ls.lists, len(ls.out))
	ls.out = append(ls.out, ls.leaf(op))
	return len(ls.out) - 1
}

func (ls *leaves) leaf(op string) record.Expr {
	x := ls.base
	x.Op = op
	if op == record.OpRegexMatch && !ls.cased {
		x.Flags = "i"
	}
	return x
}

// ref appends a leaf that compares with another field or an expression.
func (ls *leaves) ref(l *lowerer, op string, x Expr) {
	leaf := ls.leaf(op)
	leaf.Cased = ls.cased
	l.right(&leaf, x)
	ls.out = append(ls.out, leaf)
}

// test lowers "left : values", like, regex and in, with and without "~".
func (l *lowerer) test(x Test) record.Expr {
	op, folded := strings.CutSuffix(x.Op, "~")
	ls := leaves{base: l.left(x.Left), cased: !folded && op != ":"}
	ls.base.As = x.Op
	for _, v := range x.List {
		s, text := v.(Str)
		_, null := v.(Null)
		switch {
		case null:
			ls.add(record.OpIsNull, "", false)
		case !literal(v):
			ls.ref(l, record.OpEq, v)
		case op == "regex":
			ls.add(record.OpRegexMatch, value(v), text)
		case op == "in" || !text:
			ls.add(record.OpEq, value(v), text)
		default:
			op, value := wildcards(s.Value).Op()
			ls.add(op, value, true)
		}
	}
	where := scan.Or(ls.out...)
	if x.Not {
		where = scan.Not(where)
	}
	return where
}

// wildcards reads the pattern of ":" and like: "*" is any text, "?" any one
// character, and there is no escape.
func wildcards(s string) scan.Pattern {
	var p scan.Pattern
	for s != "" {
		n := strings.IndexAny(s, "*?")
		if n < 0 {
			n = len(s)
		}
		p.Lit(s[:n])
		if n == len(s) {
			break
		}
		if s[n] == '*' {
			p.Any()
		} else {
			p.One()
		}
		s = s[n+1:]
	}
	return p
}

// operatorOf returns the operator that a call stands for, or "". Functions
// are named without regard to case in Elasticsearch.
func operatorOf(x Call) string {
	if len(x.Args) < 2 {
		return ""
	}
	switch strings.TrimSuffix(strings.ToLower(x.Name), "~") {
	case "startswith":
		return record.OpStartsWith
	case "endswith":
		return record.OpEndsWith
	case "stringcontains":
		return record.OpMatch
	case "wildcard":
		return record.OpWildcard
	case "match", "matchlite":
		return record.OpRegexMatch
	case "cidrmatch":
		return record.OpCIDRMatch
	}
	return ""
}

// call lowers a function that stands as a condition.
func (l *lowerer) call(x Call) record.Expr {
	op := operatorOf(x)
	switch {
	case op != "":
		return l.operator(x, op)
	case arraySearch(x):
		return l.arraySearch(x)
	}
	return l.unsupported(x.At, "unsupported/eql-function", "function %s has no operator", x.Name)
}

// operator lowers a call that stands for op on its first argument. One value
// too many is an error, but any of them is what the author means.
func (l *lowerer) operator(x Call, op string) record.Expr {
	switch op {
	case record.OpStartsWith, record.OpEndsWith, record.OpMatch:
		if len(x.Args) > 2 {
			l.errs.Add(x.At, "eql/arguments", "function %s has %d arguments, expected 2", x.Name, len(x.Args))
		}
	}
	folded := strings.HasSuffix(x.Name, "~")
	ls := leaves{base: l.left(x.Args[0]), cased: !folded && op != record.OpCIDRMatch}
	ls.base.As = x.Name
	for _, v := range x.Args[1:] {
		if !literal(v) {
			ls.ref(l, op, v)
			continue
		}
		op, value := argument(op, value(v))
		ls.add(op, value, true)
	}
	return scan.Or(ls.out...)
}

// argument returns operator and value of one literal argument.
func argument(op, value string) (string, string) {
	p := scan.Text(value)
	switch op {
	case record.OpStartsWith:
		p.Append()
	case record.OpEndsWith:
		p.Prepend()
	case record.OpMatch:
		p.Prepend()
		p.Append()
	case record.OpWildcard:
		p = wildcards(value)
	default:
		return op, value
	}
	return p.Op()
}

// arraySearch reports whether x is _arraysearch(field, $variable, condition),
// of the Endpoint dialect.
func arraySearch(x Call) bool {
	if !strings.EqualFold(x.Name, "_arraysearch") || len(x.Args) != 3 {
		return false
	}
	_, array := x.Args[0].(Field)
	v, ok := x.Args[1].(Field)
	return array && ok && strings.HasPrefix(v.Name, "$") && !strings.ContainsAny(v.Name, ".[")
}

// arraySearch lowers "some element of the array satisfies the condition" to
// the condition on the fields below the array, as nested fields of KQL are:
// a field with several values satisfies a leaf when one of them does. A
// negation inside would turn "some element does not" into "no element does",
// so such a search is opaque.
func (l *lowerer) arraySearch(x Call) record.Expr {
	if negates(x.Args[2]) {
		return l.unsupported(x.At, "unsupported/eql-arraysearch", "%s with a negation has no operator", x.Name)
	}
	array := l.name(x.Args[0].(Field))
	l.vars = append(l.vars, variableOf{x.Args[1].(Field).Name, array})
	where := l.expr(x.Args[2])
	l.vars = l.vars[:len(l.vars)-1]
	return where
}

// negates reports whether a condition has a negation or a test for null.
func negates(x Expr) bool {
	found := false
	walk(x, func(x Expr) {
		switch x := x.(type) {
		case Not:
			found = true
		case Test:
			found = found || x.Not
		case Compare:
			found = found || x.Op == "!="
		case Null:
			found = true
		case Bool:
			found = found || !x.Value
		}
	})
	return found
}
