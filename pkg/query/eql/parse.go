package eql

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Parse reads a query by the grammar of Elasticsearch's EQL. A mistake inside
// an item of a sequence costs that item, one in a pipe the pipe, and any
// other the query, which then has one item whose condition is Bad.
func Parse(text string) (Query, span.Errors) {
	q := Query{Text: text}
	if len(text) > scan.MaxText {
		q.Items = unread(text)
		return q, span.Errors{span.Errorf(span.At(0), "eql/too-long", "query has %d bytes, more than %d", len(text), scan.MaxText)}
	}
	p := parser{text: text, tokens: lex(text)}
	p.encoding()
	if !p.guard(func() { p.statement(&q) }) {
		category := ""
		if len(q.Items) == 1 && q.Kind == KindEvent {
			category = q.Items[0].Category
		}
		q.Items, q.Until, q.Pipes = unread(text), nil, nil
		q.Items[0].Category = category
	}
	return q, p.errs
}

// unread is the items of a query that could not be read.
func unread(text string) []Item {
	all := span.Span{Start: 0, End: len(text)}
	return []Item{{At: all, Where: Bad{all, strings.TrimSpace(text)}}}
}

// failure leaves the production that could not be read.
type failure span.Error

type parser struct {
	text       string
	tokens     []token
	at         int
	depth      int
	nodes      int
	arithmetic int
	dialect    bool  // endpoint has complained
	pairs      []int // of brackets, see closing
	errs       span.Errors
}

// guard calls fn and reports whether it came to its end; its failure is kept.
func (p *parser) guard(fn func()) (ok bool) {
	depth := p.depth
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			p.errs = append(p.errs, span.Error(r))
			p.depth = depth
			ok = false
		default:
			panic(r)
		}
	}()
	fn()
	return true
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) peekAt(n int) token { return p.tokens[min(p.at+n, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

func (t token) is(k kind, val string) bool { return t.kind == k && t.val == val }

func (p *parser) accept(k kind, val string) bool {
	if !p.peek().is(k, val) {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(val, expected string) {
	if !p.accept(mark, val) {
		p.unexpected(expected)
	}
}

// since returns the span from start to the end of the last token taken.
func (p *parser) since(start int) span.Span {
	stop := start
	if p.at > 0 {
		stop = max(start, p.tokens[p.at-1].span.End)
	}
	return span.Span{Start: start, End: stop}
}

func (p *parser) fail(at span.Span, code, format string, args ...any) {
	panic(failure(span.Errorf(at, code, format, args...)))
}

// unexpected fails at the next token.
func (p *parser) unexpected(expected string) {
	t := p.peek()
	switch t.kind {
	case bad:
		p.fail(t.span, t.code, "%s", t.val)
	case end:
		p.fail(t.span, "eql/unexpected-end", "unexpected end of query, expected %s", expected)
	}
	source := p.text[t.span.Start:t.span.End]
	p.fail(t.span, "eql/unexpected-token", "unexpected %s, expected %s%s", strconv.Quote(source), expected, hint(source))
}

// hint says what the author may have meant.
func hint(source string) string {
	switch source {
	case "=":
		return "; equality is =="
	case "AND", "OR", "NOT", "IN", "LIKE", "REGEX", "WHERE", "BY", "WITH", "UNTIL", "And", "Or", "Not", "In":
		return "; keywords are lower case"
	}
	if keyword(source) {
		return "; as a name it stands in backquotes"
	}
	return ""
}

func (p *parser) enter() {
	if p.depth++; p.depth > scan.MaxDepth {
		p.fail(p.peek().span, "eql/too-deep", "query nests more than %d levels", scan.MaxDepth)
	}
}

func (p *parser) leave() { p.depth-- }

// node counts one operator or leaf.
func (p *parser) node() {
	if p.nodes++; p.nodes > scan.MaxNodes {
		p.fail(p.peek().span, "eql/too-large", "query has more than %d conditions", scan.MaxNodes)
	}
}

// encoding complains about the first byte that is no UTF-8, or NUL.
func (p *parser) encoding() {
	for i, r := range p.text {
		if r > 0 && r != utf8.RuneError {
			continue
		}
		_, size := utf8.DecodeRuneInString(p.text[i:])
		if r == 0 || size == 1 {
			p.errs.Add(span.Span{Start: i, End: i + 1}, "eql/encoding", "byte %#02x in query is no text", p.text[i])
			return
		}
	}
}

// endpoint says once that the query is in the dialect of Elastic Endpoint.
// It is no mistake there, but Elasticsearch refuses it.
func (p *parser) endpoint(at span.Span, what string) {
	if p.dialect {
		return
	}
	p.dialect = true
	p.errs.Add(at, "unsupported/eql-endpoint-dialect", "%s is only known to Elastic Endpoint", what)
}

// statement = ( event | sequence | sample | join ) { pipe }
func (p *parser) statement(q *Query) {
	t := p.peek()
	switch {
	case t.is(reserved, "sequence"):
		p.group(q, KindSequence)
	case t.is(reserved, "sample"):
		p.group(q, KindSample)
	case t.is(reserved, "join"):
		p.group(q, KindJoin)
	default:
		q.Kind = KindEvent
		q.Items = make([]Item, 1)
		p.filter(&q.Items[0], "an event category, sequence, sample or join")
		if !p.atPipe() {
			p.unexpected("and, or, | or the end")
		}
	}
	for p.peek().is(mark, "|") {
		q.Pipes = append(q.Pipes, p.pipe())
	}
}

func (p *parser) atPipe() bool { return p.peek().is(mark, "|") || p.peek().kind == end }

// filter = ( "any" | name | string ) "where" or
func (p *parser) filter(i *Item, expected string) {
	t := p.peek()
	i.At = t.span
	switch {
	case t.kind == word, t.is(reserved, "any"):
	case t.kind == str && t.val != "":
	default:
		p.unexpected(expected)
	}
	p.next()
	i.Category = t.val
	if !p.accept(reserved, "where") {
		p.unexpected("where")
	}
	i.Where = p.or()
	i.At = p.since(t.span.Start)
}

// sequence = "sequence" [ by ] [ "with" "maxspan" "=" time ] { item } [ "until" item ]
//
// The first two come in either order. Samples and joins are alike, but have
// no maxspan, and a sample has no until.
func (p *parser) group(q *Query, k Kind) {
	q.Kind = k
	p.next()
	if !p.guard(func() { p.header(q) }) {
		p.sync(p.at)
	}
	for p.atItem() {
		q.Items = append(q.Items, p.item(q))
	}
	if len(q.Items) == 0 {
		p.unexpected("[")
	}
	if until := p.peek(); k != KindSample && p.accept(reserved, "until") {
		if !p.atItem() {
			p.unexpected("[ after until")
		}
		i := p.item(q)
		i.At.Start = until.span.Start
		q.Until = &i
	}
	if !p.atPipe() {
		p.unexpected("[, | or the end")
	}
	p.check(q)
}

func (p *parser) header(q *Query) {
	for {
		switch t := p.peek(); {
		case t.is(reserved, "by") && q.By == nil:
			q.By = p.by()
		case t.is(reserved, "with") && q.Maxspan == "" && q.Kind == KindSequence:
			q.Maxspan = p.maxspan()
		case p.atItem():
			return
		default:
			p.unexpected("by, with maxspan or [")
		}
	}
}

// by = "by" expression { "," expression }
func (p *parser) by() []Expr {
	p.next()
	keys := []Expr{p.or()}
	for p.accept(mark, ",") {
		keys = append(keys, p.or())
	}
	return keys
}

// maxspan = "with" "maxspan" "=" integer ( "ms" | "s" | "m" | "h" | "d" )
func (p *parser) maxspan() string {
	p.next()
	if !p.accept(reserved, "maxspan") {
		p.unexpected("maxspan")
	}
	p.expect("=", "=")
	n := p.peek()
	if n.kind != integer && n.kind != decimal {
		p.unexpected("a time span such as 5m")
	}
	p.next()
	unit := token{span: span.At(n.span.End)}
	if p.peek().kind == word {
		unit = p.next()
	}
	whole := span.Join(n.span, unit.span)
	switch unit.val {
	case "ms", "s", "m", "h", "d":
		if n.kind != integer || strings.Trim(n.val, "0") == "" {
			p.errs.Add(whole, "eql/maxspan", "maxspan %s is no positive whole number", n.val)
		}
	case "":
		p.errs.Add(whole, "eql/maxspan", "maxspan %s has no unit, expected ms, s, m, h or d", n.val)
	default:
		p.errs.Add(whole, "eql/maxspan", "maxspan has the unit %q, expected ms, s, m, h or d", unit.val)
	}
	return n.val + unit.val
}

func (p *parser) atItem() bool {
	t := p.peek()
	return t.is(mark, "[") || t.is(mark, "![")
}

// item = ( "[" | "![" ) filter "]" [ by ] [ "with" "runs" "=" integer ] [ "as" name ]
//
// The alias is of the Endpoint dialect. An item that cannot be read ends
// where its brackets do.
func (p *parser) item(q *Query) Item {
	p.node()
	from := p.at
	i := Item{Missing: p.peek().is(mark, "![")}
	ok := p.guard(func() {
		p.next()
		p.filter(&i, "an event category")
		p.expect("]", "and, or or ]")
		p.suffix(&i)
		if !p.atItem() && !p.atPipe() && !p.peek().is(reserved, "until") {
			p.unexpected("[, until, | or the end")
		}
	})
	start := p.tokens[from].span
	if !ok {
		p.sync(from)
		stop := max(start.End, p.tokens[p.at-1].span.End)
		i.At = span.Span{Start: start.Start, End: stop}
		i.Where = Bad{i.At, p.text[i.At.Start:i.At.End]}
		return i
	}
	i.At = p.since(start.Start)
	if i.Missing && q.Kind != KindSequence {
		p.errs.Add(start, "eql/missing-event", "a missing event ![ can only stand in a sequence")
	}
	return i
}

func (p *parser) suffix(i *Item) {
	for {
		switch t := p.peek(); {
		case t.is(reserved, "by") && i.By == nil && i.Runs == 0:
			i.By = p.by()
		case t.is(reserved, "with") && i.Runs == 0:
			i.Runs = p.runs()
		case t.is(word, "as") && i.Alias == "":
			p.next()
			if p.peek().kind != word {
				p.unexpected("a name after as")
			}
			i.Alias = p.next().val
			p.endpoint(p.since(t.span.Start), "an alias")
		default:
			return
		}
	}
}

// runs = "with" "runs" "=" integer
func (p *parser) runs() int {
	p.next()
	if !p.accept(word, "runs") {
		p.unexpected("runs")
	}
	p.expect("=", "=")
	t := p.peek()
	n, err := strconv.Atoi(t.val)
	switch {
	case t.kind == decimal, t.kind == integer && (err != nil || n < 1):
		p.fail(t.span, "eql/runs", "runs=%s is no positive whole number", t.val)
	case t.kind != integer:
		p.unexpected("a number of runs")
	}
	p.next()
	return n
}

// sync goes to where reading can go on after the mistake in what began at
// the token from: behind its closing bracket, at the next item, until, pipe
// or the end. Without a closing bracket it is what looks like an item.
func (p *parser) sync(from int) {
	closed := p.closing(from)
	p.at = max(from, closed) + 1
	if closed < 0 && !p.tokens[from].is(mark, "[") && !p.tokens[from].is(mark, "![") {
		p.at = from
	}
	for ; !p.atPipe() && !p.peek().is(reserved, "until"); p.at++ {
		if p.atItem() && (closed >= 0 || p.itemBegins()) {
			return
		}
	}
}

// itemBegins reports whether a bracket is that of an item, not of an index or
// a relation.
func (p *parser) itemBegins() bool {
	return p.peekAt(2).is(reserved, "where") && (p.at == 0 || !p.tokens[p.at-1].is(reserved, "of"))
}

// closing returns the index of the bracket that closes the one at from, or
// -1. All pairs are found at once, when the first is asked for.
func (p *parser) closing(from int) int {
	if p.pairs == nil {
		p.pairs = make([]int, len(p.tokens))
		var open []int
		for i, t := range p.tokens {
			switch {
			case t.is(mark, "["), t.is(mark, "!["):
				open = append(open, i)
			case t.is(mark, "]") && len(open) > 0:
				p.pairs[open[len(open)-1]] = i
				open = open[:len(open)-1]
			}
		}
	}
	if to := p.pairs[from]; to > 0 {
		return to
	}
	return -1
}

// check says what is wrong with a group as a whole; its items stay.
func (p *parser) check(q *Query) {
	items := q.Items
	if q.Until != nil {
		items = append(items[:len(items):len(items)], *q.Until)
	}
	keys := -1
	for _, i := range items {
		if _, broken := i.Where.(Bad); broken {
			continue
		}
		if keys < 0 {
			keys = len(i.By)
		}
		if len(i.By) != keys {
			p.errs.Add(i.At, "eql/join-keys", "item has %d keys of its own, the first item has %d", len(i.By), keys)
			keys = len(i.By)
		}
		if i.Missing && q.Kind == KindSequence && q.Maxspan == "" {
			p.errs.Add(i.At, "eql/missing-event", "a missing event needs a maxspan in its sequence")
		}
	}
}

// pipe = "|" name [ expression { "," expression } ]
func (p *parser) pipe() Pipe {
	p.node()
	x := Pipe{At: p.next().span}
	ok := p.guard(func() {
		t := p.peek()
		if t.kind != word {
			p.unexpected("head, tail or another pipe")
		}
		p.next()
		x.Name = t.val
		switch t.val {
		case "head", "tail", "count", "unique", "unique_count", "filter", "sort":
		default:
			p.errs.Add(t.span, "eql/pipe", "pipe %q is not known", t.val)
		}
		if !p.atPipe() {
			x.Args = append(x.Args, p.or())
		}
		for p.accept(mark, ",") {
			x.Args = append(x.Args, p.or())
		}
		if !p.atPipe() {
			p.unexpected(", | or the end")
		}
	})
	if !ok {
		x.Args = nil
		for !p.atPipe() {
			p.next()
		}
	}
	x.At = p.since(x.At.Start)
	return x
}
