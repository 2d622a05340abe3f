package record

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// scanner reads JSON in the form in which the filters write it: no blanks, no
// null, no \u. It gives up where anything else stands, right or wrong, for the
// general decoder to judge; so it says nothing about errors. All its methods
// may be called after it has given up, and then return nothing.
type scanner struct {
	line   []byte
	text   string // the line, for the strings that refer to it
	at     int
	gaveUp bool
	lists  []string // memory of lists
}

// maxStrings bounds the memory of a scanner's lists. The largest of the public
// rules has 4,432 values.
const maxStrings = 16 << 10

// begin makes r ready for a line. What was read before is no longer valid.
func (r *scanner) begin(line []byte) {
	clear(r.lists) // they hold on to the lines before
	*r = scanner{line: line, text: unsafe.String(unsafe.SliceData(line), len(line)), lists: r.lists[:0]}
}

// done reports whether all of the line was read.
func (r *scanner) done() bool { return !r.gaveUp && r.at == len(r.line) }

// giveUp ends all loops.
func (r *scanner) giveUp() {
	r.gaveUp = true
	r.at = len(r.line)
}

// peek returns the next byte, 0 at the end.
func (r *scanner) peek() byte {
	if r.at < len(r.line) {
		return r.line[r.at]
	}
	return 0
}

func (r *scanner) expect(b byte) {
	if r.peek() != b {
		r.giveUp()
		return
	}
	r.at++
}

// open enters an object or a list and reports whether it has members.
func (r *scanner) open(left, right byte) bool {
	r.expect(left)
	if r.peek() == right {
		r.at++
		return false
	}
	return !r.gaveUp
}

// more reports whether there is another member behind the one that was read.
func (r *scanner) more(right byte) bool {
	switch r.peek() {
	case ',':
		r.at++
		return true
	case right:
		r.at++
		return false
	}
	r.giveUp()
	return false
}

// name reads the name of a member, and the colon.
func (r *scanner) name() string {
	name := r.string()
	r.expect(':')
	return name
}

// string reads a string. It refers to the line, or is a new one where the line
// has escapes.
func (r *scanner) string() string {
	start := r.at + 1
	escaped, wide := r.pass()
	if r.gaveUp {
		return ""
	}
	s := r.text[start : r.at-1]
	if escaped {
		s = unescape(s)
	}
	if wide && !utf8.ValidString(s) {
		r.giveUp()
	}
	return s
}

// pass passes a string and reports whether it has escapes, and bytes that are
// not ASCII.
func (r *scanner) pass() (escaped, wide bool) {
	r.expect('"')
	for line, i := r.line, r.at; i < len(line); {
		if i+8 <= len(line) {
			stop := special(binary.LittleEndian.Uint64(line[i:]))
			if stop == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(stop) / 8
		}
		switch b := line[i]; {
		case b == '"':
			r.at = i + 1
			return escaped, wide
		case b == '\\' && i+1 < len(line) && escapes[line[i+1]] != 0:
			escaped = true
			i += 2
		case b >= utf8.RuneSelf:
			wide = true
			i++
		case b == '\\' || b < ' ':
			i = len(line)
		default:
			i++
		}
	}
	r.giveUp()
	return escaped, wide
}

// special returns the high bit of the first of eight bytes that is a quote, a
// backslash, a control character or not ASCII. Behind that bit there may be any
// others.
func special(w uint64) uint64 {
	const every, high = 0x0101_0101_0101_0101, 0x8080_8080_8080_8080
	// With one bit turned over, the quote is the next behind the control
	// characters. A subtraction that goes below zero sets the high bit.
	quote, slash := (w^0x02*every)-0x21*every, (w^'\\'*every)-every
	return (quote | slash | w) & high
}

// escapes has what stands for a byte behind a backslash.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func unescape(s string) string {
	var out strings.Builder
	out.Grow(len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			out.WriteString(s)
			return out.String()
		}
		out.WriteString(s[:i])
		out.WriteByte(escapes[s[i+1]])
		s = s[i+2:]
	}
}

// list reads a list of strings.
func (r *scanner) list() []string {
	start := len(r.lists)
	for more := r.open('[', ']'); more; more = r.more(']') {
		r.lists = append(r.lists, r.string())
		if len(r.lists) == maxStrings {
			r.giveUp()
		}
	}
	if end := len(r.lists); end > start {
		return r.lists[start:end:end]
	}
	return []string{}
}

// bool reads true or false.
func (r *scanner) bool() bool {
	for _, word := range [...]string{"true", "false"} {
		if rest := r.text[r.at:]; len(rest) >= len(word) && rest[:len(word)] == word {
			r.at += len(word)
			return word == "true"
		}
	}
	r.giveUp()
	return false
}

// int reads a number that is small and not negative.
func (r *scanner) int() int {
	const most = 9 // digits
	n, start := 0, r.at
	for b := r.peek(); '0' <= b && b <= '9'; b = r.peek() {
		n = 10*n + int(b-'0')
		r.at++
	}
	if digits := r.at - start; digits == 0 || digits > most || digits > 1 && r.line[start] == '0' {
		r.giveUp()
	}
	return n
}

// skip passes a value of any type.
func (r *scanner) skip(depth int) {
	switch r.peek() {
	case '"':
		r.pass()
	case '{':
		for more := r.open('{', '}'); more; more = r.more('}') {
			r.pass()
			r.expect(':')
			r.deeper(depth)
		}
	case '[':
		for more := r.open('[', ']'); more; more = r.more(']') {
			r.deeper(depth)
		}
	case 't', 'f':
		r.bool()
	default:
		r.int()
	}
}

// maxScan is how deep a scanner looks: the deepest public rule has 6 levels of
// conditions.
const maxScan = 64

func (r *scanner) deeper(depth int) {
	if depth == maxScan {
		r.giveUp()
		return
	}
	r.skip(depth + 1)
}
