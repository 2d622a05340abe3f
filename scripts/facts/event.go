package main

import (
	"slices"
	"strings"
)

// eventFiles makes the event catalog and Sigma's log sources.
func eventFiles(facts string) ([]file, error) {
	events, err := eventRows(facts)
	if err != nil {
		return nil, err
	}
	sources, err := sigmaRows(facts)
	if err != nil {
		return nil, err
	}
	return []file{
		{"pkg/event/data/events.tsv", format(events)},
		{"pkg/event/data/sigma.tsv", format(sources)},
	}, nil
}

// eventRows keeps the events that have a title or that some rule names: the
// others say nothing that the rule's own provider and id do not say.
func eventRows(facts string) ([][]string, error) {
	t, err := readTable(facts, "events.tsv")
	if err != nil {
		return nil, err
	}
	rows, err := t.pick("provider", "channel", "event_id", "title", "used_by", "provider_full")
	if err != nil {
		return nil, err
	}
	var out, linux [][]string
	for _, row := range rows {
		if row[3] == "" && row[4] == "" {
			continue
		}
		if title := securityTitles[row[2]]; title != "" && row[0] == "Security-Auditing" {
			row[3] = title
		}
		out = append(out, row[:4])
		if row[0] == "Sysmon" && slices.Contains(linuxSysmon, row[2]) {
			linux = append(linux, []string{"Linux-Sysmon", "Linux-Sysmon/Operational", row[2], row[3]})
		}
	}
	return append(out, linux...), nil
}

// securityTitles are those of the Security log that the table has wrong: the
// title of a neighbour, or one with its id in front.
var securityTitles = map[string]string{
	"4657": "A registry value was modified.",
	"4748": "A security-disabled local group was deleted.",
	"5157": "The Windows Filtering Platform has blocked a connection.",
}

// linuxSysmon are the events that Sysmon for Linux has of those of Sysmon. The
// catalog has only Windows events.
var linuxSysmon = []string{"1", "3", "4", "5", "9", "11", "16", "23"}

// kernelFile holds the event ids that the table gives only in a note: the two
// categories come from an ETW provider that has no event log.
var kernelFile = map[string]string{"file_access": "12", "file_rename": "19,27"}

// sigmaRows keeps the log sources that lead to events.
func sigmaRows(facts string) ([][]string, error) {
	t, err := readTable(facts, "sigma_logsource_events.tsv")
	if err != nil {
		return nil, err
	}
	rows, err := t.pick("product", "category", "service", "channel_or_log", "provider", "event_ids", "sources")
	if err != nil {
		return nil, err
	}
	var out [][]string
	for _, row := range rows {
		if keepSource(row) {
			out = append(out, sourceRow(row))
		}
	}
	return out, nil
}

// keepSource leaves out placeholders, logs without a provider (they have no
// catalog events), and equivalents that neither the specification nor THOR
// name: only a converter that was told to use them reads such events.
func keepSource(row []string) bool {
	product, category, service, channel, provider, sources := row[0], row[1], row[2], row[3], row[4], row[6]
	switch {
	case strings.HasPrefix(channel, "("), strings.Contains(category, "*"):
		return false
	case product != "windows":
		return provider != ""
	case category != "":
		return strings.Contains(sources, "SPEC") || strings.Contains(sources, "THOR")
	}
	return service != ""
}

func sourceRow(row []string) []string {
	product, category, channel, provider, ids := row[0], row[1], row[3], row[4], row[5]
	if category == "antivirus" {
		product = "" // as the rules have it: no product
	}
	if kernelFile[category] != "" {
		ids = kernelFile[category]
	}
	if strings.Contains(ids, "=") {
		ids = "" // record types, not event ids
	}
	// Two providers of one service: the channel says which writes to it.
	for p := range strings.SplitSeq(provider, "|") {
		if provider == p || strings.HasPrefix(channel, p+"/") {
			provider = p
			break
		}
	}
	return []string{product, category, row[2], channel, shortProvider(provider), ids}
}
