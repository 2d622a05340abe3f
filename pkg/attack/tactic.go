package attack

import (
	"slices"
	"strings"
	"sync"
)

// Tactic is one column of a matrix.
type Tactic struct {
	ID         string
	Shortname  string // as in tags: "lateral-movement"
	Name       string
	Domain     string // "enterprise", "mobile" or "ics"
	Deprecated bool
	Aliases    []string // names of earlier versions
}

// tacticTable has the tactics in the order of their matrices, Enterprise
// first, the place of each id, and the places of each name.
type tacticTable struct {
	all    []Tactic
	at     map[string]int
	byName map[string][]int
}

var tactics = sync.OnceValue(func() *tacticTable {
	t := &tacticTable{at: make(map[string]int), byName: make(map[string][]int)}
	for line := range strings.Lines(tacticsTSV) {
		col := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		t.add(Tactic{ID: col[0], Shortname: col[1], Name: col[2], Domain: col[3], Deprecated: col[4] == "1"}, col[5])
	}
	return t
})

func (t *tacticTable) add(tactic Tactic, aliases string) {
	at := len(t.all)
	if aliases != "" {
		tactic.Aliases = strings.Split(aliases, "|")
	}
	t.at[tactic.ID] = at
	for _, name := range append([]string{tactic.Shortname, tactic.Name}, tactic.Aliases...) {
		name = tacticKey(name)
		if !slices.Contains(t.byName[name], at) {
			t.byName[name] = append(t.byName[name], at)
		}
	}
	t.all = append(t.all, tactic)
}

// tacticKey is what names are compared by: old tags have underscores, prose
// has blanks and capitals.
func tacticKey(name string) string {
	return strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(name))
}

// LookupTactic returns the tactic with the id.
func LookupTactic(id string) (Tactic, bool) {
	t := tactics()
	i, ok := t.at[strings.ToUpper(id)]
	if !ok {
		return Tactic{}, false
	}
	return t.all[i], true
}

// AllTactics returns the tactics in the order of their matrices, Enterprise
// first. The slice is the caller's.
func AllTactics() []Tactic { return slices.Clone(tactics().all) }

// Tactics returns the ids of the tactic that name means: its id, shortname or
// name, of this version or an earlier one, in any spelling. The techniques
// tagged beside it decide which matrix is meant (Enterprise where they do
// not), and, for a name that later versions split, which part: without them
// it is the tactic that kept the id. An unknown name gives nil.
func Tactics(name string, techniqueIDs ...string) []string {
	if tactic, ok := LookupTactic(name); ok {
		return []string{tactic.ID}
	}
	t := tactics()
	candidates := t.inDomain(t.byName[tacticKey(name)], domainOf(techniqueIDs))
	if len(candidates) == 0 {
		return nil
	}
	var out []string
	for _, i := range candidates {
		if len(candidates) == 1 || anyHasTactic(techniqueIDs, t.all[i].ID) {
			out = append(out, t.all[i].ID)
		}
	}
	if len(out) == 0 {
		return []string{t.all[candidates[0]].ID}
	}
	return out
}

// inDomain keeps the tactics of the domain, or of the first one that has any.
func (t *tacticTable) inDomain(places []int, domain string) []int {
	for _, d := range []string{domain, "enterprise", "mobile", "ics"} {
		var out []int
		for _, i := range places {
			if t.all[i].Domain == d {
				out = append(out, i)
			}
		}
		if out != nil {
			return out
		}
	}
	return nil
}

// domainOf returns the matrix of the first known technique.
func domainOf(techniqueIDs []string) string {
	for _, id := range techniqueIDs {
		if t, ok := Lookup(id); ok {
			return t.Domain
		}
	}
	return "enterprise"
}

func anyHasTactic(techniqueIDs []string, tactic string) bool {
	return slices.ContainsFunc(techniqueIDs, func(id string) bool {
		t, ok := Current(id)
		return ok && slices.Contains(t.Tactics, tactic)
	})
}
