package event

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed data/splunk.tsv
var splunkTSV string

// DataSource is what the name of one of Splunk's data sources stands for.
type DataSource struct {
	Platform string  // in Sigma's words for products; "" for any
	Events   []Event // none where the name is that of a whole log
}

// splunkTable has the data sources by their names in lower case, and the logs
// that the names with an event id begin with.
type splunkTable struct {
	sources map[string]DataSource
	logs    map[string]splunkLog
}

// splunkLog is a log of Windows, or of Sysmon elsewhere.
type splunkLog struct {
	platform string
	source   Source
}

var splunk = sync.OnceValue(func() *splunkTable {
	t := &splunkTable{sources: make(map[string]DataSource, 250), logs: make(map[string]splunkLog)}
	for line := range strings.Lines(splunkTSV) {
		col := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		name := strings.ToLower(col[0])
		d := t.sources[name]
		d.Platform = col[1]
		switch len(col) {
		case 4: // an operation
			d.Events = append(d.Events, Event{Provider: col[2], ID: col[3]})
		case 5:
			e, _ := Lookup(col[2], col[3])
			d.Events = append(d.Events, e)
			t.addLog(name, col[1], e, col[4])
		}
		t.sources[name] = d
	}
	return t
})

// addLog takes note of the log that a name with an event id begins with. One
// that several providers write to has none of its own.
func (t *splunkTable) addLog(name, platform string, e Event, channel string) {
	stem, id, ok := cutLast(name)
	if !ok || id != e.ID {
		return
	}
	log, known := t.logs[stem]
	switch {
	case !known:
		log = splunkLog{platform, Source{Channel: channel, Provider: e.Provider}}
	case log.source.Provider != e.Provider:
		log.source.Provider = ""
	}
	t.logs[stem] = log
}

// cutLast cuts a name before its last word.
func cutLast(name string) (stem, last string, ok bool) {
	i := strings.LastIndexByte(name, ' ')
	if i < 0 {
		return "", "", false
	}
	return name[:i], name[i+1:], true
}

// operations are the logs whose data sources are called by the name of the log
// and that of an operation.
var operations = [...]struct{ prefix, platform, provider string }{
	{"AWS CloudTrail ", "aws", "aws.cloudtrail"},
	{"Azure Active Directory ", "azure", "azure.auditlogs"},
	{"O365 ", "m365", "o365.audit"},
}

// ForDataSource returns what a data source stands for. A name that the table
// does not have is read as one of the same form: "Windows Event Log Security
// 4688" is event 4688 of that log, "Sysmon EventID 29" one of Sysmon, "AWS
// CloudTrail GetObject" the operation. Not ok is another name.
func ForDataSource(name string) (d DataSource, ok bool) {
	t := splunk()
	if d, ok := t.sources[strings.ToLower(name)]; ok {
		return d, true
	}
	stem, ids, ok := cutLast(strings.ToLower(name))
	if log, known := t.logs[stem]; ok && known {
		d.Platform = log.platform
		for id := range strings.SplitSeq(ids, ",") {
			if id == "" || strings.Trim(id, "0123456789") != "" {
				return DataSource{}, false
			}
			d.Events = append(d.Events, log.source.Resolve(id)...)
		}
		return d, true
	}
	for _, o := range operations {
		if len(name) > len(o.prefix) && strings.EqualFold(name[:len(o.prefix)], o.prefix) {
			return DataSource{o.platform, []Event{{Provider: o.provider, ID: name[len(o.prefix):]}}}, true
		}
	}
	return DataSource{}, false
}
