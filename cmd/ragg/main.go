// Command ragg counts what rules look at: it turns the rule records of rnorm
// into the records of a view, by default one for each ATT&CK technique.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/rulepipe/rulepipe/cmd/internal/bundle"
	"github.com/rulepipe/rulepipe/cmd/internal/cli"
	"github.com/rulepipe/rulepipe/pkg/aggregate"
	"github.com/rulepipe/rulepipe/pkg/attack"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// flags are those of all views, and the views, each a command.
type flags struct {
	cli.Common

	Technique technique `cmd:"" default:"withargs" help:"what the rules of each ATT&CK technique look at"`
	Ledger    inputs    `cmd:"" help:"what was read of the rules and what was not, by vendor and language"`

	Vendor   []string `placeholder:"NAME,..." group:"Rules" help:"Only rules of these vendors: sigma, elastic, splunk."`
	Platform []string `placeholder:"NAME,..." group:"Rules" help:"Only rules for these platforms: windows, linux, macos, aws and so on."`
	Status   []string `enum:"stable,test,experimental,deprecated,unsupported" placeholder:"WORD,..." group:"Rules" help:"Only rules with these: stable, test, experimental, deprecated, unsupported."`
	Level    []string `enum:"informational,low,medium,high,critical" placeholder:"WORD,..." group:"Rules" help:"Only rules with these: informational, low, medium, high, critical."`
	All      bool     `negatable:"" group:"Rules" help:"Count deprecated and unsupported rules as well."`

	Attack []string `placeholder:"BUNDLE.json" sep:"none" group:"Facts" help:"ATT&CK from a STIX bundle: names, tactics, descriptions and what replaced revoked ids. Ids that it does not have are looked up in the embedded version. Repeatable, for Mobile and ICS beside Enterprise."`
}

// inputs are the arguments of every view.
type inputs struct {
	Files []string `arg:"" optional:"" name:"file" help:"Records to read: files, or directories of .ndjson files; - or none is stdin."`
}

// technique has the flags of the technique view.
type technique struct {
	inputs

	Technique []string `short:"t" placeholder:"ID,..." group:"Rules" help:"Only these techniques: ids or patterns (T1021*), in any case. Revoked ids stand for what replaced them. Default: all that a rule has."`

	Attribution aggregate.Attribution `enum:"literal,leaf,rollup" default:"literal" placeholder:"HOW" group:"Counting" help:"Techniques of a rule: literal, those that it is tagged with; leaf, no parent where a sub-technique of it is tagged; rollup, parents of its sub-techniques as well."`
	FoldNe      bool                  `negatable:"" group:"Counting" help:"Count conditions of the form x != value as exclusions of the value."`
	Selectors   bool                  `negatable:"" group:"Counting" help:"Count what only says which events are read (event ids, channels, indexes)."`
	Thresholds  bool                  `negatable:"" group:"Counting" help:"Show conditions on computed fields as thresholds."`
}

// view is a way to look at the rules: a command, the type of the records that
// it writes, and what writes them.
type view struct {
	command string
	record  string
	files   func(f *flags) []string
	write   func(x *aggregate.Index, out func([]byte) error) (records int, err error)
}

var views = []view{
	{"technique", record.TypeTechnique, func(f *flags) []string { return f.Technique.Files }, (*aggregate.Index).WriteTechniques},
	{"ledger", record.TypeLedger, func(f *flags) []string { return f.Ledger.Files }, (*aggregate.Index).WriteLedger},
}

func main() {
	// What ragg holds stays to the end and has hardly a pointer to follow: to
	// collect twice as often as by default costs little time and saves a quarter
	// of the memory. For a small heap that would be again and again: it may grow
	// by a part of what is only reserved, too. The environment has the last word.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(run(os.Args[1:], cli.System()))
}

const (
	gcPercent  = 50
	reserveMiB = 12 // about what is held of the public corpora
)

// run is main with the world handed in, for tests.
func run(args []string, std cli.Stdio) int {
	var f flags
	return cli.Main(tool(), &f, &f.Common, args, std, func(s *cli.Session) error {
		defer runtime.KeepAlive(make([]byte, reserveMiB<<20))
		return f.aggregate(s)
	})
}

func tool() cli.Tool {
	return cli.Tool{
		Name:    aggregate.Tool,
		Summary: "count what the rules of each ATT&CK technique look at",
		Description: "Reads the rule records that rnorm writes, and writes a technique record for each technique: " +
			"events, fields, indicators, exclusions and rules, each row with the ids of the rules behind it, and what was " +
			"not understood of the rules. Records of other types come out first, as they were.\n\n" +
			"The filters choose the rules of a page. Reach is counted over the whole input, whatever they say; only " +
			"deprecated and unsupported rules count nowhere, unless --all or --status asks for them.",
		Examples: []cli.Example{
			{Command: "rparse sigma/rules | rnorm | ragg --technique T1021.002 | rrender", What: "The page of one technique."},
			{Command: "ragg -t 'T1021*' --attribution rollup rules.ndjson", What: "A technique with its sub-techniques."},
			{Command: "ragg rules.ndjson | jq -r '[.id, .rules, .name] | @tsv'", What: "How many rules each technique has."},
			{Command: "ragg -t T1021.002 --attack enterprise-attack.json rules.ndjson | rrender", What: "A page with the description of the technique."},
			{Command: "rparse sigma/rules | rnorm | ragg ledger | rrender", What: "What was read of the rules and what was not."},
		},
		Commands: []cli.Command{ledger},
		Schema:   schema,
		Data:     func() []string { return []string{attack.Version} },
	}
}

// schema is that of the records of all views.
func schema() []byte {
	var types []string
	for _, v := range views {
		types = append(types, v.record)
	}
	return record.Schema(append(types, record.TypeError)...)
}

var ledger = cli.Command{
	Name: "ledger",
	Description: "Writes a ledger record for each vendor and language: how many rules were read in full, in part or not; how many " +
		"predicates they have, on fields with and without a row in the field table; how many rules are tied to an event; and, " +
		"each with the ids of the rules behind it, the fragments that were not understood, the fields without a row, and the " +
		"techniques that are tagged by ids that are no longer current.\n\n" +
		"It is about the rules that the other views count: deprecated and unsupported ones are given as a number, left_out, " +
		"unless --all or --status asks for them.",
	Examples: []cli.Example{
		{Command: "rparse sigma/rules | rnorm | ragg ledger | rrender", What: "The ledger as a page."},
		{Command: "ragg ledger --all rules.ndjson | jq -r '.opaque[]? | [.code, .text] | @tsv'", What: "All fragments that were not understood, with the reason."},
		{Command: "ragg ledger rules.ndjson | jq -r '.vendor as $v | .unmapped[]? | [$v, .rules, .field] | @tsv'", What: "Fields without a row, and how many rules use them."},
		{Command: "ragg ledger rules.ndjson | jq -r '.rule_list[]? | select(.untied and .platforms == [\"windows\"]) | .path'", What: "Rules on Windows data that are tied to no event."},
	},
}

// aggregate counts the rules of all inputs and writes the view.
func (f *flags) aggregate(s *cli.Session) error {
	t := &f.Technique
	table, err := bundle.Read(s, f.Attack)
	if err != nil {
		return err
	}
	selection, notes, err := aggregate.Select(table, t.Technique)
	if err != nil {
		return cli.Usagef("%s", err)
	}
	x := aggregate.New(aggregate.Options{
		Techniques: selection, Vendors: f.Vendor, Platforms: f.Platform, Statuses: f.Status, Levels: f.Level,
		Attribution: t.Attribution, FoldNe: t.FoldNe, Selectors: t.Selectors, Thresholds: t.Thresholds, All: f.All,
		Attack: table,
	})
	s.SetStats(func() string { return x.Stats().String() })
	v := views[slices.IndexFunc(views, func(v view) bool { return v.command == s.Command })]
	for in, err := range s.Streams(v.files(f)) {
		if err != nil {
			return err
		}
		if err := x.Read(in.Name, record.Lines(in), sink(s, in)); err != nil {
			return err
		}
	}
	records, err := v.write(x, func(data []byte) error { _, err := s.Out.Write(data); return err })
	if err != nil {
		return err
	}
	s.Emitted(records)
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
