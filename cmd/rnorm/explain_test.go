package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExplain(t *testing.T) {
	own := write(t, "f.tsv", "vendor\tvendor_field\tcanonical\tcontext\tvalue_transform\trelation\n"+
		"ecs\tacme.user\tAcmeUser\tcode=7,8\taccount name without domain\tnarrower\n"+
		"ecs\tacme.user\tUser\t\t\t\n"+
		"ecs\tacme.*\tacme.*\t\t\t\n"+
		"cim\tacme\x1b[31m\tAcmeUser\t\t\t\n")
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"a field", []string{"--explain", "acme.user"}, 0, `elastic: acme.user becomes User, in a rule that does not say what events it reads: a row folds it
    field      context   canonical  folds  values                       relation  table
    acme.user  code=7,8  AcmeUser   yes    account name without domain  narrower  own
>   acme.user  any       User       yes    as they are                  exact     own
    acme.*     any       acme.*     yes    as they are                  exact     own
`},
		{"in a context, of a vendor", []string{"--explain", "ECS:acme.user", "--context", "id=7"}, 0, `elastic: acme.user becomes AcmeUser, in this context: a row folds it
    field      context   canonical  folds  values                       relation  table
>   acme.user  code=7,8  AcmeUser   yes    account name without domain  narrower  own
    acme.user  any       User       yes    as they are                  exact     own
    acme.*     any       acme.*     yes    as they are                  exact     own
`},
		{"a pattern", []string{"--explain", "acme.x"}, 0, `elastic: acme.x stays acme.x, in a rule that does not say what events it reads: a row folds it
    field   context  canonical  folds  values       relation  table
>   acme.*  any      acme.*     yes    as they are  exact     own
`},
		{"a canonical name, and control characters", []string{"--explain", "acmeuser"}, 0, `fields that become AcmeUser
  vendor   field      context   canonical  folds  values                       relation  table
  elastic  acme.user  code=7,8  AcmeUser   yes    account name without domain  narrower  own
  splunk   acme␛[31m  any       AcmeUser   yes    as they are                  exact     own
`},
		{"nothing", []string{"--explain", "no\x1bsuch"}, 1, "no␛such: no row, and no field that folds into it: rules keep the name\n"},
		{"nothing of a vendor", []string{"--explain", "splunk:a.b{}.c"}, 1, "splunk: a.b{}.c becomes a.b.c, in a rule that does not say what events it reads: " +
			"no row holds; the name is kept without what only says where the vendor keeps it\n"},
		{"two names", []string{"--explain", "acme.x,nothing"}, 1, `elastic: acme.x stays acme.x, in a rule that does not say what events it reads: a row folds it
    field   context  canonical  folds  values       relation  table
>   acme.*  any      acme.*     yes    as they are  exact     own

nothing: no row, and no field that folds into it: rules keep the name
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := rnorm("", append(tt.args, "--fields", own)...)
			if diff := cmp.Diff(tt.want, stdout); diff != "" || code != tt.code {
				t.Errorf("exit code %d, -want +got:\n%s", code, diff)
			}
			if (code == 0) != (stderr == "") || strings.Contains(stderr, "\x1b") {
				t.Errorf("stderr:\n%s", stderr)
			}
		})
	}
}

func TestExplainUsage(t *testing.T) {
	for _, args := range [][]string{
		{"--explain", "a", "--context", "x=1"},
		{"--explain", "a", "--context", "code"},
		{"--context", "code=1"},
		{"--explain", "a", "file"},
	} {
		if code, stdout, _ := rnorm("", args...); code != 2 || stdout != "" {
			t.Errorf("%q: exit code %d, stdout %q", args, code, stdout)
		}
	}
}
