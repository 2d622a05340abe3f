// Command facts makes the tables that pkg/attack, pkg/event and pkg/field
// embed, from the fact tables of ../shared/facts: only the rows and columns
// that the packages read. `go generate ./...` runs it; where the fact tables
// are not there it says so and leaves the committed files alone.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("root", ".", "root `directory` of the repository")
	facts := flag.String("facts", "", "`directory` of the fact tables (default ROOT/../shared/facts)")
	flag.Parse()
	if *facts == "" {
		*facts = filepath.Join(*root, "..", "shared", "facts")
	}
	if _, err := os.Stat(*facts); err != nil {
		fmt.Fprintf(os.Stderr, "facts: no fact tables in %s, embedded tables left as they are\n", *facts)
		return
	}
	if err := run(*root, *facts); err != nil {
		fmt.Fprintln(os.Stderr, "facts:", err)
		os.Exit(1)
	}
}

// run writes all tables below root.
func run(root, facts string) error {
	files, err := generate(facts)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(f.path)), f.data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// file is a generated table and its place in the repository.
type file struct {
	path string
	data []byte
}

// generate makes all tables from the directory facts.
func generate(facts string) ([]file, error) {
	var files []file
	for _, step := range []func(string) ([]file, error){attackFiles, eventFiles, elasticFiles, splunkFiles, fieldFiles} {
		made, err := step(facts)
		if err != nil {
			return nil, err
		}
		files = append(files, made...)
	}
	return files, nil
}
