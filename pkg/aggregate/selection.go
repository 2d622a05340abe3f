package aggregate

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/attack"
)

// Selection says which techniques are wanted. The zero Selection wants all.
type Selection struct {
	ids   map[string]bool // true where the id itself was asked for, not a pattern
	globs []string        // for ids that the ATT&CK tables do not have
}

// Select makes the Selection of ids and patterns ("T1021*"), in any case. An
// id that was revoked stands for what replaced it; the notes say so. What no
// version of ATT&CK knows is an error. A nil table is the embedded version.
func Select(table *attack.Table, args []string) (s Selection, notes []string, err error) {
	for _, arg := range args {
		arg = strings.ToUpper(strings.TrimSpace(arg))
		if s.ids == nil {
			s.ids = map[string]bool{}
		}
		var more []string
		if strings.ContainsAny(arg, `*?[`) {
			more, err = s.addGlob(table, arg)
		} else {
			more, err = s.addID(table, arg)
		}
		if err != nil {
			return Selection{}, nil, err
		}
		notes = append(notes, more...)
	}
	return s, notes, nil
}

func (s *Selection) addID(table *attack.Table, id string) (notes []string, err error) {
	t, ok := table.Current(id)
	if !ok {
		return nil, fmt.Errorf("unknown technique %q%s", id, hint(table, id))
	}
	s.ids[t.ID] = true
	return replaced(id, t), nil
}

func (s *Selection) addGlob(table *attack.Table, glob string) (notes []string, err error) {
	if _, err := path.Match(glob, ""); err != nil {
		return nil, fmt.Errorf("bad pattern %q: unexpected end of pattern, expected ] for every [", glob)
	}
	known := false
	for _, t := range table.All() {
		if !matches(glob, t.ID) {
			continue
		}
		known = true
		now, _ := table.Current(t.ID)
		if !s.ids[now.ID] {
			s.ids[now.ID] = false
		}
		if !matches(glob, now.ID) {
			notes = append(notes, replaced(t.ID, now)...)
		}
	}
	if !known {
		return nil, fmt.Errorf("no technique matches %q: ids look like T1021 or T1021.002, patterns like T1021*", glob)
	}
	s.globs = append(s.globs, glob)
	return notes, nil
}

// matches reports whether id matches glob, whose syntax has been checked.
func matches(glob, id string) bool {
	ok, _ := path.Match(glob, id)
	return ok
}

// replaced says that another id is used than the one that was asked for.
func replaced(asked string, now attack.Technique) []string {
	if now.ID == asked {
		return nil
	}
	return []string{fmt.Sprintf("%s was replaced by %s (%s)", asked, now.ID, now.Name)}
}

// hint says what an unknown id may have been meant to be.
func hint(table *attack.Table, id string) string {
	if parent := attack.Parent(id); parent != "" {
		if t, ok := table.Current(parent); ok {
			return fmt.Sprintf(": %s (%s) has no such sub-technique, try %s*", t.ID, t.Name, t.ID)
		}
	}
	if len(id) > 0 && id[0] >= '0' && id[0] <= '9' {
		if t, ok := table.Current("T" + id); ok {
			return fmt.Sprintf(": did you mean %s (%s)?", t.ID, t.Name)
		}
	}
	return ": ids look like T1021 or T1021.002, patterns like T1021*"
}

// All reports whether every technique is wanted.
func (s Selection) All() bool { return s.ids == nil }

// Wants reports whether the technique id, in upper case, is wanted.
func (s Selection) Wants(id string) bool {
	if s.ids == nil {
		return true
	}
	if _, ok := s.ids[id]; ok {
		return true
	}
	return slices.ContainsFunc(s.globs, func(glob string) bool { return matches(glob, id) })
}

// asked returns the ids that were asked for one by one. They get a page even
// where no rule has them.
func (s Selection) asked() []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(s.ids)) {
		if s.ids[id] {
			ids = append(ids, id)
		}
	}
	return ids
}
