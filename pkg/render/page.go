package render

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// page is a record laid out, free of any format: what stands on it, in which
// order, under which words. Its texts are those of the record, not escaped.
type page struct {
	name, id    string
	facts       []fact
	description []string // paragraphs
	sections    []section
	missing     *missing // nil where there is nothing to say about
}

// fact is one labelled line under the title.
type fact struct{ label, text string }

// section is a heading, a sentence about what follows, and rows.
type section struct {
	title   string
	about   string
	columns []column
	groups  []group
	none    string // said in place of a table without rows
}

// sentence returns what is said above the rows: about the section, and about
// those of its columns that are shown.
func (s section) sentence(shown []column) string {
	text := s.about
	for _, c := range shown {
		if c.about != "" {
			text += " " + c.about
		}
	}
	return text
}

// group is a run of rows; only those of the rules have a title.
type group struct {
	title string
	rows  []row
	more  int // rows that are cut off
}

// row has a cell for each column.
type row []cell

// cell is what stands in one place of a table. Which member is set depends on
// the column's kind.
type cell struct {
	text    string
	list    []string
	instead string // words in place of a value that is empty
}

// column says what stands in the cells below it.
type column struct {
	head  string
	about string // a sentence that goes with the section's, where it has to be explained
	kind  kind
	// side marks what is good to have and the first to go where a terminal
	// is narrow.
	side bool
	// below marks a column that goes under the one before it where a
	// terminal is narrow.
	below bool
}

// kind is what a cell holds, and so how it is escaped, wrapped and aligned.
type kind int

const (
	prose   kind = iota // words for people; blanks are only blanks
	items               // a list of short ones
	value               // text of a rule, of which every character matters
	values              // a list of them
	number              // a figure
	address             // a path, or a link
)

// layout makes pages according to the options.
type layout struct{ opts Options }

// Default lengths of the sections, after the reference page. Events and rules
// are there to be read as a whole.
const (
	topFields     = 15
	topIndicators = 20
	topExclusions = 15
	topUnread     = 10
	topAll        = 0
)

// technique lays out the page of t.
func (l layout) technique(t *record.Technique) *page {
	p := &page{name: t.Name, id: t.ID, facts: facts(t), description: paragraphs(t.Description)}
	if t.Parent != nil && t.Parent.Name != "" {
		p.name = t.Parent.Name + ": " + t.Name
	}
	if !covered(t) {
		return p
	}
	for _, name := range techniqueSections {
		if name == Thresholds && len(t.Thresholds) == 0 {
			continue // ragg counts them on request only
		}
		if l.shows(name) {
			p.sections = append(p.sections, l.section(name, t))
		}
	}
	p.missing = l.missing(t)
	return p
}

// covered reports whether there is anything to show of t. The page of a
// technique without rules is its title.
func covered(t *record.Technique) bool {
	return t.Rules+len(t.Events)+len(t.Fields)+len(t.Indicators)+len(t.Exclusions)+len(t.RuleList) > 0
}

// section lays out one section of the page.
func (l layout) section(name Section, t *record.Technique) section {
	switch name {
	case Events:
		return l.events(t)
	case Fields:
		return l.fields(t)
	case Indicators:
		return l.indicators(t)
	case Exclusions:
		return l.exclusions(t)
	case Thresholds:
		return l.thresholds(t)
	default:
		return l.rules(t)
	}
}

// shows reports whether the section is asked for.
func (l layout) shows(s Section) bool {
	return len(l.opts.Sections) == 0 || slices.Contains(l.opts.Sections, s)
}

// cut returns how many of n rows are shown by default length top.
func (l layout) cut(n, top int) int {
	if l.opts.Top >= 0 {
		top = l.opts.Top
	}
	if top == topAll {
		return n
	}
	return min(n, top)
}

// facts returns the lines under the title.
func facts(t *record.Technique) []fact {
	var list []fact
	if len(t.Tactics) > 0 {
		list = append(list, fact{"Tactics", named(t.Tactics)})
	}
	if len(t.Tagged) > 0 {
		list = append(list, fact{"Also tagged as", strings.Join(t.Tagged, ", ") + " (ids of other ATT&CK versions)"})
	}
	text := strconv.Itoa(t.Rules)
	if t.Rules == 0 {
		text = "none"
	}
	if t.Corpus > 0 {
		text += fmt.Sprintf(" of %d in the input", t.Corpus)
	}
	if len(t.Vendors) > 0 {
		text += " (" + strings.Join(byName(t.Vendors), ", ") + ")"
	}
	return append(list, fact{"Rules", text})
}

// named writes "Lateral Movement (TA0008), Stealth (TA0112)".
func named(list []record.Named) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = n.Name + " (" + n.ID + ")"
		if n.Name == "" {
			parts[i] = n.ID
		}
	}
	return strings.Join(parts, ", ")
}

// paragraphs cuts a text at line ends.
func paragraphs(s string) []string {
	var list []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

func (l layout) events(t *record.Technique) section {
	s := section{
		title: "Events covered",
		about: plural(len(t.Events), "catalog event") + ", each with the number of rules of this technique that read it.",
		columns: []column{
			{head: "Provider"}, {head: "Event ID"}, {head: "Title"}, {head: "Rules", kind: number},
		},
		none: "No rule of this technique is tied to a catalog event.",
	}
	s.vendors(t)
	n := l.cut(len(t.Events), topAll)
	rows := make([]row, n)
	for i, e := range t.Events[:n] {
		rows[i] = s.row(t, e.Vendors, cell{text: e.Provider}, cell{text: e.ID}, cell{text: e.Title}, figure(e.Rules))
	}
	s.groups = []group{{rows: rows, more: len(t.Events) - n}}
	return s
}

func (l layout) fields(t *record.Technique) section {
	s := section{
		title: fmt.Sprintf("Fields filtered most (%d distinct)", len(t.Fields)),
		about: "What the rules look at, under one name for all vendors; How counts the operators. " + aboutLift,
		columns: []column{
			{head: "Field", kind: value},
			{head: "Rules", kind: number},
			{head: "Lift", kind: number},
			{head: "How", kind: items},
			{head: "Sample values", kind: values},
		},
		none: "No rule of this technique filters a field.",
	}
	s.vendors(t)
	n := l.cut(len(t.Fields), topFields)
	rows := make([]row, n)
	for i, f := range t.Fields[:n] {
		rows[i] = s.row(t, f.Vendors, cell{text: f.Field}, figure(f.Rules), lift(t, f.Rules, f.Reach),
			cell{list: operators(f.Ops)}, cell{list: f.Samples})
	}
	s.groups = []group{{rows: rows, more: len(t.Fields) - n}}
	return s
}

const aboutLift = "Lift: how many times more often here than in all rules; near 1 is common noise."

func (l layout) indicators(t *record.Technique) section {
	return l.valueRows(t, t.Indicators, topIndicators, section{
		title: fmt.Sprintf("Top indicator values (%d distinct)", len(t.Indicators)),
		about: "What the rules look for. Corpus reach counts the rules of all techniques that look for the same; " +
			"where it is blank, no rule elsewhere does. " + aboutLift,
		columns: []column{
			{head: "Field", kind: value},
			{head: "Kind"},
			{head: "Value", kind: value},
			{head: "Rules here", kind: number},
			{head: "Corpus reach", kind: number},
			{head: "Lift", kind: number},
		},
		none: "No rule of this technique looks for a value.",
	})
}

func (l layout) exclusions(t *record.Technique) section {
	return l.valueRows(t, t.Exclusions, topExclusions, section{
		title: fmt.Sprintf("Common exclusions (%d distinct)", len(t.Exclusions)),
		about: "What the rules leave out as known to be harmless (a not at the top of the condition). " +
			"A new rule is likely to meet the same.",
		columns: []column{
			{head: "Field", kind: value},
			{head: "Kind"},
			{head: "Value", kind: value},
			{head: "Rules", kind: number},
			{head: "Corpus reach", kind: number},
			{head: "Lift", kind: number},
		},
		none: "No rule of this technique leaves anything out.",
	})
}

func (l layout) thresholds(t *record.Technique) section {
	return l.valueRows(t, t.Thresholds, topExclusions, section{
		title: fmt.Sprintf("Thresholds (%d distinct)", len(t.Thresholds)),
		about: "What the rules ask of counted or computed values.",
		columns: []column{
			{head: "Field", kind: value},
			{head: "Kind"},
			{head: "Value", kind: value},
			{head: "Rules", kind: number},
			{head: "Corpus reach", kind: number},
			{head: "Lift", kind: number},
		},
	})
}

// valueRows fills a section of indicators or exclusions.
func (l layout) valueRows(t *record.Technique, list []record.ValueRow, top int, s section) section {
	s.vendors(t)
	rules := numberRules(t.RuleList)
	combined := slices.ContainsFunc(list, func(v record.ValueRow) bool { return v.With != nil })
	if combined {
		s.columns = append(s.columns, column{head: "Most often with", about: aboutWith, kind: values, side: true})
	}
	behind := l.shows(Rules) && len(rules) > 0
	if behind {
		s.columns = append(s.columns, column{head: "In rules", side: true})
	}
	n := l.cut(len(list), top)
	rows := make([]row, n)
	for i, v := range list[:n] {
		rows[i] = s.row(t, v.Vendors, fieldOf(v), cell{text: operator(v)}, cell{text: v.Value, instead: noValue},
			figure(v.Rules), reach(v), lift(t, v.Rules, v.Reach))
		if combined {
			rows[i] = append(rows[i], with(v.With))
		}
		if behind {
			rows[i] = append(rows[i], cell{text: rules.behind(v.RuleIDs)})
		}
	}
	s.groups = []group{{rows: rows, more: len(list) - n}}
	return s
}

const aboutWith = "Most often with: what most of the rules ask for together with the value, on another field, and how many do."

// with says what a value is most often combined with: the condition without
// its value, the value, and the number of rules.
func with(c *record.Companion) cell {
	if c == nil {
		return cell{}
	}
	v := record.ValueRow{Op: c.Op, Flags: c.Flags, Unit: c.Unit}
	question := strings.TrimSpace(c.Field + " " + operator(v))
	return cell{list: []string{question, c.Value, plural(c.Rules, "rule")}}
}

func (l layout) rules(t *record.Technique) section {
	s := section{
		title: "Rules under this technique",
		about: "Every rule that is counted here, with its number in the column In rules.",
		columns: []column{
			{head: "#", kind: number},
			{head: "Title"},
			{head: "Path", kind: address, below: true},
			{head: "Level"},
			{head: "Status"},
		},
		none: "The record lists no rules.",
	}
	tagged := slices.ContainsFunc(t.RuleList, func(r record.RuleEntry) bool { return len(r.Tagged) > 0 })
	if tagged {
		s.columns = append(s.columns, column{head: "Tagged"})
	}
	n := l.cut(len(t.RuleList), topAll)
	titles, at := groupTitles(t.Vendors), map[string]int{}
	for i, r := range t.RuleList {
		g := s.group(r.Vendor, titles, at)
		if i >= n {
			g.more++
			continue
		}
		cells := row{figure(i + 1), titleOf(r), {text: r.Path}, {text: r.Level}, {text: r.Status}}
		if tagged {
			cells = append(cells, cell{text: strings.Join(r.Tagged, ", ")})
		}
		g.rows = append(g.rows, cells)
	}
	return s
}

// empty reports whether there is nothing to show, cut off rows included.
func (s *section) empty() bool {
	for _, g := range s.groups {
		if len(g.rows) > 0 || g.more > 0 {
			return false
		}
	}
	return true
}

// groupTitles returns the titles of the groups by vendor.
func groupTitles(counts record.Counts) map[string]string {
	titles := make(map[string]string, len(counts))
	for _, c := range counts {
		titles[c.Vendor] = capital(c.Vendor) + ": " + plural(c.Rules, "rule")
	}
	return titles
}

// group returns the group of the vendor's rules, made on first use. At has the
// places of the groups by title.
func (s *section) group(vendor string, titles map[string]string, at map[string]int) *group {
	title, ok := titles[vendor]
	if !ok {
		title = capital(vendor)
	}
	i, ok := at[title]
	if !ok {
		i = len(s.groups)
		at[title] = i
		s.groups = append(s.groups, group{title: title})
	}
	return &s.groups[i]
}

// vendors adds the column of rules by vendor, where there is more than one.
func (s *section) vendors(t *record.Technique) {
	if len(t.Vendors) > 1 {
		s.columns = append(s.columns, column{head: "By vendor", kind: items, side: true})
	}
}

// row makes a row of the cells and, where there is such a column, the rules
// by vendor.
func (s *section) row(t *record.Technique, by record.Counts, cells ...cell) row {
	if len(t.Vendors) > 1 {
		cells = append(cells, cell{list: byName(by)})
	}
	return cells
}

func figure(n int) cell { return cell{text: strconv.Itoa(n)} }

// reach is blank where no rule elsewhere has the row.
func reach(v record.ValueRow) cell {
	if v.Reach <= v.Rules {
		return cell{}
	}
	return figure(v.Reach)
}

// lift is the share of this technique's rules that have a row over the share
// of all rules that do. It is blank where the record does not say, and, as the
// reach is, where no rule elsewhere has the row: it would be the same figure,
// the highest possible, in all of them.
func lift(t *record.Technique, rules, reach int) cell {
	if reach <= rules || t.Corpus <= 0 || t.Rules <= 0 {
		return cell{}
	}
	x := float64(rules) / float64(t.Rules) * float64(t.Corpus) / float64(reach)
	if x < 9.95 {
		return cell{text: strconv.FormatFloat(x, 'f', 1, 64)}
	}
	return cell{text: strconv.FormatFloat(x, 'f', 0, 64)}
}

// operators writes "ends_with 9", "match 2".
func operators(ops []record.OpRow) []string {
	parts := make([]string, len(ops))
	for i, o := range ops {
		parts[i] = o.Op + " " + strconv.Itoa(o.Rules)
	}
	return parts
}

// titleOf writes the title of a rule. Where it has none its id stands for it.
func titleOf(r record.RuleEntry) cell {
	return cell{text: cmp.Or(r.Title, r.ID)}
}

// fieldOf writes the field of a row. A keyword may stand in any.
func fieldOf(v record.ValueRow) cell {
	if v.Field == "" && v.Op == record.OpKeyword {
		return cell{instead: "(any field)"}
	}
	return cell{text: v.Field}
}

// operator writes the operator of a row with what changes its meaning.
func operator(v record.ValueRow) string {
	s := strings.TrimSpace(v.Unit + " " + v.Op)
	if v.Flags != "" {
		s += " /" + v.Flags
	}
	if v.Cased && v.Op != record.OpRegexMatch {
		s += " cased"
	}
	return s
}

// capital writes a vendor's name as in a heading.
func capital(s string) string {
	if s == "" {
		return "No vendor"
	}
	r, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[size:]
}

// numbering gives the rules of a page, by id, the numbers of the rule list.
type numbering map[string]int

func numberRules(list []record.RuleEntry) numbering {
	n := numbering{}
	for i, r := range list {
		if _, twice := n[r.ID]; r.ID != "" && !twice {
			n[r.ID] = i + 1
		}
	}
	return n
}

// maxBehind bounds how many rules one row names: a row with more of them says
// nothing special, and the record has them all.
const maxBehind = 6

// behind writes the numbers of the rules with the ids: "1, 4, 9".
func (n numbering) behind(ids []string) string {
	var found []int
	for _, id := range ids {
		if i, ok := n[id]; ok {
			found = append(found, i)
		}
	}
	slices.Sort(found)
	parts := make([]string, 0, maxBehind)
	for _, i := range found[:min(len(found), maxBehind)] {
		parts = append(parts, strconv.Itoa(i))
	}
	text := strings.Join(parts, ", ")
	if rest := len(ids) - len(parts); rest > 0 && text != "" {
		text += fmt.Sprintf(" +%d", rest)
	}
	return text
}
