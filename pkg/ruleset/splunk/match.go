package splunk

import (
	"bytes"
	"iter"

	"github.com/rulepipe/rulepipe/pkg/document"
)

// lines are the lines of text, which end at LF, or at CR where there is none.
func lines(text []byte) iter.Seq[[]byte] {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(text, '\n') < 0 {
		return bytes.SplitSeq(text, []byte{'\r'})
	}
	return bytes.SplitSeq(text, []byte{'\n'})
}

// MatchYAML reports whether text may hold detections in YAML, by a glance at
// the keys at the beginning of its lines: a search and a key that only
// security_content has, or two of those.
func MatchYAML(text []byte) bool {
	searches, own := 0, 0
	for line := range lines(text) {
		if len(line) > 0 && line[0] == ' ' {
			line = bytes.TrimLeft(line, " ")
			if !bytes.HasPrefix(line, []byte("mitre_attack_id:")) {
				continue // the one key in "tags" that says as much
			}
		}
		if len(line) == 0 || line[0] < 'a' || line[0] > 'z' {
			continue
		}
		key, _, ok := bytes.Cut(line, []byte{':'})
		switch {
		case !ok:
		case string(key) == "search":
			searches = 1
		case isOwnKey(string(key)):
			own++
		}
		if own > 0 && searches+own > 1 {
			return true
		}
	}
	return false
}

// isOwnKey reports whether a top-level key of a YAML file tells that it is one
// of security_content's.
func isOwnKey(key string) bool {
	switch key {
	case "data_source", "data_sources", "how_to_implement", "known_false_positives", "drilldown_searches", "rba",
		"mitre_attack_id", "analytic_story", "security_domain":
		return true
	}
	return false
}

// isDetection reports whether a document is a detection, whatever is wrong
// with it. Baselines, investigations and the like have searches as well, and
// say so in their type.
func isDetection(root *document.Node) bool {
	if root.Kind != document.Map {
		return false
	}
	own := 0
	for _, p := range root.Pairs {
		if isOwnKey(p.Key.Text) {
			own++
		}
	}
	if root.Get("tags").Get("mitre_attack_id") != nil {
		own++
	}
	if t := root.Get("type"); t != nil {
		switch t.Text {
		case "Baseline", "Investigation", "Response", "Playbook", "Story", "Dashboard":
			return false
		}
	}
	if root.Get("search") != nil {
		return own > 0
	}
	// An automation has instructions too, but no name for what it finds.
	return own > 1 && root.Get("playbook") == nil && root.Get("detection") == nil
}

// MatchConf reports whether text may be a savedsearches.conf, by a glance: it
// begins like a .conf file, and has a setting "search" that is a pipeline, or
// stands among others that only saved searches have. An eventtypes.conf has
// searches too, but neither of these.
func MatchConf(text []byte) bool {
	if !beginsAsConf(text) {
		return false
	}
	headed, searches, own := false, false, false
	for line := range lines(text) {
		line = bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte{'['}) && bytes.IndexByte(line, ']') > 0 {
			headed = true
			continue
		}
		key, value, ok := bytes.Cut(line, []byte{'='})
		if !ok {
			continue
		}
		key = bytes.TrimSpace(key)
		switch {
		case string(key) == "search" && headed:
			searches = true
			own = own || isPipeline(value)
		case isOwnSetting(key):
			own = true
		}
		if searches && own {
			return true
		}
	}
	return false
}

// beginsAsConf reports whether the first line of text that is no comment is a
// stanza's header or a setting.
func beginsAsConf(text []byte) bool {
	for line := range lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' || line[0] == ';' {
			continue
		}
		equals := bytes.IndexByte(line, '=')
		return line[0] == '[' && bytes.IndexByte(line, ']') > 0 || equals > 0 && !bytes.ContainsAny(line[:equals], ":{<\"'")
	}
	return false
}

func isOwnSetting(key []byte) bool {
	for _, prefix := range []string{
		"action.", "alert.", "alert_", "cron_schedule", "counttype", "dispatch.", "dispatchAs", "enableSched", "is_visible",
		"realtime_schedule", "request.ui_", "schedule_window", "display.",
	} {
		if bytes.HasPrefix(key, []byte(prefix)) {
			return true
		}
	}
	return false
}

// isPipeline tells a search from what other programs, and event types, have
// under that name.
func isPipeline(value []byte) bool {
	value = bytes.TrimSpace(value)
	return bytes.IndexByte(value, '|') >= 0 || bytes.IndexByte(value, '[') >= 0 || bytes.HasSuffix(value, []byte{'\\'})
}

// MatchMacros reports whether text may hold macros, as YAML or as a
// macros.conf, by a glance.
func MatchMacros(text []byte) bool {
	if !bytes.Contains(text, []byte("definition")) {
		return false
	}
	named, defined := false, false
	for line := range lines(text) {
		switch {
		case bytes.HasPrefix(line, []byte("name:")), bytes.HasPrefix(line, []byte{'['}):
			named = true
		case bytes.HasPrefix(line, []byte("definition")):
			rest := bytes.TrimLeft(line[len("definition"):], " \t")
			defined = defined || len(rest) > 0 && (rest[0] == ':' || rest[0] == '=')
		}
		if named && defined {
			return true
		}
	}
	return false
}

// IsConf tells, of a text that one of the functions above matches, whether it
// is a .conf file and not YAML.
func IsConf(text []byte) bool { return beginsAsConf(text) }
