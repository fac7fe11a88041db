package adapt

import (
	"cmp"
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/feature"
)

// Recipe is one way to learn from labels.
type Recipe int

// The recipes; see the package comment.
const (
	AsItIs Recipe = iota
	Shift
	Stack
	Site
	Hedge
	NumRecipes
)

var recipeNames = [NumRecipes]string{"as it is", "shift", "stack", "site", "hedge"}

// String returns the recipe's name as explanations print it.
func (r Recipe) String() string { return recipeNames[r] }

// Adjuster moves scores by what the labels of a state say. It is immutable and
// safe for concurrent use.
type Adjuster struct {
	tiers  *ensemble.Tiers
	labels int
	bound  float64
	share  [NumRecipes]float64 // pi

	// The linear recipes, weighed by their share and added up.
	shift   float64
	weights []float64              // one a base learner's log-odds
	columns []float64              // one a column
	grams   []float64              // one a bucket; nil where the site has no texts
	super   *ensemble.SuperLearner // with the weights of hedge
	opinion opinion
}

// Adjuster fits the state, nil when it holds no label. It takes milliseconds for
// dozens of labels, seconds for MaxLabels.
func (s *State) Adjuster() *Adjuster {
	p := DefaultPrior()
	return s.AdjusterWith(&p)
}

// AdjusterWith fits the state with another prior than DefaultPrior: to measure what
// it is worth. Its weights must be as many as the model has columns and SiteWeights
// returns n-grams.
func (s *State) AdjusterWith(p *Prior) *Adjuster {
	if len(s.labels) == 0 {
		return nil
	}
	return newFitting(s, p).adjuster()
}

// Left is what a label looks like from the others.
type Left struct {
	Label
	Before, After float64 // log-odds of the record: the model's, and with all labels but this one
}

// LeaveOneOut returns an estimate of what the labels do for records that nobody
// labelled, in the order of the log: each label's own record, as the others
// leave it. The recipes' shares are those of all labels.
func (s *State) LeaveOneOut() []Left {
	if len(s.labels) == 0 {
		return nil
	}
	p := DefaultPrior()
	f := newFitting(s, &p)
	a := f.adjuster()
	out := make([]Left, len(f.labels))
	for i, l := range f.labels {
		move := 0.0
		for r := range f.left {
			move += float64(a.share[r] * (f.left[r][i] - f.mean[i]))
		}
		out[i] = Left{l.Label, f.mean[i], f.mean[i] + clamp(move, f.bound)}
	}
	slices.SortFunc(out, func(a, b Left) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// fitting is the work of Adjuster.
type fitting struct {
	state  *State
	prior  *Prior
	labels []*label // sorted by content: the order of arrival does not matter
	rows   []point
	mean   []float64 // the model's log-odds
	threat []bool
	weight []float64
	bound  float64
	left   [NumRecipes][]float64 // log-odds of each example from the others, by recipe
}

// point is an example as the kernels see it.
type point struct {
	logit   []float64 // 0 for a missing one
	columns []float64 // a direction
	grams   []uint16
	each    float64 // what each n-gram weighs: 1/sqrt of their number
	metas   []float64
}

func newFitting(s *State, prior *Prior) *fitting {
	f := &fitting{state: s, prior: prior, bound: s.Bound()}
	for i := range s.labels {
		f.labels = append(f.labels, &s.labels[i])
	}
	slices.SortFunc(f.labels, func(a, b *label) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(truth(a.Threat), truth(b.Threat)), cmp.Compare(a.Source, b.Source))
	})
	x := s.tiers.NewEvaluation()
	var scratch Scratch
	for _, l := range f.labels {
		s.tiers.Evaluate(x, l.example.Raw)
		p := point{grams: l.example.Grams, metas: slices.Clone(x.Metas)}
		for _, u := range x.Scores.Logit {
			p.logit = append(p.logit, present(u))
		}
		p.columns = slices.Clone(scratch.squash(l.example.X))
		if n := len(p.grams); n > 0 {
			p.each = 1 / math.Sqrt(float64(n))
		}
		f.rows = append(f.rows, p)
		f.mean = append(f.mean, x.LogOdds)
		f.threat = append(f.threat, l.Threat)
		f.weight = append(f.weight, s.weight(l))
	}
	return f
}

func truth(threat bool) int {
	if threat {
		return 1
	}
	return 0
}

// present returns u, 0 where it is missing.
func present(u float64) float64 {
	if u != u {
		return 0
	}
	return u
}

// adjuster weighs the recipes and adds up the linear ones.
func (f *fitting) adjuster() *Adjuster {
	a := f.empty()
	var loss [NumRecipes]float64
	var found [NumRecipes]solution
	f.left[AsItIs] = f.mean
	for r := Shift; r <= Stack; r++ {
		found[r] = f.regress(r, f.prior.of(r))
		f.left[r] = found[r].left
	}
	sites := f.sites()
	f.left[Site] = sites.left
	h, ahead := f.hedge()
	a.super, f.left[Hedge] = h.super, ahead
	for r := range loss {
		loss[r] = f.loss(f.left[r])
	}
	least := slices.Min(loss[:])
	var sum float64
	for r := range loss {
		a.share[r] = float64(f.prior.Trust[r] * exp(least-loss[r]))
		sum += a.share[r]
	}
	for r := range loss {
		a.share[r] /= sum
	}
	for r := Shift; r <= Stack; r++ {
		f.add(a, f.prior.of(r), a.share[r], found[r].dual)
	}
	f.begin(a, a.share[Site])
	for c, p := range sites.scales {
		f.add(a, p, a.share[Site]*sites.share[c], sites.dual[c])
	}
	a.opinion = f.opinion()
	return a
}

// empty returns an adjuster that moves nothing.
func (f *fitting) empty() *Adjuster {
	return &Adjuster{
		tiers: f.state.tiers, labels: len(f.labels), bound: f.bound,
		weights: make([]float64, len(f.state.tiers.Bases)), columns: make([]float64, f.state.columns),
	}
}

// mixed is the learner of the site at several scales, weighed by what each says of
// the labels left out.
type mixed struct {
	scales []scales
	share  []float64
	dual   [][]float64
	left   []float64
}

// sites fits the learner of the site at all its scales.
func (f *fitting) sites() mixed {
	m := mixed{scales: f.prior.sites(len(f.rows)), left: make([]float64, len(f.rows))}
	var left [][]float64
	var loss []float64
	for _, p := range m.scales {
		s := f.regress(Site, p)
		m.dual, left = append(m.dual, s.dual), append(left, s.left)
		loss = append(loss, f.loss(s.left))
	}
	var sum float64
	for _, v := range loss {
		m.share = append(m.share, exp(slices.Min(loss)-v))
		sum += m.share[len(m.share)-1]
	}
	for c := range m.share {
		m.share[c] /= sum
		for i, z := range left[c] {
			m.left[i] += float64(m.share[c] * z)
		}
	}
	return m
}

// regress fits a linear recipe.
func (f *fitting) regress(r Recipe, p scales) solution {
	mean := f.mean
	if r == Site && (f.prior.Columns != nil || f.prior.Grams != nil) {
		mean = slices.Clone(mean)
		for i := range mean {
			mean[i] += f.prior.mean(r, &f.rows[i])
		}
	}
	fit := regression{k: len(f.rows), cov: f.covariance(p), mean: mean, threat: f.threat, weight: f.weight}
	return fit.fit()
}

// loss is the log-loss of log-odds that did not see their own label, moved no
// further than the bound.
func (f *fitting) loss(z []float64) float64 {
	var sum float64
	for i, v := range z {
		v = f.mean[i] + clamp(v-f.mean[i], f.bound)
		sum += float64(f.weight[i] * logLoss(v, f.threat[i]))
	}
	return sum
}

// covariance returns the kernel of a prior between all examples.
func (f *fitting) covariance(p scales) []float64 {
	k := len(f.rows)
	cov := make([]float64, k*k)
	for i := range k {
		for j := range i + 1 {
			v := p.shift * p.shift
			if p.weight > 0 {
				v += float64(p.weight * p.weight * dot(f.rows[i].logit, f.rows[j].logit))
			}
			if p.column > 0 {
				v += float64(p.column * p.column * dot(f.rows[i].columns, f.rows[j].columns))
			}
			if p.gram > 0 {
				v += float64(p.gram * p.gram * alike(&f.rows[i], &f.rows[j]))
			}
			cov[i*k+j], cov[j*k+i] = v, v
		}
	}
	return cov
}

func dot(a, b []float64) float64 {
	var sum float64
	for i, x := range a {
		sum += float64(x * b[i])
	}
	return sum
}

// alike is the cosine of two sets of n-grams.
func alike(a, b *point) float64 {
	n := 0
	x, y := a.grams, b.grams
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0] < y[0]:
			x = x[1:]
		case x[0] > y[0]:
			y = y[1:]
		default:
			n++
			x, y = x[1:], y[1:]
		}
	}
	return float64(n) * a.each * b.each
}

// begin adds a share of the weights that the learner of the site begins with.
func (f *fitting) begin(a *Adjuster, share float64) {
	for j, w := range f.prior.Columns {
		a.columns[j] += float64(share * w)
	}
	if f.prior.Grams != nil {
		a.grams = make([]float64, grams.Buckets)
		for g, w := range f.prior.Grams {
			a.grams[g] = float64(share * w)
		}
	}
}

// add turns the dual weights of a recipe into weights of what a row has, and
// adds its share of them.
func (f *fitting) add(a *Adjuster, p scales, share float64, dual []float64) {
	for i := range f.rows {
		row, d := &f.rows[i], float64(share*dual[i])
		a.shift += float64(d * (p.shift * p.shift))
		if w := float64(d * (p.weight * p.weight)); w != 0 {
			for j, u := range row.logit {
				a.weights[j] += float64(w * u)
			}
		}
		if w := float64(d * (p.column * p.column)); w != 0 {
			for j, q := range row.columns {
				a.columns[j] += float64(w * q)
			}
		}
		if w := float64(d * (p.gram * p.gram) * row.each); w != 0 {
			if a.grams == nil {
				a.grams = make([]float64, grams.Buckets)
			}
			for _, g := range row.grams {
				a.grams[g] += w
			}
		}
	}
}

// hedge learns from the labels in the order in which they came, and returns
// what it had said of each before, in the order of f.rows.
func (f *fitting) hedge() (h *hedge, ahead []float64) {
	h = newHedge(f.state.tiers.Super)
	order := make([]int, len(f.labels))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(f.labels[a].ID, f.labels[b].ID) })
	ahead = make([]float64, len(order))
	for _, i := range order {
		ahead[i] = h.logOdds(f.rows[i].metas)
		h.learn(f.rows[i].metas, f.threat[i], f.weight[i])
	}
	return h, ahead
}

// Parts are what an Adjuster does to one row.
type Parts struct {
	Labels  int                 // that are in force
	Bound   float64             // the most that a score may move, in log-odds
	Move    float64             // by how much this one moves: at most Bound
	Share   [NumRecipes]float64 // what each recipe counts for; they sum to 1
	Shift   float64             // that every row gets, before the bound
	Site    float64             // from its columns and n-grams
	Hedge   float64             // from the other weights of the meta-learners
	Weights []float64           // added to the weight of each base learner's log-odds; not to be changed
	Beta    []float64           // weight of each meta-learner, those of the model included
}

// Explain returns what Apply would do to the evaluation x of row i of b; nil
// for a nil Adjuster.
func (a *Adjuster) Explain(x *ensemble.Evaluation, b *feature.Batch, i int, s *Scratch) *Parts {
	if a == nil {
		return nil
	}
	p := &Parts{
		Labels: a.labels, Bound: a.bound, Share: a.share, Shift: a.shift, Weights: a.weights,
		Move: a.move(x, b, i, s), Site: a.site(b, i, s), Hedge: a.hedged(x), Beta: slices.Clone(a.tiers.Super.Beta),
	}
	for j := range p.Beta {
		p.Beta[j] += float64(a.share[Hedge] * (a.super.Beta[j] - p.Beta[j]))
	}
	return p
}

// Share returns what each recipe counts for; they sum to 1.
func (a *Adjuster) Share() [NumRecipes]float64 { return a.share }

// Bound returns the most by which Apply moves a score, in log-odds; 0 for nil.
func (a *Adjuster) Bound() float64 {
	if a == nil {
		return 0
	}
	return a.bound
}

// Apply moves the verdict of x, the evaluation of row i of b, by at most Bound.
// An evaluation without a score stays as it is.
func (a *Adjuster) Apply(x *ensemble.Evaluation, b *feature.Batch, i int, s *Scratch) {
	if a == nil || x.LogOdds != x.LogOdds {
		return
	}
	adjust(x, a.tiers, a.move(x, b, i, s))
}

// move returns by how much row i moves.
func (a *Adjuster) move(x *ensemble.Evaluation, b *feature.Batch, i int, s *Scratch) float64 {
	v := a.shift
	for j, w := range a.weights {
		v += float64(w * present(x.Scores.Logit[j]))
	}
	v += a.site(b, i, s)
	v += a.hedged(x)
	if v < 0 {
		v = max(v, -a.opinion.fall(x.LogOdds, b, i, s))
	}
	return clamp(v, a.bound)
}

// site returns what the learner of the site says of row i.
func (a *Adjuster) site(b *feature.Batch, i int, s *Scratch) float64 {
	var v float64
	for j, q := range s.squash(b.Row(i)) {
		v += float64(a.columns[j] * q)
	}
	if a.grams == nil {
		return v
	}
	buckets := s.grams(b, i)
	if len(buckets) == 0 {
		return v
	}
	var sum float64
	for _, g := range buckets {
		sum += a.grams[g]
	}
	return v + sum/math.Sqrt(float64(len(buckets)))
}

// hedged returns what the weights of hedge change.
func (a *Adjuster) hedged(x *ensemble.Evaluation) float64 {
	return float64(a.share[Hedge] * (a.super.LogOdds(x.Metas) - x.LogOdds))
}
