// Package field knows what the vendors call the same thing: it maps a field
// name as the author of a rule wrote it to the canonical name, which is
// Sigma's where Sigma has one. It knows nothing of rules or values. The tables
// are embedded, one per vendor, each parsed when it is first asked for.
package field

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:generate go run ../../scripts/facts -root ../..

// Version says what the embedded tables were made from and when.
const Version = "fields 2026-11-21 (SigmaHQ 8eaafff1, Elastic 14cf530f, Splunk b13b3140)"

//go:embed data/sigma.tsv
var sigmaTSV string

//go:embed data/ecs.tsv
var ecsTSV string

//go:embed data/cim.tsv
var cimTSV string

// Row says what one vendor field is.
type Row struct {
	Name      string // the vendor's, in the table's spelling; may hold "*"
	Canonical string
	Context   string // where the row holds: "key=value;...", "" everywhere
	Transform string // what makes a vendor value comparable; "" nothing
	Relation  string // of the vendor field to the canonical one; "" exact
	Collapse  bool   // the vendor field is folded into the canonical one
	when      []condition
}

// condition holds where the context has one of the values under the key.
type condition struct {
	key    string
	values []string
}

// Fact is one thing that is known about where a field stands: the product,
// an event id, a data model. Keys are those of the table's contexts.
type Fact struct{ Key, Value string }

// Context is all that is known about where a field stands. A key may occur
// more than once.
type Context []Fact

// fit says how far the context meets the conditions of a row.
type fit int

const (
	fits  fit = iota // all of them
	parts            // some of several facts under a key do, others do not
	no
)

// fit returns how far the conditions of the row are met. Where all is set,
// every fact under a condition's key must meet it.
func (c Context) fit(r *Row, all bool) fit {
	out := fits
	for _, cond := range r.when {
		met, broken := false, false
		for _, f := range c {
			if f.Key == cond.key {
				met = met || cond.met(f)
				broken = broken || all && !cond.met(f)
			}
		}
		switch {
		case !met:
			return no
		case broken:
			out = parts
		}
	}
	return out
}

func (cond condition) met(f Fact) bool {
	return slices.Contains(cond.values, f.Value) || slices.ContainsFunc(cond.values, func(v string) bool {
		return strings.EqualFold(v, f.Value)
	})
}

// table has the rows of one vendor. Rows of one name stand together, those
// with the longest context first.
type table struct {
	rows     []Row
	byName   map[string][]Row // by the table's spelling and by lower case
	patterns []Row            // names with "*"

	// exact has the rows by the table's spelling alone, for Splunk: "Status"
	// of an event is not the "status" of a data model. A name without such a
	// row is looked up in any case, as those of the other vendors are.
	exact map[string][]Row

	// all is set where several facts under one key must all meet a condition:
	// ECS has user.name in events that mean another user by it, while a field
	// of Windows' own names is what it is in the one event that has it.
	all bool
}

var (
	sigmaTable = sync.OnceValue(func() *table { return newTable("sigma", parse(sigmaTSV)) })
	ecsTable   = sync.OnceValue(func() *table { return newTable("elastic", parse(ecsTSV)) })
	cimTable   = sync.OnceValue(func() *table { return newTable("splunk", parse(cimTSV)) })
)

// tableOf returns the table for the rules of a vendor, nil for an unknown one.
func tableOf(vendor string) *table {
	switch vendor {
	case "sigma":
		return sigmaTable()
	case "elastic":
		return ecsTable()
	case "splunk":
		return cimTable()
	}
	return nil
}

func parse(text string) []Row {
	rows := make([]Row, 0, strings.Count(text, "\n"))
	for line := range strings.Lines(text) {
		rows = append(rows, parseRow(strings.TrimSuffix(line, "\n")))
	}
	return rows
}

// newTable returns the table of a vendor's rows, which are in order of
// precedence.
func newTable(vendor string, rows []Row) *table {
	t := &table{rows: rows, byName: make(map[string][]Row, len(rows)), all: vendor == "elastic"}
	if vendor == "splunk" {
		t.exact = make(map[string][]Row, len(rows))
		for _, r := range rows {
			t.exact[r.Name] = append(t.exact[r.Name], r)
		}
	}
	for start := 0; start < len(t.rows); {
		key := strings.ToLower(t.rows[start].Name)
		end := start + 1
		for end < len(t.rows) && strings.EqualFold(t.rows[end].Name, key) {
			end++
		}
		t.index(key, t.rows[start:end])
		start = end
	}
	return t
}

func (t *table) index(key string, rows []Row) {
	t.byName[key] = rows
	for _, r := range rows {
		if r.Name != key {
			t.byName[r.Name] = rows
		}
		if strings.Contains(r.Name, "*") {
			t.patterns = append(t.patterns, r)
		}
	}
}

// parseRow reads a row. Cells at the end that are empty are left out; an
// empty canonical name is the vendor's.
func parseRow(line string) Row {
	var col [6]string
	n := 0
	for cell := range strings.SplitSeq(line, "\t") {
		col[n] = cell
		n++
	}
	r := Row{Name: col[0], Canonical: col[1], Context: col[2], Transform: col[3], Relation: col[4], Collapse: col[5] != "0"}
	if r.Canonical == "" {
		r.Canonical = r.Name
	}
	if r.Context == "" {
		return r
	}
	for part := range strings.SplitSeq(r.Context, ";") {
		key, values, _ := strings.Cut(part, "=")
		r.when = append(r.when, condition{key, strings.Split(values, ",")})
	}
	return r
}

// Lookup returns the row of a vendor's field that holds in ctx, the most
// specific one where several do; one that folds before those that do not. Where
// the context says that the field may be one thing or another, only a row that
// holds everywhere does. The vendor is named as in rule records; names are
// matched in any case.
func Lookup(vendor, name string, ctx Context) (Row, bool) {
	t := tableOf(vendor)
	if t == nil || name == "" {
		return Row{}, false
	}
	return t.lookup(name, ctx)
}

func (t *table) lookup(name string, ctx Context) (Row, bool) {
	if r := ctx.best(t.exact[name], t.all); r != nil {
		return *r, true
	}
	rows, ok := t.byName[name]
	if !ok {
		rows = t.byName[strings.ToLower(name)]
	}
	if r := ctx.best(rows, t.all); r != nil {
		return *r, true
	}
	for i := range t.patterns {
		if matches(t.patterns[i].Name, name) && ctx.fit(&t.patterns[i], t.all) == fits {
			r := t.patterns[i]
			r.Canonical = member(&r, name)
			return r, true
		}
	}
	return Row{}, false
}

// member returns the canonical name of a field that a pattern matches: its own
// where that of the row is the pattern, with its end in place of the "*" at
// the end of both, or that of the row, which then stands for all of them.
func member(r *Row, name string) string {
	prefix, ok := strings.CutSuffix(r.Canonical, "*")
	switch {
	case r.Canonical == r.Name:
		return Listless(name)
	case ok && strings.HasSuffix(r.Name, "*"):
		return prefix + Listless(name[len(r.Name)-1:])
	}
	return r.Canonical
}

// best returns the row of one field that holds in the context, or nil.
func (c Context) best(rows []Row, all bool) *Row {
	var other *Row // holds, but is for information only
	unsure := false
	for i := range rows {
		r := &rows[i]
		if unsure && r.Context != "" {
			continue
		}
		switch c.fit(r, all) {
		case parts:
			unsure = unsure || r.Collapse
		case fits:
			if r.Collapse {
				return r
			}
			if other == nil {
				other = r
			}
		}
	}
	return other
}

// matches reports whether name has the form of pattern, in which "*" stands
// for at least one byte.
func matches(pattern, name string) bool {
	head, tail, ok := strings.Cut(pattern, "*")
	if !ok {
		return strings.EqualFold(pattern, name)
	}
	if len(name) <= len(head) || !strings.EqualFold(name[:len(head)], head) {
		return false
	}
	if tail == "" {
		return true
	}
	// Of what stands between two "*", the first place that fits leaves the
	// most for the rest, so that a long name costs no more than its length.
	middle, _, more := strings.Cut(tail, "*")
	if !more {
		at := len(name) - len(tail)
		return at > len(head) && strings.EqualFold(name[at:], tail)
	}
	for i := len(head) + 1; i+len(middle) <= len(name); i++ {
		if strings.EqualFold(name[i:i+len(middle)], middle) {
			return matches(tail, name[i:])
		}
	}
	return false
}

// nativePrefixes are where Elastic keeps the fields of an event under the names
// that the event itself has for them.
var nativePrefixes = [...]string{
	"winlog.event_data.", "winlog.user_data.", "o365.audit.", "kubernetes.audit.", "azure.platformlogs.properties.log.",
}

// Bare returns the name to print for a field that has no row: the author's,
// without what only says where the vendor keeps the event's own fields.
func Bare(vendor, name string) string {
	switch vendor {
	case "elastic":
		for _, prefix := range nativePrefixes {
			if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" {
				return rest
			}
		}
	case "splunk":
		object, rest, ok := strings.Cut(name, ".")
		if ok && rest != "" && isModelObject(object) {
			return rest
		}
		return Listless(name)
	}
	return name
}

// Listless returns the name of a member of JSON without the marks of lists:
// "a{}.b" is "a.b", as the other vendors call it.
func Listless(name string) string {
	if !strings.Contains(name, "{}") {
		return name
	}
	if rest := strings.TrimPrefix(strings.ReplaceAll(name, "{}", ""), "."); rest != "" {
		return rest
	}
	return name
}

// isModelObject reports whether the name begins fields of a data model: they
// are written in capitals ("Processes", "All_Traffic", "IDS_Attacks"), while
// the paths of JSON events are not.
func isModelObject(name string) bool {
	return name != "" && name[0] >= 'A' && name[0] <= 'Z' && !strings.ContainsAny(name, "{}")
}
