package normalize

import (
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// fieldHashes is the field of Sysmon that lists all hashes of a file:
// "SHA1=...,MD5=...,SHA256=...,IMPHASH=...".
const fieldHashes = "Hashes"

// hashKinds are the hashes of that list: the name there, the field that has
// such a hash alone, and its number of digits.
var hashKinds = [...]struct {
	name, field string
	digits      int
}{
	{"MD5=", "md5", 32},
	{"SHA1=", "sha1", 40},
	{"SHA256=", "sha256", 64},
	{"IMPHASH=", "imphash", 32},
}

// oneHash returns the field and the comparison that ask for the same as a
// comparison with a whole member of the list. A list that holds one and a
// field that is one are the same fact.
func oneHash(c comparison) (field string, one comparison, ok bool) {
	switch c.op {
	case record.OpEq, record.OpMatch, record.OpStartsWith, record.OpEndsWith:
	default:
		return "", c, false
	}
	for _, k := range hashKinds {
		n := len(k.name)
		if len(c.value) == n+k.digits && strings.EqualFold(c.value[:n], k.name) && isHex(c.value[n:]) {
			c.op, c.value = record.OpEq, c.value[n:]
			return k.field, c, true
		}
	}
	return "", c, false
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}
