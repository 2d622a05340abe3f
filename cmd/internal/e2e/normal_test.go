package e2e

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rulepipe/rulepipe/pkg/record"
)

var vendors = []string{"sigma", "elastic", "splunk"}

// normal is what rnorm made of the public rule sets so far.
var normal struct {
	sync.Mutex
	by map[string][]byte
}

// normalized returns a whole public rule set in the normal form.
func normalized(t *testing.T, name string) []byte {
	t.Helper()
	parsed := corpus(t, name).out
	normal.Lock()
	defer normal.Unlock()
	if normal.by == nil {
		normal.by = map[string][]byte{}
	}
	if normal.by[name] == nil {
		normal.by[name] = filter(t, ".", parsed, "rnorm").out
	}
	return normal.by[name]
}

// everything returns the three public rule sets in the normal form, one after the other.
func everything(t *testing.T) []byte {
	t.Helper()
	var out []byte
	for _, v := range vendors {
		out = append(out, normalized(t, v)...)
	}
	return out
}

// budgets are what the normal form may miss of each rule set: predicates whose
// field has no row, of a thousand, and rules on Windows data without an event,
// of a hundred. Numbers only go down.
var budgets = map[string]struct{ unmapped, untied float64 }{
	"sigma":   {unmapped: 0, untied: 0.62},
	"elastic": {unmapped: 5.1, untied: 5.7},
	"splunk":  {unmapped: 2.3, untied: 1.81},
}

// TestBudgets measures how much of the public rules has its place in the
// normal form: rows for fields, and events for rules on Windows data.
func TestBudgets(t *testing.T) {
	for _, vendor := range vendors {
		t.Run(vendor, func(t *testing.T) {
			fields, unmapped, windows, untied := 0, 0, 0, 0
			for _, r := range rules(t, normalized(t, vendor)) {
				for _, p := range r.Predicates {
					if p.Field == "" || p.Role == record.RoleThreshold {
						continue
					}
					fields++
					if p.Unmapped {
						unmapped++
					}
				}
				if slices.Contains(r.Platforms, "windows") {
					windows++
					if len(r.Events) == 0 {
						untied++
					}
				}
			}
			t.Logf("%s: %d of %d field predicates without a row, %d of %d rules on Windows data without an event",
				vendor, unmapped, fields, untied, windows)
			budget := budgets[vendor]
			if got := 1000 * float64(unmapped) / float64(fields); got > budget.unmapped {
				t.Errorf("%.2f of 1000 field predicates have no row, want at most %.2f", got, budget.unmapped)
			}
			if got := 100 * float64(untied) / float64(windows); got > budget.untied {
				t.Errorf("%.2f of 100 rules on Windows data have no event, want at most %.2f", got, budget.untied)
			}
		})
	}
}

// TestUntied holds the rules on Windows data that are tied to no event to the
// list that says why.
func TestUntied(t *testing.T) {
	var got []string
	for _, vendor := range vendors {
		for _, r := range rules(t, normalized(t, vendor)) {
			if slices.Contains(r.Platforms, "windows") && len(r.Events) == 0 {
				got = append(got, vendor+"\t"+filepath.Base(r.Path))
			}
		}
	}
	slices.Sort(got)
	var want []string
	for _, line := range listed(t, filepath.Join("testdata", "normal", "untied.txt")) {
		rule, reason, ok := cutLast(line, "\t")
		if !ok || reason == "" {
			t.Errorf("no reason in %q", line)
		}
		want = append(want, rule)
	}
	slices.Sort(want)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("rules on Windows data without an event (-listed +found)\n%s", diff)
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// oneVendor are the indicators among the most frequent ones that only one
// vendor's rules can have: event.action and event.outcome are Elastic's way
// to name an event.
var oneVendor = []string{"EventAction", "EventOutcome"}

// TestOneRow counts the rules behind each indicator over all vendors: what is
// one fact has one row, whoever looks for it.
func TestOneRow(t *testing.T) {
	reach := vendorsOf(t, everything(t))
	names := slices.SortedFunc(maps.Keys(reach), func(a, b string) int {
		return cmp.Or(cmp.Compare(total(reach[b]), total(reach[a])), cmp.Compare(a, b))
	})
	for _, name := range names[:30] {
		field, _, _ := strings.Cut(name, " ")
		if len(reach[name]) < len(vendors) && !slices.Contains(oneVendor, field) {
			t.Errorf("%s: only %v", name, reach[name])
		}
	}
	for _, program := range []string{"net", "powershell", "rundll32", "schtasks", "reg"} {
		name := fmt.Sprintf(`Image ends_with \%s.exe`, program)
		t.Log(name, reach[name])
		for _, vendor := range vendors {
			if reach[name][vendor] == 0 {
				t.Errorf("%s: no rule of %s", name, vendor)
			}
		}
	}
}

// vendorsOf counts the rules behind each indicator by vendor.
func vendorsOf(t *testing.T, ndjson []byte) map[string]map[string]int {
	t.Helper()
	reach := map[string]map[string]int{}
	for _, r := range rules(t, ndjson) {
		seen := map[string]bool{}
		for _, p := range r.Predicates {
			name := p.Field + " " + p.Op + " " + strings.ToLower(p.Value)
			if p.Role != record.RoleIndicator || p.Op == record.OpIsNotNull || seen[name] {
				continue
			}
			seen[name] = true
			if reach[name] == nil {
				reach[name] = map[string]int{}
			}
			reach[name][r.Vendor]++
		}
	}
	return reach
}

func total(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

// TestOneATTACK asks for a technique under the ids of two ATT&CK versions: it
// is one page, which says what its rules are tagged with.
func TestOneATTACK(t *testing.T) {
	in := everything(t)
	old := filter(t, ".", in, "ragg", "--technique", "T1562.001").out
	if current := filter(t, ".", in, "ragg", "--technique", "T1685").out; !bytes.Equal(old, current) {
		t.Error("T1562.001 and T1685 are two pages")
	}
	var page record.Technique
	if err := record.Decode(old, &page); err != nil {
		t.Fatal(err)
	}
	if page.ID != "T1685" || !slices.Contains(page.Tagged, "T1562.001") || len(page.Vendors) != len(vendors) {
		t.Errorf("page of %s, tagged %v, vendors %v", page.ID, page.Tagged, page.Vendors)
	}
	for line, err := range record.Lines(bytes.NewReader(filter(t, ".", in, "ragg").out)) {
		if err != nil {
			t.Fatal(err)
		}
		var other record.Technique
		if err := record.Decode(bytes.Clone(line.Data), &other); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(page.Tagged, other.ID) {
			t.Errorf("%s has a page of its own", other.ID)
		}
	}
}
