// Package house tests the rules of the house that no linter knows: which
// package may import which, and which module is imported where. The table is
// that of CONTRIBUTING.md.
package house

import (
	"fmt"
	"slices"
	"strings"
)

// Module is the path of the product's module.
const Module = "github.com/rulepipe/rulepipe"

// layers are the packages from top to bottom. A package imports only packages
// of lower layers, never one of its own. "x/*" is every package below x.
var layers = [][]string{
	{"cmd/rparse", "cmd/rnorm", "cmd/ragg", "cmd/rrender"},
	{"cmd/internal/bundle"},
	{"cmd/internal/*"},
	{"pkg/render"},
	{"pkg/aggregate"},
	{"pkg/normalize"},
	{"pkg/ruleset"},
	{"pkg/ruleset/*"},
	{"pkg/query/*"},
	{"pkg/query/scan"},
	{"pkg/document"},
	{"pkg/source"},
	{"pkg/attack", "pkg/event", "pkg/field"},
	{"pkg/record", "pkg/tsv"},
	{"pkg/span"},
}

// denials are imports that the order of the layers would allow.
var denials = []struct {
	from, to []string
	why      string
}{
	{
		[]string{"cmd/*"},
		[]string{"pkg/query/*", "pkg/document"},
		"a command only wires; rules are read by pkg/ruleset",
	},
	{
		[]string{"cmd/internal/cli"},
		[]string{"pkg/render", "pkg/aggregate", "pkg/normalize", "pkg/ruleset", "pkg/ruleset/*"},
		"the edge knows nothing about rules",
	},
	{
		[]string{"pkg/render"},
		[]string{"pkg/aggregate", "pkg/normalize", "pkg/ruleset", "pkg/ruleset/*", "pkg/query/*", "pkg/document", "pkg/source"},
		"render shows records and neither counts nor normalizes",
	},
	{
		[]string{"pkg/aggregate"},
		[]string{"pkg/ruleset", "pkg/ruleset/*", "pkg/query/*", "pkg/document", "pkg/source", "pkg/field"},
		"aggregate is pure and knows no vendor's field names",
	},
	{
		[]string{"pkg/normalize"},
		[]string{"pkg/ruleset", "pkg/ruleset/*", "pkg/query/*", "pkg/document", "pkg/source"},
		"normalize is pure and knows no file formats",
	},
	{
		[]string{"pkg/ruleset", "pkg/ruleset/*"},
		[]string{"pkg/event", "pkg/field"}, // attack is needed: Sigma tags tactics by name, a record has ids
		"ruleset says what the author wrote; its meaning is pkg/normalize's",
	},
	{
		[]string{"pkg/ruleset/*"},
		[]string{"pkg/source"},
		"a vendor reads text, wherever it comes from",
	},
	{
		[]string{"pkg/query/*"},
		[]string{"pkg/document", "pkg/source", "pkg/attack", "pkg/event", "pkg/field"},
		"a query language knows neither files nor vendors",
	},
	{
		[]string{"pkg/document", "pkg/source"},
		[]string{"pkg/source", "pkg/attack", "pkg/event", "pkg/field"},
		"documents and sources know no rules",
	},
	{
		[]string{"pkg/attack", "pkg/event", "pkg/field"},
		[]string{"pkg/record"},
		"fact tables know no rules",
	},
}

// homes are the packages that may import a module outside this one, or a
// package of the standard library that is kept to one place.
var homes = []struct {
	path  string
	allow []string
	why   string
}{
	{"github.com/alecthomas/kong", []string{"cmd/*"}, "flags belong to the commands"},
	{"github.com/goccy/go-json", []string{"pkg/record"}, "records are decoded in one place"},
	{"github.com/olekukonko/tablewriter", []string{"pkg/render"}, "it costs start-up time and does not escape"},
	{"html/template", []string{"pkg/render"}, "it costs start-up time"},
	{"go.yaml.in/yaml", []string{"pkg/document"}, "positions and duplicates are handled in one place"},
	{"github.com/pelletier/go-toml", []string{"pkg/document"}, "positions and duplicates are handled in one place"},
	{"github.com/pelletier/go-toml/v2", []string{"pkg/document"}, "positions and duplicates are handled in one place"},
	{"golang.org/x/term", []string{"cmd/internal/cli"}, "only the edge knows a terminal"},
	{"golang.org/x/sys", []string{"cmd/internal/cli"}, "only the edge knows a system"},
	{"github.com/santhosh-tekuri/jsonschema", []string{"pkg/record/recordtest"}, "tests only"},
	{"github.com/google/go-cmp", testPackages, "tests only"},
	{"testing", testPackages, "tests only"},
	{"github.com/rogpeppe/go-internal", testPackages, "tests only"},
	{"os", []string{"cmd/*", "pkg/source", "pkg/golden", "scripts/*"}, "everything else gets readers and writers"},
	{"net", nil, "no filter opens a connection"},
	{"net/http", nil, "no filter opens a connection"},
	{"os/exec", []string{"scripts/*"}, "no filter runs a program"},
	{"log", nil, "diagnostics are records and lines on stderr"},
	{"reflect", nil, "explicit lists and switches"},
	{"unsafe", []string{"pkg/record", "pkg/aggregate"}, "only where measured"},
}

// testPackages hold helpers of tests and are imported by tests only.
var testPackages = []string{"pkg/record/recordtest", "pkg/golden", "pkg/query/querytest"}

// vague are package names that say nothing.
var vague = []string{"util", "utils", "common", "helper", "helpers", "types", "misc", "base"}

// Imports returns what is wrong with the imports of the package at path,
// which is relative to the module, as one sentence each.
func Imports(path string, imports []string) []string {
	var wrong []string
	if slices.Contains(vague, path[strings.LastIndexByte(path, '/')+1:]) {
		wrong = append(wrong, fmt.Sprintf("%s: the name does not say what the package is for", path))
	}
	for _, imp := range imports {
		var why string
		if to, ours := strings.CutPrefix(imp, Module+"/"); ours {
			why = inside(path, to)
		} else {
			why = outside(path, imp)
		}
		if why != "" {
			wrong = append(wrong, fmt.Sprintf("%s must not import %s: %s", path, imp, why))
		}
	}
	return wrong
}

// inside says why from must not import to, both of this module, or "".
func inside(from, to string) string {
	if matches(to, testPackages) {
		return ifNot(matches(from, testPackages), "it is for tests only")
	}
	if matches(from, testPackages) || strings.HasPrefix(from, "scripts/") {
		return ""
	}
	up, down := layerOf(from), layerOf(to)
	switch {
	case up < 0:
		return from + " has no place in the list of layers"
	case down < 0:
		return to + " has no place in the list of layers"
	case up >= down:
		return "imports point down the list of layers"
	}
	for _, d := range denials {
		if matches(from, d.from) && matches(to, d.to) {
			return d.why
		}
	}
	return ""
}

// outside says why from must not import the package imp of the standard
// library or of another module, or "".
func outside(from, imp string) string {
	if matches(from, testPackages) {
		return ""
	}
	for _, h := range homes {
		dotted := strings.Contains(strings.SplitN(h.path, "/", 2)[0], ".")
		if imp == h.path || dotted && strings.HasPrefix(imp, h.path+"/") {
			return ifNot(matches(from, h.allow), h.why)
		}
	}
	if first, _, _ := strings.Cut(imp, "/"); strings.Contains(first, ".") {
		return "the module is not in the list of modules and their homes"
	}
	return ""
}

func ifNot(ok bool, why string) string {
	if ok {
		return ""
	}
	return why
}

// layerOf returns the index of the layer of path, or -1. A name of its own
// goes before a pattern.
func layerOf(path string) int {
	found := -1
	for i, layer := range layers {
		if slices.Contains(layer, path) {
			return i
		}
		if matches(path, layer) && found < 0 {
			found = i
		}
	}
	return found
}

// matches reports whether path is one of the patterns or below one.
func matches(path string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if dir, ok := strings.CutSuffix(p, "/*"); ok {
			return strings.HasPrefix(path, dir+"/")
		}
		return path == p
	})
}
