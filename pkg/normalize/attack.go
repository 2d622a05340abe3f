package normalize

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// attackOf puts tagged ids in the current version of ATT&CK into n.attack. Two
// tags that are one technique today give one entry; the tag kept beside it is
// the first that differs from the id. An id that no version knows is kept, and
// a warning says so.
func (n *Normalizer) attackOf(tagged []string) []Problem {
	var problems []Problem
	n.attack = n.attack[:0]
	at := make(map[string]int, len(tagged)) // the entry of each id
	for _, tag := range tagged {
		entry, known := n.technique(tag)
		if !known {
			p := problemf(codeTechnique, "no version of ATT&CK knows technique %q", tag)
			p.Warning = true
			problems = append(problems, *p)
		}
		i, again := at[entry.ID]
		switch {
		case !again:
			at[entry.ID] = len(n.attack)
			n.attack = append(n.attack, entry)
		case n.attack[i].Tagged == "":
			n.attack[i].Tagged = entry.Tagged
		}
	}
	return problems
}

// maxTechniques bounds the memory of techniques: ATT&CK has some 1,200.
const maxTechniques = 4 << 10

// technique returns what a tag stands for today, and remembers it.
func (n *Normalizer) technique(tag string) (entry record.Attack, known bool) {
	if entry, known = n.techniques[tag]; known {
		return entry, true
	}
	t, known := n.walker.tables.Attack.Current(tag)
	entry = record.Attack{ID: t.ID, Name: t.Name, Tactics: t.Tactics}
	if t.ID != tag {
		entry.Tagged = strings.Clone(tag) // tag goes with its line
	}
	if known {
		if len(n.techniques) >= maxTechniques {
			clear(n.techniques)
		}
		n.techniques[strings.Clone(tag)] = entry
	}
	return entry, known
}
