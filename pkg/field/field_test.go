package field

import (
	"strings"
	"testing"
)

func TestCounts(t *testing.T) {
	for vendor, want := range map[string]int{"sigma": 536, "elastic": 2852, "splunk": 1002} {
		tab := tableOf(vendor)
		if len(tab.rows) != want {
			t.Errorf("%s: got %d rows, want %d", vendor, len(tab.rows), want)
		}
		for _, r := range tab.rows {
			if r.Name == "" || r.Canonical == "" {
				t.Errorf("%s: incomplete row %+v", vendor, r)
			}
			for _, c := range r.when {
				if c.key == "" || len(c.values) == 0 || c.values[0] == "" {
					t.Errorf("%s: %s: bad context %q", vendor, r.Name, r.Context)
				}
			}
		}
	}
}

// context makes a Context of "key=value" words.
func context(words string) Context {
	var c Context
	for _, w := range strings.Fields(words) {
		key, value, _ := strings.Cut(w, "=")
		c = append(c, Fact{key, value})
	}
	return c
}

func TestLookup(t *testing.T) {
	tests := []struct {
		vendor, name, context string
		want                  string // canonical, "" for no row
	}{
		{"sigma", "Image", "", "Image"},
		{"sigma", "image", "", "Image"},
		{"sigma", "NewProcessName", "product=windows service=security id=4688", "Image"},
		{"sigma", "newprocessname", "product=windows service=Security id=4624 id=4688", "Image"},
		{"sigma", "NewProcessName", "product=windows service=security id=4689", ""},
		{"sigma", "ParentProcessName", "service=security id=4688", "ParentImage"},
		{"sigma", "ProcessName", "service=security id=4688", "ProcessName"},
		{"sigma", "SubjectUserName", "service=security", "SubjectUserName"},
		{"sigma", "eventType", "product=okta", "oktaEventType"},
		{"sigma", "eventType", "product=aws", "eventType"},
		{"sigma", "eventType", "category=registry_set", "EventType"},
		{"sigma", "Data", "service=application", "Data"},
		{"sigma", "query", "category=dns", "QueryName"},
		{"sigma", "awsRegion", "product=aws", "CloudRegion"}, // the other row is for information
		{"sigma", "requestParameters.attribute", "product=aws service=cloudtrail", "requestParameters.attribute"},
		{"sigma", "requestParameters.userName", "product=aws", "requestParameters.userName"},
		{"sigma", "requestParameters.", "product=aws", ""},
		{"sigma", "userAgent", "product=kubernetes service=audit", "k8sUserAgent"},
		{"sigma", "NoSuchField", "", ""},
		{"sigma", "", "", ""},
		{"elastic", "process.name", "", "Image"},
		{"elastic", "winlog.event_data.SubjectUserName", "", "SubjectUserName"},
		{"elastic", "azure.auditlogs.properties.target_resources.0.display_name", "", "TargetResources.displayName"},
		{"elastic", "user.name", "code=4624", "TargetUserName"},
		{"elastic", "user.name", "code=4624 provider=Microsoft-Windows-Security-Auditing", "TargetUserName"},
		{"elastic", "user.name", "code=4738 provider=Microsoft-Windows-Security-Auditing", "SubjectUserName"},
		{"elastic", "user.name", "code=4624 code=4625", "TargetUserName"},
		{"elastic", "user.name", "code=4624 code=4738 provider=Microsoft-Windows-Security-Auditing", "User"},
		{"elastic", "user.name", "", "User"},
		{"elastic", "user.name", "dataset=kubernetes.audit_logs", "k8sUsername"},
		{"elastic", "event.action", "dataset=kubernetes.audit_logs", "verb"},
		{"elastic", "event.action", "dataset=azure.signinlogs", "OperationName"},
		{"elastic", "google_workspace.drive.file.type", "", "gwsDocType"},
		{"splunk", "parameters.doc_type", "macro=gsuite_drive", "gwsDocType"},
		{"splunk", "CopyTo", "macro=o365_management_activity", "Parameters.CopyTo"},
		{"splunk", "Authentication.action", "datamodel=Authentication.Authentication platform=okta", "outcome.result"},
		{"splunk", "Authentication.action", "datamodel=Authentication.Authentication platform=aws", "EventOutcome"},
		{"elastic", "user.id", "code=4624 provider=Microsoft-Windows-Security-Auditing", "TargetUserSid"},
		{"elastic", "process.name", "code=4688 provider=Microsoft-Windows-Security-Auditing", "Image"},
		{"elastic", "process.name", "category=process provider=Microsoft-Windows-Security-Auditing", "Image"},
		{"elastic", "process.name", "code=4673 provider=Microsoft-Windows-Security-Auditing", "ProcessName"},
		{"elastic", "process.name", "code=10 provider=Microsoft-Windows-Sysmon", "SourceImage"},
		{"elastic", "file.name", "code=17", "PipeName"},
		{"elastic", "file.name", "code=17 code=11", "TargetFilename"},
		{"elastic", "file.name", "provider=Microsoft-Windows-PowerShell", "Path"},
		{"elastic", "source.ip", "category=network", "SourceIp"},
		{"elastic", "source.ip", "category=network category=web", "src_ip"},
		{"elastic", "source.ip", "dataset=azure.signinlogs dataset=o365.audit", "src_ip"},
		{"elastic", "event.outcome", "dataset=aws.cloudtrail", "EventOutcome"}, // the other row is for information
		{"elastic", "event.type", "category=registry", "EventTypeEcs"},
		{"elastic", "dll.pe.original_file_name", "category=driver", "OriginalFileName"},
		{"elastic", "o365.audit.LogonType", "", "LogonType365"},
		{"elastic", "event.provider", "platform=windows", "Provider_Name"},
		{"elastic", "event.provider", "platform=windows platform=linux", ""},
		{"splunk", "Processes.process_name", "datamodel=Endpoint.Processes", "Image"},
		{"splunk", "process_name", "macro=wineventlog_security id=4688", "Image"},
		{"splunk", "processes.process_name", "datamodel=Endpoint.Processes", "Image"},
		{"splunk", "process_name", "datamodel=Endpoint.Processes after=drop_dm_object_name", "Image"},
		{"splunk", "process_name", "macro=sysmon id=10", "TargetImage"},
		{"splunk", "process_name", "macro=sysmon id=1", "Image"},
		{"splunk", "Status", "macro=wineventlog_security", "Status"},
		{"splunk", "status", "macro=wineventlog_security", "EventOutcome"},
		{"splunk", "STATUS", "macro=wineventlog_security", "EventOutcome"},
		{"splunk", "data.protoPayload.request.role{}.x", "macro=google_gcp_pubsub_message", "data.protoPayload.request.role.x"},
		{"splunk", "requestParameters{}.policy{}.x", "macro=cloudtrail", "requestParameters.policy.x"},
		{"elastic", "aws.cloudtrail.flattened.request_parameters.policy", "", "requestParameters.policy"},
		{"nobody", "Image", "", ""},
	}
	for _, tt := range tests {
		row, ok := Lookup(tt.vendor, tt.name, context(tt.context))
		if row.Canonical != tt.want || ok != (tt.want != "") {
			t.Errorf("Lookup(%q, %q, %q) = %q %v, want %q", tt.vendor, tt.name, tt.context, row.Canonical, ok, tt.want)
		}
	}
}

func TestRow(t *testing.T) {
	row, _ := Lookup("elastic", "process.name", nil)
	if row.Transform != "basename" || row.Relation != "narrower" || !row.Collapse {
		t.Errorf("process.name: %+v", row)
	}
	row, _ = Lookup("sigma", "LogonType", nil)
	if row.Transform != "number" || row.Relation != "" || !row.Collapse {
		t.Errorf("LogonType: %+v", row)
	}
	row, _ = Lookup("sigma", "Hashes|md5", nil)
	if row.Collapse {
		t.Errorf("a row for information folds: %+v", row)
	}
}

func TestBare(t *testing.T) {
	tests := []struct{ vendor, name, want string }{
		{"sigma", "some.name", "some.name"},
		{"elastic", "winlog.event_data.Foo", "Foo"},
		{"elastic", "winlog.event_data.", "winlog.event_data."},
		{"elastic", "process.foo", "process.foo"},
		{"elastic", "o365.audit.Foo", "Foo"},
		{"elastic", "kubernetes.audit.foo.bar", "foo.bar"},
		{"elastic", "azure.platformlogs.properties.log.foo", "foo"},
		{"splunk", "Processes.foo", "foo"},
		{"splunk", "All_Traffic.foo", "foo"},
		{"splunk", "requestParameters.foo", "requestParameters.foo"},
		{"splunk", "foo", "foo"},
		{"splunk", "a{}.b{}.c", "a.b.c"},
		{"splunk", "{}.a", "a"},
		{"splunk", "{}", "{}"},
	}
	for _, tt := range tests {
		if got := Bare(tt.vendor, tt.name); got != tt.want {
			t.Errorf("Bare(%q, %q) = %q, want %q", tt.vendor, tt.name, got, tt.want)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	ctx := context("product=windows category=process_creation platform=windows")
	Lookup("sigma", "Image", ctx)
	b.ReportAllocs()
	for b.Loop() {
		Lookup("sigma", "CommandLine", ctx)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		parse(sigmaTSV)
	}
}
