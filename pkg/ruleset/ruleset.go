// Package ruleset turns the content of files into records: it knows which
// vendors there are, asks each whether a file is one of its own, and encodes
// what they read. Where files come from and where records go is left to others.
package ruleset

import (
	"fmt"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/spl"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/ruleset/elastic"
	"github.com/rulepipe/rulepipe/pkg/ruleset/sigma"
	"github.com/rulepipe/rulepipe/pkg/ruleset/splunk"
	"github.com/rulepipe/rulepipe/pkg/source"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// loader is how one vendor's files are recognized, by content, and read.
type loader struct {
	match func(f source.File) bool
	load  func(r *Reader, f source.File) contents
}

// loaders are all vendors, in the order in which they are asked.
var loaders = []loader{
	{content(elastic.MatchTOML), loadTOML},
	{content(elastic.MatchJSON), loadJSON},
	{content(splunk.MatchYAML), loadDetections},
	{isSavedSearches, loadSavedSearches},
	{content(splunk.MatchMacros), loadMacros},
	{content(sigma.Match), loadSigma}, // last: YAML reads nearly everything
}

func content(match func(text []byte) bool) func(source.File) bool {
	return func(f source.File) bool { return match(f.Data) }
}

// isSavedSearches reports whether a file is a savedsearches.conf. One that is
// called so may have nothing that only saved searches have: what a user saves
// in local/ can be a search alone.
func isSavedSearches(f source.File) bool {
	if splunk.MatchConf(f.Data) {
		return true
	}
	base := f.Path[strings.LastIndexAny(f.Path, `/\`)+1:]
	return strings.EqualFold(base, "savedsearches.conf") && splunk.IsConf(f.Data)
}

// Reader reads rule files. It may be used by several goroutines at once.
type Reader struct {
	Filters []sigma.Filter // applied to the Sigma rules that they name
	Macros  []spl.Macro    // of Splunk's searches, stronger than those beside them

	found   finder
	once    sync.Once
	filters *sigma.FilterSet // Filters
}

// Result is what one file gave.
type Result struct {
	Records  []byte    // NDJSON
	Problems []Problem // all errors, those inside rule records too
	Rules    int
	Full     int // rules whose query was read in full
	Partial  int // in part
	NoQuery  int // rules that have none
	Skipped  bool
	Vendor   string
	Bytes    int
	Crash    string // stack of a panic, "" without one
}

// Problem is one error, for people.
type Problem struct {
	Path      string
	Line, Col int
	Code      string
	Message   string
	Source    string // the source line
	Warning   bool   // worth saying, but nothing was lost
	Unopened  bool   // an input given by name could not be opened
}

// contents are the records of one file, before they are encoded.
type contents struct {
	rules []record.Rule
	errs  []record.Error
	line  func(line int) string // source line by number
}

// Read reads one file. What is no rule file gives a Result with Skipped set; a
// bug that makes a vendor's reader panic costs this file and is said so.
func (r *Reader) Read(f source.File) (res Result) {
	res.Bytes = len(f.Data)
	defer func() {
		if p := recover(); p != nil {
			res = Result{Bytes: len(f.Data), Crash: fmt.Sprintf("%v\n%s", p, debug.Stack())}
			res.add(contents{errs: []record.Error{newError(f.Path, "internal/panic", "internal error; please report it with this file")}})
		}
	}()
	if f.Err != nil {
		res.addFailed(f)
		return res
	}
	for _, l := range loaders {
		if !l.match(f) {
			continue
		}
		c := l.load(r, f)
		if len(c.rules)+len(c.errs) > 0 {
			res.add(c)
			return res
		}
	}
	res.Skipped = true
	return res
}

func loadSigma(r *Reader, f source.File) contents {
	doc := document.YAML(f.Data)
	r.once.Do(func() { r.filters = sigma.NewFilterSet(r.Filters) })
	rules, errs := sigma.Load(f.Path, doc, r.filters)
	return contents{rules, errs, doc.Line}
}

func loadTOML(_ *Reader, f source.File) contents {
	doc := document.TOML(f.Data)
	rules, errs := elastic.Load(f.Path, doc)
	return contents{rules, errs, doc.Line}
}

func loadJSON(_ *Reader, f source.File) contents {
	doc := document.JSON(f.Data)
	rules, errs := elastic.Load(f.Path, doc)
	return contents{rules, errs, doc.Line}
}

func loadDetections(r *Reader, f source.File) contents {
	doc := document.YAML(f.Data)
	rules, errs := splunk.LoadYAML(f.Path, doc, r.macros(f))
	return contents{rules, errs, doc.Line}
}

func loadSavedSearches(r *Reader, f source.File) contents {
	doc := document.Conf(f.Data)
	rules, errs := splunk.LoadConf(f.Path, doc, r.macros(f))
	return contents{rules, errs, doc.Line}
}

// loadMacros says what is wrong with macros: they are no rules, but those
// that use them should not be the only ones to speak of it.
func loadMacros(_ *Reader, f source.File) contents {
	doc := macroDocument(f.Data)
	return contents{nil, doc.ErrorRecords("rparse", f.Path, doc.Errors), doc.Line}
}

// Filters are the Sigma filters of one file, and what is wrong with it.
type Filters struct {
	Filters  []sigma.Filter
	Problems []Problem
}

// ReadFilters reads the Sigma filters in a file, for Reader.Filters.
func ReadFilters(f source.File) Filters {
	var res Result
	if f.Err != nil {
		res.addFailed(f)
		return Filters{nil, res.Problems}
	}
	if !sigma.Match(f.Data) {
		return Filters{}
	}
	doc := document.YAML(f.Data)
	filters, rules, errs := sigma.Filters(f.Path, doc)
	res.add(contents{rules, errs, doc.Line})
	return Filters{filters, res.Problems}
}

// addFailed says that the file could not be read.
func (res *Result) addFailed(f source.File) {
	res.add(contents{errs: []record.Error{newError(f.Path, f.Err.Code, f.Err.Msg)}})
	res.Problems[0].Unopened = f.Err.Unopened
}

func newError(path, code, msg string) record.Error {
	return record.Error{Type: record.TypeError, V: record.Version, Tool: "rparse", Code: code, Message: msg, Path: path}
}

// add encodes the records of c in the order of their lines.
func (res *Result) add(c contents) {
	for i := range c.rules {
		for len(c.errs) > 0 && c.errs[0].Line < c.rules[i].Line {
			res.addError(c, &c.errs[0])
			c.errs = c.errs[1:]
		}
		res.addRule(c, &c.rules[i])
	}
	for i := range c.errs {
		res.addError(c, &c.errs[i])
	}
}

func (res *Result) addRule(c contents, rule *record.Rule) {
	bound(rule)
	res.Vendor = rule.Vendor
	res.Rules++
	switch rule.Coverage {
	case record.CoverageFull:
		res.Full++
	case record.CoveragePartial:
		res.Partial++
	case record.CoverageNoQuery:
		res.NoQuery++
	}
	for _, d := range rule.Errors {
		res.problem(c, Problem{Path: rule.Path, Line: d.Line, Col: d.Col, Code: d.Code, Message: d.Message})
	}
	res.encode(rule)
}

func (res *Result) addError(c contents, e *record.Error) {
	res.problem(c, Problem{Path: e.Path, Line: e.Line, Col: e.Col, Code: e.Code, Message: e.Message})
	res.encode(e)
}

func (res *Result) problem(c contents, p Problem) {
	if c.line != nil && p.Line > 0 {
		p.Source = c.line(p.Line)
	}
	// What is right, and outdated or without an expression here, is no bad input.
	p.Warning = strings.HasPrefix(p.Code, span.Deprecated) || strings.HasPrefix(p.Code, span.Unsupported)
	res.Problems = append(res.Problems, p)
}

// encode appends one record. Encoding fails for no value that these types
// can hold, so a failure is a bug and ends in Read's recover.
func (res *Result) encode(v any) {
	var err error
	if res.Records, err = record.Append(res.Records, v); err != nil {
		panic(err)
	}
}

// Totals adds up results, for statistics.
type Totals struct {
	Rules, Full, Partial, NoQuery, Skipped int
	Vendors                                record.Counts
}

// Add counts one result.
func (t *Totals) Add(res *Result) {
	t.Rules += res.Rules
	t.Full += res.Full
	t.Partial += res.Partial
	t.NoQuery += res.NoQuery
	if res.Skipped {
		t.Skipped++
	}
	if res.Rules == 0 {
		return
	}
	for i := range t.Vendors {
		if t.Vendors[i].Vendor == res.Vendor {
			t.Vendors[i].Rules += res.Rules
			return
		}
	}
	t.Vendors = append(t.Vendors, record.Count{Vendor: res.Vendor, Rules: res.Rules})
}

// String is the text of the --stats line.
func (t *Totals) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rules", t.Rules)
	for i, c := range t.Vendors {
		sep := " ("
		if i > 0 {
			sep = ", "
		}
		fmt.Fprintf(&b, "%s%d %s", sep, c.Rules, c.Vendor)
	}
	if len(t.Vendors) > 0 {
		b.WriteString(")")
	}
	fmt.Fprintf(&b, ": read in full %d, in part %d, not %d", t.Full, t.Partial, t.Rules-t.Full-t.Partial-t.NoQuery)
	if t.NoQuery > 0 {
		fmt.Fprintf(&b, ", without a query %d", t.NoQuery)
	}
	fmt.Fprintf(&b, "; %d files are no rules", t.Skipped)
	return b.String()
}
