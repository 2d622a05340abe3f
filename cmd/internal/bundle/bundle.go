// Package bundle is the flag --attack of the filters that have it: ATT&CK as
// STIX bundles of the user describe it.
package bundle

import (
	"io"

	"github.com/rulepipe/rulepipe/cmd/internal/cli"
	"github.com/rulepipe/rulepipe/pkg/attack"
)

// Read reads the bundles and reports what is wrong with them. Without any it
// returns nil, which is the embedded version.
func Read(s *cli.Session, paths []string) (*attack.Table, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	var r attack.Reader
	err := s.ReadFacts("attack", paths, func(path string, in io.Reader) ([]cli.Problem, bool) {
		found, ok := r.Read(path, in)
		return problems(found), ok
	})
	if err != nil {
		return nil, err
	}
	table, found := r.Table()
	for _, p := range problems(found) {
		if err := s.Report(p); err != nil {
			return nil, err
		}
	}
	return table, nil
}

func problems(found []attack.Problem) []cli.Problem {
	var out []cli.Problem
	for _, p := range found {
		out = append(out, cli.Problem{Path: p.Path, Line: p.Line, Col: p.Col, Code: p.Code, Message: p.Message, Warning: p.Warning})
	}
	return out
}
