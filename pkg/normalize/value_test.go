package normalize

import (
	"testing"

	"github.com/rulepipe/rulepipe/pkg/record"
)

func TestCanonicalValue(t *testing.T) {
	tests := []struct {
		field, op, value string
		want             string
	}{
		{"EventID", "eq", "4624", "4624"},
		{"EventID", "eq", "0x1210", "4624"},
		{"EventID", "eq", "5.0", "5"},
		{"EventID", "eq", "007", "7"},
		{"EventID", "eq", "4624*", "4624*"},
		{"EventID", "match", "0x10", "0x10"},
		{"ProcessId", "ne", "0X4", "4"},
		{"sc-bytes", "gt", "1.50", "1.5"},
		{"sc-bytes", "gt", "-0x1", "-0x1"},
		{"sc-bytes", "gt", "1e3", "1000"},
		{"sc-bytes", "gt", "99999999999999999999", "99999999999999999999"},
		{"sc-bytes", "gt", "Inf", "Inf"},
		{"sc-bytes", "lt", "1_000", "1_000"},
		{"sc-bytes", "lt", "", ""},
		{"Version", "eq", "5.0", "5.0"}, // text, for all that is known
		{"GrantedAccess", "eq", "0x1410", "0x1410"},
		{"LogonType", "eq", "Network", "3"},
		{"LogonType", "eq", "remoteinteractive", "10"},
		{"LogonType", "eq", "3", "3"},
		{"IntegrityLevel", "eq", "S-1-16-12288", "High"},
		{"IntegrityLevel", "eq", "16384", "System"},
		{"IntegrityLevel", "eq", "High", "High"},
		{"Initiated", "eq", "egress", "true"},
		{"Initiated", "eq", "Inbound", "false"},
		{"Initiated", "eq", "True", "true"},
		{"Signed", "eq", "FALSE", "false"},
		{"Signed", "eq", "-", "-"},
		{"EventOutcome", "eq", "0x8010000000000000", "failure"},
		{"AuditResult", "eq", "Succeeded", "success"},
		{"AuditResult", "ne", "FAILED", "failure"},
		{"AuditResult", "eq", "Started", "Started"},
		{"ResultStatus", "eq", "Succeeded", "success"},
		{"Image", "eq", "True", "True"},
		{"TargetObject", "starts_with", `HKEY_LOCAL_MACHINE\Software`, `HKLM\Software`},
		{"TargetObject", "eq", `\registry\machine\SOFTWARE`, `HKLM\SOFTWARE`},
		{"TargetObject", "eq", `\REGISTRY\USER\S-1-5`, `HKU\S-1-5`},
		{"TargetObject", "match", `HKLM\Software`, `HKLM\Software`},
		{"TargetObject", "match", `HKEY_LOCAL_MACHINE_2\x`, `HKEY_LOCAL_MACHINE_2\x`},
		{"TargetObject", "ends_with", `\Run`, `\Run`},
		{"TargetObject", "starts_with", `MACHINE\SOFTWARE\`, `HKLM\SOFTWARE\`},
		{"TargetObject", "wildcard", `user\\*\\Software`, `HKU\\*\\Software`},
		{"TargetObject", "wildcard", `*MACHINE\\x*y`, `*MACHINE\\x*y`},
		{"TargetObject", "match", `User\Shell`, `User\Shell`},
		{"TargetObject", "eq", `MACHINES\x`, `MACHINES\x`},
		{"TargetObject", "wildcard", `HKEY_CURRENT_USER\\a*b`, `HKCU\\a*b`},
		{"TargetObject", "wildcard", `\\REGISTRY\\MACHINE\\a*b`, `HKLM\\a*b`},
		{"TargetObject", "regex_match", `HKEY_LOCAL_MACHINE\\.{3}`, `HKEY_LOCAL_MACHINE\\.{3}`},
		{"CommandLine", "match", `HKEY_LOCAL_MACHINE\Software`, `HKEY_LOCAL_MACHINE\Software`},
	}
	for _, tt := range tests {
		got := canonical(comparison{op: tt.op, value: tt.value}, &naming{name: tt.field}, "sigma")
		if got.value != tt.want || got.op != tt.op {
			t.Errorf("%s %s %q is %s %q, want %q", tt.field, tt.op, tt.value, got.op, got.value, tt.want)
		}
	}
}

func TestPath(t *testing.T) {
	tests := []struct{ platform, op, value, wantOp, want string }{
		{"windows", "eq", "net.exe", "ends_with", `\net.exe`},
		{"", "eq", "net.exe", "ends_with", `\net.exe`},
		{"linux", "eq", "bash", "ends_with", "/bash"},
		{"macos", "starts_with", "py", "match", "/py"},
		{"windows", "eq", `C:\net.exe`, "eq", `C:\net.exe`},
		{"windows", "eq", "", "eq", ""},
		{"windows", "match", "net", "match", "net"},
		{"windows", "ends_with", ".exe", "ends_with", ".exe"},
		{"windows", "wildcard", "n*t.exe", "wildcard", `*\\n*t.exe`},
		{"linux", "wildcard", "py?hon", "wildcard", `*/py?hon`},
		{"windows", "wildcard", "*n?t.exe", "wildcard", `*n?t.exe`},
		{"windows", "regex_match", "n.t", "regex_match", "n.t"},
		{"windows", "ne", "net.exe", "ne", "net.exe"},
	}
	for _, tt := range tests {
		n := &naming{name: "Image", transform: "basename", platform: tt.platform}
		got := canonical(comparison{op: tt.op, value: tt.value}, n, "eql")
		if tt.op == record.OpRegexMatch {
			got = path(comparison{op: tt.op, value: tt.value}, tt.platform)
		}
		if got.op != tt.wantOp || got.value != tt.want {
			t.Errorf("%s: %s %q is %s %q, want %s %q", tt.platform, tt.op, tt.value, got.op, got.value, tt.wantOp, tt.want)
		}
	}
}
