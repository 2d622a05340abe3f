package sigma

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
	"github.com/rulepipe/rulepipe/pkg/span"
)

// modifier is one word behind a `|` of a field name, and where it stands.
type modifier struct {
	name string
	key  *document.Node
	span span.Span // in the key's text
}

// place returns where in the file the modifier stands.
func (r *reader) place(m modifier) span.Span { return r.file.Map(m.key).Span(m.span) }

// modify applies one modifier to a value and returns the values that it
// becomes (specification 2.1.0, appendix "Value Modifiers"). A modifier that
// does not fit the value is an error; the value is then read as well as it
// can be, or marked opaque.
func (r *reader) modify(v value, m modifier, first bool) []value {
	switch m.name {
	case "contains", "startswith", "endswith":
		v = r.position(v, m)
	case "cased":
		v = r.cased(v, m)
	case "exists":
		v = r.exists(v, m, first)
	case "re":
		v = r.regex(v, m, first)
	case "i", "ignorecase", "m", "multiline", "s", "dotall":
		v = r.flag(v, m)
	case "cidr":
		v = r.network(v, m, first)
	case "lt", "lte", "gt", "gte":
		v = r.compare(v, m)
	case "minute", "hour", "day", "week", "month", "year":
		v = r.timePart(v, m)
	case "expand":
		v = r.expand(v, m)
	case "fieldref":
		v = r.fieldref(v, m)
	case "windash":
		return r.windash(v, m)
	case "base64", "base64offset", "utf16", "utf16le", "utf16be", "wide":
		return r.encode(v, m)
	}
	return []value{v}
}

// known reports whether name is a modifier; "all" and "neq" are about the
// whole item and are handled there.
func known(name string) bool {
	switch name {
	case "all", "neq", "contains", "startswith", "endswith", "cased", "exists", "re", "i", "ignorecase", "m", "multiline",
		"s", "dotall", "cidr", "lt", "lte", "gt", "gte", "minute", "hour", "day", "week", "month", "year", "expand",
		"fieldref", "windash", "base64", "base64offset", "utf16", "utf16le", "utf16be", "wide":
		return true
	}
	return false
}

// misfit says that modifier m is not for values like v.
func (r *reader) misfit(v value, m modifier, expected string) {
	r.errs.Add(r.file.At(v.node), "sigma/modifier-type", "unexpected %s %q under modifier %q, expected %s", v.kind, v.text, m.name, expected)
}

// asString makes a string of v, whatever the modifiers before made of it.
func asString(v value) value {
	if v.kind != pattern {
		v.kind, v.pat = pattern, scan.Text(v.text)
	}
	return v
}

func (r *reader) position(v value, m modifier) value {
	left, right := m.name != "startswith", m.name != "endswith"
	switch v.kind {
	case regex:
		v.text = openRegex(v.text, left, right)
		return v
	case reference:
		v.op = widen(v.op, left, right)
		return v
	case null:
		r.misfit(v, m, "a string")
		v.opaque = "sigma/modifier-type"
		return v
	case pattern:
	default:
		r.misfit(v, m, "a string")
		v = asString(v)
	}
	v.pat = v.pat.Clone()
	if left {
		v.pat.Prepend()
	}
	if right {
		v.pat.Append()
	}
	return v
}

// openRegex lets a regular expression match inside a longer text.
func openRegex(re string, left, right bool) string {
	if left && !strings.HasPrefix(re, ".*") && !strings.HasPrefix(re, "^") {
		re = ".*" + re
	}
	if right && !strings.HasSuffix(re, ".*") && !strings.HasSuffix(re, "$") {
		re += ".*"
	}
	return re
}

// widen returns the operator of a field reference that op becomes under one
// more of contains, startswith and endswith.
func widen(op string, left, right bool) string {
	left = left || op == record.OpEndsWith || op == record.OpMatch
	right = right || op == record.OpStartsWith || op == record.OpMatch
	switch {
	case left && right:
		return record.OpMatch
	case left:
		return record.OpEndsWith
	case right:
		return record.OpStartsWith
	}
	return record.OpEq
}

func (r *reader) cased(v value, m modifier) value {
	if v.kind != pattern {
		r.misfit(v, m, "a string")
		return v
	}
	v.cased = true
	return v
}

func (r *reader) exists(v value, m modifier, first bool) value {
	if !first || v.kind != boolean {
		r.misfit(v, m, "true or false alone")
	}
	switch strings.ToLower(v.text) {
	case "true", "yes":
		v.op = record.OpIsNotNull
	case "false", "no":
		v.op = record.OpIsNull
	default:
		v.opaque = "sigma/modifier-type"
	}
	v.kind = presence
	return v
}

func (r *reader) regex(v value, m modifier, first bool) value {
	if !first {
		r.errs.Add(r.place(m), "sigma/modifier-order", "unexpected modifier %q behind another one, expected it to be the first", m.name)
	}
	if v.kind != pattern {
		r.misfit(v, m, "a string")
	}
	v.kind, v.text = regex, v.node.Text
	if r.regexes += costly(v.text); r.regexes > maxCostly && costly(v.text) > 0 {
		return v
	}
	if at, msg := checkRegex(v.text); msg != "" {
		r.errs.Add(r.file.Map(v.node).Span(span.At(at)), "sigma/regex", "regular expression: %s", msg)
	}
	return v
}

// maxCostly bounds the costly pieces of all regular expressions of a file that
// are checked. Real ones have none.
const maxCostly = 1000

// costly counts the pieces of a regular expression on which Go's parser may
// spend a millisecond each: classes of Unicode, and ranges where case is folded.
func costly(re string) int {
	n := strings.Count(re, `\p`) + strings.Count(re, `\P`)
	if strings.Contains(re, "(?") {
		n += strings.Count(re, "-") + strings.Count(re, "[^")
	}
	return n
}

// checkRegex returns what is wrong with a regular expression and where. Go's
// parser reads less than PCRE; what only it does not know is let pass.
func checkRegex(re string) (int, string) {
	_, err := syntax.Parse(re, syntax.Perl)
	var se *syntax.Error
	if !errors.As(err, &se) {
		return 0, ""
	}
	switch se.Code {
	case syntax.ErrMissingParen, syntax.ErrMissingBracket, syntax.ErrUnexpectedParen, syntax.ErrTrailingBackslash, syntax.ErrInvalidCharRange:
		return max(0, strings.Index(re, se.Expr)), se.Code.String()
	case syntax.ErrMissingRepeatArgument:
		if strings.HasPrefix(re, se.Expr) || strings.Contains(re, "("+se.Expr) || strings.Contains(re, "|"+se.Expr) {
			return max(0, strings.Index(re, se.Expr)), se.Code.String()
		}
	}
	return 0, ""
}

func (r *reader) flag(v value, m modifier) value {
	if v.kind != regex {
		r.misfit(v, m, "a regular expression")
		return v
	}
	flag := map[string]string{"ignorecase": "i", "multiline": "m", "dotall": "s"}[m.name]
	if flag == "" {
		flag = m.name
	}
	// In one order, so that re|i|s and re|s|i are the same.
	all := v.flags + flag
	v.flags = ""
	for _, f := range []string{"i", "m", "s"} {
		if strings.Contains(all, f) {
			v.flags += f
		}
	}
	return v
}

func (r *reader) network(v value, m modifier, first bool) value {
	if !first {
		r.errs.Add(r.place(m), "sigma/modifier-order", "unexpected modifier %q behind another one, expected it to be the first", m.name)
	}
	if msg := checkNetwork(v.text); msg != "" {
		r.errs.Add(r.file.At(v.node), "sigma/cidr", "%q is %s", v.text, msg)
	}
	v.kind = network
	return v
}

// checkNetwork returns what is wrong with an IPv4 or IPv6 network: an
// address, an address and a prefix length, or an IPv4 address and a mask.
func checkNetwork(text string) string {
	host, bits, slash := strings.Cut(text, "/")
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" {
		return "no IPv4 or IPv6 network"
	}
	if !slash {
		return ""
	}
	length, err := strconv.Atoi(bits)
	if mask, maskErr := netip.ParseAddr(bits); maskErr == nil && mask.Is4() && addr.Is4() {
		length, err = maskLength(mask)
	}
	if err != nil || length > addr.BitLen() || length < 0 || strings.HasPrefix(bits, "+") {
		return "no IPv4 or IPv6 network"
	}
	if prefix := netip.PrefixFrom(addr, length); prefix.Masked() != prefix {
		return "not a network: bits behind the prefix are set"
	}
	return ""
}

func maskLength(mask netip.Addr) (int, error) {
	b := mask.As4()
	n := binary.BigEndian.Uint32(b[:])
	for length := range 33 {
		if n == ^uint32(0)<<(32-length) || ^n == ^uint32(0)<<(32-length) {
			return length, nil
		}
	}
	return 0, errors.New("no mask")
}

func (r *reader) compare(v value, m modifier) value {
	switch {
	case v.kind != number:
		r.misfit(v, m, "a number")
		if v.kind != pattern || v.text == "" {
			v.opaque = "sigma/modifier-type"
		}
		v.kind = number
	case isNotFinite(v.text):
		r.misfit(v, m, "a finite number")
	}
	v.op = m.name // the same words as the operators of a record
	return v
}

func (r *reader) timePart(v value, m modifier) value {
	whole, fraction, _ := strings.Cut(v.text, ".")
	if v.kind != number || strings.Trim(fraction, "0") != "" {
		r.misfit(v, m, "a whole number")
	}
	if v.kind == number {
		v.text = whole
	}
	v.kind, v.unit = number, m.name
	return v
}

func (r *reader) expand(v value, m modifier) value {
	switch v.kind {
	case regex:
		_, v.placeholders = placeholders(v.text)
	case pattern:
		v.pat = v.pat.EachLiteral(func(lit string) string {
			text, names := placeholders(lit)
			v.placeholders = append(v.placeholders, names...)
			return text
		})
	default:
		r.misfit(v, m, "a string")
	}
	return v
}

func (r *reader) fieldref(v value, m modifier) value {
	switch {
	case v.kind != pattern:
		r.misfit(v, m, "the name of a field")
	case v.pat.HasWild():
		r.errs.Add(r.file.At(v.node), "sigma/fieldref", "unexpected wildcard in the field reference %q", v.text)
	}
	v.kind = reference
	v.op = record.OpEq
	v.text = v.node.Text
	return v
}

func (r *reader) windash(v value, m modifier) []value {
	if v.kind != pattern {
		r.misfit(v, m, "a string")
		return []value{v}
	}
	variants := windash(v.pat)
	if variants == nil {
		r.errs.Add(r.file.At(v.node), "sigma/windash-too-large", "%q has more than %d permutations of its dashes, or %d bytes of them", v.text, maxVariants, maxExpanded)
		v.opaque = "sigma/windash-too-large"
	}
	if len(variants) < 2 {
		return []value{v}
	}
	out := make([]value, len(variants))
	for i, p := range variants {
		out[i] = v
		out[i].pat = p
	}
	return out
}

func (r *reader) encode(v value, m modifier) []value {
	if v.kind != pattern {
		r.misfit(v, m, "a string")
		v = asString(v)
	}
	switch m.name {
	case "wide", "utf16le":
		v.pat = v.pat.EachLiteral(func(s string) string { return utf16Text(s, binary.LittleEndian, false) })
		return []value{v}
	case "utf16be":
		v.pat = v.pat.EachLiteral(func(s string) string { return utf16Text(s, binary.BigEndian, false) })
		return []value{v}
	case "utf16":
		mark := true
		v.pat = v.pat.EachLiteral(func(s string) string {
			defer func() { mark = false }()
			return utf16Text(s, binary.LittleEndian, mark)
		})
		return []value{v}
	}
	if v.pat.HasWild() {
		r.errs.Add(r.file.At(v.node), "sigma/base64-wildcard", "unexpected wildcard in %q under modifier %q: only whole texts can be encoded", v.text, m.name)
		v.opaque = "sigma/base64-wildcard"
		return []value{v}
	}
	if m.name == "base64" {
		v.pat = scan.Text(base64Text(v.pat.Literal()))
		return []value{v}
	}
	texts := base64Offsets(v.pat.Literal())
	if len(texts) == 0 {
		r.errs.Add(r.file.At(v.node), "sigma/base64offset-empty", "nothing of %q is certain in base64 text", v.text)
		v.opaque = "sigma/base64offset-empty"
		return []value{v}
	}
	out := make([]value, len(texts))
	for i, text := range texts {
		out[i] = v
		out[i].pat = scan.Text(text)
	}
	return out
}

func isNotFinite(text string) bool {
	return strings.ContainsAny(text, "nN")
}

// checkNode reports values of kinds that the specification does not know.
func (r *reader) checkNode(n *document.Node) {
	switch {
	case n.Kind == document.Time:
		r.errs.Add(r.file.At(n), "sigma/value-type", "unexpected date %s as a value, expected it in quotes", n.Text)
	case n.Kind == document.Other:
		r.errs.Add(r.file.At(n), "sigma/value-type", "unexpected tagged value %q", n.Text)
	case n.Kind == document.Float && isNotFinite(n.Text):
		r.errs.Add(r.file.At(n), "sigma/value-type", "unexpected number %s, expected a finite one", n.Text)
	}
}
