package spl

import (
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// choice is a column that eval made with if, case or coalesce: conditions on
// fields of the event decide between values that stand in the search, null, and
// other fields. Without branches it is one of these.
type choice struct {
	cond    record.Expr
	yes, no *choice
	value   string
	null    bool
	field   *column
	leaves  int
}

// probe is a test of a column: of a value that stands in the search, and of a field.
type probe struct {
	value func(value string, null bool) bool
	field func(column) record.Expr
}

// maxLeaves bounds the values that one choice decides between; it keeps what
// grows with their square small. The longest case of real rules has 34.
const maxLeaves = 100

// define returns what a column is that eval makes: a field under another name or
// in another case, a flag, or something computed.
func (l *lowerer) define(name string, value Node) column {
	switch v := value.(type) {
	case Name:
		return l.cols.lookup(v.Text).named(name)
	case Call:
		if of, ok := l.recased(v); ok {
			return of
		}
	case Str, Num:
		return computed(name)
	}
	c := computed(name)
	c.flag = l.choice(value)
	return c
}

// recased returns the field that a call only changes the case of, or makes text
// or a number of.
func (l *lowerer) recased(x Call) (column, bool) {
	if len(x.Args) != 1 {
		return column{}, false
	}
	n, ok := x.Args[0].(Name)
	if !ok {
		return column{}, false
	}
	c := l.cols.lookup(n.Text)
	switch strings.ToLower(x.Name) {
	case "lower", "upper":
		c.folded = true
	case "tostring", "tonumber":
	default:
		return column{}, false
	}
	c.flag = nil
	return c, len(c.computed) == 0
}

func isChoice(x Node) bool {
	c, ok := x.(Call)
	return ok && strings.EqualFold(c.Name, "case")
}

// choice returns the choice that x makes, or nil if it is none: if a condition
// is not about fields of the event alone, or not expressed in full, the column
// stands for itself.
func (l *lowerer) choice(x Node) *choice {
	switch x := x.(type) {
	case Str, Num:
		text, _ := literal(x)
		return &choice{value: text, leaves: 1}
	case Name:
		if _, known := l.cols.columns[x.Text]; !known && x.Source == "null" {
			return &choice{null: true, leaves: 1} // a field that no event has
		}
		c := l.cols.lookup(x.Text)
		if len(c.computed) > 0 || c.field == "" || c.gathers != "" {
			return c.flag
		}
		return &choice{field: &c, leaves: 1}
	case Call:
		return l.callChoice(x)
	}
	return nil
}

func (l *lowerer) callChoice(x Call) *choice {
	n := len(x.Args)
	switch name := strings.ToLower(x.Name); {
	case name == "null" && n == 0:
		return &choice{null: true, leaves: 1}
	case name == "true" && n == 0 || name == "false" && n == 0:
		return &choice{value: name, leaves: 1}
	case name == "if" && n == 3:
		return l.branch(x.Args[0], l.choice(x.Args[1]), func() *choice { return l.choice(x.Args[2]) })
	case name == "case" && n > 1 && n%2 == 0:
		return l.arms(x.Args)
	case name == "coalesce" && n > 0 && n <= maxLeaves:
		return l.coalesce(x.Args)
	}
	return nil
}

// coalesce is the first of its arguments that is not null.
func (l *lowerer) coalesce(args []Node) *choice {
	first := l.choice(args[0])
	if first == nil || len(args) == 1 {
		return first
	}
	switch {
	case first.yes != nil:
		return nil
	case first.null:
		return l.coalesce(args[1:])
	case first.field == nil:
		return first
	}
	rest := l.coalesce(args[1:])
	if rest == nil {
		return nil
	}
	present := record.Expr{Field: first.field.field, Op: record.OpIsNotNull, As: "coalesce"}
	return &choice{cond: present, yes: first, no: rest, leaves: 1 + rest.leaves}
}

// arms reads case from its end, where nothing is left but null.
func (l *lowerer) arms(args []Node) *choice {
	if len(args) == 0 {
		return &choice{null: true, leaves: 1}
	}
	if len(args) > 2*maxLeaves {
		return nil
	}
	return l.branch(args[0], l.choice(args[1]), func() *choice { return l.arms(args[2:]) })
}

func (l *lowerer) branch(cond Node, yes *choice, rest func() *choice) *choice {
	if yes == nil {
		return nil
	}
	e, ok := l.try(cond)
	if !ok {
		return nil
	}
	if isTrivial(e) {
		return yes
	}
	no := rest()
	if no == nil || yes.leaves+no.leaves > maxLeaves {
		return nil
	}
	return &choice{cond: e, yes: yes, no: no, leaves: yes.leaves + no.leaves}
}

// try lowers a condition without a trace. It fails where computed columns or
// opaque leaves are in it, or it is too large.
func (l *lowerer) try(x Node) (e record.Expr, ok bool) {
	if !l.isCondition(x) && !isCall(x, "true", 0) {
		return record.Expr{}, false
	}
	errs, parts, used, keys := len(l.errs), len(l.parts), l.used, l.keys
	defer func() {
		switch r := recover().(type) {
		case nil:
		case tooLarge:
			ok = false
		default:
			panic(r)
		}
		l.errs, l.used, l.keys = l.errs[:errs], used, keys
		if !ok {
			l.parts = l.parts[:parts]
		}
	}()
	l.used = nil
	e = l.cond(x)
	return e, len(l.used) == 0 && !scan.HasOpaque(&e)
}

func (c *choice) canBeNull() bool {
	if c.yes == nil {
		return c.null
	}
	return c.yes.canBeNull() || c.no.canBeNull()
}

// decide returns the condition under which the value of c passes the test.
func (l *lowerer) decide(c *choice, test probe) (record.Expr, bool) {
	if c == nil {
		return record.Expr{}, false
	}
	return l.when(c, test), true
}

func (l *lowerer) when(c *choice, test probe) record.Expr {
	l.count(1)
	switch {
	case c.field != nil:
		return test.field(*c.field)
	case c.yes == nil:
		return truth(test.value(c.value, c.null))
	}
	yes, no := l.when(c.yes, test), l.when(c.no, test)
	l.count(scan.Count(&c.cond))
	switch {
	case isTrivial(yes) && isTrivial(no), isFalse(yes) && isFalse(no):
		return yes
	case isTrivial(yes) && isFalse(no):
		return c.cond
	case isFalse(yes) && isTrivial(no):
		return scan.Not(c.cond)
	case isTrivial(yes):
		return scan.Or(c.cond, no)
	case isFalse(yes):
		return guard(scan.Not(c.cond), no)
	case isTrivial(no):
		return scan.Or(scan.Not(c.cond), yes)
	case isFalse(no):
		return guard(c.cond, yes)
	}
	return scan.Or(guard(c.cond, yes), guard(scan.Not(c.cond), no))
}

// guard returns cond and x, without a cond that says no more than x.
func guard(cond, x record.Expr) record.Expr {
	if cond.Op == record.OpIsNotNull && needs(x, cond.Field) {
		return x
	}
	return scan.And(cond, x)
}

// needs reports whether x is a test that only passes where the field is present.
func needs(x record.Expr, field string) bool {
	return x.Field == field && field != "" && x.Op != record.OpIsNull
}

func isFalse(x record.Expr) bool { return x.Or != nil && len(x.Or) == 0 }

// flagged returns the condition behind a flag that the search language compares.
func (l *lowerer) flagged(c column, op string, v Value) (record.Expr, bool) {
	if c.flag == nil || v.Live || v.Word != "" {
		return record.Expr{}, false
	}
	if test, ok := searchTest(op, v); ok {
		return l.decide(c.flag, probe{test, func(c column) record.Expr { return l.compareColumn(c, op, v) }})
	}
	return record.Expr{}, false
}

func searchTest(op string, v Value) (func(string, bool) bool, bool) {
	if len(v.Stars) == 0 {
		return comparison(op, v.Text, true)
	}
	p := v.pattern().EachLiteral(strings.ToLower)
	switch op {
	case "=", "==":
		return func(s string, null bool) bool { return !null && globs(p, strings.ToLower(s)) }, true
	case "!=":
		return func(s string, null bool) bool { return !null && !globs(p, strings.ToLower(s)) }, true
	}
	return nil, false
}

func (l *lowerer) flaggedList(c column, x List) (record.Expr, bool) {
	if c.flag == nil || x.Word == "!=" {
		return record.Expr{}, false
	}
	var tests []func(string, bool) bool
	for _, v := range x.Values {
		test, ok := searchTest("=", v)
		if !ok || v.Live {
			return record.Expr{}, false
		}
		tests = append(tests, test)
	}
	return l.decide(c.flag, probe{anyOf(tests), func(c column) record.Expr { return l.listColumn(c, x) }})
}

// decideIn returns the condition behind a flag in "flag IN (...)".
func (l *lowerer) decideIn(x In) (record.Expr, bool) {
	n, ok := x.Left.(Name)
	if !ok {
		return record.Expr{}, false
	}
	flag := l.cols.lookup(n.Text).flag
	if flag == nil {
		return record.Expr{}, false
	}
	var tests []func(string, bool) bool
	for _, item := range x.List {
		text, ok := literal(item)
		if !ok {
			return record.Expr{}, false
		}
		test, _ := comparison("=", text, false)
		tests = append(tests, test)
	}
	return l.decide(flag, probe{anyOf(tests), func(c column) record.Expr { return l.inColumn(c, x) }})
}

func anyOf(tests []func(string, bool) bool) func(string, bool) bool {
	return func(s string, null bool) bool {
		for _, test := range tests {
			if test(s, null) {
				return true
			}
		}
		return false
	}
}

// isTrueProbe tests a column that is a condition by itself.
func (l *lowerer) isTrueProbe() probe { return probe{isTrueText, l.bareColumn} }

func isTrueText(s string, null bool) bool { return !null && (strings.EqualFold(s, "true") || s == "1") }

// comparison returns the test of a value against text: as numbers where both
// are, else as texts, without case if fold says so. What is null passes none.
func comparison(op, text string, fold bool) (func(string, bool) bool, bool) {
	b, isNumber := numberOf(text)
	order := func(s string) int {
		a, isToo := numberOf(s)
		switch {
		case isToo && isNumber && a < b:
			return -1
		case isToo && isNumber && a > b:
			return 1
		case isToo && isNumber || fold && strings.EqualFold(s, text):
			return 0
		}
		return strings.Compare(s, text)
	}
	var holds func(int) bool
	switch op {
	case "=", "==":
		holds = func(n int) bool { return n == 0 }
	case "!=":
		holds = func(n int) bool { return n != 0 }
	case "<":
		holds = func(n int) bool { return n < 0 }
	case "<=":
		holds = func(n int) bool { return n <= 0 }
	case ">":
		holds = func(n int) bool { return n > 0 }
	case ">=":
		holds = func(n int) bool { return n >= 0 }
	default:
		return nil, false
	}
	return func(s string, null bool) bool { return !null && holds(order(s)) }, true
}

// numberOf returns the number that s is; words like "nan" are none.
func numberOf(s string) (float64, bool) {
	if strings.Trim(s, "+-.0123456789eE") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// globs reports whether the pattern matches all of s.
func globs(p scan.Pattern, s string) bool {
	const one, star = -1, -2
	var want []int // bytes and wildcards
	p.Each(func(text string) {
		for i := range len(text) {
			want = append(want, int(text[i]))
		}
	}, func(any bool) {
		if any {
			want = append(want, star)
			return
		}
		want = append(want, one)
	})
	at, i := 0, 0
	retry, from := -1, 0 // the last star, and where what follows it was looked for
	for i < len(s) {
		switch {
		case at < len(want) && want[at] == star:
			retry, from = at, i
			at++
		case at < len(want) && (want[at] == one || want[at] == int(s[i])):
			at++
			i++
		case retry >= 0:
			from++
			at, i = retry+1, from
		default:
			return false
		}
	}
	for at < len(want) && want[at] == star {
		at++
	}
	return at == len(want)
}
