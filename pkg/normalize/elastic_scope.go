package normalize

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// without returns a copy of ctx, with room to grow, that lacks a key's facts.
func without(ctx field.Context, key string) field.Context {
	out := make(field.Context, 0, len(ctx)+6)
	for _, f := range ctx {
		if f.Key != key {
			out = append(out, f)
		}
	}
	return out
}

// set makes the values what is known under key. A condition closer to the
// leaf knows better than one around it. The context is shared with the scopes
// outside until the first change.
func (s *scope) set(key string, values ...string) {
	if !s.own {
		s.context, s.own = without(s.context, key), true
	} else {
		s.context = slices.DeleteFunc(s.context, func(f field.Fact) bool { return f.Key == key })
	}
	for _, v := range values {
		s.context = append(s.context, field.Fact{Key: key, Value: v})
	}
}

// factsOf returns the values of a key.
func factsOf(ctx field.Context, key string) []string {
	var out []string
	for _, f := range ctx {
		if f.Key == key {
			out = append(out, f.Value)
		}
	}
	return out
}

// sole returns the only value of a key, "" where there are none or several.
func sole(ctx field.Context, key string) string {
	value := ""
	for _, f := range ctx {
		if f.Key != key {
			continue
		}
		if value != "" && value != f.Value {
			return ""
		}
		value = f.Value
	}
	return value
}

// elasticPart returns the scope of a part: what the rule's indexes say, and
// the event category that an EQL query begins with.
func (w *walker) elasticPart(p *record.Part) scope {
	o := w.events.origin
	s := scope{context: o.context}
	if w.language != "eql" || p.Source == "" || strings.EqualFold(p.Source, "any") {
		return s
	}
	switch o.categoryField {
	case "", "event.category":
		s.set(keyCategory, p.Source)
	case "event.type":
		s.types = []string{p.Source}
	}
	return s
}

// elasticKey says what a field of Elastic's rules is to the catalog and to
// the context of other fields. Elasticsearch tells names apart by case.
func elasticKey(name string) key {
	switch name {
	case "event.code", "winlog.event_id":
		return keyID
	case "event.provider", "winlog.provider_name":
		return keyProvider
	case "winlog.channel":
		return keyChannel
	case "event.action":
		return keyAction
	case "event.category":
		return keyEventCategory
	case "event.type":
		return keyEventType
	case "event.dataset", "data_stream.dataset":
		return keyEventDataset
	case "event.module":
		return keyEventModule
	case "host.os.type", "host.os.family", "host.os.platform":
		return keyOS
	}
	return keyNone
}

// narrowElastic is narrow for Elastic. Event codes come last, because the
// event that they name is the better for knowing its source.
func (w *walker) narrowElastic(s scope, ands []record.Expr) scope {
	s.own, s.typed = false, false
	for _, last := range []bool{false, true} {
		for i := range ands {
			e := &ands[i]
			if !last {
				s.excludeTypes(e)
				s.typed = s.typed || len(e.Or) > 0 && saysType(e, maxNesting)
			}
			list := ands[i : i+1]
			if e.Or != nil {
				list = e.Or
			}
			if len(list) == 0 || len(list) > maxFacts || !oneField(list) {
				continue
			}
			k := elasticKey(list[0].Field)
			if k != keyNone && last == (k == keyID || k == keyAction) {
				w.learnElastic(&s, k, list)
			}
		}
	}
	return s
}

// maxNesting is how deep saysType looks, so that a query of any depth is read
// in a time that grows with its length alone.
const maxNesting = 4

// saysType reports whether a condition names an event.type, whichever of its
// alternatives holds.
func saysType(e *record.Expr, depth int) bool {
	if depth == 0 {
		return false
	}
	for i := range e.Or {
		if !saysType(&e.Or[i], depth-1) {
			return false
		}
	}
	for i := range e.And {
		if saysType(&e.And[i], depth-1) {
			return true
		}
	}
	return len(e.Or) > 0 || e.Op == record.OpEq && elasticKey(e.Field) == keyEventType
}

// excludeTypes takes note of a condition that event.type is none of some.
// Sensors call some actions like the type of their events.
func (s *scope) excludeTypes(e *record.Expr) {
	switch {
	case e.Not != nil && e.Not.Op == record.OpEq:
		e = e.Not
	case e.Op != record.OpNe:
		return
	}
	k := elasticKey(e.Field)
	if (k == keyEventType || k == keyAction) && len(s.notTypes)+len(e.Values) <= maxFacts {
		s.notTypes = append(slices.Clip(s.notTypes), e.Values...)
	}
}

// learnElastic adds to s that one of the leaves, which are all on the field
// with the key, holds.
func (w *walker) learnElastic(s *scope, k key, leaves []record.Expr) {
	values := leaves[0].Values
	whole := true
	for i := range leaves {
		e := &leaves[i]
		whole = whole && e.Op == record.OpEq
		if len(e.Values) > maxFacts || len(s.providers)+len(s.channels) > maxFacts {
			return
		}
		switch k {
		case keyProvider:
			s.providers = append(slices.Clip(s.providers), w.events.providers(e)...)
		case keyChannel:
			s.channels = append(slices.Clip(s.channels), e.Values...)
		}
		if i > 0 {
			values = append(slices.Clip(values), e.Values...)
		}
	}
	if !whole || len(values) > maxFacts || len(values) == 0 {
		return
	}
	switch k {
	case keyID:
		s.codes = values
		s.set(keyCode, values...)
		w.learnWriter(s, values)
	case keyAction:
		w.learnAction(s, values)
	case keyProvider:
		s.set(keyWriter, values...)
	case keyEventCategory:
		s.set(keyCategory, values...)
	case keyEventType:
		s.types = values
	case keyEventDataset:
		learnDatasets(s, values)
	case keyEventModule:
		s.set(keyModule, values...)
	case keyOS:
		s.set(keyPlatform, values...)
	}
}

// learnDatasets adds what the names of data sets say.
func learnDatasets(s *scope, names []string) {
	common := namedDataset(names[0])
	for _, name := range names[1:] {
		common = shared(common, namedDataset(name))
	}
	known := common.facts(nil)
	for _, f := range known {
		if f.Key != keyPlatform || !isOS(f.Value) || sole(s.context, keyPlatform) == "" {
			s.set(f.Key, f.Value)
		}
	}
	if common.name == "" {
		s.set(keyDataset, names...)
	}
}

// learnWriter adds the provider of the events with the codes, where it is one,
// unless the rule names it.
func (w *walker) learnWriter(s *scope, codes []string) {
	if len(s.providers) > 0 || !w.onWindows(s.context) {
		return
	}
	full := ""
	for _, code := range codes {
		for _, e := range w.events.resolveCode(number(code), *s) {
			name := fullProvider(e)
			if full != "" && full != name {
				return
			}
			full = name
		}
	}
	if full != "" {
		s.set(keyWriter, full)
	}
}

// fullProvider is a provider of the catalog as the field table has it.
func fullProvider(e event.Event) string {
	switch e.Provider {
	case "Security-Auditing":
		return fullSecurity
	case "Sysmon":
		return fullSysmon
	case "PowerShell":
		if strings.HasPrefix(e.Channel, "Microsoft-") {
			return fullPowerShell
		}
	}
	return e.Provider
}

// learnAction adds the event codes that actions stand for on Windows, where
// the rule names none.
func (w *walker) learnAction(s *scope, actions []string) {
	if len(s.codes) > 0 || !w.onWindows(s.context) {
		return
	}
	var codes []string
	provider := ""
	for _, action := range actions {
		events, ok := event.ForAction(sole(s.context, keyCategory), action)
		if !ok || len(events) == 0 {
			return
		}
		for _, e := range events {
			name := fullProvider(e)
			if provider != "" && provider != name {
				return
			}
			provider = name
			codes = append(codes, e.ID)
		}
	}
	s.set(keyCode, codes...)
	s.set(keyWriter, provider)
}
