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
	viaLogsource = "logsource"
)

// tie finds the catalog events that a rule reads. Evidence of a lower kind
// counts only for a part that has none of a higher one: a rule that names
// EventID 4697 does not read the rest of the Security log.
type tie struct {
	vendor  string
	source  *record.Logsource
	sources []event.Source // of the log source
	log     actionLog      // where events are told apart by a name
	list    []record.Event
	seen    map[[2]string]bool

	// of the part in work
	ids     []record.Event
	actions []record.Event
}

func newTie(vendor string, ls *record.Logsource) *tie {
	t := &tie{vendor: vendor, source: ls}
	if vendor == vendorSigma {
		t.sources = event.ForSigma(ls.Product, ls.Category, ls.Service)
		t.log = actionLogOf(ls)
	}
	return t
}

// key says what a field of the vendor's rules is to the catalog.
type key int

const (
	keyNone key = iota
	keyID
	keyProvider
	keyChannel
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

func (t *tie) begin() { t.ids, t.actions = nil, nil }

// end adds what the part in work is tied to.
func (t *tie) end() {
	switch {
	case t.ids != nil:
		t.add(t.ids)
	case t.actions != nil:
		t.add(t.actions)
	default:
		t.logsource()
	}
}

// logsource adds the events that the log source alone stands for.
func (t *tie) logsource() {
	for _, s := range t.sources {
		for _, id := range s.IDs {
			t.add(records(s.Resolve(id), viaLogsource))
		}
	}
}

func (t *tie) add(events []record.Event) {
	for _, e := range events {
		k := [2]string{e.Provider, e.ID}
		if t.seen[k] {
			continue
		}
		if t.seen == nil {
			t.seen = make(map[[2]string]bool)
		}
		t.seen[k] = true
		t.list = append(t.list, e)
	}
}

func records(events []event.Event, via string) []record.Event {
	var out []record.Event
	for _, e := range events {
		out = append(out, record.Event{Provider: e.Provider, ID: e.ID, Title: e.Title, Via: via})
	}
	return out
}

// leaf takes note of a leaf that must hold for the rule to match.
func (t *tie) leaf(e *record.Expr, name string, s scope) {
	if e.Op != record.OpEq {
		return
	}
	switch {
	case t.key(e.Field) == keyID:
		for _, id := range e.Values {
			t.ids = append(t.ids, records(t.resolve(number(id), s), viaEventID)...)
		}
	case t.log.field != "" && t.log.field == name:
		for _, v := range e.Values {
			t.actions = append(t.actions, record.Event{Provider: t.log.provider, ID: v, Via: viaAction})
		}
	}
}

// resolve returns the catalog events with the id: of the providers named
// beside it, else in the channels named beside it, else of the log source.
func (t *tie) resolve(id string, s scope) []event.Event {
	if len(s.providers) > 0 {
		return ofProviders(s.providers, id)
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
		out = append(out, src.Resolve(id)...)
	}
	if out == nil && t.source.Product != "" && !strings.EqualFold(t.source.Product, "windows") {
		return []event.Event{{Provider: t.source.Product, ID: id}}
	}
	return out
}

// having returns the sources that have the id. A category says which ids it
// has; where none of its sources has the id, the rule knows better and all of
// them are asked.
func (t *tie) having(id string) []event.Source {
	var out []event.Source
	for _, s := range t.sources {
		if s.IDs == nil || slices.Contains(s.IDs, id) {
			out = append(out, s)
		}
	}
	if out == nil {
		return slices.Clone(t.sources)
	}
	return out
}

// ofProviders pairs an id with the providers named beside it: those that are
// known to have it, or all where none is. Rules list several providers and
// several ids, of which not every pair exists.
func ofProviders(providers []string, id string) []event.Event {
	var known, all []event.Event
	for _, p := range providers {
		e, ok := event.Lookup(p, id)
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
func providers(e *record.Expr) []string {
	var out []string
	for _, v := range e.Values {
		if e.Op == record.OpEq {
			out = append(out, event.Short(v))
		} else {
			out = append(out, event.Named(v))
		}
	}
	return out
}

// actionLog is a log whose events have a name instead of a number.
type actionLog struct {
	product, service string
	field            string // canonical field that holds the name
	provider         string // as in the catalog: the data set's name, where Elastic has one
}

// actionLogs are the logs that Sigma rules name events of.
var actionLogs = []actionLog{
	{"aws", "cloudtrail", "eventName", "aws.cloudtrail"},
	{"azure", "auditlogs", "OperationName", "azure.auditlogs"},
	{"azure", "activitylogs", "OperationName", "azure.activitylogs"},
	{"azure", "riskdetection", "RiskEventType", "azure.identity_protection"},
	{"azure", "pim", "RiskEventType", "azure.pim"},
	{"gcp", "gcp.audit", "methodName", "gcp.audit"},
	{"gcp", "google_workspace.admin", "gwsEventName", "google_workspace.admin"},
	{"gcp", "google_workspace.login", "gwsEventName", "google_workspace.login"},
	{"m365", "audit", "Operation365", "o365.audit"},
	{"m365", "exchange", "Operation365", "o365.audit"},
	{"m365", "threat_management", "Operation365", "m365.threat_management"},
	{"m365", "threat_detection", "Operation365", "m365.threat_detection"},
	{"okta", "okta", "oktaEventType", "okta.system"},
	{"onelogin", "onelogin.events", "oneloginEventType", "onelogin.events"},
	{"github", "audit", "githubAction", "github.audit"},
	{"bitbucket", "audit", "auditType.action", "bitbucket.audit"},
	{"kubernetes", "audit", "verb", "kubernetes.audit_logs"},
	{"opencanary", "", "logtype", "opencanary"},
	{"cisco", "duo", "duoEventType", "cisco.duo"},
	{"linux", "auditd", "type", "auditd"},
}

func actionLogOf(ls *record.Logsource) actionLog {
	for _, l := range actionLogs {
		if strings.EqualFold(l.product, ls.Product) && strings.EqualFold(l.service, ls.Service) {
			return l
		}
	}
	return actionLog{}
}
