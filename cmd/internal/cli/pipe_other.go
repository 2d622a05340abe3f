//go:build !linux

package cli

import "os"

// growPipe does nothing: only Linux lets a process choose the size of a pipe.
func growPipe(*os.File) {}
