package aggregate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// in puts predicates of a rule into places: "part branch" by index.
func in(r record.Digest, places ...string) record.Digest {
	for i, place := range places {
		part, branch, _ := strings.Cut(place, " ")
		fmt.Sscan(part, &r.Predicates[i].Part)
		r.Predicates[i].Branch = branch
	}
	return r
}

// showWith writes the companions of rows, one per line.
func showWith(rows []record.ValueRow) string {
	var b strings.Builder
	for _, r := range rows {
		if r.With != nil {
			fmt.Fprintf(&b, "%s %s: %s %s %s %d\n", r.Field, r.Value, r.With.Field, r.With.Op, r.With.Value, r.With.Rules)
		}
	}
	return b.String()
}

func TestCompanions(t *testing.T) {
	net := []string{`indicator Image ends_with \net.exe`, `indicator OriginalFileName eq net.exe`, `indicator CommandLine match use`}
	alternatives := []string{"0 0.0", "0 0.1", "0"}
	tests := []struct {
		name  string
		rules []record.Digest
		want  string
	}{
		{
			name:  "alternatives are not asked for together",
			rules: []record.Digest{in(smbRule("r1", net...), alternatives...), in(smbRule("r2", net...), alternatives...)},
			want: `
				CommandLine use: Image ends_with \net.exe 2
				Image \net.exe: CommandLine match use 2
				OriginalFileName net.exe: CommandLine match use 2
				`,
		},
		{
			name:  "once is not often",
			rules: []record.Digest{smbRule("r1", net...), smbRule("r2", net[0]), smbRule("r3", net[2])},
		},
		{
			name: "another event of a sequence is not the same event",
			rules: []record.Digest{
				in(smbRule("r1", net...), "0", "1", "1"), in(smbRule("r2", net...), "0", "1", "1"),
			},
			want: `
				CommandLine use: OriginalFileName eq net.exe 2
				OriginalFileName net.exe: CommandLine match use 2
				`,
		},
		{
			name: "a value of the same field is no companion, an exclusion neither",
			rules: []record.Digest{
				smbRule("r1", net[0], `indicator Image ends_with \net1.exe`, `exclusion User eq x`),
				smbRule("r2", net[0], `indicator Image ends_with \net1.exe`, `exclusion User eq x`),
			},
		},
		{
			name: "one of several places will do",
			rules: []record.Digest{
				in(smbRule("r1", net[0], net[2], net[0]), "0 0.0", "0 0.1", "0 0.1"),
				in(smbRule("r2", net[0], net[2]), "0 0.0 1.0", "0 0.0"),
			},
			want: "CommandLine use: Image ends_with \\net.exe 2\nImage \\net.exe: CommandLine match use 2\n",
		},
		{
			name: "the most frequent one, and the first of the table among equals",
			rules: []record.Digest{
				smbRule("r1", `indicator A eq 1`, `indicator B eq 2`, `indicator C eq 3`),
				smbRule("r2", `indicator A eq 1`, `indicator B eq 2`, `indicator C eq 3`),
				smbRule("r3", `indicator A eq 1`, `indicator C eq 3`),
			},
			want: "A 1: C eq 3 3\nC 3: A eq 1 3\nB 2: A eq 1 2\n",
		},
		{
			name: "a branch that nobody can read says nothing",
			rules: []record.Digest{
				in(smbRule("r1", net[0], net[2]), "0 x.y", "0 0"), in(smbRule("r2", net[0], net[2]), "0 .", "0 9."),
			},
			want: "CommandLine use: Image ends_with \\net.exe 2\nImage \\net.exe: CommandLine match use 2\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			same(t, "companions", tt.want, showWith(smb(t, Options{}, tt.rules...).Indicators))
		})
	}
}
