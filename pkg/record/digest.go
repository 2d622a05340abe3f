package record

import (
	"errors"
	"fmt"

	"github.com/goccy/go-json"
)

// Digest is what the views count of a rule: a Rule without the members that
// only people and rnorm read. Its member names are those of Rule. Skipping
// the others while decoding is most of the speed of ragg.
type Digest struct {
	Vendor     string            `json:"vendor"`
	Path       string            `json:"path"`
	Doc        int               `json:"doc"`
	ID         string            `json:"id"`
	Title      string            `json:"title"`
	Status     string            `json:"status"`
	Level      string            `json:"level"`
	Techniques []string          `json:"techniques"`
	Kind       string            `json:"kind"`
	Language   string            `json:"language"`
	Coverage   string            `json:"coverage"`
	Predicates []DigestPredicate `json:"predicates"`
	Events     []DigestEvent     `json:"events"`
	Attack     []Attack          `json:"attack"`
	Platforms  []string          `json:"platforms"`
}

// DigestPredicate is a Predicate without its raw form.
type DigestPredicate struct {
	Field  string   `json:"field"`
	Op     string   `json:"op"`
	Value  string   `json:"value"`
	Role   string   `json:"role"`
	Cased  bool     `json:"cased"`
	Flags  string   `json:"flags"`
	Unit   string   `json:"unit"`
	Ref    string   `json:"ref"`
	Expr   string   `json:"expr"`
	Fields []string `json:"fields"`
	Part   int      `json:"part"`
	Code   string   `json:"code"`
	Branch string   `json:"branch"`

	Unmapped bool `json:"unmapped"`
}

// DigestEvent is an Event without its evidence.
type DigestEvent struct {
	Provider string `json:"provider"`
	ID       string `json:"id"`
	Title    string `json:"title"`
}

// Decode reads the rule record in line. Strings refer to line where they can,
// and the memory of the lists is used again, so what was read before is no
// longer valid.
func (d *Digest) Decode(line []byte) error {
	predicates, events, attack := d.Predicates, d.Events, d.Attack
	// A list that is decoded into old memory keeps members that the new
	// record leaves out.
	clear(predicates)
	clear(events)
	clear(attack)
	*d = Digest{Predicates: predicates[:0], Events: events[:0], Attack: attack[:0]}
	return plain(json.UnmarshalWithOption(line, d, json.DecodeNoCopyString()))
}

// plain says which member of a record is of a wrong type in words that do not
// name types of Go.
func plain(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	return fmt.Errorf("unexpected %s in member %q", wrong.Value, wrong.Field)
}
