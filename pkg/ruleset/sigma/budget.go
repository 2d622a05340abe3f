package sigma

import (
	"github.com/rulepipe/rulepipe/pkg/document"
	"github.com/rulepipe/rulepipe/pkg/query/scan"
	"github.com/rulepipe/rulepipe/pkg/record"
)

// budget is what may still be made of rules: operators, leaves and values, and
// their bytes by scan.Weight. A few bytes of a file can ask for any number:
// modifiers expand values, templates and filters stand in many rules. It has
// 64 bits everywhere, as it goes on falling when it is spent.
type budget struct{ nodes, weight int64 }

func ruleBudget() budget { return budget{scan.MaxNodes, scan.MaxWeight} }

// fileBudget has room for all public rules in one file, several times over.
func fileBudget() budget { return budget{4 * scan.MaxNodes, 2 * scan.MaxWeight} }

// take takes something out of the budget, and reports whether it was there.
func (b *budget) take(nodes, weight int64) bool {
	b.nodes -= nodes
	b.weight -= weight
	return !b.spent()
}

func (b *budget) spent() bool { return b.nodes < 0 || b.weight < 0 }

// take takes something of the budgets of the rule and of its file.
func (r *reader) take(nodes, weight int) bool {
	own, room := r.own.take(int64(nodes), int64(weight)), r.room.take(int64(nodes), int64(weight))
	return own && room
}

// tooLarge stands for tests for which there was no room.
func (r *reader) tooLarge(n *document.Node) record.Expr {
	return r.opaque(n, "sigma/detection-too-large", "detection has more than %d tests or %d bytes of them, or all of the file too many", scan.MaxNodes, scan.MaxWeight)
}

// size returns about how many bytes the tree n has.
func size(n *document.Node) int {
	total := 16 + len(n.Text)
	for _, p := range n.Pairs {
		total += size(p.Key) + size(p.Value)
	}
	for _, item := range n.Items {
		total += size(item)
	}
	return total
}
