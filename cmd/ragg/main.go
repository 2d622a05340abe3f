// Command ragg counts what rules look at: it turns the rule records of rnorm
// into one record for each ATT&CK technique.
package main

import (
	"os"

	"github.com/rulepipe/rulepipe/cmd/internal/cli"
	"github.com/rulepipe/rulepipe/pkg/aggregate"
	"github.com/rulepipe/rulepipe/pkg/attack"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// flags are those of ragg, and its inputs.
type flags struct {
	cli.Common

	Technique []string `short:"t" placeholder:"ID,..." group:"Rules" help:"Only these techniques: ids or patterns (T1021*), in any case. Revoked ids stand for what replaced them. Default: all that a rule has."`
	Vendor    []string `placeholder:"NAME,..." group:"Rules" help:"Only rules of these vendors: sigma, elastic, splunk."`
	Platform  []string `placeholder:"NAME,..." group:"Rules" help:"Only rules for these platforms: windows, linux, macos, aws and so on."`
	Status    []string `enum:"stable,test,experimental,deprecated,unsupported" placeholder:"WORD,..." group:"Rules" help:"Only rules with these: stable, test, experimental, deprecated, unsupported."`
	Level     []string `enum:"informational,low,medium,high,critical" placeholder:"WORD,..." group:"Rules" help:"Only rules with these: informational, low, medium, high, critical."`
	All       bool     `negatable:"" group:"Rules" help:"Count deprecated and unsupported rules as well."`

	Attribution aggregate.Attribution `enum:"literal,leaf,rollup" default:"literal" placeholder:"HOW" group:"Counting" help:"Techniques of a rule: literal, those that it is tagged with; leaf, no parent where a sub-technique of it is tagged; rollup, parents of its sub-techniques as well."`
	FoldNe      bool                  `negatable:"" group:"Counting" help:"File conditions of the form x != value under exclusions."`
	Selectors   bool                  `negatable:"" group:"Counting" help:"Count what only says which events are read (event ids, channels, indexes)."`
	Thresholds  bool                  `negatable:"" group:"Counting" help:"Show conditions on computed fields as thresholds."`

	Files []string `arg:"" optional:"" name:"file" help:"Records to read; - or none is stdin."`
}

func main() { os.Exit(run(os.Args[1:], cli.System())) }

// run is main with the world handed in, for tests.
func run(args []string, std cli.Stdio) int {
	var f flags
	return cli.Main(tool(), &f, &f.Common, args, std, f.aggregate)
}

func tool() cli.Tool {
	return cli.Tool{
		Name:    aggregate.Tool,
		Summary: "count what the rules of each ATT&CK technique look at",
		Description: "Reads the rule records that rnorm writes, and writes a technique record for each technique: " +
			"events, fields, indicators, exclusions and rules, each row with the ids of the rules behind it. " +
			"Records of other types come out first, as they were.\n\n" +
			"The filters choose the rules of a page. Reach is counted over the whole input, whatever they say; only " +
			"deprecated and unsupported rules count nowhere, unless --all or --status asks for them.",
		Examples: []cli.Example{
			{Command: "rparse sigma/rules | rnorm | ragg --technique T1021.002 | rrender", What: "The page of one technique."},
			{Command: "ragg -t 'T1021*' --attribution rollup rules.ndjson", What: "A technique with its sub-techniques."},
			{Command: "ragg rules.ndjson | jq -r '[.id, .rules, .name] | @tsv'", What: "How many rules each technique has."},
		},
		Schema: func() []byte { return record.Schema(record.TypeTechnique, record.TypeError) },
		Data:   func() []string { return []string{attack.Version} },
	}
}

// aggregate counts the rules of all inputs and writes the view.
func (f *flags) aggregate(s *cli.Session) error {
	selection, notes, err := aggregate.Select(f.Technique)
	if err != nil {
		return cli.Usagef("%s", err)
	}
	x := aggregate.New(aggregate.Options{
		Techniques: selection, Vendors: f.Vendor, Platforms: f.Platform, Statuses: f.Status, Levels: f.Level,
		Attribution: f.Attribution, FoldNe: f.FoldNe, Selectors: f.Selectors, Thresholds: f.Thresholds, All: f.All,
	})
	s.SetStats(func() string { return x.Stats().String() })
	for in, err := range s.Streams(f.Files) {
		if err != nil {
			return err
		}
		if err := x.Read(in.Name, record.Lines(in), sink(s, in)); err != nil {
			return err
		}
	}
	pages, err := x.WriteTechniques(func(line []byte) error { _, err := s.Out.Write(line); return err })
	if err != nil {
		return err
	}
	s.Emitted(pages)
	for _, note := range append(notes, x.Notes()...) {
		s.Note("%s", note)
	}
	return nil
}

// sink takes what the input has beside rules.
func sink(s *cli.Session, in *cli.Stream) aggregate.Sink {
	bad := func(e record.Error, p cli.Problem) error {
		line, err := record.Append(nil, &e)
		if err == nil {
			_, err = s.Out.Write(line)
		}
		if err != nil {
			return err
		}
		return s.Report(p)
	}
	return aggregate.Sink{
		Pass: func(data []byte) error { _, err := s.Out.Write(data); return err },
		Bad: func(e record.Error) error {
			return bad(e, cli.Problem{Path: e.Path, Line: e.Line, Code: e.Code, Message: e.Message})
		},
		Broken: func(err error) error {
			p := in.Problem(err)
			return bad(aggregate.NewError(p.Code, p.Message, p.Path, 0), p)
		},
	}
}
