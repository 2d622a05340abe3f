package normalize

import (
	"slices"
	"strings"

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
	n.key = append(n.key[:0], byte(taggedOS(s)))
	if s.Logsource != nil {
		for _, pattern := range s.Logsource.Index {
			n.key = append(append(n.key, 0), pattern...)
		}
		n.key = append(append(n.key, 0, 0), s.Logsource.EventCategoryOverride...)
	}
	if o, ok := n.indexes[string(n.key)]; ok {
		return o
	}
	if len(n.indexes) >= maxOrigins {
		clear(n.indexes)
	}
	o := newElasticOrigin(s)
	n.indexes[string(n.key)] = o
	return o
}

// osTags are the tags that say which operating system a rule is for. Old
// rules have them without the mark.
var osTags = [...][2]string{{"Windows", windows}, {"Linux", linux}, {"macOS", macos}}

const osMark = "OS: "

// taggedOS returns a bit for each operating system that a rule is tagged with
// or, without such a tag, that its directory is named after.
func taggedOS(s *record.Subject) int {
	bits := 0
	for _, t := range s.Tags {
		for i, tag := range osTags {
			if strings.EqualFold(strings.TrimPrefix(t, osMark), tag[0]) {
				bits |= 1 << i
			}
		}
	}
	if bits != 0 && (s.Logsource == nil || s.Logsource.Product == "") {
		return bits
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
		if slices.Contains(o.platforms, p) || o.tagged && isOS(p) {
			continue
		}
		o.platforms = append(o.platforms, p)
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
