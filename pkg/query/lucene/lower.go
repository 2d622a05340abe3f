package lucene

import (
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// exists is the field whose values are names of fields that must be there.
const exists = "_exists_"

// Read parses and lowers a query. A nil tree means that every event matches.
func Read(text string) (*record.Expr, span.Errors) {
	q, errs := Parse(text)
	where, more := Lower(q)
	return where, append(errs, more...).Tidy()
}

// Lower returns the condition that q makes, or nil if q is empty: Kibana then
// finds every event. It is total: a query that could not be read is an opaque
// leaf, and so is a test that means more than its value says.
func Lower(q Query) (*record.Expr, span.Errors) {
	if q.Where == nil {
		if strings.TrimFunc(q.Text, isSpace) == "" {
			return nil, nil
		}
		x := scan.Opaque("syntax/lucene", q.Text)
		return &x, nil
	}
	l := lowerer{text: q.Text}
	x := l.group(*q.Where, "")
	return &x, l.errs
}

type lowerer struct {
	text string
	errs span.Errors
}

// occur says what a clause is to its group.
type occur uint8

const (
	should  occur = iota // one of these, if there is no must
	must                 // all of these
	mustNot              // none of these
)

// occurs follows QueryParserBase.addClause of Lucene with OR as the default
// operator. AND makes both its neighbours required; OR makes nothing of them,
// and neither binds more than the other: "a OR b AND c" requires b and c, and
// "a OR NOT b" is a without b.
func occurs(clauses []Clause) []occur {
	out := make([]occur, len(clauses))
	for i, c := range clauses {
		if c.Conj == ConjAnd && out[i-1] != mustNot {
			out[i-1] = must
		}
		switch {
		case c.Mod == ModProhibited:
			out[i] = mustNot
		case c.Mod == ModRequired, c.Conj == ConjAnd:
			out[i] = must
		}
	}
	return out
}

// group returns what the clauses mean together, in their order. Beside
// required clauses an optional one only adds to the score: it is left out, and
// said. Prohibited clauses alone find everything else, as Elasticsearch has
// it. Words side by side are alternatives, as its manual says; that it hands
// them to the analyzer in one piece, which a keyword field leaves whole, is a
// matter of the mapping.
func (l *lowerer) group(g Group, field string) record.Expr {
	kinds := occurs(g.Clauses)
	required := false
	for _, k := range kinds {
		required = required || k == must
	}
	var all, any []record.Expr
	anyAt := 0
	for i, c := range g.Clauses {
		switch {
		case kinds[i] == must:
			all = append(all, l.clause(c, field))
		case kinds[i] == mustNot:
			all = append(all, scan.Not(l.clause(c, field)))
		case required:
			l.errs.Add(c.At, "unsupported/lucene-score", "clause beside required ones changes the score only, not what matches")
		default:
			if any == nil {
				anyAt = len(all)
			}
			any = append(any, l.clause(c, field))
		}
	}
	if any == nil {
		return scan.List(true, field, all...)
	}
	x := scan.List(false, field, any...)
	if len(all) == 0 {
		return x
	}
	return scan.List(true, field, append(all[:anyAt:anyAt], append([]record.Expr{x}, all[anyAt:]...)...)...)
}

func (l *lowerer) clause(c Clause, field string) record.Expr {
	if c.Field != nil {
		field = c.Field.Name
	}
	switch x := c.Arg.(type) {
	case Group:
		return l.group(x, field)
	case Term:
		return l.term(x, field)
	case Phrase:
		return l.phrase(x, field)
	case Regex:
		return record.Expr{Field: orAll(field), Op: record.OpRegexMatch, Values: []string{x.Text}, As: ":"}
	case Range:
		return bounds(x, orAll(field))
	}
	panic("lucene: unknown node")
}

// orAll returns the field of a test that is no full text: without a name it is
// about all fields.
func orAll(field string) string {
	if field == "" {
		return "*"
	}
	return field
}

// term returns the test of a word. Edits do not count beside wildcards.
func (l *lowerer) term(x Term, field string) record.Expr {
	p := x.pattern()
	op, value := p.Op()
	switch {
	case field == exists:
		return record.Expr{Field: x.Text, Op: record.OpIsNotNull, As: exists}
	case x.Suffix.Fuzzy != "" && x.Suffix.Fuzzy != "~0" && len(x.Wilds) == 0:
		return l.opaque(x.At, field, "unsupported/lucene-fuzzy", "a fuzzy term matches values that are only similar")
	case op == record.OpIsNotNull:
		return record.Expr{Field: orAll(field), Op: op, As: as(field)}
	case field == "":
		return record.Expr{Op: record.OpKeyword, Values: []string{p.Keyword()}}
	case len(x.Wilds) > 0:
		return record.Expr{Field: field, Op: op, Values: []string{value}, As: ":"}
	}
	if op, sign := comparison(x.Text); op != "" {
		return record.Expr{Field: field, Op: op, Values: []string{x.Text[len(sign):]}, As: ":" + sign}
	}
	return equal(field, x.Text)
}

// phrase returns the test of a text in quotes. Elasticsearch reads the number
// after the tilde as a whole one and takes what is none as no distance.
func (l *lowerer) phrase(x Phrase, field string) record.Expr {
	if field == exists {
		return record.Expr{Field: x.Text, Op: record.OpIsNotNull, As: exists}
	}
	if distance, err := strconv.ParseFloat(strings.TrimPrefix(x.Suffix.Fuzzy, "~"), 32); err == nil && int(distance) != 0 {
		return l.opaque(x.At, field, "unsupported/lucene-proximity", "the words of this phrase may stand apart")
	}
	if field == "" {
		return record.Expr{Op: record.OpKeyword, Values: []string{x.Text}}
	}
	return equal(field, x.Text)
}

func equal(field, value string) record.Expr {
	op := record.OpEq
	if scan.IsNetwork(value) {
		op = record.OpCIDRMatch
	}
	return record.Expr{Field: field, Op: op, Values: []string{value}, As: ":"}
}

// as returns the operator as written: none for a value without a field.
func as(field string) string {
	if field == "" {
		return ""
	}
	return ":"
}

// comparison returns the operator that a word begins with: "field:>=5".
// Escapes do not help against it. A sign alone is a word.
func comparison(text string) (op, sign string) {
	switch {
	case len(text) > 2 && text[:2] == ">=":
		return record.OpGte, ">="
	case len(text) > 2 && text[:2] == "<=":
		return record.OpLte, "<="
	case len(text) > 1 && text[0] == '>':
		return record.OpGt, ">"
	case len(text) > 1 && text[0] == '<':
		return record.OpLt, "<"
	}
	return "", ""
}

// bounds returns the test of a range: one leaf for each bound, or that there
// is a value if both are open.
func bounds(x Range, field string) record.Expr {
	var tests []record.Expr
	if !x.From.Open {
		leaf := record.Expr{Field: field, Op: record.OpGte, Values: []string{x.From.Text}, As: "["}
		if x.From.Exclusive {
			leaf.Op, leaf.As = record.OpGt, "{"
		}
		tests = append(tests, leaf)
	}
	if !x.To.Open {
		leaf := record.Expr{Field: field, Op: record.OpLte, Values: []string{x.To.Text}, As: "]"}
		if x.To.Exclusive {
			leaf.Op, leaf.As = record.OpLt, "}"
		}
		tests = append(tests, leaf)
	}
	if tests == nil {
		return record.Expr{Field: field, Op: record.OpIsNotNull, As: ":"}
	}
	return scan.And(tests...)
}

// opaque returns the leaf for a test that has no operator here, with the field
// that it stands under.
func (l *lowerer) opaque(at span.Span, field, code, msg string) record.Expr {
	l.errs.Add(at, code, "%s", msg)
	text := l.text[at.Start:at.End]
	if field != "" {
		text = Field{Name: field}.String() + text
	}
	return scan.Opaque(code, text)
}

// pattern returns the word with its wildcards.
func (x Term) pattern() scan.Pattern {
	var p scan.Pattern
	from := 0
	for _, at := range x.Wilds {
		p.Lit(x.Text[from:at])
		if x.Text[at] == '*' {
			p.Any()
		} else {
			p.One()
		}
		from = at + 1
	}
	p.Lit(x.Text[from:])
	return p
}
