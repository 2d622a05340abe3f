package document

import (
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Diagnostics returns errs, whose spans are of the file, as a rule's record
// has them: tidied, with lines and columns.
func (f *File) Diagnostics(errs span.Errors) []record.Diagnostic {
	var out []record.Diagnostic
	for _, e := range errs.Tidy() {
		line, col := f.Position(e.Span.Start)
		out = append(out, record.Diagnostic{Code: e.Code, Message: e.Msg, Line: line, Col: col})
	}
	return out
}

// ErrorRecords returns errs as records of their own: of what gave no rule.
func (f *File) ErrorRecords(tool, path string, errs span.Errors) []record.Error {
	var out []record.Error
	for _, d := range f.Diagnostics(errs) {
		out = append(out, record.Error{
			Type: record.TypeError, V: record.Version, Tool: tool,
			Code: d.Code, Message: d.Message, Path: path, Line: d.Line, Col: d.Col,
		})
	}
	return out
}
