package aggregate

import (
	"iter"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/attack"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// tag says that a rule belongs to a technique: its number, and the word that
// is the id as the author wrote it where that is another one, else 0.
type tag struct{ technique, tagged uint32 }

// tags returns the techniques that the rule belongs to and that were asked
// for, as pairs of numbers for a tagSet.
func (x *Index) tags(r *record.Digest) []uint32 {
	list := x.attribute(attackOf(x.opts.Attack, r))
	var pairs []uint32
	seen := make(map[tag]bool, len(list))
	for i := range list {
		a := &list[i]
		id := strings.ToUpper(a.ID)
		if id == "" || !x.opts.Techniques.Wants(id) {
			continue
		}
		t := tag{x.technique(id, a), x.words.id(a.Tagged)}
		if !seen[t] {
			seen[t] = true
			pairs = append(pairs, t.technique, t.tagged)
		}
	}
	return pairs
}

// unpack returns the tags that a tagSet's pairs stand for.
func unpack(pairs []uint32) iter.Seq[tag] {
	return func(yield func(tag) bool) {
		for ; len(pairs) > 1; pairs = pairs[2:] {
			if !yield(tag{pairs[0], pairs[1]}) {
				return
			}
		}
	}
}

// attackOf returns the techniques of a rule. For one that rnorm has not seen
// they are made from the tags.
func attackOf(table *attack.Table, r *record.Digest) []record.Attack {
	if len(r.Attack) > 0 || len(r.Techniques) == 0 {
		return r.Attack
	}
	list := make([]record.Attack, 0, len(r.Techniques))
	for _, id := range r.Techniques {
		now, _ := table.Current(id)
		a := record.Attack{ID: now.ID, Name: now.Name, Tactics: now.Tactics}
		if !strings.EqualFold(now.ID, id) {
			a.Tagged = id
		}
		list = append(list, a)
	}
	return list
}

// attribute applies the attribution to the techniques that a rule is tagged with.
func (x *Index) attribute(list []record.Attack) []record.Attack {
	switch x.opts.Attribution {
	case Leaf:
		return withoutParents(list)
	case Rollup:
		return withParents(list)
	default:
		return list
	}
}

func withoutParents(list []record.Attack) []record.Attack {
	parents := make(map[string]bool, len(list))
	for _, a := range list {
		parents[strings.ToUpper(attack.Parent(a.ID))] = true
	}
	var leaves []record.Attack
	for _, a := range list {
		if !parents[strings.ToUpper(a.ID)] {
			leaves = append(leaves, a)
		}
	}
	return leaves
}

func withParents(list []record.Attack) []record.Attack {
	all := slices.Clone(list)
	known := make(map[string]bool, len(list))
	for _, a := range list {
		known[strings.ToUpper(a.ID)] = true
	}
	for _, a := range list {
		parent := attack.Parent(a.ID)
		if id := strings.ToUpper(parent); parent != "" && !known[id] {
			known[id] = true
			all = append(all, record.Attack{ID: parent})
		}
	}
	return all
}

// technique returns the number of the technique id. The first record that
// names it says what it is called.
func (x *Index) technique(id string, a *record.Attack) uint32 {
	n, ok := x.techniqueIDs[id]
	if !ok {
		n = uint32(len(x.techniques))
		id = string([]byte(id))
		x.techniqueIDs[id] = n
		x.techniques = append(x.techniques, technique{id: id})
	}
	t := &x.techniques[n]
	if t.name == "" {
		t.name = string([]byte(a.Name))
	}
	if len(t.tactics) == 0 {
		t.tactics = cloneAll(a.Tactics)
	}
	return n
}

// cloneAll copies strings that share the memory of a whole line.
func cloneAll(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, string([]byte(s)))
	}
	return out
}
