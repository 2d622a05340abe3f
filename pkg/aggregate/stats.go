package aggregate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// Stats are the numbers for --stats.
type Stats struct {
	Lines   int           // read by Read, of any type
	Rules   int           // counted
	Shown   int           // of these, let through by the filters and the selection
	LeftOut int           // deprecated or unsupported
	Filters int           // records of kind filter, which are no rules
	Raw     int           // rules without what rnorm adds
	Errors  int           // error records, passed on or made by Read
	Vendors record.Counts // of the rules counted

	Full, Partial, None, NoQuery int // rules counted, by coverage
}

// Stats returns the numbers so far.
func (x *Index) Stats() Stats {
	s := x.stats
	s.Vendors = slices.SortedFunc(slices.Values(s.Vendors), func(a, b record.Count) int { return cmp.Compare(a.Vendor, b.Vendor) })
	return s
}

// String returns the numbers as --stats prints them.
func (s Stats) String() string {
	var vendors []string
	for _, c := range s.Vendors {
		vendors = append(vendors, fmt.Sprintf("%s %d", c.Vendor, c.Rules))
	}
	line := fmt.Sprintf("%d rules", s.Rules)
	if len(vendors) > 0 {
		line += " (" + strings.Join(vendors, ", ") + ")"
	}
	line += fmt.Sprintf(", read in full %d, in part %d, not %d, without a query %d, on pages %d", s.Full, s.Partial, s.None, s.NoQuery, s.Shown)
	line += fmt.Sprintf(", left out as deprecated or unsupported %d", s.LeftOut)
	if s.Filters > 0 {
		line += fmt.Sprintf(", filter rules %d", s.Filters)
	}
	return line
}

// Notes returns what a user should know about the result that is no error.
func (x *Index) Notes() []string {
	var notes []string
	if x.stats.Lines == 0 {
		return nil // said where the input is read
	}
	if x.stats.Rules+x.stats.LeftOut+x.stats.Filters == 0 {
		return []string{"no rule records in the input"}
	}
	if x.stats.Raw > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d rules have no predicates: pipe rules through rnorm first", x.stats.Raw, x.stats.Rules))
	}
	used := x.pageIDs()
	for _, id := range x.opts.Techniques.asked() {
		if n, ok := x.techniqueIDs[id]; !ok || !slices.Contains(used, x.techniques[n].id) {
			t, _ := x.opts.Attack.Lookup(id)
			notes = append(notes, fmt.Sprintf("%s (%s): no rule", id, t.Name))
		}
	}
	if x.stats.Shown == 0 && len(x.opts.Techniques.asked()) == 0 {
		notes = append(notes, "no rule is left by the filters")
	}
	return notes
}

// add counts the rule in the numbers that all rules count in.
func (s *Stats) add(r *record.Digest) {
	s.Rules++
	s.Vendors = increment(s.Vendors, r.Vendor, 1)
	if raw(r) {
		s.Raw++
	}
	switch r.Coverage {
	case record.CoverageFull:
		s.Full++
	case record.CoveragePartial:
		s.Partial++
	case record.CoverageNone:
		s.None++
	case record.CoverageNoQuery:
		s.NoQuery++
	}
}

func (s *Stats) merge(t Stats) {
	s.Lines += t.Lines
	s.Rules += t.Rules
	s.Shown += t.Shown
	s.LeftOut += t.LeftOut
	s.Filters += t.Filters
	s.Raw += t.Raw
	s.Errors += t.Errors
	s.Full += t.Full
	s.Partial += t.Partial
	s.None += t.None
	s.NoQuery += t.NoQuery
	for _, c := range t.Vendors {
		s.Vendors = increment(s.Vendors, c.Vendor, c.Rules)
	}
}

func increment(counts record.Counts, vendor string, by int) record.Counts {
	for i := range counts {
		if counts[i].Vendor == vendor {
			counts[i].Rules += by
			return counts
		}
	}
	return append(counts, record.Count{Vendor: string([]byte(vendor)), Rules: by})
}

// raw reports whether the rule has a condition but nothing that rnorm adds.
func raw(r *record.Digest) bool {
	understood := r.Coverage == record.CoverageFull || r.Coverage == record.CoveragePartial
	return understood && r.Kind != record.KindCorrelation &&
		len(r.Predicates)+len(r.Events)+len(r.Attack)+len(r.Platforms) == 0
}
