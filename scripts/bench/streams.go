//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
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
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for i := range times {
		if err := copyAs(w, in, strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return errors.Join(w.Flush(), f.Close())
}

// copyAs writes the records of in with name in their ids and values.
func copyAs(w io.Writer, in, name string) error {
	f, err := os.Open(in)
	if err != nil {
		return err
	}
	defer f.Close()
	for r := bufio.NewReader(f); ; {
		line, err := r.ReadBytes('\n')
		line = bytes.Replace(line, []byte(`"id":"`), []byte(`"id":"`+name+"-"), 1)
		line = bytes.ReplaceAll(line, []byte(`"values":["`), []byte(`"values":["`+name+"-"))
		if _, err := w.Write(line); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
