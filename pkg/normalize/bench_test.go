package normalize

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// benchFile may name a stream of real rule records to measure with.
const benchFile = "RULEPIPE_BENCH_RULES"

// benchStream returns a stream of about 8 MB of rule records.
func benchStream(b *testing.B) []byte {
	b.Helper()
	if name := os.Getenv(benchFile); name != "" {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		return data
	}
	data, err := os.ReadFile("testdata/bench.ndjson")
	if err != nil {
		b.Fatal(err)
	}
	return bytes.Repeat(data, 8<<20/len(data))
}

func BenchmarkTransform(b *testing.B) {
	data := benchStream(b)
	for _, jobs := range []int{1, 2} {
		b.Run(map[int]string{1: "one", 2: "two"}[jobs], func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				edit := func() record.Edit { return NewEdit("-") }
				err := record.Transform(bytes.NewReader(data), io.Discard, jobs, edit, func(record.Note) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
