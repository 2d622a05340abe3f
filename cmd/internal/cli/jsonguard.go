package cli

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/span"
)

// JSONOutput says that the output is JSON. On a terminal, and only there,
// characters that could do harm are then written as JSON escapes: the values
// stay the same, and what is piped or written to a file stays byte for byte.
// To be called before anything is written.
func (s *Session) JSONOutput() {
	if s.Terminal() {
		s.Out.w.Reset(&jsonGuard{w: s.Stdio.Out})
	}
}

// jsonGuard escapes on the way to a terminal.
type jsonGuard struct {
	w    io.Writer
	rest []byte // an incomplete rune at the end of the last write
}

// Write implements io.Writer.
func (g *jsonGuard) Write(p []byte) (int, error) {
	text := slices.Concat(g.rest, p)
	out := make([]byte, 0, len(text)+64)
	for len(text) > 0 && (utf8.FullRune(text) || text[0] < utf8.RuneSelf) {
		r, size := utf8.DecodeRune(text)
		switch raw := text[:size]; {
		case r == '\n' || r == '\t' || span.Escape(string(raw)) == string(raw):
			out = append(out, raw...)
		case size == 1:
			out = fmt.Appendf(out, `\u%04x`, raw[0])
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		}
		text = text[size:]
	}
	g.rest = bytes.Clone(text)
	if _, err := g.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}
