package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/rulepipe/rulepipe/cmd/internal/cli"
	"github.com/rulepipe/rulepipe/pkg/normalize"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// unmapped writes the names that no row holds for, in a table that --fields
// takes.
func (f *flags) unmapped(s *cli.Session, stats *normalize.Stats, t normalize.Tables) error {
	var names normalize.Unmapped
	for in, err := range s.Streams(f.Files) {
		if err != nil {
			return err
		}
		edit := func() record.Edit { return names.NewEdit(in.Name, stats, t) }
		if err := stream(s, in, io.Discard, 1, edit); err != nil {
			return err
		}
	}
	list := names.List()
	s.Emitted(len(list))
	if _, err := s.Out.WriteString("uses\trules\tvendor\tvendor_field\tcontext\tcanonical\n"); err != nil {
		return err
	}
	for i := range list {
		if _, err := s.Out.WriteString(unmappedRow(&list[i])); err != nil {
			return err
		}
	}
	if names.More > 0 {
		return s.Report(cli.Problem{
			Code: "fields/too-many", Warning: true,
			Message: fmt.Sprintf("%d uses of names that are too long or too many to be listed", names.More),
		})
	}
	return nil
}

// unmappedRow is a line of the table. A name that no row can have is in a
// comment.
func unmappedRow(m *normalize.Missing) string {
	cells := []string{fmt.Sprint(m.Uses), fmt.Sprint(m.Rules), m.Vendor, m.Name, m.Context, m.Kept}
	comment := ""
	if !m.Fits() {
		comment = "# "
	}
	for i := range cells {
		cells[i] = span.Escape(cells[i])
	}
	return comment + strings.Join(cells, "\t") + "\n"
}
