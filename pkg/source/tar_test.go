package source

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// entry is one entry of an archive made for a test.
type entry struct {
	name, data string
	kind       byte // tar.TypeReg if 0
	link       string
}

func tarOf(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Size: int64(len(e.data)), Mode: 0o644}
		switch e.kind {
		case 0:
			h.Typeflag = tar.TypeReg
		case tar.TypeXGlobalHeader:
			h = &tar.Header{Name: e.name, Typeflag: e.kind, PAXRecords: map[string]string{"comment": "c0ffee"}}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// noise does not compress, so that cutting a gzip stream cuts its data.
func noise(n int) string {
	b := make([]byte, n)
	state := uint32(1)
	for i := range b {
		state = state*1664525 + 1013904223
		b[i] = 'a' + byte(state>>24)%26
	}
	return string(b)
}

func TestTar(t *testing.T) {
	long := strings.Repeat("long/", 60) + "name.yml"
	good := tarOf(t,
		entry{name: "pax_global_header", kind: tar.TypeXGlobalHeader},
		entry{name: "rules/", kind: tar.TypeDir},
		entry{name: "rules/b.yml", data: "b"},
		entry{name: "./rules/a.yml", data: "a"},
		entry{name: "rules/.git/config", data: "no"},
		entry{name: ".github/x.yml", kind: tar.TypeSymlink, link: "y"},
		entry{name: "rules/._b.yml", data: "no"},
		entry{name: long, data: "l"},
		entry{name: "empty.yml"},
	)
	want := []string{"rules/b.yml=b", "rules/a.yml=a", long + "=l", "empty.yml="}
	inFile := []string{"x.tgz/rules/b.yml=b", "x.tgz/rules/a.yml=a", "x.tgz/" + long + "=l", "x.tgz/empty.yml=", "after="}
	tree(t, map[string]string{"after": ""})

	check(t, want, &Inputs{Stdin: bytes.NewReader(good)})
	check(t, want, &Inputs{Paths: []string{"-"}, Stdin: iotest.OneByteReader(bytes.NewReader(good))})
	check(t, want, &Inputs{Stdin: bytes.NewReader(gzipOf(t, good))})
	for _, data := range [][]byte{good, gzipOf(t, good)} {
		if err := os.WriteFile("x.tgz", data, 0o666); err != nil {
			t.Fatal(err)
		}
		in := &Inputs{Paths: []string{"x.tgz", "after"}}
		check(t, inFile, in)
		if c := in.Counts(); c.Files != 5 || c.Bytes != 3 || c.Hidden != 3 || c.Failed != 0 {
			t.Errorf("counts are %+v", c)
		}
	}
}

func TestTarInDirectory(t *testing.T) {
	data := tarOf(t, entry{name: "x", data: "x"})
	tree(t, map[string]string{"d/x.tar": string(data)})
	check(t, []string{"d/x.tar=" + string(data)}, &Inputs{Paths: []string{"d"}})
}

func TestGzipFile(t *testing.T) {
	data := gzipOf(t, []byte("title: x\n"))
	tree(t, map[string]string{"x.yml.gz": string(data)})
	check(t, []string{"x.yml.gz=title: x\n"}, &Inputs{Paths: []string{"x.yml.gz"}})
	check(t, []string{"-=title: x\n"}, &Inputs{Stdin: bytes.NewReader(data)})
	check(t, []string{"-=title: x\ntitle: x\n"}, &Inputs{Stdin: bytes.NewReader(append(data, data...))})
}

func TestHostileTar(t *testing.T) {
	tests := []struct {
		name  string
		entry entry
		want  string
	}{
		{"up", entry{name: "../evil.yml", data: "e"}, "../evil.yml!source/unsafe-name"},
		{"up inside", entry{name: "a/../../evil.yml", data: "e"}, "a/../../evil.yml!source/unsafe-name"},
		{"up to hidden", entry{name: "../.ssh/keys", data: "e"}, "../.ssh/keys!source/unsafe-name"},
		{"absolute", entry{name: "/etc/passwd", data: "e"}, "/etc/passwd!source/unsafe-name"},
		{"backslash", entry{name: `..\evil.yml`, data: "e"}, `..\evil.yml!source/unsafe-name`},
		{"drive", entry{name: `C:\evil.yml`, data: "e"}, `C:\evil.yml!source/unsafe-name`},
		{"symbolic link", entry{name: "l", kind: tar.TypeSymlink, link: "/etc/passwd"}, "l!source/link"},
		{"hard link", entry{name: "l", kind: tar.TypeLink, link: "a.yml"}, "l!source/link"},
		{"device", entry{name: "zero", kind: tar.TypeChar}, "zero!source/special"},
		{"pipe", entry{name: "p", kind: tar.TypeFifo}, "p!source/special"},
		{"dots in a name", entry{name: "a..b/..c.yml", data: "e"}, ""},
		{"a colon", entry{name: "a:b.yml", data: "e"}, "a:b.yml=e"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := []string{"a.yml=a"}
			if tt.want != "" {
				want = append(want, tt.want)
			}
			want = append(want, "z.yml=z")
			data := tarOf(t, entry{name: "a.yml", data: "a"}, tt.entry, entry{name: "z.yml", data: "z"})
			check(t, want, &Inputs{Stdin: bytes.NewReader(data)})
		})
	}
}

func TestCutOff(t *testing.T) {
	text := noise(4000)
	whole := tarOf(t, entry{name: "a.yml", data: "a"}, entry{name: "b.yml", data: text}, entry{name: "c.yml", data: "c"})
	zipped := gzipOf(t, whole)
	a, b := "a.yml=a", "b.yml="+text
	tests := []struct {
		name string
		data []byte
		want []string
	}{
		{"in an entry", whole[:512+512+512+100], []string{a, "b.yml!source/truncated"}},
		{"in a header", whole[:512+512+512+4096+100], []string{a, b, "-!source/truncated"}},
		{"gzip, in an entry", zipped[:1500], []string{a, "b.yml!source/truncated"}},
		{"gzip, in the checksum", zipped[:len(zipped)-2], []string{a, b, "c.yml=c", "-!source/truncated"}},
		{"gzip, in its header", zipped[:5], []string{"-!source/truncated"}},
		{"gzip, no archive", gzipOf(t, []byte(text))[:1500], []string{"-!source/truncated"}},
		{"header damaged", damage(whole, 512+512+20), []string{a, "-!source/corrupt"}},
		{"gzip damaged at the end", damage(zipped, len(zipped)-6), []string{a, b, "c.yml=c", "-!source/corrupt"}},
		{"two archives", append(bytes.Clone(whole), whole...), []string{a, b, "c.yml=c", "-!source/trailing"}},
		{"padding", append(bytes.Clone(whole), make([]byte, 20<<10)...), []string{a, b, "c.yml=c"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check(t, tt.want, &Inputs{Stdin: bytes.NewReader(tt.data)})
		})
	}
	tree(t, map[string]string{"x.tgz": string(zipped[:1500]), "z": "z"})
	check(t, []string{"x.tgz/" + a, "x.tgz/b.yml!source/truncated", "z=z"}, &Inputs{Paths: []string{"x.tgz", "z"}})
}

func damage(data []byte, at int) []byte {
	data = bytes.Clone(data)
	data[at] ^= 0xff
	return data
}

func TestDrained(t *testing.T) {
	data := append(tarOf(t, entry{name: "a", data: "a"}), make([]byte, 1<<20)...)
	r := bytes.NewReader(data)
	check(t, []string{"a=a"}, &Inputs{Stdin: r})
	if r.Len() > 0 {
		t.Errorf("%d bytes not read: the program that writes them would die of a closed pipe", r.Len())
	}
}

// A bomb must cost neither memory nor the entries around it.
func TestBomb(t *testing.T) {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	w := tar.NewWriter(z)
	write := func(name string, size int64, r io.Reader) {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: size}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(w, r, size); err != nil {
			t.Fatal(err)
		}
	}
	write("a", 1, strings.NewReader("a"))
	write("bomb", 100<<20, zeros{})
	write("z", 1, strings.NewReader("z"))
	w.Close()
	z.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	check(t, []string{"a=a", "bomb!source/too-large", "z=z"}, &Inputs{Stdin: bytes.NewReader(b.Bytes())})
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("%d bytes allocated for a bomb", grown)
	}
	plain := gzipOf(t, make([]byte, MaxFile+1))
	check(t, []string{"-!source/too-large"}, &Inputs{Stdin: bytes.NewReader(plain)})
}

// An entry too long to be skipped ends its archive and nothing else.
func TestEndlessEntry(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "huge", Typeflag: tar.TypeReg, Size: maxSkip + 1}); err != nil {
		t.Fatal(err)
	}
	tree(t, map[string]string{"x.tar": b.String(), "z": "z"})
	check(t, []string{"x.tar/huge!source/too-large", "z=z"}, &Inputs{Paths: []string{"x.tar", "z"}})
}
