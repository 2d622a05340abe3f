package eql

import (
	"fmt"
	"strconv"
	"strings"
)

// How tightly nodes bind, loosest first. The parser's productions or, and,
// not, comparison, sum, product, sign and primary are these levels.
const (
	bindsOr = iota
	bindsAnd
	bindsNot
	bindsComparison
	bindsSum
	bindsProduct
	bindsSign
	bindsPrimary
)

func binding(x Expr) int {
	switch x := x.(type) {
	case Or:
		return bindsOr
	case And:
		return bindsAnd
	case Not, Relation:
		return bindsNot
	case Compare, Test:
		return bindsComparison
	case Binary:
		if x.Op == "+" || x.Op == "-" {
			return bindsSum
		}
		return bindsProduct
	case Negative:
		return bindsSign
	case Num:
		if strings.HasPrefix(x.Text, "-") {
			return bindsSign
		}
	}
	return bindsPrimary
}

// operand prints x, in brackets where it binds less than its place needs.
func operand(x Expr, least int) string {
	if binding(x) < least {
		return "(" + x.String() + ")"
	}
	return x.String()
}

func join(xs []Expr, by string, least int) string {
	parts := make([]string, len(xs))
	for i, x := range xs {
		parts[i] = operand(x, least)
	}
	return strings.Join(parts, by)
}

// String prints the condition so that it reads back as the same tree.
func (x And) String() string { return join(x.Args, " and ", bindsAnd+1) }

func (x Or) String() string { return join(x.Args, " or ", bindsOr+1) }

func (x Not) String() string { return "not " + operand(x.Arg, bindsNot) }

func (x Compare) String() string {
	return operand(x.Left, bindsSum) + " " + x.Op + " " + operand(x.Right, bindsSum)
}

func (x Test) String() string {
	left := operand(x.Left, bindsSum)
	if x.Not {
		left += " not"
	}
	return left + " " + x.Op + " (" + join(x.List, ", ", bindsOr) + ")"
}

func (x Binary) String() string {
	level := binding(x)
	return operand(x.Left, level) + " " + x.Op + " " + operand(x.Right, level+1)
}

func (x Negative) String() string { return "-" + operand(x.Arg, bindsSign) }

func (x Call) String() string { return x.Name + "(" + join(x.Args, ", ", bindsOr) + ")" }

func (x Relation) String() string { return x.Name + " of " + x.Item.String() }

func (x Field) String() string {
	if x.Optional {
		return "?" + x.Source
	}
	return x.Source
}

func (x Str) String() string { return quote(x.Value) }

func (x Num) String() string { return x.Text }

func (x Bool) String() string { return strconv.FormatBool(x.Value) }

func (Null) String() string { return "null" }

func (x Bad) String() string { return x.Text }

// quote writes s as a string with escapes.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch r {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case 0:
			b.WriteString(`\u{00}`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// String prints the item as it stands in a sequence.
func (i Item) String() string {
	s := "[" + i.filter() + "]"
	if i.Missing {
		s = "!" + s
	}
	s += by(i.By)
	if i.Runs > 0 {
		s += fmt.Sprintf(" with runs=%d", i.Runs)
	}
	if i.Alias != "" {
		s += " as " + i.Alias
	}
	return s
}

// filter prints the item as it stands in an event query.
func (i Item) filter() string {
	category := i.Category
	if !plainName(category) || keyword(category) && category != "any" {
		category = quote(category)
	}
	return category + " where " + i.Where.String()
}

func by(keys []Expr) string {
	if len(keys) == 0 {
		return ""
	}
	return " by " + join(keys, ", ", bindsOr)
}

// String prints the pipe with its bar.
func (p Pipe) String() string {
	if len(p.Args) == 0 {
		return "| " + p.Name
	}
	return "| " + p.Name + " " + join(p.Args, ", ", bindsOr)
}

// String prints the query so that it reads back as the same query.
func (q Query) String() string {
	var b strings.Builder
	if q.Kind == KindEvent {
		b.WriteString(q.Items[0].filter())
	} else {
		b.WriteString(string(q.Kind) + by(q.By))
		if q.Maxspan != "" {
			b.WriteString(" with maxspan=" + q.Maxspan)
		}
		for _, i := range q.Items {
			b.WriteString(" " + i.String())
		}
		if q.Until != nil {
			b.WriteString(" until " + q.Until.String())
		}
	}
	for _, p := range q.Pipes {
		b.WriteString(" " + p.String())
	}
	return b.String()
}
