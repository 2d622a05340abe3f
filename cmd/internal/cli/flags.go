package cli

import (
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// The titles of the flag groups of Common. A filter's own flags may join them.
const (
	GroupOutput = "Output"
	GroupErrors = "Errors and diagnostics"
	GroupAbout  = "About"
)

// Common are the flags of every filter, to be embedded in its kong struct.
type Common struct {
	Output string `short:"o" placeholder:"FILE" group:"Output" help:"Write to FILE instead of stdout: whole or not at all."`
	Color  string `enum:"auto,always,never" default:"auto" placeholder:"WHEN" group:"Output" help:"Colour: auto, always or never. Auto means on a terminal, without NO_COLOR and TERM=dumb."`
	Width  int    `placeholder:"COLUMNS" group:"Output" help:"Width of the output. Without it COLUMNS, then the terminal, then 80."`
	Jobs   int    `short:"j" placeholder:"N" group:"Output" help:"Number of workers; the output is the same for any. Default: one per processor."`

	Quiet      bool     `short:"q" negatable:"" group:"Errors and diagnostics" help:"Say nothing about bad input; the exit code still does."`
	Strict     bool     `negatable:"" group:"Errors and diagnostics" help:"Stop at the first bad input."`
	ExitStatus bool     `short:"e" negatable:"" group:"Errors and diagnostics" help:"Exit with 1 when nothing came out."`
	FailOn     []string `placeholder:"CODE" group:"Errors and diagnostics" help:"Take warnings with this code as errors, which make the exit code 1: a pattern such as unsupported/lucene-*, or what stands before the slash. Repeatable."`

	Stats bool `negatable:"" group:"Errors and diagnostics" help:"Print one line of statistics on stderr at the end."`

	Help       infoFlag       `short:"h" group:"About" help:"Print this help."`
	Version    infoFlag       `group:"About" help:"Print the version, the commit and the versions of the embedded data."`
	Schema     infoFlag       `group:"About" help:"Print the JSON Schema of the output."`
	Man        infoFlag       `group:"About" help:"Print the man page (try: --man | man -l -)."`
	Completion completionFlag `placeholder:"SHELL" group:"About" help:"Print the completion script for bash, zsh or fish."`
}

// check looks at what kong cannot.
func (c *Common) check() error {
	switch {
	case c.Width < 0:
		return Usagef("--width is %d, expected a positive number", c.Width)
	case c.Jobs < 0:
		return Usagef("--jobs is %d, expected a positive number", c.Jobs)
	}
	for _, pattern := range c.FailOn {
		if _, err := path.Match(pattern, ""); err != nil {
			return Usagef("--fail-on has a bad pattern %q, expected a code such as unsupported/lucene-* with ] for every [", pattern)
		}
	}
	return nil
}

// failsOn reports whether --fail-on names the code. Its patterns have been
// checked.
func (c *Common) failsOn(code string) bool {
	family, _, _ := strings.Cut(code, "/")
	return slices.ContainsFunc(c.FailOn, func(pattern string) bool {
		whole, _ := path.Match(pattern, code)
		start, _ := path.Match(pattern, family)
		return whole || start
	})
}

// Workers is the number of workers to use: --jobs, or one per processor.
func (c *Common) Workers() int {
	if c.Jobs > 0 {
		return c.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

// infoFlag is a flag that prints something about the filter and ends it,
// whatever else is given.
type infoFlag bool

// BeforeReset is called by kong when the flag was given, before the
// environment or any other value is looked at.
func (infoFlag) BeforeReset(ctx *kong.Context, at *kong.Path) error {
	if on, ok := ctx.FlagValue(at.Flag).(infoFlag); ok && !bool(on) {
		return nil
	}
	return &askedError{flag: at.Flag.Name, command: ctx.Selected()}
}

// completionFlag names the shell for which completion is printed.
type completionFlag string

// BeforeReset is the same as for infoFlag.
func (completionFlag) BeforeReset(ctx *kong.Context, at *kong.Path) error {
	shell, _ := ctx.FlagValue(at.Flag).(completionFlag)
	return &askedError{flag: at.Flag.Name, value: string(shell)}
}

// askedError ends the parse because the user asked for information.
type askedError struct {
	flag, value string
	command     *kong.Node // nil where the filter has none
}

func (e *askedError) Error() string { return "asked for --" + e.flag }

// envPrefix begins the names of the environment variables for flags.
const envPrefix = "RULES_"

// envName returns the environment variable of a flag, "" where there is none:
// flags that print something and end, and -o, which would make the filters of
// a pipe write over each other.
func envName(f *kong.Flag) string {
	switch f.Target.Interface().(type) {
	case infoFlag, completionFlag:
		return ""
	}
	if f.Name == "output" || f.Hidden {
		return ""
	}
	return envPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// environment resolves flags that are not on the command line. An empty
// variable is as good as none.
func environment(std Stdio) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
		name := envName(f)
		if name == "" {
			return nil, nil
		}
		value := std.env(name)
		switch {
		case value == "":
			return nil, nil
		case f.IsSlice():
			var list []any // a list has to be cut here: kong checks it as a whole
			for _, v := range strings.Split(value, ",") {
				list = append(list, v)
			}
			return list, nil
		}
		return value, nil
	})
}

// flagOfDefault says that a flag stands before a command that does not have
// it. The user may as well have meant a file of that name.
func flagOfDefault(msg string) string {
	flag, rest, _ := strings.Cut(msg, " applies to the default command ")
	owner, command, _ := strings.Cut(rest, ", not ")
	return strings.TrimPrefix(flag, "flag ") + " belongs to " + strings.Trim(owner, `"`) + ", not to " + strings.Trim(command, `"`) +
		"; a file of that name is ./" + strings.Trim(command, `"`)
}

// usageMessage is what kong says about a wrong command line, in our words
// where its own speak of Go types, and with the variable where the value may
// come from the environment.
func usageMessage(msg string, n *kong.Node, std Stdio) string {
	flag, rest, found := strings.Cut(msg, ": ")
	switch {
	case strings.HasPrefix(msg, "unexpected argument ") && !strings.Contains(msg, ","):
		return msg + ": inputs are paths, flags begin with --"
	case found && strings.Contains(rest, "; perhaps try "):
		msg = flag + " needs a value; if it begins with -, write " + flag + "=VALUE"
	case found && strings.Contains(rest, "<EOL>"):
		msg = flag + " needs a value"
	case found && strings.HasPrefix(rest, "expected a valid "):
		_, value, _ := strings.Cut(rest, " but got ")
		msg = flag + " is " + value + ", expected a number"
	case strings.Contains(msg, " applies to the default command "):
		msg = flagOfDefault(msg)
	}
	for _, f := range allFlags(n) {
		about := strings.HasPrefix(msg, "--"+f.Name+" ") || strings.HasPrefix(msg, "--"+f.Name+":")
		if name := envName(f); about && name != "" && std.env(name) != "" {
			return msg + "; " + name + " is " + strconv.Quote(std.env(name))
		}
	}
	return msg
}
