package main

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// attackFiles makes the tables of techniques and tactics.
func attackFiles(facts string) ([]file, error) {
	tactics, order, err := tacticRows(facts)
	if err != nil {
		return nil, err
	}
	techniques, err := techniqueRows(facts, order)
	if err != nil {
		return nil, err
	}
	return []file{
		{"pkg/attack/data/tactics.tsv", format(tactics)},
		{"pkg/attack/data/techniques.tsv", format(techniques)},
	}, nil
}

// tacticRows also returns the place of every tactic in its matrix.
func tacticRows(facts string) ([][]string, map[string]int, error) {
	t, err := readTable(facts, "tactics.tsv")
	if err != nil {
		return nil, nil, err
	}
	rows, err := t.pick("id", "shortname", "name", "domain", "deprecated", "aliases", "order", "note")
	if err != nil {
		return nil, nil, err
	}
	order := make(map[string]int, len(rows))
	split := rows[0]
	for _, row := range rows {
		order[row[0]], _ = strconv.Atoi(row[6])
		if row[5] != "" {
			split = row
		}
	}
	for i, row := range rows {
		// The alias stands with the tactic that kept the id. What moved to
		// the new tactic was tagged with the old name as well.
		if row[7] == "new in 19" {
			row[5] = split[5]
		}
		rows[i] = row[:6]
	}
	return rows, order, nil
}

func techniqueRows(facts string, order map[string]int) ([][]string, error) {
	t, err := readTable(facts, "attack.tsv")
	if err != nil {
		return nil, err
	}
	rows, err := t.pick("id", "name", "tactic_ids", "platforms", "domain", "deprecated", "revoked", "revoked_by_final")
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		ids := strings.Split(row[2], ",")
		slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(order[a], order[b]) })
		state := ""
		switch {
		case row[6] == "1":
			state = "revoked"
		case row[5] == "1":
			state = "deprecated"
		}
		rows[i] = []string{row[0], row[1], strings.Join(ids, ","), row[3], row[4], state, row[7]}
	}
	slices.SortFunc(rows, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
	return rows, nil
}
