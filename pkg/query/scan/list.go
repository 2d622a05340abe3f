package scan

import (
	"net/netip"
	"slices"
	"unicode/utf8"

	"github.com/rulepipe/rulepipe/pkg/record"
)

// List joins what the values of one list mean, `field:(a or b* or not c)`: by
// and if all is set, else by or. Plain values that came out with one operator
// make one leaf with several values, which stands where the first of them
// stood; with all, that leaf says so. Everything else stays a child of its
// own. Leaves of other fields are not the list's and are left alone; so is
// everything if there is no field, because free text has no lists.
func List(all bool, field string, xs ...record.Expr) record.Expr {
	if all {
		joined := And(xs...)
		return unlist(joined, record.Expr{And: gather(all, field, joined.And)})
	}
	joined := Or(xs...)
	return unlist(joined, record.Expr{Or: gather(all, field, joined.Or)})
}

// unlist unwraps grouped if one child is left. If there was nothing to group,
// because joined is of another kind, it stays as it is.
func unlist(joined, grouped record.Expr) record.Expr {
	switch kids := max(len(grouped.And), len(grouped.Or)); {
	case kids == 0:
		return joined
	case kids > 1:
		return grouped
	case grouped.And != nil:
		return grouped.And[0]
	}
	return grouped.Or[0]
}

// gather groups in place: And and Or have made a list of their own.
func gather(all bool, field string, xs []record.Expr) []record.Expr {
	out := xs[:0]
	var first []int // where the leaf of each operator stands in out: a handful
next:
	for _, x := range xs {
		if !plain(all, field, x) {
			out = append(out, x)
			continue
		}
		for _, at := range first {
			if leaf := &out[at]; leaf.Op == x.Op && leaf.As == x.As {
				leaf.Values = append(leaf.Values, x.Values...)
				leaf.All = all && len(leaf.Values) > 1
				continue next
			}
		}
		first = append(first, len(out))
		out = append(out, x)
	}
	return out
}

// plain reports whether the values of x can stand in one leaf with others.
func plain(all bool, field string, x record.Expr) bool {
	if field == "" || x.Field != field || x.Op == record.OpOpaque {
		return false
	}
	return len(x.Values) <= 1 || x.All == all
}

// IsNetwork reports whether a value is a network in CIDR notation, IPv4 or
// IPv6, which Elasticsearch takes as one where the field holds addresses.
func IsNetwork(value string) bool {
	_, err := netip.ParsePrefix(value)
	return err == nil
}

// InvalidUTF8 returns the offset of the first byte of text that is no UTF-8,
// or -1.
func InvalidUTF8(text string) int {
	if utf8.ValidString(text) {
		return -1
	}
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// Distinct drops from a list, in place, what stood in it before.
func Distinct(list []string) []string {
	if len(list) < 2 {
		return list
	}
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(list, func(s string) bool {
		again := seen[s]
		seen[s] = true
		return again
	})
}
