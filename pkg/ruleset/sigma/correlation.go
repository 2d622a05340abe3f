package sigma

import (
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/sigmacond"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// correlation reads the correlation section (Sigma correlation rules
// specification 2.1.0). The rules that it names are not looked up: they may
// stand in files that come later.
func (r *reader) correlation(out *record.Rule) {
	out.Kind = record.KindCorrelation
	key, section := pair(r.root, "correlation")
	if section.Kind != document.Map {
		r.missing(key, "correlation", "a map with type, rules and timespan")
		return
	}
	out.Query = r.file.Block(key, section)
	c := &record.Correlation{}
	out.Correlation = c
	r.correlationType(c, section)
	if n := section.Get("rules"); n != nil {
		c.Rules = n.Texts()
	}
	if n := section.Get("group-by"); n != nil {
		c.GroupBy = n.Texts()
	}
	r.timespan(c, section)
	r.aliases(c, section)
	if n := section.Get("generate"); n != nil {
		c.Generate = n.Text == "true"
		if n.Kind != document.Bool {
			r.errs.Add(r.file.At(n), "sigma/correlation-generate", "unexpected %s %q, expected true or false", n.Kind, n.Text)
		}
	}
	r.correlationCondition(c, section)
	if len(c.Rules) == 0 && c.Expression == "" {
		r.missing(section, "rules", "the rules to correlate")
	}
}

func (r *reader) correlationType(c *record.Correlation, section *document.Node) {
	n := section.Get("type")
	if n == nil {
		r.missing(section, "type", "the type of the correlation")
		return
	}
	c.Type = n.Text
	if !isCorrelationType(c.Type) {
		r.errs.Add(r.file.At(n), "sigma/correlation-type", "unknown correlation type %q", c.Type)
	}
}

// isCorrelationType reports whether name is a type of the specification, or
// value_median, which the reference implementation has beside it.
func isCorrelationType(name string) bool {
	switch name {
	case "event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg", "value_percentile", "value_median":
		return true
	}
	return false
}

// timespan checks the number and its unit: s, m, h or d.
func (r *reader) timespan(c *record.Correlation, section *document.Node) {
	n := section.Get("timespan")
	if n == nil || !n.IsScalar() || n.Kind == document.Null {
		r.missing(section, "timespan", "a time span such as 5m")
		return
	}
	c.Timespan = n.Text
	amount := strings.TrimRight(n.Text, "smhd")
	if len(n.Text)-len(amount) != 1 || amount == "" || !isDigits(amount) {
		r.errs.Add(r.file.At(n), "sigma/timespan", "%q is no time span, expected a number and one of s, m, h, d", n.Text)
	}
}

func (r *reader) aliases(c *record.Correlation, section *document.Node) {
	n := section.Get("aliases")
	switch {
	case n == nil || n.Kind == document.Null:
		return
	case n.Kind != document.Map:
		r.errs.Add(r.file.At(n), "sigma/alias", "unexpected %s as aliases, expected a map of names, rules and fields", n.Kind)
		return
	}
	c.Aliases = map[string]map[string]string{}
	for _, p := range n.Pairs {
		fields := map[string]string{}
		for _, q := range p.Value.Pairs {
			fields[q.Key.Text] = q.Value.Text
		}
		if len(fields) == 0 {
			r.errs.Add(r.file.At(p.Key), "sigma/alias", "alias %q names no rule and field", p.Key.Text)
		}
		c.Aliases[p.Key.Text] = fields
	}
}

// correlationCondition reads the condition: bounds, or for temporal types an
// expression over rules.
func (r *reader) correlationCondition(c *record.Correlation, section *document.Node) {
	n := section.Get("condition")
	temporal := strings.HasPrefix(c.Type, "temporal")
	switch {
	case n == nil || n.Kind == document.Null:
		if !temporal && c.Type != "" {
			r.missing(section, "condition", "a condition such as gte: 10")
		}
	case n.Kind == document.Map:
		r.bounds(c, n)
	case n.IsScalar():
		c.Expression = n.Text
		if !temporal {
			r.errs.Add(r.file.At(n), "sigma/correlation-condition", "unexpected expression for type %s, expected a map such as gte: 10", c.Type)
		}
		r.expression(c, n)
	default:
		r.errs.Add(r.file.At(n), "sigma/correlation-condition", "unexpected %s, expected a map such as gte: 10", n.Kind)
	}
}

// bounds reads a condition such as {gte: 10, lt: 20, field: x}.
func (r *reader) bounds(c *record.Correlation, n *document.Node) {
	var fields []string
	var percentile string
	for _, p := range n.Pairs {
		switch p.Key.Text {
		case "gt", "gte", "lt", "lte", "eq", "neq":
			if _, err := strconv.ParseFloat(p.Value.Text, 64); err != nil {
				r.errs.Add(r.file.At(p.Value), "sigma/correlation-condition", "unexpected %q, expected a number", p.Value.Text)
			}
			c.Condition = append(c.Condition, record.Bound{Op: p.Key.Text, Value: p.Value.Text})
		case "field":
			fields = p.Value.Texts()
		case "percentile":
			percentile = p.Value.Text
		default:
			r.errs.Add(r.file.At(p.Key), "sigma/correlation-condition", "unknown member %q, expected gt, gte, lt, lte, eq, neq, field or percentile", p.Key.Text)
		}
	}
	for i := range c.Condition {
		c.Condition[i].Fields, c.Condition[i].Percentile = fields, percentile
	}
	if len(c.Condition) == 0 {
		r.errs.Add(r.file.At(n), "sigma/correlation-condition", "no bound, expected gt, gte, lt, lte, eq or neq")
	}
	if strings.HasPrefix(c.Type, "value_") && len(fields) == 0 {
		r.errs.Add(r.file.At(n), "sigma/correlation-condition", "no field, expected the field of which type %s takes the values", c.Type)
	}
}

// expression checks a condition over rules, such as "a and not b".
func (r *reader) expression(c *record.Correlation, n *document.Node) {
	x, errs := sigmacond.Parse(n.Text)
	if len(errs) > 0 {
		r.errs = append(r.errs, errs.Shift(r.file.Map(n))...)
		return
	}
	used := sigmacond.Names(x.Where)
	listed, named := set(c.Rules), set(used)
	for _, name := range used {
		if len(c.Rules) > 0 && !listed[name] {
			r.errs.Add(r.file.At(n), "sigma/correlation-condition", "rule %q of the condition is not in the list of rules", name)
		}
	}
	for _, name := range c.Rules {
		if !named[name] {
			r.errs.Add(r.file.At(n), "sigma/correlation-condition", "rule %q is not in the condition", name)
		}
	}
}

func set(list []string) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, s := range list {
		out[s] = true
	}
	return out
}
