package splunk

import (
	"math"
	"strconv"
	"strings"

	"github.com/rulepipe/rulepipe/pkg/document"
)

// level is the severity of the detection, where it says one, and else the word
// that Splunk's contentctl has for its risk score.
func (r *reader) level() string {
	if n := r.get("severity"); n != nil {
		return r.severity(n)
	}
	objects := items(r.rule.Get("rba").Get("risk_objects"))
	objects = append(objects, items(r.rule.Get("intermediate_findings").Get("entities"))...)
	objects = append(objects, r.rule.Get("finding").Get("entity"))
	score, bad := highest(objects)
	if score < 0 && bad == nil {
		score, bad = highest([]*document.Node{r.rule, r.rule.Get("tags"), product(r.rule.Get("tags"))})
	}
	if bad != nil {
		r.bad(bad, "splunk/risk-score", "unexpected risk score %q, expected a number from 0 to 100", bad.Text)
	}
	return riskWord(score)
}

// product stands in for the risk score of files that leave it to be computed:
// confidence times impact, in percent.
func product(tags *document.Node) *document.Node {
	confidence, ok := number(tags.Get("confidence"))
	impact, too := number(tags.Get("impact"))
	if !ok || !too || tags.Get("risk_score") != nil {
		return nil
	}
	value := &document.Node{Kind: document.Float, Text: strconv.FormatFloat(confidence*impact/100, 'f', 0, 64)}
	key := &document.Node{Kind: document.Str, Text: "risk_score"}
	return &document.Node{Kind: document.Map, Pairs: []document.Pair{{Key: key, Value: value}}}
}

// savedLevel is the severity of the notable event that a saved search makes,
// or the word for the highest risk score that it gives.
func (r *reader) savedLevel() string {
	if n := r.rule.Get("action.notable.param.severity"); n != nil {
		return r.severity(n)
	}
	n := r.rule.Get("action.risk.param._risk")
	score, bad := highest(items(r.object(n)))
	if bad != nil {
		r.bad(n, "splunk/risk-score", "unexpected risk score %q, expected a number from 0 to 100", bad.Text)
	}
	return riskWord(score)
}

// severity reads a level by its name.
func (r *reader) severity(n *document.Node) string {
	switch word := strings.ToLower(r.scalar(n, "severity")); word {
	case "informational", "low", "medium", "high", "critical":
		return word
	case "info":
		return "informational"
	case "", "unknown":
		return ""
	default:
		r.bad(n, "splunk/severity", "unknown severity %q, expected informational, low, medium, high or critical", word)
		return ""
	}
}

// highest returns the highest score of objects, or -1, and the first one that
// is none.
func highest(objects []*document.Node) (score float64, bad *document.Node) {
	score = -1
	for _, o := range objects {
		n := o.Get("score")
		if n == nil {
			n = o.Get("risk_score")
		}
		if n == nil {
			continue
		}
		v, ok := number(n)
		switch {
		case !ok || v < 0 || v > 100:
			if bad == nil {
				bad = n
			}
		case v > score:
			score = v
		}
	}
	return score, bad
}

// number returns the number in n. Nothing that compares like a number and is
// none passes.
func number(n *document.Node) (float64, bool) {
	if n == nil {
		return 0, false
	}
	v, err := strconv.ParseFloat(n.Text, 64)
	return v, err == nil && !math.IsNaN(v)
}

// riskWord returns the level of a risk score by the table of contentctl: five
// steps of twenty.
func riskWord(score float64) string {
	switch {
	case score < 0:
		return ""
	case score <= 20:
		return "informational"
	case score <= 40:
		return "low"
	case score <= 60:
		return "medium"
	case score <= 80:
		return "high"
	}
	return "critical"
}
