package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// helpWidth is the widest that help gets: longer lines are hard to read.
const helpWidth = 100

// inform prints what the user asked for instead of a run.
func (s *Session) inform(asked *askedError) int {
	var b strings.Builder
	root := s.kong.Model.Node
	switch asked.flag {
	case "version":
		writeVersion(&b, s.tool)
	case "schema":
		b.Write(s.tool.schema())
	case "man":
		writeMan(&b, s.tool, root)
	case "completion":
		if err := writeCompletion(&b, asked.value, s.tool, root); err != nil {
			return s.usage(err.Error())
		}
	default:
		writeHelp(&b, callOf(s.tool, root, asked.command), min(s.Columns(), helpWidth))
	}
	if _, err := io.WriteString(s.Stdio.Out, b.String()); err != nil && !isClosed(err) {
		return s.fail(&outputError{"stdout", reason(err)})
	}
	return ExitOK
}

// schema returns the schema with an LF at its end.
func (t *Tool) schema() []byte {
	if t.Schema == nil {
		return nil
	}
	text := slices.Clone(t.Schema())
	if n := len(text); n > 0 && text[n-1] != '\n' {
		text = append(text, '\n')
	}
	return text
}

// shortHelp is said where there is nothing to read.
func (s *Session) shortHelp() string {
	var b strings.Builder
	b.WriteString("no input: name files or pipe something in\n\n")
	c := callOf(s.tool, s.kong.Model.Node, s.selected())
	writeUsages(&b, c)
	for i, e := range c.examples() {
		if i == 0 {
			b.WriteString("\nFor example:\n")
		}
		fmt.Fprintf(&b, "  %s\n", e.Command)
	}
	fmt.Fprintf(&b, "\n%s --help says more.", c.name())
	return b.String()
}

// selected returns the command of the run, nil where the filter has none.
func (s *Session) selected() *kong.Node {
	for _, child := range s.kong.Model.Children {
		if child.Name == s.Command {
			return child
		}
	}
	return nil
}

func writeUsages(b *strings.Builder, c call) {
	for i, line := range c.usages() {
		b.WriteString([]string{"Usage: ", "       "}[min(i, 1)] + line + "\n")
	}
}

// writeHelp writes the whole help, examples first.
func writeHelp(b *strings.Builder, c call, width int) {
	fmt.Fprintf(b, "%s: %s\n\n", c.name(), c.summary())
	writeUsages(b, c)
	if len(c.examples()) > 0 {
		b.WriteString("\nExamples\n")
	}
	for _, e := range c.examples() {
		fmt.Fprintf(b, "  %s\n", e.Command)
		wrap(b, e.What, 6, width)
	}
	for _, paragraph := range c.paragraphs() {
		b.WriteString("\n")
		wrap(b, paragraph, 0, width)
	}
	writeCommands(b, c, width)
	for i, a := range c.arguments() {
		if i == 0 {
			b.WriteString("\nArguments\n")
		}
		writeEntry(b, argument(a), a.Help, width)
	}
	for _, g := range flagGroups(c.flags()) {
		fmt.Fprintf(b, "\n%s\n", g.title)
		for _, f := range g.flags {
			writeEntry(b, flagTerm(f), f.Help, width)
		}
	}
	b.WriteString("\nExit codes\n")
	for _, e := range exitTable {
		fmt.Fprintf(b, "  %d  %s\n", e.code, e.text)
	}
	b.WriteString("\nEnvironment\n")
	wrap(b, environmentText, 2, width)
}

// writeCommands lists the commands, where the help is about all of them.
func writeCommands(b *strings.Builder, c call, width int) {
	if c.named || len(c.root.Children) == 0 {
		return
	}
	b.WriteString("\nCommands\n")
	for _, child := range c.root.Children {
		writeEntry(b, commandTerm(c.root, child), sentence(child.Help), width)
	}
	b.WriteString("\n")
	wrap(b, commandsText+" "+c.tool.Name+" COMMAND --help says more.", 2, width)
}

// environmentText says how flags are found in the environment.
const environmentText = "Flags that are not given are looked up as RULES_ and their name in capitals, for example " +
	"RULES_COLOR=never or RULES_STRICT=true; -o and the flags that print something and end are not. " +
	"NO_COLOR, TERM and COLUMNS are heeded."

func argument(a *kong.Positional) string {
	name := strings.ToUpper(a.Name)
	if a.IsCumulative() {
		name += "..."
	}
	if !a.Required {
		name = "[" + name + "]"
	}
	return name
}

// flagGroup is the flags under one title.
type flagGroup struct {
	title string
	flags []*kong.Flag
}

// flagGroups returns the visible flags by group: those of the filter in the
// order of its struct, then those of Common.
func flagGroups(flags []*kong.Flag) []flagGroup {
	var own []flagGroup
	common := []flagGroup{{title: GroupOutput}, {title: GroupErrors}, {title: GroupAbout}}
	for _, f := range flags {
		if f.Hidden {
			continue
		}
		title := "Flags"
		if f.Group != nil {
			title = f.Group.Title
		}
		if !addFlag(common, title, f) && !addFlag(own, title, f) {
			own = append(own, flagGroup{title, []*kong.Flag{f}})
		}
	}
	return append(own, common...)
}

func addFlag(groups []flagGroup, title string, f *kong.Flag) bool {
	for i := range groups {
		if groups[i].title == title {
			groups[i].flags = append(groups[i].flags, f)
			return true
		}
	}
	return false
}

// flagTerm is a flag as it is typed.
func flagTerm(f *kong.Flag) string {
	term := "    --"
	if f.Short != 0 {
		term = "-" + string(f.Short) + ", --"
	}
	if negatable(f) {
		term += "[no-]"
	}
	term += f.Name
	if !f.IsBool() {
		term += " " + placeholder(f)
	}
	return term
}

// negatable reports whether the flag has a --no- form.
func negatable(f *kong.Flag) bool { return f.Tag != nil && f.Tag.Negatable != "" }

// placeholder is the name of a flag's value.
func placeholder(f *kong.Flag) string {
	switch {
	case f.PlaceHolder != "":
		return f.PlaceHolder
	case f.Enum != "":
		return strings.Join(f.EnumSlice(), "|")
	}
	return strings.ToUpper(f.Name)
}

// entryIndent is where the text beside a flag begins.
const entryIndent = 28

// writeEntry writes a term with its explanation beside it.
func writeEntry(b *strings.Builder, term, text string, width int) {
	line := "  " + term
	b.WriteString(line)
	if len(line) > entryIndent-2 {
		b.WriteString("\n")
		wrap(b, text, entryIndent, width)
		return
	}
	b.WriteString(strings.Repeat(" ", entryIndent-len(line)))
	var wrapped strings.Builder
	wrap(&wrapped, text, entryIndent, width)
	b.WriteString(strings.TrimLeft(wrapped.String(), " "))
}

// wrap writes text in lines of at most width columns, all indented. A
// narrow terminal gets lines of 20 columns rather than one word each.
func wrap(b *strings.Builder, text string, indent, width int) {
	room := max(width-indent, 20)
	blanks := strings.Repeat(" ", indent)
	used := 0
	for _, word := range strings.Fields(text) {
		size := columns(word)
		switch {
		case used == 0:
			b.WriteString(blanks)
		case used+1+size > room:
			b.WriteString("\n" + blanks)
			used = 0
		default:
			b.WriteString(" ")
			used++
		}
		b.WriteString(word)
		used += size
	}
	b.WriteString("\n")
}
