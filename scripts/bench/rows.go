//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// row is what was measured of one command line.
type row struct {
	what    string
	own     costs
	mb      float64 // read, for MB/s; 0 where that says nothing
	rssMost float64 // MiB; 0 where there is no target
	against []ratio
}

// yardstick is a command line that does comparable work.
type yardstick struct {
	name, line string
	most       float64 // what the ratio to it may be; 0 where there is no target
	soft       bool    // a missed target is said and fails nothing
	of         func(cost) float64
}

// ratio is a yardstick and the ratio to it.
type ratio struct {
	yardstick
	got float64
}

// slack is how far a ratio may be off its target before it fails a test: a
// busy machine is no regression.
const slack = 1.5

// add measures a command line against yardsticks and adds the row.
func (b *bench) add(r row, line string, yardsticks ...yardstick) error {
	own, others, err := b.inTurn(line, yardsticks)
	if err != nil {
		return err
	}
	r.own = own
	for i, y := range yardsticks {
		r.against = append(r.against, ratio{y, ratios(own, others[i], y.of)})
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

// rparseOf measures one corpus. Targets are those of all three and of Sigma.
func (b *bench) rparseOf(name, dir string) error {
	most := map[string]struct{ walk, yaml float64 }{"all": {14, 1.5}, "sigma": {yaml: 0.75}}[name]
	yardsticks := b.reading(dir, most.walk, most.yaml)
	if name != "all" && name != "sigma" {
		yardsticks = yardsticks[:1]
	}
	r := row{what: "rparse " + name, mb: treeSize(dir), rssMost: 64}
	return b.add(r, b.tool("rparse")+" "+dir+" > /dev/null", yardsticks...)
}

// reading returns the yardsticks of what reads rule files: walking and reading
// dir, and parsing Sigma's YAML. On a busy machine the first, which waits for
// the system, slows down less than a parser, so that its ratio is soft where
// there is the second.
func (b *bench) reading(dir string, walkMost, yamlMost float64) []yardstick {
	y := []yardstick{{name: "walk and read", line: b.self + " walk " + dir, most: walkMost, of: byCPU}}
	if firstLine("python3", "-c", "import yaml; print(yaml.__with_libyaml__)") == "True" {
		y[0].soft = true
		sigma := filepath.Join(b.corpus, "sigma")
		y = append(y, yardstick{name: "PyYAML's C loader on Sigma", line: "python3 -c '" + pyyaml + "' " + sigma, most: yamlMost, of: byCPU})
	}
	return y
}

// pyyaml parses all YAML files below a directory and does nothing with them.
const pyyaml = `
import pathlib, sys, yaml
for p in pathlib.Path(sys.argv[1]).rglob("*.yml"):
    for d in yaml.load_all(p.read_bytes(), yaml.CSafeLoader): pass
`

// jq is the yardstick of what reads records.
func jq(in string, most float64) yardstick {
	return yardstick{name: "jq -c .", line: "jq -c . " + in + " > /dev/null", most: most, of: byCPU}
}

func (b *bench) rnorm(in string, times int) error {
	r := row{what: "rnorm, 1 worker" + suffix(times), mb: size(in), rssMost: 48}
	if err := b.add(r, b.tool("rnorm")+" -j1 "+in+" > /dev/null", jq(in, 1.0/6)); err != nil {
		return err
	}
	r = row{what: "rnorm" + suffix(times), mb: size(in), rssMost: 48}
	return b.add(r, b.tool("rnorm")+" "+in+" > /dev/null")
}

// duck counts what ragg counts, without names, events and lists.
const duck = `duckdb -c "SELECT a.id, p.field, p.op, lower(p.value), count(DISTINCT r.id) FROM (SELECT id, unnest(attack) a, predicates FROM read_ndjson_auto('%s')) r, unnest(r.predicates) t(p) GROUP BY ALL" > /dev/null`

func (b *bench) ragg(in string, times int) error {
	// Most of what ragg does for all techniques on a small stream is writing.
	y := jq(in, 0.25)
	if have("duckdb") {
		y = yardstick{name: "DuckDB group-by", line: fmt.Sprintf(duck, in), most: 0.6, of: byCPU}
	}
	r := row{what: "ragg, all techniques" + suffix(times), mb: size(in)}
	if times == 100 {
		r.rssMost = 950 // 200 bytes for each of 5 million rows
	}
	if err := b.add(r, b.tool("ragg")+" "+in+" > /dev/null", y); err != nil {
		return err
	}
	r = row{what: "ragg, one technique" + suffix(times), mb: size(in)}
	if times == 100 {
		r.rssMost = 600
	}
	return b.add(r, b.tool("ragg")+" -t T1021.002 "+in+" > /dev/null", jq(in, 0.1))
}

func (b *bench) chain() error {
	line := fmt.Sprintf("%s %s | %s | %s -t T1021.002 | %s > /dev/null",
		b.tool("rparse"), b.corpus, b.tool("rnorm"), b.tool("ragg"), b.tool("rrender"))
	return b.add(row{what: "the chain, one technique", mb: treeSize(b.corpus)}, line, b.reading(b.corpus, 40, 2.5)...)
}

// startUp runs each filter many times: one start is shorter than the clock's noise.
func (b *bench) startUp() error {
	const times = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do %s; done > /dev/null"
	for _, t := range []struct {
		tool string
		most float64
	}{{"rparse", 3.4}, {"rnorm", 3.4}, {"ragg", 3.4}, {"rrender", 5}} {
		empty := yardstick{name: "empty Go program", line: fmt.Sprintf(times, b.tool("empty")), most: t.most, of: byWall}
		r := row{what: t.tool + " --version, 20 times"}
		if err := b.add(r, fmt.Sprintf(times, b.tool(t.tool)+" --version"), empty); err != nil {
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

// print writes the table, a line for each target, and returns how many were
// missed by more than the slack.
func (b *bench) print() int {
	missed := 0
	fmt.Printf("%-30s %7s %7s %5s %5s   %-26s %6s %7s\n", "what", "CPU s", "wall s", "MB/s", "MiB", "against", "ratio", "at most")
	for _, r := range b.rows {
		speed := "-"
		if r.mb > 0 && r.own.wall() > 0 {
			speed = fmt.Sprintf("%.0f", r.mb/r.own.wall())
		}
		numbers := fmt.Sprintf("%-30s %7.3f %7.3f %5s %5.0f", r.what, r.own.cpu(), r.own.wall(), speed, r.own.rss())
		verdicts, far := r.judge()
		missed += far
		for _, v := range verdicts {
			fmt.Printf("%-58s   %s\n", numbers, v)
			numbers = ""
		}
	}
	return missed
}

// judge compares a row with its targets.
func (r *row) judge() (verdicts []string, far int) {
	for _, y := range r.against {
		v := fmt.Sprintf("%-26s %6.2f %7s", y.name, y.got, "-")
		if y.most > 0 {
			word, missed := judge(y.got, y.most)
			if missed && y.soft {
				word, missed = "missed by far, fails nothing", false
			}
			v = fmt.Sprintf("%-26s %6.2f %7.2f  %s", y.name, y.got, y.most, word)
			if missed {
				far++
			}
		}
		verdicts = append(verdicts, v)
	}
	if r.rssMost > 0 {
		word, missed := judge(r.own.rss(), r.rssMost)
		verdicts = append(verdicts, fmt.Sprintf("%-26s %6.0f %7.0f  %s", "memory, MiB", r.own.rss(), r.rssMost, word))
		if missed {
			far++
		}
	}
	return verdicts, far
}

func judge(got, most float64) (word string, far bool) {
	switch {
	case got <= most:
		return "holds", false
	case got <= most*slack:
		return "missed", false
	}
	return "MISSED BY FAR", true
}
