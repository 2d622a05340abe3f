package event

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
	"github.com/rulepipe/rulepipe/pkg/tsv"
)

// Catalog is the embedded catalog with the events that a user added; these
// win. A nil Catalog is the embedded one alone.
type Catalog struct {
	own        *catalog
	categories []sigmaRow
	actions    map[string][]Event // by event.action in lower case
}

// Short is the function of the same name that knows the user's providers as
// well.
func (c *Catalog) Short(provider string) string {
	name := Short(provider)
	if c != nil {
		if own, ok := c.own.providers[strings.ToLower(provider)]; ok {
			return own
		}
		if own, ok := c.own.providers[strings.ToLower(name)]; ok {
			return own
		}
	}
	return name
}

// Named is the function of the same name. A provider of the user's is the
// answer where it is named in full, or where no embedded one is.
func (c *Catalog) Named(part string) string {
	name := Named(part)
	if c == nil {
		return name
	}
	if own := c.Short(part); own != Short(part) {
		return own
	}
	if _, known := events().providers[strings.ToLower(name)]; known {
		return name
	}
	for _, e := range c.own.all {
		if strings.Contains(strings.ToLower(e.Provider), strings.ToLower(name)) {
			return e.Provider
		}
	}
	return name
}

// Own returns the user's event of a provider.
func (c *Catalog) Own(provider, id string) (Event, bool) {
	if c == nil {
		return Event{}, false
	}
	i, ok := c.own.byProvider[[2]string{strings.ToLower(c.Short(provider)), id}]
	if !ok {
		return Event{}, false
	}
	return c.own.all[i], true
}

// Lookup is the function of the same name with the user's events first.
func (c *Catalog) Lookup(provider, id string) (Event, bool) {
	if e, ok := c.Own(provider, id); ok {
		return e, true
	}
	return Lookup(c.Short(provider), id)
}

// InChannel is the function of the same name with the user's events first.
func (c *Catalog) InChannel(channel, id string) []Event {
	if c == nil {
		return InChannel(channel, id)
	}
	var out []Event
	for _, i := range c.own.byChannel[[2]string{strings.ToLower(channel), id}] {
		out = append(out, c.own.all[i])
	}
	for _, e := range InChannel(channel, id) {
		if !slices.ContainsFunc(out, func(own Event) bool { return strings.EqualFold(own.Provider, e.Provider) }) {
			out = append(out, e)
		}
	}
	return out
}

// ForSigma is the function of the same name with the user's events beside
// those of the embedded tables. A user's category holds for any product.
func (c *Catalog) ForSigma(product, category, service string) []Source {
	if c == nil {
		return ForSigma(product, category, service)
	}
	return sourcesOf(slices.Concat(sigmaRows(), c.categories), product, category, service)
}

// OwnAction returns the user's events that have an event.action, in any case.
func (c *Catalog) OwnAction(action string) []Event {
	if c == nil {
		return nil
	}
	return c.actions[strings.ToLower(action)]
}

// CodeDuplicate is the code of a row that says nothing new: a warning.
const CodeDuplicate = "events/duplicate"

// Codes of rows that are left out.
const (
	codeNoCell        = "events/no-cell"
	codeContradiction = "events/contradiction"
)

// format is that of the table that the embedded one is made from. The other
// columns are for people.
var format = tsv.Format{
	Code:   "events",
	Needed: []string{"provider", "event_id", "title"},
	Columns: []string{
		"provider", "provider_full", "channel", "event_id", "title", "title_source", "fields", "fields_source",
		"ecs_event_action", "sigma_category", "used_by", "note",
	},
}

// Reader makes a Catalog of the files of a user.
type Reader struct {
	catalog Catalog
	first   map[[3]string]place
	tied    map[string]bool
}

// place is where an event stands.
type place struct {
	event Event
	path  string
	line  int
}

// Read adds the events of the file called path. A wrong row is left out and
// told; one that contradicts an earlier one as well. Not ok is a file without
// a usable header.
func (r *Reader) Read(path string, text []byte) (errs span.Errors, ok bool) {
	if r.first == nil {
		r.first, r.tied = make(map[[3]string]place), make(map[string]bool)
		r.catalog = Catalog{own: newCatalog(0), actions: make(map[string][]Event)}
	}
	t, ok := format.Read(text)
	errs = t.Errs
	lines := span.NewLines(text)
	for _, row := range t.Rows {
		line, _ := lines.Position(row.At.Start)
		if e := r.row(row, path, line); e != nil {
			errs = append(errs, *e)
		}
	}
	return errs, ok
}

// Catalog returns what was read.
func (r *Reader) Catalog() *Catalog { return &r.catalog }

// row adds a row.
func (r *Reader) row(row tsv.Row, path string, line int) *span.Error {
	for _, column := range format.Needed {
		if c := row.Cell(column); c.Text == "" {
			e := span.Errorf(c.At, codeNoCell, "unexpected empty %s, expected provider, event_id and title", column)
			return &e
		}
	}
	e := Event{
		Provider: Short(row.Cell("provider").Text),
		Channel:  row.Cell("channel").Text,
		ID:       row.Cell("event_id").Text,
		Title:    row.Cell("title").Text,
	}
	key := [3]string{strings.ToLower(e.Provider), e.ID, strings.ToLower(e.Channel)}
	before, known := r.first[key]
	if known && before.event.Title != e.Title {
		wrong := span.Errorf(row.At, codeContradiction, "%s %s is called something else in %s, which stays", e.Provider, e.ID, where(before, path))
		return &wrong
	}
	if !known {
		r.first[key] = place{e, path, line}
		r.catalog.own.add(e)
		if full := row.Cell("provider_full").Text; full != "" {
			r.catalog.own.providers[strings.ToLower(full)] = e.Provider
		}
	}
	if !r.tie(e, row) && known {
		twice := span.Errorf(row.At, CodeDuplicate, "%s %s is said already in %s", e.Provider, e.ID, where(before, path))
		return &twice
	}
	return nil
}

func where(p place, path string) string {
	if p.path != path {
		return fmt.Sprintf("%s, line %d", p.path, p.line)
	}
	return fmt.Sprintf("line %d", p.line)
}

// tie notes the categories of Sigma, separated by blanks, and the event.action
// that an event has, and reports whether there are new ones.
func (r *Reader) tie(e Event, row tsv.Row) (fresh bool) {
	id := e.Provider + "\t" + e.Channel + "\t" + e.ID + "\t"
	for category := range strings.FieldsSeq(row.Cell("sigma_category").Text) {
		if key := id + "category\t" + strings.ToLower(category); !r.tied[key] {
			r.tied[key], fresh = true, true
			source := Source{Channel: e.Channel, Provider: e.Provider, IDs: []string{e.ID}}
			r.catalog.categories = append(r.catalog.categories, sigmaRow{category: category, source: source})
		}
	}
	if action := strings.ToLower(row.Cell("ecs_event_action").Text); action != "" {
		if key := id + "action\t" + action; !r.tied[key] {
			r.tied[key], fresh = true, true
			r.catalog.actions[action] = append(r.catalog.actions[action], e)
		}
	}
	return fresh
}
