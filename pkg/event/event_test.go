package event

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCounts(t *testing.T) {
	c := events()
	titled := 0
	for _, e := range c.all {
		if e.Provider == "" || e.ID == "" {
			t.Errorf("incomplete event %+v", e)
		}
		if e.Title != "" {
			titled++
		}
	}
	if len(c.all) != 833 || titled != 833 || len(c.providers) != 102 {
		t.Errorf("got %d events, %d with a title, %d providers", len(c.all), titled, len(c.providers))
	}
	if e := elastic(); len(e.events) != 400 || len(e.actions) != 177 || len(e.fields) != 18 {
		t.Errorf("got %d keys of Elastic, %d actions, %d fields", len(e.events), len(e.actions), len(e.fields))
	}
	if n := len(sigmaRows()); n != 111 {
		t.Errorf("got %d log sources, want 111", n)
	}
}

func TestLookup(t *testing.T) {
	tests := []struct {
		provider, id string
		want         Event
		ok           bool
	}{
		{"Sysmon", "1", Event{"Sysmon", "Microsoft-Windows-Sysmon/Operational", "1", "Process creation"}, true},
		{"microsoft-windows-security-auditing", "4688", Event{"Security-Auditing", "Security", "4688", "A new process has been created."}, true},
		{"Service Control Manager", "7045", Event{"Service-Control-Manager", "System", "7045", "A service was installed in the system."}, true},
		{"Linux-Sysmon", "11", Event{"Linux-Sysmon", "Linux-Sysmon/Operational", "11", "FileCreate"}, true},
		{"My Own Source", "1", Event{Provider: "My-Own-Source", ID: "1"}, false},
	}
	for _, tt := range tests {
		got, ok := Lookup(tt.provider, tt.id)
		if diff := cmp.Diff(tt.want, got); diff != "" || ok != tt.ok {
			t.Errorf("Lookup(%q, %q): ok %v (-want +got):\n%s", tt.provider, tt.id, ok, diff)
		}
	}
}

// names lists the events of sources by provider and id.
func names(sources []Source) []string {
	var out []string
	for _, s := range sources {
		for _, id := range s.IDs {
			for _, e := range s.Resolve(id) {
				out = append(out, e.Provider+" "+e.ID)
			}
		}
		if s.IDs == nil {
			out = append(out, s.Channel+"|"+s.Provider)
		}
	}
	return out
}

func TestForSigma(t *testing.T) {
	tests := []struct {
		product, category, service string
		want                       []string
	}{
		{"windows", "process_creation", "", []string{"Sysmon 1", "Security-Auditing 4688"}},
		{"windows", "process_creation", "sysmon", []string{"Sysmon 1"}},
		{"windows", "process_creation", "security", []string{"Security-Auditing 4688"}},
		{"windows", "process_creation", "system", []string{"Sysmon 1", "Security-Auditing 4688"}},
		{"windows", "registry_set", "", []string{"Sysmon 13"}},
		{"windows", "file_event", "", []string{"Sysmon 11"}},
		{"windows", "file_delete", "", []string{"Sysmon 23"}},
		{"windows", "file_access", "", []string{"Kernel-File 12"}},
		{"windows", "pipe_created", "", []string{"Sysmon 17", "Sysmon 18"}},
		{"windows", "ps_script", "", []string{"PowerShell 4104", "PowerShellCore 4104"}},
		{"windows", "", "security", []string{"Security|Security-Auditing"}},
		{"windows", "", "system", []string{"System|"}},
		{"windows", "", "powershell", []string{"Microsoft-Windows-PowerShell/Operational|PowerShell", "PowerShellCore/Operational|PowerShellCore"}},
		{"linux", "process_creation", "", []string{"Linux-Sysmon 1"}},
		{"linux", "", "auditd", []string{"/var/log/audit/audit.log|auditd"}},
		{"macos", "process_creation", "", nil},
		{"", "process_creation", "", nil},
		{"", "webserver", "", nil},
		{"", "", "", nil},
	}
	for _, tt := range tests {
		got := names(ForSigma(tt.product, tt.category, tt.service))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("ForSigma(%q, %q, %q) (-want +got):\n%s", tt.product, tt.category, tt.service, diff)
		}
	}
	if n := len(ForSigma("", "antivirus", "")); n != 1 {
		t.Errorf("antivirus has %d sources, want 1", n)
	}
}

func TestResolve(t *testing.T) {
	one := func(p, s, c string) []Source { return ForSigma(p, c, s) }
	tests := []struct {
		source Source
		id     string
		want   string
	}{
		{one("windows", "security", "")[0], "5145", "Security-Auditing 5145"},
		{one("windows", "security", "")[0], "1102", "Eventlog 1102"},
		{one("windows", "security", "")[0], "99999", "Security-Auditing 99999"},
		{one("windows", "system", "")[0], "7045", "Service-Control-Manager 7045"},
		{one("windows", "system", "")[0], "16", "System 16"}, // three providers have it
		{one("windows", "smbserver-connectivity", "")[0], "4000", "SMBServer 4000"},
		{Source{Provider: "Linux-Sysmon"}, "1", "Linux-Sysmon 1"},
	}
	for _, tt := range tests {
		got := names([]Source{{Channel: tt.source.Channel, Provider: tt.source.Provider, IDs: []string{tt.id}}})
		if diff := cmp.Diff([]string{tt.want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.want, diff)
		}
	}
	if got := (Source{}).Resolve("1"); got != nil {
		t.Errorf("a source without a name gave %v", got)
	}
}

// ids lists events by provider and id.
func ids(events []Event) string {
	var out []string
	for _, e := range events {
		out = append(out, e.Provider+" "+e.ID)
	}
	return strings.Join(out, ", ")
}

func TestForElastic(t *testing.T) {
	action := func(category, name string) []Event {
		events, ok := ForAction(category, name)
		if !ok {
			return []Event{{Provider: "not", ID: "known"}}
		}
		return events
	}
	prefix := func(text string) []Event {
		events, ok := ForActionPrefix(text)
		if !ok {
			return []Event{{Provider: "not", ID: "known"}}
		}
		return events
	}
	tests := []struct {
		name string
		got  []Event
		want string
	}{
		{"code 10", ForCode("10"), "Sysmon 10"},
		{"code 5145", ForCode("5145"), "Security-Auditing 5145"},
		{"code 1102", ForCode("1102"), "Eventlog 1102"},
		{"code 4104", ForCode("4104"), "PowerShell 4104"},
		{"code 7045", ForCode("7045"), "Service-Control-Manager 7045"},
		{"code 33205", ForCode("33205"), ""}, // of whichever instance of a server
		{"code x", ForCode("x"), ""},
		{"logged-in", action("", "logged-in"), "Security-Auditing 4624"},
		{"Logged-In in authentication", action("authentication", "Logged-In"), "Security-Auditing 4624"},
		{"logged-in-special", action("iam", "logged-in-special"), "Security-Auditing 4672, Security-Auditing 4964"},
		{"Log clear", action("", "Log clear"), "Eventlog 1102"},
		{"start", action("process", "start"), "Sysmon 1, Security-Auditing 4688"},
		{"load of a library", action("library", "load"), "Sysmon 7"},
		{"load of a driver", action("driver", "load"), "Sysmon 6"},
		{"load", action("", "load"), "Sysmon 6, Sysmon 7"},
		{"modification of a file", action("file", "modification"), ""},
		{"modification of a key", action("registry", "modification"), "Sysmon 13, Sysmon 12, Security-Auditing 4657"},
		{"rename", action("file", "rename"), ""},
		{"rename of a key", action("registry", "rename"), "not known"},
		{"exec", action("process", "exec"), "Sysmon 1"},
		{"no action", action("", "no-such-action"), "not known"},
		{"Image loaded*", prefix("Image loaded"), "Sysmon 7"},
		{"process create*", prefix("process create"), "Sysmon 1"},
		{"a*", prefix("a"), "not known"},
		{"process start", ForCategory("process", "start"), "Sysmon 1, Security-Auditing 4688"},
		{"Network, any", ForCategory("Network", ""), "Sysmon 3, Sysmon 22, Security-Auditing 5156, Security-Auditing 5157"},
		{"no category", ForCategory("web", "start"), ""},
		{"script block", ForField("powershell.file.script_block_text"), "PowerShell 4104"},
		{"dns", ForField("dns.question.name"), "Sysmon 22"},
		{"file.path", ForField("file.path"), "Sysmon 2, Sysmon 11, Sysmon 15, Sysmon 23, Sysmon 26"},
		{"process.name", ForField("process.name"), ""},
	}
	for _, tt := range tests {
		if got := ids(tt.got); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if diff := cmp.Diff([]string{"access", "change", "creation", "deletion"}, Types("File")); diff != "" {
		t.Errorf("types of files (-want +got):\n%s", diff)
	}
	// Every event that Elastic's names lead to, and that the catalog should
	// have, is in it.
	for key, events := range elastic().events {
		for _, e := range events {
			if e.Title == "" && e.Provider != "Quick-Assist" && e.Provider != "DNS-Client" {
				t.Errorf("%v leads to %s %s, which has no title", key, e.Provider, e.ID)
			}
		}
	}
}

func TestOnLinux(t *testing.T) {
	sysmon, _ := Lookup("Sysmon", "1")
	if own, ok := sysmon.OnLinux(); !ok || own.Provider != "Linux-Sysmon" || own.ID != "1" || own.Title == "" {
		t.Errorf("got %+v %v", own, ok)
	}
	for _, e := range []Event{{Provider: "Sysmon", ID: "7"}, {Provider: "Sysmon", ID: "4"}, {Provider: "Security-Auditing", ID: "1"}} {
		if own, ok := e.OnLinux(); ok {
			t.Errorf("%+v is %+v", e, own)
		}
	}
}
