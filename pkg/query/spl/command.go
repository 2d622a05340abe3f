package spl

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// regex = [ field [ "!" ] "=" ] pattern
func (p *parser) regex(at span.Span) Stage {
	x := Regex{At: at, Field: "_raw", Text: p.text[at.Start:at.End]}
	if c := p.peek(); c != 0 && c != '"' || c == '"' && p.end(p.at) < p.to {
		from := p.at
		name := p.name()
		switch op := p.operator(); op {
		case "=", "==", "!=":
			p.needField(name)
			x.Field, x.Not = fieldName(name), op == "!="
		default:
			p.at = from
		}
	}
	switch p.peek() {
	case 0:
		p.unexpected("a regular expression")
	case '"':
		if p.end(p.at) == p.to {
			x.Pattern = unescape(p.text[p.at+1 : p.to-1])
			return x
		}
		if p.end(p.at) == 0 {
			p.unclosed(p.at)
		}
	}
	for i := p.at; i < p.to; i++ {
		if p.text[i] == '"' && p.end(i) == 0 {
			p.unclosed(i)
		}
	}
	x.Pattern = p.text[p.at:p.to]
	return x
}

// measure = { option | aggregate } [ "FROM" source ] [ "WHERE" condition ] [ "BY" fields ]
func (p *parser) measure(at span.Span, command string) Stage {
	x := Measure{At: at, Command: command, Text: p.text[at.Start:at.End], Holes: p.holes()}
	where, by := p.clauses()
	end := p.to
	p.checkClosed(min(where, by), true)
	p.to = min(where, by)
	head := p.args()
	p.to = end
	head = x.from(head)
	x.Aggs = aggregates(head)
	for _, a := range head {
		x.Append = x.Append || strings.EqualFold(a.key, "append") && isTrue(a.text)
	}
	if where < end {
		stop := end
		if by > where {
			stop = by
		}
		p.at, p.to = where+len("where"), stop
		p.restriction(&x)
		x.Holes = outside(x.Holes, span.Span{Start: where, End: stop})
	}
	if by < end {
		p.at, p.to = by+len(wordOf(p.text[by:end])), end
		if where > by {
			p.to = where // the wrong order
		}
		x.By = byFields(p.args())
	}
	p.to = end
	return x
}

// restriction reads the condition of tstats. If it is wrong the rest is still good.
func (p *parser) restriction(x *Measure) {
	c, depth := trim(p.text, p.at, p.to), p.depth
	defer p.rescue(func() {
		p.depth = depth
		x.Broken = p.text[c.from:c.to]
	})
	x.Where = p.condition()
}

// outside returns the holes that are not in at, where they have their place.
func outside(holes []Hole, at span.Span) []Hole {
	out := holes[:0]
	for _, h := range holes {
		if h.At.Start < at.Start || h.At.End > at.End {
			out = append(out, h)
		}
	}
	return out
}

// clauses returns where "where" and "by" stand, or the end of the stage. Only
// the last "by" counts, because a condition could have the word.
func (p *parser) clauses() (where, by int) {
	where, by = p.to, p.to
	for i := p.at; i < p.to; i++ {
		if end := p.end(i); end > i {
			i = end - 1
			continue
		}
		switch c := p.text[i]; {
		case c == '\\':
			i += escaped(p.text, i)
		case c == '(':
			if end := p.lines.parenEnd(i, p.to); end > i {
				i = end - 1
			}
		case isWordByte(c) && (i == 0 || isBoundary(p.text[i-1])):
			word := wordOf(p.text[i:p.to])
			last := i + len(word)
			bounded := last == p.to || isBlank(p.text[last]) || strings.IndexByte("([\"`", p.text[last]) >= 0
			switch {
			case !bounded || p.isField(last):
			case strings.EqualFold(word, "where") && where == p.to:
				where = i
			case strings.EqualFold(word, "by") || strings.EqualFold(word, "groupby"):
				by = i
			}
			i = last - 1
		}
	}
	return where, by
}

func isBoundary(c byte) bool { return isBlank(c) || strings.IndexByte(")]\"`", c) >= 0 }

// isField reports whether a comparison comes at i.
func (p *parser) isField(i int) bool {
	rest := strings.TrimLeft(p.text[i:p.to], blanks)
	return rest != "" && strings.IndexByte("=<>!", rest[0]) >= 0
}

// from takes the data model out of the arguments, and returns the others.
func (x *Measure) from(args []arg) []arg {
	out := args[:0]
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case strings.EqualFold(a.key, "datamodel"):
			x.Model = strings.Trim(strings.ReplaceAll(a.text, `"`, ""), ":")
			for i+1 < len(args) && args[i+1].at.Start == a.at.End && args[i+1].key == "" { // "A"."B"
				i++
				a = args[i]
				x.Model += a.text
			}
		case a.is("from"):
			if i+1 < len(args) && args[i+1].key == "" {
				i++ // an index of its own, or a table
				name := args[i].text
				if rest, ok := cutPrefixFold(name, "datamodel:"); ok {
					x.Model = strings.ReplaceAll(rest, `"`, "")
				}
			}
		default:
			out = append(out, a)
		}
	}
	return out
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func isTrue(s string) bool {
	switch strings.ToLower(s) {
	case "t", "true", "1":
		return true
	}
	return false
}

// aggregates = { name [ "(" field ")" ] [ "AS" name ] }
func aggregates(args []arg) []Agg {
	var out []Agg
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a.key != "" || strings.HasPrefix(a.text, "`") {
			continue // an option
		}
		agg := aggregateOf(a.text)
		if i+1 < len(args) && strings.HasPrefix(args[i+1].text, "(") && !args[i+1].quoted {
			i++
			agg = aggregateOf(a.text + args[i].text)
		}
		if i+2 < len(args) && args[i+1].is("as") {
			agg.Name = args[i+2].text
			if args[i+2].key != "" {
				agg.Name = args[i+2].key
			}
			i += 2
		}
		out = append(out, agg)
	}
	return out
}

func aggregateOf(text string) Agg {
	function, of, found := strings.Cut(text, "(")
	if !found {
		return Agg{Func: strings.ToLower(text), Name: text}
	}
	of = strings.TrimSpace(strings.TrimSuffix(of, ")"))
	x := Agg{Func: strings.ToLower(strings.TrimSpace(function)), Name: text}
	if len(of) > 1 && (of[0] == '"' || of[0] == '\'') && of[len(of)-1] == of[0] {
		of = of[1 : len(of)-1]
		x.Name = function + "(" + of + ")"
	}
	if !strings.ContainsAny(of, `(")`) {
		x.Of = of
	}
	return x
}

// byFields returns the fields of a "by"; "span=1h" is an option, and PREFIX(x) a
// field whose name begins so.
func byFields(args []arg) []string {
	var out []string
	for _, a := range args {
		if a.key != "" || a.is("by") || a.is("over") || strings.HasPrefix(a.text, "`") && !a.quoted {
			continue
		}
		out = append(out, a.text)
	}
	return out
}

// stats = { option | aggregate } [ "by" fields ]
func (p *parser) stats(at span.Span, command string) Stage {
	x := Stats{At: at, Keep: classOf(command) == extends, Text: p.text[at.Start:at.End], Holes: p.holes()}
	args := p.args()
	by := len(args)
	for i, a := range args {
		if (a.is("by") || a.is("over") || a.is("groupby")) && i < by {
			by = i
		}
	}
	x.By = byFields(args[by:])
	switch command {
	case "top", "rare", "sitop", "sirare":
		x.By = append(topFields(args[:by]), x.By...)
		x.Aggs = []Agg{{Func: "count", Name: "count"}, {Func: "percent", Name: "percent"}}
		return x
	case "xyseries", "untable", "transpose", "contingency", "associate", "correlate", "fieldsummary", "anomalies":
		x.By = nil
		return x
	}
	x.Aggs = aggregates(args[:by])
	return x
}

// topFields returns the fields of top and rare, which may have a number in front.
func topFields(args []arg) []string {
	var out []string
	for _, a := range byFields(args) {
		if digits(a) != len(a) {
			out = append(out, a)
		}
	}
	return out
}

// rename = { old "AS" new }
func (p *parser) rename(at span.Span) Stage {
	x := Rename{At: at, Text: p.text[at.Start:at.End]}
	holes := p.holes()
	args := p.args()
	for len(args) >= 3 && args[1].is("as") {
		x.Pairs = append(x.Pairs, Pair{args[0].text, args[2].text})
		args = args[3:]
	}
	if len(args) > 0 {
		if len(holes) > 0 {
			return Opaque{At: at, Code: "spl/unknown-macro", Text: x.Text}
		}
		p.fail(args[0].at.Start, args[0].at.End, "spl/unexpected-token", "unexpected %.40q, expected field AS name", p.text[args[0].at.Start:args[0].at.End])
	}
	return x
}

// source reads the commands that generate rows.
func (p *parser) source(at span.Span, command string) Stage {
	x := Source{At: at, Command: command, Text: p.text[at.Start:at.End]}
	where, _ := p.clauses()
	end := p.to
	p.to = where
	x.Holes = p.ownHoles()
	args := p.args()
	p.to = end
	if where < end && (command == "inputlookup" || command == "inputcsv") {
		p.at = where + len("where")
		x.Where = p.condition()
	}
	var words []string
	for _, a := range args {
		switch {
		case a.key == "":
			words = append(words, a.text)
		case strings.EqualFold(a.key, "append"):
			x.Append = isTrue(a.text)
		}
	}
	switch command {
	case "datamodel":
		x.Model = len(words) > 0
		x.Name = strings.Join(words[:min(2, len(words))], ".")
	case "from":
		x.Name, x.Model = fromName(strings.Join(words, ""))
	default:
		if len(words) > 0 {
			x.Name = words[0]
		}
	}
	return x
}

// fromName reads "datamodel:Endpoint.Processes", "datamodel Endpoint.Processes"
// and the likes.
func fromName(s string) (name string, model bool) {
	s = strings.ReplaceAll(s, `"`, "")
	if rest, ok := cutPrefixFold(s, "datamodel"); ok {
		return strings.TrimLeft(rest, ":"), true
	}
	if _, rest, found := strings.Cut(s, ":"); found {
		return rest, false
	}
	return s, false
}

// pass reads the commands that change no column, of which some choose fields.
func (p *parser) pass(at span.Span, command string) Stage {
	x := Pass{At: at, Holes: p.holes(), Text: p.text[at.Start:at.End]}
	args := p.args()
	if command == "fields" || command == "table" || command == "return" {
		x.Drop = command == "fields" && len(args) > 0 && args[0].text == "-"
		for _, a := range args {
			switch {
			case a.key != "":
				x.Fields = append(x.Fields, a.key)
			case command == "return" && digits(a.text) == len(a.text):
			case command == "return" && strings.HasPrefix(a.text, "$"):
				x.Values = true
			case a.text != "-" && a.text != "+":
				x.Fields = append(x.Fields, a.text)
			}
		}
	}
	return x
}

// combine = { option | field } { "[" pipeline "]" }
func (p *parser) combine(at span.Span, command string) Stage {
	x := Combine{At: at, Command: command, Text: p.text[at.Start:at.End], Holes: p.ownHoles()}
	for p.peek() != 0 {
		if p.text[p.at] == ',' {
			p.at++
			continue
		}
		if p.text[p.at] == '[' {
			x.Queries = append(x.Queries, p.sub().Query)
			continue
		}
		from := p.at
		a := p.arg()
		switch {
		case strings.EqualFold(a.key, "type"):
			x.Outer = strings.EqualFold(a.text, "outer") || strings.EqualFold(a.text, "left")
		case strings.EqualFold(a.key, "search") && command == "map":
			x.Mapped = a.text
			x.Place = from + strings.IndexByte(p.text[from:p.at], '"')
		}
	}
	if len(x.Queries)+len(x.Holes) == 0 && command != "map" {
		end := span.At(p.to)
		p.errs.Add(end, "spl/unexpected-end", "unexpected end of %s, expected a subsearch in brackets", command)
	}
	return x
}
