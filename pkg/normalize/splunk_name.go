package normalize

import (
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/field"
)

// isMeta reports whether a field of Splunk is not the event's, but says where
// Splunk keeps the event.
func isMeta(name string) bool {
	switch name {
	case "index", "source", "sourcetype", "eventtype", "tag", "nodename", "splunk_server":
		return true
	}
	return false
}

// splunkName looks n.author up.
func splunkName(t *field.Table, n naming, ctx field.Context) naming {
	if isMeta(n.author) {
		n.name = n.author
		return n
	}
	row, ok := splunkRow(t, n.author, ctx)
	n.unmapped = !ok && n.author != ""
	if !ok || !row.Collapse {
		n.name = field.Bare(vendorSplunk, n.author)
		return n
	}
	n.name, n.transform, n.relation = row.Canonical, row.Transform, row.Relation
	return n
}

// asProgram returns the naming of the application behind network traffic where
// the values are programs or parts of their paths: Splunk's add-on for Sysmon has
// the image there, while firewalls have a protocol.
func asProgram(n naming, values []string) naming {
	if n.name != "NetworkProtocol" || len(values) == 0 {
		return n
	}
	for _, v := range values {
		if !windowsFile(v) && !strings.Contains(v, `\`) {
			return n
		}
	}
	n.name, n.transform, n.relation = "Image", "basename", "similar"
	return n
}

// asResult returns the naming of the outcome of an event where the values are
// outcomes: the add-ons have what was done, or why it failed, under the same
// names, which then stay the author's.
func asResult(n naming, values []string) naming {
	if n.name != "EventOutcome" || len(values) == 0 {
		return n
	}
	for _, v := range values {
		switch strings.ToLower(v) {
		case "success", "failure", "unknown", "":
			return n
		}
	}
	n.name, n.transform, n.relation = field.Bare(vendorSplunk, n.author), "", ""
	return n
}

// splunkRow returns the row of a field: as it stands, as a field of a data model
// whose object's name the search has dropped, or as a member of a list.
func splunkRow(t *field.Table, author string, ctx field.Context) (field.Row, bool) {
	row, ok := t.Lookup(vendorSplunk, author, splunkContext(author, ctx))
	if ok {
		return row, true
	}
	if row, ok := splunkBare(t, author, ctx); ok {
		return row, true
	}
	if plain := field.Listless(author); plain != author {
		return t.Lookup(vendorSplunk, plain, ctx)
	}
	return field.Row{}, false
}

// splunkContext returns ctx with the data model that a field's name says.
func splunkContext(name string, ctx field.Context) field.Context {
	object, _, ok := strings.Cut(name, ".")
	if !ok {
		return ctx
	}
	for _, f := range ctx {
		if f.Key == keyModel && strings.HasSuffix(f.Value, object) {
			return ctx // as nearly always
		}
	}
	model := modelOf(name)
	if model == "" {
		return ctx
	}
	return append(slices.Clip(ctx), field.Fact{Key: keyModel, Value: model})
}

// splunkBare looks up a field that has no row where it stands, as one of a data
// model whose object's name the search has dropped.
func splunkBare(t *field.Table, name string, ctx field.Context) (field.Row, bool) {
	model := modelOfBare(name)
	if model == "" {
		return field.Row{}, false
	}
	for _, f := range ctx {
		if f.Key == keyPlatform && !isOS(f.Value) {
			return field.Row{}, false
		}
	}
	return t.Lookup(vendorSplunk, name, field.Context{
		{Key: keyModel, Value: model}, {Key: keyAfter, Value: "drop_dm_object_name"},
	})
}
