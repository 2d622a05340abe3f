package main

import (
	"fmt"
	"io"

	"github.com/rulepipe/rulepipe/cmd/internal/bundle"
	"github.com/rulepipe/rulepipe/cmd/internal/cli"
	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/normalize"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// tables reads what the user has beside the embedded tables.
func (f *flags) tables(s *cli.Session) (normalize.Tables, error) {
	var t normalize.Tables
	fields := field.Reader{Transforms: normalize.Transforms()}
	if err := s.ReadFacts("fields", f.Fields, rows(fields.Read)); err != nil {
		return t, err
	}
	if len(f.Fields) > 0 {
		t.Fields = fields.Table()
	}
	var events event.Reader
	if err := s.ReadFacts("events", f.Events, rows(events.Read)); err != nil {
		return t, err
	}
	if len(f.Events) > 0 {
		t.Events = events.Catalog()
	}
	var err error
	t.Attack, err = bundle.Read(s, f.Attack)
	return t, err
}

// maxTable is the size of the largest table: four times that of the embedded
// ones together. It keeps a wrong path from taking the memory.
const maxTable = 4 << 20

// rows reads a table with a function that wants all of it.
func rows(read func(path string, text []byte) (span.Errors, bool)) func(string, io.Reader) ([]cli.Problem, bool) {
	return func(path string, in io.Reader) ([]cli.Problem, bool) {
		text, err := io.ReadAll(io.LimitReader(in, maxTable+1))
		if err != nil {
			return nil, false
		}
		if len(text) > maxTable {
			return []cli.Problem{{Path: path, Code: "source/too-large", Message: fmt.Sprintf("table is larger than %d MiB", maxTable>>20)}}, false
		}
		errs, ok := read(path, text)
		return problems(path, text, errs), ok
	}
}

// problems says what is wrong with a table. A row that is there twice is only
// worth a warning.
func problems(path string, text []byte, errs span.Errors) []cli.Problem {
	var wrong, twice span.Errors
	for _, e := range errs {
		if e.Code == field.CodeDuplicate || e.Code == event.CodeDuplicate {
			twice = append(twice, e)
		} else {
			wrong = append(wrong, e)
		}
	}
	lines := span.NewLines(text)
	var out []cli.Problem
	add := func(list span.Errors, warning bool) {
		for _, e := range list.Tidy() {
			p := cli.Problem{Path: path, Code: e.Code, Message: e.Msg, Warning: warning}
			p.Line, p.Col = lines.Position(e.Span.Start)
			p.Source = string(text[lines.Start(p.Line):lines.Start(p.Line+1)])
			out = append(out, p)
		}
	}
	add(wrong, false)
	add(twice, true)
	return out
}
