package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// collect returns "path=data" or "path!code" for every file of the inputs.
func collect(t *testing.T, in *Inputs, jobs int) []string {
	t.Helper()
	got := []string{}
	for s := range Map(in, jobs, describe) {
		got = append(got, s)
	}
	return got
}

func describe(f File) string {
	if f.Err != nil {
		if len(f.Data) > 0 {
			return f.Path + " has data beside an error"
		}
		return f.Path + "!" + f.Err.Code
	}
	return f.Path + "=" + string(f.Data)
}

// tree writes files below a new directory, goes there, and returns to where
// it was at the end of the test.
func tree(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, data := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func check(t *testing.T, want []string, in *Inputs) {
	t.Helper()
	if diff := cmp.Diff(want, collect(t, in, 2)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestPaths(t *testing.T) {
	tree(t, map[string]string{
		"rules/b.yml": "b", "rules/a.yml": "a", "rules/a/x.yml": "x", "rules/a-b.yml": "ab",
		"rules/a/.git/config": "no", "rules/.hidden.yml": "no", "one.yml": "1", "empty": "",
	})
	all := []string{"rules/a-b.yml=ab", "rules/a.yml=a", "rules/a/x.yml=x", "rules/b.yml=b"}
	tests := []struct {
		name  string
		paths []string
		want  []string
	}{
		{"directory in the byte order of paths", []string{"rules"}, all},
		{"no double slash", []string{"rules/a/"}, []string{"rules/a/x.yml=x"}},
		{"order as given", []string{"rules/b.yml", "one.yml", "rules/a"}, []string{"rules/b.yml=b", "one.yml=1", "rules/a/x.yml=x"}},
		{"twice is twice", []string{"one.yml", "one.yml"}, []string{"one.yml=1", "one.yml=1"}},
		{"hidden but named", []string{"rules/.hidden.yml"}, []string{"rules/.hidden.yml=no"}},
		{"empty file", []string{"empty"}, []string{"empty="}},
		{"missing file, the rest goes on", []string{"nowhere", "one.yml"}, []string{"nowhere!source/unreadable", "one.yml=1"}},
		{"here", []string{"./rules/a"}, []string{"./rules/a/x.yml=x"}},
		{"stdin among files", []string{"one.yml", "-"}, []string{"one.yml=1", "-=from stdin"}},
		{"nothing is stdin", nil, []string{"-=from stdin"}},
		{"stdin is read once", []string{"-", "-", "one.yml"}, []string{"-=from stdin", "-!source/unreadable", "one.yml=1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check(t, tt.want, &Inputs{Paths: tt.paths, Stdin: strings.NewReader("from stdin")})
		})
	}
}

func TestNamedAndUnopened(t *testing.T) {
	tree(t, map[string]string{"d/x": "x"})
	in := &Inputs{Paths: []string{"d", "d/x", "gone"}}
	var got []string
	for s := range Map(in, 2, func(f File) string {
		return fmt.Sprintf("%s named=%t unopened=%t", f.Path, f.Named, f.Err != nil && f.Err.Unopened)
	}) {
		got = append(got, s)
	}
	want := []string{"d/x named=false unopened=false", "d/x named=true unopened=false", "gone named=true unopened=true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestLinksAndSpecials(t *testing.T) {
	tree(t, map[string]string{"d/real.yml": "r", "e/x.yml": "x"})
	for name, target := range map[string]string{"d/loop": ".", "d/self": "self", "d/out.yml": "../e/x.yml", "named": "d", "dangling": "nowhere"} {
		if err := os.Symlink(target, name); err != nil {
			t.Skip(err)
		}
	}
	in := &Inputs{Paths: []string{"named", "dangling", "d/self", "d/out.yml"}}
	if err := mkfifo("d/pipe"); err != nil {
		t.Log("no named pipe:", err)
	} else {
		defer func() {
			if n := in.Counts().Special; n != 1 {
				t.Errorf("%d specials counted, want 1", n)
			}
		}()
	}
	check(t, []string{"named/real.yml=r", "dangling!source/unreadable", "d/self!source/unreadable", "d/out.yml=x"}, in)
	if c := in.Counts(); c.Links != 3 || c.Files != 2 || c.Bytes != 2 || c.Failed != 2 {
		t.Errorf("counts are %+v", c)
	}
}

func TestNamedPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := mkfifo("pipe"); err != nil {
		t.Skip(err)
	}
	data := tarOf(t, entry{name: "x.yml", data: "x"})
	go func() {
		// The pipe can be opened only once: a second look at it would hang.
		_ = os.WriteFile("pipe", data, 0)
	}()
	check(t, []string{"pipe/x.yml=x"}, &Inputs{Paths: []string{"pipe"}})
}

func TestTooLarge(t *testing.T) {
	tree(t, map[string]string{"d/a": "a", "d/c": "c", "d/b": ""})
	if err := os.Truncate("d/b", 100<<20); err != nil {
		t.Fatal(err)
	}
	check(t, []string{"d/a=a", "d/b!source/too-large", "d/c=c"}, &Inputs{Paths: []string{"d"}})
	endless := io.MultiReader(strings.NewReader("x"), zeros{})
	check(t, []string{"-!source/too-large"}, &Inputs{Stdin: endless})
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestSizes(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, size := range []int{0, 1, 511, 512, firstRead - 1, firstRead, firstRead + 1, 300_000, 3 << 20, MaxFile} {
		data := strings.Repeat("0123456789abcde\n", size/16+1)[:size]
		if err := os.WriteFile("f", []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, in := range []*Inputs{{Paths: []string{"f"}}, {Paths: []string{"."}}, {Stdin: strings.NewReader(data)}, {Stdin: iotest.HalfReader(strings.NewReader(data))}} {
			for ok := range Map(in, 1, func(f File) bool { return f.Err == nil && string(f.Data) == data }) {
				if !ok {
					t.Errorf("%d bytes of %q did not arrive", size, in.Paths)
				}
			}
		}
	}
	if err := os.WriteFile("f", make([]byte, MaxFile+1), 0o666); err != nil {
		t.Fatal(err)
	}
	check(t, []string{"f!source/too-large"}, &Inputs{Paths: []string{"f"}})
}

func TestReadError(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("some"), iotest.ErrReader(syscall.EIO))
	check(t, []string{"-!source/unreadable"}, &Inputs{Stdin: broken})
}

func TestVanishing(t *testing.T) {
	tree(t, map[string]string{"d/a/x": "x", "d/b": "b"})
	in := &Inputs{}
	var got []string
	w := &walker{in: in, emit: func(i item) bool {
		got = append(got, describe(i.file))
		return true
	}}
	// The directory goes after it was listed and before it is entered; the
	// file goes between being found and being opened.
	entries, err := os.ReadDir("d")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll("d"); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		w.entry("d", e)
	}
	f := File{Path: "d/b"}
	readDisk(&f, new(buffer))
	got = append(got, describe(f))
	want := []string{"d/a!source/unreadable", "d/b=", "d/b!source/unreadable"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if f.Err.Unopened {
		t.Error("a file that was not named counts as an input that could not be opened")
	}
}

func TestFilesFrom(t *testing.T) {
	tree(t, map[string]string{
		"a": "A", "b c": "BC", "d/x": "X", "new\nline": "NL",
		"nul": "a\x00new\nline\x00d\x00", "lines": "a\nb c\n", "crlf": "\xef\xbb\xbfa\r\n\r\nb c",
		"none": "", "long": strings.Repeat("x", maxListed+1),
		"gone-list": "gone\na\n",
	})
	tests := []struct {
		name string
		in   *Inputs
		want []string
	}{
		{"NUL", &Inputs{FilesFrom: "nul"}, []string{"a=A", "new\nline=NL", "d/x=X"}},
		{"lines", &Inputs{FilesFrom: "lines"}, []string{"a=A", "b c=BC"}},
		{"CRLF, BOM, blank line, no LF at the end", &Inputs{FilesFrom: "crlf"}, []string{"a=A", "b c=BC"}},
		{"empty list is no stdin", &Inputs{FilesFrom: "none"}, []string{}},
		{"after the paths", &Inputs{Paths: []string{"d"}, FilesFrom: "lines"}, []string{"d/x=X", "a=A", "b c=BC"}},
		{"from stdin", &Inputs{FilesFrom: "-", Stdin: strings.NewReader("a\nd\n")}, []string{"a=A", "d/x=X"}},
		{"stdin lists stdin", &Inputs{FilesFrom: "-", Stdin: strings.NewReader("-\na\n")}, []string{"-!source/unreadable", "a=A"}},
		{"missing list", &Inputs{FilesFrom: "gone"}, []string{"gone!source/unreadable"}},
		{"missing file in a list", &Inputs{FilesFrom: "gone-list"}, []string{"gone!source/unreadable", "a=A"}},
		{"no list", &Inputs{FilesFrom: "long"}, []string{"long!source/file-list"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { check(t, tt.want, tt.in) })
	}
}

func TestOrder(t *testing.T) {
	files := map[string]string{}
	for i := range 300 {
		files[fmt.Sprintf("d/%d/%d.yml", i%7, i)] = fmt.Sprint(i)
	}
	tree(t, files)
	want := collect(t, &Inputs{Paths: []string{"d"}}, 1)
	if len(want) != len(files) {
		t.Fatalf("%d files, want %d", len(want), len(files))
	}
	for _, jobs := range []int{0, 2, 8, 50} {
		var got []string
		slow := func(f File) string {
			if f.Data[0] == '7' {
				time.Sleep(time.Millisecond)
			}
			return describe(f)
		}
		for s := range Map(&Inputs{Paths: []string{"d"}}, jobs, slow) {
			got = append(got, s)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d jobs (-want +got):\n%s", jobs, diff)
		}
	}
}

func TestBounded(t *testing.T) {
	files := map[string]string{}
	for i := range 500 {
		files[fmt.Sprintf("d/%03d", i)] = "x"
	}
	tree(t, files)
	var worked atomic.Int64
	const jobs = 2
	taken := int64(0)
	for range Map(&Inputs{Paths: []string{"d"}}, jobs, func(File) int { return int(worked.Add(1)) }) {
		if taken++; taken == 1 {
			time.Sleep(20 * time.Millisecond) // let the workers run ahead
		}
		if ahead := worked.Load() - taken; ahead > jobs*(aheadPerWorker+2) {
			t.Fatalf("%d files ahead of the reader", ahead)
		}
	}
}

func TestBreak(t *testing.T) {
	tree(t, map[string]string{"d/a": "a", "d/b": "b", "d/c": "c", "d/d": "d"})
	if err := os.WriteFile("x.tar", tarOf(t, entry{name: "a", data: "a"}, entry{name: "b", data: "b"}), 0o666); err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for _, paths := range [][]string{{"d"}, {"x.tar"}, {"x.tar", "d"}} {
		for range Map(&Inputs{Paths: paths}, 4, describe) {
			break
		}
	}
	// A stdin that says nothing must not keep the loop from ending.
	r, w := io.Pipe()
	for range Map(&Inputs{Paths: []string{"d/a", "-"}, Stdin: r}, 2, describe) {
		break
	}
	w.Close()
	for try := 0; runtime.NumGoroutine() > before; try++ {
		if try == 200 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestPanic(t *testing.T) {
	tree(t, map[string]string{"d/a": "a", "d/b": "b"})
	defer func() {
		if v := recover(); !strings.Contains(fmt.Sprint(v), "bad rule") || !strings.Contains(fmt.Sprint(v), "source_test.go") {
			t.Errorf("recovered %v, want the panic with its stack", v)
		}
	}()
	for range Map(&Inputs{Paths: []string{"d"}}, 2, func(File) int { panic("bad rule") }) {
		t.Error("a result of a panic")
	}
}

func TestErrorText(t *testing.T) {
	for f := range Map(&Inputs{Paths: []string{"nowhere/x.yml"}}, 1, func(f File) *Error { return f.Err }) {
		var err error = f
		if err.Error() != "no such file or directory" || errors.Unwrap(err) != nil {
			t.Errorf("message is %q: the path is said elsewhere", err)
		}
	}
}
