package splunk

import (
	"bytes"

	"github.com/rulepipe/rulepipe/pkg/document"
)

var bom = []byte("\xef\xbb\xbf")

// MatchYAML reports whether text may hold detections in YAML, by a glance at
// the keys at the beginning of its lines: a search and a key that only
// security_content has, or two of those.
func MatchYAML(text []byte) bool {
	searches, own := 0, 0
	for rest := bytes.TrimPrefix(text, bom); len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte{'\n'})
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
// begins like a .conf file, and has a setting "search" that reads like SPL or
// stands among others that only saved searches have.
func MatchConf(text []byte) bool {
	if !beginsAsConf(text) {
		return false
	}
	searches, own := false, false
	for rest := text; len(rest) > 0 && !(searches && own); {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte{'\n'})
		key, value, ok := bytes.Cut(line, []byte{'='})
		if !ok {
			continue
		}
		key = bytes.TrimSpace(key)
		switch {
		case string(key) == "search":
			searches = true
			own = own || looksLikeSPL(value)
		case isOwnSetting(key):
			own = true
		}
	}
	return searches && own
}

// beginsAsConf reports whether the first line of text that is no comment is a
// stanza's header or a setting.
func beginsAsConf(text []byte) bool {
	for rest := bytes.TrimPrefix(text, bom); len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte{'\n'})
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

// looksLikeSPL tells a search from what other programs mean by the word.
func looksLikeSPL(value []byte) bool {
	value = bytes.TrimSpace(value)
	if len(value) == 0 || value[0] == '|' || value[0] == '`' || value[0] == '\\' || bytes.Contains(value, []byte(" | ")) {
		return true
	}
	for _, field := range []string{"index=", "index =", "sourcetype=", "eventtype=", "source="} {
		if bytes.Contains(value, []byte(field)) {
			return true
		}
	}
	return false
}

// MatchMacros reports whether text may hold macros, as YAML or as a
// macros.conf, by a glance.
func MatchMacros(text []byte) bool {
	return bytes.Contains(text, []byte("definition"))
}

// IsConf tells, of a text that one of the functions above matches, whether it
// is a .conf file and not YAML.
func IsConf(text []byte) bool { return beginsAsConf(text) }
