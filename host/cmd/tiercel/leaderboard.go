package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/tiercel/tiercel/core/train"
)

// board is the leaderboard of a training: each part of the tiers, what it is
// worth on the guard part, its weight and what it costs.
type board struct {
	Rows  int      `json:"guard_rows"`
	Parts []placed `json:"leaderboard"`
}

// placed is one line of a leaderboard.
type placed struct {
	Tier     string `json:"tier"` // base, meta or super
	Name     string `json:"name"`
	Weight   number `json:"weight"`
	AUROC    number `json:"auroc"`
	Recall1  number `json:"recall_at_fpr_0.01"`
	Recall01 number `json:"recall_at_fpr_0.001"`
	Cost     number `json:"ns_per_event"` // on one core of this machine
}

// boardOf lists how each part of the tiers did on the guard part.
func boardOf(f *train.Fitted, c *train.Costs, rows int) *board {
	b := &board{Rows: rows}
	add := func(tier string, lines []train.Line, costs []float64) {
		for i, l := range lines {
			cost := math.NaN()
			if i < len(costs) {
				cost = costs[i]
			}
			b.Parts = append(b.Parts, placed{
				tier, l.Name, number(l.Weight), number(l.Metrics.AUROC), number(l.Metrics.R1), number(l.Metrics.R01), number(cost),
			})
		}
	}
	add("base", f.Learner, c.Learner)
	add("meta", f.Meta, c.Meta)
	add("super", []train.Line{f.Super}, []float64{c.Super})
	return b
}

// longestName keeps a line of the leaderboard within 80 columns.
const longestName = 24

// text writes the board for people.
func (b *board) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "on the guard part, %d rows that no lower tier saw (ns: an event on one core):\n", b.Rows)
	fmt.Fprintf(&out, "%-*s %7s %7s %7s %7s %8s\n", longestName, "", "weight", "auroc", "r at 1%", "at 0.1%", "ns")
	for _, p := range b.Parts {
		name := []rune(p.Tier + " " + p.Name)
		if len(name) > longestName {
			name = append(name[:longestName-1], '…')
		}
		cost := "-"
		if p.Cost == p.Cost {
			cost = fmt.Sprintf("%.0f", p.Cost)
		}
		fmt.Fprintf(&out, "%-*s %7.3f %7.4f %7.3f %7.3f %8s\n", longestName, string(name), p.Weight, p.AUROC, p.Recall1, p.Recall01, cost)
	}
	return strings.TrimSuffix(out.String(), "\n")
}
