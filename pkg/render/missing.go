package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// missing is the footer of a technique page: what was not understood of its
// rules, or that all of them were read in full.
type missing struct {
	title string
	read  string   // how many rules were read, a sentence; before rules with a colon
	rules []missed // those not read in full
	more  int      // rules that are cut off
	rest  []string // sentences
}

// missed is a rule that was not read in full.
type missed struct{ title, why, path string }

// topNames is how many codes or fields a sentence of the footer names.
const topNames = 5

// missing lays out the footer of the page of t.
func (l layout) missing(t *record.Technique) *missing {
	m := &missing{title: "What was not understood"}
	m.read = howFarRead(t)
	rules := notRead(t.RuleList)
	if t.NotRead > 0 {
		n := l.cut(len(rules), topUnread)
		m.more = len(rules) - n
		codes := codesByRule(t.Opaque)
		for _, r := range rules[:n] {
			m.rules = append(m.rules, missed{titleOf(r).text, why(r, codes), r.Path})
		}
		if t.NoQuery > 0 {
			m.rest = append(m.rest, fmt.Sprintf("Without a query to read: %s.", plural(t.NoQuery, "rule")))
		}
	}
	if len(t.Opaque) > 0 {
		m.rest = append(m.rest, "Fragments not understood: "+l.names(byName(byCode(t.Opaque)))+".")
	}
	if len(t.Unmapped) > 0 {
		m.rest = append(m.rest, "Fields without a row in the field table, under their author's names: "+l.names(byField(t.Unmapped))+".")
	}
	if t.Untied > 0 {
		m.rest = append(m.rest, fmt.Sprintf("Tied to no event of the catalog: %s.", plural(t.Untied, "rule")))
	}
	return m
}

// howFarRead says how many of the page's rules were read. What the records do
// not say is not claimed.
func howFarRead(t *record.Technique) string {
	unsaid := slices.ContainsFunc(t.RuleList, func(r record.RuleEntry) bool { return r.Coverage == "" })
	full := t.Rules - t.NotRead - t.NoQuery
	switch {
	case t.NotRead > 0:
		return fmt.Sprintf("%d of %s not read in full:", t.NotRead, plural(t.Rules, "rule"))
	case unsaid:
		return "Some of the rules do not say how far they were read."
	case t.NoQuery == 1:
		return fmt.Sprintf("%d of %s read in full; the other has no query to read.", full, plural(t.Rules, "rule"))
	case t.NoQuery > 0:
		return fmt.Sprintf("%d of %s read in full; the others have no query to read.", full, plural(t.Rules, "rule"))
	case t.Rules == 1:
		return "The rule was read in full."
	}
	return fmt.Sprintf("All %d rules were read in full.", t.Rules)
}

// notRead returns the rules of the list that were not read in full.
func notRead(list []record.RuleEntry) []record.RuleEntry {
	var rules []record.RuleEntry
	for _, r := range list {
		if r.Coverage == record.CoveragePartial || r.Coverage == record.CoverageNone {
			rules = append(rules, r)
		}
	}
	return rules
}

// maxCodes is how many codes are said of one rule.
const maxCodes = 3

// codesByRule returns for each rule, by id, why fragments of it were not
// understood.
func codesByRule(opaque []record.OpaqueRow) map[string][]string {
	codes := map[string][]string{}
	for _, o := range opaque {
		for _, id := range o.RuleIDs {
			if list := codes[id]; len(list) < maxCodes && !slices.Contains(list, o.Code) {
				codes[id] = append(list, o.Code)
			}
		}
	}
	return codes
}

// why says what is missing of a rule that was not read in full, with the codes
// of its fragments.
func why(r record.RuleEntry, codes map[string][]string) string {
	text := "its record does not say how far it was read"
	switch r.Coverage {
	case record.CoveragePartial:
		text = "read in part"
	case record.CoverageNone:
		text = "condition not understood"
	}
	if list := codes[r.ID]; r.ID != "" && len(list) > 0 {
		return text + ": " + strings.Join(list, ", ")
	}
	return text
}

// byCode counts the fragments by code.
func byCode(rows []record.OpaqueRow) record.Counts {
	var c record.Counts
	at := map[string]int{}
	for _, r := range rows {
		i, ok := at[r.Code]
		if !ok {
			i = len(c)
			at[r.Code] = i
			c = append(c, record.Count{Vendor: r.Code})
		}
		c[i].Rules += r.Fragments
	}
	return c
}

// byField writes fields as "odd.field (2 rules)".
func byField(rows []record.UnmappedRow) []string {
	parts := make([]string, len(rows))
	for i, r := range rows {
		parts[i] = fmt.Sprintf("%s (%s)", r.Field, plural(r.Rules, "rule"))
	}
	return parts
}

// names lists the first of the parts, and how many more there are.
func (l layout) names(parts []string) string {
	n := l.cut(len(parts), topNames)
	text := strings.Join(parts[:n], ", ")
	if rest := len(parts) - n; rest > 0 {
		text += fmt.Sprintf(", %d more", rest)
	}
	return text
}
