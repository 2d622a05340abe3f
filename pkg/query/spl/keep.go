package spl

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// condition reads all that is left of the stage as a condition of the search
// language; nil if nothing is. If it cannot be read to its end, what stands in
// front of the mistake and is joined to it by AND is kept.
func (p *parser) condition() Node {
	if p.peek() == 0 {
		return nil
	}
	var k kept
	for more := true; more; {
		more = p.keep(&k)
	}
	if p.peek() != 0 {
		p.unexpected("a condition")
	}
	return all(k.args)
}

// and = or { [ "AND" ] or }
//
// The search language binds OR before AND, and AND may be left out.
func (p *parser) and() Node {
	var args []Node
	for more := true; more; {
		var x Node
		x, more = p.conjunct()
		args = append(args, x)
	}
	return all(args)
}

// all joins conditions by AND.
func all(args []Node) Node {
	if len(args) == 1 {
		return args[0]
	}
	return And{joined(args...), args}
}

// kept are conditions joined by AND, and where each begins.
type kept struct {
	args   []Node
	starts []int
}

// conjunct reads a condition and the AND behind it, and reports whether another
// one follows.
func (p *parser) conjunct() (x Node, more bool) {
	x = p.or()
	for p.peek() == ',' {
		p.at++ // some authors separate conditions
	}
	joined := p.keyword("AND")
	c := p.peek()
	if c != 0 && c != ')' {
		return x, true
	}
	if joined {
		p.errs.Add(span.At(p.at), "spl/unexpected-end", "unexpected end after AND, expected a condition")
	}
	return x, false
}

// keep is conjunct for conditions that do not stand in brackets: a mistake ends
// them. A bracket that nothing opened is more than that, because nobody knows
// where the other one is missing.
func (p *parser) keep(k *kept) (more bool) {
	if p.peek() == ']' {
		p.unexpected("a condition")
	}
	start, depth := p.at, p.depth
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			if p.unread(k, start, r.Span.Start) == 0 {
				panic(r)
			}
			p.errs = append(p.errs, span.Error(r))
			p.depth, p.at = depth, p.to
		default:
			panic(r)
		}
	}()
	x, more := p.conjunct()
	k.args, k.starts = append(k.args, x), append(k.starts, start)
	return more
}

// unread makes one node of all that stands behind start, where a condition
// begins that fails at a place, and returns how many conditions are left in
// front of it. Where a quote is missing, strings begin where others should end:
// conditions go with it that could be parts of strings.
func (p *parser) unread(k *kept, start, place int) int {
	n := len(k.args)
	for i := range n {
		end := start
		if i+1 < n {
			end = k.starts[i+1]
		}
		if at := p.swallows(k.starts[i], end); at >= 0 {
			n, start, place = i, k.starts[i], at
			break
		}
	}
	if p.isGlued(place) {
		for n > 0 && !endsQuoted(p.text[k.starts[n-1]:start]) {
			n--
			start = k.starts[n]
		}
	}
	k.args, k.starts = k.args[:n], k.starts[:n]
	if n > 0 {
		at := span.Span{Start: start, End: p.to}
		k.args = append(k.args, Broken{at, p.text[at.Start:at.End]})
	}
	return n
}

// endsQuoted reports whether a condition, with the AND behind it, ends with a string.
func endsQuoted(s string) bool {
	s = strings.TrimSuffix(strings.TrimRight(s, blanks), "AND")
	return strings.HasSuffix(strings.TrimRight(s, blanks+"),"), `"`)
}

// isGlued reports whether a quote or backtick stands at a place directly behind a
// word, which it should close.
func (p *parser) isGlued(at int) bool {
	return at > 0 && at < p.to && (p.text[at] == '"' || p.text[at] == '`') && !isBlank(p.text[at-1]) && strings.IndexByte("=<>(,[", p.text[at-1]) < 0
}

// swallows returns where the first string between two places begins that ends as
// only conditions do, or -1.
func (p *parser) swallows(from, to int) int {
	for i := from; i < to; i++ {
		end := p.end(i)
		if end <= i {
			continue
		}
		if p.text[i] != '"' {
			i = end - 1
			continue
		}
		s := strings.TrimRight(p.text[i+1:end-1], blanks)
		if s != "" && strings.IndexByte("=<>(,", s[len(s)-1]) >= 0 ||
			strings.HasSuffix(s, " AND") || strings.HasSuffix(s, " OR") || strings.HasSuffix(s, " NOT") {
			return i
		}
		i = end - 1
	}
	return -1
}
