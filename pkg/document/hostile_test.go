package document

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// quickly fails where do takes what only more than linear work can take: the
// texts of these tests took minutes or all memory before.
func quickly(t *testing.T, name string, do func()) {
	t.Helper()
	start := time.Now()
	do()
	if d := time.Since(start); d > 2*time.Minute {
		t.Errorf("%s: took %v", name, d)
	}
}

// The source of a scalar is followed in linear time.
func TestMapOfBlanks(t *testing.T) {
	blanks := strings.Repeat(" ", 1<<20)
	for _, text := range []string{"a" + blanks + "b", `"a` + blanks + `b"`, "'a" + blanks + "b'"} {
		quickly(t, text[:1], func() {
			f := YAML([]byte("k: " + text + "\n"))
			n := f.Docs[0].Root.Get("k")
			if got := f.Map(n).Offset(len(n.Text) - 1); f.text[got] != 'b' {
				t.Errorf("%.10q: the last character stands at %d", text, got)
			}
		})
	}
}

// So are places in a line, whatever its length and its characters.
func TestPlacesInLongLine(t *testing.T) {
	text := "k: [é" + strings.Repeat(", ñ", 150_000) + ", last]\n"
	quickly(t, "list", func() {
		f := YAML([]byte(text))
		items := f.Docs[0].Root.Get("k").Items
		if at := f.At(items[len(items)-1]).Start; !strings.HasPrefix(text[at:], "last") {
			t.Errorf("the last item stands at %d", at)
		}
	})
}

// A text stands many times in the tree, but is written once: what a few bytes
// of aliases can make of it is bounded.
func TestAliasesOfLongTextAreBounded(t *testing.T) {
	f := YAML([]byte("a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a , ", 1000) + "]\n"))
	if f.Docs[0].Root != nil || len(f.Errors) != 1 || f.Errors[0].Code != "yaml/too-large" {
		t.Errorf("%d errors", len(f.Errors))
	}
}

// Only short numbers of other bases are turned into base 10.
func TestResolveLongNumbers(t *testing.T) {
	for _, text := range []string{"1" + strings.Repeat(":1", 1<<20), "0x" + strings.Repeat("f", 1<<20), "0" + strings.Repeat("7", 1<<20)} {
		quickly(t, text[:2], func() {
			if kind, got := resolve(text); kind != Str || got != text {
				t.Errorf("%.5q... is a %s", text, kind)
			}
		})
	}
	if kind, _ := resolve("1" + strings.Repeat("0", 1<<20)); kind != Int {
		t.Error("a long number of base 10 is none")
	}
}

// The lines of a block are cut in time that does not depend on the first one.
func TestBlockOfDeepIndent(t *testing.T) {
	deep := strings.Repeat(" ", 1<<20)
	text := "k:\n" + deep + "a: b\n" + strings.Repeat("#\n", 1<<20) + deep + "c: d\n"
	quickly(t, "block", func() {
		f := YAML([]byte(text))
		p := f.Docs[0].Root.Pairs[0]
		if got := f.Block(p.Key, p.Value); !strings.HasPrefix(got, "a: b\n#") || !strings.HasSuffix(got, "#\nc: d") {
			t.Errorf("%.20q...", got)
		}
	})
}

// Tables count, those that only headers and dotted keys make too, and dotted
// keys nest.
func TestTOMLTablesAreBounded(t *testing.T) {
	var many strings.Builder
	for i := range maxNodes + 2 {
		many.WriteString("[a" + strconv.Itoa(i) + "]\n")
	}
	for name, text := range map[string]string{
		"header":       "[" + strings.Repeat("a.", 1000) + "b]\n",
		"key":          strings.Repeat("a.", 1000) + "b = 1\n",
		"inline":       strings.Repeat("a = {", 300) + "b = 1" + strings.Repeat("}", 300) + "\n",
		"key in table": "[" + strings.Repeat("a.", 150) + "b]\n" + strings.Repeat("a.", 150) + "b = 1\n",
		"many tables":  many.String(),
	} {
		quickly(t, name, func() {
			f := TOML([]byte(text))
			if f.Docs[0].Root != nil || len(f.Errors) != 1 || f.Errors[0].Code != "toml/too-large" {
				t.Errorf("%s: %d errors", name, len(f.Errors))
			}
		})
	}
}

// A large table is read as a small one.
func TestTOMLLargeTable(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		b.WriteString("k" + strconv.Itoa(i) + " = 1\n")
	}
	b.WriteString("k0 = 2\nk999 = 3\n")
	f := TOML([]byte(b.String()))
	root := f.Docs[0].Root
	if len(root.Pairs) != 1000 || root.Get("k0").Text != "2" || root.Get("k999").Text != "3" || len(f.Errors) != 2 {
		t.Errorf("%d members, %d errors", len(root.Pairs), len(f.Errors))
	}
}

// Blank lines of NDJSON cost what they are long.
func TestNDJSONOfBlankLines(t *testing.T) {
	quickly(t, "blank lines", func() {
		if f := JSON([]byte("{}\nx" + strings.Repeat(strings.Repeat(" ", 100)+"\n", 20_000))); len(f.Errors) != 1 {
			t.Errorf("%d errors", len(f.Errors))
		}
	})
}

// The line of an error is one string for all errors in it.
func TestLineIsShared(t *testing.T) {
	f := JSON([]byte("[" + strings.Repeat("1,", 1<<20) + "1]"))
	if n := testing.AllocsPerRun(10, func() { f.Line(1) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
