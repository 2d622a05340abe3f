package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/rulepipe/rulepipe/cmd/internal/cli"
	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/normalize"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// explain prints how fields are mapped, and why. A name that no table has
// makes the exit code 1, as it does for grep.
func (f *flags) explain(s *cli.Session, t normalize.Tables) error {
	if len(f.Files) > 0 {
		return cli.Usagef("--explain reads no input")
	}
	ctx, err := parseContext(f.Context)
	if err != nil {
		return err
	}
	var b strings.Builder
	for i, name := range f.Explain {
		if i > 0 {
			b.WriteString("\n")
		}
		if !explainName(&b, t, name, ctx) {
			s.Trip("no table knows %q", name)
		}
	}
	_, err = io.WriteString(s.Out, b.String())
	return err
}

// parseContext reads "key=value,value;key=value", as in the field table.
func parseContext(text string) (field.Context, error) {
	var ctx field.Context
	if text == "" {
		return nil, nil
	}
	var keys []string
	for _, vendor := range normalize.Vendors() {
		keys = append(keys, field.Keys(vendor)...)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for part := range strings.SplitSeq(text, ";") {
		key, values, _ := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		if !slices.Contains(keys, key) || values == "" {
			return nil, cli.Usagef("--context has %q, expected key=value;key=value with keys of %s", part, strings.Join(keys, ", "))
		}
		for value := range strings.SplitSeq(values, ",") {
			ctx = append(ctx, field.Fact{Key: key, Value: strings.TrimSpace(value)})
		}
	}
	return ctx, nil
}

// of returns the facts that a vendor's rules have, an event id under its key.
func of(vendor string, ctx field.Context) field.Context {
	keys := field.Keys(vendor)
	var out field.Context
	for _, f := range ctx {
		for _, key := range []string{f.Key, map[string]string{"id": "code", "code": "id"}[f.Key]} {
			if slices.Contains(keys, key) {
				out = append(out, field.Fact{Key: key, Value: f.Value})
				break
			}
		}
	}
	return out
}

// vendorNamed cuts the vendor off a name: both its name in rule records and
// that in the field table will do.
func vendorNamed(name string) (vendors []string, rest string) {
	prefix, rest, found := strings.Cut(name, ":")
	if found {
		switch strings.ToLower(prefix) {
		case "sigma":
			return []string{"sigma"}, rest
		case "elastic", "ecs":
			return []string{"elastic"}, rest
		case "splunk", "cim":
			return []string{"splunk"}, rest
		}
	}
	return normalize.Vendors(), name
}

// explainName writes all about one name, and reports whether a table has it.
func explainName(b *strings.Builder, t normalize.Tables, name string, ctx field.Context) bool {
	vendors, name := vendorNamed(name)
	known := false
	for _, vendor := range vendors {
		e := normalize.Explain(t, vendor, name, of(vendor, ctx))
		if len(e.Rows) > 0 || len(vendors) == 1 {
			explainField(b, &e, len(of(vendor, ctx)) > 0)
		}
		known = known || len(e.Rows) > 0
	}
	into := explainCanonical(b, t, vendors, name)
	if !known && !into && len(vendors) > 1 {
		fmt.Fprintf(b, "%s: no row, and no field that folds into it: rules keep the name\n", span.Escape(name))
	}
	return known || into
}

// explainField writes what a field of a vendor becomes, and the rows that it
// depends on.
func explainField(b *strings.Builder, e *normalize.Explanation, inContext bool) {
	where, verb := "in a rule that does not say what events it reads", "becomes"
	if inContext {
		where = "in this context"
	}
	if e.As == e.Name {
		verb = "stays"
	}
	fmt.Fprintf(b, "%s: %s %s %s, %s: %s\n", e.Vendor, span.Escape(e.Name), verb, span.Escape(e.As), where, e.Why)
	if len(e.Rows) == 0 {
		return
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  \tfield\tcontext\tcanonical\tfolds\tvalues\trelation\ttable")
	for i := range e.Rows {
		mark := "  "
		if i == e.Holds {
			mark = "> "
		}
		fmt.Fprintf(w, "%s\t%s\n", mark, rowText(&e.Rows[i]))
	}
	_ = w.Flush() // into memory
}

// explainCanonical writes the fields that are folded into a canonical one, and
// reports whether there are any.
func explainCanonical(b *strings.Builder, t normalize.Tables, vendors []string, name string) bool {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	first := true
	for _, vendor := range vendors {
		rows := t.Fields.Into(vendor, name)
		for i := range rows {
			if strings.EqualFold(rows[i].Name, name) {
				continue // it is itself
			}
			if first {
				fmt.Fprintf(b, "fields that become %s\n", span.Escape(rows[i].Canonical))
				fmt.Fprintln(w, "  vendor\tfield\tcontext\tcanonical\tfolds\tvalues\trelation\ttable")
				first = false
			}
			fmt.Fprintf(w, "  %s\t%s\n", vendor, rowText(&rows[i]))
		}
	}
	_ = w.Flush()
	return !first
}

// rowText is a row as cells.
func rowText(m *field.Match) string {
	folds, table := "yes", "embedded"
	if !m.Collapse {
		folds = "no"
	}
	if m.Own {
		table = "own"
	}
	cells := []string{m.Name, cmp.Or(m.Context, "any"), m.Canonical, folds, cmp.Or(m.Transform, "as they are"), cmp.Or(m.Relation, "exact"), table}
	for i := range cells {
		cells[i] = span.Escape(cells[i])
	}
	return strings.Join(cells, "\t")
}
