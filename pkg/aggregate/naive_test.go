package aggregate

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rulepipe/rulepipe/pkg/attack"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// naive is the technique view once more: sets of rules keyed by strings, one
// loop over everything for every number. It is slow and short.
type naive struct {
	opts  Options
	rules []record.Digest // that count
	shown []bool
}

func newNaive(opts Options, all []record.Digest) *naive {
	n := &naive{opts: opts}
	for _, r := range all {
		withdrawn := r.Status == "deprecated" || r.Status == "unsupported"
		if r.Kind == "filter" || withdrawn && !opts.All && !slices.Contains(opts.Statuses, r.Status) {
			continue
		}
		r.Predicates = slices.Clone(r.Predicates)
		for i := range r.Predicates {
			if p := &r.Predicates[i]; opts.FoldNe && p.Role == "indicator" && p.Op == "ne" {
				p.Role, p.Op = "exclusion", "eq"
			}
		}
		n.rules = append(n.rules, r)
		n.shown = append(n.shown, (len(opts.Vendors) == 0 || slices.Contains(opts.Vendors, r.Vendor)) &&
			(len(opts.Statuses) == 0 || slices.Contains(opts.Statuses, r.Status)) &&
			(len(opts.Levels) == 0 || slices.Contains(opts.Levels, r.Level)) &&
			(len(opts.Platforms) == 0 || slices.ContainsFunc(r.Platforms, func(p string) bool { return slices.Contains(opts.Platforms, p) })))
	}
	return n
}

// table is where a predicate counts: "indicator", "exclusion", "threshold",
// "field" or "" for nowhere.
func (n *naive) table(p record.DigestPredicate) string {
	t := p.Role
	switch {
	case t == "selector" && n.opts.Selectors:
		t = "indicator"
	case t == "threshold" && n.opts.Thresholds:
		return t
	case t == "branch_exclusion":
		return "field"
	case t != "indicator" && t != "exclusion":
		return ""
	}
	if p.Op == "is_null" || p.Op == "is_not_null" || p.Ref != "" || p.Expr != "" {
		return "field"
	}
	return t
}

// key is what makes two predicates the same row.
func key(p record.DigestPredicate) string {
	value := p.Value
	if p.Op != "regex_match" {
		value = strings.ToLower(value)
	}
	return fmt.Sprintf("%q %q %q %q %q", p.Field, p.Op, value, p.Flags, p.Unit)
}

// most returns the key with the highest count, the first among equals.
func most(counts map[string]int) string {
	return slices.MinFunc(slices.Sorted(maps.Keys(counts)), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b))
	})
}

// spellings counts the rules by what say returns for their predicates.
func (n *naive) spellings(say func(p record.DigestPredicate) []string) map[string]int {
	counts := map[string]int{}
	for _, r := range n.rules {
		seen := map[string]bool{}
		for _, p := range r.Predicates {
			for _, s := range say(p) {
				if n.table(p) != "" && !seen[s] {
					seen[s] = true
					counts[s]++
				}
			}
		}
	}
	return counts
}

func (n *naive) valueName(q record.DigestPredicate) string {
	return most(n.spellings(func(p record.DigestPredicate) []string {
		if n.table(p) != "field" && key(p) == key(q) {
			return []string{p.Value}
		}
		return nil
	}))
}

// names are the fields that a predicate counts for.
func (n *naive) names(p record.DigestPredicate) []string {
	all := []string{p.Field}
	if n.table(p) == "field" {
		all = append(append(all, p.Ref), p.Fields...)
	}
	return slices.DeleteFunc(all, func(name string) bool { return name == "" })
}

// having returns those of the rules that have a predicate for which is holds.
func having(rules []record.Digest, is func(p record.DigestPredicate) bool) []record.Digest {
	var out []record.Digest
	for _, r := range rules {
		if slices.ContainsFunc(r.Predicates, is) {
			out = append(out, r)
		}
	}
	return out
}

func naiveIDs(rules []record.Digest) []string {
	ids := []string{}
	for _, r := range rules {
		name := r.ID
		if name == "" && r.Doc > 0 {
			name = fmt.Sprintf("%s#%d", r.Path, r.Doc)
		} else if name == "" {
			name = r.Path
		}
		ids = append(ids, name)
	}
	return ids
}

func naiveVendors(rules []record.Digest) record.Counts {
	counts := map[string]int{}
	for _, r := range rules {
		counts[r.Vendor]++
	}
	var out record.Counts
	for _, vendor := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, record.Count{Vendor: vendor, Rules: counts[vendor]})
	}
	return out
}

// members returns the shown rules of a technique in the order of the page.
func (n *naive) members(id string) []record.Digest {
	var out []record.Digest
	for i, r := range n.rules {
		if n.shown[i] && n.belongs(r, id) {
			out = append(out, r)
		}
	}
	sortRules(out)
	return out
}

func sortRules(rules []record.Digest) {
	slices.SortStableFunc(rules, func(a, b record.Digest) int {
		return cmp.Or(cmp.Compare(a.Vendor, b.Vendor), cmp.Compare(a.Title, b.Title), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Doc, b.Doc))
	})
}

func (n *naive) belongs(r record.Digest, id string) bool {
	tagged := slices.ContainsFunc(r.Attack, func(a record.Attack) bool { return a.ID == id })
	below := slices.ContainsFunc(r.Attack, func(a record.Attack) bool { return attack.Parent(a.ID) == id })
	switch n.opts.Attribution {
	case Leaf:
		return tagged && !below
	case Rollup:
		return tagged || below
	}
	return tagged
}

func (n *naive) technique(id string) record.Technique {
	rules := n.members(id)
	known, _ := attack.Lookup(id)
	t := record.Technique{
		Type: "technique", V: 1, ID: id, Name: known.Name, Rules: len(rules), Corpus: len(n.rules), Vendors: naiveVendors(rules),
		Events: n.events(rules), Fields: n.fields(rules),
		Indicators: n.companions(rules, n.values(rules, "indicator")), Exclusions: n.values(rules, "exclusion"), Thresholds: n.values(rules, "threshold"),
	}
	if parent, ok := attack.Lookup(attack.Parent(id)); ok {
		t.Parent = &record.Named{ID: parent.ID, Name: parent.Name}
	}
	for _, id := range known.Tactics {
		tactic, _ := attack.LookupTactic(id)
		t.Tactics = append(t.Tactics, record.Named{ID: id, Name: tactic.Name})
	}
	for _, r := range rules {
		e := record.RuleEntry{Vendor: r.Vendor, ID: r.ID, Title: r.Title, Path: r.Path, Doc: r.Doc, Level: r.Level, Status: r.Status, Coverage: r.Coverage, Untied: len(r.Events) == 0}
		if e.Untied {
			t.Untied++
		}
		for _, a := range r.Attack {
			if a.ID == id && a.Tagged != "" {
				e.Tagged = append(e.Tagged, a.Tagged)
			}
		}
		t.RuleList = append(t.RuleList, e)
		t.Tagged = append(t.Tagged, e.Tagged...)
		switch r.Coverage {
		case "partial", "none":
			t.NotRead++
		case "no_query":
			t.NoQuery++
		}
	}
	slices.Sort(t.Tagged)
	t.Tagged = slices.Compact(t.Tagged)
	t.Opaque, t.Unmapped = n.opaque(rules), n.unmapped(rules)
	return t
}

func (n *naive) events(rules []record.Digest) []record.EventRow {
	rows := map[string]record.EventRow{}
	for _, r := range rules {
		for _, e := range r.Events {
			with := []record.Digest{}
			for _, r := range rules {
				if slices.ContainsFunc(r.Events, func(f record.DigestEvent) bool { return f.Provider == e.Provider && f.ID == e.ID }) {
					with = append(with, r)
				}
			}
			rows[e.Provider+" "+e.ID] = record.EventRow{
				Provider: e.Provider, ID: e.ID, Title: e.Title,
				Rules: len(with), Vendors: naiveVendors(with), RuleIDs: naiveIDs(with),
			}
		}
	}
	place := func(e record.EventRow) string {
		first := map[string]string{"Sysmon": "0", "Security-Auditing": "1"}
		id := fmt.Sprintf("%9s", e.ID)
		if e.ID > "9" {
			id = "~" + e.ID
		}
		return cmp.Or(first[e.Provider], "2") + e.Provider + id
	}
	return slices.SortedFunc(maps.Values(rows), func(a, b record.EventRow) int { return cmp.Compare(place(a), place(b)) })
}

func (n *naive) values(rules []record.Digest, table string) []record.ValueRow {
	rows := map[string]record.ValueRow{}
	for _, r := range rules {
		for _, p := range r.Predicates {
			if n.table(p) == table {
				rows[key(p)] = n.value(rules, table, p)
			}
		}
	}
	return slices.SortedFunc(maps.Values(rows), func(a, b record.ValueRow) int {
		return cmp.Or(b.Rules-a.Rules, cmp.Compare(a.Field, b.Field), cmp.Compare(a.Op, b.Op), cmp.Compare(a.Value, b.Value),
			cmp.Compare(a.Flags, b.Flags), cmp.Compare(a.Unit, b.Unit))
	})
}

func (n *naive) value(rules []record.Digest, table string, p record.DigestPredicate) record.ValueRow {
	same := func(q record.DigestPredicate) bool { return n.table(q) == table && key(q) == key(p) }
	with := having(rules, same)
	row := record.ValueRow{
		Op: p.Op, Value: n.valueName(p), Flags: p.Flags, Unit: p.Unit,
		Cased: len(having(with, func(q record.DigestPredicate) bool { return same(q) && !q.Cased })) == 0,
		Rules: len(with), Reach: len(having(n.rules, same)), Vendors: naiveVendors(with), RuleIDs: naiveIDs(with),
	}
	if p.Field != "" {
		row.Field = p.Field
	}
	return row
}

func (n *naive) fields(rules []record.Digest) []record.FieldRow {
	rows := map[string]record.FieldRow{}
	for _, r := range rules {
		for _, p := range r.Predicates {
			if t := n.table(p); t == "" || t == "threshold" {
				continue
			}
			for _, name := range n.names(p) {
				rows[name] = n.field(rules, name)
			}
		}
	}
	return slices.SortedFunc(maps.Values(rows), func(a, b record.FieldRow) int {
		return cmp.Or(b.Rules-a.Rules, cmp.Compare(a.Field, b.Field))
	})
}

func (n *naive) field(rules []record.Digest, field string) record.FieldRow {
	on := func(p record.DigestPredicate) bool {
		return n.table(p) != "" && n.table(p) != "threshold" &&
			slices.ContainsFunc(n.names(p), func(name string) bool { return name == field })
	}
	with := having(rules, on)
	ops := map[string]record.OpRow{}
	for _, r := range with {
		for _, p := range r.Predicates {
			if on(p) {
				same := having(rules, func(q record.DigestPredicate) bool { return on(q) && q.Op == p.Op })
				ops[p.Op] = record.OpRow{Op: p.Op, Rules: len(same)}
			}
		}
	}
	row := record.FieldRow{
		Field: field, Rules: len(with), Reach: len(having(n.rules, on)), Vendors: naiveVendors(with), RuleIDs: naiveIDs(with),
		Ops: slices.SortedFunc(maps.Values(ops), func(a, b record.OpRow) int {
			return cmp.Or(b.Rules-a.Rules, cmp.Compare(a.Op, b.Op))
		}),
	}
	row.Samples = n.samples(with, field, "indicator")
	if len(row.Samples) == 0 {
		row.Samples = n.samples(with, field, "exclusion")
	}
	return row
}

// samples goes down the table and leaves out what would be too much of a rule.
func (n *naive) samples(rules []record.Digest, field, table string) []string {
	var list []string
	used := map[int]int{}
	for _, row := range n.values(rules, table) {
		if row.Field != field || row.Value == "" || slices.ContainsFunc(list, func(v string) bool { return strings.EqualFold(v, row.Value) }) || len(list) == 5 {
			continue
		}
		of := map[int]bool{}
		full := false
		for i, r := range rules {
			for _, p := range r.Predicates {
				if n.table(p) == table && key(p) == key(record.DigestPredicate{Field: row.Field, Op: row.Op, Value: row.Value, Flags: row.Flags, Unit: row.Unit}) {
					of[i] = true
					full = full || used[i] >= 3
				}
			}
		}
		if full {
			continue
		}
		list = append(list, row.Value)
		for i := range of {
			used[i]++
		}
	}
	return list
}

// view is the whole result, where no technique was asked for by name.
func (n *naive) view() []record.Technique {
	ids := map[string]bool{}
	for i, r := range n.rules {
		for _, a := range r.Attack {
			if n.shown[i] {
				ids[a.ID] = true
				ids[attack.Parent(a.ID)] = true
			}
		}
	}
	delete(ids, "")
	var out []record.Technique
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if t := n.technique(id); t.Rules > 0 && n.opts.Techniques.Wants(id) {
			out = append(out, t)
		}
	}
	return out
}

// randomRules makes rules from so few words that they have a lot in common.
func randomRules(rnd *rand.Rand, count int) []record.Digest {
	pick := func(words ...string) string { return words[rnd.IntN(len(words))] }
	rules := make([]record.Digest, count)
	for i := range rules {
		r := &rules[i]
		*r = record.Digest{
			Vendor: pick("sigma", "sigma", "elastic", "splunk"), Path: fmt.Sprintf("p%d", i), Doc: rnd.IntN(2),
			ID: pick("", "id-1", "id-2", fmt.Sprintf("own-%d", i)), Title: pick("A", "B", "a", ""),
			Status: pick("stable", "test", "deprecated", "unsupported", ""), Level: pick("low", "high"),
			Kind: pick("match", "match", "match", "correlation", "filter"), Coverage: pick("full", "full", "partial", "none", "no_query", ""),
			Language:  pick("eql", "eql", "spl", ""),
			Platforms: [][]string{nil, {"windows"}, {"linux", "windows"}}[rnd.IntN(3)],
		}
		for range rnd.IntN(3) {
			id, tagged, _ := strings.Cut(pick("T1021", "T1021.002", "T1021.001", "T1685 T1562.001", "T1685"), " ")
			if slices.ContainsFunc(r.Attack, func(a record.Attack) bool { return a.ID == id && a.Tagged == tagged }) {
				continue
			}
			r.Attack = append(r.Attack, record.Attack{ID: id, Tagged: tagged})
		}
		for range rnd.IntN(3) {
			provider := pick("Sysmon", "Security-Auditing", "PowerShell", "aws.cloudtrail")
			id := pick("1", "11", "4104", "GetObject")
			r.Events = append(r.Events, record.DigestEvent{Provider: provider, ID: id, Title: provider + id})
		}
		for range rnd.IntN(12) {
			r.Predicates = append(r.Predicates, record.DigestPredicate{
				Field: pick("Image", "image", "IMAGE", "CommandLine", "Ünder", "ünder", ""),
				Op:    pick("eq", "eq", "ne", "match", "regex_match", "is_null", "gte"),
				Value: pick("a", "A", "b", "B", "ä", "Ä", "c", "d", "e", "E", "f", "", "\u212a", "k"),
				Role:  pick("indicator", "indicator", "indicator", "exclusion", "branch_exclusion", "selector", "threshold", "opaque"),
				Cased: rnd.IntN(3) > 0, Flags: pick("", "", "i"), Unit: pick("", "", "", "hour"),
				Part: rnd.IntN(4) / 3, Branch: pick("", "", "0.0", "0.1", "0.0 1.0", "0.0 1.1", "2.1"),
				Unmapped: rnd.IntN(4) == 0, Code: pick("", "unsupported/x", "syntax/y"),
				Ref: pick("", "", "", "", "Other"), Expr: pick("", "", "", "", "lower(x)"),
				Fields: [][]string{nil, nil, nil, {"Image"}, {"x", "IMAGE", "y"}}[rnd.IntN(5)],
			})
		}
	}
	return rules
}

func randomOptions(rnd *rand.Rand) Options {
	coin := func() bool { return rnd.IntN(2) == 0 }
	o := Options{
		Attribution: []Attribution{"", Literal, Leaf, Rollup}[rnd.IntN(4)],
		FoldNe:      coin(), Selectors: coin(), Thresholds: coin(), All: coin(),
	}
	if rnd.IntN(3) == 0 {
		o.Techniques, _, _ = Select(nil, []string{"T1021.*", "T168*"})
	}
	if rnd.IntN(4) == 0 {
		o.Vendors = []string{"sigma", "splunk"}
	}
	if rnd.IntN(4) == 0 {
		o.Statuses = []string{"stable", "deprecated"}
	}
	if rnd.IntN(4) == 0 {
		o.Levels, o.Platforms = []string{"high"}, []string{"linux"}
	}
	return o
}

// TestAgainstNaive compares the views with the naive ones: of an index that read
// everything, and of two that were merged before the last third was added.
func TestAgainstNaive(t *testing.T) {
	for seed := range uint64(100) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		opts, rules := randomOptions(rnd), randomRules(rnd, rnd.IntN(25))
		reference := newNaive(opts, rules)
		want, wantLedger := reference.view(), reference.ledger(rules)
		third := len(rules) / 3
		single, merged := added(New(opts), rules), added(New(opts), rules[:third])
		merged.Merge(added(New(opts), rules[third:2*third]))
		added(merged, rules[2*third:])
		for name, x := range map[string]*Index{"single": single, "merged": merged} {
			if diff := gocmp.Diff(want, pages(x), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("seed %d, %s, options %+v (-naive +index):\n%s", seed, name, opts, diff)
			}
			if !opts.Techniques.All() {
				continue // a ledger is of all techniques
			}
			if diff := gocmp.Diff(wantLedger, slices.Collect(x.Ledger()), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("seed %d, %s, options %+v: ledger (-naive +index):\n%s", seed, name, opts, diff)
			}
		}
		if diff := gocmp.Diff(single.Stats(), merged.Stats()); diff != "" {
			t.Errorf("seed %d: stats (-single +merged):\n%s", seed, diff)
		}
	}
}

func added(x *Index, rules []record.Digest) *Index {
	for i := range rules {
		x.Add(&rules[i])
	}
	return x
}
