package normalize

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// threatQuery is the name of the part of a threat_match rule that says which
// indicators are compared with the events. Its conditions are selectors: they
// are about a list of indicators, not about what happened.
const threatQuery = "threat_query"

// elasticOrigin returns the origin of a rule of Elastic: what its index
// patterns and its tags say.
func (n *Normalizer) elasticOrigin(s *record.Subject) *origin {
	key := append(n.key[:0], byte(taggedOS(s)))
	if s.Logsource != nil {
		for _, pattern := range s.Logsource.Index {
			key = append(append(key, 0), pattern...)
		}
		key = append(append(key, 0, 0), s.Logsource.EventCategoryOverride...)
	}
	n.key = key
	if o, ok := n.indexes[string(key)]; ok {
		return o
	}
	if len(n.indexes) >= maxOrigins {
		clear(n.indexes)
	}
	o := newElasticOrigin(s)
	n.indexes[string(key)] = o
	return o
}

// osTags are the tags that say which operating system a rule is for.
var osTags = [...][2]string{{"OS: Windows", windows}, {"OS: Linux", linux}, {"OS: macOS", macos}}

// taggedOS returns a bit for each operating system that a rule is tagged with
// or, without such a tag, that its directory is named after.
func taggedOS(s *record.Subject) int {
	bits := 0
	for i, tag := range osTags {
		if slices.ContainsFunc(s.Tags, func(t string) bool { return strings.EqualFold(t, tag[0]) }) {
			bits |= 1 << i
		}
	}
	for i, tag := range osTags {
		if s.Logsource != nil && strings.EqualFold(s.Logsource.Product, tag[1]) {
			bits = 1 << i
		}
		if bits == 0 && strings.Contains(s.Path, "rules/"+tag[1]+"/") {
			bits = 1 << i
		}
	}
	return bits
}

func newElasticOrigin(s *record.Subject) *origin {
	o := &origin{elastic: true}
	if s.Logsource != nil {
		o.index = readIndex(cloned(s.Logsource.Index))
		o.categoryField = strings.Clone(s.Logsource.EventCategoryOverride)
	}
	bits := taggedOS(s)
	for i, tag := range osTags {
		if bits&(1<<i) != 0 {
			o.platforms = append(o.platforms, tag[1])
		}
	}
	o.tagged = bits != 0
	for _, p := range o.index.platforms {
		// Rules for one system read the indexes of several as well.
		if !slices.Contains(o.platforms, p) && !(o.tagged && isOS(p)) {
			o.platforms = append(o.platforms, p)
		}
	}
	o.context = o.index.facts()
	if o.tagged {
		o.context = without(o.context, keyPlatform)
		for i, tag := range osTags {
			if bits&(1<<i) != 0 {
				o.context = append(o.context, field.Fact{Key: keyPlatform, Value: tag[1]})
			}
		}
	}
	return o
}

// cloned copies strings that go with the line that they were read from.
func cloned(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.Clone(s)
	}
	return out
}

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
	s.own = false
	for _, last := range []bool{false, true} {
		for i := range ands {
			e := &ands[i]
			if !last {
				s.excludeTypes(e)
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

// excludeTypes takes note of a condition that event.type is none of some.
func (s *scope) excludeTypes(e *record.Expr) {
	switch {
	case e.Not != nil && e.Not.Op == record.OpEq:
		e = e.Not
	case e.Op != record.OpNe:
		return
	}
	if elasticKey(e.Field) == keyEventType && len(s.notTypes)+len(e.Values) <= maxFacts {
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
			s.providers = append(slices.Clip(s.providers), providers(e)...)
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
			t.category(s)
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
		t.codes(e, s)
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
	if e.Op != record.OpIsNull && e.Field != "" {
		t.narrow = append(t.narrow, event.ForField(e.Field)...)
	}
}

// codes adds the events with the codes of a leaf.
func (t *tie) codes(e *record.Expr, s scope) {
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
		return ofProviders(s.providers, code)
	}
	var out []event.Event
	for _, channel := range s.channels {
		out = append(out, event.Source{Channel: channel}.Resolve(code)...)
	}
	if out != nil {
		return out
	}
	known := event.ForCode(code)
	if p := sole(s.context, keyWriter); p != "" {
		if e, ok := event.Lookup(p, code); ok {
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
		out = append(out, src.Resolve(code)...)
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
// case by others, and compared without case.
func operationID(provider, name string) string {
	const prefix = "microsoft."
	if provider == "azure.activitylogs" && len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
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
	for _, typ := range event.Types(category) {
		if !oneOf(typ, s.notTypes...) {
			out = append(out, typ)
		}
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
