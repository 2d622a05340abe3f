package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// condition is a rule of one condition.
func condition(vendor, field, more string) string {
	return fmt.Sprintf(`{"type":"rule","v":1,"vendor":%q,"parts":[{"where":{"field":"%s","op":"eq","values":["a","b"]}}]%s}`, vendor, field, more) + "\n"
}

const unmappedHeader = "uses\trules\tvendor\tvendor_field\tcontext\tcanonical\n"

func TestUnmapped(t *testing.T) {
	twice := `{"type":"rule","v":1,"vendor":"elastic","parts":[{"where":{"and":[{"field":"acme.b","op":"eq","values":["a"]},{"field":"acme.b.caseless","op":"ne","values":["b"]},` +
		`{"expr":"to_lower(acme.c)","fields":["acme.c"],"op":"eq","values":["a"]},{"field":"process.name","op":"eq","ref":"acme.d"}]},` +
		`"having":{"field":"count","op":"gt","values":["5"]}}]}` + "\n"
	in := condition("elastic", "acme.a", "") + condition("elastic", "acme.a", "") + twice +
		condition("sigma", "NoSuch", "") + condition("sigma", "Image", "") +
		condition("splunk", "a{}.b", "") + condition("elastic", "winlog.event_data.NoSuch", "") +
		condition("sigma", "NewProcessName", `,"logsource":{"product":"windows","service":"acme"}`) +
		condition("acme", "Image", "") + condition("elastic", "acme.*", "") + condition("elastic", `tab\there\u001b`, "") + technique
	const want = unmappedHeader +
		"2\t2\telastic\tacme.a\t\tacme.a\n" +
		"2\t1\telastic\tacme.b\t\tacme.b\n" +
		"# 1\t1\tacme\tImage\t\tImage\n" +
		"# 1\t1\telastic\tacme.*\t\tacme.*\n" +
		"1\t1\telastic\tacme.c\t\tacme.c\n" +
		"1\t1\telastic\tacme.d\t\tacme.d\n" +
		"# 1\t1\telastic\ttab␉here␛\t\ttab␉here␛\n" +
		"1\t1\telastic\twinlog.event_data.NoSuch\t\tNoSuch\n" +
		"1\t1\tsigma\tNewProcessName\tservice=acme\tNewProcessName\n" + // it has a row elsewhere
		"1\t1\tsigma\tNoSuch\t\tNoSuch\n" +
		"1\t1\tsplunk\ta{}.b\t\ta.b\n"
	code, got, stderr := rnorm(in, "--unmapped")
	if diff := cmp.Diff(want, got); diff != "" || code != 0 || stderr != "" {
		t.Fatalf("exit code %d, stderr %q, -want +got:\n%s", code, stderr, diff)
	}

	// The list is a table: given back as it is, it changes nothing but that
	// the names are known.
	list := write(t, "list.tsv", got)
	code, rest, stderr := rnorm(in, "--unmapped", "--fields", list, "-e")
	var comments string
	for line := range strings.Lines(want) {
		if strings.HasPrefix(line, "# ") {
			comments += line
		}
	}
	if diff := cmp.Diff(unmappedHeader+comments, rest); diff != "" || code != 0 || stderr != "" {
		t.Errorf("given back: exit code %d, stderr %q, -want +got:\n%s", code, stderr, diff)
	}
	const mark = `,"unmapped":true`
	_, before, _ := rnorm(in)
	_, after, _ := rnorm(in, "--fields", list)
	if strings.Count(after, mark) != 6 { // two values for each of the comments
		t.Errorf("%d predicates have no row", strings.Count(after, mark))
	}
	if diff := cmp.Diff(strings.ReplaceAll(before, mark, ""), strings.ReplaceAll(after, mark, "")); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestUnmappedNothing(t *testing.T) {
	if code, stdout, _ := rnorm(condition("sigma", "Image", ""), "--unmapped", "-e"); code != 1 || stdout != unmappedHeader {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	code, stdout, stderr := rnorm("oops\n"+badRule, "--unmapped")
	if code != 1 || stdout != unmappedHeader || !strings.Contains(stderr, "record/syntax") || !strings.Contains(stderr, "record/unknown-operator") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	if code, stdout, _ := rnorm("", "--unmapped", "--explain", "a"); code != 2 || stdout != "" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
}

// TestUnmappedMany checks that a stream of new names is bounded, and that what
// is left out is said.
func TestUnmappedMany(t *testing.T) {
	var in strings.Builder
	in.WriteString(condition("elastic", strings.Repeat("x", 1000), ""))
	for i := range 50_100 {
		in.WriteString(condition("elastic", fmt.Sprintf("acme.f%d", i), ""))
	}
	code, stdout, stderr := rnorm(in.String(), "--unmapped")
	const want = "rnorm: warning: 101 uses of names that are too long or too many to be listed [fields/too-many]\nrnorm: 1 warning\n"
	if n := strings.Count(stdout, "\n"); code != 0 || n != 50_001 || stderr != want {
		t.Errorf("exit code %d, %d lines, stderr %q", code, n, stderr)
	}
}
