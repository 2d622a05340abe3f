package normalize

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// onWindows reports whether the events that ctx describes may be those of
// Windows.
func (w *walker) onWindows(ctx field.Context) bool { return w.events.on(ctx, windows) }

// on reports whether ctx leaves room for events of an operating system: it
// says so, or says nothing and the rule is for that system.
func (t *tie) on(ctx field.Context, os string) bool {
	known := false
	for _, f := range ctx {
		if f.Key == keyPlatform {
			known = true
			if strings.EqualFold(f.Value, os) {
				return true
			}
		}
	}
	return !known && slices.Contains(t.platforms, os)
}

// elasticLeaf takes note of a leaf that must hold for the rule to match.
func (t *tie) elasticLeaf(e *record.Expr, name string, s scope) {
	k := elasticKey(e.Field)
	switch k {
	case keyAction:
		t.action(e, s)
	case keyEventCategory:
		if e.Op == record.OpEq && len(e.Values) <= maxFacts {
			s.own = false
			s.set(keyCategory, e.Values...)
			if !s.typed || len(s.types) > 0 {
				t.category(s)
			}
		}
	case keyEventType:
		if e.Op == record.OpEq && len(e.Values) <= maxFacts {
			s.types = e.Values
		}
		if e.Op == record.OpEq || e.Op == record.OpNe {
			t.category(s)
		}
	}
	if e.Op != record.OpEq {
		t.narrowing(e)
		return
	}
	switch k {
	case keyID:
		t.codes(e, name, s)
	case keyOS:
		for _, v := range e.Values {
			if !t.origin.tagged {
				t.platform(strings.ToLower(v))
			}
		}
	case keyEventDataset:
		for _, v := range e.Values {
			if d := namedDataset(v); !isOS(d.platform) || !t.origin.tagged {
				t.platform(d.platform)
			}
		}
	case keyNone:
		t.narrowing(e)
	}
	t.operation(e, name, s)
}

// platform adds a platform that a condition names.
func (t *tie) platform(p string) {
	if p != "" && !slices.Contains(t.platforms, p) {
		t.platforms = append(t.platforms, p)
	}
}

// narrowing takes note of a field that only some events of a category have.
func (t *tie) narrowing(e *record.Expr) {
	if e.Op != record.OpIsNull && e.Field != "" && !t.acted && len(t.ids) == 0 {
		t.narrow = append(t.narrow, event.ForField(e.Field)...)
	}
}

// codes adds the events with the codes of a leaf. In the logs of other
// products a code is what they make of it: Name is its canonical field.
func (t *tie) codes(e *record.Expr, name string, s scope) {
	if name != "EventID" {
		return
	}
	for _, v := range e.Values {
		code := number(v)
		named := len(s.providers) > 0 || len(s.channels) > 0
		if d := sole(s.context, keyDataset); d != "" && namedDataset(d).platform != windows && !named {
			t.ids = append(t.ids, record.Event{Provider: d, ID: v, Via: viaEventID})
			continue
		}
		if named || t.on(s.context, windows) {
			t.ids = append(t.ids, records(t.resolveCode(code, s), viaEventID)...)
		}
	}
}

// resolveCode returns the events of Windows with the code: of the providers
// or in the channels named beside it, else those that Elastic knows by it and
// the rule's indexes hold, else those of the indexes.
func (t *tie) resolveCode(code string, s scope) []event.Event {
	if len(s.providers) > 0 {
		return t.ofProviders(s.providers, code)
	}
	var out []event.Event
	for _, channel := range s.channels {
		out = append(out, t.catalog.Resolve(event.Source{Channel: channel}, code)...)
	}
	if out != nil {
		return out
	}
	known := event.ForCode(code)
	if p := sole(s.context, keyWriter); p != "" {
		if e, ok := t.catalog.Lookup(p, code); ok {
			return []event.Event{e}
		}
	}
	for _, e := range known {
		if t.origin.index.reads(e) {
			out = append(out, e)
		}
	}
	if out != nil {
		return out
	}
	if known != nil {
		return known
	}
	for _, src := range t.origin.index.sources {
		out = append(out, t.catalog.Resolve(src, code)...)
	}
	return out
}

// action adds the events that the actions of a leaf name.
func (t *tie) action(e *record.Expr, s scope) {
	categories := factsOf(s.context, keyCategory)
	if len(categories) == 0 {
		categories = []string{""}
	}
	for _, v := range e.Values {
		known := false
		if e.Op == record.OpEq {
			t.actions = append(t.actions, records(t.catalog.OwnAction(v), viaAction)...)
		}
		for _, c := range categories {
			var events []event.Event
			var ok bool
			switch e.Op {
			case record.OpEq:
				events, ok = event.ForAction(c, v)
			case record.OpStartsWith:
				events, ok = event.ForActionPrefix(v)
			}
			known = known || ok
			t.actions = t.systems(t.actions, events, s, viaAction)
		}
		t.acted = t.acted || known && (t.on(s.context, windows) || t.on(s.context, linux))
	}
}

// systems appends the events as those of the operating systems that the scope
// leaves room for: Windows, and Linux where Sysmon has the event there too.
func (t *tie) systems(out []record.Event, events []event.Event, s scope, via string) []record.Event {
	if len(events) == 0 || !onHost(s.context) {
		return out
	}
	if t.on(s.context, windows) {
		for _, e := range events {
			if t.origin.index.reads(e) {
				out = append(out, recordOf(e, via))
			}
		}
	}
	if t.on(s.context, linux) {
		for _, e := range events {
			if own, ok := e.OnLinux(); ok {
				out = append(out, recordOf(own, via))
			}
		}
	}
	return out
}

// operation adds the operation that a leaf names in a log of another product.
// The actions of a sensor are those of the system that it runs on.
func (t *tie) operation(e *record.Expr, name string, s scope) {
	provider := sole(s.context, keyDataset)
	if provider == "" || elasticKey(e.Field) != keyAction && !namesOperation(provider, name) {
		return
	}
	if isOS(namedDataset(provider).platform) || strings.HasPrefix(provider, "endpoint.") || strings.HasPrefix(provider, "crowdstrike.") {
		return
	}
	for _, v := range e.Values {
		t.actions = append(t.actions, record.Event{Provider: provider, ID: operationID(provider, v), Via: viaAction})
	}
}

// namesOperation reports whether the canonical field tells the events of a
// log apart.
func namesOperation(provider, name string) bool {
	return slices.ContainsFunc(actionLogs, func(l actionLog) bool { return l.field == name && l.provider == provider })
}

// operationID spells the name of an operation as the one of its log: those of
// Azure's resource providers are written in capitals by some and in their own
// case by others, and compared without case. So are auditd's types of records.
func operationID(provider, name string) string {
	const prefix = "microsoft."
	switch {
	case provider == "azure.activitylogs" && len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix),
		provider == "auditd":
		return strings.ToUpper(name)
	}
	return name
}

// kindOfEvent is a category and type of events on the systems that a scope
// leaves room for.
type kindOfEvent struct {
	category, typ  string
	windows, linux bool
}

// category adds the events of the categories and types in the scope.
func (t *tie) category(s scope) {
	if t.acted || len(t.ids) > 0 {
		return // there is better evidence
	}
	for _, f := range s.context {
		if f.Key != keyCategory {
			continue
		}
		t.groups = append(t.groups, len(t.categories))
		for _, typ := range typesOf(f.Value, s) {
			k := kindOfEvent{f.Value, typ, t.on(s.context, windows), t.on(s.context, linux)}
			if t.kinds[k] {
				continue
			}
			t.kinds[k] = true
			t.categories = t.systems(t.categories, event.ForCategory(f.Value, typ), s, viaCategory)
		}
	}
}

// typesOf returns the types of events of a category that a scope leaves, or
// one empty type for all of them.
func typesOf(category string, s scope) []string {
	if len(s.types) > 0 {
		return s.types
	}
	if len(s.notTypes) == 0 {
		return []string{""}
	}
	var out []string
	types := event.Types(category)
	for _, typ := range types {
		if !oneOf(typ, s.notTypes...) {
			out = append(out, typ)
		}
	}
	if len(out) == len(types) {
		return []string{""} // those that are excluded are none of the category's
	}
	return out
}

// narrowed removes from every group of categories the events that lack the
// fields which the part asks for. Fields of none of them say nothing.
func (t *tie) narrowed() []record.Event {
	var out []record.Event
	for i, start := range t.groups {
		end := len(t.categories)
		if i+1 < len(t.groups) {
			end = t.groups[i+1]
		}
		group, before := t.categories[start:end], len(out)
		for _, e := range group {
			if slices.ContainsFunc(t.narrow, func(n event.Event) bool {
				return n.ID == e.ID && (n.Provider == e.Provider || n.Provider == "Sysmon" && e.Provider == "Linux-Sysmon")
			}) {
				out = append(out, e)
			}
		}
		if len(out) == before {
			out = append(out, group...)
		}
	}
	return out
}

// endElastic adds what the part in work is tied to.
func (t *tie) endElastic(s scope) {
	if len(t.categories) == 0 {
		t.category(s)
	}
	switch {
	case len(t.ids) > 0:
		t.add(t.ids)
	case len(t.actions) > 0 || t.acted:
		t.add(t.actions)
	default:
		t.add(t.narrowed())
	}
}
