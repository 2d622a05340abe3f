package document

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTOML(t *testing.T) {
	tests := []struct{ name, text, want, errs string }{
		{
			"tables", "a = 1\n[rule]\nname = \"x\"\n[[rule.threat]]\nf = 'y'\n[[rule.threat.technique]]\nid = 'T1'\n[[rule.threat]]\nf = 'z'\n[rule.threat.tactic]\nid = 'TA1'\n",
			"{a:1,rule:{name:x,threat:[{f:y,technique:[{id:T1}]},{f:z,tactic:{id:TA1}}]}}", "",
		},
		{"quoted and dotted keys", "[a.\"b.c\".d]\ne.f = true\n'g h' = 1.5\n", "{a:{b.c:{d:{e:{f:true},g h:1.5}}}}", ""},
		{"inline", "a = [{x = 1}, {y = [2, 3]}]\nb = { c = 'd', \"$e\" = 1 }\n", "{a:[{x:1},{y:[2,3]}],b:{c:d,$e:1}}", ""},
		{"strings", "a = \"q\\\"\\u00e9\\\\\"\nb = 'C:\\x'\nc = \"\"\"\nl1\n  \\\n  l2\"\"\"\nd = '''\nx '' \"\"\" y\n'''\n", "{a:q\"é\\,b:C:\\x,c:l1\n  l2,d:x '' \"\"\" y\n}", ""},
		{"dates", "a = 2024-01-02\nb = 2024-01-02T03:04:05Z\n", "{a:2024-01-02,b:2024-01-02T03:04:05Z}", ""},
		{"BOM, CRLF", "\xef\xbb\xbfa = 1\r\nb = 2\r\n", "{a:1,b:2}", ""},
		{"duplicate", "a = 1\na = 2\n", "{a:2}", "2:1 toml/duplicate-key"},
		{"value and table", "a = 1\n[a]\nb = 2\n", "{a:1}", "2:2 toml/duplicate-key"},
		{"cut off", "a = 1\n[rule]\nname = \"x\n", "bad", "3:10 toml/syntax"},
		{"no value", "a = \n", "bad", "1:5 toml/syntax"},
		{"latin 1", "a = '\xe9'\n", "bad", "1:6 toml/encoding"},
		{"empty", "", "{}", ""},
	}
	for _, tt := range tests {
		compare(t, tt.name, TOML([]byte(tt.text)), tt.want, tt.errs)
	}
}

func TestTOMLMap(t *testing.T) {
	for _, text := range []string{
		"a = \"x \\\" \\u00e9 @\"\n", "a = 'x \\ @'\n", "a = '''\nfoo\n @'''\n", "a = \"\"\"\nfoo \\\n   bar\\t@\"\"\"\n",
		"\xef\xbb\xbfa = '@'\n", "[t]\nb = 1\na = '''x\r\n@'''\r\n", "a = ['x', '@']\n", "a = { b = '@' }\n",
	} {
		f := TOML([]byte(text))
		if len(f.Errors) > 0 {
			t.Errorf("%q: %v", text, f.Errors)
			continue
		}
		var n *Node
		walk(f.Docs[0].Root, func(x *Node) {
			if strings.Contains(x.Text, "@") {
				n = x
			}
		})
		got := f.Map(n).Offset(strings.Index(n.Text, "@"))
		if want := strings.Index(text, "@"); got != want {
			t.Errorf("%q: %q maps @ to %d, want %d", text, n.Text, got, want)
		}
	}
}

// TestTOMLMapCorpus follows every string of the Elastic corpus.
func TestTOMLMapCorpus(t *testing.T) {
	dir := os.Getenv("RULEPIPE_ELASTIC")
	if dir == "" {
		t.Skip("RULEPIPE_ELASTIC names no unpacked Elastic corpus")
	}
	files, scalars := 0, 0
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".toml") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := TOML(data)
		files++
		if len(f.Errors) > 0 {
			t.Errorf("%s: %v", path, f.Errors)
		}
		walk(f.Docs[0].Root, func(n *Node) {
			if n.Kind != Str || n.Style < TOMLBasic {
				return
			}
			scalars++
			if _, ok := alignTOML(data, n); !ok {
				line, col := f.Position(n.at)
				t.Errorf("%s:%d:%d: %.40q does not align", path, line, col, n.Text)
			}
		})
		return nil
	})
	t.Logf("%d files, %d strings", files, scalars)
}

func TestJSON(t *testing.T) {
	tests := []struct{ name, text, want, errs string }{
		{"object", `{"a": [1, 2.50, "x\"\u00e9\ud83d\ude00\/"], "b": {"c": null, "d": true}}`, `{a:[1,2.50,x"é😀/],b:{c:null,d:true}}`, ""},
		{"lines, one bad", "{\"a\":1}\n{\"b\":\n{\"c\":3}\n", "{a:1} | bad | {c:3}", "2:6 json/syntax"},
		{"array", "[{\"a\":1},\r\n {\"a\":2}]\n", "[{a:1},{a:2}]", ""},
		{"duplicate", `{"a":1,"a":2}`, "{a:2}", "1:8 json/duplicate-key"},
		{"cut off", `{"a":[1,`, "bad", "1:8 json/syntax"},
		{"behind a mistake", "{\n \"a\" 1,\n \"b\": {\n  \"c\": 2\n }\n}\n{\"d\":3}\n", "bad | {d:3}", "2:6 json/syntax"},
		{"empty", "", "", ""},
	}
	for _, tt := range tests {
		compare(t, tt.name, JSON([]byte(tt.text)), tt.want, tt.errs)
	}
}

// TestJSONBounds reads what is large because it holds many rules, and not what
// is made to be large.
func TestJSONBounds(t *testing.T) {
	item := `{"rule_id":"00000000-0000-0000-0000-000000000000","risk_score":47,"query":"` + strings.Repeat("a", 300) + `"}`
	if f := JSON([]byte("[" + strings.Repeat(item+",", maxNodes/6) + item + "]")); len(f.Errors) > 0 || f.Docs[0].Root == nil {
		t.Errorf("many rules: errors %v", f.Errors)
	}
	if f := JSON([]byte("[" + strings.Repeat("1,\n", 2*maxNodes) + "1]")); len(f.Errors) != 1 || f.Errors[0].Code != "json/too-large" {
		t.Errorf("many values: %d errors, want one json/too-large", len(f.Errors))
	}
	for name, text := range map[string]string{
		"lines":     "{}\n" + strings.Repeat("x\n", 3*maxMistakes),
		"documents": strings.Repeat("{\n", 3*maxMistakes),
	} {
		f := JSON([]byte(text))
		if last := len(f.Errors) - 1; last != maxMistakes+1 || f.Errors[last].Code != "json/too-many-errors" {
			t.Errorf("%s: %d errors, want %d and json/too-many-errors", name, last+1, maxMistakes+1)
		}
		if n := len(f.ErrorsOf(len(f.Docs) - 1)); n != 1 {
			t.Errorf("%s: %d errors in the last document, want 1", name, n)
		}
	}
}

func FuzzDocuments(f *testing.F) {
	f.Add([]byte("a: &x [1, 'b', \"c\\x41\"]\nb: *x\n---\n- |\n  text\n"))
	f.Add([]byte("[a.b]\nc = \"\"\"\nx \\\n y\"\"\"\n[[d]]\ne = [1, {f = 'g'}]\n"))
	f.Add([]byte("a = b \\\r\n  c\n# d\n[e [f] g]\nh=\\\n[i\nj\\\nk=l\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, read := range []func([]byte) *File{YAML, TOML, JSON, Conf} {
			file := read(text)
			for _, e := range file.Errors {
				if e.Span.Start < 0 || e.Span.Start > len(text) {
					t.Errorf("error %v outside of %d bytes", e, len(text))
				}
			}
			for _, d := range file.Docs {
				walk(d.Root, func(n *Node) {
					m := file.Map(n)
					for i := range n.Text {
						if at := m.Offset(i); at < 0 || at > len(text) {
							t.Errorf("byte %d of %q maps to %d of %d", i, n.Text, at, len(text))
						}
					}
				})
			}
		}
	})
}
