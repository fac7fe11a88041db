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
	// unseenCell is what a cell counts for beside the threats that were seen in it:
	// half a row (Jeffreys' prior), so that a cell of few rows costs as much as it
	// saves little.
	unseenCell = 0.5
	// fewestThreats is how many threats a type must have among the rows whose
	// scores come from folds that leave it out, to be held to the limit by itself.
	fewestThreats = 200
	// noLoss is above all shares that may be lost.
	noLoss = 2

	// Scores of tomorrow's rows are not those of training. So of the rows that are no
	// threats, but within ten times the rate, at most nearShare times the share may
	// be spared.
	nearLevels = 2 // ten times the rate
	nearShare  = 100
	// beyondRate is the level above those of Losses, for what is near the last ones.
	beyondRate = 0.3
)

// numLevels is how many rates threats are counted at.
const numLevels = len(ensemble.Losses{}) + 1

// levelRate returns the rate of a level.
func levelRate(k int) float64 {
	if k < len(ensemble.Losses{}) {
		return ensemble.LossRate(k)
	}
	return beyondRate
}

// Folded are raw scores of rows out of one kind of folds, [learner][row].
type Folded struct {
	Raw  [][]float32
	Left bool // the folds leave out types of attack: nobody who scored a row had seen its type
}

// FitSelector learns on which rows the learners that a few others cannot stand in
// for make a difference, from the scores of rows out of each kind of folds: those
// that leave out types of attack tell what the few say of types that nobody has
// seen. What sparing a cell loses is what the kind of folds loses that loses most
// of its threats by it, or the type left out that does: a limit on the whole would
// let one family pay for all others. Rows near the budget count too, for the rows
// of another site, or of a family of names unlike all of training, are scored
// higher than any like them were: see nearShare.
//
// Learners are added to those asked, the one of most gain first, as long as the
// evaluations that normal rows cost in all fall; those that the certified floor
// hears are always among them. Of truth weights and sites are not read. Nil where
// nothing is saved.
func FitSelector(t *ensemble.Tiers, truth *Truth, folds ...Folded) *ensemble.Selector {
	s := selecting{tiers: t, truth: truth, parts: folds}
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
	part := func(scores [][]float32, left bool) Folded {
		out := Folded{Left: left}
		for _, l := range spec {
			from := scores
			if left && f.specs[l].Certified { // not fitted on folds that leave types out
				from = f.outOfFold
			}
			all := slices.Clone(from[l])
			for n, i := range f.guard {
				if all[i] = raw[l][n]; left { // its types were seen
					all[i] = float32(math.NaN())
				}
			}
			out.Raw = append(out.Raw, all)
		}
		return out
	}
	folds := []Folded{part(f.outOfFold, false)}
	if f.left != nil {
		folds = append(folds, part(f.left, true))
	}
	return FitSelector(t, f.truth(), folds...)
}

// selecting is the work of FitSelector. Rows of all parts are numbered through.
type selecting struct {
	tiers *ensemble.Tiers
	truth *Truth
	parts []Folded

	logOdds []float64 // of h; NaN for rows that nobody scored
	level   []uint8   // the first whose rate is not below the row's; numLevels where all are
	typed   []int32   // the group of the row's type, behind those of the parts; -1 for none
	threats []levels  // of each group
	edge    [][]float32
	steps   [][]float32 // the step of each row, by base learner: what a Selector reads with edges 1, 2, 3...
	normals float64
}

// levels counts threats by level.
type levels [numLevels]int32

// judge computes what all tiers make of each row, and which groups of threats are
// held to a limit: those of each part, and those of each type that a part leaves
// out, where there are enough of them.
func (s *selecting) judge() {
	x := s.tiers.NewEvaluation()
	row := make([]float32, len(s.tiers.Bases))
	s.threats = make([]levels, len(s.parts))
	for p := range s.parts {
		group := map[int32]int32{}
		for i, y := range s.truth.Y {
			for b := range row {
				row[b] = s.parts[p].Raw[b][i]
			}
			s.tiers.Evaluate(x, row)
			level, of := uint8(0), int32(-1)
			for int(level) < numLevels && !(x.Rate <= levelRate(int(level))) {
				level++
			}
			if y == 1 && s.parts[p].Left && s.truth.Type != nil {
				known := false
				if of, known = group[s.truth.Type[i]]; !known {
					of = int32(len(s.threats))
					group[s.truth.Type[i]] = of
					s.threats = append(s.threats, levels{})
				}
			}
			s.logOdds, s.level, s.typed = append(s.logOdds, x.LogOdds), append(s.level, level), append(s.typed, of)
			if x.LogOdds != x.LogOdds {
				continue
			}
			if y == 0 {
				s.normals++
			}
			if int(level) < numLevels {
				s.threats[p][level]++
				if of >= 0 {
					s.threats[of][level]++
				}
			}
		}
	}
	for g := range s.threats {
		s.threats[g].add()
	}
}

// add makes each count that of all rates up to its own.
func (l *levels) add() {
	for k := 1; k < len(l); k++ {
		l[k] += l[k-1]
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
	for _, part := range s.parts {
		for _, v := range part.Raw[b] {
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
	for _, part := range s.parts {
		for _, v := range part.Raw[b] {
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
	threats []levels // by group
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
	rows := len(s.truth.Y)
	for i, z := range s.logOdds {
		if z != z {
			continue
		}
		key := stepped.Key(s.steps, i)
		c := cells[key]
		if c == nil {
			c = &tally{Cell: ensemble.Cell{Key: key}, threats: make([]levels, len(s.threats))}
			cells[key] = c
		}
		c.Rows++
		c.logOdds += z
		if s.truth.Y[i%rows] == 0 {
			c.normals++
		}
		if k := int(s.level[i]); k < numLevels {
			c.threats[i/rows][k]++
			if of := s.typed[i]; of >= 0 {
				c.threats[of][k]++
			}
		}
	}
	var kept []*tally
	for _, c := range cells {
		c.LogOdds = float32(c.logOdds / float64(c.Rows))
		seen := int32(0)
		for g := range c.threats {
			if c.threats[g].add(); g < len(s.parts) {
				seen += c.threats[g][0]
			}
		}
		if c.Rows >= ensemble.LeastKnown && float64(seen) < hopeless*float64(c.Rows) {
			kept = append(kept, c)
		}
	}
	slices.SortFunc(kept, func(a, b *tally) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Key, b.Key))
	})
	kept = kept[:min(len(kept), ensemble.MaxCells)]
	for k := range len(ensemble.Losses{}) {
		near := min(k+nearLevels, numLevels-1)
		threats := s.lose(kept, func(l *levels) int32 { return l[k] })
		for c, v := range s.lose(kept, func(l *levels) int32 { return l[near] - l[k] }) {
			c.Losses[k] = float32(min(max(threats[c], v/nearShare), noLoss))
		}
	}
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

// lose orders cells by what sparing them costs a row, and returns what each and
// those before it lose of the rows that are counted.
func (s *selecting) lose(cells []*tally, count func(*levels) int32) map[*tally]float64 {
	var groups []int
	total := make([]float64, len(s.threats))
	for g := range s.threats {
		if total[g] = float64(count(&s.threats[g])); g < len(s.parts) || total[g] >= fewestThreats {
			groups = append(groups, g)
		}
	}
	cost := func(c *tally, g int) float64 { // a share of the group
		n := float64(count(&c.threats[g]))
		if g < len(s.parts) {
			n += unseenCell
		}
		return n / total[g]
	}
	risk, out := map[*tally]float64{}, map[*tally]float64{}
	for _, c := range cells {
		for _, g := range groups {
			risk[c] = max(risk[c], cost(c, g)/float64(c.Rows))
		}
	}
	slices.SortFunc(cells, func(a, b *tally) int {
		return cmp.Or(cmp.Compare(risk[a], risk[b]), cmp.Compare(a.Key, b.Key))
	})
	lost := make([]float64, len(s.threats))
	for _, c := range cells {
		for _, g := range groups {
			lost[g] += cost(c, g)
			out[c] = max(out[c], lost[g])
		}
	}
	return out
}
