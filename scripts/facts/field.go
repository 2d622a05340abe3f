package main

import (
	"cmp"
	"fmt"
	"slices"
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
		slices.SortStableFunc(out, bySpecificity)
		files = append(files, file{fmt.Sprintf("pkg/field/data/%s.tsv", vendor), format(out)})
	}
	return files, nil
}

// bySpecificity brings the rows of one name together, those with the longest
// context first and those that fold before those for information, so that the
// first row that holds is the one that wins.
func bySpecificity(a, b []string) int {
	return cmp.Or(
		cmp.Compare(strings.ToLower(a[0]), strings.ToLower(b[0])),
		cmp.Compare(conditions(b), conditions(a)),
		cmp.Compare(len(context(b)), len(context(a))),
		cmp.Compare(len(a)/6, len(b)/6), // only rows that do not fold have the last cell
	)
}

func context(row []string) string {
	if len(row) < 3 {
		return ""
	}
	return row[2]
}

func conditions(row []string) int { return strings.Count(context(row), "=") }

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
