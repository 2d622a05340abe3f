package record

import (
	"bytes"
	"errors"
	"io"
	"iter"
)

// blockSize is how much is read at once. 128 to 256 KiB gave a chain of
// filters the most throughput; larger blocks only cost memory.
const blockSize = 256 << 10

// MaxLine is the longest line that is held in memory. No rule comes near it
// (a query is bounded to 1 MiB), so a longer line is no record of ours: it is
// passed on in pieces, unread, and memory stays bounded.
const MaxLine = 32 << 20

// Block is a run of whole lines of a stream, or, where Oversize is set, a
// piece of one line that is longer than MaxLine.
type Block struct {
	Data     []byte // ends with LF, except at the end of the stream and for pieces
	Line     int    // number of its first line in the stream, from 1
	Oversize bool
	First    bool // first piece of an oversize line

	memory []byte // that Data is the beginning of
}

// Blocks reads r in blocks. The Data of a block is the caller's to keep. The
// error, if any, comes last, with a zero Block.
func Blocks(r io.Reader) iter.Seq2[Block, error] { return newSplitter(r).blocks() }

// splitter cuts a stream into blocks at line ends.
type splitter struct {
	r        io.Reader
	rest     []byte // read, but not yet given out
	spare    []byte // memory for the next block, given back by who is done with one
	err      error  // of the last read, to be said once rest is given out
	line     int
	oversize bool // inside a line that is given out in pieces
}

func newSplitter(r io.Reader) *splitter { return &splitter{r: r, line: 1} }

func (s *splitter) blocks() iter.Seq2[Block, error] {
	return func(yield func(Block, error) bool) {
		for {
			b, err := s.next()
			if len(b.Data) > 0 && !yield(b, nil) {
				return
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(Block{}, err)
				return
			}
		}
	}
}

func (s *splitter) next() (Block, error) {
	buf := s.rest
	s.rest = nil
	if buf == nil {
		buf = s.memory()
	}
	for {
		from := s.fill(&buf)
		switch {
		case s.oversize:
			return s.piece(buf, false)
		case len(buf) > MaxLine:
			s.oversize = true
			return s.piece(buf, true)
		}
		if end := bytes.LastIndexByte(buf[from:], '\n') + from + 1; end > from {
			return s.lines(buf, end)
		}
		if s.err != nil {
			return Block{Data: buf, Line: s.line}, s.err
		}
	}
}

// lines gives out the whole lines before end.
func (s *splitter) lines(buf []byte, end int) (Block, error) {
	b := Block{Data: buf[:end:end], Line: s.line, memory: buf}
	s.line += bytes.Count(b.Data, []byte{'\n'})
	if end == len(buf) {
		return b, s.err
	}
	s.rest = append(s.memory(), buf[end:]...)
	return b, nil
}

// memory returns memory for a block.
func (s *splitter) memory() []byte {
	if m := s.spare; m != nil {
		s.spare = nil
		return m[:0]
	}
	return make([]byte, 0, blockSize)
}

// piece gives out buf up to the end of the oversize line.
func (s *splitter) piece(buf []byte, first bool) (Block, error) {
	b := Block{Data: buf, Line: s.line, Oversize: true, First: first}
	end := bytes.IndexByte(buf, '\n') + 1
	if end == 0 {
		return b, s.err
	}
	b.Data = buf[:end:end]
	s.oversize = false
	s.line++
	if end == len(buf) {
		return b, s.err
	}
	s.rest = bytes.Clone(buf[end:])
	return b, nil
}

// fill reads once into buf, grown as needed, and returns where the new bytes
// begin. What a piece left over may hold whole lines: they count as new.
func (s *splitter) fill(buf *[]byte) int {
	b := *buf
	from := len(b)
	if bytes.IndexByte(b, '\n') >= 0 {
		from = 0
	}
	if s.err != nil {
		return from
	}
	if cap(b)-len(b) < blockSize/2 {
		b = append(make([]byte, 0, max(blockSize, 2*cap(b))), b...)
	}
	for {
		n, err := s.r.Read(b[len(b):min(cap(b), len(b)+blockSize)])
		if n > 0 || err != nil {
			*buf = b[:len(b)+n]
			s.err = err
			return from
		}
	}
}

// Line is one line of a stream, without its LF or CRLF.
type Line struct {
	Data     []byte
	No       int    // from 1
	Type     string // the record's "type", "" where there is none
	Oversize bool   // Data is a piece of a line longer than MaxLine, LF kept
	First    bool   // first piece of an oversize line
}

// Lines reads the lines of r that are not blank, one after the other. Data is
// valid until the next line. The error, if any, comes last.
func Lines(r io.Reader) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for b, err := range Blocks(r) {
			if err != nil {
				yield(Line{}, err)
				return
			}
			for line := range b.Lines() {
				if !yield(line, nil) {
					return
				}
			}
		}
	}
}

// Lines returns the lines of the block that are not blank.
func (b Block) Lines() iter.Seq[Line] {
	return func(yield func(Line) bool) {
		if b.Oversize {
			yield(Line{Data: b.Data, No: b.Line, Oversize: true, First: b.First})
			return
		}
		no := b.Line
		for rest := b.Data; len(rest) > 0; no++ {
			var data []byte
			data, rest, _ = bytes.Cut(rest, []byte{'\n'})
			data = bytes.TrimSuffix(data, []byte{'\r'})
			if no == 1 {
				data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
			}
			if len(bytes.TrimSpace(data)) == 0 {
				continue
			}
			if !yield(Line{Data: data, No: no, Type: TypeOf(data)}) {
				return
			}
		}
	}
}

// ErrOversize says that a line was passed on unread.
var ErrOversize = errors.New("line longer than 32 MiB, passed on unread")
