// Package splunk reads the detections of Splunk: the YAML files of
// security_content, and the saved searches of an app (savedsearches.conf); and
// the macros that both use, as YAML or as macros.conf. Searches are read by
// package spl.
package splunk

import (
	"slices"
	"sort"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/query/spl"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Vendor is the "vendor" of the rules that this package reads.
const Vendor = "splunk"

// LoadYAML reads the detections of f, the YAML file at path, with the macros
// that they may use. The errors are those of what gave no rule. Baselines and
// investigations have searches too, but detect nothing: they give nothing.
func LoadYAML(path string, f *document.File, macros spl.Macros) ([]record.Rule, []record.Error) {
	l := loader{path: path, file: f, macros: macros}
	for i, doc := range f.Docs {
		errs := f.ErrorsOf(i)
		switch {
		case doc.Root == nil:
			l.report(errs)
		case isDetection(doc.Root):
			l.detection(i, doc.Root, errs)
		}
	}
	return l.rules, l.errs
}

// LoadConf reads the saved searches of f, a savedsearches.conf.
func LoadConf(path string, f *document.File, macros spl.Macros) ([]record.Rule, []record.Error) {
	l := loader{path: path, file: f, macros: macros}
	root := f.Docs[0].Root
	if root == nil {
		l.report(f.Errors)
		return nil, l.errs
	}
	errs := errorsByPair(f, root)
	l.report(errs[0])
	for i, stanza := range root.Pairs {
		if isSearch(stanza.Value) {
			l.saved(i, stanza, errs[i+1])
			continue
		}
		l.report(errs[i+1])
	}
	return l.rules, l.errs
}

// errorsByPair deals the errors of f out to the members of root by their
// places: index 0 has those in front of the first, i+1 those of member i.
func errorsByPair(f *document.File, root *document.Node) []span.Errors {
	out := make([]span.Errors, len(root.Pairs)+1)
	starts := make([]int, len(root.Pairs)) // in order: a member is where its key stood first
	for i := range root.Pairs {
		starts[i] = f.At(root.Pairs[i].Key).Start
	}
	for _, e := range f.Errors {
		i := sort.SearchInts(starts, e.Span.Start+1)
		out[i] = append(out[i], e)
	}
	return out
}

type loader struct {
	path   string
	file   *document.File
	macros spl.Macros
	rules  []record.Rule
	errs   []record.Error
}

// report makes error records of errs.
func (l *loader) report(errs span.Errors) {
	l.errs = append(l.errs, l.file.ErrorRecords("rparse", l.path, errs)...)
}

// start returns the record of the rule that begins at node n, without content.
func (l *loader) start(doc int, n *document.Node) record.Rule {
	line, _ := l.file.Position(l.file.At(n).Start)
	return record.Rule{
		Type: record.TypeRule, V: record.Version, Vendor: Vendor, Path: l.path, Doc: doc, Line: line,
		Kind: record.KindMatch,
	}
}

// reader reads one rule and collects what is wrong with it.
type reader struct {
	file *document.File
	rule *document.Node
	errs span.Errors
}

func (r *reader) bad(at *document.Node, code, format string, args ...any) {
	r.errs.Add(r.file.At(at), code, format, args...)
}

// scalar returns the text of n, the value of the member name; "" where there
// is none.
func (r *reader) scalar(n *document.Node, name string) string {
	switch {
	case n == nil || n.Kind == document.Null:
		return ""
	case !n.IsScalar():
		r.bad(n, "splunk/metadata", "unexpected %s as %s, expected a text", n.Kind, name)
		return ""
	}
	return n.Text
}

// query reads the search n of a rule. The record has it as it is written,
// macros and all; the parts are those of the expanded search.
func (r *reader) query(out *record.Rule, n *document.Node, macros spl.Macros) {
	switch {
	case n == nil || n.Kind == document.Null || n.IsScalar() && n.Text == "":
		r.bad(r.rule, "splunk/no-search", "no search")
		out.Coverage = record.CoverageNoQuery
		return
	case !n.IsScalar():
		r.bad(n, "splunk/search", "unexpected %s as the search, expected a text", n.Kind)
		out.Language = "spl"
		where := scan.Opaque("syntax/splunk-search", n.Kind.String())
		out.Parts = []record.Part{{Where: &where}}
		out.Coverage = record.CoverageNone
		return
	}
	q, errs := spl.Read(n.Text, macros)
	if len(errs) > 0 {
		r.errs = append(r.errs, once(errs).Shift(r.file.Map(n))...)
	}
	out.Language, out.Query, out.Parts = "spl", n.Text, q.Parts
	out.Coverage = scan.Coverage(q.Parts)
	if name := dataMacro(q); name != "" {
		logsource(out).Service = name
	}
}

// once drops what is said again of a macro that is not known: that it is used
// in several places is no further mistake.
func once(errs span.Errors) span.Errors {
	said := map[string]bool{}
	return slices.DeleteFunc(errs, func(e span.Error) bool {
		again := said[e.Msg]
		said[e.Msg] = e.Code == "spl/unknown-macro"
		return again
	})
}

// logsource returns the log source of the rule, made where it is missing.
func logsource(out *record.Rule) *record.Logsource {
	if out.Logsource == nil {
		out.Logsource = &record.Logsource{}
	}
	return out.Logsource
}
