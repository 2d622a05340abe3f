//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// cost is what one run of a command line took, children included.
type cost struct {
	cpu, wall float64 // seconds
	rss       float64 // MiB, of the largest process
}

// rssUnit makes MiB of what the system reports: bytes on macOS, else KiB.
var rssUnit = map[bool]float64{true: 1 << 20, false: 1 << 10}[runtime.GOOS == "darwin"]

// measure runs a command line with sh, its output thrown away.
func measure(line string) (cost, error) {
	cmd := exec.Command("sh", "-c", line)
	cmd.Stderr = nil
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start).Seconds()
	// Exit code 1 is a rule that cannot be read, which the corpora have.
	if err != nil && cmd.ProcessState.ExitCode() != 1 {
		return cost{}, fmt.Errorf("%s: %w", line, err)
	}
	c := cost{cpu: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), wall: wall}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.rss = float64(usage.Maxrss) / rssUnit
	}
	return c, nil
}

// costs are the runs of one command line.
type costs []cost

func (c costs) cpu() float64  { return c.median(func(c cost) float64 { return c.cpu }) }
func (c costs) wall() float64 { return c.median(func(c cost) float64 { return c.wall }) }

func (c costs) rss() float64 {
	most := 0.0
	for _, one := range c {
		most = max(most, one.rss)
	}
	return most
}

func (c costs) median(of func(cost) float64) float64 {
	all := make([]float64, len(c))
	for i, one := range c {
		all[i] = of(one)
	}
	return median(all)
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}

// ratios divides the runs pair by pair.
func ratios(a, b costs, of func(cost) float64) float64 {
	all := make([]float64, 0, len(a))
	for i := range a {
		if d := of(b[i]); d > 0 {
			all = append(all, of(a[i])/d)
		}
	}
	return median(all)
}

func byCPU(c cost) float64  { return c.cpu }
func byWall(c cost) float64 { return c.wall }

// inTurn runs a command line and its yardsticks in turn, once more than
// counted: the first round only warms the caches.
func (b *bench) inTurn(line string, yardsticks []yardstick) (own costs, others []costs, err error) {
	others = make([]costs, len(yardsticks))
	for i := range b.rounds + 1 {
		c, err := measure(line)
		if err != nil {
			return nil, nil, err
		}
		if i > 0 {
			own = append(own, c)
		}
		for j, y := range yardsticks {
			if c, err = measure(y.line); err != nil {
				return nil, nil, err
			}
			if i > 0 {
				others[j] = append(others[j], c)
			}
		}
	}
	return own, others, nil
}

// have reports whether a yardstick is installed.
func have(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

// size returns the size of a file in MB.
func size(path string) float64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return float64(info.Size()) / 1e6
}
