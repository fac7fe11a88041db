package train

import (
	"errors"
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/ensemble"
)

// SuperOptions adjust FitSuper. The zero value works.
type SuperOptions struct {
	Rates     []float64 // budgets of false alarms that merit is averaged over; default .1 %, .3 % and 1 %
	LeastType int       // attacks a type needs in the guard part to be the worst one; default 20
	Bootstrap int       // replicates behind the standard error; default 200
	Seed      uint64
	Group     []uint64 // rows of one group are drawn together by the bootstrap; nil: each alone

	// Even are the metas that may be weighed alike; nil for none. See FitSuper.
	Even []int
}

// Super is a fitted super-learner and why it is what it is.
type Super struct {
	Learner *ensemble.SuperLearner // Beta, Calibration, Tail
	Mixture []float64              // the best mixture, kept or not
	Single  int                    // the best single meta
	Merit   []float64              // of each meta alone on the guard part: see FitSuper
	Gain    float64                // merit of the mixture above that of the single
	SE      float64                // standard error of Gain, paired bootstrap
	Kept    bool                   // Gain > SE: the mixture is used, else the single meta
	LogOdds []float64              // of h, one a row of the guard part
}

// FitSuper fits the super-learner to rows of the guard part, which neither the
// base learners nor the metas were fitted on: g[j][i] is the log-odds of meta j
// for row i (Table.Apply).
//
// Candidates for beta are the convex mixture of least log-loss and equal
// weights. Merit is what counts for users: recall at the budgets of Rates,
// half of it the mean over the types of attack and half the worst type. The
// better mixture is kept only when its merit is above that of the best single
// meta by more than one standard error; else beta is 1 for that meta, the
// discrete super-learner of van der Laan, Polley and Hubbard (2007). Include a
// SingleName meta, so that one base learner alone is among them.
//
// Where the guard part cannot tell, because the metas find all but everything
// there, the future can: attacks and normal rows that nobody has seen. So the
// metas of Even whose merit is below the best one's by no more than one standard
// error (a model confidence set: Hansen, Lunde and Nason 2011) are weighed alike,
// which rests on no estimate, where their mixture is no worse than beta either (the
// one-standard-error rule of Breiman, Friedman, Olshen and Stone 1984, section
// 3.4.3: of what cannot be told apart, the most robust).
//
// The calibration and the tail are fitted on the guard part as well. Where it
// has fewer than a few thousand normal rows, FitTail on the log-odds of
// cross-fitted training rows together with these resolves smaller rates.
func FitSuper(g [][]float64, truth *Truth, o SuperOptions) (*Super, error) {
	if len(g) == 0 || len(g) > ensemble.MaxMetas {
		return nil, errors.New("train: super: number of meta-learners out of range")
	}
	o = o.withDefaults()
	rows := present(g, len(truth.Y))
	sub := truth.Subset(rows)
	var class [2]int
	for _, y := range sub.Y {
		class[y]++
	}
	if class[0] == 0 || class[1] == 0 {
		return nil, errors.New("train: super: the guard part lacks a class")
	}
	m := len(g)
	p := probabilities(g, rows)
	s := &Super{Merit: make([]float64, m)}
	judge := newJudge(&sub, rows, o)
	ranks := make([][]int, m)
	for j := range m {
		ranks[j] = judge.rank(blend(p, unitVector(m, j)))
		s.Merit[j] = judge.merit(ranks[j], nil)
		if s.Merit[j] > s.Merit[s.Single] {
			s.Single = j
		}
	}
	var mixed []int
	most := math.Inf(-1)
	for _, beta := range [][]float64{fitMixture(p, m, sub.Y, sub.W), equalWeights(m)} {
		rank := judge.rank(blend(p, beta))
		if v := judge.merit(rank, nil); v > most {
			most, mixed, s.Mixture = v, rank, beta
		}
	}
	s.Gain = most - s.Merit[s.Single]
	s.SE = judge.standardError(mixed, ranks[s.Single])
	beta, best := unitVector(m, s.Single), ranks[s.Single]
	// An error of zero means that the bootstrap saw no difference at all.
	if s.Kept = s.Gain > s.SE && s.Gain > 0; s.Kept {
		beta, best = s.Mixture, mixed
	}
	var set []int
	for _, j := range o.Even {
		if judge.alike(ranks[j], ranks[s.Single]) {
			set = append(set, j)
		}
	}
	if len(set) > 1 {
		even := make([]float64, m)
		for _, j := range set {
			even[j] = 1 / float64(len(set))
		}
		if rank := judge.rank(blend(p, even)); judge.alike(rank, best) {
			s.Mixture, s.Gain, s.SE, s.Kept = even, judge.merit(rank, nil)-s.Merit[s.Single], judge.standardError(rank, ranks[s.Single]), true
			beta = even
		}
	}
	return s, s.calibrate(beta, g, p, &sub)
}

func (o SuperOptions) withDefaults() SuperOptions {
	if len(o.Rates) == 0 {
		o.Rates = []float64{1e-3, 3e-3, 1e-2}
	}
	if o.LeastType <= 0 {
		o.LeastType = 20
	}
	if o.Bootstrap <= 0 {
		o.Bootstrap = 200
	}
	return o
}

// calibrate fits the calibration and the tail of the super-learner with beta.
func (s *Super) calibrate(beta []float64, g [][]float64, p []float64, truth *Truth) error {
	h := blend(p, beta)
	for i, v := range h {
		h[i] = math.Log(v / (1 - v))
	}
	c, err := FitCalibration(h, truth.Y, truth.W)
	if err != nil {
		return err
	}
	s.Learner = &ensemble.SuperLearner{Name: "super", Beta: beta, Calibration: c}
	s.LogOdds = SuperLogOdds(s.Learner, g)
	for i, v := range h {
		h[i] = c.LogOdds(v)
	}
	s.Learner.Tail, err = fitNormalTail(h, truth)
	return err
}

// evenLoss is how much merit is no loss even where there is no standard error to
// speak of.
const evenLoss = 0.01

// SuperLogOdds returns the log-odds of h for rows whose metas' log-odds are g.
func SuperLogOdds(s *ensemble.SuperLearner, g [][]float64) []float64 {
	out := make([]float64, len(g[0]))
	row := make([]float64, len(g))
	for i := range out {
		for j := range g {
			row[j] = 1 / (1 + math.Exp(-g[j][i]))
		}
		out[i] = s.LogOdds(row)
	}
	return out
}

// present returns the rows that some meta has an opinion of.
func present(g [][]float64, n int) []int {
	var rows []int
	for i := range n {
		for j := range g {
			if g[j][i] == g[j][i] {
				rows = append(rows, i)
				break
			}
		}
	}
	return rows
}

// probabilities returns what the metas say of those rows, row-major; a missing
// probability is that of the mean log-odds of the others.
func probabilities(g [][]float64, rows []int) []float64 {
	m := len(g)
	p := make([]float64, len(rows)*m)
	for k, i := range rows {
		for j := range m {
			p[k*m+j] = g[j][i]
		}
	}
	t := &Table{N: len(rows), M: m}
	p = t.filled(p)
	for k, z := range p {
		p[k] = 1 / (1 + math.Exp(-z))
	}
	return p
}

// blend returns the weighted mean of each row of p under beta.
func blend(p, beta []float64) []float64 {
	m := len(beta)
	h := make([]float64, len(p)/m)
	for i := range h {
		for j, b := range beta {
			h[i] += b * p[i*m+j]
		}
	}
	return h
}

func unitVector(m, j int) []float64 {
	v := make([]float64, m)
	v[j] = 1
	return v
}

func equalWeights(m int) []float64 {
	v := make([]float64, m)
	for j := range v {
		v[j] = 1 / float64(m)
	}
	return v
}

// judge computes the merit of a ranking of the guard part.
type judge struct {
	truth *Truth
	group []uint64
	o     SuperOptions
	types int       // number of types, by the largest index
	found []float64 // scratch, by type
	total []float64
}

func newJudge(truth *Truth, rows []int, o SuperOptions) *judge {
	j := &judge{truth: truth, o: o, types: 1}
	for _, t := range truth.Type {
		j.types = max(j.types, int(t)+1)
	}
	j.group = make([]uint64, len(rows))
	for k, i := range rows {
		j.group[k] = uint64(i)
		if o.Group != nil {
			j.group[k] = o.Group[i]
		}
	}
	j.found, j.total = make([]float64, j.types), make([]float64, j.types)
	return j
}

// rank returns the rows by score, highest first; of equals normal rows come
// first, so that ties are judged against the attack.
func (j *judge) rank(h []float64) []int {
	order := make([]int, len(h))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return byScore(h[b], h[a], a+len(h)*int(j.truth.Y[a]), b+len(h)*int(j.truth.Y[b]))
	})
	return order
}

// merit returns (mean over types + worst type)/2 of recall, averaged over the
// budgets; times is how often the bootstrap drew each row, nil for once.
func (j *judge) merit(order []int, times []uint8) float64 {
	drawn := func(i int) float64 {
		if times == nil {
			return 1
		}
		return float64(times[i])
	}
	typ := func(i int) int {
		if j.truth.Type == nil {
			return 0
		}
		return int(j.truth.Type[i])
	}
	clear(j.total)
	var normal float64
	for i, y := range j.truth.Y {
		if y == 1 {
			j.total[typ(i)] += drawn(i)
		} else {
			normal += drawn(i)
		}
	}
	var merit float64
	for _, rate := range j.o.Rates {
		clear(j.found)
		var fp float64
		for _, i := range order {
			if j.truth.Y[i] == 1 {
				j.found[typ(i)] += drawn(i)
			} else if fp += drawn(i); fp > rate*normal {
				break
			}
		}
		mean, worst, types := 0.0, 1.0, 0.0
		for t, n := range j.total {
			if n == 0 {
				continue
			}
			recall := j.found[t] / n
			mean += recall
			types++
			if n >= float64(j.o.LeastType) {
				worst = min(worst, recall)
			}
		}
		if types > 0 {
			mean /= types
			merit += (mean + min(worst, mean)) / 2 / float64(len(j.o.Rates))
		}
	}
	return merit
}

// alike reports whether a ranking is no worse than another, as far as can be told.
func (j *judge) alike(rank, best []int) bool {
	return j.merit(best, nil)-j.merit(rank, nil) <= max(j.standardError(best, rank), evenLoss)
}

// standardError returns the standard deviation over bootstrap replicates of the
// difference in merit of two rankings of the same rows (Efron 1979; paired).
// A group is drawn a Poisson(1) number of times, by hash: the rows in it are
// alike and would otherwise count as independent.
func (j *judge) standardError(a, b []int) float64 {
	times := make([]uint8, len(a))
	var sum, squares float64
	for r := range j.o.Bootstrap {
		seed := mix64(j.o.Seed ^ mix64(uint64(r)+1))
		for i, g := range j.group {
			times[i] = poisson(unit(mix64(g ^ seed)))
		}
		d := j.merit(a, times) - j.merit(b, times)
		sum += d
		squares += d * d
	}
	n := float64(j.o.Bootstrap)
	return math.Sqrt(max(0, squares/n-sum/n*(sum/n)) * n / max(1, n-1))
}

// poisson returns the quantile u of the Poisson distribution with mean 1.
func poisson(u float64) uint8 {
	p, k := math.Exp(-1), uint8(0)
	for sum := p; u >= sum && k < 12; sum += p {
		k++
		p /= float64(k)
	}
	return k
}
