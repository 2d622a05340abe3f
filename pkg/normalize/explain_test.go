package normalize

import (
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/field"
)

func TestExplain(t *testing.T) {
	var r field.Reader
	errs, ok := r.Read("f", []byte("vendor\tvendor_field\tcanonical\tcontext\tcollapse\n"+
		"ecs\tacme.user\tSubjectUserName\tcode=7\t\n"+
		"ecs\tacme.user\tTargetUserName\t\t\n"+
		"ecs\tprocess.name\tprocess.name\tmodule=acme\t0\n"))
	if !ok || len(errs) > 0 {
		t.Fatal(errs)
	}
	tests := []struct {
		name, context string // vendor:name
		as, why, row  string // the context of the row that holds, - for none
	}{
		{"sigma:Image", "", "Image", "folds", ""},
		{"sigma:NewProcessName", "service=security id=4688", "Image", "folds", "service=security;id=4688"},
		{"sigma:ErrorCode", "platform=windows", "ErrorCode", "folds", "platform=windows"},
		{"sigma:NoSuch", "", "NoSuch", "no row holds, so the name is kept", "-"},
		{"elastic:process.name", "", "Image", "folds", ""},
		{"elastic:process.name.caseless", "", "Image", "folds it; its values are compared without case", ""},
		{"elastic:PROCESS.NAME", "", "Image", "folds", ""},
		{"elastic:process.name", "module=acme", "process.name", "for information", "module=acme"},
		{"elastic:user.name", "code=4624", "TargetUserName", "folds", "code=4624,4625,4634,4647,4768,4769,4770,4771,4776"},
		{"elastic:user.name", "platform=windows code=4688", "SubjectUserName", "folds", "provider=Microsoft-Windows-Security-Auditing"}, // whose event that is
		{"elastic:winlog.event_data.NoSuch", "", "NoSuch", "kept without what", "-"},
		{"elastic:process.args", "", "process.args", "whole list", ""},
		{"elastic:acme.user", "code=7", "SubjectUserName", "folds", "code=7"},
		{"elastic:acme.user", "", "TargetUserName", "folds", ""},
		{"splunk:Processes.process_name", "datamodel=Endpoint.Processes", "Image", "folds", "datamodel=Endpoint.Processes"},
		{"splunk:process_name", "macro=sysmon id=10", "TargetImage", "folds", "macro=sysmon;id=8,10"},
		{"splunk:sourcetype", "", "sourcetype", "where Splunk keeps", "-"},
		{"splunk:NoSuch{}.a", "", "NoSuch.a", "kept without", "-"},
	}
	for _, tt := range tests {
		t.Run(tt.name+" "+tt.context, func(t *testing.T) {
			var ctx field.Context
			for _, word := range strings.Fields(tt.context) {
				key, value, _ := strings.Cut(word, "=")
				ctx = append(ctx, field.Fact{Key: key, Value: value})
			}
			vendor, name, _ := strings.Cut(tt.name, ":")
			e := Explain(Tables{Fields: r.Table()}, vendor, name, ctx)
			row := "-"
			if e.Holds >= 0 {
				row = e.Rows[e.Holds].Context
			}
			if e.As != tt.as || !strings.Contains(e.Why, tt.why) || row != tt.row {
				t.Errorf("got %q, %q, row %q of %d", e.As, e.Why, row, len(e.Rows))
			}
		})
	}
}
