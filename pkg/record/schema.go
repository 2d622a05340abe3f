package record

import (
	"embed"
	"maps"

	"github.com/goccy/go-json"
)

// The schemas are generated from the types by "go test -update" and committed,
// so that the filters do not need reflection to print them.
//
//go:embed schema/*.json
var schemas embed.FS

// Schema returns one JSON Schema document for lines of the given types: the
// schema of the type, or, for several, one that accepts each of them. It
// panics on a type that has no schema; the types are constants of this package.
func Schema(types ...string) []byte {
	var parts [][]byte
	for _, t := range types {
		part, err := schemas.ReadFile("schema/" + t + ".json")
		if err != nil {
			panic("record: no schema of type " + t)
		}
		parts = append(parts, part)
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return oneOf(parts)
}

// document is a schema as this package writes them: a reference to the
// definition of the record, and all definitions that it needs.
type document struct {
	Ref  string                     `json:"$ref"`
	Defs map[string]json.RawMessage `json:"$defs"`
}

// oneOf makes one document of parts. They share their definitions, because
// each name is that of one Go type: validators differ in how well they follow
// documents inside of documents.
func oneOf(parts [][]byte) []byte {
	type ref struct {
		Ref string `json:"$ref"`
	}
	all := struct {
		Schema string                     `json:"$schema"`
		OneOf  []ref                      `json:"oneOf"`
		Defs   map[string]json.RawMessage `json:"$defs"`
	}{Schema: "https://json-schema.org/draft/2020-12/schema", Defs: map[string]json.RawMessage{}}
	for _, part := range parts {
		var d document
		if err := json.Unmarshal(part, &d); err != nil {
			panic("record: " + err.Error())
		}
		all.OneOf = append(all.OneOf, ref{d.Ref})
		maps.Copy(all.Defs, d.Defs)
	}
	out, err := json.MarshalIndentWithOption(&all, "", "  ", json.DisableHTMLEscape())
	if err != nil {
		panic("record: " + err.Error())
	}
	return append(out, '\n')
}
