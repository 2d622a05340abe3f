package span

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape returns s in a form that is safe to show: nothing in it moves the
// cursor, changes colours, reverses the direction of text or hides. Control
// characters become their pictures (ESC is ␛, LF is ␊), everything else that
// cannot be seen becomes <U+202E>, and a byte that is no UTF-8 becomes
// <U+DC80> to <U+DCFF>.
//
// No two texts have the same form: a picture, or a "<U+", that stands in s
// itself is spelled <U+...> as well. Backslashes stay single, because most of
// what is shown here is Windows paths.
func Escape(s string) string {
	at := firstHidden(s)
	if at == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:at])
	for at < len(s) {
		r, size := utf8.DecodeRuneInString(s[at:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "<U+DC%02X>", s[at])
		case r < ' ':
			b.WriteRune(pictures + r)
		case r == deleteByte:
			b.WriteRune(deletePicture)
		case hidden(s, at, r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteString(s[at : at+size])
		}
		at += size
	}
	return b.String()
}

const (
	pictures      = '\u2400' // the picture of NUL; those of the other control characters follow
	deletePicture = '\u2421'
	blankPicture  = '\u2423' // shown by pkg/render for a blank that could be overlooked
	deleteByte    = '\x7f'
)

// firstHidden returns the offset of the first rune that Escape changes.
func firstHidden(s string) int {
	for i, r := range s {
		if r >= ' ' && r < deleteByte && r != '<' {
			continue
		}
		if hidden(s, i, r) {
			return i
		}
	}
	return len(s)
}

// hidden reports whether r, which stands at at in s, cannot stay as it is.
func hidden(s string, at int, r rune) bool {
	switch {
	case r == '<':
		return strings.HasPrefix(s[at:], "<U+")
	case r == utf8.RuneError:
		_, size := utf8.DecodeRuneInString(s[at:])
		return size == 1
	case at == 0 && unicode.Is(unicode.M, r):
		return true // it would join what is shown before the text
	case r >= pictures && r <= blankPicture:
		return true
	case r == '\u034f', r == '\u115f', r == '\u1160', r == '\u17b4', r == '\u17b5', r == '\u2800', r == '\u3164', r == '\uffa0':
		return true // fillers: letters and marks by category, blank to the eye
	case unicode.Is(unicode.Variation_Selector, r):
		return r != emojiStyle
	}
	return !unicode.IsPrint(r)
}

// emojiStyle is the one variation selector that ordinary titles have.
const emojiStyle = '\ufe0f'
