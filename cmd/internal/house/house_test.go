package house

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// listed is what go list says of a package.
type listed struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
}

// list runs go list over the module. A package that does not build yet is
// listed as well: its imports can be judged all the same.
func list(t *testing.T, patterns ...string) []listed {
	t.Helper()
	args := append([]string{"list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports,Deps"}, patterns...)
	cmd := exec.Command("go", args...)
	cmd.Dir = "../../.."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImports(t *testing.T) {
	all := list(t, "./...")
	if len(all) < 5 {
		t.Fatalf("go list found %d packages", len(all))
	}
	for _, p := range all {
		path := strings.TrimPrefix(p.ImportPath, Module+"/")
		for _, wrong := range Imports(path, p.Imports) {
			t.Error(wrong)
		}
	}
}

// TestLinked follows the imports to their end: what a command links decides
// how fast it starts.
func TestLinked(t *testing.T) {
	heavy := map[string]string{
		"github.com/olekukonko/tablewriter": "rrender",
		"html/template":                     "rrender",
		"go.yaml.in/yaml/v4":                "rparse",
		"github.com/pelletier/go-toml/v2":   "rparse",
		"net/http":                          "nobody",
		"testing":                           "nobody",
		"github.com/invopop/jsonschema":     "nobody",
	}
	for _, p := range list(t, "./cmd/rparse", "./cmd/rnorm", "./cmd/ragg", "./cmd/rrender") {
		tool := p.ImportPath[strings.LastIndexByte(p.ImportPath, '/')+1:]
		for _, dep := range p.Deps {
			if owner, ok := heavy[dep]; ok && owner != tool {
				t.Errorf("%s links %s, which belongs to %s", tool, dep, owner)
			}
		}
	}
}

// TestImportsJudges shows that each rule can fail.
func TestImportsJudges(t *testing.T) {
	tests := []struct {
		path, imp string
		wrong     string // part of the complaint, "" where the import is fine
	}{
		{"cmd/rparse", Module + "/pkg/ruleset", ""},
		{"cmd/rparse", Module + "/cmd/internal/cli", ""},
		{"cmd/rparse", Module + "/pkg/query/sigmacond", "only wires"},
		{"cmd/rparse", Module + "/pkg/document", "only wires"},
		{"cmd/rparse", Module + "/cmd/rnorm", "point down"},
		{"cmd/internal/cli", Module + "/pkg/normalize", "the edge"},
		{"cmd/internal/cli", Module + "/pkg/record", ""},
		{"pkg/render", Module + "/pkg/record", ""},
		{"pkg/render", Module + "/pkg/aggregate", "neither counts"},
		{"pkg/aggregate", Module + "/pkg/render", "point down"},
		{"pkg/aggregate", Module + "/pkg/attack", ""},
		{"pkg/aggregate", Module + "/pkg/field", "field names"},
		{"pkg/normalize", Module + "/pkg/field", ""},
		{"pkg/normalize", Module + "/pkg/document", "file formats"},
		{"pkg/ruleset", Module + "/pkg/ruleset/sigma", ""},
		{"pkg/ruleset/sigma", Module + "/pkg/ruleset", "point down"},
		{"pkg/ruleset/sigma", Module + "/pkg/ruleset/elastic", "point down"},
		{"pkg/ruleset/sigma", Module + "/pkg/query/sigmacond", ""},
		{"pkg/ruleset/sigma", Module + "/pkg/field", "the author wrote"},
		{"pkg/query/esql", Module + "/pkg/query/kql", "point down"},
		{"pkg/query/kql", Module + "/pkg/query/scan", ""},
		{"pkg/query/scan", Module + "/pkg/query/kql", "point down"},
		{"pkg/query/kql", Module + "/pkg/document", "neither files"},
		{"pkg/document", Module + "/pkg/source", "know no rules"},
		{"pkg/field", Module + "/pkg/attack", "point down"},
		{"pkg/span", Module + "/pkg/record", "point down"},
		{"pkg/record", Module + "/pkg/span", ""},
		{"pkg/record", Module + "/pkg/record/recordtest", "tests only"},
		{"pkg/new", Module + "/pkg/span", "no place"},
		{"pkg/span", "bytes", ""},
		{"pkg/span", "os", "readers and writers"},
		{"pkg/source", "os", ""},
		{"pkg/source", "net/http", "connection"},
		{"pkg/source", "net/netip", ""},
		{"pkg/document", "go.yaml.in/yaml/v4", ""},
		{"pkg/ruleset/sigma", "go.yaml.in/yaml/v4", "one place"},
		{"pkg/normalize", "github.com/goccy/go-json", "one place"},
		{"pkg/record", "github.com/goccy/go-json", ""},
		{"pkg/record", "github.com/goccy/go-jsonx", "not in the list"},
		{"pkg/record", "github.com/invopop/jsonschema", "not in the list"},
		{"pkg/aggregate", "github.com/olekukonko/tablewriter/tw", "start-up"},
		{"pkg/render", "html/template", ""},
		{"cmd/rrender", "html/template", "start-up"},
		{"pkg/aggregate", "testing", "tests only"},
		{"pkg/query/util", "bytes", "does not say"},
	}
	for _, tt := range tests {
		got := strings.Join(Imports(tt.path, []string{tt.imp}), "; ")
		if (got == "") != (tt.wrong == "") || !strings.Contains(got, tt.wrong) {
			t.Errorf("%s importing %s: %q, want %q", tt.path, tt.imp, got, tt.wrong)
		}
	}
}
