package learner

import (
	"math/bits"
	"slices"
)

// shapley attributes f(row) - f(typical) to the columns where the two differ,
// exactly: each column gets its mean marginal contribution over all orders in
// which the typical row's values could be replaced by the row's (baseline
// Shapley values: Sundararajan and Najmi, "The many Shapley values for model
// explanation", ICML 2020, section 3). The contributions sum to the difference.
//
// In one tree only the columns on the paths count: where row and typical row
// answer a question differently, the walk goes both ways, and a leaf that is
// reached by taking a columns from the row and b from the typical row belongs
// to exactly the orders in which those a come before those b (Lundberg et al.,
// "From local explanations to global understanding", 2020, algorithm 3).
type shapley struct {
	columns      []int
	row, typical []uint8
	side         []int8 // by slot: 0 open, 1 taken from the row, 2 from the typical row
	in, out      []uint8
	weight       []float64 // by slot, in leaf units
	orders       [TreeDepth + 1][TreeDepth + 1]float64
}

func newShapley(g *bins, x []float32, typical []uint8) *shapley {
	n := len(g.columns)
	e := &shapley{
		columns: g.columns, row: make([]uint8, n), typical: typical,
		side: make([]int8, n), weight: make([]float64, n),
	}
	g.row(e.row, x)
	for a := range e.orders {
		for b := range e.orders[a] {
			e.orders[a][b] = orders(a, b)
		}
	}
	return e
}

// branch calls next with each answer to a question that some mixture of the
// two rows gives.
func (e *shapley) branch(q test, next func(over bool)) {
	over, base := e.row[q.slot] >= q.rank, e.typical[q.slot] >= q.rank
	switch {
	case over == base || e.side[q.slot] == 1:
		next(over)
	case e.side[q.slot] == 2:
		next(base)
	default:
		e.side[q.slot], e.in = 1, append(e.in, q.slot)
		next(over)
		e.in = e.in[:len(e.in)-1]
		e.side[q.slot], e.out = 2, append(e.out, q.slot)
		next(base)
		e.out = e.out[:len(e.out)-1]
		e.side[q.slot] = 0
	}
}

// leaf credits a leaf to the columns that led to it.
func (e *shapley) leaf(v int16) {
	a, b := len(e.in), len(e.out)
	for _, s := range e.in {
		e.weight[s] += float64(float64(v) * orders(a-1, b))
	}
	for _, s := range e.out {
		e.weight[s] -= float64(float64(v) * orders(a, b-1))
	}
}

// orders returns a! b! / (a+b+1)!: the share of the orders of a+b+1 columns in
// which one column comes after the a and before the b.
func orders(a, b int) float64 {
	p := 1 / float64(a+b+1)
	for i := 1; i <= b; i++ {
		p = p * float64(i) / float64(a+i)
	}
	return p
}

// symmetric credits one symmetric tree, whose leaf is where the answers to all
// its questions are bits. Of the columns that answer differently from the two
// rows every subset is taken from the row once, in the order of a Gray code.
func (e *shapley) symmetric(tests []test, leaves []int16) {
	var (
		slots, flips [TreeDepth]uint8 // columns that answer differently, and the bits that each turns
		n            int
		index        uint8 // of the leaf of the typical row, then of each mixture
	)
	for level, q := range tests {
		bit := uint8(1) << level
		fromRow, fromTypical := e.row[q.slot] >= q.rank, e.typical[q.slot] >= q.rank
		if fromTypical {
			index |= bit
		}
		if fromRow == fromTypical {
			continue
		}
		s := slices.Index(slots[:n], q.slot)
		if s < 0 {
			s, n = n, n+1
			slots[s] = q.slot
		}
		flips[s] |= bit
	}
	if n == 0 {
		return
	}
	if n == 1 {
		e.weight[slots[0]] += float64(leaves[index^flips[0]]) - float64(leaves[index])
		return
	}
	var with [TreeDepth]float64 // by column: over the subsets that hold it, what it gets there more than where it is left out
	var without float64         // over all subsets, what a column gets that is left out
	for step, set := uint(1), uint(0); ; step++ {
		a := bits.OnesCount(set)
		v := float64(leaves[index])
		out := float64(v * e.orders[a][max(n-a-1, 0)])
		more := out + float64(v*e.orders[max(a-1, 0)][n-a])
		without += out
		for rest := set; rest != 0; rest &= rest - 1 {
			with[bits.TrailingZeros(rest)] += more
		}
		if step == 1<<n {
			break
		}
		turned := bits.TrailingZeros(step)
		set ^= 1 << turned
		index ^= flips[turned]
	}
	for s := range n {
		e.weight[slots[s]] += with[s] - without
	}
}

// parts appends the contributions, largest magnitude first.
func (e *shapley) parts(dst []Part, scale float32, most int) []Part {
	first := len(dst)
	dst = slices.Grow(dst, len(e.weight))
	for s, w := range e.weight {
		if w != 0 {
			dst = append(dst, Part{Column: e.columns[s], Value: -1, Weight: float32(float64(scale) * w)})
		}
	}
	return largest(dst, first, most)
}

// largest keeps at most most of the parts from first on, sorted by magnitude, then
// column: a few of many, so that to look for one after the other is the least work.
func largest(dst []Part, first, most int) []Part {
	parts := dst[first:]
	most = min(len(parts), max(most, 0))
	for n := range most {
		best := n
		for i := n + 1; i < len(parts); i++ {
			if a, b := abs(parts[i].Weight), abs(parts[best].Weight); a > b || a == b && parts[i].Column < parts[best].Column {
				best = i
			}
		}
		parts[n], parts[best] = parts[best], parts[n]
	}
	return dst[:first+most]
}
