package normalize

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// Explanation says what a field of a vendor's rules becomes, and why.
type Explanation struct {
	Vendor string
	Name   string        // the author's
	As     string        // the name that it gets
	Why    string        // in words
	Rows   []field.Match // about the name, in the order in which they are asked
	Holds  int           // which of them decides, -1 for none
}

// Vendors are those whose fields are known.
func Vendors() []string { return []string{vendorSigma, vendorElastic, vendorSplunk} }

// Explain says what a field becomes in a rule of the vendor that says what is
// in ctx about its events, in the words of the field table.
func Explain(t Tables, vendor, name string, ctx field.Context) Explanation {
	names := []string{name}
	switch vendor {
	case vendorElastic:
		if plain, folded := uncased(name); folded {
			names = append(names, plain)
		}
	case vendorSplunk:
		if plain := field.Listless(name); plain != name {
			names = append(names, plain)
		}
	}
	e := Explanation{Vendor: vendor, Name: name, Holds: -1}
	for _, one := range names {
		e.Rows = append(e.Rows, t.Fields.Rows(vendor, one)...)
	}
	w := New(t).imagine(vendor, ctx)
	known := w.scope.context
	if row, ok := decides(t.Fields, vendor, name, known); ok {
		e.Holds = slices.IndexFunc(e.Rows, func(m field.Match) bool { return m.Is(row) })
	}
	n := w.named(&record.Expr{Field: name, Op: record.OpIsNotNull}, known)
	e.As, e.Why = n.name, e.why(&n)
	return e
}

// why says in words what made n what it is.
func (e *Explanation) why(n *naming) string {
	var why string
	switch {
	case e.Vendor == vendorSplunk && isMeta(e.Name):
		return "it says where Splunk keeps the event"
	case n.unmapped && n.name != e.Name:
		why = "no row holds; the name is kept without what only says where the vendor keeps it"
	case n.unmapped:
		why = "no row holds, so the name is kept"
	case n.apart:
		why = "its row is about the whole list, of which the values are members"
	case e.Holds >= 0 && !e.Rows[e.Holds].Collapse:
		why = "its row is for information, so the name is kept"
	default:
		why = "a row folds it"
	}
	switch {
	case n.words:
		why += "; the values are words in it"
	case n.folded:
		why += "; its values are compared without case"
	}
	return why
}

// decides returns the row that name looks up.
func decides(t *field.Table, vendor, author string, ctx field.Context) (field.Row, bool) {
	switch vendor {
	case vendorElastic:
		if own, ok := t.Own(vendor, author, ctx); ok {
			return own, true
		}
		author, _ = uncased(author)
	case vendorSplunk:
		if isMeta(author) {
			return field.Row{}, false
		}
		return splunkRow(t, author, ctx)
	}
	return t.Lookup(vendor, author, ctx)
}

// imagined is a walker in the middle of a rule.
type imagined struct {
	*walker
	scope scope
}

// imagine walks into a rule of the vendor that says what is in ctx about its
// events: what a rule's author writes says more than the words alone do, as an
// event id says the provider.
func (n *Normalizer) imagine(vendor string, ctx field.Context) imagined {
	s := imaginary(vendor, ctx)
	p := &s.Parts[0]
	w := &n.walker
	w.begin(s, n.origin(s))
	at := scope{context: w.events.origin.context}
	switch vendor {
	case vendorElastic:
		at = w.elasticPart(p)
	case vendorSplunk:
		at = w.splunkPart(p)
	}
	w.events.beginPart()
	return imagined{w, w.narrow(at, p.Where.And)}
}

// imaginary returns a rule of the vendor, of one part, that says what is in ctx.
func imaginary(vendor string, ctx field.Context) *record.Subject {
	facts := make(map[string][]string)
	for _, f := range ctx {
		facts[f.Key] = append(facts[f.Key], f.Value)
	}
	first := func(key string) string { return strings.Join(facts[key][:min(1, len(facts[key]))], "") }
	p := record.Part{Where: &record.Expr{}}
	leaf := func(name, key string) {
		if values := facts[key]; len(values) > 0 {
			p.Where.And = append(p.Where.And, record.Expr{Field: name, Op: record.OpEq, Values: values})
		}
	}
	s := record.Subject{Vendor: vendor, Logsource: &record.Logsource{}}
	switch vendor {
	case vendorSigma:
		s.Logsource = &record.Logsource{Product: cmp.Or(first("product"), first("platform")), Category: first("category"), Service: first("service")}
		leaf("EventID", keyEventCode)
	case vendorElastic:
		leaf("event.category", keyCategory)
		leaf("event.dataset", keyDataset)
		leaf("event.module", keyModule)
		leaf("event.provider", keyWriter)
		leaf("host.os.type", keyPlatform)
		leaf("event.code", keyCode)
	case vendorSplunk:
		s.Logsource.Service, p.Source = first(keyMacro), first(keyModel)
		for _, os := range facts[keyPlatform] {
			s.Tags = append(s.Tags, "asset_type: "+os)
		}
		leaf("sourcetype", keySourcetype)
		leaf("EventCode", keyEventCode)
	}
	s.Parts = []record.Part{p}
	return &s
}
