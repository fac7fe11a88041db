package train

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/portable"
)

// IsolationOptions adjust FitIsolation. The zero value works.
type IsolationOptions struct {
	Info   learner.Info // ID (default "isolation"), Class, Context and Cost; the rest is filled in
	Trees  int          // default 100
	Sample int          // rows a tree; default 1024
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
		o.Trees = 100
	}
	if o.Sample == 0 {
		o.Sample = 1024
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
// Every other tree draws its cuts on a logarithmic scale: counts and bytes
// stretch over many decades, and a cut that is uniform between least and
// greatest nearly always falls among the outliers. Means of six seeds, AUROC /
// recall at 1 % false alarms, NSL-KDD and UNSW-NB15: uniform, samples of 256
// .940/.572, .731/.136; of 1024 .939/.571, .748/.179; logarithmic, 1024
// .948/.558, .789/.135; by turns, 1024 .944/.560, .770/.175.
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
	tree := isolatedTree{isolator: f, rng: rng, limit: limit, log: t%2 == 1}
	tree.nodes = append(tree.nodes, isolated{})
	tree.isolate(0, rows, 0)
	return tree.nodes
}

// isolatedTree is a tree that grows.
type isolatedTree struct {
	*isolator
	rng   *rand.Rand
	limit int  // depth
	log   bool // cuts on a logarithmic scale
	nodes []isolated
}

// isolate makes node at from rows.
func (t *isolatedTree) isolate(at int, rows []int, depth int) {
	column, cut, ok := 0, float32(0), false
	if len(rows) > 1 && depth < t.limit {
		column, cut, ok = t.cut(rows)
	}
	if !ok {
		t.nodes[at] = isolated{column: -1, path: float64(depth) + meanPath(len(rows))}
		return
	}
	mid := 0
	for i, r := range rows {
		if !(t.d.X[r*t.d.D+column] >= cut) { // NaN too
			rows[i], rows[mid] = rows[mid], rows[i]
			mid++
		}
	}
	under := len(t.nodes)
	t.nodes = append(t.nodes, isolated{}, isolated{})
	t.nodes[at] = isolated{column: column, at: cut, under: under, over: under + 1}
	t.isolate(under, rows[:mid], depth+1)
	t.isolate(under+1, rows[mid:], depth+1)
}

// cut draws a group, a column of it and a place: uniformly between the least
// and the greatest value of the rows, or below the least where some rows have
// none. Groups whose columns are all constant are drawn again.
func (t *isolatedTree) cut(rows []int) (column int, at float32, ok bool) {
	for _, g := range t.rng.Perm(len(t.groups)) {
		group := t.groups[g]
		for _, k := range t.rng.Perm(len(group)) {
			c := group[k]
			lo, hi, missing := math.Inf(1), math.Inf(-1), false
			for _, r := range rows {
				v := float64(t.d.X[r*t.d.D+c])
				if v != v {
					missing = true
					continue
				}
				v = math.Max(-math.MaxFloat32, math.Min(math.MaxFloat32, v))
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
			if lo < hi {
				return c, t.place(lo, hi), true
			}
			if missing && lo == hi {
				return c, learner.NoValue, true
			}
		}
	}
	return 0, 0, false
}

// place draws from (lo, hi], so that both sides have rows.
func (t *isolatedTree) place(lo, hi float64) float32 {
	share := 1 - t.rng.Float64()
	v := lo + float64(share*(hi-lo))
	if t.log {
		a, z := asinh(lo), asinh(hi)
		v = sinh(a + float64(share*(z-a)))
	}
	if at := float32(math.Min(v, hi)); float64(at) > lo {
		return at
	}
	return float32(hi)
}

// asinh is the logarithmic scale: linear near 0, odd, log(2x) for large x.
func asinh(x float64) float64 {
	return math.Copysign(portable.Log(math.Abs(x)+math.Sqrt(float64(x*x)+1)), x)
}

func sinh(y float64) float64 { return (portable.Exp(y) - portable.Exp(-y)) / 2 }

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
