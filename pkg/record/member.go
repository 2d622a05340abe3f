package record

import (
	"bytes"
	"errors"
	"slices"
)

var errNotObject = errors.New("not a JSON object")

// eachMember calls fn with the raw name (quotes included) and the raw value
// of every member of the object data. It checks only what it needs to find
// the members' ends; decode a member to know that it is JSON.
func eachMember(data []byte, fn func(name, value []byte) error) error {
	i := skipBlanks(data, 0)
	if i >= len(data) || data[i] != '{' {
		return errNotObject
	}
	i = skipBlanks(data, i+1)
	if i < len(data) && data[i] == '}' {
		return nil
	}
	for i < len(data) && data[i] == '"' {
		name := data[i:stringEnd(data, i)]
		i = skipBlanks(data, i+len(name))
		if i >= len(data) || data[i] != ':' {
			return errNotObject
		}
		i = skipBlanks(data, i+1)
		end := valueEnd(data, i)
		if end == i {
			return errNotObject
		}
		if err := fn(name, data[i:end]); err != nil {
			return err
		}
		i = skipBlanks(data, end)
		if i < len(data) && data[i] == '}' {
			return nil
		}
		if i >= len(data) || data[i] != ',' {
			return errNotObject
		}
		i = skipBlanks(data, i+1)
	}
	return errNotObject
}

func skipBlanks(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\t' || data[i] == '\r' || data[i] == '\n') {
		i++
	}
	return i
}

// stringEnd returns the offset behind the string that begins at i.
func stringEnd(data []byte, i int) int {
	for i++; i < len(data); i++ {
		n := bytes.IndexByte(data[i:], '"')
		if n < 0 {
			return len(data)
		}
		i += n
		slashes := 0
		for data[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i + 1
		}
	}
	return len(data)
}

// valueEnd returns the offset behind the value that begins at i.
func valueEnd(data []byte, i int) int {
	depth := 0
	for i < len(data) {
		switch data[i] {
		case '"':
			i = stringEnd(data, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			if depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}

// TypeOf returns the value of the "type" member of the record in line, or ""
// where line is no object or has no such string.
func TypeOf(line []byte) string {
	const head = `{"type":"`
	if rest, ok := bytes.CutPrefix(line, []byte(head)); ok {
		if end := bytes.IndexByte(rest, '"'); end >= 0 && bytes.IndexByte(rest[:end], '\\') < 0 {
			return typeName(rest[:end])
		}
	}
	var found string
	_ = eachMember(line, func(name, value []byte) error {
		if string(name) == `"type"` && found == "" {
			_ = Decode(value, &found)
		}
		return nil
	})
	return found
}

// typeName avoids an allocation for the types that every line has.
func typeName(name []byte) string {
	switch string(name) {
	case TypeRule:
		return TypeRule
	case TypeError:
		return TypeError
	case TypeTechnique:
		return TypeTechnique
	case TypeLedger:
		return TypeLedger
	}
	return string(name)
}

// Splice appends line to dst with the members of the object extra put behind
// its own. Members of line that extra names anew are left out; all others
// survive byte for byte, known or not. The result has no LF.
func Splice(dst, line, extra []byte, names ...string) ([]byte, error) {
	dst, err := appendOpen(dst, line, names...)
	if err != nil {
		return dst, err
	}
	extra = bytes.TrimSpace(extra)
	if len(extra) > 2 {
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(dst, extra[1:len(extra)-1]...)
	}
	return append(dst, '}'), nil
}

// appendOpen appends the object line without the members of the given names
// and without its closing brace.
func appendOpen(dst, line []byte, names ...string) ([]byte, error) {
	line = bytes.Trim(line, " \t\r\n")
	if len(line) < 2 || line[0] != '{' || line[len(line)-1] != '}' {
		return dst, errNotObject
	}
	if namesAny(line, names) {
		return appendWithout(dst, line, names)
	}
	return append(dst, bytes.TrimRight(line[:len(line)-1], " \t\r\n")...), nil
}

// namesAny reports whether line may have a member of one of the names.
func namesAny(line []byte, names []string) bool {
	for _, name := range names {
		if bytes.Contains(line, []byte(`"`+name+`"`)) {
			return true
		}
	}
	return false
}

// appendWithout appends the object line without its closing brace and
// without the members of the given names. What is between the others, blanks
// included, stays as it is: a line that is spliced twice is the same.
func appendWithout(dst, line []byte, names []string) ([]byte, error) {
	dst = append(dst, '{')
	empty := true
	from := 1 // behind the last member, or the brace
	err := eachMember(line, func(name, value []byte) error {
		member := line[from : cap(line)-cap(value)+len(value)] // value is a part of line
		first := from == 1
		from += len(member)
		if slices.Contains(names, string(name[1:len(name)-1])) {
			return nil
		}
		if empty && !first {
			member = bytes.TrimLeft(member, ", \t\r\n")
		}
		empty = false
		dst = append(dst, member...)
		return nil
	})
	return dst, err
}
