package source

import (
	"os"
	"testing"
)

// BenchmarkMap reads the directory that RULEPIPE_BENCH names.
func BenchmarkMap(b *testing.B) {
	dir := os.Getenv("RULEPIPE_BENCH")
	if dir == "" {
		b.Skip("set RULEPIPE_BENCH to a directory of rules")
	}
	for _, jobs := range []int{1, 2, 4, 8} {
		b.Run(string('0'+rune(jobs)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				in := &Inputs{Paths: []string{dir}}
				for range Map(in, jobs, func(f File) int { return len(f.Data) }) {
				}
				b.SetBytes(in.Counts().Bytes)
			}
		})
	}
}
