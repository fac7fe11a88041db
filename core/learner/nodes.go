package learner

import "strconv"

// grove holds trees of any shape over binned columns: what boosted trees,
// random forests and isolation forests have in common. The score of a row is
// bias + scale * (sum of one int16 leaf a tree).
//
// A node is one word, and both children of a node lie side by side, so a step
// is a load, a comparison and an addition, without a branch. A leaf is a node
// that leads to itself.
type grove struct {
	bins        bins
	roots       []uint32 // where each tree starts in nodes
	nodes       []node
	leaves      []int16 // of each node; 0 within a tree
	shape       []uint8 // as stored: in preorder, 0 for a leaf, else 1 + index into columns
	ranks       []uint8 // of the questions, in that order
	typical     []uint8
	scale, bias float32
}

// node is slot << 24 | rank << 16 | child: a row whose bin of slot is at least
// rank goes on to node child+1 of the tree, any other to child.
type node uint32

// Bounds of trees of any shape.
const (
	GroveBorders  = 255     // borders a column at most: bins are bytes
	GroveDepth    = 48      // questions to a leaf
	GroveNodes    = 1 << 15 // nodes of one tree
	maxGroveNodes = 1 << 22 // nodes of one learner: 16 MiB
)

// readGrove reads the numbers "trees", "nodes", "scale", "bias" and the tensors
// "shape" (U8, nodes), "ranks" (U8, questions), "leaves" (I16, in preorder),
// "counts" and "borders" (see readBins) and "typical".
func readGrove(info Info, s State) (grove, error) {
	r := stateReader{id: info.ID, s: s}
	trees := r.integer("trees", 1, MaxTrees)
	n := r.integer("nodes", trees, maxGroveNodes)
	g := grove{
		scale: float32(r.number("scale", -maxScale, maxScale)),
		bias:  float32(r.number("bias", -maxScale, maxScale)),
		bins:  readBins(&r, info.Columns, GroveBorders),
	}
	// A tree of q questions has q+1 leaves.
	questions := (n - trees) / 2
	g.shape = r.u8("shape", n)
	g.ranks = r.u8("ranks", questions)
	leaves := r.int16s("leaves", n-questions)
	g.typical = r.u8("typical", len(info.Columns))
	if err := r.done(); err != nil {
		return grove{}, err
	}
	if (n-trees)%2 != 0 || !g.plant(trees, leaves) {
		return grove{}, Error(info.ID + ": " + strconv.Itoa(n) + " nodes do not make " + strconv.Itoa(trees) + " trees")
	}
	return g, nil
}

// plant builds the nodes from their stored form, and reports whether they make
// that many whole trees that ask only for borders that are there.
func (g *grove) plant(trees int, leaves []int16) bool {
	shape, ranks := g.shape, g.ranks
	g.nodes = make([]node, 0, len(shape))
	g.leaves = make([]int16, 0, len(shape))
	type open struct{ at, depth int }
	var stack []open
	for range trees {
		root := len(g.nodes)
		g.roots = append(g.roots, uint32(root))
		g.nodes, g.leaves = append(g.nodes, 0), append(g.leaves, 0)
		stack = append(stack[:0], open{root, 0})
		for len(stack) > 0 {
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if len(shape) == 0 {
				return false
			}
			slot := int(shape[0]) - 1
			shape = shape[1:]
			if slot < 0 {
				if len(leaves) == 0 {
					return false
				}
				g.nodes[top.at] = node(uint16(top.at - root - 1)) // rank 0 is always true: child+1 is the leaf itself
				g.leaves[top.at] = leaves[0]
				leaves = leaves[1:]
				continue
			}
			child := len(g.nodes) - root
			if slot >= len(g.bins.counts) || len(ranks) == 0 || ranks[0] == 0 || ranks[0] > g.bins.counts[slot] ||
				top.depth >= GroveDepth || child+2 > GroveNodes {
				return false
			}
			g.nodes[top.at] = node(slot<<24 | int(ranks[0])<<16 | child)
			ranks = ranks[1:]
			g.nodes, g.leaves = append(g.nodes, 0, 0), append(g.leaves, 0, 0)
			stack = append(stack, open{root + child + 1, top.depth + 1}, open{root + child, top.depth + 1})
		}
	}
	return len(shape)+len(ranks)+len(leaves) == 0
}

func (g *grove) state() State {
	var leaves []int16
	for _, root := range g.roots {
		leaves = g.preorder(leaves, int(root), int(root))
	}
	return State{
		Numbers: []Number{
			{"trees", float64(len(g.roots))},
			{"nodes", float64(len(g.nodes))},
			{"scale", float64(g.scale)},
			{"bias", float64(g.bias)},
		},
		Tensors: append(g.bins.state(nil),
			Tensor{Name: "shape", Shape: []int{len(g.shape)}, U8: g.shape},
			Tensor{Name: "ranks", Shape: []int{len(g.ranks)}, U8: g.ranks},
			Tensor{Name: "leaves", Shape: []int{len(leaves)}, I16: leaves},
			Tensor{Name: "typical", Shape: []int{len(g.typical)}, U8: g.typical}),
	}
}

// preorder appends the leaves below a node in their stored order.
func (g *grove) preorder(dst []int16, root, at int) []int16 {
	child := root + int(uint16(g.nodes[at]))
	if g.nodes[at]>>16 == 0 { // rank 0: a leaf
		return append(dst, g.leaves[at])
	}
	return g.preorder(g.preorder(dst, root, child), root, child+1)
}

// score writes bias + scale * sum; a row that has none of the columns gets NaN.
func (g *grove) score(dst []float32, b *Batch) {
	var codes [(MaxTreeColumns + 1) * lanes]uint8
	var sums [lanes]int32
	for from := 0; from < b.N; from += lanes {
		n := min(lanes, b.N-from)
		g.bins.codes(&codes, b, from, n)
		clear(sums[:])
		g.sum(&sums, &codes)
		for i := range n {
			if absent(b.Row(from+i), g.bins.columns) {
				dst[from+i] = nan32
				continue
			}
			dst[from+i] = float32(g.scale*float32(sums[i])) + g.bias
		}
	}
}

// codes writes the bins of n rows: that of slot s and row i is dst[s*lanes+i].
func (g *bins) codes(dst *[(MaxTreeColumns + 1) * lanes]uint8, b *Batch, from, n int) {
	for i := range n {
		x := b.Row(from + i)
		for s, c := range g.columns {
			dst[s*lanes+i] = g.of(s, x[c])
		}
	}
}

// sum adds each tree's leaf to the sums of the rows. Eight rows go down a tree
// together, so that their loads overlap, until none moves any more.
func (g *grove) sum(sums *[lanes]int32, codes *[(MaxTreeColumns + 1) * lanes]uint8) {
	for t, root := range g.roots {
		end := len(g.nodes)
		if t+1 < len(g.roots) {
			end = int(g.roots[t+1])
		}
		nodes, leaves := g.nodes[root:end], g.leaves[root:end]
		var i0, i1, i2, i3, i4, i5, i6, i7 uint32
		for moved := uint32(1); moved != 0; {
			n0, n1, n2, n3 := nodes[i0].next(codes, 0), nodes[i1].next(codes, 1), nodes[i2].next(codes, 2), nodes[i3].next(codes, 3)
			n4, n5, n6, n7 := nodes[i4].next(codes, 4), nodes[i5].next(codes, 5), nodes[i6].next(codes, 6), nodes[i7].next(codes, 7)
			moved = (i0 ^ n0) | (i1 ^ n1) | (i2 ^ n2) | (i3 ^ n3) | (i4 ^ n4) | (i5 ^ n5) | (i6 ^ n6) | (i7 ^ n7)
			i0, i1, i2, i3, i4, i5, i6, i7 = n0, n1, n2, n3, n4, n5, n6, n7
		}
		sums[0] += int32(leaves[i0])
		sums[1] += int32(leaves[i1])
		sums[2] += int32(leaves[i2])
		sums[3] += int32(leaves[i3])
		sums[4] += int32(leaves[i4])
		sums[5] += int32(leaves[i5])
		sums[6] += int32(leaves[i6])
		sums[7] += int32(leaves[i7])
	}
}

// next returns the index of the node that lane goes to.
func (n node) next(codes *[(MaxTreeColumns + 1) * lanes]uint8, lane uint32) uint32 {
	code := uint32(codes[uint32(n>>24)*lanes+lane])
	over := ^(code - uint32(n>>16&255)) >> 31 // 1 when code >= rank
	return (uint32(n) + over) & 0xffff
}

// explain splits score - score(typical row) over the columns: see shapley.
func (g *grove) explain(dst []Part, b *Batch, row, most int) []Part {
	e := newShapley(&g.bins, b.Row(row), g.typical)
	for _, root := range g.roots {
		e.grove(g, int(root), int(root))
	}
	return e.parts(dst, g.scale, most)
}

// grove walks one tree of any shape from a node on.
func (e *shapley) grove(g *grove, root, at int) {
	n := g.nodes[at]
	if n>>16 == 0 {
		e.leaf(g.leaves[at])
		return
	}
	child := root + int(uint16(n))
	e.branch(test{uint8(n >> 24), uint8(n >> 16)}, func(over bool) {
		if over {
			e.grove(g, root, child+1)
		} else {
			e.grove(g, root, child)
		}
	})
}
