package normalize

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// Keys of the contexts in the field table for Splunk.
const (
	keyModel      = "datamodel"
	keyMacro      = "macro"
	keyAfter      = "after"
	keySourcetype = "sourcetype"
	keyEventCode  = "id"
)

// splunkPart returns the scope of a part: what the rule's data sources and its
// first macro say, and the data model that the part reads.
func (w *walker) splunkPart(p *record.Part) scope {
	o := w.events.origin
	s := scope{context: o.context}
	if model := modelNamed(p.Source); model != "" {
		s.setModel(model)
		return s
	}
	if o.macro != "" && p.Name == "" {
		if l := splunkIndexed().byMacro[o.macro]; l != nil && o.has(l) {
			w.learnLogs(&s, []*splunkLog{l})
		} else {
			s.set(keyMacro, o.macro)
		}
	}
	return s
}

// setModel notes the data model. Names in it stand with the name of their
// object or, behind drop_dm_object_name, without.
func (s *scope) setModel(model string) {
	s.set(keyModel, model)
	s.set(keyAfter, "drop_dm_object_name")
}

// splunkKey says what a field of Splunk's searches is to the catalog. Field
// names have case in Splunk.
func splunkKey(name string) key {
	switch name {
	case "EventCode", "EventID", "event_id", "signature_id":
		return keyID
	case "SourceName", "Provider_Name":
		return keyProvider
	case "Channel":
		return keyChannel
	case "source", "sourcetype", "eventtype", "tag":
		return keySource
	}
	return keyNone
}

// narrowSplunk is narrow for Splunk. Event codes come last, because their
// source says what they mean.
func (w *walker) narrowSplunk(s scope, ands []record.Expr) scope {
	s.own = false
	for i := range ands {
		if logs, ok := w.logsOf(&ands[i], 0); ok {
			w.learnLogs(&s, logs)
		}
		w.learnModel(&s, &ands[i])
	}
	for i := range ands {
		list := ands[i : i+1]
		if ands[i].Or != nil {
			list = ands[i].Or
		}
		if len(list) == 0 || len(list) > maxFacts || !oneField(list) {
			continue
		}
		switch splunkKey(list[0].Field) {
		case keyID:
			w.learnCodes(&s, list)
		case keyProvider:
			for j := range list {
				s.providers = append(slices.Clip(s.providers), w.events.providers(&list[j])...)
			}
		}
	}
	return s
}

// maxSources is how deep conditions on sources are looked into: macros nest
// alternatives in alternatives.
const maxSources = 8

// logsOf returns the logs that a condition leaves. Not ok is a condition that
// says nothing about them, or that a log outside of them meets as well.
func (w *walker) logsOf(e *record.Expr, depth int) (logs []*splunkLog, ok bool) {
	switch {
	case depth > maxSources:
		return nil, false
	case e.Op != "":
		return w.logsOfLeaf(e)
	case e.Or != nil:
		for i := range e.Or {
			more, known := w.logsOf(&e.Or[i], depth+1)
			if !known || len(logs) > maxFacts {
				return nil, false
			}
			logs = append(logs, more...)
		}
		return logs, len(logs) > 0
	case e.And != nil:
		for i := range e.And {
			if more, known := w.logsOf(&e.And[i], depth+1); known {
				logs, ok = append(logs, more...), true
			}
		}
		return logs, ok && len(logs) <= maxFacts
	}
	return nil, false
}

func (w *walker) logsOfLeaf(e *record.Expr) (logs []*splunkLog, ok bool) {
	if !definite(e) || len(e.Values) > maxFacts {
		return nil, false
	}
	k := splunkKey(e.Field)
	for _, v := range e.Values {
		var l *splunkLog
		switch {
		case k == keySource && e.Field != "tag":
			l = logNamed(v)
		case k == keyChannel:
			l = logOfChannel(v)
		}
		if l == nil {
			return nil, false
		}
		logs = append(logs, l)
	}
	return logs, len(logs) > 0
}

// learnLogs adds to s that the events are of one of the logs. Those for other
// systems than the rule's are left out: the macro for Sysmon holds that of
// Linux as well.
func (w *walker) learnLogs(s *scope, logs []*splunkLog) {
	var kept []*splunkLog
	onWindows := slices.ContainsFunc(logs, func(l *splunkLog) bool { return l.platform == windows })
	for _, l := range logs {
		beside := l.platform == linux && onWindows && !w.events.origin.tagged
		if w.events.origin.has(l) && !beside && !slices.Contains(kept, l) {
			kept = append(kept, l)
		}
	}
	if len(kept) == 0 {
		return
	}
	// A closer condition knows better, but one that names no channel does not
	// undo another that does.
	if len(kept) == 1 && kept[0] == anyWindowsLog && len(s.logs) > 0 {
		return
	}
	s.logs = kept
	var macros, platforms []string
	channel := false
	for _, l := range kept {
		channel = channel || l.platform == windows
		if l.macro != "" && !slices.Contains(macros, l.macro) {
			macros = append(append(macros, l.macro), l.alike...)
		}
		if l.platform != "" && !slices.Contains(platforms, l.platform) {
			platforms = append(platforms, l.platform)
		}
	}
	if len(macros) > 0 {
		s.set(keyMacro, macros...)
	}
	if len(platforms) > 0 {
		s.set(keyPlatform, platforms...)
	}
	if channel {
		s.set(keySourcetype, "XmlWinEventLog")
	}
}

// learnModel adds the data model that a tag stands for: events with the tag
// have its fields under their bare names.
func (w *walker) learnModel(s *scope, e *record.Expr) {
	if e.Field != "tag" || e.Op != record.OpEq || len(e.Values) != 1 || sole(s.context, keyModel) != "" {
		return
	}
	switch strings.ToLower(e.Values[0]) {
	case "process":
		s.setModel("Endpoint.Processes")
	case "filesystem":
		s.setModel("Endpoint.Filesystem")
	case "registry":
		s.setModel("Endpoint.Registry")
	case "authentication":
		s.setModel("Authentication.Authentication")
	}
}

// learnCodes adds the event ids that the leaves name. Where nothing says which
// log they are of, a number that one log only has says it.
func (w *walker) learnCodes(s *scope, leaves []record.Expr) {
	var codes []string
	for i := range leaves {
		if leaves[i].Op != record.OpEq || len(codes)+len(leaves[i].Values) > maxFacts {
			return
		}
		for _, v := range leaves[i].Values {
			codes = append(codes, number(v))
		}
	}
	s.set(keyEventCode, codes...)
	if !s.unplaced(w.events.origin) {
		return
	}
	var logs []*splunkLog
	for _, code := range codes {
		if anyLog(code) {
			return
		}
		for _, e := range event.ForCode(code) {
			if l := splunkIndexed().byChannel[strings.ToLower(e.Channel)]; l != nil {
				logs = append(logs, l)
			}
		}
	}
	w.learnLogs(s, logs)
}

// anyLog reports whether a number is one that the events of any log may have.
func anyLog(code string) bool { return len(code) < 4 }

// unplaced reports whether nothing says which log of Windows the events are
// of, and they may be of one.
func (s *scope) unplaced(o *origin) bool {
	if len(s.providers) > 0 || slices.ContainsFunc(s.logs, func(l *splunkLog) bool { return l != anyWindowsLog }) {
		return false
	}
	return len(o.platforms) == 0 || slices.Contains(o.platforms, windows)
}
