package splunk

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/spl"
)

// Macros returns the macros of f: those of security_content, a file each, or
// the stanzas of a macros.conf. What is no macro is passed over.
func Macros(f *document.File) []spl.Macro {
	var out []spl.Macro
	for _, doc := range f.Docs {
		if doc.Root == nil {
			continue
		}
		if m, ok := yamlMacro(doc.Root); ok {
			out = append(out, m)
			continue
		}
		for _, p := range doc.Root.Pairs {
			if m, ok := confMacro(p.Key.Text, p.Value); ok {
				out = append(out, m)
			}
		}
	}
	return out
}

// yamlMacro reads a document with a name and a definition.
func yamlMacro(root *document.Node) (spl.Macro, bool) {
	name, definition := root.Get("name"), root.Get("definition")
	if name == nil || definition == nil || !name.IsScalar() || !definition.IsScalar() ||
		root.Get("search") != nil || root.Get("detection") != nil {
		return spl.Macro{}, false
	}
	return spl.Macro{Name: name.Text, Args: root.Get("arguments").Texts(), Definition: definition.Text}, true
}

// confMacro reads a stanza: [name] or, with arguments, [name(2)].
func confMacro(name string, stanza *document.Node) (spl.Macro, bool) {
	definition := stanza.Get("definition")
	if definition == nil || !definition.IsScalar() {
		return spl.Macro{}, false
	}
	m := spl.Macro{Name: name, Definition: definition.Text, IsEval: truth(stanza.Get("iseval"))}
	if args := stanza.Get("args"); args != nil {
		for arg := range strings.SplitSeq(args.Text, ",") {
			if arg = strings.TrimSpace(arg); arg != "" {
				m.Args = append(m.Args, arg)
			}
		}
	}
	return m, true
}

// truth reads a boolean setting as Splunk does.
func truth(n *document.Node) bool {
	if n == nil {
		return false
	}
	switch strings.ToLower(n.Text) {
	case "1", "t", "true", "y", "yes", "on", "enabled":
		return true
	}
	return false
}

// dataMacro returns the name of the macro that says which data a search
// reads: the first one, unless the search reads a data model, or begins with
// what is known to be something else.
func dataMacro(q spl.Rule) string {
	if len(q.Macros) == 0 || len(q.DataModels) > 0 {
		return ""
	}
	switch name := q.Macros[0]; {
	case strings.HasPrefix(name, "security_content_"), strings.HasSuffix(name, "_filter"), name == "drop_dm_object_name":
		return ""
	default:
		return name
	}
}
