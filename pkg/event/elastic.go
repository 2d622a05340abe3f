package event

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed data/elastic.tsv
var elasticTSV string

// elasticKey is what an Elastic rule names events by: a kind ("action",
// "category", "code", "field"), the event.category that it holds in, "" for
// any, and a value in lower case: of "category", an event.type.
type elasticKey struct{ kind, category, value string }

// elasticTable has the events of every key. A key that is there without
// events is one that is known to stand for none.
type elasticTable struct {
	events  map[elasticKey][]Event
	fields  map[string][]Event
	types   map[string][]string // by category, sorted
	actions []elasticKey        // in the order of their values
}

var elastic = sync.OnceValue(func() *elasticTable {
	t := &elasticTable{events: make(map[elasticKey][]Event, 400), fields: make(map[string][]Event), types: make(map[string][]string)}
	for line := range strings.Lines(elasticTSV) {
		col := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		key := elasticKey{col[0], col[1], strings.ToLower(col[2])}
		t.events[key] = parseEvents(col[3])
		switch key.kind {
		case "action":
			t.actions = append(t.actions, key)
		case "field":
			t.fields[col[2]] = t.events[key]
		case "category":
			if key.value != "" {
				t.types[key.category] = append(t.types[key.category], key.value)
			}
		}
	}
	for _, types := range t.types {
		slices.Sort(types)
	}
	slices.SortFunc(t.actions, func(a, b elasticKey) int { return strings.Compare(a.value, b.value) })
	return t
})

// parseEvents reads a cell such as "Sysmon 3 22;Security-Auditing 5156".
func parseEvents(cell string) []Event {
	if cell == "" {
		return nil
	}
	var out []Event
	for one := range strings.SplitSeq(cell, ";") {
		words := strings.Split(one, " ")
		for _, id := range words[1:] {
			e, _ := Lookup(words[0], id)
			out = append(out, e)
		}
	}
	return out
}

// ForCode returns the Windows events that Elastic ships with the event.code,
// of every provider that has it.
func ForCode(code string) []Event {
	return elastic().events[elasticKey{"code", "", code}]
}

// ForAction returns the events that Elastic's pipelines, and the sensors
// whose data its rules read, name by an event.action, in any case. Some names
// mean another thing in another event.category; an empty one asks for all of
// them. Not ok is an action that is not known in the category.
func ForAction(category, action string) (events []Event, ok bool) {
	t := elastic()
	action = strings.ToLower(action)
	if events, ok = t.events[elasticKey{"action", "", action}]; ok {
		return events, true
	}
	if category != "" {
		events, ok = t.events[elasticKey{"action", strings.ToLower(category), action}]
		return events, ok
	}
	return t.named(func(value string) bool { return value == action })
}

// ForActionPrefix is ForAction for all actions that begin with a text, which
// must be long enough to mean one of them.
func ForActionPrefix(prefix string) (events []Event, ok bool) {
	const least = 6
	if len(prefix) < least {
		return nil, false
	}
	prefix = strings.ToLower(prefix)
	return elastic().named(func(value string) bool { return strings.HasPrefix(value, prefix) })
}

// named returns the events of all actions for which is holds.
func (t *elasticTable) named(is func(value string) bool) (events []Event, ok bool) {
	for _, key := range t.actions {
		if !is(key.value) {
			continue
		}
		ok = true
		for _, e := range t.events[key] {
			if !slices.Contains(events, e) {
				events = append(events, e)
			}
		}
	}
	return events, ok
}

// ForCategory returns the Windows events that have an event.category and an
// event.type, or any type for an empty one.
func ForCategory(category, typ string) []Event {
	return elastic().events[elasticKey{"category", strings.ToLower(category), strings.ToLower(typ)}]
}

// Types are the values of event.type that tell the events of a category apart.
// The list is not the caller's to change.
func Types(category string) []string { return elastic().types[strings.ToLower(category)] }

// ForField returns the events that alone of their category have an ECS field.
func ForField(name string) []Event { return elastic().fields[name] }

// OnLinux returns what Sysmon for Linux has of an event of Sysmon that is about
// processes, files or connections.
func (e Event) OnLinux() (Event, bool) {
	if e.Provider != "Sysmon" {
		return Event{}, false
	}
	own, ok := onLinux()[e.ID]
	return own, ok
}

var onLinux = sync.OnceValue(func() map[string]Event {
	events := make(map[string]Event)
	for _, id := range []string{"1", "3", "5", "9", "11", "23"} {
		if e, ok := Lookup("Linux-Sysmon", id); ok {
			events[id] = e
		}
	}
	return events
})
