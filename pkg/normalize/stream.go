package normalize

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// Tool is who writes the error records.
const Tool = "rnorm"

// maxQuote is how much of a line that is no record its error record quotes:
// enough to recognize it.
const maxQuote = 80

// NewEdit returns the Edit that normalizes the rules of the stream called
// path and passes every other record on as it is. A rule that cannot be
// normalized is passed on as well, followed by an error record; a line that is
// no JSON object is replaced by one, so that what follows still reads NDJSON.
func NewEdit(path string, stats *Stats, t Tables) record.Edit {
	e := editor{path: path, stats: stats, normalizer: New(t)}
	return e.edit
}

// Stats counts what all workers of a run did.
type Stats struct {
	rules, failed, predicates atomic.Int64
}

// String returns the counts in words.
func (s *Stats) String() string {
	return fmt.Sprintf("%d rules, %d not normalized, %d predicates", s.rules.Load(), s.failed.Load(), s.predicates.Load())
}

// NewError returns an error record of this filter about a stream.
func NewError(code, message, path string) record.Error {
	return record.Error{Type: record.TypeError, V: record.Version, Tool: Tool, Code: code, Message: message, Path: path}
}

// editor normalizes the rules of a stream.
type editor struct {
	path       string
	stats      *Stats
	normalizer *Normalizer
	subject    record.Subject
}

func (e *editor) edit(out *record.Output, line record.Line) {
	switch {
	case line.Oversize:
		oversize(out, line, e.path)
	case line.Type == record.TypeRule:
		e.stats.rules.Add(1)
		if !e.rule(out, line) {
			e.stats.failed.Add(1)
		}
	case record.IsObject(line.Data):
		out.Line(line.Data)
	default:
		undecodable(out, line, e.path, nil)
	}
}

// rule normalizes one rule record, and reports whether it could.
func (e *editor) rule(out *record.Output, line record.Line) bool {
	s := &e.subject
	if len(line.Data) > maxRecord {
		pass(out, line, problemf(codeLarge, "rule record longer than %d bytes", maxRecord), e.path, nil)
		return false
	}
	if err := s.Decode(line.Data); err != nil {
		undecodable(out, line, e.path, err)
		return false
	}
	normal, problems, err := e.normalizer.Rule(s)
	if err == nil {
		before := len(out.Data)
		if out.Data, err = s.Splice(out.Data, line.Data, normal); err == nil {
			out.Data = append(out.Data, '\n')
			e.stats.predicates.Add(int64(len(normal.Predicates)))
			for _, p := range problems {
				out.Notes = append(out.Notes, note(p, line, e.path, s))
			}
			return true
		}
		out.Data = out.Data[:before]
	}
	var p *Problem
	if !errors.As(err, &p) {
		p = problemf(codeSyntax, "%v", err)
	}
	pass(out, line, p, e.path, s)
	return false
}

// pass passes on a rule that has no normal form, and says why not.
func pass(out *record.Output, line record.Line, p *Problem, path string, s *record.Subject) {
	out.Line(line.Data)
	fail(out, note(*p, line, path, s))
}

// undecodable passes on a rule whose members have other types than they
// should, and a record that is nested too deep to tell; it replaces what is
// not JSON.
func undecodable(out *record.Output, line record.Line, path string, err error) {
	switch {
	case record.IsObject(line.Data):
		pass(out, line, problemf(codeType, "%v", err), path, nil)
	case record.Depth(line.Data) > maxDepth:
		pass(out, line, problemf(codeDeep, "record nested deeper than %d levels", maxDepth), path, nil)
	default:
		replace(out, line, path)
	}
}

// oversize passes on the pieces of a line too long to be held.
func oversize(out *record.Output, line record.Line, path string) {
	if line.First {
		fail(out, note(Problem{Code: codeOversize, Message: record.ErrOversize.Error()}, line, path, nil))
	}
	out.Data = append(out.Data, line.Data...)
}

// replace writes an error record in place of a line that is no record.
func replace(out *record.Output, line record.Line, path string) {
	quote := line.Data
	if len(quote) > maxQuote {
		quote = quote[:maxQuote]
		for len(quote) > 0 && !utf8.RuneStart(line.Data[len(quote)]) {
			quote = quote[:len(quote)-1]
		}
	}
	fail(out, note(*problemf(codeSyntax, "unexpected %q, expected a JSON object", quote), line, path, nil))
}

// note says a problem with the place of the line in the stream.
func note(p Problem, line record.Line, path string, s *record.Subject) record.Note {
	e := NewError(p.Code, p.Message, path)
	e.Line = line.No
	if s != nil {
		e.Rule = s.ID
		if s.Path != "" {
			e.Message = fmt.Sprintf("%s: %s", s.Path, p.Message)
		}
	}
	return record.Note{Error: e, Warning: p.Warning}
}

// fail writes the error record of a note.
func fail(out *record.Output, n record.Note) {
	if data, err := record.Append(out.Data, n.Error); err == nil {
		out.Data = data
	}
	out.Notes = append(out.Notes, n)
}
