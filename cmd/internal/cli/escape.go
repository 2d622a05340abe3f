package cli

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// escapeLines escapes a text of several lines and keeps the line ends and
// tabs.
func escapeLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = span.Escape(strings.ReplaceAll(line, "\t", "    "))
	}
	return strings.Join(lines, "\n")
}
