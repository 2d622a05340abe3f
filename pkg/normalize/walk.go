package normalize

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// walker makes the predicates and gathers the events of one rule.
type walker struct {
	tables     Tables
	vendor     string
	language   string
	partNo     int
	computed   []string // columns of the part in work that are no fields of events
	ors        int      // number of the next or of the part that counts for branches
	predicates []record.Predicate
	raws       []record.Raw // memory for those of the predicates
	events     tie
	missing    *Unmapped // where names without a row are counted, or nil
}

// raw keeps a predicate as its author wrote it.
func (w *walker) raw(r record.Raw) *record.Raw {
	if len(w.raws) == cap(w.raws) {
		// The predicates hold on to the memory that is full.
		w.raws = make([]record.Raw, 0, min(maxPredicates, 64+2*cap(w.raws)))
	}
	w.raws = append(w.raws, r)
	return &w.raws[len(w.raws)-1]
}

// maxPredicates is how many predicates' memory is kept for the next rule. The
// largest of the public ones has 4,432 values.
const maxPredicates = 5 << 10

// begin makes w ready for a rule that comes from o.
func (w *walker) begin(s *record.Subject, o *origin) {
	w.vendor, w.language = s.Vendor, s.Language
	if cap(w.predicates) > maxPredicates {
		w.predicates = nil
	}
	w.predicates = w.predicates[:0]
	w.raws = w.raws[:0]
	w.events.begin(s.Vendor, o)
}

// part walks one event that a rule looks at. (The event that ends a sequence,
// Rule.Until, is not one of them: it says when the rule does not match.)
func (w *walker) part(no int, p *record.Part) {
	w.partNo, w.computed, w.ors = no, p.Computed, 0
	at := place{ands: true, scope: scope{context: w.events.origin.context}}
	if w.events.origin.elastic {
		at.scope = w.elasticPart(p)
	} else if w.events.origin.splunk {
		at.scope = w.splunkPart(p)
	}
	at.absent = p.Missing
	if p.Name == threatQuery {
		at.selects, at.scope = true, scope{}
	}
	w.events.beginPart()
	if p.Where != nil {
		list := p.Where.And
		if list == nil {
			list = []record.Expr{*p.Where}
		}
		at.scope = w.narrow(at.scope, list)
		for i := range list {
			w.expr(&list[i], at)
		}
	}
	if !at.selects {
		w.events.endPart(at.scope)
	}
	if p.Having != nil {
		at.threshold = true
		w.expr(p.Having, at)
	}
}

// place says where in a part's tree the walk is.
type place struct {
	negative  bool   // an odd number of nots above
	ands      bool   // only ands above
	excluded  bool   // below a not with only ands above it
	threshold bool   // in having
	selects   bool   // in a part that is about something else than events
	absent    bool   // in an event of a sequence that must not occur
	branch    string // which alternatives the walk is in, as Predicate.Branch says
	scope     scope
}

// expr walks a condition in reading order.
func (w *walker) expr(e *record.Expr, at place) {
	switch {
	case e.Op != "":
		w.leaf(e, &at)
	case e.Not != nil:
		at.negative = !at.negative
		at.excluded = at.excluded || at.ands
		at.ands = false
		w.expr(e.Not, at)
	case e.And != nil:
		at.scope = w.narrow(at.scope, e.And)
		for i := range e.And {
			w.expr(&e.And[i], at)
		}
	default:
		w.alternatives(e.Or, at)
	}
}

// alternatives walks the members of an or.
func (w *walker) alternatives(or []record.Expr, at place) {
	at.ands = false
	above := at.branch
	no := -1
	if len(above) < maxBranch {
		no = w.ors
		w.ors++
	}
	for i := range or {
		if no >= 0 {
			at.branch = inBranch(above, no, i)
		}
		w.expr(&or[i], at)
	}
}

// maxBranch bounds the length of a Branch: the public rules have four levels
// at most, and every leaf repeats it.
const maxBranch = 64

// inBranch returns the branch of an alternative of the or number no.
func inBranch(above string, no, alternative int) string {
	b := append(make([]byte, 0, maxBranch+16), above...)
	if above != "" {
		b = append(b, ' ')
	}
	b = append(strconv.AppendInt(b, int64(no), 10), '.')
	return string(strconv.AppendInt(b, int64(alternative), 10))
}

// role says what a leaf with the canonical name is there for.
func (w *walker) role(e *record.Expr, name string, at *place) string {
	switch {
	case e.Op == record.OpOpaque:
		return record.RoleOpaque
	case at.threshold:
		return record.RoleThreshold
	case at.selects, selects(w.vendor, e.Field, name):
		return record.RoleSelector
	case at.absent && !at.negative:
		// The rule does not match where such an event occurs. What the event
		// itself excludes is neither.
		return record.RoleExclusion
	case at.absent:
		return record.RoleBranchExclusion
	case !at.negative:
		return record.RoleIndicator
	case at.excluded:
		return record.RoleExclusion
	}
	return record.RoleBranchExclusion
}

// selects reports whether a field says which events are read rather than what
// in them is suspicious. Name is the canonical one, which the vendors share.
func selects(vendor, author, name string) bool {
	if name == "EventID" || name == "Channel" {
		return true
	}
	switch vendor {
	case vendorSplunk:
		return author == "EventCode" || isMeta(author)
	case vendorElastic:
		switch author {
		case "event.type", "host.os.type", "host.os.family", "host.os.platform", "event.code", "winlog.event_id",
			"winlog.channel", "event.category", "event.kind", "event.module",
			"event.dataset", "data_stream.dataset", "data_stream.type", "data_stream.namespace", "_index":
			return true
		}
		return false
	}
	if strings.IndexByte(author, '.') < 0 {
		return false
	}
	return oneOf(author, "event.code", "winlog.channel", "data_stream.dataset",
		"event.category", "event.kind", "event.module", "event.dataset")
}

// oneOf reports whether name is one of names, in any case.
func oneOf(name string, names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// leaf appends a predicate for each value of a leaf, or one for a leaf that
// has none.
func (w *walker) leaf(e *record.Expr, at *place) {
	n := w.named(e, at.scope.context)
	if w.isColumn(e.Field, at) {
		n = naming{author: e.Field, name: e.Field}
	}
	if w.missing != nil && !at.threshold {
		w.missing.leaf(w.vendor, e, at.scope.context)
	}
	base := record.Predicate{
		Field:  n.name,
		Op:     e.Op,
		Role:   w.role(e, n.name, at),
		Part:   w.partNo,
		Cased:  e.Cased && !n.folded,
		Flags:  e.Flags,
		Unit:   e.Unit,
		Expr:   n.expr,
		Fields: n.fields,
		Code:   e.Code,

		// A column of a threshold is computed: it needs no row.
		Unmapped: n.unmapped && !at.threshold,
	}
	if base.Role == record.RoleIndicator {
		base.Branch = at.branch
	}
	if at.threshold && base.Field == "" {
		base.Field = n.expr // a computed column is what a threshold stands on
	}
	positive := !at.negative && !at.threshold && !at.selects
	switch {
	case e.Op == record.OpOpaque:
		base.Value = e.Text
		w.predicates = append(w.predicates, base)
	case e.Ref != "":
		w.ref(e, &base, n, at)
	case e.Op == record.OpIsNull, e.Op == record.OpIsNotNull:
		w.add(&base, e, &n, "")
	default:
		n.numbers = n.name == "Details" && asksNumbers(e.Values)
		w.values(e, &base, &n)
	}
	if positive {
		w.events.leaf(e, n.name, at.scope)
	}
}

// isColumn reports whether a name in a threshold is that of a column which the
// search made, and no field of events.
func (w *walker) isColumn(name string, at *place) bool {
	return at.threshold && w.vendor == vendorSplunk && slices.Contains(w.computed, name)
}

// values appends a predicate for each value of a leaf. Those of a list of
// hashes may become predicates on several fields, and are alternatives still.
func (w *walker) values(e *record.Expr, base *record.Predicate, n *naming) {
	apart := n.name == fieldHashes && len(e.Values) > 1 && !e.All && base.Role == record.RoleIndicator && len(base.Branch) < maxBranch
	above := base.Branch
	for i, v := range e.Values {
		if apart {
			base.Branch = inBranch(above, w.ors, i)
		}
		w.add(base, e, n, v)
	}
	if apart {
		w.ors++
	}
}

// ref appends the predicate of a comparison with another field, or with a
// computed right side.
func (w *walker) ref(e *record.Expr, base *record.Predicate, n naming, at *place) {
	changed := n.name != e.Field
	switch {
	case e.RefExpr:
		base.Expr = e.Ref
	case w.isColumn(e.Ref, at):
		base.Ref = e.Ref
	default:
		other := name(w.tables.Fields, w.vendor, e.Ref, at.scope.context)
		base.Ref = other.name
		changed = changed || other.name != e.Ref
	}
	if changed && e.Expr == "" {
		base.Raw = w.raw(record.Raw{Field: e.Field, Op: e.Op, Value: e.Ref})
		base.Relation = n.relation
	}
	w.predicates = append(w.predicates, *base)
}

// add appends the predicate of one value in its canonical form, with the
// author's beside it where that differs.
func (w *walker) add(base *record.Predicate, e *record.Expr, n *naming, author string) {
	c := comparison{op: e.Op, value: author, flags: e.Flags, cased: base.Cased}
	if n.expr == "" {
		c = canonical(c, n, w.language)
	}
	w.predicates = append(w.predicates, *base)
	p := &w.predicates[len(w.predicates)-1]
	if n.name == fieldHashes {
		if field, one, ok := oneHash(c); ok {
			p.Field, c = field, one
		}
	}
	p.Op, p.Value, p.Flags, p.Cased = c.op, c.value, c.flags, c.cased
	if n.apart {
		p.Relation = n.relation // to a field that it is not folded into
	}
	renamed := n.expr == "" && n.name != n.author
	if renamed || c.op != e.Op || c.value != author {
		p.Raw = w.raw(record.Raw{Field: n.author, Op: e.Op, Value: author})
		p.Relation = n.relation
	}
}
