package normalize

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/field"
)

func TestIndexName(t *testing.T) {
	tests := []struct{ pattern, want string }{
		{"logs-aws.cloudtrail-*", "aws.cloudtrail"},
		{"logs-aws.cloudtrail*", "aws.cloudtrail"},
		{"logs-endpoint.events.process-default", "endpoint.events.process"},
		{"logs-endpoint.events.*", "endpoint.events"},
		{"logs-endpoint*", "endpoint"},
		{"logs-okta*", "okta"},
		{"logs-*", "logs"},
		{"logs-*-*", "logs"},
		{"metrics-*", "metrics"},
		{"traces-apm*", "apm"},
		{"winlogbeat-*", "winlogbeat"},
		{"Winlogbeat-8.1-*", "winlogbeat"},
		{"remote:logs-system.security-*", "system.security"},
		{"*:logs-windows.*", "windows"},
		{"*", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := indexName(tt.pattern); got != tt.want {
			t.Errorf("indexName(%q) = %q, want %q", tt.pattern, got, tt.want)
		}
	}
}

// TestManyIndexes reads index patterns that took minutes when each was looked
// for among the others.
func TestManyIndexes(t *testing.T) {
	patterns := make([]string, 150_000)
	for i := range patterns {
		patterns[i] = "logs-a.b" + strconv.Itoa(i) + "-*"
	}
	start := time.Now()
	if x := readIndex(slices.Concat(patterns, patterns)); len(x.datasets) != len(patterns) {
		t.Errorf("%d data sets, want %d", len(x.datasets), len(patterns))
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
}

// words writes a context as "key=value" words.
func words(ctx field.Context) string {
	var out []string
	for _, f := range ctx {
		out = append(out, f.Key+"="+f.Value)
	}
	return strings.Join(out, " ")
}

func TestReadIndex(t *testing.T) {
	tests := []struct {
		patterns  string
		facts     string
		platforms string
	}{
		{"logs-aws.cloudtrail-* filebeat-*", "dataset=aws.cloudtrail module=aws platform=aws", "aws"},
		{"logs-okta*", "dataset=okta.system module=okta platform=okta", "okta"},
		{"logs-gcp*", "module=gcp platform=gcp", "gcp"},
		{"logs-azure.signinlogs-* logs-azure.auditlogs-*", "module=azure platform=azure", "azure"},
		{"logs-azure.signinlogs-* logs-o365.audit-*", "", "azure m365"},
		{"logs-system.security* logs-windows.forwarded* winlogbeat-*", "dataset=system.security module=system platform=windows provider=Microsoft-Windows-Security-Auditing", "windows"},
		{"logs-windows.powershell*", "dataset=windows.powershell_operational module=windows platform=windows provider=Microsoft-Windows-PowerShell", "windows"},
		{"logs-windows.powershell-*", "dataset=windows.powershell module=windows platform=windows provider=PowerShell", "windows"},
		{"logs-windows.sysmon_operational-* logs-system.security*", "platform=windows", "windows"},
		{"logs-auditd_manager.auditd-* auditbeat-*", "dataset=auditd_manager.auditd module=auditd platform=linux", ""},
		{"logs-auditd_manager.auditd-*", "dataset=auditd_manager.auditd module=auditd platform=linux", "linux"},
		{"logs-endpoint.events.process* endgame-*", "dataset=endpoint.events.process module=endpoint category=process", ""},
		{"logs-endpoint.events.process* logs-endpoint.events.file*", "module=endpoint", ""},
		{"logs-endpoint.events.* logs-auditd_manager.auditd-* auditbeat-*", "", ""},
		{"endgame-* logs-system.security*", "", "windows"},
		{"winlogbeat-* filebeat-* auditbeat-*", "", ""},
		{"winlogbeat-* endgame-*", "", "windows"},
		{"-logs-aws.cloudtrail-* .alerts-security.*", "", ""},
		{"", "", ""},
	}
	for _, tt := range tests {
		x := readIndex(strings.Fields(tt.patterns))
		got := [2]string{words(x.facts()), strings.Join(x.platforms, " ")}
		if diff := cmp.Diff([2]string{tt.facts, tt.platforms}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.patterns, diff)
		}
	}
}

func TestReads(t *testing.T) {
	sysmon, _ := event.Lookup("Sysmon", "1")
	security, _ := event.Lookup("Security-Auditing", "4688")
	cleared, _ := event.Lookup("Eventlog", "1102")
	tests := []struct {
		patterns                  string
		sysmon, security, cleared bool
	}{
		{"logs-windows.sysmon_operational-* logs-endpoint.events.process-*", true, false, false},
		{"logs-system.security*", false, true, true},
		{"logs-system.security* logs-windows.forwarded*", true, true, true},
		{"logs-system.application*", false, false, false},
		{"logs-endpoint.events.process-*", true, true, true},
		{"", true, true, true},
	}
	for _, tt := range tests {
		x := readIndex(strings.Fields(tt.patterns))
		got := [3]bool{x.reads(sysmon), x.reads(security), x.reads(cleared)}
		if want := [3]bool{tt.sysmon, tt.security, tt.cleared}; got != want {
			t.Errorf("%s reads %v, want %v", tt.patterns, got, want)
		}
	}
}
