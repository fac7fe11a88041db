package train

import (
	"github.com/tiercel/tiercel/core/learner"
)

// boostedDepth is the most questions that a boosted tree of ordinary shape may
// ask of a row.
const boostedDepth = 8

// FitBoosted fits gradient-boosted trees of the ordinary shape, grown best leaf
// first over up to 255 bins (Ke et al., "LightGBM", NeurIPS 2017): the offline
// challenger of FitTrees, with the same options and guarantees.
func FitBoosted(d *Data, columns []int, o TreesOptions) (*learner.Boosted, error) {
	o = o.withDefaults(boostedDepth)
	if err := o.validate(d, columns, boostedDepth); err != nil {
		return nil, err
	}
	b := newBooster(d, columns, learner.GroveBorders, &o)
	var trees [][]branch
	kept := b.run(func() valuer {
		g := ordinary{grower: b.grower, leaves: o.Leaves, depth: o.Depth}
		tree := g.grow()
		for i := range tree {
			tree[i].value *= o.Rate
		}
		trees = append(trees, tree)
		return func(codes [][]uint8, row int) float64 { return leafValue(tree, codes, row) }
	})
	g := grove{trees: trees[:kept], bins: b.bins, bias: b.bias}
	l, err := g.learner(o.Info, "boosted")
	if err != nil {
		return nil, err
	}
	return l.(*learner.Boosted), nil
}
