package main

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Kinds of rows of the table of Elastic's events: what names the events.
const (
	byAction   = "action"
	byCategory = "category"
	byCode     = "code"
	byField    = "field"
)

// elasticFiles makes the table of what Elastic's fields say about events.
func elasticFiles(facts string) ([]file, error) {
	t, err := readTable(facts, "elastic_events.tsv")
	if err != nil {
		return nil, err
	}
	rows, err := t.pick("section", "eql_category", "event.category", "event.type", "event.action", "event.code", "dataset_or_index", "provider", "windows_events")
	if err != nil {
		return nil, err
	}
	actions, err := readTable(facts, "event_actions.tsv")
	if err != nil {
		return nil, err
	}
	named, err := actions.pick("ecs_event_action", "provider", "event_id", "dataset")
	if err != nil {
		return nil, err
	}
	var e elasticTable
	for _, row := range rows {
		e.add(row)
	}
	for _, row := range named {
		e.addAction(row)
	}
	for _, name := range startFields {
		e.put(byField, "", name, "Sysmon 1", "Security-Auditing 4688")
	}
	for _, name := range fileFields {
		e.put(byField, "", name, "Sysmon 2", "Sysmon 11", "Sysmon 15", "Sysmon 23", "Sysmon 26")
	}
	for _, text := range taskTexts {
		e.put(byAction, "", text[0], text[1])
	}
	return []file{{"pkg/event/data/elastic.tsv", format(e.rows())}}, nil
}

// taskTexts are what older versions of Winlogbeat wrote as event.action of
// Sysmon's events: the text of the task. Rules still ask for "Image loaded*".
var taskTexts = [][2]string{
	{"Process Create (rule: ProcessCreate)", "Sysmon 1"},
	{"Network connection detected (rule: NetworkConnect)", "Sysmon 3"},
	{"Image loaded (rule: ImageLoad)", "Sysmon 7"},
	{"CreateRemoteThread detected (rule: CreateRemoteThread)", "Sysmon 8"},
	{"Process accessed (rule: ProcessAccess)", "Sysmon 10"},
	{"File created (rule: FileCreate)", "Sysmon 11"},
	{"Registry object added or deleted (rule: RegistryEvent)", "Sysmon 12"},
	{"Registry value set (rule: RegistryEvent)", "Sysmon 13"},
	{"Registry object renamed (rule: RegistryEvent)", "Sysmon 14"},
	{"Dns query (rule: DnsQuery)", "Sysmon 22"},
}

// elasticTable gathers the events of every key.
type elasticTable struct {
	keys   [][3]string // kind, category, name
	events map[[3]string][]string
}

// put adds events to a key, which may have none.
func (t *elasticTable) put(kind, category, name string, events ...string) {
	if t.events == nil {
		t.events = make(map[[3]string][]string)
	}
	key := [3]string{kind, category, name}
	if _, ok := t.events[key]; !ok {
		t.keys = append(t.keys, key)
		t.events[key] = nil
	}
	for _, e := range events {
		if !slices.Contains(t.events[key], e) {
			t.events[key] = append(t.events[key], e)
		}
	}
}

// add takes one row of elastic_events.tsv.
func (t *elasticTable) add(row []string) {
	section, category, typ, action, code, field := row[0], row[2], row[3], row[4], row[5], row[6]
	provider, events := shortProvider(row[7]), elasticEvents(row[8])
	if code == "1102" {
		provider = "Eventlog" // the table has Security-Auditing beside "Log clear", for the channel
	}
	switch section {
	case "category":
		if len(events) > 0 {
			t.put(byCategory, category, typ, events...)
		}
	case "security", "sysmon", "powershell", "other":
		if code == "" || strings.Contains(provider, "*") {
			return
		}
		t.put(byCode, "", code, provider+" "+code)
		if action != "" {
			t.put(byAction, "", action, provider+" "+code)
		}
	case "endpoint":
		// One action in two categories: "authentication,session" is the first.
		category, _, _ = strings.Cut(category, ",")
		if action != "" {
			t.put(byAction, category, action, events...)
		}
	case "field":
		for _, name := range strings.FieldsFunc(field, func(r rune) bool { return r == ' ' || r == '/' || r == '+' }) {
			if strings.Contains(name, ".") && len(events) > 0 && slices.Contains(tellingFields, name) {
				t.put(byField, "", name, events...)
			}
		}
	}
}

// tellingFields are the fields that say which events of a category are meant,
// where a rule does not say so by a type. The others of the table are in most
// events of their category, or say which of two sources has them.
var tellingFields = []string{
	"powershell.file.script_block_text", "dns.question.name", "destination.ip", "destination.port",
	"registry.path", "registry.value", "registry.data.strings", "winlog.event_data.CallTrace",
	"winlog.event_data.GrantedAccess",
}

// startFields are the fields of a process that are only in the events of its
// start, in the logs of Windows.
var startFields = []string{
	"process.args", "process.command_line", "process.parent.args", "process.parent.command_line",
	"process.parent.executable", "process.parent.name",
}

// fileFields are the fields of a file that a share or a pipe does not have.
var fileFields = []string{"file.extension", "file.name", "file.path"}

// addAction takes one row of event_actions.tsv. Those of Elastic's own sensor
// have no category there; where elastic_events.tsv has one, it is that table
// that counts.
func (t *elasticTable) addAction(row []string) {
	action, provider, ids, dataset := row[0], row[1], row[2], row[3]
	if name, ok := strings.CutPrefix(dataset, "endpoint.events."); ok {
		category, _, _ := strings.Cut(name, " ")
		category, _, _ = strings.Cut(category, ";")
		if category == "security" {
			category = "authentication"
		}
		if _, ok := t.events[[3]string{byAction, category, action}]; !ok {
			t.put(byAction, category, action, numbered(provider, ids)...)
		}
		return
	}
	category := ""
	if strings.HasPrefix(dataset, "sysmon_linux") || strings.HasPrefix(dataset, "crowdstrike") || strings.HasPrefix(dataset, "audit") {
		category = "process"
	}
	t.put(byAction, category, action, numbered(provider, ids)...)
}

func numbered(provider, ids string) []string {
	var out []string
	for id := range strings.SplitSeq(ids, ",") {
		if id != "" {
			out = append(out, provider+" "+id)
		}
	}
	return out
}

var (
	aside     = regexp.MustCompile(`\([^)]*\)`)
	eventName = regexp.MustCompile(`([A-Z][\w-]*) (\d+)`)
)

// elasticEvents reads the events of a cell such as "Sysmon 1; Security 4688".
// What stands in parentheses is a remark.
func elasticEvents(cell string) []string {
	var out []string
	for _, m := range eventName.FindAllStringSubmatch(aside.ReplaceAllString(cell, ""), -1) {
		provider := m[1]
		switch provider {
		case "Security":
			provider = "Security-Auditing"
		case "System":
			provider = "Service-Control-Manager"
		}
		out = append(out, shortProvider(provider)+" "+m[2])
	}
	return out
}

// rows are sorted by kind, name and category; the events of one provider are
// written together: "Sysmon 1 3;Security-Auditing 5156".
func (t *elasticTable) rows() [][]string {
	slices.SortFunc(t.keys, func(a, b [3]string) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[2], b[2]), cmp.Compare(a[1], b[1]))
	})
	var out [][]string
	for _, key := range t.keys {
		out = append(out, []string{key[0], key[1], key[2], joined(t.events[key])})
	}
	return out
}

func joined(events []string) string {
	var b strings.Builder
	last := ""
	for _, e := range events {
		provider, id, _ := strings.Cut(e, " ")
		switch {
		case provider == last:
			b.WriteString(" " + id)
		case last == "":
			b.WriteString(e)
		default:
			b.WriteString(";" + e)
		}
		last = provider
	}
	return b.String()
}
