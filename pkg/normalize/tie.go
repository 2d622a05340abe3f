package normalize

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// Kinds of evidence, in order of trust; Event.Via says which it was.
const (
	viaEventID   = "eventid"
	viaAction    = "action"
	viaCategory  = "category" // Elastic's event.category and event.type
	viaLogsource = "logsource"
)

// tie finds the catalog events that a rule reads. Evidence of a lower kind
// counts only for a part that has none of a higher one: a rule that names
// EventID 4697 does not read the rest of the Security log.
type tie struct {
	catalog *event.Catalog
	vendor  string
	origin  *origin
	list    []record.Event
	seen    map[[2]string]bool // providers and ids in list

	platforms []string

	// of the part in work
	ids     []record.Event
	actions []record.Event

	// of the part in work, for Elastic
	acted      bool // an action was named that is known, if only to stand for no event
	categories []record.Event
	kinds      map[kindOfEvent]bool
	groups     []int         // where those of one category begin in categories
	narrow     []event.Event // that have the fields of the part

	onDisk bool // of the part in work, for Splunk: it names files as Windows does
}

// maxEvents is how many events' memory is kept for the next rule.
const maxEvents = 1 << 10

func (t *tie) begin(vendor string, o *origin) {
	t.vendor, t.origin = vendor, o
	if cap(t.list) > maxEvents || t.seen == nil {
		t.list, t.seen, t.kinds = nil, make(map[[2]string]bool), make(map[kindOfEvent]bool)
	}
	t.list = t.list[:0]
	t.platforms = append(t.platforms[:0], o.platforms...)
	clear(t.seen)
}

// key says what a field of the vendor's rules is to the catalog.
type key int

const (
	keyNone key = iota
	keyID
	keyProvider
	keyChannel

	// of Elastic
	keyAction
	keyEventCategory
	keyEventType
	keyEventDataset
	keyEventModule
	keyOS

	keySource // of Splunk
)

func (t *tie) key(name string) key {
	if t.vendor != vendorSigma {
		return keyNone
	}
	switch {
	case strings.EqualFold(name, "EventID"):
		return keyID
	case strings.EqualFold(name, "Provider_Name"):
		return keyProvider
	case strings.EqualFold(name, "Channel"):
		return keyChannel
	}
	return keyNone
}

func (t *tie) beginPart() {
	t.ids, t.actions = t.ids[:0], t.actions[:0]
	t.acted, t.categories, t.narrow = false, t.categories[:0], t.narrow[:0]
	t.groups = t.groups[:0]
	t.onDisk = false
	clear(t.kinds)
}

// endPart adds what the part in work is tied to.
func (t *tie) endPart(s scope) {
	switch {
	case t.origin.elastic:
		t.endElastic(s)
	case t.origin.splunk:
		t.endSplunk(s)
	case len(t.ids) > 0:
		t.add(t.ids)
	case len(t.actions) > 0:
		t.add(t.actions)
	default:
		t.add(t.origin.events)
	}
}

func (t *tie) add(events []record.Event) {
	for _, e := range events {
		k := [2]string{e.Provider, e.ID}
		if !t.seen[k] {
			t.seen[k] = true
			if own, ok := t.catalog.Own(e.Provider, e.ID); ok {
				e.Title = own.Title
			}
			t.list = append(t.list, e)
		}
	}
}

func records(events []event.Event, via string) []record.Event {
	var out []record.Event
	for _, e := range events {
		out = append(out, recordOf(e, via))
	}
	return out
}

func recordOf(e event.Event, via string) record.Event {
	return record.Event{Provider: e.Provider, ID: e.ID, Title: e.Title, Via: via}
}

// leaf takes note of a leaf that must hold for the rule to match.
func (t *tie) leaf(e *record.Expr, name string, s scope) {
	if t.origin.elastic {
		t.elasticLeaf(e, name, s)
		return
	}
	if t.origin.splunk {
		t.splunkLeaf(e, name, s)
		return
	}
	if e.Op != record.OpEq {
		return
	}
	switch {
	case t.key(e.Field) == keyID:
		for _, id := range e.Values {
			t.ids = append(t.ids, records(t.resolve(number(id), s), viaEventID)...)
		}
	case t.origin.log.field != "" && t.origin.log.field == name:
		for _, v := range e.Values {
			if strings.Contains(v, `"`) {
				continue // JSON: Azure's message holds what was changed, where it is not the operation
			}
			t.actions = append(t.actions, record.Event{Provider: t.origin.log.provider, ID: operationID(t.origin.log.provider, v), Via: viaAction})
		}
	}
}

// resolve returns the catalog events with the id: of the providers named
// beside it, else in the channels named beside it, else of the log source.
func (t *tie) resolve(id string, s scope) []event.Event {
	if len(s.providers) > 0 {
		return t.ofProviders(s.providers, id)
	}
	sources := t.having(id)
	for i, channel := range s.channels {
		if i == 0 {
			sources = nil
		}
		sources = append(sources, event.Source{Channel: channel})
	}
	var out []event.Event
	for _, src := range sources {
		out = append(out, t.catalog.Resolve(src, id)...)
	}
	if out == nil && t.origin.product != "" && !strings.EqualFold(t.origin.product, "windows") {
		return []event.Event{{Provider: t.origin.product, ID: id}}
	}
	return out
}

// having returns the sources that have the id. A category says which ids it
// has; where none of its sources has the id, the rule knows better and all of
// them are asked.
func (t *tie) having(id string) []event.Source {
	var out []event.Source
	for _, s := range t.origin.sources {
		if s.IDs == nil || slices.Contains(s.IDs, id) {
			out = append(out, s)
		}
	}
	if out == nil {
		return slices.Clone(t.origin.sources)
	}
	return out
}

// ofProviders pairs an id with the providers named beside it: those that are
// known to have it, or all where none is. Rules list several providers and
// several ids, of which not every pair exists.
func (t *tie) ofProviders(providers []string, id string) []event.Event {
	var known, all []event.Event
	for _, p := range providers {
		e, ok := t.catalog.Lookup(p, id)
		all = append(all, e)
		if ok {
			known = append(known, e)
		}
	}
	if known != nil {
		return known
	}
	return all
}

// providers returns the short names of the providers that a leaf names.
func (t *tie) providers(e *record.Expr) []string {
	var out []string
	for _, v := range e.Values {
		if e.Op == record.OpEq {
			out = append(out, t.catalog.Short(v))
		} else {
			out = append(out, t.catalog.Named(v))
		}
	}
	return out
}
