// Rparse reads detection rules and writes them as records, one JSON object a
// line: what a rule says about itself, and its query as a tree of tests.
package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/cmd/internal/cli"
	"github.com/rulepipe/rulepipe/pkg/attack"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/ruleset"
	"github.com/rulepipe/rulepipe/pkg/ruleset/sigma"
	"github.com/rulepipe/rulepipe/pkg/source"
)

func main() { os.Exit(run(os.Args[1:], cli.System())) }

// reserveMiB is memory that is only reserved. A rule lives for a millisecond: by
// default a quarter of the time goes into collecting a heap of a few MiB again
// and again. So it grows to twice of this, which keeps the process below the 64
// MiB of design/performance.md. A limit would let it grow too, but where a file
// needs more than it, nearly all of the time goes into collecting.
const reserveMiB = 29

type flags struct {
	cli.Common

	Paths     []string `arg:"" optional:"" name:"path" help:"Files, directories, tar archives; - or nothing is stdin."`
	FilesFrom string   `placeholder:"FILE" help:"Read further paths from FILE, separated by newlines or NUL; - is stdin."`

	Filters []string `placeholder:"PATH" group:"Rules" help:"Apply the Sigma filters in PATH to the rules that they name. Repeatable."`
	Macros  []string `placeholder:"PATH" group:"Rules" help:"Use the Splunk macros in PATH: YAML files, directories, macros.conf. They are stronger than those found beside the rules, and later ones stronger than earlier ones. Repeatable."`
}

var tool = cli.Tool{
	Name:    "rparse",
	Summary: "read detection rules and write them as NDJSON records",
	Description: "Rules are recognized by content, not by name. Sigma is read (rules, correlations, filters), Elastic (TOML and JSON; KQL, Lucene, EQL, ES|QL), and Splunk (detections in YAML, savedsearches.conf; macros). " +
		"Other files are skipped and counted.\n\n" +
		"What is wrong with a rule is in its record (errors) and on stderr; what gives no rule is a record of type error.",
	Examples: []cli.Example{
		{Command: "rparse sigma/rules | rnorm | ragg --technique T1021.002 | rrender", What: "the page of a technique"},
		{Command: "rparse rule.yml | jq .parts", What: "what one rule tests"},
		{Command: "git archive HEAD | rparse - | jq -r 'select(.coverage != \"full\") | .path'", What: "rules of a commit that are not read in full"},
		{Command: "rparse --macros local/macros.conf default/savedsearches.conf | rnorm", What: "an app of Splunk, with macros of one's own"},
		{Command: "git diff --name-only main | rparse --files-from - --strict > /dev/null", What: "check the rules of a branch"},
	},
	Schema: func() []byte { return record.Schema(record.TypeRule, record.TypeError) },
	Data:   func() []string { return []string{attack.Version, "Sigma specification " + sigma.SpecVersion} },
}

func run(args []string, std cli.Stdio) int {
	var f flags
	return cli.Main(tool, &f, &f.Common, args, std, func(s *cli.Session) error {
		defer runtime.KeepAlive(make([]byte, reserveMiB<<20))
		if f.FilesFrom == "" {
			if err := s.NeedInput(f.Paths); err != nil {
				return err
			}
		}
		s.JSONOutput()
		reader := ruleset.Reader{}
		if err := readFilters(s, &reader, f.Filters); err != nil {
			return err
		}
		if err := readMacros(s, &reader, f.Macros); err != nil {
			return err
		}
		in := source.Inputs{Paths: f.Paths, FilesFrom: f.FilesFrom, Stdin: std.In, Hold: reader.Hold()}
		return read(s, &reader, &in, f.Jobs)
	})
}

// readFilters reads the Sigma filters in paths. That there are none in them is
// a mistake in the call: the user wants them applied.
func readFilters(s *cli.Session, reader *ruleset.Reader, paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	if slices.Contains(paths, source.Stdin) {
		return cli.Usagef("--filters takes files and directories, not stdin")
	}
	for found := range source.Map(&source.Inputs{Paths: paths}, 1, ruleset.ReadFilters) {
		reader.Filters = append(reader.Filters, found.Filters...)
		for _, p := range found.Problems {
			if err := report(s, p); err != nil {
				return err
			}
		}
	}
	if len(reader.Filters) == 0 {
		return cli.Usagef("no Sigma filter in %s", strings.Join(paths, ", "))
	}
	return nil
}

// readMacros reads the Splunk macros in paths.
func readMacros(s *cli.Session, reader *ruleset.Reader, paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	if slices.Contains(paths, source.Stdin) {
		return cli.Usagef("--macros takes files and directories, not stdin")
	}
	for found := range source.Map(&source.Inputs{Paths: paths}, 1, ruleset.ReadMacros) {
		reader.Macros = append(reader.Macros, found.Macros...)
		for _, p := range found.Problems {
			if err := report(s, p); err != nil {
				return err
			}
		}
	}
	if len(reader.Macros) == 0 {
		return cli.Usagef("no Splunk macro in %s", strings.Join(paths, ", "))
	}
	return nil
}

// read writes the records of all inputs in their order.
func read(s *cli.Session, reader *ruleset.Reader, in *source.Inputs, jobs int) error {
	var totals ruleset.Totals
	s.SetStats(totals.String)
	s.Progress(func() string { return progress(in.Counts()) })
	crashed := ""
	for res := range source.Map(in, jobs, reader.Read) {
		totals.Add(&res)
		s.CountBytes(int64(res.Bytes))
		if _, err := s.Out.Write(res.Records); err != nil {
			return err
		}
		for _, p := range res.Problems {
			if err := report(s, p); err != nil {
				return err
			}
		}
		if res.Crash != "" {
			crashed = res.Crash
		}
	}
	switch {
	case crashed != "":
		panic(crashed)
	case totals.Rules == 0:
		s.Note("no rules found (files read: %d)", in.Counts().Files)
	}
	return nil
}

func report(s *cli.Session, p ruleset.Problem) error {
	return s.Report(cli.Problem{
		Path: p.Path, Line: p.Line, Col: p.Col, Code: p.Code, Message: p.Message,
		Source: p.Source, Warning: p.Warning, Unopened: p.Unopened,
	})
}

func progress(c source.Counts) string {
	return fmt.Sprintf("%d files, %.1f MB", c.Files, float64(c.Bytes)/1e6)
}
