package normalize

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// tool is who writes the error records.
const tool = "rnorm"

// maxQuote is how much of a line that is no record its error record quotes:
// enough to recognize it.
const maxQuote = 80

// NewEdit returns the Edit that normalizes the rules of the stream called
// path and passes every other record on as it is. A rule that cannot be
// normalized is passed on as well, followed by an error record; a line that is
// no JSON object is replaced by one, so that what follows still reads NDJSON.
func NewEdit(path string) record.Edit {
	var s record.Subject
	n := New()
	return func(out *record.Output, line record.Line) {
		switch {
		case line.Oversize:
			oversize(out, line, path)
		case line.Type == record.TypeRule:
			rule(out, line, path, &s, n)
		case record.IsObject(line.Data):
			out.Line(line.Data)
		default:
			replace(out, line, path)
		}
	}
}

// rule normalizes one rule record.
func rule(out *record.Output, line record.Line, path string, s *record.Subject, n *Normalizer) {
	if len(line.Data) > maxRecord {
		out.Line(line.Data)
		fail(out, note(*problemf(codeLarge, "rule record longer than %d bytes", maxRecord), line, path, nil))
		return
	}
	if err := s.Decode(line.Data); err != nil {
		undecodable(out, line, path, err)
		return
	}
	normal, problems, err := n.Rule(s)
	if err == nil {
		before := len(out.Data)
		if out.Data, err = s.Splice(out.Data, line.Data, normal); err == nil {
			out.Data = append(out.Data, '\n')
			for _, p := range problems {
				out.Notes = append(out.Notes, note(p, line, path, s))
			}
			return
		}
		out.Data = out.Data[:before]
	}
	out.Line(line.Data)
	var p *Problem
	if !errors.As(err, &p) {
		p = problemf(codeSyntax, "%v", err)
	}
	fail(out, note(*p, line, path, s))
}

// undecodable passes on a rule whose members have other types than they
// should, and replaces one that is not JSON.
func undecodable(out *record.Output, line record.Line, path string, err error) {
	switch {
	case record.IsObject(line.Data):
		out.Line(line.Data)
		fail(out, note(*problemf(codeType, "%v", err), line, path, nil))
	case record.Depth(line.Data) > maxDepth:
		out.Line(line.Data)
		fail(out, note(*problemf(codeDeep, "record nested deeper than %d levels", maxDepth), line, path, nil))
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
	e := record.Error{
		Type: record.TypeError, V: record.Version, Tool: tool,
		Code: p.Code, Message: p.Message, Path: path, Line: line.No,
	}
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
