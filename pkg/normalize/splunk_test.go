package normalize

import (
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/field"
)

// TestSplunkLogs holds the logs against the catalog and the tables that refer
// to them.
func TestSplunkLogs(t *testing.T) {
	names := make(map[string]string)
	for _, l := range splunkLogs {
		if l.macro == "" {
			t.Errorf("%+v has no macro", l)
		}
		if p := l.source.Provider; p != "" && event.Named(p) != p {
			t.Errorf("%s: the catalog has no provider %s", l.macro, p)
		}
		for _, name := range l.names {
			if name != strings.ToLower(name) {
				t.Errorf("%s: %q is not in lower case", l.macro, name)
			}
			if other, ok := names[name]; ok {
				t.Errorf("%q names %s and %s", name, other, l.macro)
			}
			names[name] = l.macro
		}
	}
	if len(splunkLogs) != 62 || len(names) != 57 {
		t.Errorf("got %d logs, %d names", len(splunkLogs), len(names))
	}
}

func TestLogNamed(t *testing.T) {
	tests := []struct{ value, macro, channel, platform string }{
		{"XmlWinEventLog:Security", "wineventlog_security", "Security", "windows"},
		{"WinEventLog:Security", "wineventlog_security", "Security", "windows"},
		{"wineventlog_security", "wineventlog_security", "Security", "windows"},
		{"XmlWinEventLog:Microsoft-Windows-Sysmon/Operational", "sysmon", "Microsoft-Windows-Sysmon/Operational", "windows"},
		{"Syslog:Linux-Sysmon/Operational", "sysmon", "Linux-Sysmon/Operational", "linux"},
		{"XmlWinEventLog:Microsoft-Windows-AppLocker/", "applocker", "Microsoft-Windows-AppLocker/EXE and DLL", "windows"},
		{"WinEventLog:Some-Channel/Admin", "", "some-channel/admin", "windows"},
		{"XmlWinEventLog", "", "", "windows"},
		{"aws:cloudtrail", "cloudtrail", "", "aws"},
		{"AWS:CloudTrail*", "cloudtrail", "", "aws"},
		{"nginx:plus:kv", "nginx_access_logs", "", ""},
		{"github:enterprise:audit", "github", "", "github"},
		{"something", "-", "", ""},
		{"XmlWinEventLog:", "-", "", ""},
		{"", "-", "", ""},
	}
	for _, tt := range tests {
		l := logNamed(tt.value)
		if l == nil {
			l = &splunkLog{macro: "-"}
		}
		if l.macro != tt.macro || l.source.Channel != tt.channel || l.platform != tt.platform {
			t.Errorf("%q: got %q %q %q", tt.value, l.macro, l.source.Channel, l.platform)
		}
	}
}

func TestModels(t *testing.T) {
	for source, want := range map[string]string{
		"Endpoint.Processes": "Endpoint.Processes", "endpoint.processes": "Endpoint.Processes", "Web": "Web.Web",
		"Network_Resolution": "Network_Resolution.DNS", "Endpoint": "", "zeek": "", "": "",
	} {
		if got := modelNamed(source); got != want {
			t.Errorf("modelNamed(%q) = %q, want %q", source, got, want)
		}
	}
	for name, want := range map[string]string{
		"Processes.process": "Endpoint.Processes", "web.url": "Web.Web", "All_Traffic.app": "Network_Traffic.All_Traffic",
		"process": "", "requestParameters.x": "",
	} {
		if got := modelOf(name); got != want {
			t.Errorf("modelOf(%q) = %q, want %q", name, got, want)
		}
	}
	// The objects are those of the field table.
	for object, model := range models {
		if _, ok := field.Lookup(vendorSplunk, object+".dest", field.Context{{Key: keyModel, Value: model}}); ok {
			continue
		}
		found := false
		for _, name := range []string{"process_name", "severity", "signature", "subject", "file_name", "risk_object_type", "ssl_serial"} {
			_, ok := field.Lookup(vendorSplunk, object+"."+name, field.Context{{Key: keyModel, Value: model}})
			found = found || ok
		}
		if !found {
			t.Errorf("the field table has nothing of %s", model)
		}
	}
}

func TestSplunkTransformed(t *testing.T) {
	tests := []struct {
		field, op, value       string
		wantName, wantOp, want string
	}{
		{"Processes.process_name", "eq", "net.exe", "Image", "ends_with", `\net.exe`},
		{"Processes.process_name", "eq", `C:\net.exe`, "Image", "eq", `C:\net.exe`},
		{"Processes.process_name", "eq", "System", "Image", "eq", "System"},
		{"Processes.process_name", "ends_with", "System", "Image", "ends_with", "System"},
		{"Filesystem.file_name", "eq", "System", "TargetFilename", "ends_with", `\System`},
		{"Processes.process_name", "starts_with", "net", "Image", "match", `\net`},
		{"Processes.process_name", "ends_with", ".exe", "Image", "ends_with", ".exe"},
		{"Processes.process_hash", "eq", "0123", "Hashes", "match", "0123"},
		{"Processes.user", "eq", "SYSTEM", "User", "ends_with", `\SYSTEM`},
		{"Processes.user", "eq", `NT AUTHORITY\SYSTEM`, "User", "eq", `NT AUTHORITY\SYSTEM`},
		{"Processes.user", "starts_with", `NT AUTHORITY\`, "User", "starts_with", `NT AUTHORITY\`},
		{"Processes.user", "ends_with", "$", "User", "ends_with", "$"},
		{"Processes.user", "ne", "unknown", "User", "ne", "unknown"},
		{"Processes.user", "eq", "unknown", "User", "eq", "unknown"},
		{"Processes.process_integrity_level", "eq", "high", "IntegrityLevel", "eq", "high"},
		{"Registry.registry_path", "starts_with", `\REGISTRY\MACHINE\X`, "TargetObject", "starts_with", `HKLM\X`},
		{"Registry.registry_path", "match", `HKLM\X`, "TargetObject", "match", `HKLM\X`},
		{"Registry.registry_value_data", "eq", "0x00000001", "Details", "eq", "DWORD (0x00000001)"},
		{"Registry.registry_value_data", "eq", "0x0000000000000001", "Details", "eq", "QWORD (0x00000000-0x00000001)"},
		{"Registry.registry_value_data", "eq", "1", "Details", "eq", "1"},
		{"Registry.registry_key_name", "eq", "Run", "TargetObject", "match", `\Run`},
		{"Registry.registry_key_name", "starts_with", "Run", "TargetObject", "match", `\Run`},
		{"Registry.registry_key_name", "ends_with", `\Run`, "TargetObject", "match", `\Run`},
		{"Registry.registry_key_name", "wildcard", `a*b`, "TargetObject", "wildcard", `*\\a*b*`},
		{"Registry.registry_key_name", "match", "Run", "TargetObject", "match", "Run"},
		{"Web.status", "eq", "200.0", "sc-status", "eq", "200"},
		{"All_Traffic.dest_port", "gt", "0x400", "DestinationPort", "gt", "1024"},
		{"All_Traffic.direction", "eq", "outbound", "Initiated", "eq", "true"},
		{"Authentication.signature_id", "eq", "4624", "EventID", "eq", "4624"},
	}
	for _, tt := range tests {
		n := name(nil, vendorSplunk, tt.field, field.Context{{Key: keyPlatform, Value: windows}})
		got := canonical(comparison{op: tt.op, value: tt.value}, &n, "spl")
		if n.name != tt.wantName || got.op != tt.wantOp || got.value != tt.want {
			t.Errorf("%s %s %q is %s %s %q, want %s %s %q", tt.field, tt.op, tt.value, n.name, got.op, got.value, tt.wantName, tt.wantOp, tt.want)
		}
	}
}
