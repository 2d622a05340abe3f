// Command rnorm adds the normal form to rule records: predicates with
// canonical fields and values, catalog events, current ATT&CK ids, platforms.
package main

import (
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/rulepipe/rulepipe/cmd/internal/cli"
	"github.com/rulepipe/rulepipe/pkg/attack"
	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/normalize"
	"github.com/rulepipe/rulepipe/pkg/record"
)

type flags struct {
	cli.Common

	Fields []string `placeholder:"FILE.tsv" sep:"none" group:"Facts" help:"Own rows for fields, which win over the embedded ones: a table with the columns vendor (sigma, ecs, cim), vendor_field, canonical and, if need be, context, value_transform, relation, collapse. Repeatable."`
	Events []string `placeholder:"FILE.tsv" sep:"none" group:"Facts" help:"Own events, which win over the embedded ones: a table with the columns provider, event_id, title and, if need be, channel, sigma_category, ecs_event_action. Repeatable."`
	Attack []string `placeholder:"BUNDLE.json" sep:"none" group:"Facts" help:"ATT&CK from a STIX bundle: names, tactics and what replaced revoked ids. Ids that it does not have are looked up in the embedded version. Repeatable, for Mobile and ICS beside Enterprise."`

	Explain  []string `placeholder:"NAME,..." group:"Instead of records" help:"Print what rnorm makes of a field, and why: user.name, or elastic:user.name for one vendor. A canonical name gives the fields that fold into it. Exit code 1 where no table knows the name."`
	Context  string   `placeholder:"KEY=VALUE;..." group:"Instead of records" help:"What --explain is to suppose about the events, in the words of the field table: code=4624, or product=windows;service=security."`
	Unmapped bool     `negatable:"" group:"Instead of records" help:"List the names of fields that no row holds for, those that most conditions use first: a table that --fields takes, with the name that each of them keeps as the canonical one, to be edited."`

	Files []string `arg:"" optional:"" name:"file" help:"Records to read: files, or directories of .ndjson files; - or none is stdin."`
}

func main() {
	limitMemory(runtime.GOMAXPROCS(0))
	os.Exit(run(os.Args[1:], cli.System()))
}

// run is main with the world handed in, for tests.
func run(args []string, std cli.Stdio) int {
	var f flags
	return cli.Main(tool(), &f, &f.Common, args, std, f.normalize)
}

func tool() cli.Tool {
	return cli.Tool{
		Name:    normalize.Tool,
		Summary: "bring the rules of different vendors into one form",
		Description: "Reads rule records as rparse writes them and adds to each: predicates (one for each value that the rule " +
			"looks for, under the canonical name of its field, with the role that it plays), the catalog events that the rule " +
			"reads, the current ATT&CK ids of its techniques, and its platforms. All other members, and records of other types, " +
			"pass through byte for byte.\n\n" +
			"A rule that cannot be normalized passes through as it is, followed by an error record. A line that is no JSON " +
			"object is replaced by an error record.\n\n" +
			"Tables for --fields and --events are tab separated; a first line names the columns, in any order, and lines that " +
			"begin with # are comments. Of a field's row, context says where it holds (code=4624,4625;module=acme: all keys, any " +
			"of the values; empty is everywhere), value_transform what makes its values comparable (basename, for one), relation " +
			"how near it is to the canonical field (exact, narrower, broader, similar), and a collapse of 0 that it keeps its name. " +
			"A name may have a * for any text.",
		Examples: []cli.Example{
			{Command: "rparse sigma/rules | rnorm | ragg --technique T1021.002 | rrender", What: "The page of one technique."},
			{Command: "rparse rule.yml | rnorm | jq '.predicates[] | {role, field, op, value}'", What: "What one rule looks for."},
			{Command: "rparse rules | rnorm | jq -r '.events[]? | \"\\(.provider) \\(.id)\"' | sort | uniq -c", What: "How many rules read which event."},
			{Command: "rparse rules | rnorm --unmapped > own.tsv", What: "The names of fields that have no row: edit the canonical column and give it back with --fields own.tsv."},
			{Command: "rnorm --explain elastic:user.name --context 'platform=windows;code=4624'", What: "What a field is, there, and why."},
			{Command: "rparse rules | rnorm --attack enterprise-attack.json --attack ics-attack.json", What: "With another version of ATT&CK."},
		},
		Schema: func() []byte { return record.Schema(record.TypeRule, record.TypeError) },
		Data:   func() []string { return []string{attack.Version, event.Version, field.Version} },
	}
}

// normalize normalizes all inputs.
func (f *flags) normalize(s *cli.Session) error {
	tables, err := f.tables(s)
	if err != nil {
		return err
	}
	switch {
	case len(f.Explain) > 0 && f.Unmapped:
		return cli.Usagef("--explain and --unmapped are one thing or the other")
	case len(f.Explain) > 0:
		return f.explain(s, tables)
	case f.Context != "":
		return cli.Usagef("--context is for --explain")
	}
	var stats normalize.Stats
	s.SetStats(stats.String)
	if f.Unmapped {
		return f.unmapped(s, &stats, tables)
	}
	for in, err := range s.Streams(f.Files) {
		if err != nil {
			return err
		}
		edit := func() record.Edit { return normalize.NewEdit(in.Name, &stats, tables) }
		if err := stream(s, in, s.Out, s.Workers(), edit); err != nil {
			return err
		}
	}
	return nil
}

// gcPercent saves a tenth of the time; limitMemory sees to it that memory
// does not pay for it.
const gcPercent = 400

// limitMemory has the collector run more often rather than let the heap grow
// beyond what a stream of rules needs. The environment has the last word.
func limitMemory(workers int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(32<<20 + int64(workers)*2<<20)
	}
}

// stream has edit change the records of one input and writes them to out. What
// is wrong with the input as a whole is reported, and the next one goes on.
func stream(s *cli.Session, in *cli.Stream, out io.Writer, workers int, edit func() record.Edit) error {
	r := &reader{r: in}
	err := record.Transform(r, out, workers, edit, func(n record.Note) error {
		return s.Report(problem(n))
	})
	if err == nil || r.err == nil {
		return err
	}
	p := in.Problem(r.err)
	line, err := record.Append(nil, normalize.NewError(p.Code, p.Message, p.Path))
	if err == nil {
		_, err = out.Write(line)
	}
	if err != nil {
		return err
	}
	return s.Report(p)
}

// reader remembers the error of a stream, to tell it from one of the output.
type reader struct {
	r   io.Reader
	err error
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// problem is a note as it is said to people.
func problem(n record.Note) cli.Problem {
	return cli.Problem{
		Path:    n.Error.Path,
		Line:    n.Error.Line,
		Code:    n.Error.Code,
		Message: n.Error.Message,
		Warning: n.Warning,
	}
}
