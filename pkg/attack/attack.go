// Package attack knows MITRE ATT&CK: techniques and tactics of Enterprise,
// Mobile and ICS by id, which ids were revoked in favour of which, and what
// tactics are called. It knows nothing of rules. The tables are embedded and
// parsed when they are first asked for.
//
// ATT&CK is © The MITRE Corporation, used under its terms of use; see NOTICE.
package attack

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:generate go run ../../scripts/facts -root ../..

// Version names the releases that the embedded tables describe.
const Version = "ATT&CK 19.2 (Mobile and ICS 18.1)"

//go:embed data/techniques.tsv
var techniquesTSV string

//go:embed data/tactics.tsv
var tacticsTSV string

// Technique is one technique or sub-technique, in force or not.
type Technique struct {
	ID         string
	Name       string
	Tactics    []string // ids, in the order of the matrix
	Platforms  []string
	Domain     string // "enterprise", "mobile" or "ics"
	Deprecated bool
	Revoked    bool
	RevokedBy  string // what replaces a revoked technique in the end; "" where nothing does

	Description string // text, in paragraphs; the embedded table has none
}

// Parent returns the id of the technique that t is a sub-technique of, or "".
func (t Technique) Parent() string { return Parent(t.ID) }

// Parent returns the id before the dot of a sub-technique's id, or "".
func Parent(id string) string {
	parent, _, sub := strings.Cut(id, ".")
	if !sub {
		return ""
	}
	return parent
}

// techniqueTable has the techniques in order of id and the place of each id.
type techniqueTable struct {
	all []Technique
	at  map[string]int
}

var techniques = sync.OnceValue(func() *techniqueTable {
	t := &techniqueTable{all: make([]Technique, 0, 1200), at: make(map[string]int, 1200)}
	for line := range strings.Lines(techniquesTSV) {
		col := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		t.at[col[0]] = len(t.all)
		t.all = append(t.all, Technique{
			ID:         col[0],
			Name:       col[1],
			Tactics:    list(col[2]),
			Platforms:  list(col[3]),
			Domain:     col[4],
			Deprecated: col[5] == "deprecated",
			Revoked:    col[5] == "revoked",
			RevokedBy:  col[6],
		})
	}
	return t
})

// list splits a comma separated cell; an empty one is no list.
func list(cell string) []string {
	if cell == "" {
		return nil
	}
	return strings.Split(cell, ",")
}

// Lookup returns the technique with the id, whatever its state. Ids are
// matched in any case.
func Lookup(id string) (Technique, bool) {
	t := techniques()
	i, ok := t.at[id]
	if !ok {
		i, ok = t.at[strings.ToUpper(id)]
	}
	if !ok {
		return Technique{}, false
	}
	return t.all[i], true
}

// Current returns the technique that stands for id today: what replaced it
// where it was revoked, itself otherwise. An id that no version knows gives a
// Technique with nothing but the id, and false.
func Current(id string) (Technique, bool) {
	t, ok := Lookup(id)
	if !ok {
		return Technique{ID: id}, false
	}
	if next, ok := Lookup(t.RevokedBy); ok {
		return next, true
	}
	return t, true
}

// All returns every technique in order of id, revoked and deprecated ones
// included. The slice is the caller's; what its elements point to is not.
func All() []Technique { return slices.Clone(techniques().all) }
