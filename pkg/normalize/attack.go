package normalize

import (
	"slices"

	"github.com/rulepipe/rulepipe/pkg/attack"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// attackOf appends tagged ids in the current version of ATT&CK to out. Two tags that
// are one technique today give one entry; the tag kept beside it is the
// first that differs from the id. An id that no version knows is kept, and a
// warning says so.
func attackOf(table *attack.Table, out []record.Attack, tagged []string) ([]record.Attack, []Problem) {
	var problems []Problem
	for _, tag := range tagged {
		t, known := table.Current(tag)
		if !known {
			p := problemf(codeTechnique, "no version of ATT&CK knows technique %q", tag)
			p.Warning = true
			problems = append(problems, *p)
		}
		entry := record.Attack{ID: t.ID, Name: t.Name, Tactics: t.Tactics}
		if t.ID != tag {
			entry.Tagged = tag
		}
		i := slices.IndexFunc(out, func(a record.Attack) bool { return a.ID == t.ID })
		switch {
		case i < 0:
			out = append(out, entry)
		case out[i].Tagged == "":
			out[i].Tagged = entry.Tagged
		}
	}
	return out, problems
}
