// Package recordtest checks in tests that NDJSON keeps to the contract of
// pkg/record: against the JSON Schema, and in the form that the filters write.
package recordtest

import (
	"bytes"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// types are the record types and a fresh value of each.
var types = map[string]func() any{
	record.TypeRule:      func() any { return new(record.Rule) },
	record.TypeError:     func() any { return new(record.Error) },
	record.TypeTechnique: func() any { return new(record.Technique) },
	record.TypeLedger:    func() any { return new(record.Ledger) },
}

// Compile compiles the schema of the types, as a tool's --schema prints it.
func Compile(t testing.TB, types ...string) *jsonschema.Schema {
	t.Helper()
	schema, err := compile(types...)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func compile(types ...string) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(record.Schema(types...)))
	if err != nil {
		return nil, err
	}
	const name = "file:///schema.json"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		return nil, err
	}
	return c.Compile(name)
}

// cache holds the compiled schemas by type: compiling costs more than
// validating a golden file.
var cache sync.Map

// Validate checks every line of ndjson against the schema of its type. Lines
// of types without a schema are passed over, as the filters do. It returns
// the number of lines that were checked.
func Validate(t testing.TB, ndjson []byte) int {
	t.Helper()
	checked := 0
	for line, err := range record.Lines(bytes.NewReader(ndjson)) {
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(line.Data))
		if err != nil {
			t.Errorf("line %d is not JSON: %v\n%s", line.No, err, short(line.Data))
			continue
		}
		if types[line.Type] == nil {
			continue
		}
		schema, ok := cache.Load(line.Type)
		if !ok {
			schema = Compile(t, line.Type)
			cache.Store(line.Type, schema)
		}
		if err := schema.(*jsonschema.Schema).Validate(doc); err != nil {
			t.Errorf("line %d: %v\n%s", line.No, err, short(line.Data))
		}
		checked++
	}
	return checked
}

// Canonical checks that every line of ndjson that has a known type is written
// as Append writes it: members in the order of the contract, empty ones left
// out, none unknown, no blanks.
func Canonical(t testing.TB, ndjson []byte) {
	t.Helper()
	for line, err := range record.Lines(bytes.NewReader(ndjson)) {
		if err != nil {
			t.Fatal(err)
		}
		if types[line.Type] == nil {
			continue
		}
		v := types[line.Type]()
		if err := record.Decode(line.Data, v); err != nil {
			t.Errorf("line %d: %v\n%s", line.No, err, short(line.Data))
			continue
		}
		want, err := record.Append(nil, reflect.ValueOf(v).Elem().Interface())
		if err != nil {
			t.Fatal(err)
		}
		if got := string(line.Data) + "\n"; got != string(want) {
			t.Errorf("line %d is not in the form of the contract:\n got %s want %s", line.No, short([]byte(got)), short(want))
		}
	}
}

// short cuts a line for a message.
func short(line []byte) string {
	const most = 2000
	if len(line) <= most {
		return string(line)
	}
	return strings.ToValidUTF8(string(line[:most]), "") + " ...\n"
}

// Encode returns the records as NDJSON, each checked against the schema.
func Encode(t testing.TB, rules []record.Rule, errs []record.Error) []byte {
	t.Helper()
	var out []byte
	var err error
	for i := range rules {
		if out, err = record.Append(out, &rules[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range errs {
		if out, err = record.Append(out, &errs[i]); err != nil {
			t.Fatal(err)
		}
	}
	if n := Validate(t, out); n != len(rules)+len(errs) {
		t.Errorf("%d of %d records were checked against the schema", n, len(rules)+len(errs))
	}
	return out
}
