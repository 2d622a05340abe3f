package cli

import (
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// atomicFile is a file that appears under its name only when it is complete:
// it is written beside and renamed. What is no regular file (a terminal, a
// named pipe, /dev/null) cannot be replaced and is written directly.
type atomicFile struct {
	*os.File
	target string // "" where the file is written directly
	quit   chan os.Signal
}

func createFile(path string) (*atomicFile, error) {
	// A link is followed, so that it stays a link.
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	old, err := os.Stat(path)
	switch {
	case err == nil && old.IsDir():
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	case err == nil && !old.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &atomicFile{File: f}, err
	}
	f, err := createBeside(path)
	if err != nil {
		return nil, err
	}
	if old != nil {
		_ = f.Chmod(old.Mode().Perm()) // as near to the old file as may be
	}
	a := &atomicFile{File: f, target: path}
	a.watch()
	return a, nil
}

// createBeside makes a new file in the directory of path, with the mode that
// path itself would get.
func createBeside(path string) (*os.File, error) {
	dir, name := filepath.Split(path)
	for try := 0; ; try++ {
		temp := fmt.Sprintf("%s.%s.%d-%d.tmp", dir, name, os.Getpid(), try)
		f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !os.IsExist(err) || try == 100 {
			return f, err
		}
	}
}

// watch removes the unfinished file when the user interrupts the run, and
// then lets the signal have its way. Signals that are ignored, as under
// nohup, stay ignored.
func (a *atomicFile) watch() {
	quit := make(chan os.Signal, 1)
	a.quit = quit
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(sig) {
			signal.Notify(quit, sig)
		}
	}
	go func() {
		sig, ok := <-quit
		if !ok {
			return
		}
		_ = os.Remove(a.Name())
		signal.Reset(sig)
		raise(sig)
	}()
}

func (a *atomicFile) unwatch() {
	if a.quit != nil {
		signal.Stop(a.quit)
		close(a.quit)
		a.quit = nil
	}
}

// commit puts the file in its place. It is on the disk before it gets its
// name, so that not even a crash leaves half of it there.
func (a *atomicFile) commit() error {
	if a.target == "" {
		return a.Close()
	}
	err := a.Sync()
	if closeErr := a.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(a.Name(), a.target)
	}
	if err != nil {
		_ = os.Remove(a.Name())
	}
	a.unwatch()
	return err
}

// discard removes what was written.
func (a *atomicFile) discard() {
	_ = a.Close()
	if a.target != "" {
		_ = os.Remove(a.Name())
	}
	a.unwatch()
}

// raise sends the process a signal; where that is not possible it ends as a
// shell would report it.
func raise(sig os.Signal) {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Signal(sig)
	}
	if err != nil {
		os.Exit(130)
	}
}
