package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// writeCompletion writes the completion script for a shell. All three are
// made from the flags, so that none can go stale. Values of flags with a
// fixed set are completed from it, all else as files.
func writeCompletion(b *strings.Builder, shell string, t *Tool, n *kong.Node) error {
	switch shell {
	case "bash":
		writeBash(b, t, calls(t, n))
	case "zsh":
		writeZsh(b, t, calls(t, n))
	case "fish":
		writeFish(b, t, calls(t, n))
	default:
		return Usagef("--completion is %q, expected bash, zsh or fish", shell)
	}
	return nil
}

// completion is what a shell has to know of one flag.
type completion struct {
	long   string // with its dashes
	short  string // with its dash, or empty
	help   string
	value  string   // name of the value, empty for booleans
	values []string // where there is a fixed set
}

// completed lists the flags, --no- forms included.
func completed(flags []*kong.Flag) []completion {
	var out []completion
	for _, g := range flagGroups(flags) {
		for _, f := range g.flags {
			c := completion{long: "--" + f.Name, help: f.Help}
			if f.Short != 0 {
				c.short = "-" + string(f.Short)
			}
			if !f.IsBool() {
				c.value, c.values = placeholder(f), valuesOf(f)
			}
			out = append(out, c)
			if negatable(f) {
				out = append(out, completion{long: "--no-" + f.Name, help: "Undo --" + f.Name + "."})
			}
		}
	}
	return out
}

func valuesOf(f *kong.Flag) []string {
	if _, ok := f.Target.Interface().(completionFlag); ok {
		return []string{"bash", "zsh", "fish"}
	}
	if f.Enum == "" {
		return nil
	}
	var values []string
	for _, v := range f.EnumSlice() {
		if v != "" {
			values = append(values, v)
		}
	}
	return values
}

// names returns the flag in its spellings.
func (c completion) names() []string {
	if c.short == "" {
		return []string{c.long}
	}
	return []string{c.short, c.long}
}

// commandNames returns what may stand behind the filter's name.
func commandNames(all []call) []string {
	var names []string
	for _, c := range all {
		if c.command != nil {
			names = append(names, c.command.Name)
		}
	}
	return names
}

func writeBash(b *strings.Builder, t *Tool, all []call) {
	fmt.Fprintf(b, "# bash completion for %s; use: source <(%s --completion bash)\n", t.Name, t.Name)
	fmt.Fprintf(b, "_%s() {\n", t.Name)
	b.WriteString("    local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n")
	b.WriteString("    COMPREPLY=()\n")
	b.WriteString("    # bash cuts --flag=value at the =\n")
	b.WriteString("    if [[ $cur == \"=\" ]]; then cur=\"\"; elif [[ $prev == \"=\" ]]; then prev=\"${COMP_WORDS[COMP_CWORD-2]}\"; fi\n")
	b.WriteString("    case \"$prev\" in\n")
	for _, c := range completed(allFlags(all[0].root)) {
		if c.value != "" && len(c.values) > 0 {
			fmt.Fprintf(b, "    %s) COMPREPLY=($(compgen -W %s -- \"$cur\")); return ;;\n",
				strings.Join(c.names(), "|"), shellQuote(strings.Join(c.values, " ")))
		}
	}
	b.WriteString("    esac\n")
	if names := commandNames(all); len(names) > 0 {
		fmt.Fprintf(b, "    if [[ $COMP_CWORD == 1 && $cur != -* ]]; then COMPREPLY=($(compgen -W %s -- \"$cur\")); return; fi\n",
			shellQuote(strings.Join(names, " ")))
	}
	b.WriteString("    if [[ $cur == -* ]]; then\n")
	b.WriteString("        case \"${COMP_WORDS[1]}\" in\n")
	for _, c := range inCase(all) {
		fmt.Fprintf(b, "        %s) COMPREPLY=($(compgen -W %s -- \"$cur\")) ;;\n", c.pattern(), shellQuote(strings.Join(words(c), " ")))
	}
	fmt.Fprintf(b, "        esac\n    fi\n}\ncomplete -o default -F _%s %s\n", t.Name, t.Name)
}

// words returns the flags of the call in all spellings.
func words(of call) []string {
	var words []string
	for _, c := range completed(of.flags()) {
		words = append(words, c.names()...)
	}
	return words
}

// inCase puts the calls in the order of the branches of a shell's case: the
// one without a name matches everything and goes last.
func inCase(all []call) []call {
	return append(slices.Clone(all[1:]), all[0])
}

// pattern matches the first word of the call's command line in a shell's case.
func (c call) pattern() string {
	if !c.named {
		return "*"
	}
	return c.command.Name
}

func writeZsh(b *strings.Builder, t *Tool, all []call) {
	fmt.Fprintf(b, "#compdef %s\n_%s() {\n    case $words[2] in\n", t.Name, t.Name)
	names := strings.Join(commandNames(all), " ")
	for _, c := range inCase(all) {
		fmt.Fprintf(b, "    %s) _arguments -s \\\n", c.pattern())
		for _, flag := range completed(c.flags()) {
			for _, name := range flag.names() {
				fmt.Fprintf(b, "        %s \\\n", shellQuote(zshSpec(flag, name)))
			}
		}
		if !c.named && names != "" {
			fmt.Fprintf(b, "        '1:command or file:{ compadd %s; _files }' \\\n", names)
		}
		b.WriteString("        '*:file:_files' ;;\n")
	}
	b.WriteString("    esac\n}\n")
	// The script works as an autoloaded function and when it is sourced.
	fmt.Fprintf(b, "if [ \"$funcstack[1]\" = \"_%s\" ]; then _%s \"$@\"; else compdef _%s %s; fi\n", t.Name, t.Name, t.Name, t.Name)
}

// zshSpec is the spec of one flag for _arguments, which reads colons and
// brackets as its own.
func zshSpec(c completion, name string) string {
	escape := strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `:`, `\:`)
	// The star lets flags be repeated.
	spec := "*" + name
	if c.value != "" && strings.HasPrefix(name, "--") {
		spec += "="
	}
	spec += "[" + escape.Replace(c.help) + "]"
	switch {
	case len(c.values) > 0:
		spec += ":" + escape.Replace(c.value) + ":(" + strings.Join(c.values, " ") + ")"
	case c.value != "":
		spec += ":" + escape.Replace(c.value) + ":_files"
	}
	return spec
}

func writeFish(b *strings.Builder, t *Tool, all []call) {
	root := all[0].root
	others := strings.Join(commandNames(all[1:]), " ")
	for _, child := range root.Children {
		fmt.Fprintf(b, "complete -c %s -n __fish_use_subcommand -a %s -d %s\n", t.Name, child.Name, fishQuote(sentence(child.Help)))
	}
	writeFishFlags(b, t, "", completed(root.Flags))
	for _, c := range all {
		own, _ := c.own()
		when := ""
		switch {
		case c.named:
			when = "__fish_seen_subcommand_from " + c.command.Name
		case others != "":
			when = "not __fish_seen_subcommand_from " + others
		}
		writeFishFlags(b, t, when, completed(own))
	}
}

// writeFishFlags completes flags when the condition holds, if there is one.
func writeFishFlags(b *strings.Builder, t *Tool, when string, flags []completion) {
	for _, c := range flags {
		fmt.Fprintf(b, "complete -c %s", t.Name)
		if when != "" {
			fmt.Fprintf(b, " -n %s", fishQuote(when))
		}
		if c.short != "" {
			fmt.Fprintf(b, " -s %s", c.short[1:])
		}
		fmt.Fprintf(b, " -l %s", c.long[2:])
		switch {
		case len(c.values) > 0:
			fmt.Fprintf(b, " -x -a %s", fishQuote(strings.Join(c.values, " ")))
		case c.value != "":
			b.WriteString(" -r")
		}
		fmt.Fprintf(b, " -d %s\n", fishQuote(c.help))
	}
}

// shellQuote quotes s for bash and zsh.
func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// fishQuote quotes s for fish, where a backslash escapes inside quotes.
func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
