package cli

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// writeCompletion writes the completion script for a shell. All three are
// made from the flags, so that none can go stale. Values of flags with a
// fixed set are completed from it, all else as files.
func writeCompletion(b *strings.Builder, shell string, t *Tool, n *kong.Node) error {
	switch shell {
	case "bash":
		writeBash(b, t, completed(n))
	case "zsh":
		writeZsh(b, t, completed(n))
	case "fish":
		writeFish(b, t, completed(n))
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
func completed(n *kong.Node) []completion {
	var out []completion
	for _, g := range flagGroups(n) {
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

func writeBash(b *strings.Builder, t *Tool, flags []completion) {
	fmt.Fprintf(b, "# bash completion for %s; use: source <(%s --completion bash)\n", t.Name, t.Name)
	fmt.Fprintf(b, "_%s() {\n", t.Name)
	b.WriteString("    local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n")
	b.WriteString("    COMPREPLY=()\n")
	b.WriteString("    # bash cuts --flag=value at the =\n")
	b.WriteString("    if [[ $cur == \"=\" ]]; then cur=\"\"; elif [[ $prev == \"=\" ]]; then prev=\"${COMP_WORDS[COMP_CWORD-2]}\"; fi\n")
	b.WriteString("    case \"$prev\" in\n")
	for _, c := range flags {
		if c.value != "" && len(c.values) > 0 {
			fmt.Fprintf(b, "    %s) COMPREPLY=($(compgen -W %s -- \"$cur\")); return ;;\n",
				strings.Join(c.names(), "|"), shellQuote(strings.Join(c.values, " ")))
		}
	}
	b.WriteString("    esac\n    if [[ $cur == -* ]]; then\n")
	var words []string
	for _, c := range flags {
		words = append(words, c.names()...)
	}
	fmt.Fprintf(b, "        COMPREPLY=($(compgen -W %s -- \"$cur\"))\n", shellQuote(strings.Join(words, " ")))
	fmt.Fprintf(b, "    fi\n}\ncomplete -o default -F _%s %s\n", t.Name, t.Name)
}

func writeZsh(b *strings.Builder, t *Tool, flags []completion) {
	fmt.Fprintf(b, "#compdef %s\n_%s() {\n    _arguments -s \\\n", t.Name, t.Name)
	for _, c := range flags {
		for _, name := range c.names() {
			fmt.Fprintf(b, "        %s \\\n", shellQuote(zshSpec(c, name)))
		}
	}
	b.WriteString("        '*:file:_files'\n}\n")
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

func writeFish(b *strings.Builder, t *Tool, flags []completion) {
	for _, c := range flags {
		fmt.Fprintf(b, "complete -c %s", t.Name)
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
