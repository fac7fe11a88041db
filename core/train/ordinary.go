package train

import (
	"container/heap"
	"math"

	"github.com/tiercel/tiercel/core/learner"
)

// ordinary grows trees of any shape, best leaf first: what boosted trees and
// random forests share.
type ordinary struct {
	grower
	leaves int          // most leaves of a tree
	depth  int          // most questions to a leaf
	draw   func() []int // columns of a node, where each has its own; nil takes slots
}

// branch is a node of a tree: a question, or a leaf with a value.
type branch struct {
	question    candidate // rank 0 for a leaf
	under, over int       // children
	value       float64
}

// growing is a leaf that may still be split.
type growing struct {
	at     int // its branch
	rows   span
	depth  int
	total  sum
	lo, hi float64 // where constraints hold its value
	best   candidate
	hist   []sum // by index into slots, 256 bins each; nil where nodes draw their columns
}

const ordinaryBins = learner.GroveBorders + 1

// grow fits one tree to the derivatives of the rows in order.
func (g *ordinary) grow() []branch {
	root := &growing{rows: span{0, len(g.order)}, lo: math.Inf(-1), hi: math.Inf(1)}
	root.total = g.total(root.rows)
	tree := []branch{{value: g.value(root.total)}}
	g.count(root)
	g.look(root)
	open := &frontier{root}
	for n := 1; n < g.leaves && open.Len() > 0; n++ {
		leaf := heap.Pop(open).(*growing)
		if !(leaf.best.gain > minGain) {
			break
		}
		under, over := g.divide(leaf)
		under.at, over.at = len(tree), len(tree)+1
		tree[leaf.at].question = leaf.best
		tree[leaf.at].under, tree[leaf.at].over = under.at, over.at
		tree = append(tree, branch{value: g.held(under)}, branch{value: g.held(over)})
		if under.depth < g.depth && n+1 < g.leaves {
			g.countChildren(leaf, under, over)
			g.look(under)
			g.look(over)
			heap.Push(open, under)
			heap.Push(open, over)
		}
		leaf.hist = nil
	}
	return tree
}

// held is a leaf's value within its bounds.
func (g *ordinary) held(l *growing) float64 {
	return math.Min(math.Max(g.value(l.total), l.lo), l.hi)
}

// divide splits a leaf by its best question. A constrained question also puts
// the middle of both values between the subtrees, so that nothing below can
// cross it.
func (g *ordinary) divide(l *growing) (under, over *growing) {
	mid := g.partition(l.rows, l.best)
	under = &growing{rows: span{l.rows.from, mid}, depth: l.depth + 1, lo: l.lo, hi: l.hi}
	over = &growing{rows: span{mid, l.rows.to}, depth: l.depth + 1, lo: l.lo, hi: l.hi}
	under.total = g.total(under.rows)
	over.total = l.total.minus(under.total)
	middle := (g.held(under) + g.held(over)) / 2
	switch sign := g.sign(l.best.slot, int(l.best.rank)); {
	case sign > 0:
		under.hi, over.lo = middle, middle
	case sign < 0:
		under.lo, over.hi = middle, middle
	}
	return under, over
}

// count fills a leaf's histograms from its rows.
func (g *ordinary) count(l *growing) {
	if g.draw != nil {
		return
	}
	l.hist = make([]sum, len(g.slots)*ordinaryBins)
	parallel(len(g.slots), g.workers, func(k int) {
		g.accumulate(l.hist[k*ordinaryBins:][:ordinaryBins], g.slots[k], l.rows)
	})
}

// countChildren counts the smaller child; the larger one is the difference and
// takes over the parent's memory.
func (g *ordinary) countChildren(parent, under, over *growing) {
	if g.draw != nil {
		return
	}
	small, large := under, over
	if over.rows.len() < under.rows.len() {
		small, large = over, under
	}
	g.count(small)
	large.hist = parent.hist
	for i, s := range small.hist {
		large.hist[i] = large.hist[i].minus(s)
	}
}

// look finds a leaf's best question.
func (g *ordinary) look(l *growing) {
	if g.hessian(l.total) < 2*g.least {
		return
	}
	if g.draw != nil {
		var hist [ordinaryBins]sum
		for _, s := range g.draw() {
			clear(hist[:])
			g.accumulate(hist[:], s, l.rows)
			if c := g.bestOf(l, s, hist[:]); c.gain > l.best.gain {
				l.best = c
			}
		}
		return
	}
	found := make([]candidate, len(g.slots))
	parallel(len(g.slots), g.workers, func(k int) {
		found[k] = g.bestOf(l, g.slots[k], l.hist[k*ordinaryBins:][:ordinaryBins])
	})
	for _, c := range found {
		if c.gain > l.best.gain {
			l.best = c
		}
	}
}

// bestOf finds the best question about one column.
func (g *ordinary) bestOf(l *growing, slot int, hist []sum) candidate {
	best := candidate{}
	whole := g.merit(l.total)
	var under sum
	for r := 1; r <= len(g.bins.borders[slot]); r++ {
		if hist[r-1] == (sum{}) && r > 1 {
			continue // no row lies between this border and the last: the same split
		}
		under.add(hist[r-1])
		over := l.total.minus(under)
		if g.hessian(under) < g.least {
			continue
		}
		if g.hessian(over) < g.least {
			break
		}
		if sign := g.sign(slot, r); sign != 0 {
			a := math.Min(math.Max(g.value(under), l.lo), l.hi)
			b := math.Min(math.Max(g.value(over), l.lo), l.hi)
			if sign*(b-a) < 0 {
				continue
			}
		}
		if gain := g.merit(under) + g.merit(over) - whole; gain > best.gain {
			best = candidate{gain: gain, slot: slot, rank: uint8(r)}
		}
	}
	return best
}

// leafOf returns the value that a row has in a tree.
func leafValue(tree []branch, codes [][]uint8, row int) float64 {
	at := 0
	for tree[at].question.rank > 0 {
		if q := tree[at].question; codes[q.slot][row] >= q.rank {
			at = tree[at].over
		} else {
			at = tree[at].under
		}
	}
	return tree[at].value
}

// frontier is a heap of leaves, the greatest gain first, the older among equals.
type frontier []*growing

func (f frontier) Len() int      { return len(f) }
func (f frontier) Swap(i, j int) { f[i], f[j] = f[j], f[i] }
func (f frontier) Less(i, j int) bool {
	if f[i].best.gain != f[j].best.gain {
		return f[i].best.gain > f[j].best.gain
	}
	return f[i].at < f[j].at
}
func (f *frontier) Push(x any) { *f = append(*f, x.(*growing)) }
func (f *frontier) Pop() any {
	old := *f
	last := old[len(old)-1]
	*f = old[:len(old)-1]
	return last
}

// grove is what groves are stored as.
type grove struct {
	trees [][]branch
	bins  *binned
	bias  float64
	unit  float64 // of leaves, when it is fixed; 0 takes the finest that fits
}

// learner stores trees under a type that understands learner.readGrove's state.
func (g *grove) learner(info learner.Info, kind string) (learner.Learner, error) {
	u := newUsed(g.bins)
	top, nodes := 0.0, 0
	for _, tree := range g.trees {
		nodes += len(tree)
		for _, b := range tree {
			if b.question.rank > 0 {
				u.ask(b.question.slot, b.question.rank)
			} else {
				top = math.Max(top, math.Abs(b.value))
			}
		}
	}
	p := u.prune()
	scale := float32(math.Max(top, 1e-6) / math.MaxInt16)
	if g.unit != 0 {
		scale = float32(g.unit)
	}
	var shape, ranks []uint8
	var leaves []int16
	var store func(tree []branch, at int)
	store = func(tree []branch, at int) {
		b := &tree[at]
		if b.question.rank == 0 {
			shape, leaves = append(shape, 0), append(leaves, quantise(b.value, scale))
			return
		}
		shape = append(shape, uint8(p.slot[b.question.slot]+1))
		ranks = append(ranks, p.rank[b.question.slot][b.question.rank])
		store(tree, b.under)
		store(tree, b.over)
	}
	for _, tree := range g.trees {
		store(tree, 0)
	}
	return learner.New(describe(info, kind, p.columns), learner.State{
		Numbers: []learner.Number{
			{Name: "trees", Value: float64(len(g.trees))},
			{Name: "nodes", Value: float64(nodes)},
			{Name: "scale", Value: float64(scale)},
			{Name: "bias", Value: g.bias},
		},
		Tensors: append(p.tensors(),
			learner.Tensor{Name: "shape", Shape: []int{len(shape)}, U8: shape},
			learner.Tensor{Name: "ranks", Shape: []int{len(ranks)}, U8: ranks},
			learner.Tensor{Name: "leaves", Shape: []int{len(leaves)}, I16: leaves}),
	})
}
