package record

// subjectScanner reads the members of rules that normalizing reads. It is
// written by hand because the general decoder took a third of rnorm's time and
// made half of its garbage. A test holds it to what that one reads.
type subjectScanner struct {
	scanner

	// Memory of what was read.
	parts     []Part
	exprs     []Expr
	stack     []Expr // the lists that are not at their end
	logsource Logsource
}

// maxExprs bounds the memory of a subjectScanner: 1 MiB. None of the public
// rules has 200 conditions.
const maxExprs = 2 << 10

// decodeFast is Decode for a record as rparse writes it, and reports whether
// the line is one.
func (s *Subject) decodeFast(line []byte) bool {
	*s = Subject{scan: s.scan}
	r := &s.scan
	r.begin(line)
	clear(r.parts) // they hold on to the lines before
	clear(r.exprs)
	clear(r.stack)
	r.parts, r.exprs, r.stack, r.logsource = r.parts[:0], r.exprs[:0], r.stack[:0], Logsource{}
	for more := r.open('{', '}'); more; more = r.more('}') {
		r.subject(s)
	}
	return r.done()
}

// subject reads a member of a rule. One that is not known may be another
// spelling of one that is: the general decoder folds their case.
func (r *subjectScanner) subject(s *Subject) {
	switch r.name() {
	case "vendor":
		s.Vendor = r.string()
	case "path":
		s.Path = r.string()
	case "id":
		s.ID = r.string()
	case "tags":
		s.Tags = r.list()
	case "techniques":
		s.Techniques = r.list()
	case "logsource":
		s.Logsource = r.source(s.Logsource)
	case "kind":
		s.Kind = r.string()
	case "language":
		s.Language = r.string()
	case "parts":
		s.Parts = r.partList(s.Parts)
	case "predicates":
		s.Predicates = true
		r.skip(0)
	case "events":
		s.Events = true
		r.skip(0)
	case "attack":
		s.Attack = true
		r.skip(0)
	case "platforms":
		s.Platforms = true
		r.skip(0)
	case "type", "v", "doc", "line", "title", "status", "level", "description", "author", "date", "modified", "references",
		"falsepositives", "tactics", "query", "maxspan", "until", "pipes", "threshold", "new_terms", "threat_match",
		"machine_learning", "correlation", "filter", "coverage", "errors":
		r.skip(0)
	default:
		r.giveUp()
	}
}

// first gives up where a member is there twice that the general decoder reads
// into one value.
func (r *subjectScanner) first(is bool) {
	if !is {
		r.giveUp()
	}
}

func (r *subjectScanner) source(before *Logsource) *Logsource {
	r.first(before == nil)
	s := &r.logsource
	for more := r.open('{', '}'); more; more = r.more('}') {
		switch r.name() {
		case "product":
			s.Product = r.string()
		case "category":
			s.Category = r.string()
		case "service":
			s.Service = r.string()
		case "index":
			s.Index = r.list()
		case "data_source":
			s.DataSource = r.list()
		case "event_category_override":
			s.EventCategoryOverride = r.string()
		default:
			r.giveUp()
		}
	}
	return s
}

func (r *subjectScanner) partList(before []Part) []Part {
	r.first(before == nil)
	for more := r.open('[', ']'); more; more = r.more(']') {
		var p Part
		r.part(&p)
		r.parts = append(r.parts, p)
		if len(r.parts) == maxExprs {
			r.giveUp()
		}
	}
	if len(r.parts) == 0 {
		return []Part{}
	}
	return r.parts
}

func (r *subjectScanner) part(p *Part) {
	for more := r.open('{', '}'); more; more = r.more('}') {
		switch r.name() {
		case "name":
			p.Name = r.string()
		case "source":
			p.Source = r.string()
		case "by":
			p.By = r.list()
		case "missing":
			p.Missing = r.bool()
		case "runs":
			p.Runs = r.int()
		case "where":
			p.Where = r.one(p.Where, 0)
		case "having":
			p.Having = r.one(p.Having, 0)
		case "computed":
			p.Computed = r.list()
		default:
			r.giveUp()
		}
	}
}

// one reads a condition.
func (r *subjectScanner) one(before *Expr, depth int) *Expr {
	r.first(before == nil)
	var e Expr
	r.expr(&e, depth)
	r.exprs = append(r.exprs, e)
	return &r.exprs[len(r.exprs)-1]
}

// all reads a list of conditions. Those in them are read before it ends, so
// it grows on a stack.
func (r *subjectScanner) all(before []Expr, depth int) []Expr {
	r.first(before == nil)
	start := len(r.stack)
	for more := r.open('[', ']'); more; more = r.more(']') {
		var e Expr
		r.expr(&e, depth)
		r.stack = append(r.stack, e)
	}
	list := r.stack[start:]
	kept := len(r.exprs)
	r.exprs = append(r.exprs, list...)
	clear(list) // they hold on to the line
	r.stack = r.stack[:start]
	if len(r.exprs) == kept {
		return []Expr{}
	}
	return r.exprs[kept:len(r.exprs):len(r.exprs)]
}

func (r *subjectScanner) expr(e *Expr, depth int) {
	if depth == maxScan || len(r.exprs)+len(r.stack) > maxExprs {
		r.giveUp()
	}
	for more := r.open('{', '}'); more; more = r.more('}') {
		switch name := r.name(); name {
		case "and":
			e.And = r.all(e.And, depth+1)
		case "or":
			e.Or = r.all(e.Or, depth+1)
		case "not":
			e.Not = r.one(e.Not, depth+1)
		default:
			r.leaf(e, name)
		}
	}
}

// leaf reads a member of a leaf.
func (r *subjectScanner) leaf(e *Expr, name string) {
	switch name {
	case "field":
		e.Field = r.string()
	case "expr":
		e.Expr = r.string()
	case "fields":
		e.Fields = r.list()
	case "op":
		e.Op = r.string()
	case "values":
		e.Values = r.list()
	case "ref":
		e.Ref = r.string()
	case "ref_expr":
		e.RefExpr = r.bool()
	case "all":
		e.All = r.bool()
	case "cased":
		e.Cased = r.bool()
	case "flags":
		e.Flags = r.string()
	case "unit":
		e.Unit = r.string()
	case "optional":
		e.Optional = r.bool()
	case "expansion":
		e.Expansion = r.bool()
	case "placeholders":
		e.Placeholders = r.list()
	case "as":
		e.As = r.string()
	case "text":
		e.Text = r.string()
	case "code":
		e.Code = r.string()
	default:
		r.giveUp()
	}
}
