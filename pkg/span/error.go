package span

import (
	"cmp"
	"fmt"
	"slices"
)

// Unsupported and Deprecated begin the codes of what is no mistake of the
// input: right, but without an expression here; or read, but outdated.
const (
	Unsupported = "unsupported/"
	Deprecated  = "deprecated/"
)

// Error is one diagnostic: what is wrong, where, and under which code.
// Codes are stable and greppable ("sigma/modifier").
type Error struct {
	Span Span
	Code string
	Msg  string
}

// Errorf makes an Error. Messages are in lower case without a full stop and
// have the form "unexpected X in Y, expected Z" where they can.
func Errorf(at Span, code, format string, args ...any) Error {
	return Error{Span: at, Code: code, Msg: fmt.Sprintf(format, args...)}
}

func (e Error) Error() string { return e.Msg }

// Errors is a list of diagnostics of one text.
type Errors []Error

// maxErrors bounds what is said about one text: after that many, more of the
// same helps nobody and a hostile file could fill the disk.
const maxErrors = 20

// CodeMore is the code of the entry that counts the errors left out by Tidy.
const CodeMore = "more-errors"

// Add appends an error made by Errorf.
func (e *Errors) Add(at Span, code, format string, args ...any) {
	*e = append(*e, Errorf(at, code, format, args...))
}

// Shift maps the spans of all errors through m.
func (e Errors) Shift(m Map) Errors {
	for i := range e {
		e[i].Span = m.Span(e[i].Span)
	}
	return e
}

// Tidy sorts by position, drops repetitions of one code at one place, and
// cuts the list at 20 entries, the last of which then counts the rest.
func (e Errors) Tidy() Errors {
	if len(e) < 2 {
		return e
	}
	slices.SortStableFunc(e, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Code, b.Code))
	})
	e = slices.CompactFunc(e, func(a, b Error) bool { return a.Span.Start == b.Span.Start && a.Code == b.Code })
	if len(e) > maxErrors {
		rest := len(e) - (maxErrors - 1)
		e = append(e[:maxErrors-1:maxErrors-1], Errorf(e[maxErrors-1].Span, CodeMore, "%d more errors", rest))
	}
	return e
}
