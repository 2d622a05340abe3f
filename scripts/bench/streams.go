//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// walk is the yardstick of rparse: it walks a directory and reads every file
// into one buffer.
func walk(dir string) error {
	buf := make([]byte, 256<<10)
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		for {
			if _, err := f.Read(buf); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
		}
	})
}

// treeSize is the size of all files below dir in MB.
func treeSize(dir string) float64 {
	total := int64(0)
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil
	})
	return float64(total) / 1e6
}

// repeat writes the records of in many times over, each time with other ids
// and other values, so that no row is counted twice.
func repeat(in, out string, times int) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for i := range times {
		n := strconv.Itoa(i)
		for line := range bytes.Lines(data) {
			line = bytes.Replace(line, []byte(`"id":"`), []byte(`"id":"`+n+"-"), 1)
			if i > 0 {
				line = bytes.ReplaceAll(line, []byte(`"values":["`), []byte(`"values":["`+n+"-"))
			}
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
