package record

import (
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-json"
)

// FuzzSubject holds the decoder written by hand to what the general one reads:
// it may leave any line to that one, but not read it in another way.
func FuzzSubject(f *testing.F) {
	for _, seed := range seedLines {
		f.Add([]byte(seed))
	}
	for _, seed := range []string{
		`{"vendor":"sigma","path":"a\\b","id":"1","tags":["x","y"],"tags":["z"],"techniques":[],"title":"\"\n\/","v":10,"line":0}`,
		`{"logsource":{"product":"windows","index":["a-*"],"data_source":[],"event_category_override":"é"},"kind":"match","language":"kuery"}`,
		`{"logsource":{"product":"a"},"logsource":{"service":"b"}}`,
		`{"parts":[{"name":"n","source":"s","by":["u"],"missing":true,"runs":3,"where":{"field":"a","op":"eq","values":["1"]},"having":{"op":"opaque","text":"t"},"computed":["c"]},{}]}`,
		`{"parts":[{"where":{"and":[{"or":[{"op":"eq"},{"not":{"and":[]}}]},{"op":"ne"}]}}]}`,
		`{"parts":[{"where":{"and":[{"op":"eq"}],"and":[{"field":"x"}]}}]}`,
		`{"parts":[{"where":{"not":{"op":"eq"},"not":{"field":"x"}}}],"parts":[{}]}`,
		`{"parts":[{"runs":012},{"runs":1234567890},{"runs":1.5},{"missing":null},{"missing":falsey}]}`,
		`{"Vendor":"x","VENDOR":"y"}`, `{"vendor":"a\u0062"}`, `{"vendor":"\x"}`, `{"vendor":"a	b"}`, `{"vendor":null}`, `{"vendor":7}`,
		`{"errors":[{"a":{"b":[true,false,{"c":[]}]}},12,"\\"],"until":{},"events":[],"attack":0}`,
		`{"title":"` + strings.Repeat("é", 9) + "\xff" + `","id":"` + "\xff" + `"}`,
		`{"vendor":"a"} `, `{"vendor":"a"}}`, `{"vendor":"a",}`, `{"vendor" :"a"}`, `{"title":-1}`, `{"title":01}`,
		`{"title":` + strings.Repeat("[", maxScan+2) + strings.Repeat("]", maxScan+2) + `}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var got, want Subject
		// Another rule's lists are in memory that is used again.
		if !got.decodeFast([]byte(`{"tags":["p","q"],"parts":[{"where":{"and":[{"or":[{"op":"eq","values":["r"]}]},{"not":{"op":"ne"}}]}}]}`)) {
			t.Fatal("the first rule was not read")
		}
		if !got.decodeFast(line) {
			return
		}
		if err := json.UnmarshalWithOption(line, &want, json.DecodeNoCopyString()); err != nil {
			t.Fatalf("read %q, which is wrong: %v", line, err)
		}
		want.scan = got.scan
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read otherwise", line)
		}
	})
}

// TestSubjectKnowsAllMembers writes a rule with every member set: one that is
// not known would cost every rule that has it the general decoder.
func TestSubjectKnowsAllMembers(t *testing.T) {
	var rule Rule
	fill(reflect.ValueOf(&rule).Elem(), 12)
	line, err := Append(nil, &rule)
	if err != nil {
		t.Fatal(err)
	}
	var s Subject
	if !s.decodeFast(line[:len(line)-1]) {
		t.Errorf("not read: %s", line)
	}
}

// fill sets v and all that is in it, down to a depth.
func fill(v reflect.Value, depth int) {
	if depth == 0 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("a\\\"é\n")
	case reflect.Int:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth-1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth-1)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, depth-1)
		fill(value, depth-1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth-1)
		}
	}
}

// TestSubjectMemory checks that records of very many small members leave no
// more memory behind than the bounds say.
func TestSubjectMemory(t *testing.T) {
	many := func(one string) string { return strings.TrimSuffix(strings.Repeat(one+",", 100_000), ",") }
	for name, line := range map[string]string{
		"values":     `{"tags":[` + many(`""`) + `]}`,
		"lists":      `{"parts":[` + many(`{"by":["",""]}`) + `]}`,
		"parts":      `{"parts":[` + many(`{}`) + `]}`,
		"conditions": `{"parts":[{"where":{"and":[` + many(`{}`) + `]}}]}`,
		"nots":       `{"parts":[{"where":{"and":[` + many(`{"not":{}}`) + `]}}]}`,
	} {
		var s Subject
		if s.decodeFast([]byte(line)) {
			t.Errorf("%s: read", name)
		}
		r := &s.scan
		if cap(r.lists) > 2*maxStrings || cap(r.parts) > 2*maxExprs || cap(r.exprs) > 2*maxExprs || cap(r.stack) > 2*maxExprs {
			t.Errorf("%s: memory for %d strings, %d parts, %d and %d conditions", name, cap(r.lists), cap(r.parts), cap(r.exprs), cap(r.stack))
		}
		if err := s.Decode([]byte(line)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
