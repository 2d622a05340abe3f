package normalize

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rulepipe/rulepipe/pkg/event"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// TestOwnEvents ties rules to events that only a user's table has.
func TestOwnEvents(t *testing.T) {
	var r event.Reader
	errs, ok := r.Read("f", []byte("provider\tevent_id\ttitle\tchannel\tecs_event_action\tsigma_category\n"+
		"Acme-Gate\t7\tDoor opened\tAcme/Gate\tdoor-opened\tdoor\n"+
		"acme.cloud\tDoorOpened\tA door\t\t\t\n"+
		"Security-Auditing\t4688\tOur title\tSecurity\t\tdoor\n"))
	if !ok || len(errs) > 0 {
		t.Fatal(errs)
	}
	tests := []struct {
		name, rule string
		want       []string
	}{
		{"Sigma, category", `"vendor":"sigma","logsource":{"product":"acme","category":"door"}`, []string{"Acme-Gate 7 Door opened logsource", "Security-Auditing 4688 Our title logsource"}},
		{"Sigma, provider and id", `"vendor":"sigma","logsource":{"product":"windows","service":"application"},"parts":[{"where":{"and":[
			{"field":"Provider_Name","op":"eq","values":["acme-gate"]},{"field":"EventID","op":"eq","values":["7"]}]}}]`, []string{"Acme-Gate 7 Door opened eventid"}},
		{"Sigma, channel and id", `"vendor":"sigma","logsource":{"product":"windows"},"parts":[{"where":{"and":[
			{"field":"Channel","op":"eq","values":["Acme/Gate"]},{"field":"EventID","op":"eq","values":["7"]}]}}]`, []string{"Acme-Gate 7 Door opened eventid"}},
		{"a title of an embedded event", `"vendor":"sigma","logsource":{"product":"windows","category":"process_creation"}`, []string{"Sysmon 1 Process creation logsource", "Security-Auditing 4688 Our title logsource"}},
		{"Elastic, action", `"vendor":"elastic","language":"eql","parts":[{"where":{"field":"event.action","op":"eq","values":["Door-Opened"]}}]`, []string{"Acme-Gate 7 Door opened action"}},
		{"Elastic, provider and code", `"vendor":"elastic","language":"eql","parts":[{"where":{"and":[
			{"field":"event.provider","op":"eq","values":["Acme-Gate"]},{"field":"event.code","op":"eq","values":["7"]}]}}]`, []string{"Acme-Gate 7 Door opened eventid"}},
		{"Elastic, an operation", `"vendor":"elastic","language":"eql","logsource":{"index":["logs-acme.cloud-*"]},"parts":[{"where":{"and":[
			{"field":"event.dataset","op":"eq","values":["acme.cloud"]},{"field":"event.action","op":"eq","values":["DoorOpened"]}]}}]`, []string{"acme.cloud DoorOpened A door action"}},
		{"Splunk, provider and code", `"vendor":"splunk","language":"spl","parts":[{"where":{"and":[
			{"field":"SourceName","op":"eq","values":["Acme-Gate"]},{"field":"EventCode","op":"eq","values":["7"]}]}}]`, []string{"Acme-Gate 7 Door opened eventid"}},
	}
	n := New(Tables{Events: r.Catalog()})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s record.Subject
			if err := json.Unmarshal([]byte(`{"type":"rule","v":1,`+tt.rule+`}`), &s); err != nil {
				t.Fatal(err)
			}
			normal, _, err := n.Rule(&s)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range normal.Events {
				got = append(got, e.Provider+" "+e.ID+" "+e.Title+" "+e.Via)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
