package record

import (
	"bytes"

	"github.com/goccy/go-json"
)

// Subject is what normalizing reads of a rule: a Rule without the members
// that only people read. Its member names are those of Rule.
type Subject struct {
	Vendor     string     `json:"vendor"`
	Path       string     `json:"path"`
	ID         string     `json:"id"`
	Tags       []string   `json:"tags"`
	Techniques []string   `json:"techniques"`
	Logsource  *Logsource `json:"logsource"`
	Kind       string     `json:"kind"`
	Language   string     `json:"language"`
	Parts      []Part     `json:"parts"`

	// What normalizing writes, where the rule has it already.
	Predicates present `json:"predicates"`
	Events     present `json:"events"`
	Attack     present `json:"attack"`
	Platforms  present `json:"platforms"`

	scan subjectScanner
}

// present notes that a member is there and skips it.
type present bool

// UnmarshalJSON is called for a member that is there.
func (p *present) UnmarshalJSON([]byte) error {
	*p = true
	return nil
}

// Decode reads the rule record in line. Strings refer to line where they can,
// so line must not change while they are in use. The memory of the lists is
// used again, so what was read before is no longer valid.
func (s *Subject) Decode(line []byte) error {
	if s.decodeFast(line) {
		return nil
	}
	*s = Subject{scan: s.scan}
	return plain(json.UnmarshalWithOption(line, s, json.DecodeNoCopyString()))
}

// Splice appends line, from which s was decoded, to dst with the members of n
// in place of those that it may have had. All others survive byte for byte.
// The result has no LF.
func (s *Subject) Splice(dst, line []byte, n *Normal) ([]byte, error) {
	var err error
	if s.Predicates || s.Events || s.Attack || s.Platforms {
		dst, err = appendOpen(dst, line, "predicates", "events", "attack", "platforms")
	} else {
		dst, err = appendOpen(dst, line)
	}
	if err != nil {
		return dst, err
	}
	start := 0
	if dst[len(dst)-1] == '{' {
		start = len(dst) // no member before, no comma
	}
	return append(n.appendMembers(dst, start), '}'), nil
}

// IsObject reports whether line is one valid JSON object.
func IsObject(line []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(line, " \t\r\n"), []byte{'{'}) && json.Valid(line)
}

// Depth returns how deep arrays and objects are nested in line, 0 where they
// do not all end. It is for lines that no decoder takes because of that.
func Depth(line []byte) int {
	depth, deepest := 0, 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '"':
			i = stringEnd(line, i) - 1
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	if depth != 0 {
		return 0
	}
	return deepest
}
