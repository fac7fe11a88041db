package train

import (
	"github.com/tiercel/tiercel/core/learner"
)

// sign returns the constraint on the question whether slot's bin is at least rank.
func (g *grower) sign(slot, rank int) float64 {
	if g.monotone == nil || g.bins.borders[slot][rank-1] == learner.NoValue {
		return 0
	}
	return float64(g.monotone[g.bins.columns[slot]])
}

// constrain makes the leaf values of a symmetric tree obey the constraints. Along
// one constrained column the leaves that differ in nothing else form a chain;
// pooling adjacent violators (Barlow et al., 1972) gives each chain the nearest
// ordered values, weighted by weights. Chains of several columns cross, so this
// is repeated, and what little is left is removed by a running maximum, which
// keeps what other columns have in order.
func (f *symmetric) constrain(t *symmetricTree, depth int, values, weights []float64) {
	columns := f.constrained(t, depth)
	for range poolRounds {
		if len(columns) == 0 {
			return
		}
		for _, c := range columns {
			c.each(len(values), func(chain []int) { pool(chain, values, weights) })
		}
		if len(columns) == 1 {
			return
		}
	}
	for _, c := range columns {
		c.each(len(values), func(chain []int) {
			for i := 1; i < len(chain); i++ {
				values[chain[i]] = max(values[chain[i]], values[chain[i-1]])
			}
		})
	}
}

// poolRounds bounds the passes over crossing chains.
const poolRounds = 8

// chained is a constrained column of a tree: the states of its levels' bits, in
// the order in which the score may only rise.
type chained struct {
	mask   int
	states []int
}

func (f *symmetric) constrained(t *symmetricTree, depth int) []chained {
	var all []chained
	done := map[int]bool{}
	for l := range depth {
		s := t.slot[l]
		if done[s] || f.sign(s, int(t.rank[l])) == 0 {
			continue
		}
		done[s] = true
		c := chained{states: []int{0}}
		// Walk the column upwards: each border that is passed sets its level's bit.
		state := 0
		for r := 1; r <= len(f.bins.borders[s]); r++ {
			if f.sign(s, r) == 0 {
				continue
			}
			for k := range depth {
				if t.slot[k] == s && int(t.rank[k]) == r {
					state |= 1 << k
					c.mask |= 1 << k
				}
			}
			if state != c.states[len(c.states)-1] {
				c.states = append(c.states, state)
			}
		}
		if f.sign(s, int(t.rank[l])) < 0 {
			for i, j := 0, len(c.states)-1; i < j; i, j = i+1, j-1 {
				c.states[i], c.states[j] = c.states[j], c.states[i]
			}
		}
		all = append(all, c)
	}
	return all
}

// each calls f with each chain of leaves.
func (c *chained) each(leaves int, f func(chain []int)) {
	chain := make([]int, len(c.states))
	for base := range leaves {
		if base&c.mask != 0 {
			continue
		}
		for i, s := range c.states {
			chain[i] = base | s
		}
		f(chain)
	}
}

// pool replaces values along a chain by the nearest non-decreasing ones.
func pool(chain []int, values, weights []float64) {
	type block struct {
		value, weight float64
		n             int
	}
	var blocks []block
	for _, l := range chain {
		blocks = append(blocks, block{values[l], weights[l], 1})
		for n := len(blocks); n > 1 && blocks[n-2].value > blocks[n-1].value; n-- {
			a, b := blocks[n-2], blocks[n-1]
			w := a.weight + b.weight
			a.value = (float64(a.value*a.weight) + float64(b.value*b.weight)) / w
			a.weight, a.n = w, a.n+b.n
			blocks = append(blocks[:n-2], a)
		}
	}
	i := 0
	for _, b := range blocks {
		for range b.n {
			values[chain[i]] = b.value
			i++
		}
	}
}
