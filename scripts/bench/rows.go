//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// row is one line of the table.
type row struct {
	what    string
	own     costs
	mb      float64 // read, for MB/s; 0 where that says nothing
	ratio   float64 // to the yardstick; 0 where there is none
	against string
	most    float64 // what ratio may be
	rssMost float64 // MiB; 0 where there is no target
}

// slack is how far a ratio may be off its target before it fails a test: a
// busy machine is no regression.
const slack = 1.5

// compare adds a row: a command line against a yardstick.
func (b *bench) compare(r row, line, yardstick string, of func(cost) float64) error {
	own, other, err := b.pairs(line, yardstick)
	if err != nil {
		return err
	}
	r.own = own
	if yardstick != "" {
		r.ratio = ratios(own, other, of)
	}
	b.rows = append(b.rows, r)
	return nil
}

// all measures everything there is.
func (b *bench) all(times int) error {
	parsed, normalized := filepath.Join(b.dir, "parsed.ndjson"), filepath.Join(b.dir, "norm.ndjson")
	if _, err := measure(b.tool("rparse") + " " + b.corpus + " > " + parsed); err != nil {
		return err
	}
	if _, err := measure(b.tool("rnorm") + " " + parsed + " > " + normalized); err != nil {
		return err
	}
	for _, f := range []func() error{
		b.rparse,
		func() error { return b.rnorm(parsed, 1) },
		func() error { return b.ragg(normalized, 1) },
		b.chain,
		b.startUp,
	} {
		if err := f(); err != nil {
			return err
		}
	}
	for n := 10; n <= times; n *= 10 {
		if err := b.large(parsed, n); err != nil {
			return err
		}
	}
	return nil
}

// rparse reads the corpora whose vendors it knows.
func (b *bench) rparse() error {
	dirs, err := filepath.Glob(filepath.Join(b.corpus, "*"))
	if err != nil {
		return err
	}
	var known []string
	for _, dir := range dirs {
		if strings.HasPrefix(firstLine(filepath.Join(b.bin, "rparse"), "-q", dir), `{"type":"rule"`) {
			known = append(known, dir)
		}
	}
	for _, dir := range known {
		if err := b.rparseOf(filepath.Base(dir), dir); err != nil {
			return err
		}
	}
	if len(known) > 1 {
		return b.rparseOf("all", b.corpus)
	}
	return nil
}

func (b *bench) rparseOf(name, dir string) error {
	line := b.tool("rparse") + " " + dir + " > /dev/null"
	r := row{what: "rparse " + name, mb: treeSize(dir), against: "walk and read", most: 14, rssMost: 64}
	if err := b.compare(r, line, b.self+" walk "+dir, byCPU); err != nil {
		return err
	}
	if name != "sigma" || firstLine("python3", "-c", "import yaml; print(yaml.__with_libyaml__)") != "True" {
		return nil
	}
	r = row{what: "rparse " + name, mb: treeSize(dir), against: "PyYAML, C loader", most: 0.75}
	return b.compare(r, line, "python3 -c '"+pyyaml+"' "+dir, byCPU)
}

// pyyaml parses all YAML files below a directory and does nothing with them.
const pyyaml = `
import pathlib, sys, yaml
for p in pathlib.Path(sys.argv[1]).rglob("*.yml"):
    for d in yaml.load_all(p.read_bytes(), yaml.CSafeLoader): pass
`

func (b *bench) rnorm(in string, times int) error {
	r := row{what: "rnorm, 1 worker" + suffix(times), mb: size(in), against: "jq -c .", most: 1.0 / 6, rssMost: 48}
	err := b.compare(r, b.tool("rnorm")+" -j1 "+in+" > /dev/null", "jq -c . "+in+" > /dev/null", byCPU)
	if err != nil {
		return err
	}
	r = row{what: "rnorm" + suffix(times), mb: size(in), rssMost: 48}
	return b.compare(r, b.tool("rnorm")+" "+in+" > /dev/null", "", byCPU)
}

// duck counts what ragg counts, without names, events and lists.
const duck = `duckdb -c "SELECT a.id, p.field, p.op, lower(p.value), count(DISTINCT r.id) FROM (SELECT id, unnest(attack) a, predicates FROM read_ndjson_auto('%s')) r, unnest(r.predicates) t(p) GROUP BY ALL" > /dev/null`

func (b *bench) ragg(in string, times int) error {
	// Most of what ragg does for all techniques on a small stream is writing.
	r := row{what: "ragg, all techniques" + suffix(times), mb: size(in), against: "jq -c .", most: 0.25}
	yardstick := "jq -c . " + in + " > /dev/null"
	if have("duckdb") {
		r.against, r.most, yardstick = "DuckDB group-by", 0.6, fmt.Sprintf(duck, in)
	}
	if err := b.compare(r, b.tool("ragg")+" "+in+" > /dev/null", yardstick, byCPU); err != nil {
		return err
	}
	if times == 100 {
		r.rssMost = 600
	}
	r = row{what: "ragg, one technique" + suffix(times), mb: size(in), against: "jq -c .", most: 0.1, rssMost: r.rssMost}
	return b.compare(r, b.tool("ragg")+" -t T1021.002 "+in+" > /dev/null", "jq -c . "+in+" > /dev/null", byCPU)
}

func (b *bench) chain() error {
	r := row{what: "the chain, one technique", mb: treeSize(b.corpus), against: "walk and read", most: 40}
	line := fmt.Sprintf("%s %s | %s | %s -t T1021.002 | %s > /dev/null",
		b.tool("rparse"), b.corpus, b.tool("rnorm"), b.tool("ragg"), b.tool("rrender"))
	return b.compare(r, line, b.self+" walk "+b.corpus, byCPU)
}

// startUp runs each filter many times: one start is shorter than the clock's noise.
func (b *bench) startUp() error {
	const times = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do %s; done > /dev/null"
	for _, t := range []struct {
		tool string
		most float64
	}{{"rparse", 3.4}, {"rnorm", 3.4}, {"ragg", 3.4}, {"rrender", 5}} {
		r := row{what: t.tool + " --version, 20 times", against: "empty Go program", most: t.most}
		err := b.compare(r, fmt.Sprintf(times, b.tool(t.tool)+" --version"), fmt.Sprintf(times, b.tool("empty")), byWall)
		if err != nil {
			return err
		}
	}
	return nil
}

// large repeats rnorm and ragg on a stream of many times the corpora.
func (b *bench) large(parsed string, times int) error {
	in, normalized := filepath.Join(b.dir, "large.ndjson"), filepath.Join(b.dir, "largenorm.ndjson")
	if err := repeat(parsed, in, times); err != nil {
		return err
	}
	if _, err := measure(b.tool("rnorm") + " " + in + " > " + normalized); err != nil {
		return err
	}
	if err := b.rnorm(in, times); err != nil {
		return err
	}
	if err := os.Remove(in); err != nil {
		return err
	}
	return b.ragg(normalized, times)
}

func (b *bench) tool(name string) string { return filepath.Join(b.bin, name) }

func suffix(times int) string {
	if times == 1 {
		return ""
	}
	return fmt.Sprintf(", %d x", times)
}

// print writes the table and returns how many targets were missed by more
// than the slack.
func (b *bench) print() int {
	missed := 0
	fmt.Printf("%-32s %8s %8s %8s %8s   %s\n", "what", "CPU s", "wall s", "MB/s", "RSS MiB", "ratio to the yardstick, targets")
	for _, r := range b.rows {
		speed := "-"
		if r.mb > 0 && r.own.wall() > 0 {
			speed = fmt.Sprintf("%.0f", r.mb/r.own.wall())
		}
		verdicts, far := r.judge()
		missed += far
		fmt.Printf("%-32s %8.3f %8.3f %8s %8.0f   %s\n", r.what, r.own.cpu(), r.own.wall(), speed, r.own.rss(), verdicts)
	}
	return missed
}

// judge compares a row with its targets.
func (r *row) judge() (verdicts string, far int) {
	var out []string
	say := func(text string, got, most float64) {
		switch {
		case got <= most:
			text += ", holds"
		case got <= most*slack:
			text += ", missed"
		default:
			text += ", MISSED BY FAR"
			far++
		}
		out = append(out, text)
	}
	if r.ratio > 0 {
		say(fmt.Sprintf("%.2f x %s (at most %.2f)", r.ratio, r.against, r.most), r.ratio, r.most)
	}
	if r.rssMost > 0 {
		say(fmt.Sprintf("%.0f MiB (at most %.0f)", r.own.rss(), r.rssMost), r.own.rss(), r.rssMost)
	}
	return strings.Join(out, "; "), far
}
