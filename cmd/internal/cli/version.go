package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// writeVersion writes version, commit, Go version and the versions of the
// embedded data.
func writeVersion(b *strings.Builder, t *Tool) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	fmt.Fprintf(b, "%s %s\n", t.Name, buildVersion(info))
	fmt.Fprintf(b, "commit %s\n", buildCommit(info))
	fmt.Fprintf(b, "%s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if t.Data == nil {
		return
	}
	for _, line := range t.Data() {
		fmt.Fprintln(b, line)
	}
}

// buildVersion is the version of the module, "devel" where it has none.
func buildVersion(info *debug.BuildInfo) string {
	switch v := info.Main.Version; v {
	case "", "(devel)":
		return "devel"
	default:
		return v
	}
}

// buildCommit is the commit that was built, marked where files had changed.
func buildCommit(info *debug.BuildInfo) string {
	commit, modified := "unknown", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				modified = " (modified)"
			}
		}
	}
	return commit + modified
}
