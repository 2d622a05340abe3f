package source

import (
	"os"
	"path/filepath"
)

// maxAbove is how many directories are looked at: rules lie one to three
// levels below the root of their tree, and what lies far above them is not theirs.
const maxAbove = 5

// Above returns the directory that the file at path lies in and those above
// it, nearest first, up to the root of the repository, or maxAbove of them
// where there is none.
func Above(path string) []string {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil
	}
	var out []string
	for len(out) < maxAbove {
		out = append(out, dir)
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			break
		}
		dir = parent
	}
	return out
}
