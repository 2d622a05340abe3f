package attack

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// Codes of what is wrong with a bundle. The first four leave nothing of it.
const (
	codeUnreadable = "attack/unreadable"
	codeSyntax     = "attack/syntax"
	codeTruncated  = "attack/truncated"
	codeKind       = "attack/not-a-bundle"
	codeNone       = "attack/no-techniques"
	codeLarge      = "attack/too-large"

	codeObject    = "attack/wrong-type"
	codeNoID      = "attack/no-id"
	codeDuplicate = "attack/duplicate"
	codePhase     = "attack/unknown-tactic"
	codeLoop      = "attack/revoked-in-a-circle"
)

// Problem is something wrong with a bundle.
type Problem struct {
	Path      string
	Line, Col int // from 1, columns count bytes
	Code      string
	Message   string
	Warning   bool // nothing is left out because of it
}

// maxProblems is how much is said about the objects of one bundle: a file with
// more is of another kind, and what it is has become clear by then.
const maxProblems = 20

// Reader makes a Table of STIX bundles. Several are joined: Enterprise, Mobile
// and ICS are published as one each.
type Reader struct {
	techniques map[string]technique // by ATT&CK id
	ids        map[string]string    // of ATT&CK, by STIX id
	tactics    map[string]tactic    // by STIX id
	order      []string             // STIX ids of tactics as they are met
	matrix     []string             // STIX ids of tactics, in the order of the matrices
	revoked    map[string]string    // STIX ids of techniques, and of what revoked them

	path     string // of the bundle in work
	found    int    // techniques in it
	problems []Problem
	more     int // problems beyond maxProblems
}

// technique is one that a bundle has, with what needs the whole bundle to be
// understood.
type technique struct {
	Technique
	stix, modified string
	phases         []phase
	at             Problem // its place
}

// phase is a tactic as techniques name it.
type phase struct{ domain, shortname string }

type tactic struct {
	Tactic
	modified string
}

// object is what is read of the objects of a bundle, of any type.
type object struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	Modified    string `json:"modified"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Revoked     bool   `json:"revoked"`
	Deprecated  bool   `json:"x_mitre_deprecated"`
	References  []struct {
		Source string `json:"source_name"`
		ID     string `json:"external_id"`
	} `json:"external_references"`
	Domains   []string `json:"x_mitre_domains"`
	Platforms []string `json:"x_mitre_platforms"`
	Phases    []struct {
		Chain string `json:"kill_chain_name"`
		Name  string `json:"phase_name"`
	} `json:"kill_chain_phases"`
	Shortname  string   `json:"x_mitre_shortname"`
	TacticRefs []string `json:"tactic_refs"`
	Relation   string   `json:"relationship_type"`
	Source     string   `json:"source_ref"`
	Target     string   `json:"target_ref"`
}

// Read reads the bundle called path, object by object, of STIX 2.0 or 2.1. Not
// ok is one that cannot be used at all: the last problem says why. An object
// that is wrong costs no other.
func (r *Reader) Read(path string, in io.Reader) (problems []Problem, ok bool) {
	if r.techniques == nil {
		r.techniques, r.ids = make(map[string]technique), make(map[string]string)
		r.tactics, r.revoked = make(map[string]tactic), make(map[string]string)
	}
	r.path, r.problems, r.more = path, nil, 0
	buffered := bufio.NewReader(in)
	p := &places{in: buffered, line: 1, syntaxAt: -1}
	if head, err := buffered.Peek(len(byteOrderMark)); err == nil && string(head) == byteOrderMark {
		p.skipped, _ = buffered.Discard(len(byteOrderMark))
	}
	p.d = json.NewDecoder(p)
	fatal := r.bundle(p)
	if r.more > 0 {
		r.problems = append(r.problems, Problem{Code: span.CodeMore, Message: fmt.Sprintf("%d more errors", r.more)})
	}
	if fatal != nil {
		r.problems = append(r.problems, *fatal)
	}
	for i := range r.problems {
		r.problems[i].Path = path
	}
	return r.problems, fatal == nil
}

const byteOrderMark = "\xef\xbb\xbf"

// bundle reads the object that a file is.
func (r *Reader) bundle(p *places) *Problem {
	at := p.next()
	first, err := p.token()
	if err != nil {
		return p.broken(err)
	}
	if first != json.Delim('{') {
		return wrong(at, codeKind, "unexpected %s, expected a STIX bundle: an object", kindOf(first))
	}
	r.found = 0
	kind, err := r.members(p)
	if err != nil {
		return p.broken(err)
	}
	switch {
	case kind != "bundle":
		return wrong(at, codeKind, "unexpected JSON of type %q, expected a STIX bundle", kind)
	case r.found == 0:
		return wrong(at, codeNone, "unexpected bundle without a technique of ATT&CK, expected attack-pattern objects")
	}
	return nil
}

// members reads the members of a bundle to its end, and returns its type.
func (r *Reader) members(p *places) (kind string, err error) {
	for p.d.More() {
		key, err := p.token()
		if err != nil {
			return "", err
		}
		switch key {
		case "type":
			if err = p.decode(&kind); isType(err) {
				err = nil
			}
		case "objects":
			err = r.objects(p)
		default:
			var other json.RawMessage
			err = p.decode(&other)
		}
		if err != nil {
			return "", err
		}
	}
	_, err = p.token()
	return kind, err
}

// isType reports whether a value was read that is of another type.
func isType(err error) bool {
	var other *json.UnmarshalTypeError
	return errors.As(err, &other)
}

// kindOf names a token that is no object.
func kindOf(t json.Token) string {
	switch t.(type) {
	case json.Delim:
		return "a list"
	case string:
		return "a string"
	case float64:
		return "a number"
	}
	return fmt.Sprintf("%v", t)
}

// objects reads the list of objects.
func (r *Reader) objects(p *places) error {
	at := p.next()
	first, err := p.token()
	if err != nil {
		return err
	}
	if first != json.Delim('[') {
		r.say(wrong(at, codeObject, "unexpected %s in member \"objects\", expected a list", kindOf(first)))
		if first == json.Delim('{') {
			return p.skip()
		}
		return nil
	}
	for p.d.More() {
		var o object
		at := p.next()
		err := p.decode(&o)
		var other *json.UnmarshalTypeError
		switch {
		case errors.As(err, &other) && other.Field == "":
			r.say(wrong(at, codeObject, "unexpected %s among the objects, expected a STIX object", other.Value))
		case other != nil:
			if o.ours() {
				r.say(wrong(at, codeObject, "unexpected %s in member %q of %s, which is left out", other.Value, other.Field, o.label()))
			}
		case err != nil:
			return err
		default:
			r.add(&o, at)
		}
	}
	_, err = p.token()
	return err
}

// skip reads to the end of an object that was begun.
func (p *places) skip() error {
	for depth := 1; depth > 0; {
		t, err := p.token()
		switch {
		case err != nil:
			return err
		case t == json.Delim('{') || t == json.Delim('['):
			depth++
		case t == json.Delim('}') || t == json.Delim(']'):
			depth--
		}
	}
	return nil
}

// ours reports whether an object is of a type that is read, or of none.
func (o *object) ours() bool {
	switch o.Type {
	case "attack-pattern", "x-mitre-tactic", "x-mitre-matrix", "":
		return true
	case "relationship":
		return o.Relation == "revoked-by"
	}
	return false
}

// label names an object for people.
func (o *object) label() string {
	switch {
	case o.Type == "":
		return "an object without type"
	case o.ID != "":
		return o.ID
	}
	return "an object of type " + o.Type
}

func wrong(at Problem, code, format string, args ...any) *Problem {
	at.Code, at.Message = code, fmt.Sprintf(format, args...)
	return &at
}

func (r *Reader) say(p *Problem) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, *p)
		return
	}
	r.more++
}

// add takes note of an object.
func (r *Reader) add(o *object, at Problem) {
	switch o.Type {
	case "":
		r.say(wrong(at, codeObject, "unexpected object without type in the bundle, expected a STIX object"))
	case "attack-pattern":
		r.technique(o, at)
	case "x-mitre-tactic":
		r.tactic(o, at)
	case "x-mitre-matrix":
		r.matrix = append(r.matrix, o.TacticRefs...)
	case "relationship":
		if o.Relation == "revoked-by" && !o.Revoked && !o.Deprecated {
			r.revoked[o.Source] = o.Target
		}
	}
}

// sources are the names of ATT&CK in external references. Today all of its
// domains are called by the first.
var sources = []string{"mitre-attack", "mitre-mobile-attack", "mitre-ics-attack"}

// externalID returns the ATT&CK id of an object and the name beside it.
func (o *object) externalID() (id, source string) {
	for _, ref := range o.References {
		if ref.ID != "" && slices.Contains(sources, ref.Source) {
			return strings.ToUpper(ref.ID), ref.Source
		}
	}
	return "", ""
}

// domain returns the matrix that an object belongs to; one of several counts
// as Enterprise.
func (o *object) domain(source string) string {
	names := slices.Clone(o.Domains)
	for _, phase := range o.Phases {
		names = append(names, phase.Chain)
	}
	names = append(names, source)
	switch {
	case slices.Contains(o.Domains, "enterprise-attack"):
		return "enterprise"
	case slices.Contains(names, "mobile-attack"), slices.Contains(names, "mitre-mobile-attack"):
		return "mobile"
	case slices.Contains(names, "ics-attack"), slices.Contains(names, "mitre-ics-attack"):
		return "ics"
	}
	return "enterprise"
}

// maxID is the length of the longest id that is taken for one; those of
// ATT&CK have nine bytes.
const maxID = 32

// isID reports whether an id is fit to be one: letters, digits, dots, hyphens.
func isID(id string) bool {
	return id != "" && len(id) <= maxID && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == ""
}

// chains are the kill chains that the domains are called by in phases.
var chains = map[string]string{"mitre-attack": "enterprise", "mitre-mobile-attack": "mobile", "mitre-ics-attack": "ics"}

func (r *Reader) technique(o *object, at Problem) {
	at.Path = r.path
	id, source := o.externalID()
	if !isID(id) {
		r.say(wrong(at, codeNoID, "no id of ATT&CK in the external_references of %s, which is left out", o.label()))
		return
	}
	r.found++
	t := technique{
		Technique: Technique{
			ID: id, Name: o.Name, Platforms: o.Platforms, Domain: o.domain(source),
			Deprecated: o.Deprecated && !o.Revoked, Revoked: o.Revoked, Description: plainText(o.Description),
		},
		stix: o.ID, modified: o.Modified, at: at,
	}
	for _, p := range o.Phases {
		t.phases = append(t.phases, phase{cmp.Or(chains[p.Chain], t.Domain), p.Name})
	}
	r.ids[o.ID] = id
	before, known := r.techniques[id]
	switch {
	case !known, before.stix == t.stix && before.modified <= t.modified, before.gone() && !t.gone():
		r.techniques[id] = t
	case before.stix == t.stix, t.gone():
	default:
		p := wrong(at, codeDuplicate, "%s is there twice, as %s and as %s; the first one stays", id, before.stix, t.stix)
		p.Warning = true
		r.say(p)
	}
}

// gone reports whether a technique is no longer in force.
func (t *technique) gone() bool { return t.Revoked || t.Deprecated }

func (r *Reader) tactic(o *object, at Problem) {
	id, source := o.externalID()
	if !isID(id) || o.Shortname == "" {
		r.say(wrong(at, codeNoID, "no id of ATT&CK, or no x_mitre_shortname, in %s, which is left out", o.label()))
		return
	}
	before, known := r.tactics[o.ID]
	if known && before.modified > o.Modified {
		return
	}
	if !known {
		r.order = append(r.order, o.ID)
	}
	domain := o.domain(source)
	if embedded, ok := LookupTactic(id); ok && len(o.Domains) == 0 {
		domain = embedded.Domain // STIX 2.0 does not always say it
	}
	r.tactics[o.ID] = tactic{
		Tactic{ID: id, Shortname: o.Shortname, Name: o.Name, Domain: domain, Deprecated: o.Deprecated || o.Revoked},
		o.Modified,
	}
}
