package normalize

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// transformed does to a comparison what the row of its field says must be
// done to compare its values with those of the canonical field.
//
// The other words of the column need nothing or cannot be followed: texts that
// differ by case only are one row anyway ("sid", "lower case", "upper case",
// "case-insensitive"); "array index dropped" is about the name; a part of a
// value that cannot be told from the whole has its own canonical field ("last
// suffix, no dot", "registered domain", "first part of DOMAIN\user", "CN
// only"); a member of a text, of JSON or of XML is matched by patterns as its
// author wrote them; "Succeeded/Success = success" and "success, fail" have
// more than one counterpart; names of the bits of a mask (AccessMask,
// AccessList, TicketOptions, NewUacValue) say nothing about its other bits.
// What holds whatever the vendor's field was is done to the canonical one:
// registry hives ("hive short form"), directions ("outbound/inbound").
func transformed(c comparison, n *naming) comparison {
	if n.words {
		c = inText(c)
	}
	if n.transform == "" {
		return c // as nearly always
	}
	word, _, _ := strings.Cut(n.transform, ";")
	switch word {
	case "basename":
		if c.op == record.OpEq && isPathless(c.value, n) {
			return c
		}
		return path(c, n.platform)
	case "account name without domain":
		if n.platform == windows {
			return tail(c, `\`)
		}
	case "account name, domain kept or dropped by the TA":
		// Who asks for a bare name does not have the domain in it. What a data
		// model says where there is no account is no name.
		if n.platform == windows && !strings.Contains(c.value, `\`) && !strings.EqualFold(c.value, "unknown") {
			return tail(c, `\`)
		}
	case "without hive and value name":
		return registryKey(c)
	case "Sysmon value ends with a backslash, Endpoint value does not":
		if n.platform == windows && c.op == record.OpEq && !strings.HasSuffix(c.value, `\`) {
			c.value += `\`
		}
	case "seconds", "number", "numeric uid", "numeric gid", "sid on Windows",
		"string or number", "number or string", "hex string to number":
		if equals(c.op) {
			c.value = number(c.value)
		}
	case "boolean":
		if n.name == "SignatureStatus" {
			return valid(c)
		}
		if equals(c.op) {
			c.value = boolean(c.value)
		}
	case `Sysmon "Valid" = Endpoint "trusted"`:
		if equals(c.op) && strings.EqualFold(c.value, "trusted") {
			c.value = "Valid"
		}
	case "name of the last key only", "Sysmon TA: name of the last key only":
		return lastKey(c)
	case "split list": // one hash of several
		return inText(loose(c))
	case "list of strings", "Sysmon TA: 0x00000001 (DWORD wrapper removed by the TA)":
		if equals(c.op) {
			c.value = registryNumber(c.value, n.numbers)
		}
	case "Yes/No or %%1842":
		if equals(c.op) {
			c.value = swapped(c.value, "Yes", "%%1842", "No", "%%1843")
		}
	case "name":
		if n.name == "TicketEncryptionType" && equals(c.op) {
			c.value = ticketEncryption(c.value)
		}
	case "names":
		if n.name == "AuditPolicyChanges" {
			c.value = swapped(c.value, "Success removed", "%%8448", "Success Added", "%%8449",
				"Failure removed", "%%8450", "Failure added", "%%8451")
		}
	}
	return c
}

// Transforms are the words with which a value_transform of the field table
// may begin that does something to values.
func Transforms() []string {
	return []string{
		"basename", "account name without domain", "account name, domain kept or dropped by the TA",
		"without hive and value name", "Sysmon value ends with a backslash, Endpoint value does not",
		"seconds", "number", "numeric uid", "numeric gid", "sid on Windows", "string or number", "number or string",
		"hex string to number", "boolean", `Sysmon "Valid" = Endpoint "trusted"`,
		"name of the last key only", "Sysmon TA: name of the last key only", "split list", "list of strings",
		"Sysmon TA: 0x00000001 (DWORD wrapper removed by the TA)", "Yes/No or %%1842", "name", "names",
		"argument list", "analysed text",
	}
}

// isPathless reports whether value is the name of a process of the kernel of
// Windows: no file is behind it, and the field of the path has the name.
func isPathless(value string, n *naming) bool {
	return strings.HasSuffix(n.name, "Image") && !slash(n.platform) &&
		oneOf(value, "System", "Secure System", "Registry", "MemCompression", "vmmem")
}

// inText turns a comparison with words of a text into one with the text: it
// holds them somewhere.
func inText(c comparison) comparison {
	switch c.op {
	case record.OpEq, record.OpStartsWith, record.OpEndsWith:
		if c.value != "" {
			c.op = record.OpMatch
		}
	}
	return c
}

func equals(op string) bool { return op == record.OpEq || op == record.OpNe }

// swapped returns the second of the first pair whose first is value.
func swapped(value string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		if strings.EqualFold(value, pairs[i]) {
			return pairs[i+1]
		}
	}
	return value
}

// registryKey turns a comparison with the keys of a registry path, which begin
// below the hive and end above the name of the value, into one with the path.
func registryKey(c comparison) comparison {
	switch c.op {
	case record.OpEq:
		c.op, c.value = record.OpMatch, `\`+strings.Trim(c.value, `\`)+`\`
	case record.OpStartsWith:
		c.op, c.value = record.OpMatch, `\`+strings.TrimPrefix(c.value, `\`)
	case record.OpEndsWith:
		c.op, c.value = record.OpMatch, strings.TrimSuffix(c.value, `\`)+`\`
	case record.OpWildcard:
		if !strings.HasPrefix(c.value, "*") {
			c.value = `*\\` + c.value
		}
		if trailingStar(c.value) == "" {
			c.value += `\\*`
		}
	}
	return c
}

// lastKey turns a comparison with the name of a registry key, which is that of
// the value in some versions of Splunk's add-on and the whole path of the key in
// others, into one with a path that has it.
func lastKey(c comparison) comparison {
	switch c.op {
	case record.OpEq, record.OpStartsWith:
		if c.value != "" {
			c.op, c.value = record.OpMatch, `\`+strings.TrimPrefix(c.value, `\`)
		}
	case record.OpEndsWith:
		c.op = record.OpMatch
	case record.OpWildcard:
		if !strings.HasPrefix(c.value, "*") {
			c.value = `*\\` + c.value
		}
		return loose(c)
	}
	return c
}

// loose lets a pattern begin and end anywhere.
func loose(c comparison) comparison {
	if c.op != record.OpWildcard {
		return c
	}
	if !strings.HasPrefix(c.value, "*") {
		c.value = "*" + c.value
	}
	if strings.HasSuffix(c.value, `\`) && !escapedEnd([]byte(c.value)) {
		c.value += `\` // one that escapes nothing is meant
	}
	if trailingStar(c.value) == "" {
		c.value += "*"
	}
	return c
}

// valid turns "trusted or not" into the status of the signature.
func valid(c comparison) comparison {
	if !equals(c.op) {
		return c
	}
	trusted := strings.EqualFold(c.value, "true")
	if !trusted && !strings.EqualFold(c.value, "false") {
		return c
	}
	if trusted == (c.op == record.OpEq) {
		return comparison{op: record.OpEq, value: "Valid"}
	}
	return comparison{op: record.OpNe, value: "Valid"}
}

// registryNumber writes the data of a number in the registry as Sysmon does.
// Winlogbeat makes 0x00000001 of Sysmon's text, eight digits for a DWORD and
// sixteen for a QWORD; Elastic's sensor writes 1. That may be a text as well,
// and stays unless the rule asks for numbers.
func registryNumber(value string, numbers bool) string {
	digits, ok := strings.CutPrefix(strings.ToLower(value), "0x")
	if !ok {
		n, err := strconv.ParseUint(value, 10, 32)
		if !numbers || err != nil {
			return value
		}
		return fmt.Sprintf("DWORD (0x%08x)", n)
	}
	if _, err := strconv.ParseUint(digits, 16, 64); err != nil {
		return value
	}
	switch len(digits) {
	case 8:
		return "DWORD (0x" + digits + ")"
	case 16:
		return "QWORD (0x" + digits[:8] + "-0x" + digits[8:] + ")"
	}
	return value
}

// asksNumbers reports whether a list of values has a number of the registry as
// Winlogbeat writes it: its other numbers are the same in other words.
func asksNumbers(values []string) bool {
	return slices.ContainsFunc(values, func(v string) bool { return len(v) == 10 && strings.HasPrefix(v, "0x") })
}

// ticketEncryption turns the names of Kerberos' encryption types into the
// numbers of the event.
func ticketEncryption(value string) string {
	return swapped(value, "DES-CBC-CRC", "0x1", "DES-CBC-MD5", "0x3", "AES128-CTS-HMAC-SHA1-96", "0x11",
		"AES256-CTS-HMAC-SHA1-96", "0x12", "RC4-HMAC", "0x17", "RC4-HMAC-EXP", "0x18", "FAIL", "0xffffffff")
}
