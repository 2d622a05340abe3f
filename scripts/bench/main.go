//go:build unix

// Command bench measures speed and memory of the filters and prints the table
// of design/performance.md for what exists:
//
//	go run ./scripts/bench            # 1 and 10 times the corpora
//	go run ./scripts/bench -x 100     # 100 times as well: minutes, gigabytes
//	go run ./scripts/bench -short     # what CI runs: ratios, and fails on them
//
// Machines are noisy, so nothing is judged by the clock alone: a yardstick, a
// program that does comparable work, runs between any two runs of the filter,
// and the ratio of each pair is taken. Numbers are medians.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// bench is what the rows need: where things are, and how often to run.
type bench struct {
	dir    string // temporary
	bin    string // the filters
	self   string // this program, for the yardsticks in it
	corpus string // the unpacked rules
	rounds int
	rows   []row
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "walk" {
		exit(walk(os.Args[2]))
		return
	}
	short := flag.Bool("short", false, "only the corpora as they are, and fail where a ratio is far off its target")
	times := flag.Int("x", 10, "size of the largest stream, in corpora: 1, 10 or 100")
	shared := flag.String("shared", "../shared", "folder with corpora/*.tar.gz")
	rounds := flag.Int("n", 5, "runs of each program")
	flag.Parse()
	if *short {
		*times = 1
	}
	exit(run(*shared, *times, *rounds, *short))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(shared string, times, rounds int, short bool) error {
	dir, err := os.MkdirTemp("", "rulepipe-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, bin: filepath.Join(dir, "bin"), corpus: filepath.Join(dir, "corpora"), rounds: rounds}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if err := b.prepare(shared); err != nil {
		return err
	}
	fmt.Printf("%s, %d processors, %s; medians of %d, CPU is user and system\n%s\n",
		runtime.Version(), runtime.NumCPU(), firstLine("uname", "-srm"), rounds, firstLine("uptime"))
	if err := b.all(times); err != nil {
		return err
	}
	fmt.Printf("%s\n\n", firstLine("uptime"))
	missed := b.print()
	if short && missed > 0 {
		return fmt.Errorf("%d targets missed by more than a half", missed)
	}
	return nil
}

// prepare builds the filters and unpacks the corpora.
func (b *bench) prepare(shared string) error {
	build := exec.Command("go", "build", "-o", b.bin+"/", "./cmd/rparse", "./cmd/rnorm", "./cmd/ragg", "./cmd/rrender")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building the filters: %w", err)
	}
	if err := os.Mkdir(b.corpus, 0o755); err != nil {
		return err
	}
	packed, err := filepath.Glob(filepath.Join(shared, "corpora", "*.tar.gz"))
	if err != nil || len(packed) == 0 {
		return fmt.Errorf("no corpora in %s: %w", shared, os.ErrNotExist)
	}
	for _, p := range packed {
		if out, err := exec.Command("tar", "xzf", p, "-C", b.corpus).CombinedOutput(); err != nil {
			return fmt.Errorf("unpacking %s: %w: %s", p, err, out)
		}
	}
	return b.empty()
}

// empty builds the smallest Go program, the yardstick of start-up.
func (b *bench) empty() error {
	src := filepath.Join(b.dir, "empty.go")
	if err := os.WriteFile(src, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		return err
	}
	return exec.Command("go", "build", "-o", filepath.Join(b.bin, "empty"), src).Run()
}

// firstLine returns the first line that a command prints, "" where it prints
// none or does not exist. The rest is not read: the memory of this program
// counts as its children's until they call exec.
func firstLine(name string, args ...string) string {
	cmd := exec.Command(name, args...)
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return ""
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	_ = out.Close() // the rest is not wanted
	_ = cmd.Wait()  // how a command ends that nobody listens to says nothing
	return strings.TrimSpace(line)
}
