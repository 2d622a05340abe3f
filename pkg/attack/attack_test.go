package attack

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCounts(t *testing.T) {
	live := map[string]int{}
	revoked, deprecated := 0, 0
	all := All()
	for _, tech := range all {
		switch {
		case tech.Revoked:
			revoked++
		case tech.Deprecated:
			deprecated++
		default:
			live[tech.Domain]++
		}
	}
	want := map[string]int{"enterprise": 697, "mobile": 124, "ics": 83}
	if diff := cmp.Diff(want, live); diff != "" {
		t.Errorf("techniques in force (-want +got):\n%s", diff)
	}
	if len(all) != 1143 || revoked != 202 || deprecated != 37 {
		t.Errorf("got %d techniques, %d revoked, %d deprecated", len(all), revoked, deprecated)
	}
	if !slices.IsSortedFunc(all, func(a, b Technique) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("techniques are not in order of id")
	}
	if n := len(AllTactics()); n != 41 {
		t.Errorf("got %d tactics, want 41", n)
	}
}

func TestCurrent(t *testing.T) {
	tests := []struct {
		id, want, name string
		tactics        []string
		known          bool
	}{
		{"T1562.001", "T1685", "Disable or Modify Tools", []string{"TA0112"}, true},
		{"T1685", "T1685", "Disable or Modify Tools", []string{"TA0112"}, true},
		{"t1021.002", "T1021.002", "SMB/Windows Admin Shares", []string{"TA0008"}, true},
		{"T1050", "T1543.003", "Windows Service", []string{"TA0003", "TA0004"}, true},
		{"T1086", "T1059.001", "PowerShell", []string{"TA0002"}, true},
		{"T1035", "T1569.002", "Service Execution", []string{"TA0002"}, true},
		{"T1574.002", "T1574.001", "DLL", nil, true},
		{"T1454", "T1454", "Malicious SMS Message", []string{"TA0035"}, true}, // revoked by nothing
		{"T9999.001", "T9999.001", "", nil, false},
	}
	for _, tt := range tests {
		got, known := Current(tt.id)
		if got.ID != tt.want || got.Name != tt.name || known != tt.known {
			t.Errorf("Current(%q) = %s %q %v, want %s %q %v", tt.id, got.ID, got.Name, known, tt.want, tt.name, tt.known)
		}
		if tt.tactics != nil && !slices.Equal(got.Tactics, tt.tactics) {
			t.Errorf("Current(%q).Tactics = %v, want %v", tt.id, got.Tactics, tt.tactics)
		}
	}
}

// TestReferences checks that the tables hold together: every replacement is
// in force and every tactic exists.
func TestReferences(t *testing.T) {
	for _, tech := range All() {
		if tech.RevokedBy != "" {
			if next, ok := Lookup(tech.RevokedBy); !ok || next.Revoked {
				t.Errorf("%s: replaced by %s, which is not in force", tech.ID, tech.RevokedBy)
			}
		}
		for _, id := range tech.Tactics {
			if _, ok := LookupTactic(id); !ok {
				t.Errorf("%s: unknown tactic %s", tech.ID, id)
			}
		}
		if parent := tech.Parent(); parent != "" {
			if _, ok := Lookup(parent); !ok {
				t.Errorf("%s: unknown parent %s", tech.ID, parent)
			}
		}
	}
}

func TestTactics(t *testing.T) {
	tests := []struct {
		name       string
		techniques []string
		want       []string
	}{
		{"lateral-movement", nil, []string{"TA0008"}},
		{"lateral_movement", nil, []string{"TA0008"}},
		{"Command and Control", nil, []string{"TA0011"}},
		{"ta0008", nil, []string{"TA0008"}},
		{"stealth", nil, []string{"TA0005"}},
		{"defense-impairment", nil, []string{"TA0112"}},
		{"defense-evasion", nil, []string{"TA0005"}},
		{"defense_evasion", []string{"T1562.001"}, []string{"TA0112"}},
		{"Defense Evasion", []string{"T1027"}, []string{"TA0005"}},
		{"defense-evasion", []string{"T1027", "T1685"}, []string{"TA0005", "TA0112"}},
		{"defense-evasion", []string{"T1021"}, []string{"TA0005"}},
		{"defense-evasion", []string{"T1406"}, []string{"TA0030"}}, // Mobile
		{"execution", []string{"T0807"}, []string{"TA0104"}},       // ICS
		{"inhibit-response-function", nil, []string{"TA0107"}},
		{"no-such-tactic", nil, nil},
	}
	for _, tt := range tests {
		if got := Tactics(tt.name, tt.techniques...); !slices.Equal(got, tt.want) {
			t.Errorf("Tactics(%q, %v) = %v, want %v", tt.name, tt.techniques, got, tt.want)
		}
	}
}
