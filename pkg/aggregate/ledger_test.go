package aggregate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/record/recordtest"
)

// gapRules are two rules of which not everything was understood, and one of
// which everything was.
func gapRules() []record.Digest {
	opaque := func(code, text string) record.DigestPredicate {
		return record.DigestPredicate{Op: "opaque", Role: "opaque", Code: code, Value: text}
	}
	first := with(smbRule("a", `indicator odd eq 1`, `exclusion ODD eq 2`, `threshold odd gt 3`, `indicator Image eq x`), func(r *record.Digest) {
		r.Language, r.Coverage, r.Platforms = "sigma", "partial", []string{"linux", "Windows"}
		r.Predicates[0].Unmapped, r.Predicates[1].Unmapped, r.Predicates[2].Unmapped = true, true, true
		r.Predicates = append(r.Predicates, opaque("unsupported/x", "F(x)"), opaque("unsupported/x", "f(x)"), opaque("unsupported/x", "f(x)"))
	})
	second := with(smbRule("b", `selector odd eq 1`), func(r *record.Digest) {
		r.Language, r.Coverage = "sigma", "none"
		r.Predicates[0].Unmapped = true
		r.Predicates = append(r.Predicates, opaque("syntax/x", "f(x)"), opaque("unsupported/x", "f(x)"))
	})
	third := with(smbRule("c", `keyword  keyword x`), func(r *record.Digest) {
		r.Language, r.Platforms = "sigma", []string{"windows"}
		r.Events = []record.DigestEvent{{Provider: "Sysmon", ID: "1"}}
	})
	return []record.Digest{first, second, third}
}

func TestWhatWasNotUnderstood(t *testing.T) {
	opaque := []record.OpaqueRow{
		{Code: "unsupported/x", Text: "f(x)", Fragments: 3, Rules: 2, RuleIDs: []string{"a", "b"}},
		{Code: "syntax/x", Text: "f(x)", Fragments: 1, Rules: 1, RuleIDs: []string{"b"}},
		{Code: "unsupported/x", Text: "F(x)", Fragments: 1, Rules: 1, RuleIDs: []string{"a"}},
	}
	// Case does not matter for fields: odd has two rules, ODD one.
	unmapped := []record.UnmappedRow{{Field: "odd", Predicates: 3, Rules: 2, RuleIDs: []string{"a", "b"}}}
	page := smb(t, Options{}, gapRules()...)
	if diff := cmp.Diff(opaque, page.Opaque); diff != "" {
		t.Errorf("opaque of the page (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(unmapped, page.Unmapped); diff != "" {
		t.Errorf("unmapped of the page (-want +got):\n%s", diff)
	}
	if page.Untied != 2 || !page.RuleList[0].Untied || page.RuleList[2].Untied {
		t.Errorf("untied %d, %+v", page.Untied, page.RuleList)
	}
	got := slices.Collect(added(New(Options{}), gapRules()).Ledger())
	want := []record.Ledger{{
		Type: "ledger", V: 1, Vendor: "sigma", Language: "sigma", Rules: 3, Full: 1, Partial: 1, None: 1,
		Predicates: 11, Fields: record.FieldCount{Mapped: 1, Unmapped: 3, Distinct: 1},
		Tied: 1, Windows: record.TiedCount{Rules: 2, Tied: 1},
		Opaque: opaque, Unmapped: unmapped, Revoked: []record.RevokedRow{},
		RuleList: []record.RuleEntry{
			{Vendor: "sigma", ID: "a", Title: "title of a", Path: "a.yml", Status: "test", Coverage: "partial", Untied: true, Platforms: []string{"linux", "Windows"}},
			{Vendor: "sigma", ID: "b", Title: "title of b", Path: "b.yml", Status: "test", Coverage: "none", Untied: true},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
}

// TestLedgerKeepsNothingOfTheLine is TestNothingOfTheLineIsKept for a ledger.
func TestLedgerKeepsNothingOfTheLine(t *testing.T) {
	x := New(Options{})
	var d record.Digest
	line := []byte(`{"type":"rule","v":1,"vendor":"own","language":"own-ql","id":"r","title":"t","path":"p","coverage":"partial","predicates":[{"op":"opaque","value":"f(x)","role":"opaque","code":"own/code"},{"field":"odd","op":"eq","value":"v","role":"indicator","unmapped":true}],"attack":[{"id":"T9001","name":"n","tagged":"T9000"}],"platforms":["beos"]}`)
	left := []byte(strings.Replace(string(line), `"coverage"`, `"status":"deprecated","vendor":"gone","coverage"`, 1))
	for _, data := range [][]byte{line, left} {
		if err := d.Decode(data); err != nil {
			t.Fatal(err)
		}
		x.Add(&d)
	}
	before := fmt.Sprint(slices.Collect(x.Ledger()))
	clear(line)
	clear(left)
	if after := fmt.Sprint(slices.Collect(x.Ledger())); after != before {
		t.Errorf("the view changed:\n%s\n%s", before, after)
	}
	for _, word := range []string{"own-ql", "gone", "f(x)", "own/code", "odd", "beos", "T9000", "T9001"} {
		if !strings.Contains(before, word) {
			t.Errorf("no %s in %s", word, before)
		}
	}
}

// TestLedgerRecords checks the form of what is written.
func TestLedgerRecords(t *testing.T) {
	x := added(New(Options{}), append(randomRules(rand.New(rand.NewPCG(7, 7)), 60), gapRules()...))
	var out []byte
	records, err := x.WriteLedger(func(line []byte) error { out = append(out, line...); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if n := recordtest.Validate(t, out); n != 10 || records != n {
		t.Errorf("%d records, %d of them valid, want 10", records, n)
	}
	recordtest.Canonical(t, out)
}
