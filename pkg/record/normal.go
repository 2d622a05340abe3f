package record

import (
	"strconv"

	"github.com/goccy/go-json"
)

// Normal is what normalizing adds to a rule. Its members are those of Rule.
type Normal struct {
	Predicates []Predicate `json:"predicates,omitempty"`
	Events     []Event     `json:"events,omitempty"`
	Attack     []Attack    `json:"attack,omitempty"`
	Platforms  []string    `json:"platforms,omitempty"`
}

// appendMembers appends the members of n to the object whose members begin at
// start. It is written by hand because the output of rnorm is little else: the
// general encoder took a fifth of its time. A test holds it to what that
// encoder writes.
func (n *Normal) appendMembers(dst []byte, start int) []byte {
	dst = appendList(dst, start, `"predicates":`, n.Predicates, (*Predicate).append)
	dst = appendList(dst, start, `"events":`, n.Events, (*Event).append)
	dst = appendList(dst, start, `"attack":`, n.Attack, (*Attack).append)
	return appendStrings(dst, start, `"platforms":`, n.Platforms)
}

func (p *Predicate) append(dst []byte) []byte {
	dst = append(dst, '{')
	start := len(dst)
	dst = appendString(dst, start, `"field":`, p.Field)
	dst = appendQuoted(appendName(dst, start, `"op":`), p.Op)
	dst = appendString(dst, start, `"value":`, p.Value)
	dst = appendQuoted(appendName(dst, start, `"role":`), p.Role)
	dst = strconv.AppendInt(appendName(dst, start, `"part":`), int64(p.Part), 10)
	if p.Cased {
		dst = append(appendName(dst, start, `"cased":`), "true"...)
	}
	dst = appendString(dst, start, `"flags":`, p.Flags)
	dst = appendString(dst, start, `"unit":`, p.Unit)
	dst = appendString(dst, start, `"ref":`, p.Ref)
	dst = appendString(dst, start, `"expr":`, p.Expr)
	dst = appendStrings(dst, start, `"fields":`, p.Fields)
	if p.Raw != nil {
		dst = p.Raw.append(appendName(dst, start, `"raw":`))
	}
	dst = appendString(dst, start, `"relation":`, p.Relation)
	dst = appendString(dst, start, `"code":`, p.Code)
	if p.Unmapped {
		dst = append(appendName(dst, start, `"unmapped":`), "true"...)
	}
	dst = appendString(dst, start, `"branch":`, p.Branch)
	return append(dst, '}')
}

func (r *Raw) append(dst []byte) []byte {
	dst = append(dst, '{')
	start := len(dst)
	dst = appendString(dst, start, `"field":`, r.Field)
	dst = appendString(dst, start, `"op":`, r.Op)
	dst = appendString(dst, start, `"value":`, r.Value)
	return append(dst, '}')
}

func (e *Event) append(dst []byte) []byte {
	dst = append(dst, '{')
	start := len(dst)
	dst = appendString(dst, start, `"provider":`, e.Provider)
	dst = appendString(dst, start, `"id":`, e.ID)
	dst = appendString(dst, start, `"title":`, e.Title)
	dst = appendString(dst, start, `"via":`, e.Via)
	return append(dst, '}')
}

func (a *Attack) append(dst []byte) []byte {
	dst = append(dst, '{')
	start := len(dst)
	dst = appendQuoted(appendName(dst, start, `"id":`), a.ID)
	dst = appendString(dst, start, `"name":`, a.Name)
	dst = appendStrings(dst, start, `"tactics":`, a.Tactics)
	dst = appendString(dst, start, `"tagged":`, a.Tagged)
	return append(dst, '}')
}

// appendName appends the name of a member, in quotes and with a colon, of the
// object whose members begin at start, behind the comma that it needs.
func appendName(dst []byte, start int, name string) []byte {
	if len(dst) > start {
		dst = append(dst, ',')
	}
	return append(dst, name...)
}

// appendString appends a member that is left out where it is empty.
func appendString(dst []byte, start int, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendQuoted(appendName(dst, start, name), value)
}

func appendStrings(dst []byte, start int, name string, list []string) []byte {
	if len(list) == 0 {
		return dst
	}
	dst = append(appendName(dst, start, name), '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, s)
	}
	return append(dst, ']')
}

func appendList[T any](dst []byte, start int, name string, list []T, one func(*T, []byte) []byte) []byte {
	if len(list) == 0 {
		return dst
	}
	dst = append(appendName(dst, start, name), '[')
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = one(&list[i], dst)
	}
	return append(dst, ']')
}

// appendQuoted appends s as a JSON string. Control characters and what is not
// ASCII are left to the general encoder, which knows which of them to escape.
func appendQuoted(dst []byte, s string) []byte {
	before := len(dst)
	dst = append(dst, '"')
	plain := 0 // what is before it has been appended
	for i := 0; i < len(s); i++ {
		b := s[i]
		if literal[b] {
			continue
		}
		if b != '"' && b != '\\' {
			return append(dst[:before], general(s)...)
		}
		dst = append(dst, s[plain:i]...)
		dst = append(dst, '\\', b)
		plain = i + 1
	}
	dst = append(dst, s[plain:]...)
	return append(dst, '"')
}

// literal has the bytes that stand for themselves in a JSON string.
var literal = func() (t [256]bool) {
	for b := ' '; b < 0x7f; b++ {
		t[b] = b != '"' && b != '\\'
	}
	return t
}()

func general(s string) []byte {
	quoted, err := json.MarshalWithOption(s, json.DisableHTMLEscape())
	if err != nil {
		return []byte(`""`) // no string fails
	}
	return quoted
}
