package record

import (
	"strings"
	"testing"

	"github.com/goccy/go-json"
)

// FuzzNormal holds the encoder written by hand to what the general one writes.
func FuzzNormal(f *testing.F) {
	f.Add("Image", "\\net.exe", "part \"1\" <&>", true, 3)
	f.Add("", "", "", false, 0)
	f.Add("\x00\x1f\x7f\u2028é\xff", "a\tb\nc", "\U0001f600", true, -1)
	f.Fuzz(func(t *testing.T, a, b, c string, on bool, n int) {
		normal := Normal{
			Predicates: []Predicate{
				{Field: a, Op: b, Value: c, Role: a, Part: n, Cased: on, Raw: &Raw{Value: a}},
				{Op: OpEq, Role: c, Flags: a, Unit: b, Ref: c, Expr: a, Fields: []string{b, c}, Raw: &Raw{b, c, a}, Relation: b, Code: c, Unmapped: true, Branch: a},
			},
			Events:    []Event{{Provider: a, ID: b, Title: c, Via: a}, {}},
			Attack:    []Attack{{ID: a, Name: b, Tactics: strings.Fields(c), Tagged: b}, {}},
			Platforms: strings.Fields(a),
		}
		if on {
			normal.Events, normal.Predicates[0].Raw = nil, nil
		}
		want, err := json.MarshalWithOption(&normal, json.DisableHTMLEscape())
		if err != nil {
			t.Fatal(err)
		}
		if got := string(normal.appendMembers([]byte{'{'}, 1)) + "}"; got != string(want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}
