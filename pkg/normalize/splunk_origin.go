package normalize

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// viaDataSource is Splunk's weakest evidence but one: what the author says
// that the search reads.
const viaDataSource = "data_source"

// splunkOrigin returns the origin of a rule of Splunk: what its data sources,
// its first macro and its file's name say.
func (n *Normalizer) splunkOrigin(s *record.Subject) *origin {
	n.key = append(n.key[:0], vendorSplunk...)
	n.key = append(append(n.key, 0), namedOS(s)...)
	if s.Logsource != nil {
		n.key = append(append(n.key, 0), s.Logsource.Service...)
		for _, name := range s.Logsource.DataSource {
			n.key = append(append(n.key, 0), name...)
		}
	}
	if o, ok := n.indexes[string(n.key)]; ok {
		return o
	}
	if len(n.indexes) >= maxOrigins {
		clear(n.indexes)
	}
	o := newSplunkOrigin(s)
	n.indexes[string(n.key)] = o
	return o
}

// namedOS returns the operating system that a rule's kind of asset or its
// file is named after, "" for none: "linux_auditd_add_user.yml".
func namedOS(s *record.Subject) string {
	for _, tag := range s.Tags {
		asset, ok := strings.CutPrefix(tag, "asset_type: ")
		for _, os := range systems {
			if ok && strings.EqualFold(asset, os) {
				return os // not asset, which goes with its line
			}
		}
	}
	base := s.Path[strings.LastIndexByte(s.Path, '/')+1:]
	for _, os := range systems {
		if len(base) > len(os) && base[len(os)] == '_' && strings.EqualFold(base[:len(os)], os) {
			return os
		}
	}
	return ""
}

var systems = [...]string{windows, linux, macos}

func newSplunkOrigin(s *record.Subject) *origin {
	o := &origin{splunk: true}
	if ls := s.Logsource; ls != nil {
		for _, name := range ls.DataSource {
			d, _ := event.ForDataSource(strings.Clone(name))
			o.addPlatform(d.Platform)
			o.events = append(o.events, records(d.Events, viaDataSource)...)
		}
		o.macro = strings.Clone(ls.Service)
	}
	o.tagged = slices.ContainsFunc(o.platforms, isOS)
	if os := namedOS(s); !o.tagged && os != "" {
		o.addPlatform(os)
		o.tagged = true
	}
	for _, p := range o.platforms {
		o.context = append(o.context, field.Fact{Key: keyPlatform, Value: p})
	}
	return o
}

func (o *origin) addPlatform(p string) {
	if p != "" && !slices.Contains(o.platforms, p) {
		o.platforms = append(o.platforms, p)
	}
}

// has reports whether a rule may read the log: one that says for which
// operating system it is does not read another's.
func (o *origin) has(l *splunkLog) bool {
	return !isOS(l.platform) || !o.tagged || slices.Contains(o.platforms, l.platform)
}
