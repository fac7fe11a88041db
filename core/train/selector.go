package train

import (
	"cmp"
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/ensemble"
)

// Settings of FitSelector.
const (
	// Learners are chosen for the budget and the loss that are usual.
	selectorRate  = 1e-2
	selectorShare = 0.005

	// edgeWidth is how far apart edges are, in log-odds of a learner's calibrated
	// score and in logarithms of its rate: narrow steps make cells that few rows
	// know, wide ones cells in which threats hide.
	edgeWidth = 2.0
	// edgeOffsets are how many places of the edges are tried. Rows must not lie
	// next to one: a learner fitted again says the same a little higher or lower.
	edgeOffsets = 8

	// beyond is how far past the scores of training, in widths of their range, a
	// learner that is fitted again may go before nobody knows the row.
	beyond = 0.05

	// leastGain is how many evaluations of a normal row another learner to ask
	// must save.
	leastGain = 0.02
	// hopeless is the share of threats, at the smallest rate, from which a cell is
	// spared at no share that anyone asks for: it is not kept.
	hopeless = 0.05
)

// FitSelector learns on which rows the learners that a few others cannot stand in
// for make a difference. Each part of raw holds scores out of one kind of folds,
// [learner][row], for rows with labels y: folds that leave out types of attack
// tell what the few say of types that nobody has seen. Learners are added to
// those asked, the one of most gain first, as long as the evaluations that normal
// rows cost in all fall; those that the certified floor hears are always among
// them. Nil where nothing is saved.
func FitSelector(t *ensemble.Tiers, y []uint8, raw ...[][]float32) *ensemble.Selector {
	s := selecting{tiers: t, y: y, parts: raw}
	s.judge()
	for b := range t.Bases {
		edges := s.edges(b)
		s.edge = append(s.edge, edges)
		s.steps = append(s.steps, s.cut(b, edges))
	}
	var best *ensemble.Selector
	cost := float64(len(t.Bases))
	asked := s.heard()
	if len(asked) > ensemble.MaxAsked {
		return nil
	}
	if len(asked) > 0 {
		best, cost = s.ask(asked)
	}
	for len(asked) < ensemble.MaxAsked {
		var more *ensemble.Selector
		least := cost - leastGain
		for b := range t.Bases {
			if slices.Contains(asked, b) || len(s.edge[b]) == 0 {
				continue
			}
			if c, now := s.ask(append(slices.Clone(asked), b)); now < least {
				more, least = c, now
			}
		}
		if more == nil {
			break
		}
		best, cost, asked = more, least, more.Asked
	}
	if best == nil || cost >= float64(len(t.Bases)) || best.Check(len(t.Bases)) != nil {
		return nil
	}
	return best
}

// selector fits the selector of the tiers; raw are the scores of the guard part,
// [spec][row of it].
func (f *fitting) selector(t *ensemble.Tiers, raw [][]float32) *ensemble.Selector {
	var spec []int
	for _, b := range t.Bases {
		spec = append(spec, slices.IndexFunc(f.specs, func(s Spec) bool { return s.Info.ID == b.Learner.Info().ID }))
	}
	part := func(scores [][]float32) [][]float32 {
		var out [][]float32
		for _, l := range spec {
			all := slices.Clone(scores[l])
			if f.specs[l].Certified { // not fitted on folds that leave types out
				all = slices.Clone(f.outOfFold[l])
			}
			for n, i := range f.guard {
				all[i] = raw[l][n]
			}
			out = append(out, all)
		}
		return out
	}
	parts := [][][]float32{part(f.outOfFold)}
	if f.left != nil {
		parts = append(parts, part(f.left))
	}
	return FitSelector(t, f.data.Y, parts...)
}

// selecting is the work of FitSelector. Rows of all parts are numbered through.
type selecting struct {
	tiers *ensemble.Tiers
	y     []uint8
	parts [][][]float32

	logOdds, rate []float64 // of h; NaN for rows that nobody scored
	edge          [][]float32
	steps         [][]float32 // the step of each row, by base learner: what a Selector reads with edges 1, 2, 3...
	normals       float64
}

// judge computes what all tiers make of each row.
func (s *selecting) judge() {
	x := s.tiers.NewEvaluation()
	row := make([]float32, len(s.tiers.Bases))
	for _, raw := range s.parts {
		for i := range s.y {
			for b := range row {
				row[b] = raw[b][i]
			}
			s.tiers.Evaluate(x, row)
			s.logOdds, s.rate = append(s.logOdds, x.LogOdds), append(s.rate, x.Rate)
			if s.y[i] == 0 && x.LogOdds == x.LogOdds {
				s.normals++
			}
		}
	}
}

// heard returns the learners that the certified floor hears: they run on every
// row, so that what is certified stays so.
func (s *selecting) heard() []int {
	super := s.tiers.Super
	if super.Certified == 0 {
		return nil
	}
	var out []int
	m, _ := s.tiers.Metas[super.Certified-1].Mixer.(ensemble.Monotone)
	for b := range s.tiers.Bases {
		if m == nil || m.Reach(b) > 0 {
			out = append(out, b)
		}
	}
	return out
}

// edges returns where the raw scores of a learner are cut: where its log-odds, and
// the logarithm of its rate as far as training tells rates, have changed by
// edgeWidth, and where the scores of training end. So one set of edges suits learners that know attacks and learners
// that know only what is normal.
func (s *selecting) edges(b int) []float32 {
	var values []float32
	for _, raw := range s.parts {
		for _, v := range raw[b] {
			if v-v == 0 {
				values = append(values, v)
			}
		}
	}
	slices.Sort(values)
	base := &s.tiers.Bases[b]
	edges := cuts(values, base.Calibration.LogOdds)
	if base.Tail != nil {
		least := -math.Log(float64(max(len(values), 1)))
		edges = append(edges, cuts(values, func(raw float64) float64 { return -max(base.Tail.LogOf(raw), least) })...)
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	edges = edges[:min(len(edges), ensemble.MaxEdges-2)]
	if len(edges) == 0 {
		return nil
	}
	least, most := values[0], values[len(values)-1]
	room := (most - least) * beyond
	return append(append([]float32{least - room}, edges...), most+room)
}

// cuts returns edges between values, which are sorted, where of has passed
// another multiple of edgeWidth, counted from the offset that has the fewest
// values near an edge.
func cuts(values []float32, of func(raw float64) float64) []float32 {
	at := make([]float64, len(values))
	var near [edgeOffsets]int
	for i, v := range values {
		at[i] = of(float64(v)) / edgeWidth
		near[int((at[i]-math.Floor(at[i]))*edgeOffsets)%edgeOffsets]++
	}
	best := 0
	crowd := func(o int) int { return near[o] + near[(o+edgeOffsets-1)%edgeOffsets] } // on both sides
	for o := range near {
		if crowd(o) < crowd(best) {
			best = o
		}
	}
	offset := float64(best) / edgeOffsets
	var edges []float32
	for i := 1; i < len(values); i++ {
		if math.Floor(at[i]-offset) > math.Floor(at[i-1]-offset) && values[i] > values[i-1] {
			e := values[i-1] + (values[i]-values[i-1])/2
			if e <= values[i-1] {
				e = values[i]
			}
			edges = append(edges, e)
		}
	}
	return edges
}

// cut returns the step of every row: of scores cut by those edges.
func (s *selecting) cut(b int, edges []float32) []float32 {
	var steps []float32
	for _, raw := range s.parts {
		for _, v := range raw[b] {
			if v != v {
				steps = append(steps, v)
				continue
			}
			k, found := slices.BinarySearch(edges, v)
			if found {
				k++
			}
			steps = append(steps, float32(k))
		}
	}
	return steps
}

// tally is a cell in the making.
type tally struct {
	ensemble.Cell
	normals float64
	logOdds float64 // sum
}

// ask returns the selector that asks those learners, and how many learners it
// runs on a normal row, on average.
func (s *selecting) ask(asked []int) (*ensemble.Selector, float64) {
	out := &ensemble.Selector{Asked: asked}
	stepped := &ensemble.Selector{Asked: asked} // reads s.steps
	for _, b := range asked {
		if len(s.edge[b]) == 0 { // says the same of all rows
			return nil, math.Inf(1)
		}
		out.Edges = append(out.Edges, s.edge[b])
		edges := make([]float32, len(s.edge[b]))
		for k := range edges {
			edges[k] = float32(k + 1)
		}
		stepped.Edges = append(stepped.Edges, edges)
	}
	cells := map[uint32]*tally{}
	for i, z := range s.logOdds {
		if z != z {
			continue
		}
		key := stepped.Key(s.steps, i)
		c := cells[key]
		if c == nil {
			c = &tally{Cell: ensemble.Cell{Key: key}}
			cells[key] = c
		}
		c.Rows++
		c.Hits.Count(s.rate[i])
		out.Total.Count(s.rate[i])
		c.logOdds += z
		if s.y[i%len(s.y)] == 0 {
			c.normals++
		}
	}
	var kept []*tally
	for _, c := range cells {
		c.LogOdds = float32(c.logOdds / float64(c.Rows))
		if c.Rows >= ensemble.LeastKnown && float64(c.Hits[0]) < hopeless*float64(c.Rows) {
			kept = append(kept, c)
		}
	}
	slices.SortFunc(kept, func(a, b *tally) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Key, b.Key))
	})
	kept = kept[:min(len(kept), ensemble.MaxCells)]
	slices.SortFunc(kept, func(a, b *tally) int { return cmp.Compare(a.Key, b.Key) })
	spared := 0.0
	for _, c := range kept {
		out.Cells = append(out.Cells, c.Cell)
	}
	if plan := out.Plan(selectorRate, selectorShare); plan != nil {
		for _, c := range kept {
			if plan.Has(c.Key) {
				spared += c.normals
			}
		}
	}
	n, all := float64(len(asked)), float64(len(s.tiers.Bases))
	return out, all - (all-n)*spared/max(s.normals, 1)
}
