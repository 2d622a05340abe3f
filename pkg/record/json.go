package record

import (
	"fmt"
	"strconv"

	"github.com/goccy/go-json"
)

// Append appends the record v as one line, LF included, to dst. v is one of
// the record types of this package.
func Append(dst []byte, v any) ([]byte, error) {
	line, err := json.MarshalWithOption(v, json.DisableHTMLEscape())
	if err != nil {
		return dst, fmt.Errorf("encoding %T: %w", v, err)
	}
	dst = append(dst, line...)
	return append(dst, '\n'), nil
}

// Decode reads the record in line into v, a pointer to one of the record
// types of this package. Members that v does not have are ignored. v is not
// cleared first.
func Decode(line []byte, v any) error { return json.Unmarshal(line, v) }

// MarshalJSON writes the counts as one object, vendor to number.
func (c Counts) MarshalJSON() ([]byte, error) {
	out := make([]byte, 0, 2+24*len(c))
	out = append(out, '{')
	for i, n := range c {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.MarshalWithOption(n.Vendor, json.DisableHTMLEscape())
		if err != nil {
			return nil, err
		}
		out = append(append(out, name...), ':')
		out = strconv.AppendInt(out, int64(n.Rules), 10)
	}
	return append(out, '}'), nil
}

// UnmarshalJSON reads an object of numbers and keeps its order.
func (c *Counts) UnmarshalJSON(data []byte) error {
	*c = nil
	return eachMember(data, func(name, value []byte) error {
		var n Count
		if err := json.Unmarshal(name, &n.Vendor); err != nil {
			return err
		}
		if err := json.Unmarshal(value, &n.Rules); err != nil {
			return fmt.Errorf("count of %s: %w", n.Vendor, err)
		}
		*c = append(*c, n)
		return nil
	})
}
