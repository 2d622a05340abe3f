// Package spl reads SPL, the search language of Splunk: macros, pipelines, the
// search language and the expression language of where and eval.
//
// What it follows is Splunk's documentation (Search Reference, Search Manual)
// and, where that is silent, what the searches of security_content need to mean.
// Splunk has no public grammar.
package spl

import (
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Rule is what a search says. Parts begins with the search itself; those of its
// subsearches that add or restrict events follow. Macros are the names of the
// macros in the order of their use, the first of which mostly names the source
// of the data; DataModels are the data models that are read, with their data set
// if the search names it.
type Rule struct {
	Parts      []record.Part
	Macros     []string
	DataModels []string
}

// Read expands the macros of a search, parses and lowers it. Spans of errors are
// in text.
func Read(text string, m Macros) (Rule, span.Errors) {
	expanded, places, errs := Expand(text, m)
	q, more := Parse(expanded)
	r, rest := Lower(q, expanded, m)
	r.Macros = places.Names
	errs = append(errs, places.Errors(append(more, rest...).Tidy())...)
	return r, errs.Tidy()
}
