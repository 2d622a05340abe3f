package ruleset

import (
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/spl"
	"github.com/rulepipe/rulepipe/pkg/ruleset/splunk"
	"github.com/rulepipe/rulepipe/pkg/source"
)

// maxHeld bounds the detections of an archive that wait for its macros, in
// bytes. All of security_content has 9 MB of them.
const maxHeld = 64 << 20

// finder finds the macros that stand beside detections. A tree has them in
// the directory "macros" or in macros.conf, "beside" being any directory above
// the detection; the nearest one that has macros has all that count.
//
// On disk they are looked up when the first detection of a directory is read.
// In an archive they may come after it: there detections wait, see Hold.
type finder struct {
	mu       sync.Mutex
	scopes   map[place]place        // whose macros the files of a directory may use
	sets     map[place]spl.Macros   // those macros, and the given ones
	dirs     map[string][]spl.Macro // what was found on disk, by the directory above
	archived map[place]*layers      // what came in an archive, likewise
}

// place is a directory of an archive, or of the disk where archive is "". The
// zero place has no macros.
type place struct{ archive, dir string }

// macros returns the macros that the detections in f may use: those that the
// user gave, which are stronger, and those beside f.
func (r *Reader) macros(f source.File) spl.Macros {
	x := &r.found
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.sets == nil {
		x.scopes, x.sets, x.dirs = map[place]place{}, map[place]spl.Macros{}, map[string][]spl.Macro{}
	}
	at := place{f.Archive, path.Dir(strings.ReplaceAll(f.Path, `\`, "/"))}
	if f.Path == source.Stdin {
		at = place{} // from nowhere
	}
	scope, ok := x.scopes[at]
	if !ok {
		scope = x.scope(at, f.Path)
		x.scopes[at] = scope
	}
	set, ok := x.sets[scope]
	if !ok {
		set = spl.Macros{}
		set.Add(x.dirs[scope.dir]...)
		if found := x.archived[scope]; found != nil {
			set.Add(slices.Concat(found[:]...)...)
		}
		set.Add(r.Macros...)
		x.sets[scope] = set
	}
	return set
}

// scope returns the nearest place above the file p, which is in at, that has
// macros.
func (x *finder) scope(at place, p string) place {
	switch {
	case at.dir == "":
		return place{}
	case at.archive != "":
		return x.inArchive(at)
	}
	for _, dir := range source.Above(p) {
		found, ok := x.dirs[dir]
		if !ok {
			found = readDir(dir)
			x.dirs[dir] = found
		}
		if len(found) > 0 {
			return place{dir: dir}
		}
	}
	return place{}
}

// inArchive is scope for what came in an archive.
func (x *finder) inArchive(at place) place {
	for {
		if x.archived[at] != nil {
			return at
		}
		up := path.Dir(at.dir)
		if up == at.dir {
			return place{}
		}
		at.dir = up
	}
}

// readDir returns the macros that stand in a directory for all below it. Of
// an app's settings the local ones are stronger.
func readDir(dir string) []spl.Macro {
	var out []spl.Macro
	in := source.Inputs{Paths: []string{dir + "/macros"}}
	for _, name := range confNames(dir) {
		in.Paths = append(in.Paths, dir+"/"+name)
	}
	for found := range source.Map(&in, 1, ReadMacros) {
		out = append(out, found.Macros...)
	}
	return out
}

// layers are the macros for a directory, the strongest last: those in a
// directory "macros", and those of each of its confNames.
type layers [4][]spl.Macro

// confNames are the files with macros in a directory, the strongest last. The
// directories "default" and "local" of an app belong together: both are read
// for the directory above.
func confNames(dir string) []string {
	if layer := path.Base(strings.ReplaceAll(dir, `\`, "/")); layer == "default" || layer == "local" {
		return nil
	}
	return []string{"macros.conf", "default/macros.conf", "local/macros.conf"}
}

// Hold is for the archives that the reader gets its files from: detections
// wait for macros that may come after them, as those of a repository do in the
// order of names.
func (r *Reader) Hold() *source.Hold {
	return &source.Hold{
		Wait: r.wait,
		Most: maxHeld,
		Full: "more than 64 MiB of detections wait for macros: what follows in this archive is not searched for any (--macros gives them)",
	}
}

func (r *Reader) wait(f source.File) bool {
	dir, layer, ok := aboveMacros(f.Path)
	if !ok || !splunk.MatchMacros(f.Data) {
		return splunk.MatchYAML(f.Data) || isSavedSearches(f)
	}
	found := splunk.Macros(macroDocument(f.Data))
	if len(found) == 0 {
		return false
	}
	r.found.mu.Lock()
	defer r.found.mu.Unlock()
	if r.found.archived == nil {
		r.found.archived = map[place]*layers{}
	}
	at := place{f.Archive, dir}
	if r.found.archived[at] == nil {
		r.found.archived[at] = &layers{}
	}
	r.found.archived[at][layer] = append(r.found.archived[at][layer], found...)
	return false
}

// aboveMacros returns the directory for which the file at p has macros, if it
// may have any by its place, and in which of the layers they are.
func aboveMacros(p string) (dir string, layer int, ok bool) {
	dir, name := path.Split(p)
	dir = path.Clean(dir)
	if name == "macros.conf" {
		above := path.Dir(dir)
		for i, conf := range confNames(above) {
			if conf == path.Base(dir)+"/"+name {
				return above, 1 + i, true
			}
		}
		return dir, 1, true
	}
	parts := strings.Split(dir, "/")
	for i := len(parts) - 1; i >= 0; i-- {
		if parts[i] == "macros" {
			return path.Clean(strings.Join(parts[:i], "/")), 0, true
		}
	}
	return "", 0, false
}

func macroDocument(text []byte) *document.File {
	if splunk.IsConf(text) {
		return document.Conf(text)
	}
	return document.YAML(text)
}

// Macros are the search macros of one file, and what is wrong with it.
type Macros struct {
	Macros   []spl.Macro
	Problems []Problem
}

// ReadMacros reads the search macros in a file, for Reader.Macros.
func ReadMacros(f source.File) Macros {
	var res Result
	if f.Err != nil {
		res.addFailed(f)
		return Macros{nil, res.Problems}
	}
	if !splunk.MatchMacros(f.Data) {
		return Macros{}
	}
	doc := macroDocument(f.Data)
	res.add(contents{nil, doc.ErrorRecords("rparse", f.Path, doc.Errors), doc.Line})
	return Macros{splunk.Macros(doc), res.Problems}
}
