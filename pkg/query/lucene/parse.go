package lucene

import (
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Parse reads a query by the grammar of Lucene's classic parser. With an error
// Where is nil.
func Parse(text string) (q Query, errs span.Errors) {
	q.Text = text
	if len(text) > scan.MaxText {
		errs.Add(span.At(0), "lucene/too-long", "query has %d bytes, more than %d", len(text), scan.MaxText)
		return q, errs
	}
	if at := scan.InvalidUTF8(text); at >= 0 {
		errs.Add(span.Span{Start: at, End: at + 1}, "lucene/invalid-utf8", "byte 0x%02x is no UTF-8", text[at])
		return q, errs
	}
	p := parser{text: text, tokens: lex(text)}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			q = Query{Text: text}
			errs = span.Errors{span.Error(r)}
		default:
			panic(r)
		}
	}()
	if p.peek().kind == end {
		return q, nil
	}
	g := p.clauses()
	if p.peek().kind != end {
		p.unexpected("a clause or the end")
	}
	q.Where = &g
	return q, nil
}

// failure leaves the parser at the first error.
type failure span.Error

type parser struct {
	text   string
	tokens []token
	at     int
	depth  int
	nodes  int
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) peekAt(n int) token { return p.tokens[min(p.at+n, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end && t.kind != bad {
		p.at++
	}
	return t
}

func (p *parser) expect(k kind, expected string) token {
	if p.peek().kind != k {
		p.unexpected(expected)
	}
	return p.next()
}

// since returns the place of what was read from start on.
func (p *parser) since(start int) span.Span {
	return span.Span{Start: start, End: p.tokens[p.at-1].span.End}
}

func (p *parser) fail(code, format string, args ...any) {
	panic(failure(span.Errorf(p.peek().span, code, format, args...)))
}

func (p *parser) unexpected(expected string) {
	t := p.peek()
	switch t.kind {
	case bad:
		p.fail(t.code, "%s", t.text)
	case end:
		p.fail("lucene/unexpected-end", "unexpected end of query, expected %s", expected)
	}
	p.fail("lucene/unexpected-token", "unexpected %.40q in query, expected %s", p.text[t.span.Start:t.span.End], expected)
}

// clauses = clause { [ "AND" | "OR" ] clause }
func (p *parser) clauses() Group {
	start := p.peek().span.Start
	out := []Clause{p.clause(ConjNone)}
	for {
		switch p.peek().kind {
		case end, close_:
			return Group{At: p.since(start), Clauses: out}
		case and:
			p.next()
			out = append(out, p.clause(ConjAnd))
		case or:
			p.next()
			out = append(out, p.clause(ConjOr))
		default:
			out = append(out, p.clause(ConjNone))
		}
	}
}

// clause = [ "+" | "-" | "NOT" ] [ ( term | "*" ) ":" ] ( group | test )
func (p *parser) clause(conj Conj) Clause {
	start := p.peek().span.Start
	c := Clause{Conj: conj}
	switch p.peek().kind {
	case plus:
		p.next()
		c.Mod = ModRequired
	case minus, not:
		p.next()
		c.Mod = ModProhibited
	}
	if t := p.peek(); t.kind == term && p.peekAt(1).kind == colon && (len(t.wilds) == 0 || t.text == "*") {
		if len(t.text) > scan.MaxName {
			p.fail("lucene/long-name", "the name of a field has more than %d bytes", scan.MaxName)
		}
		p.next()
		p.next()
		c.Field = &Field{t.span, t.text}
	}
	if p.peek().kind == open {
		c.Arg = p.group()
	} else {
		c.Arg = p.test()
	}
	c.At = p.since(start)
	return c
}

// group = "(" clauses ")" [ "^" number ]
func (p *parser) group() Group {
	if p.depth++; p.depth > scan.MaxDepth {
		p.fail("lucene/too-deep", "query nests more than %d levels", scan.MaxDepth)
	}
	defer func() { p.depth-- }()
	start := p.next().span.Start
	g := p.clauses()
	p.expect(close_, "a clause or )")
	g.Boost = p.boost()
	g.At = p.since(start)
	return g
}

// test = ( term | bare | regex | phrase ) suffix | range
func (p *parser) test() Expr {
	if p.nodes++; p.nodes > scan.MaxNodes {
		p.fail("lucene/too-large", "query has more than %d tests", scan.MaxNodes)
	}
	t := p.peek()
	start := t.span.Start
	switch t.kind {
	case term, bare:
		p.next()
		suffix := p.suffix()
		return Term{p.since(start), t.text, t.wilds, suffix}
	case phrase:
		p.next()
		suffix := p.suffix()
		return Phrase{p.since(start), t.text, suffix}
	case regex:
		p.next()
		suffix := p.suffix()
		return Regex{p.since(start), t.text, suffix}
	case rangeOpen:
		return p.bounds()
	}
	p.unexpected("a field, a value or (")
	return nil
}

// suffix = [ "~" edits ] [ "^" number ] | "^" number "~" edits
func (p *parser) suffix() Suffix {
	s := Suffix{Boost: p.boost()}
	if p.peek().kind == fuzzy {
		s.Fuzzy = p.next().text
		if s.Boost == "" {
			s.Boost = p.boost()
		}
	}
	return s
}

func (p *parser) boost() string {
	if p.peek().kind != caret {
		return ""
	}
	return p.next().text
}

// range = ( "[" | "{" ) bound "TO" bound ( "]" | "}" ) [ "^" number ]
func (p *parser) bounds() Expr {
	opening := p.next()
	x := Range{From: p.bound()}
	p.expect(rangeTo, "TO")
	x.To = p.bound()
	closing := p.expect(rangeClose, "] or }")
	x.From.Exclusive = opening.text == "{"
	x.To.Exclusive = closing.text == "}"
	x.Boost = p.boost()
	x.At = p.since(opening.span.Start)
	return x
}

// bound = text | `"` text `"` | "TO" | "*"
//
// Elasticsearch takes a quoted star as an open end as well.
func (p *parser) bound() Bound {
	t := p.peek()
	if t.kind != bound && t.kind != rangeTo {
		p.unexpected("a value or *")
	}
	p.next()
	return Bound{Text: t.text, Open: t.text == "*"}
}
