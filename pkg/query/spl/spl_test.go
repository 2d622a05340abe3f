package spl

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/querytest"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// show writes the parts in one line: name@source{where} having{...} by[...].
func show(r Rule) string {
	var out []string
	for _, p := range r.Parts {
		s := p.Name
		if p.Source != "" {
			s += "@" + p.Source
		}
		s += "{" + showTree(p.Where) + "}"
		if p.Having != nil {
			s += " having{" + showTree(p.Having) + "}"
		}
		if len(p.By) > 0 {
			s += " by[" + strings.Join(p.By, " ") + "]"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func showTree(x *record.Expr) string {
	if x == nil {
		return ""
	}
	return querytest.Show(*x)
}
