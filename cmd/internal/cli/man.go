package cli

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"
)

// siblings are the filters, for SEE ALSO.
var siblings = []string{"ragg", "rnorm", "rparse", "rrender"}

// writeMan writes the man page in man(7) macros. It carries no date: the same
// build always prints the same page.
func writeMan(b *strings.Builder, t *Tool, n *kong.Node) {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = buildVersion(info)
	}
	fmt.Fprintf(b, ".TH %s 1 \"\" \"rulepipe %s\" \"User Commands\"\n", strings.ToUpper(t.Name), roff(version))
	fmt.Fprintf(b, ".SH NAME\n%s \\- %s\n", roff(t.Name), roff(t.Summary))
	fmt.Fprintf(b, ".SH SYNOPSIS\n.B %s\n%s\n", roff(t.Name), roff(strings.TrimPrefix(usageLine(t, n), t.Name+" ")))
	manExamples(b, t)
	for i, paragraph := range t.paragraphs() {
		if i == 0 {
			b.WriteString(".SH DESCRIPTION\n")
		} else {
			b.WriteString(".PP\n")
		}
		b.WriteString(roffText(paragraph))
	}
	manFlags(b, n)
	b.WriteString(".SH EXIT STATUS\n")
	for _, e := range exitTable {
		fmt.Fprintf(b, ".TP\n.B %d\n%s", e.code, roffText(e.text))
	}
	manEnvironment(b, n)
	manSeeAlso(b, t)
}

func manExamples(b *strings.Builder, t *Tool) {
	if len(t.Examples) == 0 {
		return
	}
	b.WriteString(".SH EXAMPLES\n")
	for _, e := range t.Examples {
		fmt.Fprintf(b, ".TP\n.B %s\n%s", roff(e.Command), roffText(e.What))
	}
}

func manFlags(b *strings.Builder, n *kong.Node) {
	b.WriteString(".SH OPTIONS\n")
	for _, a := range n.Positional {
		fmt.Fprintf(b, ".TP\n.I %s\n%s", roff(argument(a)), roffText(a.Help))
	}
	for _, g := range flagGroups(n) {
		fmt.Fprintf(b, ".SS %s\n", roff(g.title))
		for _, f := range g.flags {
			fmt.Fprintf(b, ".TP\n.B %s\n%s", roff(strings.TrimSpace(flagTerm(f))), roffText(f.Help))
		}
	}
}

func manEnvironment(b *strings.Builder, n *kong.Node) {
	b.WriteString(".SH ENVIRONMENT\nFlags on the command line come before these.\n")
	for _, f := range n.Flags {
		if name := envName(f); name != "" {
			fmt.Fprintf(b, ".TP\n.B %s\nThe same as \\-\\-%s.\n", roff(name), roff(f.Name))
		}
	}
	b.WriteString(".TP\n.B NO_COLOR\nNo colour, if it is not empty.\n")
	b.WriteString(".TP\n.B TERM\nNo colour and no progress line, if it is dumb.\n")
	b.WriteString(".TP\n.B COLUMNS\nWidth of the output.\n")
}

func manSeeAlso(b *strings.Builder, t *Tool) {
	b.WriteString(".SH SEE ALSO\n")
	var others []string
	for _, name := range siblings {
		if name != t.Name {
			others = append(others, "\\fB"+name+"\\fR(1)")
		}
	}
	b.WriteString(strings.Join(others, ",\n") + "\n")
}

// roff escapes text for one line of a man page: backslashes, hyphens (so
// that flags can be copied), quotes of macro arguments, and a leading dot or
// quote, which would be read as a request.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `"`, `\(dq`, "\n", " ").Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

// roffText is roff for running text, as a line of its own.
func roffText(s string) string {
	return roff(strings.Join(strings.Fields(s), " ")) + "\n"
}
