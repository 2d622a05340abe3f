// Package event is a catalog of the events that rules read: which provider
// writes them to which channel under which id, what they are called, and
// which of them a Sigma log source, a field of Elastic's or a data source of
// Splunk's stands for. It knows nothing of rules. The tables are embedded and
// parsed when they are first asked for.
package event

import (
	_ "embed"
	"strings"
	"sync"
)

//go:generate go run ../../scripts/facts -root ../..

// Version says what the embedded tables were made from and when.
const Version = "events 2026-11-21 (Sysmon schema 4.90, Windows 11 26H1, Sigma 2.1.0, Elastic 14cf530f, Splunk b13b3140)"

//go:embed data/events.tsv
var eventsTSV string

// Event is one event of the catalog.
type Event struct {
	Provider string // short: "Microsoft-Windows-" cut off, blanks as hyphens
	Channel  string // "" where the provider writes to several
	ID       string
	Title    string
}

// catalog finds events by their keys, which are in lower case.
type catalog struct {
	all        []Event
	byProvider map[[2]string]int
	byChannel  map[[2]string][]int
	providers  map[string]string // lower case to the catalog's spelling
}

var events = sync.OnceValue(func() *catalog {
	c := newCatalog(850)
	for line := range strings.Lines(eventsTSV) {
		col := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		c.add(Event{Provider: col[0], Channel: col[1], ID: col[2], Title: col[3]})
	}
	return c
})

// newCatalog returns a catalog with room for that many events.
func newCatalog(room int) *catalog {
	return &catalog{
		all:        make([]Event, 0, room),
		byProvider: make(map[[2]string]int, room),
		byChannel:  make(map[[2]string][]int, room),
		providers:  make(map[string]string, room/7),
	}
}

func (c *catalog) add(e Event) {
	at := len(c.all)
	c.all = append(c.all, e)
	provider, channel := strings.ToLower(e.Provider), strings.ToLower(e.Channel)
	c.providers[provider] = e.Provider
	// The first row of a provider and id names the most usual form.
	if _, ok := c.byProvider[[2]string{provider, e.ID}]; !ok {
		c.byProvider[[2]string{provider, e.ID}] = at
	}
	if channel != "" {
		key := [2]string{channel, e.ID}
		c.byChannel[key] = append(c.byChannel[key], at)
	}
}

// Short returns the catalog's name of a provider that is written in full or
// short, in any case: "Microsoft-Windows-Security-Auditing" is
// "Security-Auditing".
func Short(provider string) string {
	name, _ := short(provider)
	return name
}

// short returns the name in lower case as well.
func short(provider string) (name, lower string) {
	name = strings.ReplaceAll(provider, " ", "-")
	const prefix = "microsoft-windows-"
	if len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
		name = name[len(prefix):]
	}
	lower = strings.ToLower(name)
	if known, ok := events().providers[lower]; ok {
		return known, lower
	}
	return name, lower
}

// Named returns the catalog's name of the first provider whose name holds
// part, for rules that know a provider only in part, or part itself.
func Named(part string) string {
	name := strings.ToLower(Short(part))
	for _, e := range events().all {
		if strings.Contains(strings.ToLower(e.Provider), name) {
			return e.Provider
		}
	}
	return Short(part)
}

// Lookup returns the event of a provider, named as for Short. An event that
// the catalog does not have is returned without a title, and false.
func Lookup(provider, id string) (Event, bool) {
	c := events()
	name, lower := short(provider)
	if i, ok := c.byProvider[[2]string{lower, id}]; ok {
		return c.all[i], true
	}
	return Event{Provider: name, ID: id}, false
}

// InChannel returns the events that have the id in a channel: more than one
// where several providers write to it.
func InChannel(channel, id string) []Event {
	c := events()
	var out []Event
	for _, i := range c.byChannel[[2]string{strings.ToLower(channel), id}] {
		out = append(out, c.all[i])
	}
	return out
}
