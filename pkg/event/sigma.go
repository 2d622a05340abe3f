package event

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed data/sigma.tsv
var sigmaTSV string

// Source is where the events of a log source come from. Without IDs it is a
// whole channel or log, and the rule says which of its events it reads.
type Source struct {
	Channel  string
	Provider string // short; "" for a channel that many providers write to
	IDs      []string
}

// sigmaRow is a Source and the log source that it stands for; empty members
// hold for any value.
type sigmaRow struct {
	product, category, service string
	source                     Source
}

var sigmaRows = sync.OnceValue(func() []sigmaRow {
	rows := make([]sigmaRow, 0, 128)
	for line := range strings.Lines(sigmaTSV) {
		col := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		row := sigmaRow{product: col[0], category: col[1], service: col[2]}
		row.source = Source{Channel: col[3], Provider: col[4]}
		if col[5] != "" {
			row.source.IDs = strings.Split(col[5], ",")
		}
		rows = append(rows, row)
	}
	return rows
})

// ForSigma returns the sources that a Sigma log source stands for, by its
// category where that is known, by its service otherwise. Where both are, the
// service picks among the category's channels.
func ForSigma(product, category, service string) []Source {
	return sourcesOf(sigmaRows(), product, category, service)
}

func sourcesOf(rows []sigmaRow, product, category, service string) []Source {
	var byCategory, byService []Source
	for _, row := range rows {
		switch {
		case row.product != "" && !strings.EqualFold(row.product, product):
		case row.category != "" && !strings.EqualFold(row.category, category):
		case row.service != "" && !strings.EqualFold(row.service, service):
		case row.category != "":
			byCategory = append(byCategory, row.source)
		default:
			byService = append(byService, row.source)
		}
	}
	if len(byCategory) == 0 {
		return byService
	}
	if both := sameChannel(byCategory, byService); len(both) > 0 {
		return both
	}
	return byCategory
}

// sameChannel returns the sources of a whose channel is one of b's.
func sameChannel(a, b []Source) []Source {
	var out []Source
	for _, s := range a {
		if slices.ContainsFunc(b, func(t Source) bool { return t.Channel == s.Channel }) {
			out = append(out, s)
		}
	}
	return out
}

// Resolve returns the catalog events that have the id in a source: the
// source's own provider first, else whoever writes the id to the channel. An
// id that the catalog does not have is named by the source's provider or, for
// want of one, by its channel.
func (s Source) Resolve(id string) []Event { return (*Catalog)(nil).Resolve(s, id) }

// Resolve is the method of Source with the user's events first.
func (c *Catalog) Resolve(s Source, id string) []Event {
	if s.Provider != "" {
		if e, ok := c.Lookup(s.Provider, id); ok && (e.Channel == "" || strings.EqualFold(e.Channel, s.Channel)) {
			return []Event{e}
		}
	}
	found := c.InChannel(s.Channel, id)
	switch {
	case len(found) == 1:
		return found
	case s.Provider != "":
		e, _ := c.Lookup(s.Provider, id)
		return []Event{e}
	case s.Channel == "":
		return nil
	}
	// Several providers use the id, or none that is known: the channel is
	// all that is certain.
	return []Event{{Provider: s.Channel, Channel: s.Channel, ID: id}}
}
