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
	all := calls(t, n)
	manSynopsis(b, all)
	manExamples(b, ".SH EXAMPLES\n", t.Examples)
	manParagraphs(b, ".SH DESCRIPTION\n", all[0].paragraphs())
	manCommands(b, all)
	manFlags(b, all)
	b.WriteString(".SH EXIT STATUS\n")
	for _, e := range exitTable {
		fmt.Fprintf(b, ".TP\n.B %d\n%s", e.code, roffText(e.text))
	}
	manEnvironment(b, n)
	manSeeAlso(b, t)
}

func manSynopsis(b *strings.Builder, all []call) {
	b.WriteString(".SH SYNOPSIS\n")
	for i, c := range all {
		if i > 0 {
			b.WriteString(".br\n")
		}
		fmt.Fprintf(b, ".B %s\n%s\n", roff(c.name()), roff(strings.TrimPrefix(c.usage(), c.name()+" ")))
	}
}

func manExamples(b *strings.Builder, head string, examples []Example) {
	if len(examples) == 0 {
		return
	}
	b.WriteString(head)
	for _, e := range examples {
		fmt.Fprintf(b, ".TP\n.B %s\n%s", roff(e.Command), roffText(e.What))
	}
}

// manParagraphs writes the paragraphs behind the head, if there are any.
func manParagraphs(b *strings.Builder, head string, paragraphs []string) {
	for i, paragraph := range paragraphs {
		if i == 0 {
			b.WriteString(head)
		} else {
			b.WriteString(".PP\n")
		}
		b.WriteString(roffText(paragraph))
	}
}

// manCommands describes the commands. That of the default is the filter's.
func manCommands(b *strings.Builder, all []call) {
	if all[0].command == nil {
		return
	}
	root := all[0].root
	b.WriteString(".SH COMMANDS\n" + roffText(commandsText))
	for _, c := range all {
		fmt.Fprintf(b, ".SS %s\n%s", roff(commandTerm(root, c.command)), roffText(sentence(c.command.Help)))
		if c.named {
			manParagraphs(b, ".PP\n", c.paragraphs())
			manExamples(b, "", c.examples())
		}
	}
}

// manFlags describes arguments and flags: those of the default command and of
// every call together, then those of the other commands alone.
func manFlags(b *strings.Builder, all []call) {
	b.WriteString(".SH OPTIONS\n")
	for _, a := range all[0].arguments() {
		fmt.Fprintf(b, ".TP\n.I %s\n%s", roff(argument(a)), roffText(a.Help))
	}
	manFlagGroups(b, "", all[0].flags())
	for _, c := range all[1:] {
		own, _ := c.own()
		manFlagGroups(b, c.command.Name+": ", own)
	}
}

func manFlagGroups(b *strings.Builder, before string, flags []*kong.Flag) {
	for _, g := range flagGroups(flags) {
		if len(g.flags) == 0 {
			continue
		}
		fmt.Fprintf(b, ".SS %s\n", roff(before+g.title))
		for _, f := range g.flags {
			fmt.Fprintf(b, ".TP\n.B %s\n%s", roff(strings.TrimSpace(flagTerm(f))), roffText(f.Help))
		}
	}
}

func manEnvironment(b *strings.Builder, n *kong.Node) {
	b.WriteString(".SH ENVIRONMENT\nFlags on the command line come before these.\n")
	for _, f := range allFlags(n) {
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
