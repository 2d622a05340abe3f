package sigma

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/query/sigmacond"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// searches reads the search identifiers of a detection or filter section:
// every member that is none of its other keys.
func (r *reader) searches(section *document.Node, skip ...string) *sigmacond.Searches {
	var out []sigmacond.Search
	for _, p := range section.Pairs {
		if slices.Contains(skip, p.Key.Text) {
			continue
		}
		where := r.search(p.Value)
		out = append(out, sigmacond.Search{Name: p.Key.Text, Where: where, Size: scan.Count(&where)})
	}
	return sigmacond.NewSearches(out)
}

// search reads the definition of one search identifier: a map is an and of
// its items, a list an or of maps and keywords, a scalar one keyword.
func (r *reader) search(n *document.Node) record.Expr {
	if !r.take(1, 0) {
		return r.tooLarge(n)
	}
	switch n.Kind {
	case document.Map:
		if len(n.Pairs) == 0 {
			return r.opaque(n, "sigma/empty-search", "empty map, expected fields and values")
		}
		items := make([]record.Expr, len(n.Pairs))
		for i, p := range n.Pairs {
			items[i] = r.item(p.Key, p.Value)
		}
		return scan.And(items...)
	case document.List:
		if len(n.Items) == 0 {
			return r.opaque(n, "sigma/empty-search", "empty list, expected maps or keywords")
		}
		return r.list(n.Items)
	}
	return r.keywords([]*document.Node{n})
}

// list reads the items of a search's list; neighbouring scalars are one list
// of keywords.
func (r *reader) list(items []*document.Node) record.Expr {
	var out []record.Expr
	for len(items) > 0 {
		n := 0
		for n < len(items) && items[n].IsScalar() {
			n++
		}
		if n > 0 {
			out = append(out, r.keywords(items[:n]))
			items = items[n:]
			continue
		}
		out = append(out, r.search(items[0]))
		items = items[1:]
	}
	return scan.Or(out...)
}

func (r *reader) keywords(nodes []*document.Node) record.Expr {
	t := item{key: nodes[0]}
	return r.build(&t, nodes)
}

// item is one "field|modifiers: values" of a search.
type item struct {
	key    *document.Node
	field  string
	mods   []modifier
	all    bool
	negate bool
}

// item reads one member of a search's map.
func (r *reader) item(key, val *document.Node) record.Expr {
	t := item{key: key}
	if !r.readKey(&t, key) {
		return scan.Opaque("sigma/modifier", key.Text)
	}
	switch val.Kind {
	case document.Map:
		return r.opaque(val, "sigma/value-type", "unexpected map as the value of %q, expected a scalar or a list", key.Text)
	case document.List:
		if len(val.Items) == 0 {
			return r.noValue(&t, val)
		}
		for _, n := range val.Items {
			if !n.IsScalar() {
				return r.opaque(n, "sigma/value-type", "unexpected %s in the values of %q, expected scalars", n.Kind, key.Text)
			}
		}
		return r.build(&t, val.Items)
	}
	return r.build(&t, []*document.Node{val})
}

// noValue is a list without values, which the specification reads as null.
func (r *reader) noValue(t *item, val *document.Node) record.Expr {
	if t.field == "" {
		return r.opaque(val, "sigma/empty-search", "no keywords")
	}
	return r.negated(t, record.Expr{Field: t.field, Op: record.OpIsNull})
}

// maxModifiers bounds the modifiers of one field. Real ones have four.
const maxModifiers = 16

// readKey splits a key into field and modifiers. It reports whether all
// modifiers are known.
func (r *reader) readKey(t *item, key *document.Node) bool {
	switch {
	case key.Kind == document.Null:
		return true
	case len(key.Text) > scan.MaxName || strings.Count(key.Text, "|") > maxModifiers:
		r.errs.Add(r.file.At(key), "sigma/modifier", "name of a field with modifiers has more than %d bytes or %d modifiers", scan.MaxName, maxModifiers)
		return false
	}
	field, rest, more := strings.Cut(key.Text, "|")
	t.field = field
	at := len(field) + 1
	ok := true
	for more {
		var name string
		name, rest, more = strings.Cut(rest, "|")
		m := modifier{name, key, span.Span{Start: at, End: at + len(name)}}
		at += len(name) + 1
		switch {
		case !known(name):
			r.errs.Add(r.place(m), "sigma/modifier", "unknown modifier %q", name)
			ok = false
		case name == "all":
			t.all = true
		case name == "neq":
			t.negate = true
		}
		t.mods = append(t.mods, m)
	}
	return ok
}

// build makes the tree of an item: its values under their modifiers, any of
// them, or with all every one.
func (r *reader) build(t *item, nodes []*document.Node) record.Expr {
	var leaves leafList
	cost := len(t.field) + len(t.key.Text) // of a leaf, beside its value
	for _, n := range nodes {
		r.checkNode(n)
		if !r.take(1, cost+len(n.Text)) {
			return r.tooLarge(n)
		}
		variants := r.variants(t, n)
		if len(variants) == 1 {
			leaves.add(r.leaf(t, variants[0]))
			continue
		}
		if !r.take(len(variants), weight(variants)) {
			return r.tooLarge(n)
		}
		leaves.list = append(leaves.list, r.expansion(t, variants))
	}
	list := leaves.done()
	x := scan.Or(list...)
	if t.all {
		for i := range list {
			list[i].All = len(list[i].Values) > 1 && !list[i].Expansion
		}
		x = scan.And(list...)
	}
	return r.negated(t, x)
}

// variants applies the modifiers of t to the value n.
func (r *reader) variants(t *item, n *document.Node) []value {
	values := []value{newValue(n)}
	first := true
	for _, m := range t.mods {
		if m.name == "all" || m.name == "neq" {
			continue
		}
		var next []value
		for _, v := range values {
			if v.opaque != "" {
				next = append(next, v)
				continue
			}
			next = append(next, r.modify(v, m, first)...)
			if len(next) > maxVariants || weight(next) > maxExpanded+8*len(n.Text) {
				r.errs.Add(r.place(m), "sigma/expansion-too-large", "%q becomes too much under its modifiers", n.Text)
				return []value{{node: n, opaque: "sigma/expansion-too-large"}}
			}
		}
		values, first = next, false
	}
	return values
}

// maxExpanded bounds what modifiers make of one value, in bytes, beyond what
// it has itself: wide, base64 and windash in chains double it with every step.
const maxExpanded = 4 << 20

// weight returns about how many bytes the patterns of values have.
func weight(values []value) int {
	n := 0
	for _, v := range values {
		n += v.pat.Len()
	}
	return n
}

// leafList are the leaves of an item.
type leafList struct {
	list   []record.Expr
	valued []int // those with values that others can join: one of each operator
}

// add puts leaf into the list, into one that differs only in its values if
// there is one.
func (l *leafList) add(leaf record.Expr) {
	if len(leaf.Values) == 0 {
		l.list = append(l.list, leaf)
		return
	}
	for _, i := range l.valued {
		x := &l.list[i]
		if x.Op == leaf.Op && x.Cased == leaf.Cased && x.Flags == leaf.Flags && x.Unit == leaf.Unit {
			x.Values = append(x.Values, leaf.Values...)
			x.Placeholders = append(x.Placeholders, leaf.Placeholders...)
			return
		}
	}
	l.valued = append(l.valued, len(l.list))
	l.list = append(l.list, leaf)
}

// done returns the leaves, each with its placeholders once.
func (l *leafList) done() []record.Expr {
	for i := range l.list {
		if len(l.list[i].Values) > 1 {
			l.list[i].Placeholders = scan.Distinct(l.list[i].Placeholders)
		}
	}
	return l.list
}

// expansion makes one leaf of the variants of one written value. Where they
// fall under several operators, which only wildcards inside can do, they
// become an or of leaves.
func (r *reader) expansion(t *item, variants []value) record.Expr {
	var leaves leafList
	for _, v := range variants {
		leaves.add(r.leaf(t, v))
	}
	list := leaves.done()
	for i := range list {
		list[i].Expansion = list[i].Op != record.OpOpaque
	}
	return scan.Or(list...)
}

// negated applies neq: not any of the values.
func (r *reader) negated(t *item, x record.Expr) record.Expr {
	if !t.negate {
		return x
	}
	if x.Op == record.OpEq && x.Field != "" && (len(x.Values) == 1 || x.Ref != "") {
		x.Op = record.OpNe
		return x
	}
	return scan.Not(x)
}

// leaf makes the leaf of one value.
func (r *reader) leaf(t *item, v value) record.Expr {
	if v.opaque != "" {
		return scan.Opaque(v.opaque, t.key.Text+": "+v.node.Text)
	}
	x := record.Expr{Field: t.field, As: t.written(), Placeholders: v.placeholders}
	switch v.kind {
	case pattern:
		r.patternLeaf(t, &x, v)
	case null:
		r.nullLeaf(t, &x, v)
	case presence:
		x.Op = v.op
		if t.field == "" {
			r.errs.Add(r.file.At(t.key), "sigma/modifier", "unexpected modifier \"exists\" without a field")
			return scan.Opaque("sigma/modifier", t.key.Text)
		}
	case regex:
		x.Op, x.Values, x.Flags = record.OpRegexMatch, []string{v.text}, v.flags
		x.Cased = !strings.Contains(v.flags, "i")
	case network:
		x.Op, x.Values = record.OpCIDRMatch, []string{v.text}
	case reference:
		x.Op, x.Ref = v.op, v.text
	default:
		r.numberLeaf(t, &x, v)
	}
	return x
}

func (r *reader) patternLeaf(t *item, x *record.Expr, v value) {
	op, text := v.pat.Op()
	x.Cased = v.cased
	switch {
	case t.field != "":
		x.Op = op
	case op == record.OpStartsWith || op == record.OpEndsWith:
		if moved(t.mods) {
			x.Op = op
			break
		}
		fallthrough
	default:
		x.Op, text = record.OpKeyword, v.pat.Keyword()
	}
	if x.Op != record.OpIsNotNull {
		x.Values = []string{readable(text)}
	} else {
		x.Cased = false
	}
}

// moved reports whether startswith or endswith is among the modifiers: then a
// keyword is bound to an edge, while a star in a keyword says nothing.
func moved(mods []modifier) bool {
	return slices.ContainsFunc(mods, func(m modifier) bool { return m.name == "startswith" || m.name == "endswith" })
}

func (r *reader) nullLeaf(t *item, x *record.Expr, v value) {
	if t.field != "" {
		x.Op = record.OpIsNull
		return
	}
	r.errs.Add(r.file.At(v.node), "sigma/null-keyword", "unexpected null as a keyword, expected a text")
	x.Op, x.Values = record.OpKeyword, []string{"null"}
}

func (r *reader) numberLeaf(t *item, x *record.Expr, v value) {
	x.Op, x.Values, x.Unit = v.op, []string{v.text}, v.unit
	switch {
	case x.Op != "":
	case t.field == "":
		x.Op = record.OpKeyword
	default:
		x.Op = record.OpEq
	}
}

// written returns the modifiers as the author wrote them.
func (t *item) written() string {
	names := make([]string, len(t.mods))
	for i, m := range t.mods {
		names[i] = m.name
	}
	return strings.Join(names, "|")
}

// opaque makes the leaf of something without meaning, and an error.
func (r *reader) opaque(n *document.Node, code, format string, args ...any) record.Expr {
	r.errs.Add(r.file.At(n), code, format, args...)
	return scan.Opaque(code, sketch(n))
}

// sketch returns the text of n as far as it helps to recognize it.
func sketch(n *document.Node) string {
	switch {
	case n.Kind == document.Map && len(n.Pairs) > 0:
		return n.Pairs[0].Key.Text + ": ..."
	case n.Kind == document.Map:
		return "{}"
	case n.Kind == document.List && len(n.Items) > 0:
		return "[...]"
	case n.Kind == document.List:
		return "[]"
	}
	return n.Text
}
