// Command rrender writes the records that ragg makes as pages for people.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/rulepipe/rulepipe/cmd/internal/cli"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/render"
)

// flags are those of rrender, and its inputs.
type flags struct {
	cli.Common

	Format  render.Format    `short:"f" enum:"table,markdown" default:"table" placeholder:"FORMAT" group:"Page" help:"Output format: table (for terminals) or markdown."`
	Top     int              `default:"-1" placeholder:"N" group:"Page" help:"Rows of every section, 0 for all. Without it all events and rules, 15 fields, 20 indicators, 15 exclusions, 10 of each list of a ledger."`
	Section []render.Section `enum:"events,fields,indicators,exclusions,thresholds,rules,coverage,unread,opaque,unmapped,untied,revoked" placeholder:"NAME,..." group:"Page" help:"Only these sections: of a technique events, fields, indicators, exclusions, thresholds (with ragg --thresholds), rules; of a ledger coverage, unread, opaque, unmapped, untied, revoked."`

	Files []string `arg:"" optional:"" name:"file" help:"Records to read: files, or directories of .ndjson files; - or none is stdin."`
}

func main() { os.Exit(run(os.Args[1:], cli.System())) }

// run is main with the world handed in, for tests.
func run(args []string, std cli.Stdio) int {
	var f flags
	return cli.Main(tool(), &f, &f.Common, args, std, f.render)
}

func tool() cli.Tool {
	return cli.Tool{
		Name:    render.Tool,
		Summary: "write the records of ragg as pages for people",
		Description: "Reads the technique records that ragg writes, and writes a page for each: what the rules " +
			"that detect the technique look at, what they leave out, the rules themselves, and what was not understood " +
			"of them. All ledger records together make one page, behind these.\n\n" +
			"In tables ␣ is a blank that could be overlooked, control characters are shown as pictures (␛) " +
			"or as <U+202E>, and long values are wrapped, never cut. On narrow terminals the columns By vendor " +
			"and In rules, and some of a ledger, are left out; Markdown has them always.\n\n" +
			"--schema prints the schema of the records that are read.",
		Examples: []cli.Example{
			{Command: "rparse sigma/rules | rnorm | ragg --technique T1021.002 | rrender", What: "The page of one technique."},
			{Command: "ragg < rules.ndjson | rrender --format markdown -o techniques.md", What: "Pages of all techniques, for GitHub."},
			{Command: "rrender --section indicators --top 0 t1021.ndjson", What: "All indicators of the techniques in a file."},
			{Command: "ragg ledger < rules.ndjson | rrender --section untied --top 0", What: "All rules that are tied to no event."},
		},
		Schema: func() []byte { return record.Schema(record.TypeTechnique, record.TypeLedger) },
	}
}

// render writes the pages of all inputs.
func (f *flags) render(s *cli.Session) error {
	if f.Top < render.TopDefault {
		return cli.Usagef("--top is %d, expected 0 (all) or a number of rows", f.Top)
	}
	r, err := render.New(s.Out, render.Options{
		Format: f.Format, Width: s.Columns(), Color: s.UseColor(), Top: f.Top, Sections: f.Section,
	})
	if err != nil {
		return cli.Usagef("%s", err)
	}
	report := func(e record.Error) error {
		return s.Report(cli.Problem{Path: e.Path, Line: e.Line, Col: e.Col, Code: e.Code, Message: e.Message})
	}
	for in, err := range s.Streams(f.Files) {
		if err != nil {
			return err
		}
		err := r.Read(in.Name, in, report)
		var bad *render.InputError
		if errors.As(err, &bad) {
			err = s.Report(in.Problem(bad.Err))
		}
		if err != nil {
			return err
		}
	}
	stats, err := r.Close()
	s.Emitted(stats.Pages)
	s.SetStats(func() string { return fmt.Sprintf("pages %d", stats.Pages) })
	for _, note := range stats.Notes() {
		s.Note("%s", note)
	}
	return err
}
