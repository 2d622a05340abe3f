package record_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/record/recordtest"
)

var update = flag.Bool("update", false, "rewrite the committed schemas")

// recordTypes are the records that have a schema.
var recordTypes = []struct {
	name string
	of   any
}{
	{record.TypeRule, record.Rule{}},
	{record.TypeError, record.Error{}},
	{record.TypeTechnique, record.Technique{}},
	{record.TypeLedger, record.Ledger{}},
}

// enums are the members whose values are a closed list.
var enums = map[string][]string{
	"Rule.coverage":    {record.CoverageFull, record.CoveragePartial, record.CoverageNone, record.CoverageNoQuery},
	"Rule.status":      {"stable", "test", "experimental", "deprecated", "unsupported"},
	"Rule.level":       {"informational", "low", "medium", "high", "critical"},
	"Expr.op":          ops,
	"Predicate.op":     ops,
	"Predicate.role":   {record.RoleIndicator, record.RoleExclusion, record.RoleBranchExclusion, record.RoleSelector, record.RoleThreshold, record.RoleOpaque},
	"ValueRow.op":      ops,
	"OpRow.op":         ops,
	"Error.tool":       {"rparse", "rnorm", "ragg", "rrender"},
	"Bound.op":         {record.OpEq, "neq", record.OpGt, record.OpGte, record.OpLt, record.OpLte},
	"RuleEntry.status": {"stable", "test", "experimental", "deprecated", "unsupported"},
}

var ops = []string{
	record.OpEq, record.OpNe, record.OpMatch, record.OpStartsWith, record.OpEndsWith, record.OpWildcard,
	record.OpRegexMatch, record.OpCIDRMatch, record.OpGt, record.OpGte, record.OpLt, record.OpLte,
	record.OpIsNull, record.OpIsNotNull, record.OpKeyword, record.OpOpaque,
}

func TestSchemaIsCurrent(t *testing.T) {
	used := map[string]bool{}
	for _, rt := range recordTypes {
		want := generate(t, rt.name, rt.of, used)
		file := filepath.Join("schema", rt.name+".json")
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(want), string(record.Schema(rt.name))); diff != "" {
			t.Errorf("%s is not what the types say; run go test ./pkg/record -update (-want +got)\n%s", file, diff)
		}
	}
	for member := range enums {
		if !used[member] {
			t.Errorf("enum of %s, which no record has", member)
		}
	}
}

// generate makes the schema of one record type. Expr refers to itself, so the
// types stay definitions and the root is a reference.
func generate(t *testing.T, name string, of any, used map[string]bool) []byte {
	t.Helper()
	r := jsonschema.Reflector{AllowAdditionalProperties: true, Mapper: countsSchema}
	if err := r.AddGoComments("github.com/rulepipe/rulepipe/pkg/record", "."); err != nil {
		t.Fatal(err)
	}
	s := r.Reflect(of)
	s.ID = jsonschema.ID("https://github.com/rulepipe/rulepipe/schema/v1/" + name + ".json")
	for def, d := range s.Definitions {
		d.Description = oneLine(d.Description)
		for pair := d.Properties.Oldest(); pair != nil; pair = pair.Next() {
			pair.Value.Description = oneLine(pair.Value.Description)
			member := def + "." + pair.Key
			for _, value := range enums[member] {
				pair.Value.Enum = append(pair.Value.Enum, value)
				used[member] = true
			}
		}
	}
	root := s.Definitions[reflect.TypeOf(of).Name()].Properties
	root.Value("type").Const = name
	root.Value("v").Const = record.Version
	return indent(t, s)
}

// countsSchema maps Counts, which is written as an object.
func countsSchema(t reflect.Type) *jsonschema.Schema {
	if t != reflect.TypeFor[record.Counts]() {
		return nil
	}
	return &jsonschema.Schema{
		Type:                 "object",
		AdditionalProperties: &jsonschema.Schema{Type: "integer", Minimum: "0"},
		Description:          "Numbers of rules by vendor.",
	}
}

func oneLine(comment string) string { return strings.Join(strings.Fields(comment), " ") }

func indent(t *testing.T, v any) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	// The library's MarshalJSON escapes for HTML whatever the encoder says.
	return []byte(strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(out.String()))
}

// TestSchemaJudges shows that the schema can fail and what it lets pass.
func TestSchemaJudges(t *testing.T) {
	schema := recordtest.Compile(t, record.TypeRule, record.TypeError, record.TypeTechnique)
	tests := []struct {
		line string
		ok   bool
	}{
		{`{"type":"rule","v":1}`, true},
		{`{"type":"rule","v":1,"unknown":{"member":1}}`, true},
		{`{"type":"rule","v":1,"parts":[{"where":{"and":[]}}]}`, true},
		{`{"type":"rule","v":1,"parts":[{"where":{"not":{"or":[{"field":"F","op":"eq","values":["1"]}]}}}]}`, true},
		{`{"type":"rule","v":1,"parts":[{"where":{"not":{"or":[{"field":"F","op":"equals","values":["1"]}]}}}]}`, false},
		{`{"type":"rule","v":1,"parts":[{"where":{"field":"F","op":"eq","values":[1]}}]}`, false},
		{`{"type":"rule","v":2}`, false},
		{`{"type":"rule"}`, false},
		{`{"type":"rule","v":1,"coverage":"all"}`, false},
		{`{"type":"error","v":1,"tool":"rnorm","code":"a/b","message":"m"}`, true},
		{`{"type":"error","v":1,"code":"a/b","message":"m"}`, false},
		{`{"type":"technique","v":1,"id":"T1","rules":1,"vendors":{"sigma":1}}`, true},
		{`{"type":"technique","v":1,"id":"T1","rules":1,"vendors":{"sigma":"1"}}`, false},
		{`{"type":"other","v":1}`, false},
	}
	for _, tt := range tests {
		doc, err := validator.UnmarshalJSON(strings.NewReader(tt.line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); (err == nil) != tt.ok {
			t.Errorf("%s: %v, want ok %v", tt.line, err, tt.ok)
		}
	}
}

// TestSchemaOfSeveral checks that the schemas of several types are one document
// without documents inside of it, and that no definition stands for another.
func TestSchemaOfSeveral(t *testing.T) {
	type document struct {
		ID    string `json:"$id"`
		OneOf []map[string]string
		Defs  map[string]any `json:"$defs"`
	}
	read := func(types ...string) (d document) {
		if err := json.Unmarshal(record.Schema(types...), &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	var types []string
	for _, rt := range recordTypes {
		types = append(types, rt.name)
	}
	all := read(types...)
	if all.ID != "" || len(all.OneOf) != len(types) {
		t.Errorf("$id %q, one of %v", all.ID, all.OneOf)
	}
	for i, rt := range recordTypes {
		if want := "#/$defs/" + reflect.TypeOf(rt.of).Name(); all.OneOf[i]["$ref"] != want || len(all.OneOf[i]) != 1 {
			t.Errorf("%s is %v, want a reference to %s", rt.name, all.OneOf[i], want)
		}
		for name, def := range read(rt.name).Defs {
			if diff := cmp.Diff(def, all.Defs[name]); diff != "" {
				t.Errorf("%s of %s (-alone +among others):\n%s", name, rt.name, diff)
			}
		}
	}
}

// TestSchemaOfEveryMember writes a record with every member set and validates it.
func TestSchemaOfEveryMember(t *testing.T) {
	for _, rt := range recordTypes {
		v := reflect.New(reflect.TypeOf(rt.of)).Elem()
		fill(v, 0)
		v.FieldByName("Type").SetString(rt.name)
		line, err := record.Append(nil, v.Interface())
		if err != nil {
			t.Fatal(err)
		}
		for member, values := range enums {
			name := member[strings.IndexByte(member, '.')+1:]
			line = bytes.ReplaceAll(line, []byte(`"`+name+`":"x"`), []byte(`"`+name+`":"`+values[0]+`"`))
		}
		recordtest.Validate(t, line)
		recordtest.Canonical(t, line)
	}
}

// fill sets every member of v, three levels of recursion deep.
func fill(v reflect.Value, depth int) {
	if v.Type() == reflect.TypeFor[record.Expr]() {
		depth++
	}
	if depth > 3 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int:
		v.SetInt(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth)
	case reflect.Map:
		elem := reflect.New(v.Type().Elem()).Elem()
		fill(elem, depth)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("x"), elem)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth)
		}
	}
}
