package normalize

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/field"
	"github.com/rulepipe/rulepipe/pkg/record"
)

func TestTransformed(t *testing.T) {
	tests := []struct {
		field, platform, op, value string
		wantName, wantOp, want     string
	}{
		{"process.name", "windows", "eq", "net.exe", "Image", "ends_with", `\net.exe`},
		{"process.name.caseless", "linux", "eq", "bash", "Image", "ends_with", "/bash"},
		{"process.name", "", "eq", "bash", "Image", "ends_with", `\bash`},
		{"user.name", "windows", "eq", "SYSTEM", "User", "ends_with", `\SYSTEM`},
		{"user.name", "windows", "eq", `NT AUTHORITY\SYSTEM`, "User", "eq", `NT AUTHORITY\SYSTEM`},
		{"user.name", "linux", "eq", "root", "User", "eq", "root"},
		{"user.name", "", "eq", "root", "User", "eq", "root"},
		{"registry.key", "windows", "eq", `SOFTWARE\A\`, "TargetObject", "match", `\SOFTWARE\A\`},
		{"registry.key", "windows", "wildcard", `*\\A`, "TargetObject", "match", `\A\`},
		{"registry.key", "windows", "wildcard", `*A*b*`, "TargetObject", "wildcard", `*A*b*`},
		{"registry.key", "windows", "match", `A\B`, "TargetObject", "match", `A\B`},
		{"registry.hive", "windows", "eq", "HKLM", "RegistryHive", "eq", "HKLM"},
		{"registry.data.strings", "windows", "eq", "0x0000000A", "Details", "eq", "DWORD (0x0000000a)"},
		{"registry.data.strings", "windows", "eq", "0xZZZZZZZZ", "Details", "eq", "0xZZZZZZZZ"},
		{"registry.data.strings", "windows", "eq", "0x1", "Details", "eq", "0x1"},
		{"registry.data.strings", "windows", "eq", "10", "Details", "eq", "10"},
		{"registry.data.strings", "windows", "match", "0x0000000A", "Details", "match", "0x0000000A"},
		{"process.working_directory", "windows", "eq", `C:\x`, "CurrentDirectory", "eq", `C:\x\`},
		{"process.working_directory", "windows", "starts_with", `C:\x`, "CurrentDirectory", "starts_with", `C:\x`},
		{"process.working_directory", "linux", "eq", "/x", "CurrentDirectory", "eq", "/x"},
		{"dll.code_signature.trusted", "windows", "eq", "true", "SignatureStatus", "eq", "Valid"},
		{"dll.code_signature.trusted", "windows", "eq", "false", "SignatureStatus", "ne", "Valid"},
		{"dll.code_signature.trusted", "windows", "eq", "perhaps", "SignatureStatus", "eq", "perhaps"},
		{"dll.code_signature.status", "windows", "ne", "trusted", "SignatureStatus", "ne", "Valid"},
		{"process.pid", "windows", "eq", "0x10", "ProcessId", "eq", "16"},
		{"process.parent.args_count", "windows", "eq", "5.0", "ParentCommandLineArgsCount", "eq", "5"},
		{"user.id", "windows", "eq", "S-1-5-18", "UserId", "eq", "S-1-5-18"},
		{"process.interactive", "linux", "eq", "TRUE", "ProcessInteractive", "eq", "true"},
		{"winlog.logon.type", "windows", "eq", "RemoteInteractive", "LogonType", "eq", "10"},
		{"network.direction", "windows", "ne", "ingress", "Initiated", "ne", "false"},
		{"winlog.event_data.TicketEncryptionTypeDescription", "windows", "eq", "aes256-cts-hmac-sha1-96", "TicketEncryptionType", "eq", "0x12"},
		{"winlog.event_data.AuditPolicyChangesDescription", "windows", "eq", "Failure Added", "AuditPolicyChanges", "eq", "%%8451"},
		{"powershell.file.script_block_text", "windows", "eq", "Invoke-It", "ScriptBlockText", "match", "Invoke-It"},
		{"powershell.file.script_block_text", "windows", "starts_with", "Invoke", "ScriptBlockText", "match", "Invoke"},
		{"powershell.file.script_block_text", "windows", "wildcard", "a*b", "ScriptBlockText", "wildcard", "a*b"},
		{"process.command_line.text", "windows", "eq", "secret", "CommandLine", "match", "secret"},
		{"process.command_line.caseless", "windows", "eq", "secret", "CommandLine", "eq", "secret"},
		{"process.args", "windows", "eq", "/c", "process.args", "eq", "/c"},
		{"destination.ip", "windows", "cidr_match", "::1", "DestinationIp", "cidr_match", "::1/128"},
		{"destination.ip", "windows", "cidr_match", "127.0.0.1", "DestinationIp", "cidr_match", "127.0.0.1/32"},
		{"destination.ip", "windows", "cidr_match", "10.0.0.0/8", "DestinationIp", "cidr_match", "10.0.0.0/8"},
		{"destination.ip", "windows", "cidr_match", "fe80::1%eth0", "DestinationIp", "cidr_match", "fe80::1%eth0"},
	}
	for _, tt := range tests {
		var ctx field.Context
		if tt.platform != "" {
			ctx = field.Context{{Key: "platform", Value: tt.platform}}
		}
		n := name(nil, vendorElastic, tt.field, ctx)
		got := canonical(comparison{op: tt.op, value: tt.value}, &n, "eql")
		if n.name != tt.wantName || got.op != tt.wantOp || got.value != tt.want {
			t.Errorf("%s %s %q is %s %s %q, want %s %s %q", tt.field, tt.op, tt.value, n.name, got.op, got.value, tt.wantName, tt.wantOp, tt.want)
		}
	}
}

func TestPlatformOf(t *testing.T) {
	tests := []struct{ platforms, want string }{
		{"", ""},
		{"windows", "windows"},
		{"Windows", "windows"},
		{"linux macos", "unix"},
		{"linux macos linux", "unix"},
		{"windows linux", "mixed"},
		{"linux macos windows", "mixed"},
		{"aws", "aws"},
	}
	for _, tt := range tests {
		var ctx field.Context
		for p := range strings.FieldsSeq(tt.platforms) {
			ctx = append(ctx, field.Fact{Key: "platform", Value: p})
		}
		if got := platformOf(ctx); got != tt.want {
			t.Errorf("platformOf(%s) = %q, want %q", tt.platforms, got, tt.want)
		}
	}
}

// FuzzTransformed holds the comparisons with a part of a value against those
// with the whole that they become: what the part satisfies, the whole does.
func FuzzTransformed(f *testing.F) {
	for _, op := range []string{"eq", "starts_with", "ends_with", "match", "wildcard"} {
		f.Add(op, "net.exe", "net.exe", "windows")
		f.Add(op, "py*n", "python", "linux")
		f.Add(op, `*\\a?`, `b\ab`, "")
		f.Add(op, `a\\*`, `a\`, "mixed")
	}
	f.Fuzz(func(t *testing.T, op, value, part, platform string) {
		switch op {
		case record.OpEq, record.OpStartsWith, record.OpEndsWith, record.OpMatch, record.OpWildcard:
		default:
			return
		}
		if len(value)+len(part) > 200 || !ascii(value) || !ascii(part) || value == "" {
			return
		}
		c := comparison{op: op, value: value}
		if !holds(t, c, part) {
			return
		}
		for _, transform := range []string{"basename", "account name without domain", "without hive and value name", "name of the last key only", "split list"} {
			n := &naming{transform: transform, platform: platform}
			whole := `C:\dir\` + part
			switch transform {
			case "basename":
				if strings.ContainsAny(part, `\/`) {
					continue // no file name
				}
				if separator(value, platform) == "/" {
					whole = "/dir/" + part
				}
			case "account name without domain":
				if platform != windows {
					continue
				}
			case "without hive and value name":
				if strings.Trim(part, `\`) != part || strings.Trim(value, `\`) != value && op == record.OpEq {
					continue // no key
				}
				whole = `HKLM\` + part + `\value`
			case "name of the last key only":
				whole = `HKLM\key\` + part + `\value`
			case "split list":
				whole = "MD5=0," + part + ",SHA1=0"
			}
			if got := transformed(c, n); !holds(t, got, whole) {
				t.Errorf("%s: %s %q holds for %q, but %s %q not for %q", transform, op, value, part, got.op, got.value, whole)
			}
		}
	})
}

// TestTransforms checks that every word that a user may write does something
// to some value, or to the name of the field.
func TestTransforms(t *testing.T) {
	values := []string{"a.exe", "0x10", "0x00000001", "5.0", "1", "Yes", "True", "trusted", "RC4-HMAC", "Success removed", "bob"}
	fields := []string{"a", "SignatureStatus", "TicketEncryptionType", "AuditPolicyChanges"}
	for _, word := range Transforms() {
		var r field.Reader
		r.Transforms = Transforms()
		var text strings.Builder
		text.WriteString("vendor\tvendor_field\tcanonical\tvalue_transform\n")
		for _, f := range fields {
			fmt.Fprintf(&text, "ecs\tx.%s\t%s\t%s\n", f, f, word)
		}
		if errs, _ := r.Read("f", []byte(text.String())); len(errs) > 0 {
			t.Fatalf("%q: %v", word, errs[0].Msg)
		}
		acts := false
		for _, f := range fields {
			n := name(r.Table(), vendorElastic, "x."+f, field.Context{{Key: keyPlatform, Value: windows}})
			acts = acts || n.name != f || n.words
			for _, v := range values {
				c := comparison{op: record.OpEq, value: v}
				acts = acts || transformed(c, &n) != c
			}
		}
		if !acts {
			t.Errorf("%q does nothing", word)
		}
	}
}
