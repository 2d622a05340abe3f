package scan

import "github.com/rulepipe/rulepipe/pkg/record"

// CompareOp returns the operator of a record that a comparison sign means.
// Every other way to write equality (=, ==) is eq.
func CompareOp(sign string) string {
	switch sign {
	case "!=":
		return record.OpNe
	case "<":
		return record.OpLt
	case "<=":
		return record.OpLte
	case ">":
		return record.OpGt
	case ">=":
		return record.OpGte
	}
	return record.OpEq
}

// Mirror returns the comparison sign that means the same when both sides
// change places.
func Mirror(sign string) string {
	switch sign {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return sign
}
