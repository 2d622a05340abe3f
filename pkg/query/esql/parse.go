package esql

import (
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Parse reads a query. A stage that cannot be read is an Opaque one and costs
// one error; the others are read all the same.
func Parse(text string) (Query, span.Errors) {
	if len(text) > scan.MaxText {
		q := Query{Text: text, Stages: []Stage{Opaque{At: span.Span{End: len(text)}, Text: text}}}
		return q, span.Errors{span.Errorf(span.At(0), "esql/too-long", "query has %d bytes, more than %d", len(text), scan.MaxText)}
	}
	p := parser{text: text, tokens: lex(text)}
	p.end = len(p.tokens) - 1
	q := p.query()
	return q, p.errs.Tidy()
}

// failure leaves the parser of one stage at its first error.
type failure span.Error

// parser reads the tokens from at to end, which are those of one stage while
// a stage is read.
type parser struct {
	text    string
	tokens  []token
	at, end int
	depth   int
	nodes   int
	command string // of the stage, for messages
	errs    span.Errors
}

func (p *parser) peek() token { return p.ahead(0) }

// ahead returns the nth token from here. Behind the last one stands an end.
func (p *parser) ahead(n int) token {
	if p.at+n >= p.end {
		return token{kind: end, pair: -1, span: span.At(p.tokens[p.end].span.Start)}
	}
	return p.tokens[p.at+n]
}

func (p *parser) next() token {
	t := p.peek()
	if t.kind != end {
		p.at++
	}
	return t
}

// accept takes the keyword or punctuation s if it comes next.
func (p *parser) accept(s string) bool {
	if !p.peek().is(s) {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(s string) {
	if !p.peek().is(s) {
		p.unexpected(strings.ToUpper(s))
	}
	p.next()
}

// since returns the span from the token with the index from to the last one
// that was taken.
func (p *parser) since(from int) span.Span {
	return span.Span{Start: p.tokens[from].span.Start, End: p.tokens[max(from, p.at-1)].span.End}
}

func (p *parser) source(at span.Span) string { return p.text[at.Start:at.End] }

func (p *parser) fail(at span.Span, code, format string, args ...any) {
	panic(failure(span.Errorf(at, code, format, args...)))
}

func (p *parser) unexpected(expected string) {
	t := p.peek()
	switch t.kind {
	case bad:
		p.fail(t.span, t.code, "%s", t.val)
	case end:
		p.fail(t.span, "esql/unexpected-end", "unexpected end of %s, expected %s", p.command, expected)
	}
	hint := ""
	switch t.val {
	case "=", "=~":
		hint = "; a comparison is =="
	case "<>":
		hint = "; the operator is !="
	}
	p.fail(t.span, "esql/unexpected-token", "unexpected %s in %s, expected %s%s", strconv.Quote(clip(p.source(t.span))), p.command, expected, hint)
}

// clip shortens what a message shows.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

// enter guards recursion.
func (p *parser) enter() {
	if p.depth++; p.depth > scan.MaxDepth {
		p.fail(p.peek().span, "esql/too-deep", "query nests more than %d levels", scan.MaxDepth)
	}
}

func (p *parser) leave() { p.depth-- }

// node counts the tests and values that an expression is made of.
func (p *parser) node() {
	if p.nodes++; p.nodes > scan.MaxNodes {
		p.fail(p.peek().span, "esql/too-large", "query has more than %d values", scan.MaxNodes)
	}
}

// query = { "SET" setting ";" } stage { "|" stage }
//
// The stages of a query are what stands between its pipes; those inside of
// brackets belong to other queries.
func (p *parser) query() Query {
	q := Query{Text: p.text}
	last, start, known := p.end, p.peek().span.Start, len(p.errs)
	for p.peek().is("set") {
		p.setting(&q, last)
	}
	if p.at == last {
		t := p.peek()
		at := span.Span{Start: start, End: t.span.End}
		if len(p.errs) == known {
			p.errs.Add(t.span, "esql/empty-query", "empty query, expected FROM, ROW, TS or SHOW")
		}
		q.Stages = append(q.Stages, Opaque{At: at, Text: p.source(at)})
		return q
	}
	p.stages(&q, last, true)
	return q
}

// maxStages bounds the stages of one pipeline. Real ones have up to 40.
const maxStages = 1000

// stages = stage { "|" stage }
func (p *parser) stages(q *Query, last int, source bool) {
	for {
		p.end = p.stageEnd(last)
		if len(q.Stages) == maxStages {
			p.end = last
			at := p.extent(p.at)
			p.errs.Add(at, "esql/too-large", "query has more than %d stages", maxStages)
			q.Stages = append(q.Stages, Opaque{At: at, Text: p.source(at)})
			p.at = last
			return
		}
		q.Stages = append(q.Stages, p.stage(source && len(q.Stages) == 0))
		if p.at = p.end; p.at == last {
			return
		}
		p.at++
	}
}

// extent returns the span of the tokens from from to p.end. That of none is
// the pipe or bracket before them.
func (p *parser) extent(from int) span.Span {
	switch {
	case p.end > from:
		return span.Span{Start: p.tokens[from].span.Start, End: p.tokens[p.end-1].span.End}
	case from > 0:
		return p.tokens[from-1].span
	}
	return span.At(p.tokens[from].span.Start)
}

// stageEnd returns the index of the next pipe that is not inside the brackets
// of another query, or last.
func (p *parser) stageEnd(last int) int {
	for i := p.at; i < last; i++ {
		switch t := p.tokens[i]; {
		case t.query && (t.pair < 0 || t.pair >= last):
			return last
		case t.query:
			i = t.pair
		case t.is("|"):
			return i
		}
	}
	return last
}

// setting = "SET" name "=" ( constant | map ) ";"
func (p *parser) setting(q *Query, last int) {
	from := p.at
	for p.end = from; p.end < last && !p.tokens[p.end].is(";"); {
		p.end++
	}
	p.guard(func() {
		p.command = "SET"
		p.next()
		name := p.name()
		p.expect("=")
		value := p.option()
		p.done("the end of SET")
		if p.end == last {
			p.unexpected(";")
		}
		q.Settings = append(q.Settings, Assign{&name, value})
	})
	p.at = min(p.end+1, last)
	p.end = last
}

// guard runs read and keeps the first error in it. It reports whether there
// was none.
func (p *parser) guard(read func()) (ok bool) {
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
	read()
	return true
}

// stage reads the tokens up to p.end as one stage, whatever they are.
func (p *parser) stage(first bool) (s Stage) {
	from := p.at
	at := p.extent(from)
	if p.end == from {
		p.errs.Add(p.peek().span, "esql/empty-stage", "empty stage, expected a command")
		return Opaque{At: at, Text: p.source(at)}
	}
	ok := p.guard(func() {
		s = p.one(first, at)
		p.done("| or the end")
	})
	if ok {
		return s
	}
	return Opaque{At: at, Text: p.source(at), Columns: p.assigned(from)}
}

// done complains about what is left of a stage.
func (p *parser) done(expected string) {
	if p.at < p.end {
		p.unexpected(expected)
	}
}

// assigned returns the names in front of the "=" in a stage that could not be
// read.
func (p *parser) assigned(from int) []string {
	var names []string
	for i := from; i < p.end; i++ {
		if !p.tokens[i].is("=") {
			continue
		}
		j := i - 1
		if j <= from || !p.tokens[j].isPart() {
			continue
		}
		name := p.tokens[j].val
		for ; j-2 > from && p.tokens[j-1].is(".") && p.tokens[j-2].isPart(); j -= 2 {
			name = p.tokens[j-2].val + "." + name
		}
		names = append(names, name)
	}
	return names
}

// one = source command, for the first stage, or a processing command
func (p *parser) one(first bool, at span.Span) Stage {
	name := p.peek()
	p.command = "the query"
	if name.kind != word {
		p.unexpected("a command")
	}
	p.command = strings.ToUpper(clip(name.val))
	if first != isSourceCommand(p.command) && isCommand(p.command) {
		want := "a processing command such as WHERE"
		if first {
			want = "FROM, ROW, TS or SHOW"
		}
		p.errs.Add(name.span, "esql/command-order", "unexpected %s, expected %s", p.command, want)
	}
	p.next()
	return p.body(at)
}

func isSourceCommand(name string) bool {
	switch name {
	case "FROM", "TS", "ROW", "SHOW", "EXPLAIN", "PROMQL", "META":
		return true
	}
	return false
}

// isCommand reports whether name is the first word of a command.
func isCommand(name string) bool {
	switch name {
	case "WHERE", "EVAL", "STATS", "INLINESTATS", "INLINE", "KEEP", "DROP", "RENAME", "GROK", "DISSECT", "ENRICH", "LOOKUP",
		"LEFT", "RIGHT", "FULL", "FORK", "COMPLETION", "RERANK", "URI_PARTS", "USER_AGENT", "REGISTERED_DOMAIN", "IP_LOCATION",
		"CHANGE_POINT", "FUSE", "SORT", "LIMIT", "SAMPLE", "MV_EXPAND", "METRICS_INFO", "TS_INFO", "TS_COLLAPSE", "DEDUP", "MMR",
		"INSIST_🐔":
		return true
	}
	return isSourceCommand(name)
}

// body reads what follows the name of a command.
func (p *parser) body(at span.Span) Stage {
	switch p.command {
	case "FROM", "TS":
		return p.from(at)
	case "ROW", "EVAL":
		return Eval{At: at, Row: p.command == "ROW", Fields: p.fields()}
	case "WHERE":
		return Where{at, p.or()}
	case "STATS":
		return p.stats(at, false)
	case "INLINESTATS":
		return p.stats(at, true)
	case "INLINE":
		p.expect("stats")
		p.command = "INLINE STATS"
		return p.stats(at, true)
	case "KEEP", "DROP":
		return Project{at, p.command == "DROP", p.names(p.pattern)}
	case "RENAME":
		return p.rename(at)
	case "GROK", "DISSECT":
		return p.extract(at)
	case "ENRICH":
		return p.enrich(at)
	case "LOOKUP", "LEFT", "RIGHT", "FULL":
		return p.join(at)
	case "FORK":
		return p.fork(at)
	case "EXPLAIN":
		return Explain{at, p.inner()}
	case "COMPLETION", "RERANK":
		return p.model(at)
	case "URI_PARTS", "USER_AGENT", "REGISTERED_DOMAIN", "IP_LOCATION":
		return p.parts(at)
	case "CHANGE_POINT":
		return p.changePoint(at)
	case "FUSE":
		return p.fuse(at)
	case "SORT":
		return p.sort(at)
	case "LIMIT", "SAMPLE":
		return p.limit(at)
	case "MV_EXPAND":
		return Expand{at, p.pattern()}
	}
	return p.other(at)
}

// other = "SHOW" "INFO" | "META" "FUNCTIONS" | "METRICS_INFO" | "TS_INFO"
//
//	| ( "PROMQL" | "DEDUP" | "MMR" | "TS_COLLAPSE" | "INSIST" ) anything
func (p *parser) other(at span.Span) Stage {
	x := Other{At: at, Command: p.command}
	switch p.command {
	case "SHOW":
		p.expect("info")
		x.Text = "INFO"
	case "META":
		p.expect("functions")
		x.Text = "FUNCTIONS"
	case "METRICS_INFO", "TS_INFO":
	case "PROMQL", "DEDUP", "MMR", "TS_COLLAPSE", "INSIST_🐔":
		if p.at < p.end {
			x.Text = p.source(span.Span{Start: p.tokens[p.at].span.Start, End: at.End})
			p.at = p.end
		}
	default:
		name := p.tokens[p.at-1]
		p.fail(name.span, "esql/unknown-command", "unknown command %s", strconv.Quote(clip(name.val)))
	}
	return x
}

// from = ( "FROM" | "TS" ) source { "," source } [ metadata ]
// metadata = "METADATA" name { "," name } | "[" "METADATA" name { "," name } "]"
func (p *parser) from(at span.Span) Stage {
	x := From{At: at, TS: p.command == "TS"}
	x.Sources = append(x.Sources, p.index())
	for p.accept(",") {
		x.Sources = append(x.Sources, p.index())
	}
	bracket := p.accept("[")
	if t := p.peek(); t.kind == source && strings.EqualFold(t.val, "metadata") {
		p.next()
		x.Metadata = append(x.Metadata, p.metadata())
		for p.accept(",") {
			x.Metadata = append(x.Metadata, p.metadata())
		}
	} else if bracket {
		p.unexpected("METADATA")
	}
	if bracket {
		p.expect("]")
	}
	return x
}

func (p *parser) metadata() string {
	if p.peek().kind != source {
		p.unexpected("the name of a metadata field")
	}
	return p.next().val
}

// index = "(" query ")" | string | [ cluster ":" ] name [ "::" selector ]
func (p *parser) index() Source {
	from := p.at
	if p.peek().query {
		q := p.inner()
		return Source{From: &q}
	}
	switch t := p.peek(); {
	case t.kind == str:
		p.next()
		return Source{Name: t.val, Source: p.source(t.span)}
	case t.kind != source || strings.EqualFold(t.val, "metadata"):
		p.unexpected("an index")
	}
	name := p.next().val
	if t := p.peek(); t.is(":") || t.is("::") {
		p.next()
		if k := p.peek().kind; k != source && k != str {
			p.unexpected("a name after " + t.val)
		}
		name += t.val + p.next().val
	}
	return Source{Name: name, Source: p.source(p.since(from))}
}

// inner = "(" query ")" | "[" query "]"
func (p *parser) inner() Query {
	open := p.peek()
	if !open.query {
		p.unexpected("(")
	}
	if open.pair < 0 || open.pair >= p.end {
		p.fail(open.span, "esql/unclosed-bracket", "bracket is not closed")
	}
	p.enter()
	last, name := p.end, p.command
	p.at, p.end = p.at+1, open.pair
	var q Query
	if name == "FORK" {
		q = p.branch()
	} else {
		q = p.query()
	}
	p.at, p.end, p.command = open.pair+1, last, name
	p.leave()
	return q
}

// branch = processing command { "|" processing command }
func (p *parser) branch() Query {
	q := Query{Text: p.text}
	p.stages(&q, p.end, false)
	return q
}

// fields = field { "," field }
func (p *parser) fields() []Assign {
	out := []Assign{p.field()}
	for p.accept(",") {
		out = append(out, p.field())
	}
	return out
}

// field = [ name "=" ] expression
func (p *parser) field() Assign {
	target := p.target()
	return Assign{target, p.or()}
}

// target takes "name =" if that comes next.
func (p *parser) target() *Name {
	n := 0
	for p.ahead(n).isPart() && p.ahead(n+1).is(".") {
		n += 2
	}
	if !p.ahead(n).isPart() || !p.ahead(n+1).is("=") {
		return nil
	}
	name := p.name()
	p.expect("=")
	return &name
}

// stats = [ "INLINE" ] "STATS" [ agg { "," agg } ] [ "BY" fields ]
// agg = field [ "WHERE" expression ]
func (p *parser) stats(at span.Span, inline bool) Stage {
	x := Stats{At: at, Inline: inline}
	if !p.peek().is("by") {
		x.Aggs = append(x.Aggs, p.agg())
		for p.accept(",") {
			x.Aggs = append(x.Aggs, p.agg())
		}
	}
	if p.accept("by") {
		x.By = p.fields()
	}
	return x
}

func (p *parser) agg() Agg {
	a := Agg{Assign: p.field()}
	if p.accept("where") {
		a.Where = p.or()
	}
	return a
}
