package record

// Ledger says what was read, and what was not, of the rules of one vendor in
// one language; Language is left out where the rules have no query. Full,
// Partial, None and NoQuery count the rules by coverage, Unknown those whose
// record does not say it; Raw are those that have not been through rnorm,
// LeftOut those that are deprecated or unsupported and count nowhere else,
// Filters the filter rules, which are no rules of their own. Errors are the
// error records of the whole input, which do not say of which vendor they are.
//
// Predicates are those of every role; Opaque and Unmapped are what was not
// understood of them. Tied are the rules that are tied to an event of the
// catalog, Windows those that are for Windows. RuleList has the rules that
// were not read in full or are tied to no event.
type Ledger struct {
	Type       string        `json:"type"`
	V          int           `json:"v"`
	Vendor     string        `json:"vendor,omitempty"`
	Language   string        `json:"language,omitempty"`
	Rules      int           `json:"rules"`
	Full       int           `json:"full"`
	Partial    int           `json:"partial"`
	None       int           `json:"none"`
	NoQuery    int           `json:"no_query"`
	Unknown    int           `json:"unknown,omitempty"`
	Raw        int           `json:"raw,omitempty"`
	LeftOut    int           `json:"left_out,omitempty"`
	Filters    int           `json:"filters,omitempty"`
	Errors     int           `json:"errors,omitempty"`
	Predicates int           `json:"predicates"`
	Fields     FieldCount    `json:"fields"`
	Tied       int           `json:"tied"`
	Windows    TiedCount     `json:"windows"`
	Opaque     []OpaqueRow   `json:"opaque,omitempty"`
	Unmapped   []UnmappedRow `json:"unmapped,omitempty"`
	Revoked    []RevokedRow  `json:"revoked,omitempty"`
	RuleList   []RuleEntry   `json:"rule_list,omitempty"`
}

// FieldCount counts the predicates on fields of events: those whose field has
// a row in the field table, and those whose field has none. Distinct is the
// number of fields without a row.
type FieldCount struct {
	Mapped   int `json:"mapped"`
	Unmapped int `json:"unmapped"`
	Distinct int `json:"distinct,omitempty"`
}

// TiedCount counts rules, and those of them that are tied to an event of the
// catalog.
type TiedCount struct {
	Rules int `json:"rules"`
	Tied  int `json:"tied"`
}

// OpaqueRow is a piece of a query that has no operator here, or could not be
// read: why, its text, how often it stands in rules, and in which.
type OpaqueRow struct {
	Code      string   `json:"code,omitempty"`
	Text      string   `json:"text,omitempty"`
	Fragments int      `json:"fragments"`
	Rules     int      `json:"rules"`
	RuleIDs   []string `json:"rule_ids,omitempty"`
}

// UnmappedRow is a field that has no row in the field table and so keeps its
// author's name, with the predicates on it.
type UnmappedRow struct {
	Field      string   `json:"field"`
	Predicates int      `json:"predicates"`
	Rules      int      `json:"rules"`
	RuleIDs    []string `json:"rule_ids,omitempty"`
}

// RevokedRow is a technique that authors tagged by an id that is no longer
// current: Tagged is that id, ID the current one.
type RevokedRow struct {
	Tagged  string   `json:"tagged"`
	ID      string   `json:"id"`
	Name    string   `json:"name,omitempty"`
	Rules   int      `json:"rules"`
	RuleIDs []string `json:"rule_ids,omitempty"`
}
