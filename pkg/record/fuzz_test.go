package record

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

var seedLines = []string{
	`{"type":"rule","v":1,"vendor":"sigma","path":"a.yml","title":"t","parts":[{"where":{"field":"Image","op":"ends_with","values":["\\net.exe"]}}]}`,
	`{"type":"rule","v":1,"parts":[{"where":{"and":[]}},{"where":{"not":{"or":[]}}}]}`,
	`{"type":"technique","v":1,"id":"T1","rules":3,"vendors":{"sigma":2,"a\"b":7}}`,
	`{"v":1, "type" : "err\u006fr", "type":"second"}`,
	`{"type":"a\\","b":"}"}`,
	"\xef\xbb\xbf{\"type\":\"bom\"}\r\n\r\n  \nnot json\n[1]\n{\"type\":7}",
	`{"type":"rule","own":{"a": "}\""} }`,
	`{"a":1,}`, `{`, ``, "\n\n", `{"":0}`, `{"type":"é\xff"}`, `{"type"`, `{"type":`, `{"a":[}`,
}

// FuzzLines reads any bytes as a stream: no byte is lost between the blocks,
// lines are numbered, and TypeOf agrees with a full decode of a valid object.
func FuzzLines(f *testing.F) {
	for _, seed := range seedLines {
		f.Add([]byte(seed))
		f.Add([]byte(seed + "\n" + seed + "\r\n"))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var got []byte
		for b, err := range Blocks(bytes.NewReader(in)) {
			if err != nil {
				t.Fatal(err)
			}
			if want := 1 + bytes.Count(got, []byte{'\n'}); b.Line != want {
				t.Errorf("block begins at line %d, want %d", b.Line, want)
			}
			got = append(got, b.Data...)
		}
		if !bytes.Equal(got, in) {
			t.Fatalf("blocks gave %q of %q", got, in)
		}
		last := 0
		for l, err := range Lines(bytes.NewReader(in)) {
			if err != nil {
				t.Fatal(err)
			}
			if l.No <= last || l.No > 1+bytes.Count(in, []byte{'\n'}) {
				t.Errorf("line %d after line %d", l.No, last)
			}
			last = l.No
			checkType(t, l)
		}
	})
}

// checkType compares the type found by scanning with that of encoding/json.
func checkType(t *testing.T, l Line) {
	t.Helper()
	if !json.Valid(l.Data) {
		return
	}
	want, members := "", map[string]int{}
	dec := json.NewDecoder(bytes.NewReader(l.Data))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		want = ""
	} else {
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				t.Fatal(err)
			}
			var value any
			if err := dec.Decode(&value); err != nil {
				t.Fatal(err)
			}
			key, _ := name.(string)
			members[key]++
			if s, ok := value.(string); ok && key == "type" {
				want = s
			}
		}
	}
	// Which of two members of one name counts is nobody's business, and a
	// name spelled with escapes is not one that a filter writes.
	if members["type"] > 1 || bytes.Contains(l.Data, []byte(`\u`)) || strings.ContainsRune(want, '\ufffd') {
		return
	}
	if l.Type != want {
		t.Errorf("type of %q is %q, want %q", l.Data, l.Type, want)
	}
}

// FuzzSplice puts members behind those of any valid object: the result is
// valid, has the new members, and every other member byte for byte.
func FuzzSplice(f *testing.F) {
	for _, seed := range seedLines {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		extra := []byte(`{"events":[1],"platforms":["x"]}`)
		names := []string{"events", "platforms"}
		got, err := Splice(nil, line, extra, names...)
		if !json.Valid(line) || !bytes.HasPrefix(bytes.TrimSpace(line), []byte{'{'}) {
			return
		}
		if err != nil {
			t.Fatalf("Splice(%q): %v", line, err)
		}
		if !json.Valid(got) {
			t.Fatalf("Splice(%q) = %q, which is not JSON", line, got)
		}
		before, after := rawMembers(t, line, names), rawMembers(t, got, names)
		if before != after {
			t.Errorf("Splice(%q) changed other members:\n%s\n%s", line, before, after)
		}
		if n := strings.Count(memberNames(t, got), `"events"`); n != 1 {
			t.Errorf("Splice(%q) = %q has %d members events", line, got, n)
		}
	})
}

// rawMembers lists the members of an object as they are spelled, without
// those of the given names.
func rawMembers(t *testing.T, line []byte, except []string) string {
	t.Helper()
	var out strings.Builder
	err := eachMember(line, func(name, value []byte) error {
		for _, e := range except {
			if string(name) == `"`+e+`"` {
				return nil
			}
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
		out.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return out.String()
}

func memberNames(t *testing.T, line []byte) string {
	t.Helper()
	var out strings.Builder
	if err := eachMember(line, func(name, _ []byte) error {
		out.Write(name)
		out.WriteByte('\n')
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
