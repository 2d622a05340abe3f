package field

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
	"github.com/rulepipe/rulepipe/pkg/tsv"
)

// Table maps fields by the rows that a user gave and, where none of them
// holds, by the embedded ones. A nil Table has the embedded ones only.
type Table struct {
	own map[string]*table // by vendor, as rule records name it
}

// Lookup is the function of the same name with the user's rows before the
// embedded ones: one of those that holds wins over any of these.
func (t *Table) Lookup(vendor, name string, ctx Context) (Row, bool) {
	if r, ok := t.Own(vendor, name, ctx); ok {
		return r, true
	}
	return Lookup(vendor, name, ctx)
}

// Own returns the row of the user's that holds.
func (t *Table) Own(vendor, name string, ctx Context) (Row, bool) {
	if t == nil || t.own[vendor] == nil || name == "" {
		return Row{}, false
	}
	return t.own[vendor].lookup(name, ctx)
}

// CodeDuplicate is the code of a row that says nothing new: a warning.
const CodeDuplicate = "fields/duplicate"

// Codes of rows that are left out.
const (
	codeVendor        = "fields/unknown-vendor"
	codeName          = "fields/no-name"
	codePattern       = "fields/pattern"
	codeContext       = "fields/context"
	codeTransform     = "fields/unknown-transform"
	codeRelation      = "fields/unknown-relation"
	codeCollapse      = "fields/collapse"
	codeContradiction = "fields/contradiction"
)

// format is that of the table that the embedded ones are made from. Note and
// confirmed_by are for people; uses and rules are in what --unmapped prints.
var format = tsv.Format{
	Code:   "fields",
	Needed: []string{"vendor", "vendor_field", "canonical"},
	Columns: []string{
		"canonical", "vendor", "vendor_field", "context", "value_transform", "relation", "collapse",
		"note", "confirmed_by", "uses", "rules",
	},
}

// Reader makes a Table of the files of a user.
type Reader struct {
	// Transforms are the words with which a value_transform may begin that
	// does something to values; a text of the embedded tables is fine as well.
	Transforms []string

	rows  map[string][]Row
	said  map[key]place // by canonical name as well
	folds map[key]place // without
}

// key is what two rows have in common that are about the same field.
type key struct{ vendor, name, context, canonical string }

// place is where a row stands.
type place struct {
	row  Row
	path string
	line int
}

// Read adds the rows of the file called path. A wrong row is left out and
// told; a row that contradicts an earlier one as well. Not ok is a file
// without a usable header.
func (r *Reader) Read(path string, text []byte) (errs span.Errors, ok bool) {
	if r.rows == nil {
		r.rows, r.said, r.folds = make(map[string][]Row), make(map[key]place), make(map[key]place)
	}
	t, ok := format.Read(text)
	errs = t.Errs
	lines := span.NewLines(text)
	for _, cells := range t.Rows {
		vendor, row, e := r.row(cells)
		if e != nil {
			errs = append(errs, *e)
			continue
		}
		line, _ := lines.Position(cells.At.Start)
		if e := r.add(vendor, place{row, path, line}, cells.At); e != nil {
			errs = append(errs, *e)
		}
	}
	return errs, ok
}

// Table returns what was read: of patterns, the longest goes first.
func (r *Reader) Table() *Table {
	t := &Table{own: make(map[string]*table, len(r.rows))}
	for vendor, rows := range r.rows {
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, bySpecificity)
		own := newTable(vendor, rows)
		slices.SortStableFunc(own.patterns, func(a, b Row) int { return cmp.Compare(len(b.Name), len(a.Name)) })
		t.own[vendor] = own
	}
	return t
}

// row reads the cells of a row.
func (r *Reader) row(cells tsv.Row) (vendor string, row Row, e *span.Error) {
	vendor, e = vendorOf(cells.Cell("vendor"))
	if e != nil {
		return "", Row{}, e
	}
	name, canonical := cells.Cell("vendor_field"), cells.Cell("canonical")
	switch stars := strings.Count(name.Text, "*"); {
	case name.Text == "":
		return "", Row{}, wrong(name, codeName, "unexpected empty vendor_field, expected a name")
	case canonical.Text == "":
		return "", Row{}, wrong(canonical, codeName, "unexpected empty canonical name of %q", name.Text)
	case stars > maxStars:
		return "", Row{}, wrong(name, codePattern, "unexpected %d * in %q, expected at most %d", stars, name.Text, maxStars)
	case strings.Contains(canonical.Text, "*") && canonical.Text != name.Text && !renamesMembers(name.Text, canonical.Text):
		return "", Row{}, wrong(canonical, codePattern, "unexpected * in canonical name %q, expected a name, or %q for fields that keep theirs", canonical.Text, name.Text)
	}
	row = Row{Name: name.Text, Canonical: canonical.Text}
	if row.Context, row.when, e = contextOf(vendor, cells.Cell("context")); e != nil {
		return "", Row{}, e
	}
	if row.Transform, e = r.transformOf(vendor, cells.Cell("value_transform")); e != nil {
		return "", Row{}, e
	}
	if row.Relation, e = relationOf(cells.Cell("relation")); e != nil {
		return "", Row{}, e
	}
	row.Collapse, e = collapseOf(cells.Cell("collapse"))
	return vendor, row, e
}

// renamesMembers reports whether a pattern and its canonical name end in the
// same "*", which stands for the rest of the name in both.
func renamesMembers(pattern, canonical string) bool {
	prefix, ok := strings.CutSuffix(canonical, "*")
	return ok && strings.HasSuffix(pattern, "*") && !strings.Contains(prefix, "*")
}

// maxStars is the most that a pattern may have; the embedded ones have two.
const maxStars = 3

// wrong makes the error of a cell.
func wrong(c tsv.Cell, code, format string, args ...any) *span.Error {
	e := span.Errorf(c.At, code, format, args...)
	return &e
}

// vendorOf returns the vendor as rule records name it. Both the names of the
// fact table and those are understood.
func vendorOf(c tsv.Cell) (string, *span.Error) {
	switch strings.ToLower(c.Text) {
	case "sigma":
		return "sigma", nil
	case "ecs", "elastic":
		return "elastic", nil
	case "cim", "splunk":
		return "splunk", nil
	}
	return "", wrong(c, codeVendor, "unexpected vendor %q, expected one of sigma, ecs, cim", c.Text)
}

// Keys are the keys that a context of the vendor's fields may have.
func Keys(vendor string) []string {
	switch vendor {
	case "sigma":
		return []string{"product", "category", "service", "id", "platform"}
	case "elastic":
		return []string{"category", "code", "dataset", "provider", "module", "platform"}
	case "splunk":
		return []string{"datamodel", "macro", "after", "sourcetype", "id", "platform"}
	}
	return nil
}

// contextOf reads "key=value,value;key=value".
func contextOf(vendor string, c tsv.Cell) (string, []condition, *span.Error) {
	if c.Text == "" {
		return "", nil, nil
	}
	var when []condition
	at := c.At.Start
	for part := range strings.SplitSeq(c.Text, ";") {
		cell := tsv.Cell{Text: part, At: span.Span{Start: at, End: at + len(part)}}
		at += len(part) + 1
		key, list, found := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		values := strings.Split(list, ",")
		for i := range values {
			values[i] = strings.TrimSpace(values[i])
		}
		switch {
		case !found || slices.Contains(values, ""):
			return "", nil, wrong(cell, codeContext, "unexpected %q in the context, expected key=value,value;key=value", part)
		case !slices.Contains(Keys(vendor), key):
			return "", nil, wrong(cell, codeContext, "unexpected key %q in the context, expected one of %s", key, strings.Join(Keys(vendor), ", "))
		case slices.ContainsFunc(when, func(w condition) bool { return w.key == key }):
			return "", nil, wrong(cell, codeContext, "unexpected second %q in the context, expected %s=value,value", key, key)
		}
		when = append(when, condition{key, values})
	}
	return c.Text, when, nil
}

// transformOf reads a value_transform; the part behind ";" is for people.
func (r *Reader) transformOf(vendor string, c tsv.Cell) (string, *span.Error) {
	word, _, _ := strings.Cut(c.Text, ";")
	switch {
	case c.Text == "none" || c.Text == "":
		return "", nil
	case slices.Contains(r.Transforms, word), tableOf(vendor).hasTransform(c.Text):
		return c.Text, nil
	}
	return "", wrong(c, codeTransform, "unexpected value_transform %q, expected none or one of %s", c.Text, strings.Join(r.Transforms, "; "))
}

// hasTransform reports whether a row has the text.
func (t *table) hasTransform(text string) bool {
	return slices.ContainsFunc(t.rows, func(r Row) bool { return r.Transform == text })
}

func relationOf(c tsv.Cell) (string, *span.Error) {
	switch c.Text {
	case "", "exact":
		return "", nil
	case "narrower", "broader", "similar":
		return c.Text, nil
	}
	return "", wrong(c, codeRelation, "unexpected relation %q, expected one of exact, narrower, broader, similar", c.Text)
}

func collapseOf(c tsv.Cell) (bool, *span.Error) {
	switch c.Text {
	case "", "1":
		return true, nil
	case "0":
		return false, nil
	}
	return false, wrong(c, codeCollapse, "unexpected collapse %q, expected 1 (fold into the canonical field) or 0 (keep the name)", c.Text)
}

// add adds a row unless it repeats or contradicts an earlier one. Of a field
// there may be several rows for information, but one only that folds it.
func (r *Reader) add(vendor string, p place, at span.Span) *span.Error {
	field := key{vendor: vendor, name: p.row.Name, context: canonicalContext(p.row.when)}
	if vendor != "splunk" { // whose names have case
		field.name = strings.ToLower(field.name)
	}
	fact := field
	fact.canonical = strings.ToLower(p.row.Canonical)
	before, known := r.said[fact]
	switch {
	case known && before.row.means(&p.row):
		e := span.Errorf(at, CodeDuplicate, "%q is said already in %s", p.row.Name, before.where(p.path))
		return &e
	case !known && p.row.Collapse:
		before, known = r.folds[field]
	}
	if known {
		e := span.Errorf(at, codeContradiction, "%q is something else in %s, which stays", p.row.Name, before.where(p.path))
		return &e
	}
	r.said[fact] = p
	if p.row.Collapse {
		r.folds[field] = p
	}
	r.rows[vendor] = append(r.rows[vendor], p.row)
	return nil
}

// means reports whether two rows of one field and canonical name say the same.
func (r *Row) means(other *Row) bool {
	return r.Transform == other.Transform && r.Relation == other.Relation && r.Collapse == other.Collapse
}

// where says where a row stands, seen from the file called path.
func (p place) where(path string) string {
	if p.path != path {
		return fmt.Sprintf("%s, line %d", p.path, p.line)
	}
	return fmt.Sprintf("line %d", p.line)
}

// canonicalContext spells conditions in one way, whatever their order.
func canonicalContext(when []condition) string {
	values := make(map[string][]string, len(when))
	for _, c := range when {
		list := strings.Split(strings.ToLower(strings.Join(c.values, ",")), ",")
		slices.Sort(list)
		values[c.key] = slices.Compact(list)
	}
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&b, "%s=%s;", k, strings.Join(values[k], ","))
	}
	return b.String()
}

// bySpecificity brings the rows of one name together, those with the longest
// context first and those that fold before those for information, so that the
// first row that holds is the one that wins. The embedded tables are in this
// order already.
func bySpecificity(a, b Row) int {
	return cmp.Or(
		cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)),
		cmp.Compare(len(b.when), len(a.when)),
		cmp.Compare(rank(a.when), rank(b.when)),
		cmp.Compare(len(b.Context), len(a.Context)),
		compareFolding(a, b),
	)
}

func compareFolding(a, b Row) int {
	switch {
	case a.Collapse == b.Collapse:
		return 0
	case a.Collapse:
		return -1
	}
	return 1
}

// rank orders contexts of one length: an event id says more than its
// provider, whatever the number of letters.
func rank(when []condition) int {
	if len(when) == 0 {
		return 0
	}
	order := []string{"code", "id", "provider", "dataset", "module"}
	if i := slices.Index(order, when[0].key); i >= 0 {
		return i
	}
	return len(order)
}
