// Package spl reads SPL, the search language of Splunk: macros, pipelines,
// the search language and the expression language of where and eval.
package spl

import (
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Rule is what a search says. Parts begins with the search itself; those of
// its subsearches that add or restrict events follow. Macros are the names of the macros in
// the order of their use, the first of which mostly names the source of the data;
// DataModels are the data models that are read, with their data set if the
// search names it.
type Rule struct {
	Parts      []record.Part
	Macros     []string
	DataModels []string
}

// Read expands the macros of a search, parses and lowers it. Spans of errors
// are in text.
func Read(text string, m Macros) (Rule, span.Errors) {
	_, places, errs := Expand(text, m)
	x := scan.Opaque("syntax/spl", text)
	return Rule{Parts: []record.Part{{Where: &x}}, Macros: places.Names}, errs
}
