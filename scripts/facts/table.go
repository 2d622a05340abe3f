package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// table is a fact table in memory: tab separated, one header line, no quoting.
type table struct {
	name   string
	header []string
	rows   [][]string
}

// readTable reads the table name of the directory dir.
func readTable(dir, name string) (*table, error) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	t := &table{name: name, header: strings.Split(lines[0], "\t")}
	for i, line := range lines[1:] {
		row := strings.Split(line, "\t")
		if len(row) != len(t.header) {
			return nil, fmt.Errorf("%s:%d: unexpected %d columns, expected %d", name, i+2, len(row), len(t.header))
		}
		t.rows = append(t.rows, row)
	}
	return t, nil
}

// pick returns the rows cut to the named columns, in the order of names.
func (t *table) pick(names ...string) ([][]string, error) {
	at := make([]int, len(names))
	for i, name := range names {
		at[i] = slices.Index(t.header, name)
		if at[i] < 0 {
			return nil, fmt.Errorf("%s: no column %q", t.name, name)
		}
	}
	out := make([][]string, len(t.rows))
	for i, row := range t.rows {
		out[i] = make([]string, len(at))
		for j, col := range at {
			out[i][j] = row[col]
		}
	}
	return out, nil
}

// format writes rows without a header: the reading package's struct says what
// the columns are.
func format(rows [][]string) []byte {
	var b bytes.Buffer
	for _, row := range rows {
		b.WriteString(strings.Join(row, "\t"))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// shortProvider is the catalog's name of a provider: without Microsoft's
// prefix, blanks as hyphens.
func shortProvider(full string) string {
	return strings.ReplaceAll(strings.TrimPrefix(full, "Microsoft-Windows-"), " ", "-")
}
