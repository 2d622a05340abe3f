// Package record is the contract between the filters: the NDJSON records that
// they exchange, how to read them from a stream and how to write them. It is
// the only place with wire JSON tags and the only importer of go-json. What
// the members mean is said in design/records.md and, for what rnorm adds, in
// normal-form.md; here stand only their names, order and types.
package record

// Version is the "v" member of every record. It changes only when a member
// changes its meaning.
const Version = 1

// Types of records.
const (
	TypeRule      = "rule"
	TypeError     = "error"
	TypeTechnique = "technique"
	TypeLedger    = "ledger"
)

// Rule is one rule document. rparse writes it; rnorm adds the members from
// Predicates on.
type Rule struct {
	Type            string           `json:"type"`
	V               int              `json:"v"`
	Vendor          string           `json:"vendor,omitempty"`
	Path            string           `json:"path,omitempty"`
	Doc             int              `json:"doc,omitempty"`
	Line            int              `json:"line,omitempty"`
	ID              string           `json:"id,omitempty"`
	Title           string           `json:"title,omitempty"`
	Status          string           `json:"status,omitempty"`
	Level           string           `json:"level,omitempty"`
	Description     string           `json:"description,omitempty"`
	Author          []string         `json:"author,omitempty"`
	Date            string           `json:"date,omitempty"`
	Modified        string           `json:"modified,omitempty"`
	References      []string         `json:"references,omitempty"`
	FalsePositives  []string         `json:"falsepositives,omitempty"`
	Tags            []string         `json:"tags,omitempty"`
	Techniques      []string         `json:"techniques,omitempty"`
	Tactics         []string         `json:"tactics,omitempty"`
	Logsource       *Logsource       `json:"logsource,omitempty"`
	Kind            string           `json:"kind,omitempty"`
	Language        string           `json:"language,omitempty"`
	Query           string           `json:"query,omitempty"`
	Parts           []Part           `json:"parts,omitempty"`
	Maxspan         string           `json:"maxspan,omitempty"`
	Until           *Part            `json:"until,omitempty"`
	Pipes           string           `json:"pipes,omitempty"`
	Threshold       *Threshold       `json:"threshold,omitempty"`
	NewTerms        *NewTerms        `json:"new_terms,omitempty"`
	ThreatMatch     *ThreatMatch     `json:"threat_match,omitempty"`
	MachineLearning *MachineLearning `json:"machine_learning,omitempty"`
	Correlation     *Correlation     `json:"correlation,omitempty"`
	Filter          *Filter          `json:"filter,omitempty"`
	Coverage        string           `json:"coverage,omitempty"`
	Errors          []Diagnostic     `json:"errors,omitempty"`

	Predicates []Predicate `json:"predicates,omitempty"`
	Events     []Event     `json:"events,omitempty"`
	Attack     []Attack    `json:"attack,omitempty"`
	Platforms  []string    `json:"platforms,omitempty"`
}

// Kinds of rules.
const (
	KindMatch           = "match"
	KindSequence        = "sequence"
	KindSample          = "sample"
	KindJoin            = "join"
	KindThreshold       = "threshold"
	KindNewTerms        = "new_terms"
	KindThreatMatch     = "threat_match"
	KindMachineLearning = "machine_learning"
	KindCorrelation     = "correlation"
	KindFilter          = "filter"
)

// Values of Rule.Coverage: how much of the rule's query was understood.
const (
	CoverageFull    = "full"     // every condition has its place in the parts
	CoveragePartial = "partial"  // at least one leaf is opaque
	CoverageNone    = "none"     // the query was not understood
	CoverageNoQuery = "no_query" // there is no query to read
)

// Logsource says which data the author wrote the rule for, in the vendor's terms.
type Logsource struct {
	Product    string   `json:"product,omitempty"`
	Category   string   `json:"category,omitempty"`
	Service    string   `json:"service,omitempty"`
	Index      []string `json:"index,omitempty"`
	DataSource []string `json:"data_source,omitempty"`
	// EventCategoryOverride is the field that EQL's event category stands
	// for, where it is not event.category.
	EventCategoryOverride string `json:"event_category_override,omitempty"`
}

// Part is one event that the rule looks at.
type Part struct {
	Name     string   `json:"name,omitempty"`
	Source   string   `json:"source,omitempty"`
	By       []string `json:"by,omitempty"`
	Missing  bool     `json:"missing,omitempty"`
	Runs     int      `json:"runs,omitempty"`
	Where    *Expr    `json:"where,omitempty"`
	Having   *Expr    `json:"having,omitempty"`
	Computed []string `json:"computed,omitempty"`
}

// Expr is a condition: exactly one of And, Or, Not and Op is set. An And or
// Or that is empty but not nil is true or false. The members from Field on
// are those of a leaf.
type Expr struct {
	And []Expr `json:"and,omitzero"`
	Or  []Expr `json:"or,omitzero"`
	Not *Expr  `json:"not,omitempty"`

	Field        string   `json:"field,omitempty"`
	Expr         string   `json:"expr,omitempty"`
	Fields       []string `json:"fields,omitempty"`
	Op           string   `json:"op,omitempty"`
	Values       []string `json:"values,omitempty"`
	Ref          string   `json:"ref,omitempty"`
	RefExpr      bool     `json:"ref_expr,omitempty"`
	All          bool     `json:"all,omitempty"`
	Cased        bool     `json:"cased,omitempty"`
	Flags        string   `json:"flags,omitempty"`
	Unit         string   `json:"unit,omitempty"`
	Optional     bool     `json:"optional,omitempty"`
	Expansion    bool     `json:"expansion,omitempty"`
	Placeholders []string `json:"placeholders,omitempty"`
	As           string   `json:"as,omitempty"`
	Text         string   `json:"text,omitempty"`
	Code         string   `json:"code,omitempty"`
}

// Operators of a leaf.
const (
	OpEq         = "eq"
	OpNe         = "ne"
	OpMatch      = "match"
	OpStartsWith = "starts_with"
	OpEndsWith   = "ends_with"
	OpWildcard   = "wildcard"
	OpRegexMatch = "regex_match"
	OpCIDRMatch  = "cidr_match"
	OpGt         = "gt"
	OpGte        = "gte"
	OpLt         = "lt"
	OpLte        = "lte"
	OpIsNull     = "is_null"
	OpIsNotNull  = "is_not_null"
	OpKeyword    = "keyword"
	OpOpaque     = "opaque"
)

// Threshold is what a rule of kind threshold has beyond its parts: it matches
// where Value events or more agree in Fields. Cardinality asks in addition for
// a number of different values of other fields.
type Threshold struct {
	Fields      []string `json:"fields,omitempty"`
	Value       string   `json:"value,omitempty"`
	Cardinality []Bound  `json:"cardinality,omitempty"`
}

// NewTerms is what a rule of kind new_terms has beyond its parts: it matches
// where a combination of values of Fields was not seen before in Window.
type NewTerms struct {
	Fields []string `json:"fields,omitempty"`
	Window string   `json:"window,omitempty"`
}

// ThreatMatch is what a rule of kind threat_match has beyond its parts: where
// indicators come from, the sets of fields that must agree, and the filters
// that hold beside the part threat_query.
type ThreatMatch struct {
	Index   []string       `json:"index,omitempty"`
	Path    string         `json:"path,omitempty"`
	Mapping []ThreatFields `json:"mapping,omitempty"`
	Filters *Expr          `json:"filters,omitempty"`
}

// ThreatFields are pairs of fields that must all agree: Fields of the event,
// Indicators of the indicator.
type ThreatFields struct {
	Fields     []string `json:"fields,omitempty"`
	Indicators []string `json:"indicators,omitempty"`
}

// MachineLearning is what a rule of kind machine_learning has instead of a
// query: the jobs, and the anomaly score from which on it matches.
type MachineLearning struct {
	Jobs  []string `json:"jobs,omitempty"`
	Score string   `json:"score,omitempty"`
}

// Correlation is what a rule of kind correlation has beyond its parts.
// Aliases maps alias to rule to field; Expression is a condition over rules.
type Correlation struct {
	Type       string                       `json:"type,omitempty"`
	Rules      []string                     `json:"rules,omitempty"`
	GroupBy    []string                     `json:"group_by,omitempty"`
	Timespan   string                       `json:"timespan,omitempty"`
	Aliases    map[string]map[string]string `json:"aliases,omitempty"`
	Condition  []Bound                      `json:"condition,omitempty"`
	Expression string                       `json:"expression,omitempty"`
	Generate   bool                         `json:"generate,omitempty"`
}

// Bound is one comparison with a number, in the words of the Sigma
// specification ("neq"): of a correlation's condition, or of a
// threshold's cardinality. Percentile, 0 to 100, is that of value_percentile.
type Bound struct {
	Op         string   `json:"op"`
	Value      string   `json:"value"`
	Fields     []string `json:"fields,omitempty"`
	Percentile string   `json:"percentile,omitempty"`
}

// Filter is what a rule of kind filter has beyond its parts: the ids or names
// of the rules that it applies to, or "any".
type Filter struct {
	Rules []string `json:"rules,omitempty"`
}

// Diagnostic is an error inside a rule that is in the stream all the same.
type Diagnostic struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`
	Col     int    `json:"col,omitempty"`
}

// Error is something that could not be read and has no rule record to say so.
type Error struct {
	Type    string `json:"type"`
	V       int    `json:"v"`
	Tool    string `json:"tool"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Path    string `json:"path,omitempty"`
	Line    int    `json:"line,omitempty"`
	Col     int    `json:"col,omitempty"`
	Rule    string `json:"rule,omitempty"`
}

// Predicate is one (leaf, value) of a rule in the normal form. A leaf without
// a value of its own has none here: is_null, a comparison with another field
// (Ref) or with a computed side (Expr; Fields are the fields that it names).
// Code says why an opaque leaf was not understood. Unmapped is set where no
// row of the field table holds for the field, which then has its author's name.
//
// Branch says in which alternatives of its part an indicator stands: for each
// or above it, the outermost first, the number of the or in the part and that
// of the alternative in it ("0.1 2.0"). Two indicators of one part on different
// fields are asked for together unless an or has them in different alternatives.
type Predicate struct {
	Field    string   `json:"field,omitempty"`
	Op       string   `json:"op"`
	Value    string   `json:"value,omitempty"`
	Role     string   `json:"role"`
	Part     int      `json:"part"`
	Cased    bool     `json:"cased,omitempty"`
	Flags    string   `json:"flags,omitempty"`
	Unit     string   `json:"unit,omitempty"`
	Ref      string   `json:"ref,omitempty"`
	Expr     string   `json:"expr,omitempty"`
	Fields   []string `json:"fields,omitempty"`
	Raw      *Raw     `json:"raw,omitempty"`
	Relation string   `json:"relation,omitempty"`
	Code     string   `json:"code,omitempty"`
	Unmapped bool     `json:"unmapped,omitempty"`
	Branch   string   `json:"branch,omitempty"`
}

// Roles of a predicate.
const (
	RoleIndicator       = "indicator"
	RoleExclusion       = "exclusion"
	RoleBranchExclusion = "branch_exclusion"
	RoleSelector        = "selector"
	RoleThreshold       = "threshold"
	RoleOpaque          = "opaque"
)

// Raw is a predicate as its author wrote it.
type Raw struct {
	Field string `json:"field,omitempty"`
	Op    string `json:"op,omitempty"`
	Value string `json:"value,omitempty"`
}

// Event is a catalog event that a rule is tied to; Via says by which evidence:
// "eventid", the rule names the id; "action", it names the event or operation
// by a word; "category", it names the kind of event (event.category and
// event.type of Elastic); "logsource", the log that it reads stands for it.
type Event struct {
	Provider string `json:"provider,omitempty"`
	ID       string `json:"id,omitempty"`
	Title    string `json:"title,omitempty"`
	Via      string `json:"via,omitempty"`
}

// Attack is a technique of the current ATT&CK version; Tagged is the id that
// the author wrote where that is another one.
type Attack struct {
	ID      string   `json:"id"`
	Name    string   `json:"name,omitempty"`
	Tactics []string `json:"tactics,omitempty"`
	Tagged  string   `json:"tagged,omitempty"`
}
