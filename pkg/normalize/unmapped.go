package normalize

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// The bounds of the list: the public rules have some hundred names without a
// row, the longest of 60 bytes. A stream made of new names costs no more than
// 30 MiB.
const (
	maxMissing     = 50_000
	maxMissingName = 256 // bytes of a name, and of a context
)

// Missing is a name without a row, and how often it is used.
type Missing struct {
	Vendor, Name string
	Context      string // of the uses, in the words of the field table; "" where the table has no row of the name
	Kept         string // the name that it keeps
	Uses         int    // conditions
	Rules        int
}

// Fits reports whether a table of --fields can have a row of the name: it is
// text, no pattern, and of a vendor whose fields have a table.
func (m *Missing) Fits() bool {
	if !slices.Contains(Vendors(), m.Vendor) {
		return false
	}
	for _, s := range []string{m.Name, m.Kept} {
		if !utf8.ValidString(s) || strings.Contains(s, "*") || strings.TrimSpace(s) != s || strings.ContainsFunc(s, unicode.IsControl) {
			return false
		}
	}
	return true
}

// Unmapped gathers the names without a row of the rules in a stream.
type Unmapped struct {
	More int // uses of names beyond the bounds

	fields *field.Table
	names  map[missingKey]*counted
	rule   int // number of the rule in work
}

type missingKey struct{ vendor, name, context string }

// counted is a name, and the last rule that used it.
type counted struct {
	Missing
	last int
}

// NewEdit returns an Edit that writes nothing and notes what is wrong with
// records; the names are in u. One worker at a time may use it.
func (u *Unmapped) NewEdit(path string, stats *Stats, t Tables) record.Edit {
	if u.names == nil {
		u.names = make(map[missingKey]*counted)
	}
	u.fields = t.Fields
	e := editor{path: path, stats: stats, normalizer: New(t)}
	e.normalizer.walker.missing = u
	return func(out *record.Output, line record.Line) {
		u.rule++
		e.edit(out, line)
		out.Data = out.Data[:0]
	}
}

// List returns the names, those with the most uses first.
func (u *Unmapped) List() []Missing {
	var out []Missing
	for _, c := range u.names {
		out = append(out, c.Missing)
	}
	slices.SortFunc(out, func(a, b Missing) int {
		return cmp.Or(cmp.Compare(b.Uses, a.Uses), cmp.Compare(a.Vendor, b.Vendor),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.Context, b.Context))
	})
	return out
}

// leaf counts the names of a leaf that have no row.
func (u *Unmapped) leaf(vendor string, e *record.Expr, ctx field.Context) {
	names := e.Fields
	if e.Expr == "" {
		names = []string{e.Field}
	}
	if e.Ref != "" && !e.RefExpr {
		names = append(slices.Clip(names), e.Ref)
	}
	for _, one := range names {
		if n := name(u.fields, vendor, one, ctx); n.unmapped {
			u.add(vendor, one, n.name, ctx)
		}
	}
}

func (u *Unmapped) add(vendor, name, kept string, ctx field.Context) {
	if vendor == vendorElastic {
		// A row of the field is one of its variant without case as well.
		name = strings.TrimSuffix(name, ".caseless")
	}
	k := missingKey{vendor, name, u.context(vendor, name, ctx)}
	c, ok := u.names[k]
	if !ok {
		if len(u.names) >= maxMissing || len(k.vendor)+len(k.name)+len(k.context) > 2*maxMissingName {
			u.More++
			return
		}
		for _, s := range []*string{&k.vendor, &k.name, &k.context} {
			*s = strings.Clone(*s) // the strings of a rule go with its line
		}
		c = &counted{Missing: Missing{Vendor: k.vendor, Name: k.name, Context: k.context, Kept: strings.Clone(kept)}}
		u.names[k] = c
	}
	c.Uses++
	if c.last != u.rule {
		c.last = u.rule
		c.Rules++
	}
}

// context returns what is known of ctx under the keys by which the rows of a
// name differ: a row for this use must not hold where they do.
func (u *Unmapped) context(vendor, name string, ctx field.Context) string {
	rows := u.fields.Rows(vendor, name)
	var out []string
	for _, key := range field.Keys(vendor) {
		if !slices.ContainsFunc(rows, func(m field.Match) bool { return strings.Contains(";"+m.Context, ";"+key+"=") }) {
			continue
		}
		values := make(map[string]bool)
		for _, f := range ctx {
			if f.Key == key {
				values[f.Value] = true
			}
		}
		text := strings.Join(slices.Sorted(maps.Keys(values)), ",")
		plain := strings.Count(text, ",") == len(values)-1 && !strings.ContainsAny(text, ";=") && !strings.ContainsFunc(text, unicode.IsControl)
		if len(values) > 0 && plain && utf8.ValidString(text) && len(text) <= maxMissingName && !values[""] {
			out = append(out, key+"="+text)
		}
	}
	return strings.Join(out, ";")
}
