package document

import (
	"math/big"
	"strings"
)

// resolve tells the kind of a plain scalar by the rules of YAML 1.1
// (https://yaml.org/type/). The YAML module resolves by a mixture of 1.1 and
// 1.2 that would turn the text 00000429 into a number. Integers in other
// bases are written in base 10: the base is YAML's notation, not the rule's.
func resolve(text string) (Kind, string) {
	if text == "" {
		return Null, text
	}
	switch c := text[0]; {
	case c == '~' || c == 'n' || c == 'N' || c == 't' || c == 'T' || c == 'f' || c == 'F' ||
		c == 'y' || c == 'Y' || c == 'o' || c == 'O':
		return resolveWord(text)
	case c == '-' || c == '+' || c == '.' || '0' <= c && c <= '9':
		return resolveNumber(text)
	}
	return Str, text
}

func resolveWord(text string) (Kind, string) {
	switch text {
	case "~", "null", "Null", "NULL":
		return Null, text
	case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON":
		return Bool, "true"
	case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF":
		return Bool, "false"
	}
	return Str, text
}

func resolveNumber(text string) (Kind, string) {
	if n, ok := integer(text); ok {
		return Int, n
	}
	if isFloat(text) {
		return Float, text
	}
	if isTime(text) {
		return Time, text
	}
	return Str, text
}

// maxOther is the longest number in another base that is turned into base 10,
// which takes more than linear time. Numbers of 64 bits have 66 characters.
const maxOther = 1024

// integer returns the number in text in base 10.
func integer(text string) (string, bool) {
	sign, digits := cutSign(text)
	plain := strings.ReplaceAll(digits, "_", "")
	switch {
	case len(digits) > maxOther && (digits[0] == '0' || strings.Contains(digits, ":")):
		return "", false
	case strings.HasPrefix(digits, "0b") && len(plain) > 2 && only(plain[2:], "01"):
		return inBase10(sign, plain[2:], 2)
	case strings.HasPrefix(digits, "0x") && len(plain) > 2 && only(plain[2:], "0123456789abcdefABCDEF"):
		return inBase10(sign, plain[2:], 16)
	case digits == "0":
		return text, true
	case len(digits) > 1 && digits[0] == '0' && plain != "" && only(plain, "01234567"):
		return inBase10(sign, plain, 8)
	case digits != "" && '1' <= digits[0] && digits[0] <= '9' && only(plain, "0123456789"):
		return text, true
	case strings.Contains(digits, ":"):
		return sexagesimal(sign, plain)
	}
	return "", false
}

func inBase10(sign, digits string, base int) (string, bool) {
	n, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return "", false
	}
	if sign == "-" {
		n.Neg(n)
	}
	return n.String(), true
}

// sexagesimal reads 190:20:30, base 60.
func sexagesimal(sign, digits string) (string, bool) {
	parts := strings.Split(digits, ":")
	total := new(big.Int)
	for i, p := range parts {
		if p == "" || !only(p, "0123456789") || i == 0 && p[0] == '0' || i > 0 && (len(p) > 2 || len(p) == 2 && p[0] > '5') {
			return "", false
		}
		n, _ := new(big.Int).SetString(p, 10)
		total.Add(total.Mul(total, big.NewInt(60)), n)
	}
	if sign == "-" {
		total.Neg(total)
	}
	return total.String(), true
}

func isFloat(text string) bool {
	sign, rest := cutSign(text)
	switch rest {
	case ".inf", ".Inf", ".INF":
		return true
	case ".nan", ".NaN", ".NAN":
		return sign == ""
	}
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(rest), "e")
	whole, fraction, hasPoint := strings.Cut(mantissa, ".")
	if !hasPoint || !only(whole, "0123456789_:") || !only(fraction, "0123456789_") {
		return false
	}
	if whole == "" && (fraction == "" || fraction[0] == '_' || sign != "") || whole != "" && (whole[0] == '_' || whole[0] == ':') {
		return false
	}
	if !hasExponent {
		return true
	}
	expSign, expDigits := cutSign(exponent)
	return expSign != "" && expDigits != "" && only(expDigits, "0123456789") && !strings.Contains(whole, ":")
}

// isTime reports whether text has the form of a YAML 1.1 timestamp:
// 2001-12-14, or a date with one or two digits followed by a time.
func isTime(text string) bool {
	date, clock := text, ""
	if i := strings.IndexAny(text, "Tt \t"); i > 0 {
		date, clock = text[:i], strings.TrimLeft(text[i+1:], " \t")
	}
	parts := strings.Split(date, "-")
	if len(parts) != 3 || len(parts[0]) != 4 {
		return false
	}
	for i, p := range parts {
		if !only(p, "0123456789") || p == "" || i > 0 && len(p) > 2 || i > 0 && clock == "" && len(p) != 2 {
			return false
		}
	}
	if clock == "" {
		return date == text
	}
	hms := strings.SplitN(clock, ":", 3)
	return len(hms) == 3 && only(hms[0]+hms[1], "0123456789") && hms[2] != "" && only(hms[2], "0123456789.:+-Zz \t")
}

func cutSign(text string) (sign, rest string) {
	if text != "" && (text[0] == '-' || text[0] == '+') {
		return text[:1], text[1:]
	}
	return "", text
}

// only reports whether text has no other bytes than those of set.
func only(text, set string) bool { return strings.Trim(text, set) == "" }
