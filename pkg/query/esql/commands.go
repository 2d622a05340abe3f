package esql

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// names = name { "," name }
func (p *parser) names(one func() Name) []Name {
	out := []Name{one()}
	for p.accept(",") {
		out = append(out, one())
	}
	return out
}

// name = part { "." part }
func (p *parser) name() Name {
	from := p.at
	var text, source strings.Builder
	for {
		t := p.peek()
		if !t.isPart() {
			p.unexpected("a name")
		}
		p.next()
		text.WriteString(t.val)
		source.WriteString(p.source(t.span))
		if text.Len() > scan.MaxName {
			p.fail(p.since(from), "esql/long-name", "the name of a field has more than %d bytes", scan.MaxName)
		}
		if !p.accept(".") {
			return Name{p.since(from), text.String(), source.String()}
		}
		text.WriteByte('.')
		source.WriteByte('.')
	}
}

// isPart reports whether the token may be a part of a column's name.
func (t token) isPart() bool {
	return t.kind == quoted || t.kind == param || t.kind == pattern || t.kind == word && !isReserved(t.val)
}

// isReserved reports whether a word has a meaning inside of expressions and
// so cannot be a column's name without backquotes. Names of commands can.
func isReserved(name string) bool {
	switch strings.ToLower(name) {
	case "and", "asc", "by", "desc", "false", "first", "in", "is", "last", "like", "not", "null", "nulls", "on", "or", "rlike",
		"true", "where", "with":
		return true
	}
	return false
}

// pattern = part { "." part }, where a part may have stars
func (p *parser) pattern() Name {
	from := p.at
	var text, source strings.Builder
	for {
		t := p.peek()
		if t.kind != pattern && t.kind != param {
			p.unexpected("a name")
		}
		p.next()
		text.WriteString(plainPattern(t.val))
		source.WriteString(t.val)
		if text.Len() > scan.MaxName {
			p.fail(p.since(from), "esql/long-name", "the name of a field has more than %d bytes", scan.MaxName)
		}
		if !p.accept(".") {
			return Name{p.since(from), text.String(), source.String()}
		}
		text.WriteByte('.')
		source.WriteByte('.')
	}
}

// plainPattern removes the backquotes of a part.
func plainPattern(part string) string {
	if !strings.Contains(part, "`") {
		return part
	}
	var b strings.Builder
	inside := false
	for i := 0; i < len(part); i++ {
		switch {
		case part[i] != '`':
			b.WriteByte(part[i])
		case inside && i+1 < len(part) && part[i+1] == '`':
			b.WriteByte('`')
			i++
		default:
			inside = !inside
		}
	}
	return b.String()
}

// rename = "RENAME" pair { "," pair }
// pair = old "AS" new | new "=" old
func (p *parser) rename(at span.Span) Stage {
	x := Rename{At: at}
	for {
		first := p.pattern()
		if p.accept("=") {
			x.Pairs = append(x.Pairs, Pair{Old: p.pattern(), New: first})
		} else {
			p.expect("as")
			x.Pairs = append(x.Pairs, Pair{Old: first, New: p.pattern()})
		}
		if !p.accept(",") {
			return x
		}
	}
}

// extract = "GROK" primary string { "," string }
//
//	| "DISSECT" primary string [ option { "," option } ]
//
// option = name "=" constant
func (p *parser) extract(at span.Span) Stage {
	x := Extract{At: at, Dissect: p.command == "DISSECT", From: p.primary()}
	x.Patterns = append(x.Patterns, p.string("a pattern"))
	if !x.Dissect {
		for p.accept(",") {
			x.Patterns = append(x.Patterns, p.string("a pattern"))
		}
		return x
	}
	for p.at < p.end {
		name := p.name()
		p.expect("=")
		x.Options = append(x.Options, Assign{&name, p.constant()})
		if !p.accept(",") {
			break
		}
	}
	return x
}

func (p *parser) string(what string) Str {
	t := p.peek()
	if t.kind != str {
		p.unexpected(what)
	}
	p.next()
	return Str{t.span, t.val}
}

// enrich = "ENRICH" policy [ "ON" name ] [ "WITH" [ new "=" ] name { "," ... } ]
func (p *parser) enrich(at span.Span) Stage {
	t := p.peek()
	if t.kind != source && t.kind != str {
		p.unexpected("the name of a policy")
	}
	p.next()
	x := Enrich{At: at, Policy: Source{Name: t.val, Source: p.source(t.span)}}
	if p.accept("on") {
		name := p.pattern()
		x.On = &name
	}
	if !p.accept("with") {
		return x
	}
	for {
		r := Rewrite{Old: p.pattern()}
		if p.accept("=") {
			target := r.Old
			r = Rewrite{New: &target, Old: p.pattern()}
		}
		x.With = append(x.With, r)
		if !p.accept(",") {
			return x
		}
	}
}

// join = ( "LOOKUP" | "LEFT" | "RIGHT" | "FULL" ) "JOIN" index [ "AS" alias ]
//
//	"ON" expression { "," expression }
func (p *parser) join(at span.Span) Stage {
	x := Join{At: at, Type: p.command}
	p.expect("join")
	p.command += " JOIN"
	x.Target = p.index()
	if p.accept("as") || p.peek().kind == source {
		if p.peek().kind != source {
			p.unexpected("an alias")
		}
		x.Alias = p.next().val
	}
	p.expect("on")
	x.On = append(x.On, p.or())
	for p.accept(",") {
		x.On = append(x.On, p.or())
	}
	return x
}

// fork = "FORK" "(" branch ")" { "(" branch ")" }
func (p *parser) fork(at span.Span) Stage {
	x := Fork{At: at}
	for p.at < p.end || len(x.Branches) == 0 {
		x.Branches = append(x.Branches, p.inner())
	}
	return x
}

// model = "COMPLETION" [ name "=" ] primary [ "WITH" map ]
//
//	| "RERANK" [ name "=" ] constant "ON" fields [ "WITH" map ]
func (p *parser) model(at span.Span) Stage {
	x := Model{At: at, Rerank: p.command == "RERANK", Target: p.target(), Prompt: p.primary()}
	if x.Rerank {
		p.expect("on")
		x.On = p.fields()
	}
	x.With = p.options()
	return x
}

// options = [ "WITH" map ]
func (p *parser) options() *Map {
	if !p.accept("with") {
		return nil
	}
	if !p.peek().is("{") {
		p.unexpected("{")
	}
	m := p.mapping()
	return &m
}

// parts = ( "URI_PARTS" | ... ) name "=" primary [ "WITH" map ]
func (p *parser) parts(at span.Span) Stage {
	x := Parts{At: at, Command: p.command, Target: p.name()}
	p.expect("=")
	x.From = p.primary()
	x.With = p.options()
	return x
}

// changePoint = "CHANGE_POINT" name [ "ON" name ] [ "AS" name "," name ]
func (p *parser) changePoint(at span.Span) Stage {
	x := ChangePoint{At: at, Value: p.name()}
	if p.accept("on") {
		name := p.name()
		x.On = &name
	}
	if p.accept("as") {
		kind := p.name()
		p.expect(",")
		value := p.name()
		x.Type, x.PValue = &kind, &value
	}
	return x
}

// fuse = "FUSE" [ method ] { "SCORE" "BY" name | "GROUP" "BY" name | "KEY" "BY" names | "WITH" map }
func (p *parser) fuse(at span.Span) Stage {
	x := Fuse{At: at}
	if p.peek().isPart() && !p.ahead(1).is("by") {
		x.Method = p.name().Source
	}
	for p.at < p.end {
		if p.peek().is("with") {
			x.Clauses = append(x.Clauses, Clause{With: p.options()})
			continue
		}
		t := p.peek()
		if !t.is("score") && !t.is("group") && !t.is("key") {
			p.unexpected("SCORE BY, GROUP BY, KEY BY or WITH")
		}
		p.next()
		p.expect("by")
		x.Clauses = append(x.Clauses, Clause{Word: strings.ToUpper(t.val), Names: p.names(p.name)})
	}
	return x
}

// sort = "SORT" key { "," key }
// key = expression [ "ASC" | "DESC" ] [ "NULLS" ( "FIRST" | "LAST" ) ]
func (p *parser) sort(at span.Span) Stage {
	x := Sort{At: at}
	for {
		k := Key{By: p.or()}
		if t := p.peek(); t.is("asc") || t.is("desc") {
			k.Order = strings.ToUpper(p.next().val)
		}
		if p.accept("nulls") {
			t := p.peek()
			if !t.is("first") && !t.is("last") {
				p.unexpected("FIRST or LAST")
			}
			k.Order = strings.TrimSpace(k.Order + " NULLS " + strings.ToUpper(p.next().val))
		}
		x.Keys = append(x.Keys, k)
		if !p.accept(",") {
			return x
		}
	}
}

// limit = ( "LIMIT" | "SAMPLE" ) constant [ "BY" expression { "," expression } ]
func (p *parser) limit(at span.Span) Stage {
	x := Limit{At: at, Sample: p.command == "SAMPLE", Value: p.constant()}
	if p.accept("by") {
		x.By = append(x.By, p.or())
		for p.accept(",") {
			x.By = append(x.By, p.or())
		}
	}
	return x
}
