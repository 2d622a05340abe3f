package ruleset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/source"
)

// BenchmarkRead reads the rules of the directory in RULEPIPE_SIGMA, from memory.
func BenchmarkRead(b *testing.B) {
	dir := os.Getenv("RULEPIPE_SIGMA")
	if dir == "" {
		b.Skip("RULEPIPE_SIGMA names no unpacked Sigma corpus")
	}
	var files []source.File
	size := int64(0)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".yml") {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, source.File{Path: path, Data: data})
		size += int64(len(data))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	var r Reader
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range files {
			r.Read(f)
		}
	}
}
