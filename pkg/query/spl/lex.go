package spl

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/span"
)

type kind uint8

const (
	end      kind = iota
	bad           // text is the message, code the code
	name          // a field, function or keyword
	quoted        // a field in single quotes: text is without them
	str           // text is without quotes and escapes
	number        //
	operator      // text is the operator
	open          // (
	close_        // )
	comma         //
	macro         // one that could not be expanded
	subquery      // [...]
)

type token struct {
	kind kind
	span span.Span
	text string
	code string
}

// lex returns the tokens of the expression language in text[from:to], the last
// of which is end or bad.
func lex(text string, o outline, from, to int) []token {
	out := make([]token, 0, 8+(to-from)/5)
	for at := from; ; {
		for at < to && isBlank(text[at]) {
			at++
		}
		t := next(text, o, at, to)
		out = append(out, t)
		if t.kind == end || t.kind == bad {
			return out
		}
		at = t.span.End
	}
}

// next returns the token that begins at.
func next(text string, o outline, at, to int) token {
	if at >= to {
		return token{kind: end, span: span.At(to)}
	}
	one := span.Span{Start: at, End: at + 1}
	switch c := text[at]; c {
	case '(':
		return token{kind: open, span: one}
	case ')':
		return token{kind: close_, span: one}
	case ',':
		return token{kind: comma, span: one}
	case '"':
		return known(text, o, at, to, str)
	case '`':
		return known(text, o, at, to, macro)
	case '[':
		return known(text, o, at, to, subquery)
	case '\'':
		return quotedName(text, at, to)
	case '<':
		if t, ok := template(text, at, to); ok {
			return t
		}
	}
	if op := operatorAt(text[at:to]); op != "" {
		return token{kind: operator, span: span.Span{Start: at, End: at + len(op)}, text: op}
	}
	return word(text, at, to)
}

// known makes a token of what the outline knows.
func known(text string, o outline, at, to int, k kind) token {
	stop := int(o.ends[at])
	if stop <= at || stop > to {
		at, code, message := unclosed(text[:to], at)
		return token{kind: bad, span: at, text: message, code: code}
	}
	t := token{kind: k, span: span.Span{Start: at, End: stop}, text: text[at:stop]}
	if k == str {
		t.text = unescape(text[at+1 : stop-1])
	}
	return t
}

// quotedName reads a field in single quotes.
func quotedName(text string, at, to int) token {
	for i := at + 1; i < to; i++ {
		switch text[i] {
		case '\\':
			i++
		case '\'':
			if i == at+1 {
				return token{kind: bad, span: span.Span{Start: at, End: i + 1}, text: "unexpected '' in the expression, expected a field", code: "spl/unexpected-token"}
			}
			t := token{kind: quoted, span: span.Span{Start: at, End: i + 1}, text: text[at+1 : i]}
			if strings.Contains(t.text, `\`) {
				t.text = strings.NewReplacer(`\'`, `'`, `\\`, `\`).Replace(t.text)
			}
			return t
		}
	}
	return token{kind: bad, span: span.Span{Start: at, End: at + 1}, text: "unclosed name, expected another '", code: "spl/unclosed-string"}
}

// template reads "<<FIELD>>", which foreach replaces, and the name around it.
func template(text string, at, to int) (token, bool) {
	if !strings.HasPrefix(text[at:to], "<<") {
		return token{}, false
	}
	stop := at + 2 + len(wordOf(text[at+2:to]))
	if !strings.HasPrefix(text[stop:to], ">>") {
		return token{}, false
	}
	t := token{kind: name, span: span.Span{Start: at, End: stop + 2}}
	t.span.End = wordEnd(text, t.span.End, to)
	t.text = text[at:t.span.End]
	return t, true
}

func operatorAt(s string) string {
	for _, op := range []string{"==", "!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%"} {
		if strings.HasPrefix(s, op) {
			return op
		}
	}
	if s[0] == '.' && (len(s) == 1 || s[1] < '0' || s[1] > '9') {
		return "."
	}
	return ""
}

// word reads a name or a number.
func word(text string, at, to int) token {
	if stop := numberEnd(text, at, to); stop > at {
		return token{kind: number, span: span.Span{Start: at, End: stop}, text: text[at:stop]}
	}
	stop := wordEnd(text, at, to)
	if stop == at {
		_, size := utf8.DecodeRuneInString(text[at:to])
		at := span.Span{Start: at, End: at + size}
		message := fmt.Sprintf("unexpected %q in the expression, expected a value or an operator", text[at.Start:at.End])
		return token{kind: bad, span: at, text: message, code: "spl/unexpected-token"}
	}
	return token{kind: name, span: span.Span{Start: at, End: stop}, text: text[at:stop]}
}

// numberEnd returns where a number ends that begins at, or at.
//
//	digits [ "." digits ] [ "e" [ "-" ] digits ] | "." digits | "0x" hex digits
func numberEnd(text string, at, to int) int {
	s := text[at:to]
	n := digits(s)
	switch {
	case strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X"):
		n = 2
		for n < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0 {
			n++
		}
	case n < len(s) && s[n] == '.' && digits(s[n+1:]) > 0:
		n += 1 + digits(s[n+1:])
	case n == 0:
		return at
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		sign := 0
		if n+1 < len(s) && (s[n+1] == '-' || s[n+1] == '+') {
			sign = 1
		}
		if more := digits(s[n+1+sign:]); more > 0 {
			n += 1 + sign + more
		}
	}
	if n < len(s) && isNameByte(s[n]) {
		return at // a name may begin with digits
	}
	return at + n
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// wordEnd returns where the name ends that begins at. A full stop, a brace or a
// template in the middle belongs to it: data has such fields, and where two
// names are to be joined authors write blanks.
func wordEnd(text string, at, to int) int {
	i := at
	for i < to {
		c := text[i]
		switch {
		case isNameByte(c):
			i++
			continue
		case c == '.' && i > at && i+1 < to && (isNameByte(text[i+1]) || text[i+1] == '{'):
			i++
			continue
		case c == '<':
			if t, ok := template(text, i, to); ok {
				i = t.span.End
				continue
			}
		}
		return i
	}
	return i
}

func isNameByte(c byte) bool {
	return isWordByte(c) || strings.IndexByte("$@{}#:?&;~^", c) >= 0 || c >= utf8.RuneSelf
}
