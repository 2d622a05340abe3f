package spl

import (
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Macro is a search macro: a text with a name that stands in backticks. Args are
// the names of its arguments; $name$ in the definition stands for them. The
// definition of an IsEval macro is an expression of the eval language whose
// value, a string, is the text.
type Macro struct {
	Name       string
	Args       []string
	Definition string
	IsEval     bool
}

// Macros are the macros that a search may use, by the key that Splunk itself has
// for them: the name alone, or "name(2)" with the number of arguments. What a
// built-in macro means needs no entry; an entry is stronger.
type Macros map[string]Macro

// Add adds macros. A later one of the same name and number of arguments wins.
func (m Macros) Add(macros ...Macro) {
	for _, x := range macros {
		key := macroKey(x.Name, len(x.Args))
		if at := strings.IndexByte(x.Name, '('); at > 0 && strings.HasSuffix(x.Name, ")") {
			key, x.Name = x.Name, x.Name[:at] // a stanza of macros.conf has the number already
		}
		m[key] = x
	}
}

func macroKey(name string, args int) string {
	if args == 0 {
		return name
	}
	return name + "(" + strconv.Itoa(args) + ")"
}

// find returns the macro, a built-in one, or what every filter macro is that its
// user has not defined.
func (m Macros) find(name string, args int) (Macro, bool) {
	key := macroKey(name, args)
	if x, ok := m[key]; ok {
		return x, true
	}
	if name == "comment" {
		return Macro{}, true // the text of a comment has commas
	}
	if x, ok := builtin(key); ok {
		return x, true
	}
	if args == 0 && strings.HasSuffix(name, "_filter") {
		return Macro{Name: name, Definition: "search *"}, true
	}
	return Macro{}, false
}

// maxArguments bounds the numbers of arguments that has looks for.
const maxArguments = 10

// has reports whether there is a macro of the name, whatever its arguments.
func (m Macros) has(name string) bool {
	for n := range maxArguments {
		if _, ok := m.find(name, n); ok {
			return true
		}
	}
	return false
}

// builtin returns the macros of Splunk's own apps (the Common Information Model,
// Enterprise Security) that searches use without bringing them, as far as they
// matter for conditions.
func builtin(key string) (Macro, bool) {
	arg := []string{"x"}
	switch key {
	case "drop_dm_object_name(1)":
		return Macro{Args: arg, Definition: `rename "$x$.*" as *`}, true
	case "security_content_summariesonly", "summariesonly":
		return Macro{Definition: "summariesonly=false allow_old_summaries=true fillnull_value=null"}, true
	case "security_content_ctime(1)":
		return Macro{Args: arg, Definition: "convert ctime($x$)"}, true
	case "get_asset(1)":
		return Macro{Args: arg, Definition: "lookup asset_lookup_by_str asset as $x$"}, true
	case "get_risk_severity(1)":
		return Macro{Args: arg, Definition: "eval severity=get_risk_severity($x$)"}, true
	case "globedistance(4)":
		return Macro{Args: []string{"a", "b", "c", "d"}, Definition: "eval distance=globedistance($a$,$b$,$c$,$d$)"}, true
	case "globedistance(5)":
		return Macro{Args: []string{"a", "b", "c", "d", "e"}, Definition: "eval distance=globedistance($a$,$b$,$c$,$d$,$e$)"}, true
	case "cim_corporate_web_domain_search(1)":
		return Macro{Args: arg, Definition: `[| inputlookup cim_corporate_web_domain_lookup | rename domain as "$x$" | fields "$x$"]`}, true
	case "cim_corporate_email_domain_search(1)":
		return Macro{Args: arg, Definition: `[| inputlookup cim_corporate_email_domain_lookup | rename domain as "$x$" | fields "$x$"]`}, true
	}
	return Macro{}, false
}

// Bounds of an expansion. Splunk stops at 100 levels as well; the search with
// the most macros here uses 30 of them.
const (
	maxMacroDepth = 100
	maxMacroUses  = 10_000
)

// Places says where the bytes of an expanded text come from. Names are those of
// the macros, each once, in the order of their use.
type Places struct {
	Names  []string
	pieces span.Map
	inside []inside
}

// inside is a stretch of expanded text that comes from a macro's definition.
type inside struct {
	text  span.Span
	macro string
	use   span.Span // of the outermost macro in the rule
}

// Span returns the place in the rule of a span of the expanded text. For
// everything inside a macro that is where the outermost macro is used.
func (p *Places) Span(s span.Span) span.Span {
	if s.Start == s.End && p.Macro(s.Start) == "" && p.Macro(s.Start-1) != "" {
		s.Start-- // the end of a macro belongs to it
		return p.place(s.Start, s.End)
	}
	at := p.place(s.Start, s.Start)
	if s.End > s.Start {
		at = span.Join(at, p.place(s.End-1, s.End))
	}
	return at
}

// place returns the use of the macro that has the byte at off, or the span in
// the rule from off to end.
func (p *Places) place(off, end int) span.Span {
	if x := p.innermost(off); x != nil {
		return x.use
	}
	start := p.pieces.Offset(off)
	return span.Span{Start: start, End: start + end - off}
}

// Macro returns the name of the innermost macro whose definition has the byte at
// off of the expanded text, or "".
func (p *Places) Macro(off int) string {
	if x := p.innermost(off); x != nil {
		return x.macro
	}
	return ""
}

// innermost is the first of the stretches that hold off: inner ones end, and are
// noted, before outer ones.
func (p *Places) innermost(off int) *inside {
	for i := range p.inside {
		if x := &p.inside[i]; x.text.Start <= off && off < x.text.End {
			return x
		}
	}
	return nil
}

// Errors moves errs from the expanded text into the rule; one that stands in a
// macro says in which.
func (p *Places) Errors(errs span.Errors) span.Errors {
	for i, e := range errs {
		name := p.Macro(e.Span.Start)
		if name == "" && e.Span.Start == e.Span.End {
			name = p.Macro(e.Span.Start - 1)
		}
		if name != "" {
			errs[i].Msg += " in macro " + strconv.Quote(name)
		}
		errs[i].Span = p.Span(e.Span)
	}
	return errs
}

// Expand replaces the macros of text by their definitions, as text, before
// anything else is read, and comments by a blank. A macro that is missing, or
// uses itself, stays in the text as it was written, in its backticks.
func Expand(text string, m Macros) (expanded string, places Places, errs span.Errors) {
	if len(text) > scan.MaxText {
		errs.Add(span.At(0), "spl/too-long", "search has %d bytes, more than %d", len(text), scan.MaxText)
		return text, places, errs
	}
	x := expander{macros: m}
	x.expand(text)
	return x.out.String(), x.places, x.errs.Tidy()
}

type expander struct {
	macros Macros
	out    strings.Builder
	places Places
	stack  []string  // the keys of the macros that are being expanded
	use    span.Span // of the outermost of them
	uses   int
	read   int // bytes of definitions
	errs   span.Errors
}

// expand writes text with the macros in it expanded. A backtick in a string is
// no macro.
func (x *expander) expand(text string) {
	o := outlineOf(text)
	from := 0
	for i := 0; i < len(text); i++ {
		end := int(o.ends[i])
		switch {
		case end <= i || text[i] == '[':
			if text[i] == '\\' {
				i += escaped(text, i)
			}
			continue
		case text[i] == '"':
			i = end - 1
			continue
		}
		x.copy(text, from, i)
		if strings.HasPrefix(text[i:], comment) {
			x.blank(i)
		} else {
			x.macro(text, i, end)
		}
		from = end
		i = end - 1
	}
	x.copy(text, from, len(text))
}

// copy writes text[from:to] as it is, and notes where it stands in the rule.
func (x *expander) copy(text string, from, to int) {
	if len(x.stack) == 0 {
		x.places.pieces.Add(x.out.Len(), from, false)
	}
	x.out.WriteString(text[from:to])
}

func (x *expander) blank(at int) {
	if len(x.stack) == 0 {
		x.places.pieces.Add(x.out.Len(), at, true)
	}
	x.out.WriteByte(' ')
}

// macro writes the definition of the macro in text[from:to], backticks included,
// or the macro itself if it cannot be expanded.
func (x *expander) macro(text string, from, to int) {
	name, args := macroCall(text[from+1 : to-1])
	if len(x.stack) == 0 {
		x.use = span.Span{Start: from, End: to}
	}
	definition, ok := x.definition(name, args)
	if !ok {
		x.copy(text, from, to)
		return
	}
	start := x.out.Len()
	x.stack = append(x.stack, macroKey(name, len(args)))
	x.expand(definition)
	x.stack = x.stack[:len(x.stack)-1]
	x.places.inside = append(x.places.inside, inside{span.Span{Start: start, End: x.out.Len()}, name, x.use})
}

// definition returns what stands for a macro, with its arguments in place.
func (x *expander) definition(name string, args []string) (string, bool) {
	x.places.Names = addNew(x.places.Names, name)
	key := macroKey(name, len(args))
	m, found := x.macros.find(name, len(args))
	switch {
	case !found && x.macros.has(name):
		return x.fail("spl/macro-arguments", "macro %q does not take %d arguments", name, len(args))
	case !found:
		return x.fail("spl/unknown-macro", "macro %q is not known", key)
	case contains(x.stack, key):
		return x.fail("spl/macro-loop", "macro %q uses itself", key)
	case len(x.stack) >= maxMacroDepth:
		return x.fail("spl/macro-too-deep", "macros nest more than %d levels", maxMacroDepth)
	case x.uses >= maxMacroUses:
		return x.fail("spl/macro-too-many", "macros are used more than %d times", maxMacroUses)
	}
	x.uses++
	text := substitute(m, args)
	x.read += len(text)
	if x.out.Len()+len(text) > scan.MaxText || x.read > 4*scan.MaxText {
		return x.fail("spl/macro-too-long", "macros expand to more than %d bytes", scan.MaxText)
	}
	if !m.IsEval {
		return text, true
	}
	if text, found = constant(text); !found {
		return x.fail("unsupported/spl-eval-macro", "the expression of macro %q is not computed", key)
	}
	return text, true
}

func (x *expander) fail(code, format string, args ...any) (string, bool) {
	e := span.Errorf(x.use, code, format, args...)
	if n := len(x.stack); n > 0 {
		e.Msg += " in macro " + strconv.Quote(x.stack[n-1])
	}
	x.errs = append(x.errs, e)
	return "", false
}

// substitute returns the definition of m with $name$ replaced by arguments.
func substitute(m Macro, args []string) string {
	if len(args) == 0 {
		return m.Definition
	}
	pairs := make([]string, 0, 2*len(args))
	for i, name := range m.Args[:min(len(m.Args), len(args))] {
		pairs = append(pairs, "$"+strings.TrimSpace(name)+"$", args[i])
	}
	grow := 0
	for _, a := range args {
		grow = max(grow, len(a))
	}
	if strings.Count(m.Definition, "$")/2*grow > scan.MaxText {
		return strings.Repeat(" ", scan.MaxText+1) // refused by its length
	}
	return strings.NewReplacer(pairs...).Replace(m.Definition)
}

// macroCall reads `name` or `name(arguments)`: commas separate arguments except
// in quotes and brackets, and quotes around one do not belong to it.
func macroCall(text string) (name string, args []string) {
	text = strings.TrimSpace(text)
	name, rest, found := strings.Cut(text, "(")
	if !found || !strings.HasSuffix(rest, ")") {
		return text, nil
	}
	name, rest = strings.TrimSpace(name), rest[:len(rest)-1]
	if strings.TrimSpace(rest) == "" {
		return name, nil
	}
	depth, from := 0, 0
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '"':
			if end := stringEnd(rest, i); end > 0 {
				i = end - 1
			}
		case '\\':
			i++
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				args = append(args, argument(rest[from:i]))
				from = i + 1
			}
		}
	}
	return name, append(args, argument(rest[min(from, len(rest)):]))
}

func argument(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 1 && s[0] == '"' && stringEnd(s, 0) == len(s) {
		return unescape(s[1 : len(s)-1])
	}
	return s
}

// unescape resolves the escapes of a string: a backslash before a backslash, a
// quote or a pipe goes away, every other one is only a backslash.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`\"|`, s[i+1]) >= 0 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// constant computes an expression that only joins texts and numbers.
func constant(text string) (string, bool) {
	x, errs := ParseExpr(text)
	if len(errs) > 0 {
		return "", false
	}
	return constantOf(x)
}

func constantOf(x Node) (string, bool) {
	switch x := x.(type) {
	case Str:
		return x.Text, true
	case Num:
		return x.Text, true
	case Arith:
		if x.Op != "." && x.Op != "+" {
			return "", false
		}
		left, ok := constantOf(x.Left)
		right, too := constantOf(x.Right)
		_, number := x.Left.(Num)
		return left + right, ok && too && (x.Op == "." || !number)
	}
	return "", false
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// addNew appends the names that list does not have. In a list longer than any
// real one they may stand twice: looking for them would take too long.
func addNew(list []string, names ...string) []string {
	for _, s := range names {
		if len(list) > 1000 || !contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
