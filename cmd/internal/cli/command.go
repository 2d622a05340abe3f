package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// call is a filter as it is called: by its name alone, or with the name of a
// command behind it. Where nobody names a command the default is meant.
type call struct {
	tool    *Tool
	root    *kong.Node
	command *kong.Node // nil where the filter has none
	named   bool
}

// calls returns the ways to call the filter, the one without a name first.
func calls(t *Tool, root *kong.Node) []call {
	list := []call{{tool: t, root: root, command: root.DefaultCmd}}
	for _, child := range root.Children {
		if child != root.DefaultCmd {
			list = append(list, call{tool: t, root: root, command: child, named: true})
		}
	}
	return list
}

// callOf returns the call with the command, which may be nil.
func callOf(t *Tool, root, command *kong.Node) call {
	for _, c := range calls(t, root) {
		if c.command == command {
			return c
		}
	}
	return call{tool: t, root: root, command: root.DefaultCmd}
}

// own returns the flags and arguments that belong to this call alone.
func (c call) own() (flags []*kong.Flag, args []*kong.Positional) {
	if c.command == nil {
		return nil, nil
	}
	return c.command.Flags, c.command.Positional
}

// flags returns all flags of the call: its own before those of every call.
func (c call) flags() []*kong.Flag {
	own, _ := c.own()
	return append(slices.Clone(own), c.root.Flags...)
}

func (c call) arguments() []*kong.Positional {
	_, own := c.own()
	return append(slices.Clone(c.root.Positional), own...)
}

// name is what is typed before flags and files.
func (c call) name() string {
	if !c.named {
		return c.tool.Name
	}
	return c.tool.Name + " " + c.command.Name
}

// summary is one line, lower case, no full stop.
func (c call) summary() string {
	if !c.named {
		return c.tool.Summary
	}
	return c.command.Help
}

// examples returns those of the call: of the filter as a whole, or of one of
// its commands.
func (c call) examples() []Example {
	if !c.named {
		return c.tool.Examples
	}
	return c.described().Examples
}

// paragraphs returns those of the description.
func (c call) paragraphs() []string {
	text := c.tool.Description
	if c.named {
		text = c.described().Description
	}
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSpace(text), "\n\n")
}

// described returns what the filter says of the command.
func (c call) described() Command {
	for _, d := range c.tool.Commands {
		if d.Name == c.command.Name {
			return d
		}
	}
	return Command{}
}

// usage is the call in one line.
func (c call) usage() string {
	line := c.name() + " [FLAGS]"
	for _, a := range c.arguments() {
		line += " " + argument(a)
	}
	return line
}

// usages returns the lines of all calls that the help is about.
func (c call) usages() []string {
	if c.named {
		return []string{c.usage()}
	}
	var lines []string
	for _, other := range calls(c.tool, c.root) {
		lines = append(lines, other.usage())
	}
	return lines
}

// commandTerm is the name of a command with what has to be known of it.
func commandTerm(root, command *kong.Node) string {
	if command == root.DefaultCmd {
		return command.Name + " (default)"
	}
	return command.Name
}

// sentence makes a sentence of a summary.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// commandsText says how files and commands are told apart.
const commandsText = "The command stands before all flags and files of its own. A file that is called like a command is written ./NAME."

// allFlags returns the flags of the filter and of all its commands.
func allFlags(root *kong.Node) []*kong.Flag {
	list := slices.Clone(root.Flags)
	for _, child := range root.Children {
		list = append(list, child.Flags...)
	}
	return list
}
