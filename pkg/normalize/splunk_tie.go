package normalize

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// splunkLeaf takes note of a leaf that must hold for the rule to match.
func (t *tie) splunkLeaf(e *record.Expr, name string, s scope) {
	for _, l := range s.logs {
		if l.platform != "" && (!isOS(l.platform) || !t.origin.tagged) {
			t.platform(l.platform)
		}
	}
	if len(t.origin.events) == 0 { // else the data sources say it
		t.onDisk = t.onDisk || namesWindows(e)
	}
	if e.Op != record.OpEq {
		return
	}
	if splunkKey(e.Field) == keyID || name == "EventID" {
		for _, v := range e.Values {
			t.ids = append(t.ids, records(t.resolveEventCode(number(v), s), viaEventID)...)
		}
		return
	}
	for _, l := range s.logs {
		t.operations(l.provider, name, e.Values)
	}
	if modelOf(e.Field) != "" {
		for _, platform := range t.origin.platforms {
			t.operations(modelProviders[platform], name, e.Values)
		}
	}
}

// modelProviders are the logs behind the data models for authentication and
// changes, by the platform of the data sources: their names of operations are
// members of the models.
var modelProviders = map[string]string{"aws": "aws.cloudtrail", "okta": "okta.system"}

// operations adds the events of the log that the values of a field name.
func (t *tie) operations(provider, name string, values []string) {
	if provider == "" || !namesOperation(provider, name) {
		return
	}
	for _, v := range values {
		t.actions = append(t.actions, splunkOperation(provider, v))
	}
}

// splunkOperation is the event of an operation. Entra ID's sign-ins are a log
// of their own, which Splunk keeps with the audit log.
func splunkOperation(provider, name string) record.Event {
	if provider == "azure.auditlogs" && strings.EqualFold(name, "Sign-in activity") {
		provider = "azure.signinlogs"
	}
	return record.Event{Provider: provider, ID: operationID(provider, name), Via: viaAction}
}

// resolveEventCode returns the catalog events with the id: of the providers
// named beside it, else of the logs, else of the data sources that have it.
func (t *tie) resolveEventCode(id string, s scope) []event.Event {
	if id == "" || strings.Trim(id, "0123456789") != "" {
		return nil // of another product: EventID is a name there
	}
	if len(s.providers) > 0 {
		if !t.origin.tagged {
			t.platform(windows)
		}
		return t.ofProviders(s.providers, id)
	}
	var out, known []event.Event
	for _, l := range s.logs {
		if l.source.Channel == "" {
			continue
		}
		for _, e := range t.catalog.Resolve(l.source, id) {
			out = append(out, e)
			if e.Title != "" {
				known = append(known, e)
			}
		}
	}
	if known != nil {
		return known // of several logs, those that have the id
	}
	// An id that the log does not have: the macro may stand for another one
	// than its author thought, and the data sources know better.
	for _, e := range t.origin.events {
		if e.ID == id {
			own, _ := t.catalog.Lookup(e.Provider, id)
			known = append(known, own)
		}
	}
	if known != nil {
		return known
	}
	if out == nil && !anyLog(id) && s.unplaced(t.origin) {
		out = event.ForCode(id)
		if len(out) > 0 {
			t.platform(windows)
		}
	}
	return out
}

// modelEvents are the events of Windows that the data models of the endpoint
// are made of, by Elastic's category and type for the same.
var modelEvents = map[string][2]string{
	"Endpoint.Processes":  {"process", "start"},
	"Endpoint.Registry":   {"registry", "change"},
	"Endpoint.Filesystem": {"file", "creation"},
}

// endSplunk adds what the part in work is tied to. The data model is asked
// where the author names no data source.
func (t *tie) endSplunk(s scope) {
	switch {
	case len(t.ids) > 0:
		t.add(t.ids)
	case len(t.actions) > 0:
		t.add(t.actions)
	case len(t.origin.events) > 0:
		t.add(t.origin.events)
	default:
		t.add(t.ofModel(s))
	}
}

// ofModel returns the events of a data model of the endpoint, on the systems
// that the rule is for, or that its conditions tell.
func (t *tie) ofModel(s scope) []record.Event {
	model := sole(s.context, keyModel)
	kind, ok := modelEvents[model]
	if !ok {
		return nil
	}
	onWindows := slices.Contains(t.platforms, windows)
	if !onWindows && !t.origin.tagged && (t.onDisk || model == "Endpoint.Registry") {
		t.platform(windows)
		onWindows = true
	}
	var out []record.Event
	for _, e := range event.ForCategory(kind[0], kind[1]) {
		if own, has := e.OnLinux(); has && slices.Contains(t.platforms, linux) {
			out = append(out, recordOf(own, viaModel))
		}
		if onWindows {
			out = append(out, recordOf(e, viaModel))
		}
	}
	return out
}

// viaModel is the weakest evidence: what the data model is made of.
const viaModel = "datamodel"

// namesWindows reports whether a leaf names a file that only Windows runs, or
// a path of Windows.
func namesWindows(e *record.Expr) bool {
	return modelOf(e.Field) != "" && slices.ContainsFunc(e.Values, func(v string) bool {
		return windowsFile(v) || strings.Contains(v, `:\`) || strings.HasPrefix(v, `\`)
	})
}
