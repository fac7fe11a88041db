package train

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/tiercel/tiercel/core/learner"
)

// IsolationOptions adjust FitIsolation. The zero value works.
type IsolationOptions struct {
	Info   learner.Info // ID (default "isolation"), Class, Context and Cost; the rest is filled in
	Trees  int          // default 200
	Sample int          // rows a tree; default 256
	// Groups are columns that code one thing together, such as the one-hot
	// columns of a category: a cut draws among groups and single columns alike,
	// then a column of the group. Without it a category of 70 values would be
	// drawn 70 times as often as a number.
	Groups  [][]int
	Seed    uint64
	Workers int // goroutines; default GOMAXPROCS. The result does not depend on it
}

func (o IsolationOptions) withDefaults() IsolationOptions {
	if o.Trees == 0 {
		o.Trees = 200
	}
	if o.Sample == 0 {
		o.Sample = 256
	}
	return o
}

func (o *IsolationOptions) validate(d *Data, columns []int) error {
	if err := d.Validate(); err != nil {
		return err
	}
	if err := d.checkColumns(columns); err != nil {
		return err
	}
	switch {
	case o.Trees < 1 || o.Trees > learner.MaxTrees:
		return fmt.Errorf("train: %d trees, want 1 to %d", o.Trees, learner.MaxTrees)
	case o.Sample < 2 || o.Sample > learner.GroveNodes/2:
		return fmt.Errorf("train: samples of %d rows, want 2 to %d", o.Sample, learner.GroveNodes/2)
	}
	for _, g := range o.Groups {
		for _, c := range g {
			if !slices.Contains(columns, c) {
				return fmt.Errorf("train: column %d of a group is not fitted", c)
			}
		}
	}
	return nil
}

// FitIsolation fits an isolation forest to the normal rows of d (Liu, Ting and
// Zhou, 2008). Each tree cuts a small sample at random columns and random
// places, until rows are alone or as deep as a balanced tree would be.
//
// The stored cuts share at most 255 borders a column, so that a cut takes two
// bytes: where the trees drew more, neighbours are merged.
func FitIsolation(d *Data, columns []int, o IsolationOptions) (*learner.Isolation, error) {
	o = o.withDefaults()
	if err := o.validate(d, columns); err != nil {
		return nil, err
	}
	normals := d.Normals()
	if len(normals) < 2 {
		return nil, errors.New("train: an isolation forest needs two normal rows")
	}
	o.Sample = min(o.Sample, len(normals))
	f := isolator{d: d, normals: normals, o: &o}
	for _, c := range columns {
		if !slices.ContainsFunc(o.Groups, func(g []int) bool { return slices.Contains(g, c) }) {
			f.groups = append(f.groups, []int{c})
		}
	}
	f.groups = append(f.groups, o.Groups...)
	trees := make([][]isolated, o.Trees)
	parallel(o.Trees, o.Workers, func(t int) { trees[t] = f.grow(t) })

	if len(columns) > learner.MaxTreeColumns { // few trees cut so many; what no tree cuts is free
		columns = slices.DeleteFunc(slices.Clone(columns), func(c int) bool {
			return !slices.ContainsFunc(trees, func(tree []isolated) bool {
				return slices.ContainsFunc(tree, func(n isolated) bool { return n.column == c })
			})
		})
		if len(columns) > learner.MaxTreeColumns {
			return nil, fmt.Errorf("train: cuts in %d columns, a forest takes at most %d", len(columns), learner.MaxTreeColumns)
		}
	}
	g := grove{bins: f.bin(trees, columns), trees: make([][]branch, o.Trees)}
	each := meanPath(o.Sample) * float64(o.Trees)
	for t, tree := range trees {
		for _, n := range tree {
			b := branch{under: n.under, over: n.over, value: -n.path / each}
			if n.column >= 0 {
				slot := slices.Index(columns, n.column)
				b.question = candidate{slot: slot, rank: nearest(g.bins.borders[slot], n.at)}
			}
			g.trees[t] = append(g.trees[t], b)
		}
	}
	l, err := g.learner(o.Info, "isolation")
	if err != nil {
		return nil, err
	}
	return l.(*learner.Isolation), nil
}

type isolator struct {
	d       *Data
	normals []int
	groups  [][]int
	o       *IsolationOptions
}

// isolated is a node: a cut of column at a value, or a leaf.
type isolated struct {
	column      int // -1 for a leaf
	at          float32
	under, over int
	path        float64 // of a leaf: its depth and what its rows would still need
}

// grow makes tree t.
func (f *isolator) grow(t int) []isolated {
	rng := sampler(f.o.Seed, t)
	// A partial shuffle draws without replacement.
	rows := make([]int, f.o.Sample)
	moved := map[int]int{}
	at := func(i int) int {
		if j, ok := moved[i]; ok {
			return j
		}
		return i
	}
	for k := range rows {
		j := k + rng.IntN(len(f.normals)-k)
		rows[k] = f.normals[at(j)]
		moved[j] = at(k)
	}
	limit := 0
	for n := 1; n < f.o.Sample; n *= 2 {
		limit++
	}
	tree := []isolated{{}}
	f.isolate(&tree, 0, rows, 0, limit, rng)
	return tree
}

// isolate makes node at of the tree from rows.
func (f *isolator) isolate(tree *[]isolated, at int, rows []int, depth, limit int, rng *rand.Rand) {
	column, cut, ok := 0, float32(0), false
	if len(rows) > 1 && depth < limit {
		column, cut, ok = f.cut(rows, rng)
	}
	if !ok {
		(*tree)[at] = isolated{column: -1, path: float64(depth) + meanPath(len(rows))}
		return
	}
	mid := 0
	for i, r := range rows {
		if !(f.d.X[r*f.d.D+column] >= cut) { // NaN too
			rows[i], rows[mid] = rows[mid], rows[i]
			mid++
		}
	}
	under := len(*tree)
	*tree = append(*tree, isolated{}, isolated{})
	(*tree)[at] = isolated{column: column, at: cut, under: under, over: under + 1}
	f.isolate(tree, under, rows[:mid], depth+1, limit, rng)
	f.isolate(tree, under+1, rows[mid:], depth+1, limit, rng)
}

// cut draws a group, a column of it and a place: uniformly between the least
// and the greatest value of the rows, or below the least where some rows have
// none. Groups whose columns are all constant are drawn again.
func (f *isolator) cut(rows []int, rng *rand.Rand) (column int, at float32, ok bool) {
	for _, g := range rng.Perm(len(f.groups)) {
		group := f.groups[g]
		for _, k := range rng.Perm(len(group)) {
			c := group[k]
			lo, hi, missing := math.Inf(1), math.Inf(-1), false
			for _, r := range rows {
				v := float64(f.d.X[r*f.d.D+c])
				if v != v {
					missing = true
					continue
				}
				v = math.Max(-math.MaxFloat32, math.Min(math.MaxFloat32, v))
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
			if lo < hi {
				// The place lies in (lo, hi], so that both sides have rows.
				at := float32(lo + float64((1-rng.Float64())*(hi-lo)))
				if float64(at) <= lo {
					at = float32(hi)
				}
				return c, at, true
			}
			if missing && lo == hi {
				return c, learner.NoValue, true
			}
		}
	}
	return 0, 0, false
}

// meanPath is c(n), the mean path length to a missing key in a binary search
// tree of n: 2H(n-1) - 2(n-1)/n (Liu et al., equation 1), with the harmonic
// number summed exactly.
func meanPath(n int) float64 {
	if n < 2 {
		return 0
	}
	h := 0.0
	for i := 1; i < n; i++ {
		h += 1 / float64(i)
	}
	return 2*h - 2*float64(n-1)/float64(n)
}

// bin collects the cuts of each column; more than learner.GroveBorders are
// thinned to those at even ranks, the outermost kept.
func (f *isolator) bin(trees [][]isolated, columns []int) *binned {
	b := &binned{columns: columns, borders: make([][]float32, len(columns)), typical: make([]uint8, len(columns))}
	for _, tree := range trees {
		for _, n := range tree {
			if n.column >= 0 {
				s := slices.Index(columns, n.column)
				b.borders[s] = append(b.borders[s], n.at)
			}
		}
	}
	parallel(len(columns), f.o.Workers, func(s int) {
		slices.Sort(b.borders[s])
		b.borders[s] = thin(slices.Compact(b.borders[s]), learner.GroveBorders)
		values, codes := make([]float32, len(f.normals)), make([]uint8, len(f.normals))
		for i, r := range f.normals {
			values[i] = f.d.X[r*f.d.D+columns[s]]
		}
		encode(codes, values, b.borders[s])
		b.typical[s] = medianCode(codes, make([]uint8, len(codes)))
	})
	return b
}

// thin keeps at most most of the borders, at even ranks.
func thin(borders []float32, most int) []float32 {
	if len(borders) <= most {
		return borders
	}
	kept := make([]float32, most)
	for i := range kept {
		kept[i] = borders[i*(len(borders)-1)/(most-1)]
	}
	return kept
}

// nearest returns the rank of the border nearest to v; learner.NoValue only
// for itself.
func nearest(borders []float32, v float32) uint8 {
	i, found := slices.BinarySearch(borders, v)
	switch {
	case found || i == 0:
	case i == len(borders), borders[i-1] != learner.NoValue && v-borders[i-1] < borders[i]-v:
		i--
	}
	return uint8(i + 1)
}
