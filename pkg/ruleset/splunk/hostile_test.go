package splunk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rulepipe/rulepipe/pkg/document"
)

// Long lists of strangers took quadratic time.
func TestLongLists(t *testing.T) {
	var list, sources strings.Builder
	for i := range 90_000 {
		fmt.Fprintf(&list, "  - x%d\n", i)
		fmt.Fprintf(&sources, " AND x%d", i)
	}
	text := "name: n\nid: i\nsearch: index=a\nmitre_attack_id:\n" + list.String() + "cve:\n" + list.String() + "data_source: a" + sources.String() + " AND a\n"
	start := time.Now()
	rules, _ := LoadYAML("x.yml", document.YAML([]byte(text)), nil)
	if d := time.Since(start); d > time.Minute {
		t.Errorf("took %v", d)
	}
	if len(rules) != 1 || len(rules[0].Tags) != 180_000 || len(rules[0].Logsource.DataSource) != 90_001 {
		t.Errorf("%d rules", len(rules))
	}
}
