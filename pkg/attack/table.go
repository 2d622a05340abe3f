package attack

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// Table is ATT&CK as bundles of a user describe it. What they say about a
// technique or tactic is all that counts: name, description, tactics, whether
// it was revoked and by what. The embedded tables are asked for ids that the
// bundles do not have, because rules tag older versions, newer ones and other
// domains. A nil Table has the embedded ones alone.
type Table struct {
	techniques map[string]Technique // by id
	tactics    map[string]Tactic    // by id
	order      []string             // ids of the tactics, in the order of their matrices
}

// Own returns the technique with the id if the bundles have it.
func (t *Table) Own(id string) (Technique, bool) {
	if t == nil {
		return Technique{}, false
	}
	if found, ok := t.techniques[id]; ok {
		return found, true
	}
	found, ok := t.techniques[strings.ToUpper(id)]
	return found, ok
}

// Lookup is the function of the same name for the table.
func (t *Table) Lookup(id string) (Technique, bool) {
	if found, ok := t.Own(id); ok {
		return found, true
	}
	return Lookup(id)
}

// maxRevocations is how often a replacement may be replaced: three times in
// all of ATT&CK.
const maxRevocations = 16

// Current is the function of the same name for the table.
func (t *Table) Current(id string) (Technique, bool) {
	now, ok := t.Lookup(id)
	if !ok {
		return Technique{ID: id}, false
	}
	for range maxRevocations {
		next, ok := t.Lookup(now.RevokedBy)
		if !ok {
			break
		}
		now = next
	}
	return now, true
}

// All is the function of the same name for the table.
func (t *Table) All() []Technique {
	if t == nil {
		return All()
	}
	out := slices.Collect(maps.Values(t.techniques))
	for _, embedded := range techniques().all {
		if _, ok := t.techniques[embedded.ID]; !ok {
			out = append(out, embedded)
		}
	}
	slices.SortFunc(out, func(a, b Technique) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// LookupTactic is the function of the same name for the table.
func (t *Table) LookupTactic(id string) (Tactic, bool) {
	if t != nil {
		if found, ok := t.tactics[strings.ToUpper(id)]; ok {
			return found, true
		}
	}
	return LookupTactic(id)
}

// AllTactics is the function of the same name for the table. The columns of a
// matrix are those of the bundle, where there is one for its domain.
func (t *Table) AllTactics() []Tactic {
	if t == nil {
		return AllTactics()
	}
	var out []Tactic
	for _, domain := range []string{"enterprise", "mobile", "ics"} {
		before := len(out)
		for _, id := range t.order {
			if t.tactics[id].Domain == domain {
				out = append(out, t.tactics[id])
			}
		}
		if len(out) > before {
			continue
		}
		for _, embedded := range tactics().all {
			if embedded.Domain == domain {
				out = append(out, embedded)
			}
		}
	}
	return out
}

// Table returns what the bundles say, and what is odd about all of them
// together.
func (r *Reader) Table() (*Table, []Problem) {
	r.problems, r.more = nil, 0
	t := &Table{techniques: make(map[string]Technique, len(r.techniques)), tactics: make(map[string]Tactic, len(r.tactics))}
	ids := make(map[phase]string, len(r.tactics))
	for _, stix := range slices.Concat(r.matrix, r.order) {
		tactic, ok := r.tactics[stix]
		if _, done := t.tactics[tactic.ID]; !ok || done {
			continue
		}
		t.tactics[tactic.ID] = tactic.Tactic
		t.order = append(t.order, tactic.ID)
		ids[phase{tactic.Domain, tactic.Shortname}] = tactic.ID
	}
	places := make(map[string]int, len(t.order))
	for i, id := range t.order {
		places[id] = i
	}
	final := make(map[string]string)
	for _, id := range slices.Sorted(maps.Keys(r.techniques)) {
		found := r.techniques[id]
		found.Tactics = r.tacticsOf(&found, places, ids)
		r.follow(id, final)
		found.RevokedBy = final[id]
		t.techniques[id] = found.Technique
	}
	if r.more > 0 {
		r.problems = append(r.problems, Problem{Code: span.CodeMore, Message: fmt.Sprintf("%d more warnings", r.more), Warning: true})
	}
	return t, r.problems
}

// tacticsOf returns the ids of a technique's tactics in the order of the
// matrix; those that only the embedded tables have come first.
func (r *Reader) tacticsOf(found *technique, places map[string]int, ids map[phase]string) []string {
	var out []string
	for _, p := range found.phases {
		id, ok := ids[p]
		if !ok {
			id = embeddedTactic(p)
			ids[p] = id
			if id == "" {
				r.warn(found, codePhase, "no tactic %q in the bundle: %s lacks it", p.shortname, found.ID)
			}
		}
		if id != "" {
			out = append(out, id)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int {
		at := func(id string) int {
			if i, ok := places[id]; ok {
				return i
			}
			return -1
		}
		return cmp.Or(cmp.Compare(at(a), at(b)), cmp.Compare(a, b))
	})
	return slices.Compact(out)
}

// embeddedTactic returns the id of a tactic that the bundles do not have.
func embeddedTactic(p phase) string {
	for _, tactic := range tactics().all {
		if tactic.Domain == p.domain && tactic.Shortname == p.shortname {
			return tactic.ID
		}
	}
	return ""
}

// follow finds what replaces a technique in the end, if it was revoked, and
// what replaces those on the way there. The embedded table is asked where the
// bundles do not say it.
func (r *Reader) follow(id string, final map[string]string) {
	next := func(id string) string { return r.ids[r.revoked[r.techniques[id].stix]] }
	var path []string
	on := make(map[string]bool)
	for r.techniques[id].Revoked {
		if _, done := final[id]; done {
			break
		}
		if on[id] {
			for _, one := range path[slices.Index(path, id):] {
				final[one] = ""
				found := r.techniques[one]
				r.warn(&found, codeLoop, "what revoked %s was revoked in a circle: it stands for itself", one)
			}
			break
		}
		on[id] = true
		path = append(path, id)
		if _, ok := r.techniques[next(id)]; !ok {
			embedded, _ := Lookup(id)
			final[id] = embedded.RevokedBy
			break
		}
		id = next(id)
	}
	for _, one := range slices.Backward(path) {
		if _, done := final[one]; !done {
			final[one] = cmp.Or(final[next(one)], next(one))
		}
	}
}

func (r *Reader) warn(found *technique, code, format string, args ...any) {
	p := wrong(found.at, code, format, args...)
	p.Warning = true
	r.say(p)
}
