package event

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// read reads files of a user and returns the catalog and the errors, spelled
// as "line:col code".
func read(t testing.TB, files ...string) (*Catalog, []string) {
	t.Helper()
	var r Reader
	var said []string
	for i, text := range files {
		errs, _ := r.Read(fmt.Sprintf("f%d", i), []byte(text))
		lines := span.NewLines([]byte(text))
		for _, e := range errs {
			line, col := lines.Position(e.Span.Start)
			said = append(said, fmt.Sprintf("%d:%d %s", line, col, e.Code))
		}
	}
	return r.Catalog(), said
}

const ownHeader = "provider\tevent_id\ttitle\tchannel\tecs_event_action\tsigma_category\n"

func TestCatalog(t *testing.T) {
	c, said := read(t, ownHeader+
		"Acme-Gate\t7\tDoor opened\tAcme/Gate\tdoor-opened\tgate door\n"+
		"Acme-Gate\t8\tDoor closed\tAcme/Gate\tdoor-closed\tdoor\n"+
		"Microsoft-Windows-Security-Auditing\t4688\tProcess!\tSecurity\t\t\n"+
		"Acme Other\t7\tAnother seven\tAcme/Gate\tdoor-opened\t\n")
	if said != nil {
		t.Fatalf("got errors %v", said)
	}
	if e, ok := c.Lookup("ACME-GATE", "7"); !ok || e.Title != "Door opened" || e.Provider != "Acme-Gate" {
		t.Errorf("got %+v, %v", e, ok)
	}
	if e, ok := c.Lookup("security-auditing", "4688"); !ok || e.Title != "Process!" || e.Provider != "Security-Auditing" {
		t.Errorf("a user's title of an embedded event: got %+v, %v", e, ok)
	}
	if e, ok := c.Lookup("Sysmon", "1"); !ok || e.Title != "Process creation" {
		t.Errorf("an embedded event: got %+v, %v", e, ok)
	}
	if _, ok := c.Lookup("Acme-Gate", "9"); ok {
		t.Error("an event that nobody has")
	}
	for part, want := range map[string]string{"acme-gate": "Acme-Gate", "me-gate": "Acme-Gate", "gate": "TerminalServices-Gateway", "Security-Auditing": "Security-Auditing", "nobody": "nobody"} {
		if got := c.Named(part); got != want {
			t.Errorf("Named(%q) = %q, want %q", part, got, want)
		}
	}
	ids := func(events []Event) (out []string) {
		for _, e := range events {
			out = append(out, e.Provider+" "+e.ID)
		}
		return out
	}
	for _, tt := range []struct {
		name string
		got  []Event
		want []string
	}{
		{"channel", c.InChannel("acme/gate", "7"), []string{"Acme-Gate 7", "Acme-Other 7"}},
		{"embedded channel", c.InChannel("Security", "4688"), []string{"Security-Auditing 4688"}},
		{"action", c.OwnAction("Door-Opened"), []string{"Acme-Gate 7", "Acme-Other 7"}},
		{"no action", c.OwnAction("x"), nil},
		{"source", c.Resolve(Source{Channel: "Acme/Gate"}, "8"), []string{"Acme-Gate 8"}},
	} {
		if diff := cmp.Diff(tt.want, ids(tt.got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if diff := cmp.Diff([]string{"Acme-Gate 7", "Acme-Gate 8"}, names(c.ForSigma("any", "door", ""))); diff != "" {
		t.Errorf("category (-want +got):\n%s", diff)
	}
	if got := c.ForSigma("windows", "registry_set", ""); len(got) != 1 {
		t.Errorf("embedded category: got %v", got)
	}
}

func TestCatalogErrors(t *testing.T) {
	const good = "Acme\t1\tOne\tAcme/Log\tone\tacme\n"
	tests := []struct {
		name  string
		files []string
		want  []string
	}{
		{"good", []string{ownHeader + good}, nil},
		{"no provider", []string{ownHeader + "\t1\tOne\t\t\t\n" + good}, []string{"2:1 events/no-cell"}},
		{"no id", []string{ownHeader + "Acme\t\tOne\t\t\t\n" + good}, []string{"2:6 events/no-cell"}},
		{"no title", []string{ownHeader + "Acme\t1\t\t\t\t\n" + good}, []string{"2:8 events/no-cell"}},
		{"cells", []string{ownHeader + "Acme\t1\n" + good}, []string{"2:1 events/cells"}},
		{"column", []string{"provider\tevent_id\ttitle\tcolour\nAcme\t1\tOne\tred\n"}, []string{"1:25 events/unknown-column"}},
		{"missing column", []string{"provider\tevent_id\nAcme\t1\n"}, []string{"1:1 events/missing-column"}},
		{"twice", []string{ownHeader + good + good}, []string{"3:1 events/duplicate"}},
		{"twice in two files", []string{ownHeader + good, ownHeader + good}, []string{"2:1 events/duplicate"}},
		{"two titles", []string{ownHeader + good + "ACME\t1\tTwo\tacme/log\t\t\n"}, []string{"3:1 events/contradiction"}},
		{"two channels", []string{ownHeader + good + "Acme\t1\tTwo\tOther\t\t\n"}, nil},
		{"two actions", []string{ownHeader + good + "Acme\t1\tOne\tAcme/Log\ttwo\t\n"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, said := read(t, tt.files...)
			if diff := cmp.Diff(tt.want, said); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestNilCatalog(t *testing.T) {
	var c *Catalog
	if e, ok := c.Lookup("Microsoft-Windows-Sysmon", "1"); !ok || c.Short("microsoft-windows-sysmon") != "Sysmon" || e.Title == "" {
		t.Errorf("got %+v, %v", e, ok)
	}
	if len(c.InChannel("Security", "4688")) != 1 || c.OwnAction("x") != nil || len(c.ForSigma("windows", "registry_set", "")) != 1 {
		t.Error("a nil Catalog is not the embedded one")
	}
}
