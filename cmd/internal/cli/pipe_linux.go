package cli

import (
	"os"
	"syscall"
)

const (
	setPipeSize = 1031    // F_SETPIPE_SZ, which package syscall does not name
	pipeSize    = 1 << 20 // the most an unprivileged process may ask for
)

// growPipe makes the pipe behind f hold 1 MiB: a chain of filters then waits
// less for each other. Failure (no pipe, a lower limit) only costs speed.
func growPipe(f *os.File) {
	_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), setPipeSize, pipeSize)
}
