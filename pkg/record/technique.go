package record

// Technique is the page of one ATT&CK technique: what the rules that detect
// it look at. Rows count rules, each rule at most once per row, and stand in
// the order of the page, all of them. Corpus is the number of rules in the
// whole input, to which Reach refers; NotRead are the rules whose query was
// not read in full, NoQuery those that have none; Tagged are the other ids
// that authors wrote for the technique. Thresholds are conditions on computed
// fields, where they were asked for. Opaque and Unmapped are what was not
// understood of the rules, Untied the number of those that are tied to no event.
type Technique struct {
	Type        string      `json:"type"`
	V           int         `json:"v"`
	ID          string      `json:"id"`
	Name        string      `json:"name,omitempty"`
	Parent      *Named      `json:"parent,omitempty"`
	Tactics     []Named     `json:"tactics,omitempty"`
	Description string      `json:"description,omitempty"`
	Tagged      []string    `json:"tagged,omitempty"`
	Rules       int         `json:"rules"`
	Corpus      int         `json:"corpus,omitempty"`
	Vendors     Counts      `json:"vendors,omitempty"`
	NotRead     int         `json:"not_read,omitempty"`
	NoQuery     int         `json:"no_query,omitempty"`
	Events      []EventRow  `json:"events,omitempty"`
	Fields      []FieldRow  `json:"fields,omitempty"`
	Indicators  []ValueRow  `json:"indicators,omitempty"`
	Exclusions  []ValueRow  `json:"exclusions,omitempty"`
	Thresholds  []ValueRow  `json:"thresholds,omitempty"`
	RuleList    []RuleEntry `json:"rule_list,omitempty"`

	Untied   int           `json:"untied,omitempty"`
	Opaque   []OpaqueRow   `json:"opaque,omitempty"`
	Unmapped []UnmappedRow `json:"unmapped,omitempty"`
}

// Named is an ATT&CK object by id and name.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// EventRow is a catalog event and the rules tied to it.
type EventRow struct {
	Provider string   `json:"provider,omitempty"`
	ID       string   `json:"id,omitempty"`
	Title    string   `json:"title,omitempty"`
	Rules    int      `json:"rules"`
	Vendors  Counts   `json:"vendors,omitempty"`
	RuleIDs  []string `json:"rule_ids,omitempty"`
}

// FieldRow is a canonical field and the rules that filter it. Reach is the
// number of rules in the whole input that do.
type FieldRow struct {
	Field   string   `json:"field,omitempty"`
	Rules   int      `json:"rules"`
	Reach   int      `json:"reach,omitempty"`
	Ops     []OpRow  `json:"ops,omitempty"`
	Samples []string `json:"samples,omitempty"`
	Vendors Counts   `json:"vendors,omitempty"`
	RuleIDs []string `json:"rule_ids,omitempty"`
}

// OpRow says how many rules use one operator on a field.
type OpRow struct {
	Op    string `json:"op"`
	Rules int    `json:"rules"`
}

// ValueRow is a (field, operator, value) and the rules that look for it, or
// leave it out. Reach is the number of rules in the whole input, of any
// technique, with the same combination in the same role. Cased is set where
// every rule behind the row compares case-sensitively. With is the indicator
// on another field with which most of the rules combine it; the first 200 rows
// of a technique's indicators have it.
type ValueRow struct {
	Field   string   `json:"field,omitempty"`
	Op      string   `json:"op"`
	Value   string   `json:"value,omitempty"`
	Flags   string   `json:"flags,omitempty"`
	Unit    string   `json:"unit,omitempty"`
	Cased   bool     `json:"cased,omitempty"`
	Rules   int      `json:"rules"`
	Reach   int      `json:"reach"`
	Vendors Counts   `json:"vendors,omitempty"`
	RuleIDs []string `json:"rule_ids,omitempty"`

	With *Companion `json:"with,omitempty"`
}

// Companion is an indicator that rules ask for together with another one, of
// the same event and not as its alternative. Rules is how many of them do, two
// at least.
type Companion struct {
	Field string `json:"field,omitempty"`
	Op    string `json:"op"`
	Value string `json:"value,omitempty"`
	Flags string `json:"flags,omitempty"`
	Unit  string `json:"unit,omitempty"`
	Rules int    `json:"rules"`
}

// RuleEntry is one rule of a page's list. RuleIDs of rows name it by its id;
// where it has none by its path, with "#" and Doc behind it if Doc is not 0.
// Untied is set where no event of the catalog is tied to the rule; Platforms
// stand in a ledger only.
type RuleEntry struct {
	Vendor   string   `json:"vendor,omitempty"`
	ID       string   `json:"id,omitempty"`
	Title    string   `json:"title,omitempty"`
	Path     string   `json:"path,omitempty"`
	Doc      int      `json:"doc,omitempty"`
	Level    string   `json:"level,omitempty"`
	Status   string   `json:"status,omitempty"`
	Coverage string   `json:"coverage,omitempty"`
	Tagged   []string `json:"tagged,omitempty"`

	Untied    bool     `json:"untied,omitempty"`
	Platforms []string `json:"platforms,omitempty"`
}

// Counts are numbers of rules by vendor, in the order in which they are written.
type Counts []Count

// Count is the number of rules of one vendor.
type Count struct {
	Vendor string
	Rules  int
}
