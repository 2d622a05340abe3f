package sigma

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// utf16Text returns the bytes of s in UTF-16, as a string of bytes. With mark
// the byte order mark FF FE comes first.
func utf16Text(s string, order binary.AppendByteOrder, mark bool) string {
	out := make([]byte, 0, 2+2*len(s))
	if mark {
		out = order.AppendUint16(out, 0xfeff)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return string(out)
}

// base64Text encodes s as a whole.
func base64Text(s string) string {
	return base64.StdEncoding.EncodeToString([]byte(s))
}

// base64Offsets returns what is always found in the base64 text of something
// that contains s, whatever stands around it: one text for each of the three
// positions of s in a group of three bytes, without the characters that
// depend on its neighbours. A position of which nothing is certain is left out.
func base64Offsets(s string) []string {
	var out []string
	for offset := range 3 {
		bits := 8 * offset
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", offset) + s))
		from := (bits + 5) / 6
		to := (bits + 8*len(s)) / 6
		if from < to {
			out = append(out, text[from:to])
		}
	}
	return out
}

// readable makes bytes that are no UTF-8 fit for a record: each byte becomes
// the character of the same number.
func readable(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	out := make([]rune, 0, len(s))
	for i := range len(s) {
		out = append(out, rune(s[i]))
	}
	return string(out)
}
