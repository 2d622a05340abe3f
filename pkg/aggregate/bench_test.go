package aggregate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// stream writes rules of the size and shape that rnorm gives real ones: query
// and parts, which ragg skips, make half of a line.
func stream(tb testing.TB, rules int) []byte {
	tb.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	var out []byte
	for i := range rules {
		r := benchRule(rnd, i)
		var err error
		if out, err = record.Append(out, r); err != nil {
			tb.Fatal(err)
		}
	}
	return out
}

func benchRule(rnd *rand.Rand, i int) *record.Rule {
	r := &record.Rule{
		Type: record.TypeRule, V: 1, Vendor: "sigma", Path: fmt.Sprintf("rules/windows/process_creation/proc_creation_win_%d.yml", i),
		ID: fmt.Sprintf("%08x-1111-2222-3333-444444444444", i), Title: fmt.Sprintf("Suspicious Thing Number %d", i), Status: "test", Level: "high",
		Description: "Detects something that a long sentence describes, as authors do, with all its circumstances and references",
		Author:      []string{"Somebody"}, References: []string{"https://example.org/a/long/reference/of/the/rule"},
		Techniques: []string{"T1021.002"}, Tactics: []string{"TA0008"}, Kind: "match", Language: "sigma", Coverage: "full",
		Query:     "selection and not 1 of filter_*",
		Events:    []record.Event{{Provider: "Sysmon", ID: "1", Title: "Process creation", Via: "logsource"}},
		Attack:    []record.Attack{{ID: fmt.Sprintf("T%d", 1000+rnd.IntN(600)), Name: "Some Technique", Tactics: []string{"TA0008"}}},
		Platforms: []string{"windows"},
	}
	where := record.Expr{And: []record.Expr{}}
	for range 2 + rnd.IntN(25) {
		field := []string{"Image", "CommandLine", "ParentImage", "TargetFilename", "OriginalFileName"}[rnd.IntN(5)]
		value := fmt.Sprintf(`\some\directory\tool%d.exe`, int(rnd.ExpFloat64()*5000))
		role := []string{record.RoleIndicator, record.RoleIndicator, record.RoleExclusion}[rnd.IntN(3)]
		r.Predicates = append(r.Predicates, record.Predicate{Field: field, Op: record.OpEndsWith, Value: value, Role: role})
		where.And = append(where.And, record.Expr{Field: field, Op: record.OpEndsWith, Values: []string{value}})
	}
	r.Parts = []record.Part{{Where: &where}}
	return r
}

func benchRead(b *testing.B, opts Options) {
	data := stream(b, 4000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		x := New(opts)
		if err := x.Read("bench", record.Lines(bytes.NewReader(data)), Sink{}); err != nil {
			b.Fatal(err)
		}
		if x.Stats().Rules != 4000 {
			b.Fatal("rules were lost")
		}
	}
}

func BenchmarkReadAll(b *testing.B) { benchRead(b, Options{}) }

func BenchmarkReadOneTechnique(b *testing.B) {
	s, _, err := Select(nil, []string{"T1021.002"})
	if err != nil {
		b.Fatal(err)
	}
	benchRead(b, Options{Techniques: s})
}

// BenchmarkTechniques makes the records, which costs no decoding.
func BenchmarkTechniques(b *testing.B) {
	data := stream(b, 4000)
	x := New(Options{})
	if err := x.Read("bench", record.Lines(bytes.NewReader(data)), Sink{}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.WriteTechniques(func([]byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecode is the floor: what reading alone costs.
func BenchmarkDecode(b *testing.B) {
	data := stream(b, 4000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var d record.Digest
	for b.Loop() {
		for line := range record.Lines(bytes.NewReader(data)) {
			if err := d.Decode(line.Data); err != nil {
				b.Fatal(err)
			}
		}
	}
}
