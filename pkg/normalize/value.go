package normalize

import (
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// comparison is an operator with its value, on the way to the canonical form.
type comparison struct {
	op    string
	value string
	flags string
	cased bool
}

// canonical brings a comparison with the field n into the one form that means
// the same. What it cannot change without changing the meaning stays.
func canonical(c comparison, n *naming, language string) comparison {
	switch c.op {
	case record.OpWildcard:
		c = reduceWildcard(c)
	case record.OpRegexMatch:
		// An expression that folds the case itself is not cased, whatever
		// its operator is by default.
		c.cased = c.cased && !strings.HasPrefix(c.value, "(?i)")
		c = reduceRegex(c, language)
	}
	c = transformed(c, n)
	switch c.op {
	case record.OpEq, record.OpNe:
		c.value = spelled(n.name, c.value)
	case record.OpGt, record.OpGte, record.OpLt, record.OpLte:
		c.value = number(c.value)
	}
	switch c.op {
	case record.OpCIDRMatch:
		c.value = network(c.value)
		return c
	case record.OpRegexMatch, record.OpKeyword:
		return c
	}
	switch n.name {
	case "TargetObject", "NewName":
		c.value = hive(c.value, c.op)
	case "ShareName":
		c = share(c)
	}
	return c
}

// spelled returns the one spelling of a whole value of a field.
func spelled(field, value string) string {
	switch field {
	case "EventID", "DestinationPort", "SourcePort", "IpPort", "ProcessId", "ParentProcessId",
		"TerminalSessionId", "MessageNumber", "MessageTotal":
		return number(value)
	case "LogonType":
		return logonType(value)
	case "IntegrityLevel":
		return integrityLevel(value)
	case "Initiated":
		return initiated(value)
	case "EventOutcome":
		return outcome(value)
	case "AuditResult", "ResultStatus":
		return result(value)
	case "Signed", "Archived", "IsExecutable", "ProcessSigned", "ParentProcessSigned",
		"ProcessSignatureTrusted", "ParentProcessSignatureTrusted", "TlsEstablished":
		return boolean(value)
	}
	return value
}

// boolean writes true and false in one case.
func boolean(value string) string {
	switch {
	case strings.EqualFold(value, "true"):
		return "true"
	case strings.EqualFold(value, "false"):
		return "false"
	}
	return value
}

// number writes a number in one way: 0x10 is 16, 5.0 is 5. What is no number,
// or one that floating point does not hold exactly, stays.
func number(value string) string {
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	if digits, ok := strings.CutPrefix(strings.ToLower(value), "0x"); ok {
		if n, err := strconv.ParseUint(digits, 16, 63); err == nil {
			return strconv.FormatUint(n, 10)
		}
		return value
	}
	if value == "" || !strings.ContainsRune("+-.0123456789", rune(value[0])) {
		return value // "Inf" and "NaN" are names
	}
	f, err := strconv.ParseFloat(value, 64)
	const exact = 1 << 53
	if err != nil || math.Abs(f) > exact || strings.ContainsAny(value, "_xXpP") {
		return value
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// logonType turns the names of winlog.logon.type into the numbers of the event.
func logonType(value string) string {
	switch strings.ToLower(value) {
	case "interactive":
		return "2"
	case "network":
		return "3"
	case "batch":
		return "4"
	case "service":
		return "5"
	case "unlock":
		return "7"
	case "networkcleartext":
		return "8"
	case "newcredentials":
		return "9"
	case "remoteinteractive":
		return "10"
	case "cachedinteractive":
		return "11"
	}
	return number(value)
}

// integrityLevel turns the SIDs and RIDs of mandatory labels into Sysmon's names.
func integrityLevel(value string) string {
	const prefix = "S-1-16-"
	rid := value
	if len(value) > len(prefix) && strings.EqualFold(value[:len(prefix)], prefix) {
		rid = value[len(prefix):]
	}
	switch number(rid) {
	case "0":
		return "Untrusted"
	case "4096":
		return "Low"
	case "8192":
		return "Medium"
	case "8448":
		return "MediumPlus"
	case "12288":
		return "High"
	case "16384":
		return "System"
	case "20480":
		return "Protected"
	}
	return value
}

// initiated turns directions into Sysmon's answer to "did this host begin it".
func initiated(value string) string {
	switch strings.ToLower(value) {
	case "egress", "outbound", "outgoing", "%%14593":
		return "true"
	case "ingress", "inbound", "incoming", "%%14592":
		return "false"
	}
	return boolean(value)
}

// outcome turns the keywords of audit events into what they say.
func outcome(value string) string {
	switch strings.ToLower(value) {
	case "0x8020000000000000":
		return "success"
	case "0x8010000000000000":
		return "failure"
	}
	return value
}

// result writes how an operation of Microsoft's clouds ended as event.outcome
// does, which is made of it: the logs say Succeeded or Success.
func result(value string) string {
	switch strings.ToLower(value) {
	case "succeeded":
		return "success"
	case "failed":
		return "failure"
	}
	return value
}

// network writes an address that stands for a network with the length of its
// prefix, as others write it.
func network(value string) string {
	a, err := netip.ParseAddr(value)
	if err != nil || a.Zone() != "" {
		return value
	}
	return value + "/" + strconv.Itoa(a.BitLen())
}

// hives are the spellings of the roots of the registry, longest first where
// one begins another, and the one that Sysmon writes.
var hives = [...][2]string{
	{`HKEY_LOCAL_MACHINE`, "HKLM"},
	{`\REGISTRY\MACHINE`, "HKLM"},
	{`HKEY_USERS`, "HKU"},
	{`\REGISTRY\USER`, "HKU"},
	{`HKEY_CURRENT_USER`, "HKCU"},
	{`HKEY_CLASSES_ROOT`, "HKCR"},
	{`HKEY_CURRENT_CONFIG`, "HKCC"},
}

// bareHives are the roots of sensors that leave \REGISTRY\ out. What stands in
// the middle of a path may be called so as well.
var bareHives = [...][2]string{{`MACHINE`, "HKLM"}, {`USER`, "HKU"}}

// hive writes the root of a registry path as Sysmon does.
func hive(value, op string) string {
	for _, h := range hives {
		if rest, ok := below(value, h[0], op); ok {
			return h[1] + rest
		}
	}
	if op == record.OpMatch || op == record.OpEndsWith {
		return value
	}
	for _, h := range bareHives {
		if rest, ok := below(value, h[0], op); ok && rest != "" {
			return h[1] + rest
		}
	}
	return value
}

// below cuts a root off a path. A value that goes on in another way than with
// a backslash is not such a path.
func below(value, root, op string) (rest string, ok bool) {
	if op == record.OpWildcard {
		root = strings.ReplaceAll(root, `\`, `\\`)
	}
	if len(value) < len(root) || !strings.EqualFold(value[:len(root)], root) {
		return "", false
	}
	rest = value[len(root):]
	return rest, rest == "" || rest[0] == '\\'
}

// share turns the pattern of a share into its name. Windows writes "\\*\C$",
// with a star for the server, and a pattern of the same form holds for that
// name only; some languages have no other way to say it.
func share(c comparison) comparison {
	name, ok := strings.CutPrefix(strings.TrimPrefix(c.value, "*"), `\\\\*\\`)
	if c.op == record.OpWildcard && ok && !strings.ContainsAny(name, `*?\`) {
		c.op, c.value = record.OpEq, `\\*\`+name
	}
	return c
}

// path turns a comparison with a bare file name into one with the end of a
// path. A condition on a part of the name stays as it is: it holds for the
// path as well, if not only for it. So does one that is negated by its
// operator, which no other operator expresses.
func path(c comparison, platform string) comparison {
	return tail(c, separator(c.value, platform))
}

// separator returns what stands before a file name on a platform. A rule for
// Windows and others names the programs of Windows with their extension.
func separator(name, platform string) string {
	if slash(platform) || platform == mixed && !windowsFile(name) {
		return "/"
	}
	return `\`
}

// windowsFile reports whether a file name is one that only Windows runs, or a
// pattern of such names.
func windowsFile(name string) bool {
	i := strings.LastIndexByte(name, '.')
	return i >= 0 && oneOf(strings.TrimRight(name[i+1:], "*"),
		"exe", "dll", "com", "bat", "cmd", "ps1", "vbs", "vbe", "wsf", "hta", "msc", "cpl", "scr", "sys", "ocx", "lnk", "ex", "msi")
}

// tail turns a comparison with the last part of a value into one with the end
// of the whole.
func tail(c comparison, separator string) comparison {
	switch c.op {
	case record.OpEq:
		if c.value != "" && !strings.Contains(c.value, separator) {
			c.op, c.value = record.OpEndsWith, separator+c.value
		}
	case record.OpStartsWith:
		c.op, c.value = record.OpMatch, separator+c.value
	case record.OpWildcard:
		if !strings.HasPrefix(c.value, "*") {
			c.value = "*" + escape(separator) + c.value
		}
	}
	return c
}
