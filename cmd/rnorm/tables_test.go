package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// acme is a rule with a field that no embedded table knows.
const acme = `{"type":"rule","v":1,"vendor":"elastic","path":"a.toml","id":"a","language":"eql","parts":[{"where":{"field":"acme.name","op":"eq","values":["net.exe"]}}]}` + "\n"

// write makes a file and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFields(t *testing.T) {
	const header = "vendor\tvendor_field\tcanonical\tvalue_transform\n"
	tests := []struct {
		name, text string
		code       int
		stdout     string // part of it
		stderr     string // part of it, behind the name of the file; "" nothing
	}{
		{"good", header + "ecs\tacme.name\tImage\tbasename\n", 0, `"field":"Image","op":"ends_with","value":"\\net.exe"`, ""},
		{"a bad row", header + "ecs\tx\ty\tz\necs\tacme.name\tImage\tbasename\n", 1, `"field":"Image","op":"ends_with"`, `:2:9: unexpected value_transform "z", expected none or one of basename; `},
		{"twice", header + "ecs\tacme.name\tA\t\necs\tacme.name\tA\t\n", 0, `"field":"A"`, `:3:1: warning: "acme.name" is said already in line 2 [fields/duplicate]`},
		{"contradiction", header + "ecs\tacme.name\tA\t\necs\tacme.name\tB\t\n", 1, `"field":"A"`, `:3:1: "acme.name" is something else in line 2, which stays [fields/contradiction]`},
		{"no table", "hello\n", 2, "", `:1:1: no column "vendor" in the header [fields/missing-column]`},
		{"empty", "", 2, "", `:1:1: unexpected end, expected a header that names the columns vendor, vendor_field, canonical [fields/no-header]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, "f.tsv", tt.text)
			code, stdout, stderr := rnorm(acme, "--fields", path)
			if code != tt.code || !strings.Contains(stdout, tt.stdout) || tt.code == 2 && stdout != "" {
				t.Errorf("exit code %d, stdout:\n%s", code, stdout)
			}
			if tt.stderr == "" && stderr != "" || !strings.Contains(stderr, path+tt.stderr) && tt.stderr != "" {
				t.Errorf("stderr:\n%s\nwant:\n%s", stderr, tt.stderr)
			}
		})
	}
}

func TestTablesNotRead(t *testing.T) {
	for _, args := range [][]string{
		{"--fields", "no-such-file"},
		{"--fields", "."},
		{"--fields", "-"},
		{"--events", "no-such-file"},
		{"--events", "-"},
		{"--attack", "no-such-file"},
		{"--attack", "-"},
		{"--attack", "."},
	} {
		if code, stdout, stderr := rnorm(acme, args...); code != 2 || stdout != "" || stderr == "" {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}

func TestFieldsStrict(t *testing.T) {
	path := write(t, "f.tsv", "vendor\tvendor_field\tcanonical\nacme\ta\tA\nacme\tb\tB\n")
	code, stdout, stderr := rnorm(acme, "--strict", "--fields", path)
	if code != 1 || stdout != "" || strings.Count(stderr, "fields/unknown-vendor") != 1 {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

func TestEvents(t *testing.T) {
	const rule = `{"type":"rule","v":1,"vendor":"sigma","logsource":{"category":"door"}}` + "\n"
	path := write(t, "e.tsv", "provider\tevent_id\ttitle\tsigma_category\nAcme\t7\tDoor opened\tdoor\nAcme\t\tx\t\nAcme\t7\tDoor opened\tdoor\n")
	code, stdout, stderr := rnorm(rule, "--events", path)
	if code != 1 || !strings.Contains(stdout, `"events":[{"provider":"Acme","id":"7","title":"Door opened","via":"logsource"}]`) {
		t.Errorf("exit code %d, stdout:\n%s", code, stdout)
	}
	want := path + `:3:6: unexpected empty event_id, expected provider, event_id and title [events/no-cell]
` + path + `:4:1: warning: Acme 7 is said already in line 2 [events/duplicate]
rnorm: 1 error and 1 warning in 1 file
`
	if stderr != want {
		t.Errorf("stderr:\n%s\nwant:\n%s", stderr, want)
	}
}

// stix is a bundle of ATT&CK, but for its end.
const stix = `{"type":"bundle","objects":[
{"type":"attack-pattern","id":"a","name":"Old","revoked":true,"external_references":[{"source_name":"mitre-attack","external_id":"T1021.002"}]},
{"type":"relationship","relationship_type":"revoked-by","source_ref":"a","target_ref":"b"},
{"type":"attack-pattern","id":"b","name":"New","description":"d","kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"door"}],"external_references":[{"source_name":"mitre-attack","external_id":"T9001"}]},
{"type":"x-mitre-tactic","id":"t","name":"Door","x_mitre_shortname":"door","external_references":[{"source_name":"mitre-attack","external_id":"TA9000"}]}`

func TestAttack(t *testing.T) {
	const rule = `{"type":"rule","v":1,"vendor":"sigma","techniques":["T1021.002","T1086"]}` + "\n"
	tests := []struct {
		name, text string
		code       int
		stdout     string // part of it
		stderr     string // all of it, behind the name of the file
	}{
		{"good", stix + "]}", 0, `"attack":[{"id":"T9001","name":"New","tactics":["TA9000"],"tagged":"T1021.002"},{"id":"T1059.001","name":"PowerShell","tactics":["TA0002"],"tagged":"T1086"}]`, ""},
		{"a bad object", stix + `,
{"type":"attack-pattern","id":"c","name":7}]}`, 1, `"name":"New"`, ":6:1: unexpected number in member \"name\" of c, which is left out [attack/wrong-type]\nrnorm: 1 error in 1 file\n"},
		{"truncated", stix, 2, "", ":5:154: unexpected end inside the bundle: the file is not complete [attack/truncated]\nrnorm: nothing in FILE that --attack could use (rnorm --help explains)\n"},
		{"a layer", `{"name":"x"}`, 2, "", ":1:1: unexpected JSON of type \"\", expected a STIX bundle [attack/not-a-bundle]\nrnorm: nothing in FILE that --attack could use (rnorm --help explains)\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, "b.json", tt.text)
			code, stdout, stderr := rnorm(rule, "--attack", path)
			if code != tt.code || !strings.Contains(stdout, tt.stdout) || tt.code == 2 && stdout != "" {
				t.Errorf("exit code %d, stdout:\n%s", code, stdout)
			}
			if got := strings.ReplaceAll(strings.TrimPrefix(stderr, path), path, "FILE"); got != tt.stderr {
				t.Errorf("stderr:\n%s\nwant:\n%s", got, tt.stderr)
			}
		})
	}
}
