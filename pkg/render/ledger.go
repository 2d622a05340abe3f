package render

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// topLedger is the default length of the tables of a ledger.
const topLedger = 10

// ledger lays out all ledger records of a stream as one page.
func (l layout) ledger(list []record.Ledger) *page {
	p := &page{name: "What was read"}
	p.tell(list, "Left out as deprecated or unsupported", func(led *record.Ledger) int { return led.LeftOut })
	p.tell(list, "Filter rules, which are no rules of their own", func(led *record.Ledger) int { return led.Filters })
	for _, name := range ledgerSections {
		if l.shows(name) {
			p.sections = append(p.sections, l.ledgerSection(name, list))
		}
	}
	return p
}

// tell adds a fact of the ledgers for which the number is not 0.
func (p *page) tell(list []record.Ledger, label string, number func(*record.Ledger) int) {
	var parts []string
	for i := range list {
		if n := number(&list[i]); n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", readFrom(&list[i]), n))
		}
	}
	if len(parts) > 0 {
		p.facts = append(p.facts, fact{label, strings.Join(parts, "; ")})
	}
}

// readFrom says what a ledger is about: "Elastic, eql".
func readFrom(l *record.Ledger) string {
	return capital(l.Vendor) + ", " + cmp.Or(l.Language, noLanguage)
}

// ledgerSection lays out one section of the page.
func (l layout) ledgerSection(name Section, list []record.Ledger) section {
	switch name {
	case Coverage:
		return coverage(list)
	case Unread:
		return l.unreadRules(list)
	case Opaque:
		return l.opaque(list)
	case Unmapped:
		return l.unmapped(list)
	case Untied:
		return l.untied(list)
	default:
		return l.revoked(list)
	}
}

// tally is a column of the table of coverage: of numbers that not every
// ledger has, the column stands only where one does.
type tally struct {
	column
	always bool
	of     func(l *record.Ledger) cell
}

// tallies are the columns behind vendor and language.
var tallies = []tally{
	{column{head: "Rules", kind: number}, true, func(l *record.Ledger) cell { return figure(l.Rules) }},
	{column{head: "In full", kind: number}, true, func(l *record.Ledger) cell { return figure(l.Full) }},
	{column{head: "In part", kind: number}, true, func(l *record.Ledger) cell { return some(l.Partial) }},
	{column{head: "Not read", kind: number}, true, func(l *record.Ledger) cell { return some(l.None) }},
	{column{head: "No query", kind: number, side: true}, false, func(l *record.Ledger) cell { return some(l.NoQuery) }},
	{column{head: "Not said", kind: number, side: true}, false, func(l *record.Ledger) cell { return some(l.Unknown) }},
	{column{head: "Not by rnorm", kind: number}, false, func(l *record.Ledger) cell { return some(l.Raw) }},
	{column{head: "With a row", kind: number, side: true}, true, func(l *record.Ledger) cell {
		return share(l.Fields.Mapped, l.Fields.Mapped+l.Fields.Unmapped)
	}},
	{column{head: "Tied", kind: number, side: true}, true, func(l *record.Ledger) cell { return share(l.Tied, l.Rules) }},
	{column{head: "On Windows", kind: number, side: true}, true, func(l *record.Ledger) cell { return share(l.Windows.Tied, l.Windows.Rules) }},
	{column{head: "Predicates", kind: number, side: true}, true, func(l *record.Ledger) cell { return figure(l.Predicates) }},
}

// coverage lays out the numbers of all ledgers as one table.
func coverage(list []record.Ledger) section {
	s := section{
		title: "Rules by vendor and language",
		about: "Read in full, in part or not. With a row: the share of the conditions on fields whose field has a row in the field table. " +
			"Tied: the share of the rules that are tied to an event of the catalog. On Windows: the same of the rules for Windows.",
		columns: []column{{head: "Vendor"}, {head: "Language"}},
		none:    "No rules.",
	}
	rows := make([]row, len(list))
	for i := range list {
		rows[i] = row{{text: capital(list[i].Vendor)}, {text: cmp.Or(list[i].Language, noLanguage)}}
	}
	for _, t := range tallies {
		cells := make([]cell, len(list))
		used := t.always
		for i := range list {
			cells[i] = t.of(&list[i])
			used = used || cells[i].text != ""
		}
		if !used {
			continue
		}
		s.columns = append(s.columns, t.column)
		for i := range rows {
			rows[i] = append(rows[i], cells[i])
		}
	}
	s.groups = []group{{rows: rows}}
	return s
}

// noLanguage stands for the language of rules whose records name none, as of
// those without a query.
const noLanguage = "no language"

// some is a figure that is blank for none.
func some(n int) cell {
	if n == 0 {
		return cell{}
	}
	return figure(n)
}

// share writes a share in percent, blank where there can be none. It is never
// rounded up to all.
func share(n, of int) cell {
	if of <= 0 || n < 0 || n > of {
		return cell{}
	}
	permille := math.Floor(1000 * float64(n) / float64(of))
	if permille == 1000 {
		return cell{text: "100 %"}
	}
	return cell{text: strconv.FormatFloat(permille/10, 'f', 1, 64) + " %"}
}

// noneOfThese stands in for what is said of a section without rows where
// rules have not been through rnorm, which would have found some.
const noneOfThese = "None among the rules that have been through rnorm."

// perLedger adds a group for each ledger that has rows, cut to the length.
func (l layout) perLedger(s section, list []record.Ledger, noun string, rows func(*record.Ledger) []row) section {
	for i := range list {
		if list[i].Raw > 0 {
			s.none = noneOfThese
		}
		all := rows(&list[i])
		if len(all) == 0 {
			continue
		}
		n := l.cut(len(all), topLedger)
		title := readFrom(&list[i]) + ": " + plural(len(all), noun)
		s.groups = append(s.groups, group{title: title, rows: all[:n], more: len(all) - n})
	}
	return s
}

func (l layout) unreadRules(list []record.Ledger) section {
	return l.perLedger(section{
		title:   "Rules not read in full",
		about:   "Their metadata counts, and what was read of their conditions.",
		columns: []column{{head: "Title"}, {head: "Path", kind: address, below: true}, {head: "Why"}},
		none:    "Every rule with a query was read in full.",
	}, list, "rule", func(led *record.Ledger) []row {
		var rows []row
		codes := codesByRule(led.Opaque)
		for _, r := range led.RuleList {
			if r.Coverage != record.CoverageFull && r.Coverage != record.CoverageNoQuery {
				rows = append(rows, row{titleOf(r), {text: r.Path}, {text: why(r, codes)}})
			}
		}
		return rows
	})
}

func (l layout) opaque(list []record.Ledger) section {
	return l.perLedger(section{
		title: "Fragments not understood",
		about: "Pieces of queries that stand for no condition here, with the reason: unsupported/ was read and has no operator, anything else could not be read.",
		columns: []column{
			{head: "Code", kind: value}, {head: "Fragment", kind: value}, {head: "Times", kind: number}, {head: "Rules", kind: number},
		},
		none: "Every piece of every query was understood.",
	}, list, "fragment", func(led *record.Ledger) []row {
		var rows []row
		for _, o := range led.Opaque {
			rows = append(rows, row{{text: o.Code, instead: noValue}, {text: o.Text, instead: noValue}, figure(o.Fragments), figure(o.Rules)})
		}
		return rows
	})
}

func (l layout) unmapped(list []record.Ledger) section {
	return l.perLedger(section{
		title:   "Fields without a row",
		about:   "Fields that are in no row of the field table for the data that the rule reads. They count under their author's names.",
		columns: []column{{head: "Field", kind: value}, {head: "Conditions", kind: number}, {head: "Rules", kind: number}},
		none:    "Every field has a row.",
	}, list, "field", func(led *record.Ledger) []row {
		var rows []row
		for _, u := range led.Unmapped {
			rows = append(rows, row{{text: u.Field, instead: noValue}, figure(u.Predicates), figure(u.Rules)})
		}
		return rows
	})
}

// untied lists the rules without an event, those on Windows data first: of
// these an event could be expected.
func (l layout) untied(list []record.Ledger) section {
	return l.perLedger(section{
		title:   "Rules tied to no event",
		about:   "Rules that stand under no event of the catalog, those on Windows data first.",
		columns: []column{{head: "Title"}, {head: "Path", kind: address, below: true}, {head: "Platforms", kind: items}},
		none:    "Every rule is tied to an event.",
	}, list, "rule", func(led *record.Ledger) []row {
		var windows, others []row
		for _, r := range led.RuleList {
			if !r.Untied {
				continue
			}
			cells := row{titleOf(r), {text: r.Path}, {list: r.Platforms}}
			if slices.ContainsFunc(r.Platforms, func(p string) bool { return strings.EqualFold(p, "windows") }) {
				windows = append(windows, cells)
			} else {
				others = append(others, cells)
			}
		}
		return append(windows, others...)
	})
}

func (l layout) revoked(list []record.Ledger) section {
	return l.perLedger(section{
		title:   "Techniques tagged by an id that is no longer current",
		about:   "The rules count under the current id.",
		columns: []column{{head: "Tagged"}, {head: "Now"}, {head: "Name"}, {head: "Rules", kind: number}},
		none:    "Every technique is tagged by its current id.",
	}, list, "id", func(led *record.Ledger) []row {
		var rows []row
		for _, r := range led.Revoked {
			rows = append(rows, row{{text: r.Tagged}, {text: r.ID}, {text: r.Name}, figure(r.Rules)})
		}
		return rows
	})
}
