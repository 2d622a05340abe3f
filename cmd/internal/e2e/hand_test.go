package e2e

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// handSeed chooses the rules whose normal form was written down by people
// from the rule's text: the handRules lowest sums of it and the rule's id.
const (
	handSeed  = "rulepipe "
	handRules = 40
)

// TestHandWritten compares the predicates and events of 40 rules of each
// vendor with those in testdata/hand, which were written from the rules and
// design/normal-form.md, not from what the filters say.
func TestHandWritten(t *testing.T) {
	for _, vendor := range []string{"sigma", "elastic", "splunk"} {
		t.Run(vendor, func(t *testing.T) {
			got := map[string]*record.Rule{}
			normalized := rules(t, filter(t, ".", corpus(t, vendor).out, "rnorm").out)
			for i := range normalized {
				if r := &normalized[i]; r.ID != "" && r.Coverage != record.CoverageNoQuery {
					got[r.ID] = r
				}
			}
			want := readHand(t, filepath.Join("testdata", "hand", vendor+".txt"))
			if len(want) != handRules {
				t.Errorf("%d rules written down, want %d", len(want), handRules)
			}
			for _, id := range handChoice(got) {
				lines, ok := want[id]
				if !ok {
					t.Errorf("%s (%s) is not written down", id, got[id].Path)
					continue
				}
				if diff := gocmp.Diff(lines, handLines(got[id])); diff != "" {
					t.Errorf("%s (%s) (-by hand +by rnorm)\n%s", id, got[id].Path, diff)
				}
			}
		})
	}
}

// handChoice returns the ids of the rules that the seed chooses.
func handChoice(all map[string]*record.Rule) []string {
	sums := map[string]string{}
	var ids []string
	for id := range all {
		sums[id] = fmt.Sprintf("%x", sha256.Sum256([]byte(handSeed+id)))
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(sums[a], sums[b]) })
	return ids[:min(len(ids), handRules)]
}

// handLines writes a rule's normal form as the files have it, sorted and each
// line once: role, field, operator and value between tabs, and the events.
func handLines(r *record.Rule) []string {
	var lines []string
	for _, p := range r.Predicates {
		value := p.Value
		switch {
		case p.Ref != "":
			value = "field " + p.Ref
		case p.Expr != "" && p.Field != "" && p.Value == "":
			value = "computed"
		case strings.ContainsAny(value, "\t\r\n") || strings.HasPrefix(value, `"`) || strings.TrimSpace(value) != value:
			value = strconv.Quote(value)
		}
		fields := cmp.Or(p.Field, strings.Join(p.Fields, "+"), "-")
		lines = append(lines, strings.TrimSuffix(strings.Join([]string{p.Role, fields, p.Op, value}, "\t"), "\t"))
	}
	for _, e := range r.Events {
		lines = append(lines, strings.Join([]string{"event", e.Provider, e.ID}, "\t"))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// readHand reads a file of rules: a line "rule ID" and one line for each
// predicate and event. Lines that begin with # are for people.
func readHand(t *testing.T, path string) map[string][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	id := ""
	for raw := range bytes.Lines(data) {
		line := strings.TrimRight(string(raw), "\n")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "rule "):
			id = strings.TrimPrefix(line, "rule ")
			all[id] = nil
		default:
			all[id] = append(all[id], line)
		}
	}
	for id, lines := range all {
		slices.Sort(lines)
		all[id] = slices.Compact(lines)
	}
	return all
}
