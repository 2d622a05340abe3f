package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// rule is the smallest complete Sigma rule around a detection.
const rule = `title: Generated rule
id: 00000000-0000-4000-8000-000000000001
status: test
description: generated
author: rulepipe project
date: 2026-03-01
tags:
  - attack.t1021.002
logsource:
  product: windows
  category: process_creation
level: low
detection:
  selection:
    Image|endswith: '\a.exe'
`

// elasticLanguages says for each language the type of its rules, how a query
// begins, how a list in it begins, and what stands between the values of one.
var elasticLanguages = map[string]struct{ kind, query, list, or string }{
	"kuery":  {"query", "a:", "a:", " or "},
	"lucene": {"query", "a:", "a:", " OR "},
	"eql":    {"eql", "any where ", "any where a in ", ", "},
	"esql":   {"esql", "FROM x | WHERE ", "FROM x | WHERE a IN ", ", "},
}

// elasticRule returns the smallest Elastic rule around a query that is all
// brackets or all values.
func elasticRule(language, shape string) string {
	l := elasticLanguages[language]
	query := l.query + strings.Repeat("(", 10_000) + "a" + strings.Repeat(")", 10_000)
	if shape == "values" {
		query = l.list + "(" + strings.Repeat(`"value"`+l.or, 5000) + `"last")`
	}
	return fmt.Sprintf(`[rule]
name = "Generated rule"
rule_id = "00000000-0000-4000-8000-000000000002"
risk_score = 1
severity = "low"
type = %q
query = '''%s'''
language = %q
`, l.kind, query, language)
}

// makeFile writes inputs that are too large or too odd to be committed:
//
//	make KIND FILE
func makeFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: make KIND FILE")
	}
	var text string
	switch args[0] {
	case "rule":
		text = rule + "  condition: selection\n"
	case "crlf":
		text = strings.ReplaceAll(rule+"  condition: selection\n", "\n", "\r\n")
	case "bom":
		text = "\xef\xbb\xbf" + rule + "  condition: selection\n"
	case "parentheses":
		text = rule + "  condition: " + strings.Repeat("(", 10_000) + "selection" + strings.Repeat(")", 10_000) + "\n"
	case "nots":
		text = rule + "  condition: " + strings.Repeat("not ", 10_000) + "selection\n"
	case "maps":
		text = rule + "  deep: " + strings.Repeat("{a: ", 10_000) + "1" + strings.Repeat("}", 10_000) + "\n  condition: selection\n"
	case "manyrules":
		var b strings.Builder
		for i := range 3000 {
			b.WriteString("---\n" + strings.Replace(rule, "000000000001", "0000"+strconv.Itoa(10_000_000+i), 1) + "  condition: selection\n")
		}
		text = b.String()
	case "longvalue":
		text = rule + "  other:\n    CommandLine|contains: '" + strings.Repeat("x", 100<<20) + "'\n  condition: selection or other\n"
	case "longline":
		text = `{"type":"own","x":"` + strings.Repeat("x", 100<<20) + "\"}\n"
	default:
		shape, language, _ := strings.Cut(args[0], "-")
		if _, ok := elasticLanguages[language]; !ok || shape != "brackets" && shape != "values" {
			ts.Fatalf("make %s: unknown kind", args[0])
		}
		text = elasticRule(language, shape)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o644))
}

// countLines checks the number of lines of a file:
//
//	lines FILE N
func countLines(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: lines FILE N")
	}
	got := strings.Count(ts.ReadFile(args[0]), "\n")
	if (strconv.Itoa(got) == args[1]) == neg {
		ts.Fatalf("%s has %d lines, want %s", args[0], got, args[1])
	}
}

// exitCode runs a command line with sh and checks its exit code; stdout and
// stderr may be looked at afterwards in the files out and err:
//
//	code N 'COMMAND LINE'
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: code N 'COMMAND LINE'")
	}
	out, err := os.Create(ts.MkAbs("out"))
	ts.Check(err)
	defer out.Close()
	stderr, err := os.Create(ts.MkAbs("err"))
	ts.Check(err)
	defer stderr.Close()
	cmd := exec.Command("sh", "-c", args[1])
	cmd.Dir = ts.MkAbs(".")
	cmd.Stdout, cmd.Stderr = out, stderr
	cmd.Env = append(os.Environ(), "WORK="+ts.Getenv("WORK"))
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	if got := strconv.Itoa(cmd.ProcessState.ExitCode()); got != args[0] {
		ts.Logf("%s", ts.ReadFile("err"))
		ts.Fatalf("exit code %s, want %s: %s", got, args[0], args[1])
	}
}
