package ruleset

import (
	"fmt"

	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// maxLevels bounds how deep the tree of a record nests. jq 1.6 gives up at the
// first line with more than 256 levels, of which a level of the tree is three
// (object, name and array): one such rule would cost all that come behind it.
// Real trees are 9 deep.
const maxLevels = 80

// bound puts an opaque leaf in the place of each tree of the rule that is too
// deep, and says so in its errors.
func bound(rule *record.Rule) {
	cut := false
	for i := range rule.Parts {
		cut = boundPart(&rule.Parts[i], rule.Query) || cut
	}
	if rule.Until != nil {
		cut = boundPart(rule.Until, rule.Query) || cut
	}
	if !cut {
		return
	}
	rule.Coverage = scan.Coverage(rule.Parts)
	rule.Errors = append(rule.Errors, record.Diagnostic{
		Code: codeDeep, Message: fmt.Sprintf("condition nests more than %d levels", maxLevels), Line: rule.Line, Col: 1,
	})
}

const codeDeep = "record/too-deep"

func boundPart(p *record.Part, query string) (cut bool) {
	for _, x := range []*record.Expr{p.Where, p.Having} {
		if x != nil && scan.Levels(x) > maxLevels {
			*x = scan.Opaque(codeDeep, query)
			cut = true
		}
	}
	return cut
}
