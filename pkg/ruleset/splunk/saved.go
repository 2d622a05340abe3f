package splunk

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// isSearch reports whether a stanza is a saved search that may find
// something: searches that fill lookups or answer an analyst say so in their
// type.
func isSearch(stanza *document.Node) bool {
	if stanza.Get("search") == nil {
		return false
	}
	if t := action(stanza, "search_type"); t != nil {
		switch strings.ToLower(t.Text) {
		case "support", "investigative", "contextual":
			return false
		}
	}
	return true
}

// action returns a setting of the alert action that has the name of the app
// that a search comes from: action.escu.<name>, if the app is ESCU.
func action(stanza *document.Node, name string) *document.Node {
	for _, p := range stanza.Pairs {
		app, ok := strings.CutPrefix(p.Key.Text, "action.")
		if !ok {
			continue
		}
		if app, ok = strings.CutSuffix(app, "."+name); ok && !strings.Contains(app, ".") {
			return p.Value
		}
	}
	return nil
}

// saved reads the saved search of stanza i. Schedules and the settings of
// alert actions are left out.
func (l *loader) saved(i int, stanza document.Pair, errs span.Errors) {
	r := reader{file: l.file, rule: stanza.Value, errs: errs}
	out := l.start(i, stanza.Key)
	out.ID, out.Title = stanza.Key.Text, stanza.Key.Text
	out.Description = strings.TrimSpace(r.text("description"))
	out.Status = labelled(r.text("action.correlationsearch.label"))
	out.Date = strings.TrimSpace(r.scalar(action(r.rule, "creation_date"), "creation_date"))
	out.Modified = strings.TrimSpace(r.scalar(action(r.rule, "modification_date"), "modification_date"))
	out.FalsePositives = trimmed(action(r.rule, "known_false_positives").Texts())
	if id := r.object(r.rule.Get("action.correlationsearch.metadata")).Get("detection_id"); id != nil && id.Text != "" {
		out.ID = id.Text
	}
	r.annotations(&out)
	out.Level = r.savedLevel()
	r.query(&out, r.rule.Get("search"), l.macros)
	out.Errors = l.file.Diagnostics(r.errs)
	l.rules = append(l.rules, out)
}

// labelled returns the status that contentctl writes into the label: "ESCU -
// Deprecated - name - Rule".
func labelled(label string) string {
	for word := range strings.SplitSeq(label, " - ") {
		switch word {
		case "Deprecated":
			return "deprecated"
		case "Experimental":
			return "experimental"
		}
	}
	return ""
}

// annotations reads the JSON object that correlation searches and risk rules
// carry, and the mappings that apps of contentctl have beside it.
func (r *reader) annotations(out *record.Rule) {
	object := r.object(r.rule.Get("action.correlationsearch.annotations"))
	mappings := r.object(action(r.rule, "mappings"))
	addIDs(out, object.Get("mitre_attack"))
	addIDs(out, mappings.Get("mitre_attack"))
	addAll(out, object)
	addAll(out, mappings)
	for _, s := range []struct{ tag, setting string }{{"analytic_story", "analytic_story"}, {"datamodel", "data_models"}, {"product", "product"}} {
		for _, text := range r.object(action(r.rule, s.setting)).Texts() {
			addTag(out, s.tag, text)
		}
	}
	addTag(out, "security_domain", r.text("action.notable.param.security_domain"))
	distinct(out)
	if names := dataSources(object.Get("data_source")); len(names) > 0 {
		logsource(out).DataSource = names
	}
}

// object reads the JSON in the setting n; nil where there is none, or it is
// broken.
func (r *reader) object(n *document.Node) *document.Node {
	if n == nil || n.Text == "" {
		return nil
	}
	f := document.JSON([]byte(n.Text))
	if len(f.Errors) > 0 {
		for i := range f.Errors {
			f.Errors[i].Code = "splunk/annotations"
			f.Errors[i].Msg += " in the JSON of a setting"
		}
		r.errs = append(r.errs, f.Errors.Shift(r.file.Map(n))...)
	}
	if len(f.Docs) == 0 {
		return nil
	}
	return f.Docs[0].Root
}
