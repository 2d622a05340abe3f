// Package aggregate turns a stream of rule records into views: counts of what
// the rules look at, by ATT&CK technique and by whatever else a later view
// asks for. An Index holds what all views need of the rules, as numbers; a
// view is one file with one method that reads an Index. The package does no
// I/O, knows no vendor and no field by name, and gives the same result for
// the same rules whatever the order of any map.
package aggregate

import (
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// Tool is the name of the filter in error records.
const Tool = "ragg"

// Index is what was read so far: every distinct predicate with its reach, and
// for each rule that a view may show the numbers of its predicates. Strings
// are kept once. A rule costs about 100 bytes and its id, title and path, a
// distinct predicate about 50 and its value, a predicate of a rule 4.
type Index struct {
	opts  Options
	stats Stats
	text  text
	words words

	fields     table
	fieldUse   []fieldUse
	shapes     []shape
	shapeIDs   map[shape]uint32
	predicates table // groups are shapes
	reach      [][classes]uint32

	techniques   []technique
	techniqueIDs map[string]uint32
	tagSets      lists // pairs of technique and word: as whom the author tagged it
	events       table // providers and ids, see eventKey
	eventTitles  []string
	eventSets    lists

	fragments   table // what was not understood; groups are words: the codes
	unmapped    table // fields without a row
	platformSet lists
	leftOut     map[readAs]int
	filters     map[readAs]int

	rules    []rule
	postings []posting // of all rules, one rule after the other
	gaps     []gap     // of all rules likewise
	places   places
	placed   []uint32 // sets of places of postings, of rules that have others than place 0
	ordinal  uint32   // of the last rule added, from 1
	counter  counter
}

// shape is all of a predicate but its value.
type shape struct {
	field     uint32
	op        uint32 // a word, like the next two
	flags     uint32
	unit      uint32
	valueless bool // the value, if any, does not count
}

// fieldUse counts the rules that filter a field, computed fields left aside.
type fieldUse struct{ rules, seen uint32 }

// rule is a rule that a view may show.
type rule struct {
	id, title, path        ref
	level, status          uint32 // words
	coverage               uint32
	doc                    uint32
	tags, events           uint32 // numbers of a tagSet and an eventSet
	platforms              uint32 // number of a platformSet, of words
	read                   readAs
	raw                    bool
	predicates, mapped     uint32 // all of them; those on a field with a row
	firstPosting, postings uint32
	firstGap, gaps         uint32
	placed                 uint32 // where in Index.placed the rule begins, from 1; 0 nowhere
}

// readAs is how a rule is read: its vendor and its language, both words.
type readAs struct{ vendor, language uint32 }

// technique is an ATT&CK technique as the rules' records name it.
type technique struct {
	id, name string
	tactics  []string
}

// eventKey is an event in Index.events.
func eventKey(provider, id string) string { return provider + "\x00" + id }

// posting says that a rule has a predicate: its number, its class, and
// whether the rule compares case-sensitively wherever it has it. 29 bits of
// number are more than memory for their entries allows.
type posting uint32

func newPosting(predicate uint32, c class, cased bool) posting {
	p := posting(predicate)<<3 | posting(c)<<1
	if cased {
		p |= 1
	}
	return p
}

func (p posting) predicate() uint32 { return uint32(p >> 3) }
func (p posting) class() class      { return class(p >> 1 & 3) }
func (p posting) cased() bool       { return p&1 != 0 }

// New makes an empty Index.
func New(opts Options) *Index {
	x := &Index{
		opts:         opts,
		shapeIDs:     map[shape]uint32{},
		techniqueIDs: map[string]uint32{},
		leftOut:      map[readAs]int{},
		filters:      map[readAs]int{},
	}
	x.words.id("")
	x.fields = newTable(&x.text)
	x.predicates = newTable(&x.text)
	x.events = newTable(&x.text)
	x.fragments = newTable(&x.text)
	x.unmapped = newTable(&x.text)
	x.places = newPlaces()
	return x
}

// Add counts one rule. It keeps nothing of r.
func (x *Index) Add(r *record.Digest) {
	if r.Kind == record.KindFilter {
		x.stats.Filters++
		x.aside(x.filters, r)
		return
	}
	if x.opts.leftOut(r.Status) {
		x.stats.LeftOut++
		x.aside(x.leftOut, r)
		return
	}
	x.ordinal++
	x.stats.add(r)
	x.counter.reset()
	for i := range r.Predicates {
		x.count(&r.Predicates[i])
		x.understand(&r.Predicates[i])
	}
	x.settle(x.keep(r))
}

// keep adds the rule to those that a view may show, if it is one of them.
func (x *Index) keep(r *record.Digest) bool {
	if !x.opts.shows(r) {
		return false
	}
	tags := x.tags(r)
	if len(tags) == 0 && !x.opts.Techniques.All() {
		return false
	}
	x.stats.Shown++
	x.rules = append(x.rules, rule{
		id:           x.text.add(r.ID),
		title:        x.text.add(r.Title),
		path:         x.text.add(r.Path),
		doc:          uint32(max(r.Doc, 0)),
		level:        x.words.id(r.Level),
		status:       x.words.id(r.Status),
		coverage:     x.words.id(r.Coverage),
		tags:         x.tagSets.id(tags),
		events:       x.eventSets.id(x.eventsOf(r)),
		platforms:    x.platformSet.id(x.platformsOf(r)),
		read:         x.readAs(r),
		raw:          raw(r),
		predicates:   uint32(len(r.Predicates)),
		mapped:       x.counter.mapped,
		firstPosting: uint32(len(x.postings)),
		firstGap:     uint32(len(x.gaps)),
	})
	return true
}

// name is what traces a row back to the rule: its id, or where it stands.
func (x *Index) name(r *rule) string {
	if id := x.text.string(r.id); id != "" {
		return id
	}
	path := x.text.string(r.path)
	if path == "" {
		return x.text.string(r.title)
	}
	if r.doc > 0 {
		path += "#" + strconv.Itoa(int(r.doc))
	}
	return path
}

// eventsOf returns the numbers of the events that the rule is tied to.
func (x *Index) eventsOf(r *record.Digest) []uint32 {
	var list []uint32
	seen := make(map[uint32]bool, len(r.Events))
	for i := range r.Events {
		if n := x.event(&r.Events[i]); !seen[n] {
			seen[n] = true
			list = append(list, n)
		}
	}
	return list
}

// event returns the number of an event, which is the same in any case: some
// rules of clouds do not mind the case of an operation.
func (x *Index) event(e *record.DigestEvent) uint32 {
	key := eventKey(e.Provider, e.ID)
	n := x.events.id(0, key, false)
	x.events.count(n, key, x.ordinal)
	x.nameEvent(n, e.Title)
	return n
}

// nameEvent keeps the first title of event n that is not empty.
func (x *Index) nameEvent(n uint32, title string) {
	if int(n) == len(x.eventTitles) {
		x.eventTitles = append(x.eventTitles, "")
	}
	if x.eventTitles[n] == "" {
		x.eventTitles[n] = strings.Clone(title)
	}
}
