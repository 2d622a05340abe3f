package normalize

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// Vendors whose rules have their own ways.
const (
	vendorElastic = "elastic"
	vendorSigma   = "sigma"
	vendorSplunk  = "splunk"
)

// naming is what a leaf's left side is called and how its values compare.
type naming struct {
	author    string   // as written: the field, or the source of a computed side
	name      string   // canonical; "" where no single field is named
	transform string   // of the field's row
	relation  string   // of the author's field to the canonical one, "" exact
	platform  string   // product that the rule is for, for the spelling of paths
	folded    bool     // the author folded the case by a function, or asks an index without case
	words     bool     // the values are words in a text, not the whole of it
	numbers   bool     // the values of the leaf are numbers of the registry
	apart     bool     // the field is like the canonical one of its row, and keeps its name
	expr      string   // a computed side that is no single field
	fields    []string // canonical names of the fields in expr
	unmapped  bool     // no row of the field table holds for the field
}

// named names the left side of a leaf.
func (w *walker) named(e *record.Expr, ctx field.Context) naming {
	if e.Expr == "" {
		n := name(w.tables.Fields, w.vendor, e.Field, ctx)
		if w.vendor == vendorSplunk {
			n = asResult(asProgram(n, e.Values), e.Values)
		}
		return w.unbroken(n, e)
	}
	if inner, folds, ok := plain(e); ok {
		n := w.unbroken(name(w.tables.Fields, w.vendor, inner, ctx), e)
		n.author, n.folded = e.Expr, folds
		return n
	}
	n := naming{author: e.Expr, expr: e.Expr}
	for _, f := range e.Fields {
		n.fields = append(n.fields, name(w.tables.Fields, w.vendor, f, ctx).name)
	}
	return n
}

// unbroken takes back that the values are words where the query compares the
// text itself. ES|QL does, but for its functions of full text, which do not
// tell the case.
func (w *walker) unbroken(n naming, e *record.Expr) naming {
	if n.words && e.Cased && w.language == "esql" {
		n.words, n.folded = false, false
	}
	return n
}

// plain reports whether a computed side is one field in another case or as
// text, and which: such a leaf is a leaf on the field.
func plain(e *record.Expr) (inner string, folds, ok bool) {
	fn, rest, found := strings.Cut(e.Expr, "(")
	if !found || len(e.Fields) != 1 {
		return "", false, false
	}
	arg := strings.TrimSpace(strings.TrimSuffix(rest, ")"))
	// Splunk's searches drop the name of the data model's object.
	if arg != e.Fields[0] && !strings.HasSuffix(e.Fields[0], "."+arg) {
		return "", false, false
	}
	switch strings.ToLower(strings.TrimSpace(fn)) {
	case "lower", "to_lower", "upper", "to_upper":
		return e.Fields[0], true, true
	case "to_string", "to_str", "tostring", "string", "to_ip":
		return e.Fields[0], false, true
	}
	return "", false, false
}

// name looks a field up. A field without a row, or with one that is only for
// information, keeps the author's name.
func name(t *field.Table, vendor, author string, ctx field.Context) naming {
	n := naming{author: author, platform: platformOf(ctx)}
	plain := author
	switch vendor {
	case vendorElastic:
		plain, n.folded = uncased(author)
	case vendorSplunk:
		return splunkName(t, n, ctx)
	}
	row, ok := t.Lookup(vendor, plain, ctx)
	if n.folded {
		if own, has := t.Own(vendor, author, ctx); has {
			row, ok = own, true // the user means the variant
		}
	}
	if !ok && n.folded {
		// No variant of a field, but a field that is called so.
		if _, known := t.Lookup(vendor, author, ctx); !known && strings.HasSuffix(author, ".text") {
			plain, n.folded = author, false
		}
	}
	n.unmapped = !ok && author != ""
	switch {
	case !ok || !row.Collapse:
		n.name = field.Bare(vendor, plain)
	case strings.HasPrefix(row.Transform, "argument list"):
		// One of the arguments is not the command line, nor a part of it that
		// could be told from another.
		n.name, n.relation, n.apart = plain, row.Relation, true
	default:
		n.name, n.transform, n.relation = row.Canonical, row.Transform, row.Relation
	}
	// A text that Elasticsearch has cut into words.
	n.words = n.folded && strings.HasSuffix(author, ".text") || strings.HasPrefix(n.transform, "analysed text")
	n.folded = n.folded || n.words
	return n
}

// uncased returns the field that a multi-field of Elasticsearch is another
// index of: one without case, or one of words.
func uncased(author string) (base string, folded bool) {
	if author == "" || author[len(author)-1] != 's' && author[len(author)-1] != 't' {
		return author, false
	}
	base, folded = strings.CutSuffix(author, ".caseless")
	if !folded {
		base, folded = strings.CutSuffix(author, ".text")
	}
	if base == "" {
		return author, false
	}
	return base, folded
}

// Products whose paths rnorm can spell, beside those of the log sources.
const (
	unix  = "unix"  // one with "/" in its paths
	mixed = "mixed" // several, with both kinds of path
)

// platformOf returns the product that ctx is about.
func platformOf(ctx field.Context) string {
	platform := ""
	for _, f := range ctx {
		if f.Key != "platform" {
			continue
		}
		p := strings.ToLower(f.Value)
		switch {
		case platform == "" || platform == p:
			platform = p
		case slash(platform) && slash(p):
			platform = unix
		default:
			platform = mixed
		}
	}
	return platform
}

// slash reports whether the paths of a platform have "/".
func slash(platform string) bool {
	return platform == linux || platform == macos || platform == unix || platform == "kubernetes"
}

// scope is what the conditions that hold together with a leaf say about the
// event: a field or an event id means what they make of it.
type scope struct {
	context   field.Context // the log source's, and an "id" for each event id
	providers []string      // short names
	channels  []string

	own  bool         // context is not shared with the scope outside
	logs []*splunkLog // of Splunk: one of those that the events are of

	// of Elastic
	codes           []string // event codes that the rule itself names
	types, notTypes []string // event.type is one of these, is none of those
	typed           bool     // event.type is said by each alternative beside the leaf
}

// maxFacts is how many values of one field a scope takes note of. Rules list
// a dozen at most; what a field is one of hundreds says little about the
// others, and every leaf inside would have to look at all of them.
const maxFacts = 64

// narrow returns the scope inside an and of the given conditions.
func (w *walker) narrow(s scope, ands []record.Expr) scope {
	if w.events.origin.elastic {
		return w.narrowElastic(s, ands)
	}
	if w.events.origin.splunk {
		return w.narrowSplunk(s, ands)
	}
	for i := range ands {
		e := &ands[i]
		switch {
		case e.Or == nil:
			w.learn(&s, e)
		case oneField(e.Or):
			for j := range e.Or {
				w.learn(&s, &e.Or[j])
			}
		}
	}
	return s
}

// oneField reports whether all conditions are definite leaves on one field.
func oneField(list []record.Expr) bool {
	for i := range list {
		if !definite(&list[i]) || list[i].Field != list[0].Field {
			return false
		}
	}
	return true
}

// learn adds to s what the leaf e says. The lists of s are shared with the
// scopes outside, so they are copied rather than grown in place.
func (w *walker) learn(s *scope, e *record.Expr) {
	if !definite(e) || len(e.Values) > maxFacts || len(s.context)+len(s.providers)+len(s.channels) > 4*maxFacts {
		return
	}
	switch w.events.key(e.Field) {
	case keyID:
		s.context = slices.Clip(s.context)
		for _, id := range e.Values {
			s.context = append(s.context, field.Fact{Key: "id", Value: id})
		}
	case keyProvider:
		s.providers = append(slices.Clip(s.providers), w.events.providers(e)...)
	case keyChannel:
		s.channels = append(slices.Clip(s.channels), e.Values...)
	}
}

// definite reports whether e says that a field is one of some values, or
// holds one of them.
func definite(e *record.Expr) bool {
	if e.Ref != "" || e.Expr != "" {
		return false
	}
	switch e.Op {
	case record.OpEq, record.OpMatch, record.OpStartsWith, record.OpEndsWith:
		return len(e.Values) == 1 || !e.All
	}
	return false
}
