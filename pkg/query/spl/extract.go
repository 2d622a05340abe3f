package spl

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// extract reads the commands that add or change columns.
func (p *parser) extract(at span.Span, command string) Stage {
	x := Extract{At: at, Text: p.text[at.Start:at.End], Holes: p.holes()}
	args := p.args()
	switch command {
	case "rex", "erex":
		x.rex(args)
	case "lookup":
		x.lookup(args)
	case "spath", "xpath":
		x.path(args)
	case "fillnull", "filldown":
		x.Nulls = true
		x.Columns = plainWords(args)
	case "convert":
		x.convert(args)
	case "bin", "bucket", "discretize", "predict", "apply", "accum", "delta", "autoregress", "fit", "score":
		x.Columns = aliases(args)
		x.models(command, args)
	case "iplocation":
		x.Columns = prefixed(args, "City", "Continent", "Country", "MetroCode", "Region", "Timezone", "lat", "lon")
	case "foreach":
		x.foreach(p, args)
	default:
		x.others(command, args)
	}
	return x
}

// plainWords are the arguments that are no options.
func plainWords(args []arg) []string {
	var out []string
	for _, a := range args {
		if a.key == "" {
			out = append(out, a.text)
		}
	}
	return out
}

// aliases are the names behind "as".
func aliases(args []arg) []string {
	var out []string
	for i := 1; i < len(args); i++ {
		if args[i-1].is("as") {
			out = append(out, args[i].text)
		}
	}
	return out
}

func option(args []arg, keys ...string) (string, bool) {
	for _, a := range args {
		for _, key := range keys {
			if strings.EqualFold(a.key, key) {
				return a.text, true
			}
		}
	}
	return "", false
}

// models are the columns of machine learning without a name of their own.
func (x *Extract) models(command string, args []arg) {
	words := plainWords(args)
	if (command == "apply" || command == "fit") && len(x.Columns) == 0 {
		x.Columns = append(x.Columns, "IsOutlier", "isOutlier", "predicted", "cluster")
		for _, w := range words {
			x.Columns = append(x.Columns, "IsOutlier("+w+")", "predicted("+w+")")
		}
	}
}

// rex makes a column of every named group. With mode=sed it changes the field.
func (x *Extract) rex(args []arg) {
	field, _ := option(args, "field", "fromfield")
	if mode, _ := option(args, "mode"); strings.EqualFold(mode, "sed") {
		if field != "" {
			x.Columns = append(x.Columns, field)
		}
		return
	}
	for _, a := range args {
		if a.key == "" || strings.Contains(a.key, "(?") {
			text := a.text
			if a.key != "" {
				text = a.key + "=" + a.text
			}
			x.Columns = append(x.Columns, groups(text)...)
			x.whole(field, text)
		}
	}
}

// whole notes a pattern that is one named group from its first character to its last.
func (x *Extract) whole(field, pattern string) {
	head, inner, found := strings.Cut(pattern, ">")
	name := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(head, "(?"), "P"), "<")
	if !found || wordOf(name) != name || name == "" || !strings.HasSuffix(inner, ")") || head != "(?<"+name && head != "(?P<"+name {
		return
	}
	if field == "" {
		field = "_raw"
	}
	if inner = inner[:len(inner)-1]; name != field && isClosed(inner) {
		x.Column, x.Field, x.Pattern = name, field, inner
	}
}

// isClosed reports whether all brackets of a regular expression are closed in
// it, and none was open before.
func isClosed(pattern string) bool {
	depth, class := 0, false
	for i := 0; i < len(pattern) && depth >= 0; i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
			if i == len(pattern) {
				return false
			}
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
	}
	return depth == 0 && !class
}

// groups returns the names of the groups of a regular expression: (?<n>x),
// (?P<n>x) and (?'n'x), but no look-behinds.
func groups(pattern string) []string {
	var out []string
	for i := 0; i+2 < len(pattern); i++ {
		if pattern[i] == '\\' {
			i++
			continue
		}
		rest, found := strings.CutPrefix(pattern[i:], "(?")
		if !found {
			continue
		}
		rest = strings.TrimPrefix(rest, "P")
		if rest == "" || rest[0] != '<' && rest[0] != '\'' {
			continue
		}
		closing := ">"
		if rest[0] == '\'' {
			closing = "'"
		}
		if name := wordOf(rest[1:]); name != "" && strings.HasPrefix(rest[1+len(name):], closing) {
			out = append(out, name)
		}
	}
	return out
}

// lookup = name { field [ "AS" field ] } [ "OUTPUT" | "OUTPUTNEW" { field [ "AS" name ] } ]
func (x *Extract) lookup(args []arg) {
	for i, a := range args {
		if !a.is("output") && !a.is("outputnew") {
			continue
		}
		outputs := args[i+1:]
		for j := 0; j < len(outputs); j++ {
			if j+2 < len(outputs) && outputs[j+1].is("as") {
				j += 2
			}
			if !outputs[j].is("output") && !outputs[j].is("outputnew") {
				x.Columns = append(x.Columns, outputs[j].text)
			}
		}
		return
	}
	// Without an output all columns of the list come, whatever they are.
	if words := plainWords(args); len(words) > 0 {
		x.Columns = toolbox(words[0])
	}
}

// toolbox are the columns that a command of the app URL Toolbox makes, or the
// lookup that does the same.
func toolbox(name string) []string {
	switch strings.TrimSuffix(name, "_lookup") {
	case "ut_shannon":
		return []string{"ut_shannon"}
	case "ut_parse_extended":
		return []string{"ut_domain", "ut_subdomain", "ut_netloc", "ut_tld", "ut_domain_without_tld"}
	}
	return nil
}

// path reads spath and xpath: without an input, the output is the event's field
// of that path.
func (x *Extract) path(args []arg) {
	path, named := option(args, "path")
	named = named && path != ""
	for _, a := range args {
		if a.key == "" && !named {
			path, named = a.text, true
		}
	}
	output, as := option(args, "output", "outfield")
	input, from := option(args, "input", "field")
	switch {
	case !as && !named:
	case !as:
		if from && input != "_raw" {
			x.Columns = append(x.Columns, path)
		}
	case named && (!from || input == "_raw") && !strings.HasPrefix(path, "/"):
		x.Copies = append(x.Copies, Pair{path, output})
	default:
		x.Columns = append(x.Columns, output)
	}
}

// convert changes the fields that its functions name, or makes new ones.
func (x *Extract) convert(args []arg) {
	for i, a := range args {
		_, of, found := strings.Cut(a.text, "(")
		if a.key != "" || !found {
			continue
		}
		if i+2 < len(args) && args[i+1].is("as") {
			x.Columns = append(x.Columns, args[i+2].text)
			continue
		}
		if of = strings.Trim(strings.TrimSuffix(of, ")"), `" `); !strings.Contains(of, "*") {
			x.Columns = append(x.Columns, of)
		}
	}
}

func prefixed(args []arg, names ...string) []string {
	prefix, _ := option(args, "prefix")
	for i := range names {
		names[i] = prefix + names[i]
	}
	return names
}

// foreach makes the columns that its templates assign under fixed names.
func (x *Extract) foreach(p *parser, args []arg) {
	for _, a := range args {
		if !strings.HasPrefix(a.text, "[") || a.quoted {
			continue
		}
		if p.end(a.at.Start) == 0 {
			p.unclosed(a.at.Start)
		}
		for _, c := range split(p.text, p.lines, a.at.Start+1, a.at.End-1) {
			x.Columns = append(x.Columns, p.assigned(c)...)
		}
	}
}

// others knows the columns of the commands that are used now and then.
func (x *Extract) others(command string, args []arg) {
	words := plainWords(args)
	switch command {
	case "addtotals":
		name, named := option(args, "fieldname")
		if !named {
			name = "Total"
		}
		x.Columns = []string{name}
	case "addinfo":
		x.Columns = []string{"info_min_time", "info_max_time", "info_sid", "info_search_time"}
	case "transaction", "searchtxn":
		x.Columns = []string{"duration", "eventcount", "closed_txn", "field_match_sum"}
	case "strcat":
		if len(words) > 0 {
			x.Columns = words[len(words)-1:]
		}
	case "rangemap":
		x.Columns = []string{"range"}
	case "cluster":
		x.Columns = []string{"cluster_count", "cluster_label"}
	case "kmeans":
		x.Columns = []string{"CLUSTERNUM"}
	case "anomalydetection", "outlier", "anomalousvalue":
		x.Columns = []string{"log_event_prob", "probable_cause", "probable_cause_freq", "max_freq"}
	case "concurrency":
		x.Columns = []string{"concurrency"}
	case "trendline", "cofilter", "typelearner":
		x.Columns = aliases(args)
	case "reltime":
		x.Columns = []string{"reltime"}
	case "replace":
		x.replaced(args)
	case "cyberchef":
		if name, ok := option(args, "outfield"); ok {
			x.Columns = []string{name}
		}
	case "ut_shannon", "ut_parse_extended":
		x.Columns = toolbox(command)
	}
}

// replaced are the fields behind the last "in" of replace.
func (x *Extract) replaced(args []arg) {
	for i := len(args) - 1; i >= 0; i-- {
		if args[i].is("in") {
			x.Columns = plainWords(args[i+1:])
			return
		}
	}
}
