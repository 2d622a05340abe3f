package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/record/recordtest"
)

const stix = `{"type":"bundle","objects":[
{"type":"attack-pattern","id":"a","name":"Far Shares","description":"Shelves next door. (Citation: A Book)","kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"lateral-movement"}],"external_references":[{"source_name":"mitre-attack","external_id":"T1021.002"}]},
{"type":"attack-pattern","id":"b","name":"Far Services","external_references":[{"source_name":"mitre-attack","external_id":"T1021"}]},
{"type":"x-mitre-tactic","id":"t","name":"Sideways","x_mitre_shortname":"lateral-movement","external_references":[{"source_name":"mitre-attack","external_id":"TA0008"}]},
{"type":"attack-pattern","id":"c","name":"Gone","revoked":true,"external_references":[{"source_name":"mitre-attack","external_id":"T1059"}]},
{"type":"relationship","relationship_type":"revoked-by","source_ref":"c","target_ref":"a"}
]}`

// TestAttack checks that a bundle says what techniques are called, whatever
// the records do, and that what it lacks is still known.
func TestAttack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b.json")
	if err := os.WriteFile(path, []byte(stix), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := ragg(ruleA+ruleB, "--all", "--attack", path)
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	for line := range strings.Lines(stdout) {
		recordtest.Validate(t, []byte(line))
	}
	for _, want := range []string{
		`"id":"T1021.002","name":"Far Shares","parent":{"id":"T1021","name":"Far Services"},"tactics":[{"id":"TA0008","name":"Sideways"}],"description":"Shelves next door."`,
		`"id":"T1685","name":"Disable or Modify Tools","tactics":[{"id":"TA0112",`,
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%s\nis not in\n%s", want, stdout)
		}
	}
	if _, plain, _ := ragg(ruleA); strings.Contains(plain, `"description"`) {
		t.Error("a description without a bundle")
	}
	code, stdout, stderr = ragg(ruleA, "-t", "T1059", "--attack", path)
	if code != 0 || !strings.Contains(stdout, `"id":"T1021.002"`) || stderr != "ragg: T1059 was replaced by T1021.002 (Far Shares)\n" {
		t.Errorf("asked by a revoked id: exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	code, stdout, _ = ragg(ruleA, "--attack", "no-such-file")
	if code != 2 || stdout != "" {
		t.Errorf("no such file: exit code %d, stdout %q", code, stdout)
	}
	if code, _, _ = ragg(ruleA, "ledger", "--attack", path); code != 0 {
		t.Errorf("ledger: exit code %d", code)
	}
}
