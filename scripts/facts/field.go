package main

import (
	"fmt"
	"strings"
)

// fieldVendors are the vendors whose rules rnorm reads. Each has a file of
// its own, so that a stream of one vendor's rules parses one table.
var fieldVendors = []string{"sigma", "ecs", "cim"}

// fieldFiles makes one table per vendor. "none", "exact" and "1" are written
// as nothing: nearly all rows have them.
func fieldFiles(facts string) ([]file, error) {
	t, err := readTable(facts, "fields.tsv")
	if err != nil {
		return nil, err
	}
	rows, err := t.pick("vendor", "vendor_field", "canonical", "context", "value_transform", "relation", "collapse")
	if err != nil {
		return nil, err
	}
	var files []file
	for _, vendor := range fieldVendors {
		var out [][]string
		for _, row := range rows {
			if row[0] == vendor {
				out = append(out, fieldRow(row))
			}
		}
		files = append(files, file{fmt.Sprintf("pkg/field/data/%s.tsv", vendor), format(out)})
	}
	return files, nil
}

func fieldRow(row []string) []string {
	name, canonical := row[1], row[2]
	if canonical == name {
		canonical = ""
	}
	out := []string{
		name, canonical, row[3], strings.TrimPrefix(row[4], "none"),
		strings.TrimPrefix(row[5], "exact"), strings.TrimPrefix(row[6], "1"),
	}
	for len(out) > 1 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}
