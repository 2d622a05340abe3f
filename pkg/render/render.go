// Package render turns records into pages for people: the technique page and
// the ledger as tables for terminals and as Markdown. It counts and normalizes nothing: every
// number on a page is one that ragg wrote, or a ratio of two of them.
//
// page.go lays a record out as titled sections of typed cells, once for all
// formats; each output format is one file that writes such a page.
package render

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// Tool is the name under which errors are reported.
const Tool = "rrender"

// Format is an output format.
type Format string

// Output formats.
const (
	Table    Format = "table"
	Markdown Format = "markdown"
)

// Section is a part of a page that can be asked for by name.
type Section string

// Sections of a technique page.
const (
	Events     Section = "events"
	Fields     Section = "fields"
	Indicators Section = "indicators"
	Exclusions Section = "exclusions"
	Thresholds Section = "thresholds"
	Rules      Section = "rules"
)

// Sections of the page of a ledger.
const (
	Coverage Section = "coverage"
	Unread   Section = "unread"
	Opaque   Section = "opaque"
	Unmapped Section = "unmapped"
	Untied   Section = "untied"
	Revoked  Section = "revoked"
)

// The sections of each kind of page, in their order.
var (
	techniqueSections = []Section{Events, Fields, Indicators, Exclusions, Thresholds, Rules}
	ledgerSections    = []Section{Coverage, Unread, Opaque, Unmapped, Untied, Revoked}
)

// TopDefault as Options.Top asks for the default length of each section.
const TopDefault = -1

// Options says how pages are to look.
type Options struct {
	Format   Format
	Width    int       // columns of a table, at least MinWidth
	Color    bool      // of a table
	Top      int       // rows of every section, 0 = all, negative = each section's default
	Sections []Section // none = all
}

// MinWidth is the narrowest table that is laid out. On a narrower terminal
// its lines wrap.
const MinWidth = 40

// Stats says what a Renderer has read.
type Stats struct {
	Pages  int           // technique records, each a page, and one for all ledger records
	Errors int           // error records
	Other  record.Counts // records of other types: nothing to render them with
	Bad    int           // lines that could not be read, each reported
}

// Renderer writes a page for every technique record that it reads, and then
// one for all ledger records together.
type Renderer struct {
	out     *bufio.Writer
	layout  layout
	format  format
	stats   Stats
	codes   record.Counts // error records by code
	ledgers []record.Ledger
}

// format writes one output format. A format that needs all pages before it
// can write holds them until close.
type format interface {
	page(p *page) error
	close(s summary) error // at least one page was written
}

// summary is what is said once, behind the last page.
type summary struct {
	errors int
	codes  record.Counts
}

// New makes a Renderer that writes to w.
func New(w io.Writer, o Options) (*Renderer, error) {
	r := &Renderer{out: bufio.NewWriter(w), layout: layout{o}}
	switch o.Format {
	case Table, "":
		r.format = newTable(r.out, o)
	case Markdown:
		r.format = newMarkdown(r.out)
	default:
		return nil, fmt.Errorf("unknown format %q", o.Format)
	}
	return r, nil
}

// InputError is an error of the stream that was read.
type InputError struct{ Err error }

func (e *InputError) Error() string { return e.Err.Error() }
func (e *InputError) Unwrap() error { return e.Err }

// Read writes the pages of the records in the stream in, whose name stands in
// what it reports. A line that cannot be read is given to report, and the rest
// goes on unless report returns an error. Read returns that error, an
// InputError, or the error of a write.
func (r *Renderer) Read(name string, in io.Reader, report func(record.Error) error) error {
	for line, err := range record.Lines(in) {
		if err != nil {
			return &InputError{err}
		}
		err := r.line(line)
		var bad *lineError
		if errors.As(err, &bad) {
			r.stats.Bad++
			err = report(record.Error{
				Type: record.TypeError, V: record.Version, Tool: Tool,
				Code: bad.code, Message: bad.msg, Path: name, Line: line.No,
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Codes of lines that could not be read.
const (
	CodeSyntax   = "record/syntax"     // not a JSON object
	CodeType     = "record/wrong-type" // a member is of another type than it has to be
	CodeOversize = "record/oversize"   // longer than record.MaxLine
)

// lineError says why a line could not be read.
type lineError struct{ code, msg string }

func (e *lineError) Error() string { return e.msg }

// line handles one line of the stream.
func (r *Renderer) line(line record.Line) error {
	switch {
	case line.Oversize && line.First:
		return &lineError{CodeOversize, "line longer than 32 MiB, left out"}
	case line.Oversize:
		return nil
	}
	switch line.Type {
	case record.TypeTechnique:
		return r.technique(line)
	case record.TypeLedger:
		return r.ledger(line)
	case record.TypeError:
		return r.error(line)
	default:
		return r.other(line)
	}
}

// technique writes the page of the record in line.
func (r *Renderer) technique(line record.Line) error {
	var t record.Technique
	if err := record.Decode(line.Data, &t); err != nil {
		return undecoded(line)
	}
	r.stats.Pages++
	return r.format.page(r.layout.technique(&t))
}

// ledger keeps the record in line: all of them make one page.
func (r *Renderer) ledger(line record.Line) error {
	var l record.Ledger
	if err := record.Decode(line.Data, &l); err != nil {
		return undecoded(line)
	}
	r.ledgers = append(r.ledgers, l)
	return nil
}

// error counts the error record in line.
func (r *Renderer) error(line record.Line) error {
	var e record.Error
	if err := record.Decode(line.Data, &e); err != nil {
		return undecoded(line)
	}
	r.stats.Errors++
	r.codes = count(r.codes, e.Code)
	return nil
}

// other counts a record that no page is made of. An object without a type is
// somebody else's, which is no error.
func (r *Renderer) other(line record.Line) error {
	if line.Type == "" && !record.IsObject(line.Data) {
		return undecoded(line)
	}
	r.stats.Other = count(r.stats.Other, cmp.Or(line.Type, "without a type"))
	return nil
}

// undecoded says what is wrong with a line that could not be decoded.
func undecoded(line record.Line) error {
	if record.IsObject(line.Data) {
		return &lineError{CodeType, "a member of the " + line.Type + " record is of the wrong type"}
	}
	return &lineError{CodeSyntax, "not a JSON object"}
}

// maxNames bounds the types and codes that are counted by name.
const maxNames = 100

// count adds one to the entry of name. Beyond maxNames of them names have one
// entry together.
func count(c record.Counts, name string) record.Counts {
	if len(c) >= maxNames && !slices.ContainsFunc(c[:maxNames], func(n record.Count) bool { return n.Vendor == name }) {
		name = "others"
	}
	for i := range c {
		if c[i].Vendor == name {
			c[i].Rules++
			return c
		}
	}
	return append(c, record.Count{Vendor: name, Rules: 1})
}

// Close writes the page of the ledger and what comes behind the last page, and
// returns what was read.
func (r *Renderer) Close() (Stats, error) {
	if len(r.ledgers) > 0 {
		r.stats.Pages++
		if err := r.format.page(r.layout.ledger(r.ledgers)); err != nil {
			return r.stats, err
		}
	}
	if r.stats.Pages > 0 {
		if err := r.format.close(summary{errors: r.stats.Errors, codes: r.codes}); err != nil {
			return r.stats, err
		}
	}
	return r.stats, r.out.Flush()
}

// Notes says in sentences what the pages do not show, for standard error.
func (s Stats) Notes() []string {
	var notes []string
	if s.Pages == 0 {
		notes = append(notes, "nothing to render: no technique or ledger record in the input")
	}
	if s.Errors > 0 {
		notes = append(notes, plural(s.Errors, "error record")+" in the input")
	}
	if len(s.Other) > 0 {
		notes = append(notes, "records of other types left out: "+strings.Join(byName(s.Other), ", "))
	}
	return notes
}

// byName writes counts as "sigma 33", "elastic 3".
func byName(c record.Counts) []string {
	parts := make([]string, len(c))
	for i, n := range c {
		parts[i] = fmt.Sprintf("%s %d", n.Vendor, n.Rules)
	}
	return parts
}

// unseen says what could not be read on the way here.
func (s summary) unseen() string {
	return fmt.Sprintf("On no page: %s in the input (%s).", plural(s.errors, "error record"), strings.Join(byName(s.codes), ", "))
}

// plural writes "1 rule" or "2 rules".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
