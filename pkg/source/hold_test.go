package source

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHold checks that what waits is worked on after all of the archive was
// seen, and that the order stays that of the archive.
func TestHold(t *testing.T) {
	archive := tarOf(t, entry{name: "a", data: "x"}, entry{name: "b", data: "wait"}, entry{name: "../c", data: "no"},
		entry{name: "d", data: "x"}, entry{name: "e", data: "wait"}, entry{name: "f", data: "last"})
	tree(t, map[string]string{"x.tar": string(archive)})
	const want = "a=0 b=5 ../c!source/unsafe-name d=5 e=5 f=5"
	for _, jobs := range []int{1, 2, 8} {
		for name, in := range map[string]*Inputs{
			"stdin": {Stdin: bytes.NewReader(archive)},
			"file":  {Paths: []string{"x.tar"}},
		} {
			var seen atomic.Int64
			in.Hold = &Hold{Most: 1 << 20, Wait: func(f File) bool {
				if f.Archive == "" || f.Err != nil {
					t.Errorf("Wait got %+v", f)
				}
				seen.Add(1)
				return string(f.Data) == "wait"
			}}
			var got []string
			for s := range Map(in, jobs, func(f File) string {
				if f.Archive == "" {
					t.Errorf("%s has no archive", f.Path)
				}
				n := seen.Load()
				switch {
				case f.Err != nil:
					return f.Path + "!" + f.Err.Code
				case strings.HasSuffix(f.Path, "a"):
					n = 0 // it does not wait: when it is read is not said
				}
				return fmt.Sprintf("%s=%d", f.Path, n)
			}) {
				got = append(got, strings.TrimPrefix(s, "x.tar/"))
			}
			if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
				t.Errorf("%s, %d jobs (-want +got):\n%s", name, jobs, diff)
			}
		}
	}
}

// What may wait is bounded: the rest of the archive comes as it is read.
func TestHoldFull(t *testing.T) {
	var entries []entry
	for i := range 10 {
		entries = append(entries, entry{name: fmt.Sprint(i), data: strings.Repeat("x", 1000)})
	}
	asked := 0
	in := &Inputs{Stdin: bytes.NewReader(tarOf(t, entries...)), Hold: &Hold{
		Most: 4 * (1000 + heldCost), Full: "too much",
		Wait: func(File) bool { asked++; return true },
	}}
	var got []string
	for s := range Map(in, 3, func(f File) string {
		if f.Err != nil {
			return f.Path + "!" + f.Err.Code + " " + f.Err.Msg
		}
		return f.Path
	}) {
		got = append(got, s)
	}
	want := []string{"0", "1", "2", "3", "4", "-!source/held too much", "5", "6", "7", "8", "9"}
	if diff := cmp.Diff(want, got); diff != "" || asked != 5 {
		t.Errorf("asked %d times (-want +got):\n%s", asked, diff)
	}
}

// Leaving the loop ends a reader whose files wait.
func TestHoldBreak(t *testing.T) {
	in := &Inputs{
		Stdin: bytes.NewReader(tarOf(t, entry{name: "a", data: "a"}, entry{name: "b", data: "b"})),
		Hold:  &Hold{Most: 1 << 20, Wait: func(File) bool { return true }},
	}
	for s := range Map(in, 2, describe) {
		if s != "a=a" {
			t.Errorf("first is %s", s)
		}
		break
	}
}

func TestAbove(t *testing.T) {
	tree(t, map[string]string{"repo/.git/HEAD": "", "repo/a/b/x.yml": "", "1/2/3/4/5/6/7/x.yml": ""})
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	below := func(names ...string) []string {
		for i := range names {
			names[i] = filepath.Join(here, filepath.FromSlash(names[i]))
		}
		return names
	}
	if got, want := Above("repo/a/b/x.yml"), below("repo/a/b", "repo/a", "repo"); !slices.Equal(got, want) {
		t.Errorf("in a repository: %q", got)
	}
	if got, want := Above("1/2/3/4/5/6/7/x.yml"), below("1/2/3/4/5/6/7", "1/2/3/4/5/6", "1/2/3/4/5", "1/2/3/4", "1/2/3"); !slices.Equal(got, want) {
		t.Errorf("outside: %q", got)
	}
	root := filepath.VolumeName(here) + string(filepath.Separator)
	if got := Above(root + "x.yml"); !slices.Equal(got, []string{root}) {
		t.Errorf("at the root: %q", got)
	}
}
