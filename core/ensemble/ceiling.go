package ensemble

import (
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/portable"
)

// Ceiling bounds h from above by the scores of a few base learners, fast: it
// decides most rows where all that is asked is whether the rate is at most some
// rate, and the other learners need not run on them.
//
// All tiers are monotone, so h of a row is at most h of scores that are rounded
// up to a step, with the highest that there is in the place of learners not yet
// run, abstaining ones included. What each step adds to each meta-learner is a
// table. A ceiling never decides wrongly; which learners it asks and how fine
// its steps are changes only how many rows it leaves undecided.
//
// It belongs to one goroutine.
type Ceiling struct {
	Asked uint64 // bit i: base learner i is asked

	bases []stair // of the learners asked
	metas []topping
	bar   bar

	rest      []float64 // of the metas, side by side
	strongest []bool

	sums []float64 // scratch: raw scores of the metas
	g    []float64
}

// How finely scores of base learners and of mixers are rounded up. Mixers need
// the finer steps, a fortieth of a log-odds for the default models: their tables
// have no splits.
const (
	baseSteps = 1 << 7
	metaSteps = 1 << 10
)

// grid cuts the numbers from lo on into n steps.
type grid struct {
	lo, width, inv float64
	n              int
}

func newGrid(lo, hi float64, n int) grid {
	width := (hi - lo) / float64(n)
	if !(width > 0) || math.IsInf(width, 0) {
		width = 1
	}
	return grid{lo, width, 1 / width, n}
}

// step returns the step of v: n for what lies above all and for NaN.
func (g *grid) step(v float64) int {
	x := (v - g.lo) * g.inv
	switch {
	case x < 0:
		return 0
	case x < float64(g.n):
		return int(x)
	}
	return g.n
}

// end returns a number that no number of step k exceeds, rounding included.
func (g *grid) end(k int) float64 { return g.lo + float64((float64(k)+1+1e-6)*g.width) }

// stair is what each step of one learner's raw score adds to each meta. Scores
// up to the split of a step are rounded up to the split, others to the end of
// the step. Splits are the scores that rows have most often: many learners say
// the same of all ordinary rows, and right above that nothing is ordinary.
type stair struct {
	base   int
	grid   grid
	splits []float32 // one a step
	adds   []float64 // two a step, below and above the split, and one for what lies above all; times metas
}

// at returns which row of adds a raw score has.
func (s *stair) at(raw float32) int {
	k := s.grid.step(float64(raw))
	if k < len(s.splits) && raw > s.splits[k] {
		return 2*k + 1
	}
	return 2 * k
}

// topping is the way from the sum of the additions to g, rounded up.
type topping struct {
	strongest bool    // additions do not add up, the largest counts
	open      bool    // the mixer is not known: g may be 1
	rest      float64 // bias, and what the learners not asked add at most
	grid      grid
	g         []float64 // one a step, unknown until a row has that step, and 1 above all
	p         *Calibration
}

// unknown stands for a g that was not yet needed: few rows differ so much that
// all steps of a table are.
const unknown = -1

// know fills step k of the table.
func (t *topping) know(k int) float64 {
	t.g[k] = t.p.P(t.grid.end(k))
	return t.g[k]
}

// CeilingOf returns the ceiling that makes rows like these cheapest where a
// verdict has to say whether its rate is at most rate, where something above the
// tiers may raise the log-odds by up to margin. raw holds one slice a
// base learner, rows the indices of the rows to look at, cost the nanoseconds
// that each learner takes for a row. Nil when none saves anything.
//
// Learners are left out one by one, the dearest first, where that lowers the
// expected cost: that of the learners asked, and of the others for the rows
// left undecided. It allocates; its work is a few milliseconds.
func (t *Tiers) CeilingOf(raw [][]float32, rows []int, cost []float64, rate, margin float64) *Ceiling {
	if len(rows) == 0 {
		return nil
	}
	f := fitting{tiers: t, e: t.NewEvaluation(), limit: t.Super.Threshold(rate) - margin - slack}
	var all float64
	order := make([]int, len(t.Bases))
	for b := range t.Bases {
		f.stairs = append(f.stairs, f.stair(b, raw[b], rows))
		order[b] = b
		all += cost[b]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case cost[a] > cost[b]:
			return -1
		case cost[a] < cost[b]:
			return 1
		}
		return 0
	})
	// expected returns what a row costs, or no less than most: it looks at no
	// more rows than it takes to know.
	expected := func(c *Ceiling, most float64) float64 {
		var asked float64
		for b := range t.Bases {
			asked += float64(cost[b] * float64(c.Asked>>b&1))
		}
		x := asked
		each := (all - asked + evaluation) / float64(len(rows))
		for i := 0; i < len(rows) && x < most; i++ {
			if !c.Below(raw, rows[i]) {
				x += each
			}
		}
		return x
	}
	best := f.ceiling(math.MaxUint64)
	least := expected(best, math.Inf(1))
	for _, b := range order {
		c := f.ceiling(best.Asked &^ (1 << b))
		if x := expected(c, least); c.Asked != 0 && x < least {
			best, least = c, x
		}
	}
	if least >= all+evaluation {
		return nil
	}
	return best
}

// Below reports whether row i of the raw scores, one slice a base learner, has
// a rate above the one that the ceiling was made for, whatever the learners not
// asked would say; their slices are not read. A row on which all learners asked
// abstain is never below: it may have no score at all.
func (c *Ceiling) Below(raw [][]float32, i int) bool {
	n := len(c.metas)
	sums, strongest, g := c.sums[:n], c.strongest[:n], c.g[:n] // of one length, which is checked once
	copy(sums, c.rest)
	known := false
	for s := range c.bases {
		stair := &c.bases[s]
		v := raw[stair.base][i]
		known = known || v == v
		adds := stair.adds[stair.at(v)*n:][:n]
		for j := range n {
			switch a := adds[j]; {
			case !strongest[j]:
				sums[j] += a
			case a > sums[j]: // no number here is NaN; max is a call in WebAssembly
				sums[j] = a
			}
		}
	}
	for j := range n {
		m := &c.metas[j]
		if m.open {
			g[j] = 1
			continue
		}
		k := m.grid.step(sums[j] + slack)
		if g[j] = m.g[k]; g[j] == unknown {
			g[j] = m.know(k)
		}
	}
	return known && c.bar.below(g)
}

// Undecided returns the share of those rows that the ceiling leaves undecided.
func (c *Ceiling) Undecided(raw [][]float32, rows []int) float64 {
	n := 0
	for _, i := range rows {
		if !c.Below(raw, i) {
			n++
		}
	}
	return float64(n) / float64(len(rows))
}

// evaluation is what Evaluate takes for a row, in nanoseconds.
const evaluation = 1000

// fitting is the work of CeilingOf.
type fitting struct {
	tiers  *Tiers
	e      *Evaluation
	limit  float64
	stairs []stair // of all base learners
}

// stair makes the table of a base learner, over the range of its scores in those
// rows and of its calibration.
func (f *fitting) stair(b int, raw []float32, rows []int) stair {
	base := &f.tiers.Bases[b]
	lo, hi := base.Calibration.X[0], base.Calibration.X[len(base.Calibration.X)-1]
	for _, i := range rows {
		if v := float64(raw[i]); v-v == 0 {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	s := stair{base: b, grid: newGrid(lo, hi, baseSteps), splits: make([]float32, baseSteps)}
	for k := range s.splits {
		s.splits[k] = roundUp(s.grid.end(k))
	}
	s.split(raw, rows)
	add := func() {
		for _, m := range f.tiers.Metas {
			s.adds = append(s.adds, addition(m.Mixer, &f.e.Scores, b))
		}
	}
	for k, split := range s.splits {
		base.calibrate(&f.e.Scores, b, split)
		add()
		base.calibrate(&f.e.Scores, b, roundUp(s.grid.end(k)))
		add()
	}
	f.e.Scores.setExtreme(b, true)
	add()
	return s
}

// split sets the splits of the steps that the rows' scores lie in.
func (s *stair) split(raw []float32, rows []int) {
	scores := make([]float32, 0, len(rows))
	for _, i := range rows {
		if raw[i] == raw[i] {
			scores = append(scores, raw[i])
		}
	}
	slices.Sort(scores)
	most := make([]int, len(s.splits)) // how many rows have the split of a step
	for n := 0; n < len(scores); {
		from := n
		for n < len(scores) && scores[n] == scores[from] {
			n++
		}
		if k := s.grid.step(float64(scores[from])); k < len(most) && n-from >= most[k] {
			most[k], s.splits[k] = n-from, scores[from]
		}
	}
}

// roundUp returns a float32 that is not below v.
func roundUp(v float64) float32 {
	f := float32(v)
	if float64(f) < v {
		f = math.Nextafter32(f, float32(math.Inf(1)))
	}
	return f
}

// addition returns what score b adds to the raw score of a mixer, at most.
func addition(mixer Mixer, s *Scores, b int) float64 {
	switch m := mixer.(type) {
	case *Mean:
		if m.alpha[b] == 0 {
			return 0
		}
		return m.alpha[b] * m.scale.of(s, b)
	case *MinP:
		if m.weights[b] == 0 {
			return 0
		}
		return evidence.of(s, b)
	}
	return 0
}

// ceiling returns the ceiling that asks those learners.
func (f *fitting) ceiling(asked uint64) *Ceiling {
	t := f.tiers
	n := len(t.Metas)
	c := &Ceiling{bar: t.Super.bar(f.limit, n), sums: make([]float64, n), g: make([]float64, n)}
	for j, m := range t.Metas {
		top := topping{}
		switch mixer := m.Mixer.(type) {
		case *Mean:
			top.rest = mixer.bias
		case *MinP:
			top.strongest = true
		default:
			top.open = true
		}
		lo, hi := top.rest, top.rest
		for b := range t.Bases {
			adds := func(k int) float64 { return f.stairs[b].adds[k*n+j] }
			least, most := adds(0), adds(2*baseSteps)
			if asked>>b&1 == 0 {
				least = most
				top.rest = top.join(top.rest, most)
			}
			lo, hi = top.join(lo, least), top.join(hi, most)
		}
		top.p = m.Calibration
		top.tabulate(lo, hi)
		c.metas = append(c.metas, top)
		c.rest = append(c.rest, top.rest)
		c.strongest = append(c.strongest, top.strongest)
	}
	for b := range t.Bases {
		if asked>>b&1 == 1 {
			c.Asked |= 1 << b
			c.bases = append(c.bases, f.stairs[b])
		}
	}
	return c
}

// join returns the raw score of a mixer with one more addition.
func (t *topping) join(sum, add float64) float64 {
	if t.strongest {
		return max(sum, add)
	}
	return sum + add
}

// tabulate makes the table of g for raw scores from lo to hi.
func (t *topping) tabulate(lo, hi float64) {
	t.grid = newGrid(lo, hi, metaSteps)
	t.g = make([]float64, metaSteps+1)
	for k := range metaSteps {
		t.g[k] = unknown
	}
	t.g[metaSteps] = 1
}

// bar is where the metas' g make a super-learner reach some log-odds: as
// LogOdds tells, but without its logarithms.
type bar struct {
	beta    []float64
	mixture float64 // sum_j beta_j g_j stays below it
	floors  [2]int  // 1 + indices of metas, 0 for none
	floor   float64 // their g stay below it
}

// bar returns the bar of log-odds limit for n metas that all say something.
// Where the novelty ranks what lies above Certain it is no higher than that.
func (s *SuperLearner) bar(limit float64, n int) bar {
	b := bar{beta: make([]float64, n), floors: s.floors()}
	var weight float64
	for j := range b.beta {
		b.beta[j] = max(s.Beta[j], 0)
		weight += b.beta[j]
	}
	if weight == 0 {
		for j := range b.beta {
			b.beta[j] = 1
		}
		weight = float64(n)
	}
	b.floor = reaches(limit, portable.Logit)
	if s.Novelty > 0 {
		limit = min(limit, s.Certain)
	}
	b.mixture = reaches(limit, s.calibrated) * weight * (1 - 1e-12)
	return b
}

// below reports whether g stays below the bar.
func (b *bar) below(g []float64) bool {
	var sum float64
	for j, beta := range b.beta {
		sum += float64(beta * g[j])
	}
	for _, f := range b.floors {
		if f > 0 && g[f-1] >= b.floor {
			return false
		}
	}
	return sum < b.mixture
}

// reaches returns where in [0,1] a function that never falls reaches limit, no
// later than it does: 0 where it is there from the start, 2 where it never is.
func reaches(limit float64, f func(float64) float64) float64 {
	lo, hi := 0.0, 1.0
	switch {
	case !(f(lo) < limit):
		return 0
	case f(hi) < limit:
		return 2
	}
	for range 60 {
		if mid := (lo + hi) / 2; f(mid) < limit {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// Threshold returns the smallest log-odds whose Rate is at most rate, to a few
// last places.
func (s *SuperLearner) Threshold(rate float64) float64 {
	if s.Tail == nil {
		return portable.Logit(1 - rate)
	}
	return s.Tail.Threshold(rate)
}
