package record

import "embed"

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

// oneOf makes a compound document of parts. Each has an $id of its own, so
// that references inside it stay inside it.
func oneOf(parts [][]byte) []byte {
	out := []byte("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"oneOf\": [\n")
	for i, part := range parts {
		if i > 0 {
			out = append(out, ",\n"...)
		}
		for len(part) > 0 && part[len(part)-1] == '\n' {
			part = part[:len(part)-1]
		}
		out = append(out, part...)
	}
	return append(out, "\n  ]\n}\n"...)
}
