//go:build !windows

package cli

import (
	"errors"
	"io"
	"syscall"
)

// isClosed reports whether err says that the reader of a pipe is gone.
func isClosed(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}
