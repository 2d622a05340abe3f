// Package sigma reads Sigma files as the specification 2.1.0 has them:
// detection rules, correlation rules and filters, one or several to a file.
// It turns their detections into trees; conditions are read by sigmacond.
package sigma

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/query/sigmacond"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// Vendor is the "vendor" of the rules that this package reads.
const Vendor = "sigma"

// SpecVersion is the version of the Sigma specification that is read.
const SpecVersion = "2.1.0"

// Match reports whether text may hold Sigma documents, by a glance at the
// keys in it: one that only Sigma has, and another one of its own beside it.
// Load decides, document by document; but what does not match is no broken
// rule either, and a page about detections is not read as YAML at all.
func Match(text []byte) bool {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		text = bytes.ReplaceAll(text[2:], []byte{0}, nil)
	}
	if isNDJSON(text) {
		return false
	}
	if start := bytes.TrimLeft(text, " \t\r\n"); len(start) > 0 && start[0] == '{' {
		return matchFlow(start)
	}
	var own, other int
	for rest := text; len(rest) > 0 && (own == 0 || own+other < 2); {
		var line []byte
		end := bytes.IndexAny(rest, "\r\n") + 1
		if end == 0 {
			end = len(rest)
		}
		line, rest = rest[:end], rest[end:]
		switch keyKind(line) {
		case ownKey:
			own++
		case otherKey:
			other++
		}
	}
	return own > 0 && own+other > 1
}

// matchFlow looks for the keys in YAML of one line, which may be JSON.
func matchFlow(text []byte) bool {
	own := bytes.Contains(text, []byte("detection")) || bytes.Contains(text, []byte("correlation")) || bytes.Contains(text, []byte("logsource"))
	return own && bytes.Contains(text, []byte("title")) && !bytes.Contains(text, []byte("rule_id"))
}

type keyType int

const (
	noKey keyType = iota
	ownKey
	otherKey
)

// keyKind tells whether a line begins with a key of Sigma's.
func keyKind(line []byte) keyType {
	key, _, found := bytes.Cut(line, []byte{':'})
	if !found || len(key) > 40 {
		return noKey
	}
	switch string(bytes.Trim(key, "\xef\xbb\xbf \t'\"-{")) {
	case "detection", "logsource", "correlation", "action":
		return ownKey
	case "title", "id", "status", "description", "author", "level", "tags", "condition", "filter", "rules", "type":
		return otherKey
	}
	return noKey
}

// isNDJSON reports whether text is JSON objects, one a line: records of our
// own or of another program, which may well speak of detections.
func isNDJSON(text []byte) bool {
	first, rest, _ := bytes.Cut(bytes.TrimSpace(text), []byte{'\n'})
	first = bytes.TrimRight(first, "\r")
	return len(first) > 0 && first[0] == '{' && first[len(first)-1] == '}' && bytes.HasPrefix(rest, []byte{'{'})
}

// Load reads the documents of f, the file at path. Filters that stand in f,
// and those given, are applied to the rules that they name. The errors are
// those of documents of which there is no rule.
func Load(path string, f *document.File, filters *FilterSet) ([]record.Rule, []record.Error) {
	l := newLoader(path, f)
	for i := range f.Docs {
		l.document(i)
	}
	own := NewFilterSet(l.filters)
	for i := range l.rules {
		l.apply(&l.rules[i], own)
		l.apply(&l.rules[i], filters)
	}
	return l.records(), l.errs
}

func (l *loader) records() []record.Rule {
	out := make([]record.Rule, len(l.rules))
	for i := range l.rules {
		out[i] = l.rules[i].Rule
	}
	return out
}

// Filters returns the filters of f, for Load, and the records of what f holds,
// which say what is wrong with it.
func Filters(path string, f *document.File) ([]Filter, []record.Rule, []record.Error) {
	l := newLoader(path, f)
	for i := range f.Docs {
		l.document(i)
	}
	return l.filters, l.records(), l.errs
}

// loader reads the documents of one file, one after the other: an
// "action: global" document is a template for those behind it.
type loader struct {
	path     string
	file     *document.File
	global   *document.Node
	previous *document.Node
	rules    []named
	filters  []Filter
	errs     []record.Error
	room     budget // for all rules of the file
	copied   int    // bytes of templates that were put into rules
	regexes  int    // costly ones that were checked
}

func newLoader(path string, f *document.File) *loader {
	return &loader{path: path, file: f, room: fileBudget()}
}

// template returns n, which is put into the document root; nil, and an error,
// where so much was copied already that there is no room for it.
func (l *loader) template(n, root *document.Node, errs *span.Errors) *document.Node {
	switch {
	case n == nil:
		return nil
	case l.copied > 2*scan.MaxWeight:
		errs.Add(l.file.At(root), "sigma/template-too-large", "templates make more than %d bytes of the rules of this file", 2*scan.MaxWeight)
		return nil
	}
	l.copied += size(n)
	return n
}

// named is a rule with what only references need.
type named struct {
	record.Rule
	name string
}

// document reads document i of the file.
func (l *loader) document(i int) {
	doc := l.file.Docs[i]
	errs := l.file.ErrorsOf(i)
	if doc.Root == nil {
		l.report(errs)
		return
	}
	root := doc.Root
	if root.Kind != document.Map {
		return
	}
	switch action := root.Get("action"); {
	case action == nil || !isSigma(root) && !isAction(action):
	case action.Text == "global":
		l.global, l.previous = root, nil
		l.report(errs)
		return
	case action.Text == "reset":
		l.global = nil
		return
	case action.Text == "repeat":
		root = merged(l.template(l.previous, root, &errs), root)
	default:
		errs.Add(l.file.At(action), "sigma/action", "unknown action %q, expected global, reset or repeat", action.Text)
		l.report(errs)
		return
	}
	repeats := root.Get("action") != nil && root.Get("title") != nil
	if l.global == nil && !isSigma(root) && !repeats {
		return
	}
	l.previous = root
	global := l.template(l.global, root, &errs)
	l.rule(i, merged(root, global), errs)
}

// isAction reports whether a document without other marks of Sigma is one
// because of its action.
func isAction(n *document.Node) bool {
	switch n.Text {
	case "global", "reset", "repeat":
		return true
	}
	return false
}

// isSigma reports whether a document is a Sigma rule, whatever is wrong with it.
func isSigma(root *document.Node) bool {
	detection := root.Get("detection")
	if detection != nil && (detection.Get("condition") != nil || root.Get("logsource") != nil || root.Get("title") != nil) {
		return true
	}
	if root.Get("correlation").Get("type") != nil || root.Get("correlation").Get("rules") != nil {
		return true
	}
	if root.Get("logsource") == nil {
		return false
	}
	return root.Get("title") != nil || root.Get("filter") != nil
}

// report makes error records of errs.
func (l *loader) report(errs span.Errors) {
	l.errs = append(l.errs, l.file.ErrorRecords("rparse", l.path, errs)...)
}

// merged returns dest with the members of src put over it, maps member by
// member. Neither is changed.
func merged(dest, src *document.Node) *document.Node {
	if dest == nil || src == nil {
		if dest == nil {
			return src
		}
		return dest
	}
	out := *dest
	out.Pairs = slices.Clone(dest.Pairs)
	index := make(map[string]int, len(dest.Pairs))
	for i := len(dest.Pairs) - 1; i >= 0; i-- {
		index[dest.Pairs[i].Key.Text] = i
	}
	for _, p := range src.Pairs {
		i, ok := index[p.Key.Text]
		switch {
		case p.Key.Text == "action":
		case !ok:
			index[p.Key.Text] = len(out.Pairs)
			out.Pairs = append(out.Pairs, p)
		case p.Value.Kind == document.Map && out.Pairs[i].Value.Kind == document.Map:
			out.Pairs[i].Value = merged(out.Pairs[i].Value, p.Value)
		default:
			out.Pairs[i].Value = p.Value
		}
	}
	return &out
}

// reader reads one rule and collects what is wrong with it.
type reader struct {
	*loader
	root *document.Node
	errs span.Errors
	own  budget
}

// rule reads the rule of document i.
func (l *loader) rule(i int, root *document.Node, errs span.Errors) {
	r := reader{loader: l, root: root, errs: errs, own: ruleBudget()}
	line, _ := l.file.Position(l.file.Docs[i].At)
	out := named{Rule: record.Rule{
		Type: record.TypeRule, V: record.Version, Vendor: Vendor, Path: l.path, Doc: i, Line: line,
		Language: "sigma", Kind: record.KindMatch,
	}}
	r.metadata(&out)
	switch {
	case l.room.spent():
		where := r.tooLarge(root)
		out.Parts = []record.Part{{Where: &where}}
	case root.Get("correlation") != nil:
		r.correlation(&out.Rule)
	case root.Get("filter") != nil && root.Get("detection") == nil:
		if f, ok := r.filter(&out.Rule); ok {
			l.filters = append(l.filters, f)
		}
	default:
		r.detection(&out.Rule)
	}
	out.Coverage = coverage(&out.Rule)
	out.Errors = l.file.Diagnostics(r.errs)
	l.rules = append(l.rules, out)
}

// detection reads the detection section into parts, one for each condition.
func (r *reader) detection(out *record.Rule) {
	key, section := pair(r.root, "detection")
	if section == nil || section.Kind != document.Map {
		r.missing(key, "detection", "a map of search identifiers and a condition")
		return
	}
	out.Query = r.file.Block(key, section)
	searches := r.searches(section, "condition", "timeframe")
	if t := section.Get("timeframe"); t != nil {
		out.Maxspan = t.Text
	}
	for _, n := range r.conditions(section) {
		if !r.take(1, 0) {
			where := r.tooLarge(n)
			out.Parts = append(out.Parts, record.Part{Where: &where})
			break
		}
		parts := r.condition(n, searches)
		if len(parts) > 1 {
			out.Kind = record.KindJoin
		}
		out.Parts = append(out.Parts, parts...)
	}
	if len(out.Parts) > 1 && out.Kind == record.KindMatch {
		numberParts(out.Parts)
	}
}

// numberParts names the parts of a list of conditions by their place in it.
func numberParts(parts []record.Part) {
	for i := range parts {
		parts[i].Name = strconv.Itoa(i + 1)
	}
}

// conditions returns the conditions of a section: a text, or a list of texts.
func (r *reader) conditions(section *document.Node) []*document.Node {
	n := section.Get("condition")
	switch {
	case n == nil, n.Kind == document.Null, n.Kind == document.List && len(n.Items) == 0:
		r.missing(section, "condition", "a condition in the detection")
		return nil
	case n.Kind == document.List:
		return n.Items
	}
	return []*document.Node{n}
}

// condition reads one condition and says where in the file its errors are.
func (r *reader) condition(n *document.Node, searches *sigmacond.Searches) []record.Part {
	if !n.IsScalar() {
		r.errs.Add(r.file.At(n), "sigma/condition", "unexpected %s as the condition, expected a text", n.Kind)
		where := scan.Opaque("syntax/sigma-condition", sketch(n))
		return []record.Part{{Where: &where}}
	}
	c, errs := sigmacond.Parse(n.Text)
	parts, more := sigmacond.Lower(c, searches)
	errs = append(errs, more...)
	if c.Aggregation != nil || len(c.Near) > 0 {
		errs.Add(span.At(strings.IndexByte(n.Text, '|')), span.Deprecated+"sigma-aggregation",
			"aggregations in conditions are gone since Sigma 2.0: read, but better written as a correlation rule")
	}
	if len(errs) > 0 {
		r.errs = append(r.errs, errs.Shift(r.file.Map(n))...)
	}
	return parts
}

// missing says that a section is not there, or not of the right kind.
func (r *reader) missing(at *document.Node, name, expected string) {
	if at == nil {
		at = r.root
	}
	r.errs.Add(r.file.At(at), "sigma/no-"+name, "no usable %s, expected %s", name, expected)
}

// pair returns the member name of the map n, key and value.
func pair(n *document.Node, name string) (key, value *document.Node) {
	for _, p := range n.Pairs {
		if p.Key.Text == name {
			return p.Key, p.Value
		}
	}
	return nil, nil
}

// coverage says how much of the rule was understood.
func coverage(r *record.Rule) string {
	if r.Kind == record.KindCorrelation {
		if r.Correlation == nil || !isCorrelationType(r.Correlation.Type) {
			return record.CoverageNone
		}
		return record.CoverageFull
	}
	return scan.Coverage(r.Parts)
}
