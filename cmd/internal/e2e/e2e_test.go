// Package e2e tests the four filters as their users run them: built, in
// pipelines, on files. What one package can test alone is tested there.
package e2e

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output in scripts")

const root = "../../.."

// bin is the directory with the four filters, built once.
var bin string

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "rulepipe-bin")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator),
		"./cmd/rparse", "./cmd/rnorm", "./cmd/ragg", "./cmd/rrender")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, out)
	}
	bin = dir
	if err := os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH")); err != nil {
		return 0, err
	}
	for _, name := range []string{"NO_COLOR", "TERM", "COLUMNS", "LC_ALL", "LANG"} {
		os.Unsetenv(name)
	}
	return m.Run(), nil
}

// TestScript runs the scripts. Each finds the rules of the project in rules,
// the bad input in bad, and may use sh, tar, gzip and git where they exist.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			err := os.CopyFS(filepath.Join(env.WorkDir, "rules"), os.DirFS(filepath.Join(root, "testdata", "rules")))
			return errors.Join(err, os.CopyFS(filepath.Join(env.WorkDir, "bad"), os.DirFS(filepath.Join(root, "testdata", "bad"))))
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %s", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"make":  makeFile,
			"lines": countLines,
			"code":  exitCode,
		},
	})
}

// needShared returns the folder of the public rule sets and reference trees.
// Where it is missing the test is skipped, except in CI, which must have it.
func needShared(t *testing.T, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{root, "..", "shared"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI has no %s: %v", path, err)
		}
		t.Skipf("%s is not there; the public rule sets are not part of the repository", path)
	}
	return path
}

func needSh(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs sh")
	}
}
