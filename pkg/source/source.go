// Package source is where input comes from: files, directories, tar streams,
// stdin and lists of files, gzip or not, read in parallel and handed on in
// order. It knows nothing of what the files hold.
//
// Paths are reported as the user knows them: the path given, joined with "/"
// to what was found below it. An entry of an archive is called
// archive.tar.gz/entry, or just entry where the archive came from stdin.
package source

import (
	"io"
	"sync/atomic"
)

// Stdin is the path that stands for stdin.
const Stdin = "-"

// MaxFile is the largest file that is read, as it is after unpacking. The
// largest rule file that the vendors publish is well under 1 MiB; the bound
// keeps a bomb or a disk image from filling the memory of every worker.
const MaxFile = 16 << 20

// maxSkip is the longest entry that is skipped to get at what follows it in
// an archive. Skipping takes time only, but a compressed terabyte of zeros
// takes for ever.
const maxSkip = 1 << 30

// Codes of errors, stable and greppable.
const (
	CodeUnreadable = "source/unreadable"  // cannot be opened or read
	CodeTooLarge   = "source/too-large"   // over MaxFile
	CodeTruncated  = "source/truncated"   // an archive or gzip stream ends too early
	CodeCorrupt    = "source/corrupt"     // an archive or gzip stream that makes no sense
	CodeUnsafeName = "source/unsafe-name" // an entry that would lie outside its archive
	CodeLink       = "source/link"        // a link in an archive
	CodeSpecial    = "source/special"     // a device or named pipe
	CodeTrailing   = "source/trailing"    // data after the end of an archive
	CodeFileList   = "source/file-list"   // --files-from is no list of files
	CodeHeld       = "source/held"        // too much of an archive waits for its end
)

// Error says why a file, or the rest of an archive, could not be read.
type Error struct {
	Code, Msg string
	// Unopened is set where an input given by name could not be opened at
	// all, as opposed to a file that was found in one.
	Unopened bool
}

func (e *Error) Error() string { return e.Msg }

// File is one file of the input, or in its place what went wrong with it.
// Data belongs to the reader: it is overwritten once work returns.
type File struct {
	Path  string
	Data  []byte
	Err   *Error // Data is empty then
	Named bool   // given by the user, not found in a directory or archive
	// Archive is the name of the archive that the file was found in; what is
	// on disk has none.
	Archive string
}

// Inputs says what to read. The zero value reads Stdin.
type Inputs struct {
	// Paths are files, directories and archives; "-" is stdin. With no Paths
	// and no FilesFrom, stdin is read.
	Paths []string
	// FilesFrom names a list of further paths, separated by NUL or by
	// newlines; "-" is stdin.
	FilesFrom string
	Stdin     io.Reader
	// Hold, where it is set, makes files of archives wait.
	Hold *Hold

	counts counters
}

// counters are written by the workers.
type counters struct {
	files, bytes, hidden, links, special, failed atomic.Int64
}

// Counts are the numbers for statistics and progress.
type Counts struct {
	Files   int64 // handed to work with their data
	Bytes   int64 // in them
	Hidden  int64 // hidden files and directories that were skipped
	Links   int64 // symbolic links in directories that were skipped
	Special int64 // devices, named pipes and sockets in directories that were skipped
	Failed  int64 // handed to work with an error
}

// Counts returns the numbers so far. It may be called at any time.
func (in *Inputs) Counts() Counts {
	c := &in.counts
	return Counts{
		Files: c.files.Load(), Bytes: c.bytes.Load(), Hidden: c.hidden.Load(),
		Links: c.links.Load(), Special: c.special.Load(), Failed: c.failed.Load(),
	}
}

// Skipped is the number of files and directories that were passed over
// without a word.
func (c Counts) Skipped() int64 { return c.Hidden + c.Links + c.Special }
