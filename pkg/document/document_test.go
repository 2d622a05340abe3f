package document

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestResolve(t *testing.T) {
	tests := []struct {
		text string
		kind Kind
		want string
	}{
		{"", Null, ""},
		{"~", Null, "~"},
		{"NULL", Null, "NULL"},
		{"nULL", Str, "nULL"},
		{"none", Str, "none"},
		{"true", Bool, "true"},
		{"Yes", Bool, "true"},
		{"off", Bool, "false"},
		{"y", Str, "y"},
		{"tRUE", Str, "tRUE"},
		{"5", Int, "5"},
		{"+5", Int, "+5"},
		{"-5", Int, "-5"},
		{"0", Int, "0"},
		{"1_000", Int, "1_000"},
		{"5a", Str, "5a"},
		{"0x1F", Int, "31"},
		{"-0x10", Int, "-16"},
		{"0b11", Int, "3"},
		{"010", Int, "8"},
		{"0427", Int, "279"},
		{"0o10", Str, "0o10"},
		{"0x", Str, "0x"},
		{"0b2", Str, "0b2"},
		{"08", Str, "08"},
		{"00000429", Str, "00000429"},
		{"00050429", Str, "00050429"},
		{"0000042a", Str, "0000042a"},
		{"190:20:30", Int, "685230"},
		{"1:60", Str, "1:60"},
		{"1:2:3:", Str, "1:2:3:"},
		{"01:20", Str, "01:20"},
		{"5.5", Float, "5.5"},
		{"5.", Float, "5."},
		{".5", Float, ".5"},
		{"1e3", Str, "1e3"},
		{"1.0e+3", Float, "1.0e+3"},
		{"1.0e3", Str, "1.0e3"},
		{".inf", Float, ".inf"},
		{"-.INF", Float, "-.INF"},
		{".nan", Float, ".nan"},
		{"-.nan", Str, "-.nan"},
		{".", Str, "."},
		{"-", Str, "-"},
		{"1.2.3", Str, "1.2.3"},
		{"10.0.0.1", Str, "10.0.0.1"},
		{"2024-01-02", Time, "2024-01-02"},
		{"2024-1-2", Str, "2024-1-2"},
		{"2024/01/02", Str, "2024/01/02"},
		{"2001-12-14t21:59:43.10-05:00", Time, "2001-12-14t21:59:43.10-05:00"},
		{"2024-01-02 x", Str, "2024-01-02 x"},
		{"-x", Str, "-x"},
		{"--", Str, "--"},
		{"/c", Str, "/c"},
	}
	for _, tt := range tests {
		if kind, got := resolve(tt.text); kind != tt.kind || got != tt.want {
			t.Errorf("resolve(%q) = %v %q, want %v %q", tt.text, kind, got, tt.kind, tt.want)
		}
	}
}

func TestDocuments(t *testing.T) {
	tests := []struct{ name, text, want, errs string }{
		{"empty file", "", "", ""},
		{"empty documents", "---\n---\na: 1\n---\n", "null | {a:1} | null", ""},
		{"order, last duplicate wins", "b: 1\na: 2\nb: 3\n", "{b:3,a:2}", "3:1 yaml/duplicate-key"},
		{"text of numbers", "a: [00000429, 0x10, 1.50]\n", "{a:[00000429,16,1.50]}", ""},
		{"anchor", "a: &x [1]\nb: *x\n", "{a:[1],b:[1]}", ""},
		{"merge", "a: &x {F: 1, G: 2}\nb:\n  <<: *x\n  G: 3\n", "{a:{F:1,G:2},b:{G:3,F:1}}", ""},
		{"alias loop", "a: &x\n  b: *x\n", "{a:{b:}}", "2:6 yaml/alias-loop"},
		{"one bad document of three", "a: 1\n---\nb: [\n---\nc: 3\n", "{a:1} | bad | {c:3}", "4:1 yaml/syntax"},
		{"BOM and CRLF", "\xef\xbb\xbfa: 1\r\nb: 2\r\n", "{a:1,b:2}", ""},
		{"NUL", "a: 1\nb: \x00\n", "bad", "2:4 yaml/encoding"},
		{"latin 1", "a: é\nb: \xe9\n", "bad", "2:4 yaml/encoding"},
		{"UTF-16", "\xff\xfea\x00", "bad", "1:1 yaml/encoding"},
		{"tab", "a:\n\tb: 1\n", "bad", "2:1 yaml/syntax"},
		{"version directive", "%YAML 1.2\n---\na: 1\n...\n%YAML 1.2\n---\nb: 2\n", "{a:1} | {b:2}", ""},
		{"tags", "a: !!str 5\nb: !!int '5'\nc: !x y\n", "{a:5,b:5,c:y}", ""},
	}
	for _, tt := range tests {
		compare(t, tt.name, YAML([]byte(tt.text)), tt.want, tt.errs)
	}
}

// A document begins at its first key, whatever became of that key.
func TestDocumentStart(t *testing.T) {
	f := YAML([]byte("# c\na: 1\nb: 2\na: 3\n--- # d\n- x\n"))
	for i, want := range []int{2, 6} {
		if line, _ := f.Position(f.Docs[i].At); line != want {
			t.Errorf("document %d begins in line %d, want %d", i, line, want)
		}
	}
}

func TestAliasBombIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		p := strconv.Itoa(i - 1)
		b.WriteString("a" + strconv.Itoa(i) + ": &a" + strconv.Itoa(i) + " [" + strings.Repeat("*a"+p+", ", 9) + "*a" + p + "]\n")
	}
	f := YAML([]byte(b.String()))
	if len(f.Errors) != 1 || f.Errors[0].Code != "yaml/too-large" || f.Docs[0].Root != nil {
		t.Errorf("errors %v; want one yaml/too-large and no tree", f.Errors)
	}
}

// TestYAMLBounds reads a file that is large because it holds many rules, goes
// on behind one that is made to be large, and ends where nothing can be read.
func TestYAMLBounds(t *testing.T) {
	rule := "title: a rule of usual length\ndetection:\n  selection:\n    Image:\n" + strings.Repeat("      - '\\some.exe'\n", 100)
	n := maxNodes / 90
	if f := YAML([]byte(strings.Repeat("---\n"+rule, n))); len(f.Errors) > 0 || len(f.Docs) != n {
		t.Errorf("%d rules: %d documents, errors %v", n, len(f.Docs), f.Errors[:min(len(f.Errors), 1)])
	}
	large := "- [" + strings.Repeat("x, ", maxNodes) + "x]\n"
	if f := YAML([]byte(large + "---\n" + rule)); len(f.Errors) != 1 || f.Docs[0].Root != nil || f.Docs[1].Root == nil {
		t.Errorf("behind a large document: errors %v", f.Errors)
	}
	bomb := "---\na: &a [" + strings.Repeat("x, ", 1000) + "x]\nb: [" + strings.Repeat("*a, ", 150) + "*a]\n"
	if f := YAML([]byte(strings.Repeat(bomb, 10))); len(f.Errors) < 5 || f.Errors[0].Code != "yaml/too-large" {
		t.Errorf("many bombs: errors %v", f.Errors)
	}
	f := YAML([]byte(strings.Repeat("---\n[\n", maxMistakes+10)))
	if last := len(f.Errors) - 1; last != maxMistakes+1 || f.Errors[last].Code != "yaml/too-many-errors" {
		t.Errorf("many mistakes: %d errors, want %d and yaml/too-many-errors", last+1, maxMistakes+1)
	}
}

func TestLargeMapFindsDuplicates(t *testing.T) {
	var b strings.Builder
	for i := range 5000 {
		b.WriteString("k" + strconv.Itoa(i) + ": 1\n")
	}
	b.WriteString("k77: 2\n")
	f := YAML([]byte(b.String()))
	if len(f.Errors) != 1 || f.Docs[0].Root.Get("k77").Text != "2" || len(f.Docs[0].Root.Pairs) != 5000 {
		t.Errorf("%d members, errors %v", len(f.Docs[0].Root.Pairs), f.Errors)
	}
}

// TestMap checks single places: the decoded offset of a mark must map to the
// mark in the source.
func TestMap(t *testing.T) {
	for _, text := range []string{
		"a: x @ y\n", "a: 'it''s @ here'\n", "a: \"\\x41\\u00e9\\t@\"\n", "a: &n !!str é @\n",
		"é: é@\n", "a: b\n  c\n\n  d @\n", "a: 'b\n  c\n\n  d @'\n", "a: \"b \\\n   c @\"\n",
		"a: |\n  x\n   y\n  @\n", "a: >\n  x\n  y\n\n\n  z @\n", "a: >-\n  x\n    more\n  @\n",
		"\xef\xbb\xbfa: x@\n", "a: x\r\n  @\r\n", "a: b \n  @\n", "a: |\r\n  x\r\n  @\r\n", "a:\n  - 'x'\n  - '@'\n", "a: \"b\u2028  @\"\n",
	} {
		f := YAML([]byte(text))
		if len(f.Errors) > 0 {
			t.Errorf("%q: %v", text, f.Errors)
			continue
		}
		n := f.Docs[0].Root.Pairs[0].Value
		if n.Kind == List {
			n = n.Items[1]
		}
		got := f.Map(n).Offset(strings.Index(n.Text, "@"))
		if want := strings.Index(text, "@"); got != want {
			t.Errorf("%q: %q maps @ to %d, want %d", text, n.Text, got, want)
		}
	}
}

// TestMapCorpus follows every scalar of the Sigma corpus: all must align, and
// unescaped bytes must stand where the map says.
func TestMapCorpus(t *testing.T) {
	dir := os.Getenv("RULEPIPE_SIGMA")
	if dir == "" {
		t.Skip("RULEPIPE_SIGMA names no unpacked Sigma corpus")
	}
	files, scalars := 0, 0
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".yml") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := YAML(data)
		files++
		if len(f.Errors) > 0 {
			t.Errorf("%s: %v", path, f.Errors)
		}
		for _, doc := range f.Docs {
			walk(doc.Root, func(n *Node) {
				scalars++
				m, ok := align(data, n)
				if !ok {
					line, col := f.Position(n.at)
					t.Errorf("%s:%d:%d: %q does not align", path, line, col, n.Text)
					return
				}
				if n.Style == Single && !strings.Contains(n.Text, "'") && n.Text != "" {
					last := m.Offset(len(n.Text) - 1)
					if data[last] != n.Text[len(n.Text)-1] {
						t.Errorf("%s: %q ends at %d in another byte", path, n.Text, last)
					}
				}
			})
		}
		return nil
	})
	t.Logf("%d files, %d scalars", files, scalars)
}

// compare checks the documents of f, in the notation of show, and its errors.
func compare(t *testing.T, name string, f *File, docs, errs string) {
	t.Helper()
	var gotDocs, gotErrs []string
	for _, d := range f.Docs {
		if d.Root == nil {
			gotDocs = append(gotDocs, "bad")
			continue
		}
		gotDocs = append(gotDocs, show(d.Root))
	}
	for _, e := range f.Errors {
		line, col := f.Position(e.Span.Start)
		gotErrs = append(gotErrs, fmt.Sprintf("%d:%d %s", line, col, e.Code))
	}
	if got := strings.Join(gotDocs, " | "); got != docs {
		t.Errorf("%s: %s, want %s", name, got, docs)
	}
	if got := strings.Join(gotErrs, ", "); got != errs {
		t.Errorf("%s: errors %s, want %s", name, got, errs)
	}
}

func walk(n *Node, fn func(*Node)) {
	switch {
	case n == nil:
	case n.Kind == Map:
		for _, p := range n.Pairs {
			walk(p.Key, fn)
			walk(p.Value, fn)
		}
	case n.Kind == List:
		for _, item := range n.Items {
			walk(item, fn)
		}
	default:
		fn(n)
	}
}

func show(n *Node) string {
	var parts []string
	switch n.Kind {
	case Map:
		for _, p := range n.Pairs {
			parts = append(parts, p.Key.Text+":"+show(p.Value))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case List:
		for _, item := range n.Items {
			parts = append(parts, show(item))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case Null:
		return "null"
	}
	return n.Text
}
