package spl

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Parse reads a search whose macros are expanded. A stage that is wrong becomes
// an Opaque and one error.
func Parse(text string) (Query, span.Errors) {
	p := parser{text: text}
	if at := scan.InvalidUTF8(text); at >= 0 {
		p.errs.Add(span.Span{Start: at, End: at + 1}, "spl/invalid-utf8", "byte 0x%02x is no UTF-8", text[at])
		return p.whole(), p.errs
	}
	if len(text) > scan.MaxText {
		p.errs.Add(span.At(0), "spl/too-long", "search has %d bytes, more than %d", len(text), scan.MaxText)
		return p.whole(), p.errs
	}
	p.lines, p.to = outlineOf(text), len(text)
	return p.pipeline(0, len(text), false), p.errs
}

// whole is a search that is not read at all.
func (p *parser) whole() Query {
	at := span.Span{End: len(p.text)}
	return Query{Stages: []Stage{Opaque{At: at, Code: "syntax/spl", Text: p.text}}}
}

// maxStages bounds the commands of one pipeline. The longest real one has 40.
const maxStages = 1000

// pipeline reads the stages between from and to. The first word of a subsearch
// is a command even without a pipe in front.
func (p *parser) pipeline(from, to int, sub bool) Query {
	at, end, depth := p.at, p.to, p.depth
	defer func() { p.at, p.to, p.depth = at, end, depth }()
	p.enter()
	depth = p.depth - 1
	var q Query
	cuts := split(p.text, p.lines, from, to)
	if len(cuts) > maxStages {
		cuts[maxStages].to = to
		cuts = cuts[:maxStages+1]
	}
	empty := false
	for i, c := range cuts {
		if c.from == c.to {
			switch {
			case i == 0 || empty:
			case i == len(cuts)-1:
				p.errs.Add(span.At(c.from), "spl/empty-stage", "unexpected end after a pipe, expected a command")
			default:
				p.errs.Add(span.At(c.from), "spl/empty-stage", "unexpected empty command between pipes")
			}
			empty = empty || i > 0
			continue
		}
		if i == maxStages {
			at := span.Span{Start: c.from, End: c.to}
			p.errs.Add(at, "spl/too-many-stages", "search has more than %d commands", maxStages)
			q.Stages = append(q.Stages, Opaque{At: at, Code: "spl/too-many-stages", Text: clip(p.text[c.from:c.to])})
			break
		}
		p.at, p.to = c.from, c.to
		if i == 0 && !p.startsWithCommand(sub) {
			q.Bare = true
			q.Stages = append(q.Stages, p.stage(c, p.bareSearch))
			continue
		}
		q.Stages = append(q.Stages, p.stage(c, p.command))
	}
	return q
}

// startsWithCommand reports whether the first stage, which has no pipe in front,
// is more than a search without the command's name.
func (p *parser) startsWithCommand(sub bool) bool {
	word := wordOf(p.text[p.at:p.to])
	behind := p.at + len(word)
	if behind < p.to && !isBlank(p.text[behind]) && strings.IndexByte("([`\"", p.text[behind]) < 0 {
		return false
	}
	rest := strings.TrimLeft(p.text[behind:p.to], blanks)
	if rest != "" && strings.IndexByte("=<>!", rest[0]) >= 0 {
		return false
	}
	if sub {
		return classOf(word) != unknown
	}
	return isStarter(word)
}

// stage reads one stage; what is wrong with it stays in it.
func (p *parser) stage(c cut, read func() Stage) (s Stage) {
	depth := p.depth
	defer p.rescue(func() {
		p.depth = depth
		s = Opaque{At: span.Span{Start: c.from, End: c.to}, Code: "syntax/spl", Columns: p.assigned(c), Text: p.text[c.from:c.to]}
	})
	return read()
}

// assigned returns the names in front of "=" in a stage of eval.
func (p *parser) assigned(c cut) []string {
	if wordOf(p.text[c.from:c.to]) != "eval" {
		return nil
	}
	var names []string
	for i := c.from + len("eval"); i < c.to; i++ {
		if end := int(p.lines.ends[i]); end > i && end <= c.to {
			i = end - 1
			continue
		}
		if name := wordOf(p.text[i:c.to]); name != "" {
			i += len(name)
			rest := strings.TrimLeft(p.text[i:c.to], blanks)
			if strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "==") {
				names = append(names, name)
			}
		}
	}
	return names
}

func (p *parser) bareSearch() Stage {
	at := span.Span{Start: p.at, End: p.to}
	return Search{At: at, Cond: p.condition()}
}

// command = name arguments
func (p *parser) command() Stage {
	from := p.at
	at := span.Span{Start: from, End: p.to}
	text := p.text[from:p.to]
	if p.text[from] == '`' && p.end(from) > 0 {
		return Opaque{At: at, Code: "spl/unknown-macro", Text: text}
	}
	word := wordOf(text)
	if word == "" {
		p.unexpected("a command")
	}
	p.at += len(word)
	word = strings.ToLower(word)
	switch class := classOf(word); class {
	case aggregate, extends:
		p.checkClosed(p.to, true)
	case sources, renames, extracts, combines, passes:
		p.checkClosed(p.to, false)
	case measures, searches, wheres, filters, evals, unknown: // do so themselves, or fail
	}
	switch classOf(word) {
	case searches:
		return Search{at, word, p.condition()}
	case wheres:
		return Where{at, p.expression()}
	case filters:
		return p.regex(at)
	case evals:
		return Eval{at, p.assigns()}
	case measures:
		return p.measure(at, word)
	case sources:
		return p.source(at, word)
	case aggregate, extends:
		return p.stats(at, word)
	case renames:
		return p.rename(at)
	case extracts:
		return p.extract(at, word)
	case combines:
		return p.combine(at, word)
	case passes:
		return p.pass(at, word)
	case unknown:
	}
	p.errs.Add(span.Span{Start: from, End: from + len(word)}, "unsupported/spl-command", "what command %q does to events is not known", word)
	return Opaque{At: at, Code: "unsupported/spl-command", Text: text}
}

// checkClosed notes the first thing that is never closed, or never opened, in the
// arguments of a command, up to end: it is read all the same. Round brackets
// matter in aggregates; elsewhere they may belong to a word.
func (p *parser) checkClosed(end int, brackets bool) {
	for i := p.at; i < end; i++ {
		stop := p.end(i)
		if brackets && p.text[i] == '(' {
			stop = p.lines.parenEnd(i, end)
		}
		if stop > i {
			i = stop - 1
			continue
		}
		switch c := p.text[i]; {
		case c == '\\':
			i += escaped(p.text[:end], i)
		case c == '"', c == '`', brackets && c == '(':
			at, code, message := unclosed(p.text, i)
			p.errs.Add(at, code, "%s", message)
			return
		case c == ']', brackets && c == ')':
			p.errs.Add(span.Span{Start: i, End: i + 1}, "spl/unexpected-token", "unexpected %q, which nothing opened", p.text[i:i+1])
			return
		}
	}
}

// ownHoles returns the macros that could not be expanded in what is left of the
// stage, except in subsearches.
func (p *parser) ownHoles() []Hole { return p.holesIn(false) }

// holes returns the macros that could not be expanded in what is left of the stage.
func (p *parser) holes() []Hole { return p.holesIn(true) }

func (p *parser) holesIn(subsearches bool) []Hole {
	var out []Hole
	for i := p.at; i < p.to; i++ {
		end := p.end(i)
		if end <= i {
			continue
		}
		if p.text[i] == '`' {
			out = append(out, Hole{span.Span{Start: i, End: end}, p.text[i:end]})
		}
		if p.text[i] != '[' || !subsearches {
			i = end - 1
		}
	}
	return out
}

// arg is one word of a command's arguments: a word, a string or a subsearch,
// with the name in front of "=" where there is one. Text is without quotes.
type arg struct {
	at     span.Span
	key    string
	text   string
	quoted bool
}

// is reports whether the argument is a keyword, in any case.
func (a arg) is(word string) bool {
	return a.key == "" && !a.quoted && strings.EqualFold(a.text, word)
}

// args cuts what is left of the stage into arguments: blanks and commas separate
// them, brackets hold them together.
func (p *parser) args() []arg {
	var out []arg
	for {
		for p.peek() == ',' {
			p.at++
		}
		if p.at >= p.to {
			return out
		}
		out = append(out, p.arg())
	}
}

func (p *parser) arg() arg {
	from := p.at
	a := p.piece(true)
	end := p.at
	p.skip()
	if a.text != "" && p.at < p.to && p.text[p.at] == '=' {
		p.at++
		if p.peek() == '=' {
			p.at++ // "=="
		}
		value := arg{}
		if c := p.peek(); c != 0 && c != ',' {
			value = p.piece(false)
		}
		a.key, a.text, a.quoted = a.text, value.text, value.quoted
		end = p.at
	}
	a.at = span.Span{Start: from, End: end}
	return a
}

// piece reads a string, a subsearch or a word.
func (p *parser) piece(key bool) arg {
	from := p.at
	if end := p.end(from); end > from {
		p.at = end
		if p.text[from] == '"' {
			return arg{text: unescape(p.text[from+1 : end-1]), quoted: true}
		}
		return arg{text: p.text[from:end]}
	}
	for p.at < p.to {
		c := p.text[p.at]
		if isBlank(c) || c == ',' || p.at > from && (c == '=' && key || c == '"' || c == '[' && p.end(p.at) > 0) {
			break
		}
		if c == '(' {
			if end := p.lines.parenEnd(p.at, p.to); end > 0 {
				p.at = end
				continue
			}
		}
		if c == '\\' {
			p.at += escaped(p.text[:p.to], p.at)
		}
		p.at++
	}
	text := p.text[from:p.at]
	if len(text) > 2 && text[0] == '\'' && text[len(text)-1] == '\'' {
		text = text[1 : len(text)-1]
	}
	return arg{text: text}
}
