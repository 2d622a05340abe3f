package main

import (
	"fmt"
	"io"
	"os"

	"github.com/rulepipe/rulepipe/cmd/internal/cli"
	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/normalize"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// maxTable is the size of the largest file of facts: ten times that of the
// embedded ones together. It keeps a wrong path from taking the memory.
const maxTable = 16 << 20

// tables reads what the user has beside the embedded tables.
func (f *flags) tables(s *cli.Session) (normalize.Tables, error) {
	var t normalize.Tables
	fields := field.Reader{Transforms: normalize.Transforms()}
	if err := readTables(s, "fields", f.Fields, fields.Read); err != nil {
		return t, err
	}
	if len(f.Fields) > 0 {
		t.Fields = fields.Table()
	}
	var events event.Reader
	if err := readTables(s, "events", f.Events, events.Read); err != nil {
		return t, err
	}
	if len(f.Events) > 0 {
		t.Events = events.Catalog()
	}
	return t, nil
}

// readTables reads the files of one flag. A wrong row is told and left out; a
// file without a row to be had ends the run, because its user wants it used.
func readTables(s *cli.Session, flag string, paths []string, read func(path string, text []byte) (span.Errors, bool)) error {
	for _, path := range paths {
		if path == cli.StdinName {
			return cli.Usagef("--%s takes files, not stdin", flag)
		}
		text, err := readFile(path)
		if err != nil {
			return err
		}
		s.CountBytes(int64(len(text)))
		errs, ok := read(path, text)
		if err := report(s, path, text, errs); err != nil {
			return err
		}
		if !ok {
			return cli.Usagef("no table for --%s in %s", flag, path)
		}
	}
	return nil
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxTable+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxTable {
		return nil, &os.PathError{Op: "read", Path: path, Err: fmt.Errorf("larger than %d MiB", maxTable>>20)}
	}
	return text, nil
}

// report says what is wrong with a file of facts. A row that is there twice
// is only worth a warning.
func report(s *cli.Session, path string, text []byte, errs span.Errors) error {
	var wrong, twice span.Errors
	for _, e := range errs {
		if e.Code == field.CodeDuplicate || e.Code == event.CodeDuplicate {
			twice = append(twice, e)
		} else {
			wrong = append(wrong, e)
		}
	}
	lines := span.NewLines(text)
	say := func(list span.Errors, warning bool) error {
		for _, e := range list.Tidy() {
			p := cli.Problem{Path: path, Code: e.Code, Message: e.Msg, Warning: warning}
			p.Line, p.Col = lines.Position(e.Span.Start)
			p.Source = string(text[lines.Start(p.Line):lines.Start(p.Line+1)])
			if err := s.Report(p); err != nil {
				return err
			}
		}
		return nil
	}
	if err := say(wrong, false); err != nil {
		return err
	}
	return say(twice, true)
}
