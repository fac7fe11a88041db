package train

import (
	"math"

	"github.com/tiercel/tiercel/core/ensemble"
)

// FloorName is the meta-learner of what needs no example: the strongest of the
// signals, whose weights are knowledge. Verdict = max(stack, floor).
//
// Signals speak for classes of which the training rows hold few attacks or none
// (beacons, exfiltration, fast flux), so metas that are fitted give them no
// weight, and those of which there are plenty are learned from one network's
// habits. The floor has no weight that is fitted to attacks. What normal rows
// of the training networks do is all it learns: how rare each signal is.
const FloorName = "floor"

// CertifiedName is the learner that padding cannot lower, and the meta-learner
// that passes it on.
const CertifiedName = "certified"

// certain bounds the knots of an identity calibration.
const certain = 9

// knowledgeCalibration is that of a fixed learner: its raw score is log-odds.
func knowledgeCalibration() (*ensemble.Calibration, error) {
	return ensemble.NewCalibration([]float64{-certain, certain}, []float64{-certain, certain})
}

// Knots of a knowledge tail below the score at which to look.
const (
	tailRamp   = 0.05  // of raw score, over which evidence sets in
	tailBottom = -1e-6 // log-rate below it: no evidence
)

// knowledgeTail is the tail of a fixed learner: FitTail's where the raw score is
// above 0, where a person would look at it, and no evidence at all below, however
// rare such scores are among normal rows. No rate is below 1/(n+1) at 0.
func knowledgeTail(scores []float32, w []float32) (*ensemble.Tail, error) {
	t, err := FitTail(scores, nil, w)
	if err != nil {
		return nil, err
	}
	var n float64
	for _, v := range scores {
		if v == v {
			n++
		}
	}
	at0 := min(max(t.LogOf(0), -math.Log(n+1)), -1e-3)
	x, l := []float64{-tailRamp, 0}, []float64{tailBottom, at0}
	for i, v := range t.X {
		if v > tailRamp && t.LogRate[i] < l[len(l)-1]-1e-9 && len(x) < ensemble.MaxTailKnots {
			x, l = append(x, v), append(l, t.LogRate[i])
		}
	}
	return ensemble.NewTail(x, l, max(t.Slope, leastFall))
}

// leastFall is the least fall of a knowledge tail's logarithm per unit of raw
// score beyond the largest normal score. Scores are log-odds, so e-fold odds
// halve the rate at least; an exponential fitted to a few lumps of equal scores
// can be all but flat.
const leastFall = 0.7

// floor makes the meta-learner that is the strongest of some base learners, whose
// log-odds are those of h that are as rare among normal rows as its evidence is;
// speaks is the rate from which on it does, share its false alarms for one of
// h's. to are the rates of h without it, trusted leaves out rows that teach alone.
//
// Its own rates are those of all rows together: the final ones, which are fitted
// to the maximum of h and the floors, are cautious about sites, and twice cautious
// is deaf (the certified learner of HTTP at 0.1 %, alone: recall .69 where sites
// are the sample, .83 where rows are).
func (f *fitting) floor(name string, weights []float64, speaks, share float64, to *ensemble.Tail, trusted bool) (*ensemble.MetaLearner, error) {
	mixer, err := ensemble.NewMinP(weights)
	if err != nil {
		return nil, err
	}
	var evidence []float64
	var weight []float32
	for _, i := range f.inner {
		if f.data.Y[i] == 0 && !(trusted && f.data.TeachOnly != nil && f.data.TeachOnly[i]) {
			s := f.random.Row(i)
			evidence = append(evidence, mixer.Mix(&s))
			weight = append(weight, f.data.Weight(i))
		}
	}
	rare, err := FitTail(evidence, nil, weight)
	if err != nil {
		return nil, err
	}
	c, err := sameRate(rare, to, speaks, share)
	if err != nil {
		return nil, err
	}
	return &ensemble.MetaLearner{Name: name, Mixer: mixer, Calibration: c}, nil
}

// raise puts the floors under the super-learner: that of knowledge, where there
// is any, and the certified learner, where there is one; and fits the final rates
// again. raw are the scores of the base learners for the guard part, [spec][row],
// g the log-odds of the metas for it.
func (f *fitting) raise(super *Super, raw [][]float32, g [][]float64, sites bool) ([][]float64, error) {
	to := super.Learner.Tail
	fixed, knowledge := make([]float64, len(f.base)), false
	for n, l := range f.use {
		if f.specs[l].Fixed {
			fixed[n], knowledge = 1, true
		}
	}
	metas := len(f.meta)
	if knowledge {
		m, err := f.floor(FloorName, fixed, floorRate, floorShare, to, false)
		if err != nil {
			return nil, err
		}
		f.meta = append(f.meta, m)
		super.Learner.Floor = len(f.meta)
	}
	if f.certified >= 0 {
		weights, err := f.admit()
		if err != nil {
			return nil, err
		}
		speaks := certifiedRate
		if !sites {
			speaks /= 4
		}
		m, err := f.floor(CertifiedName, weights, speaks, certifiedShare, to, true)
		if err != nil {
			return nil, err
		}
		f.meta = append(f.meta, m)
		super.Learner.Certified = len(f.meta)
	}
	added := f.meta[metas:]
	if len(added) == 0 {
		return g, nil
	}
	for range added {
		super.Learner.Beta = append(super.Learner.Beta, 0)
	}
	table, err := NewTable(f.base, take(raw, f.use))
	if err != nil {
		return nil, err
	}
	g = append(g, table.Apply(added)...)
	super.LogOdds = SuperLogOdds(super.Learner, g)
	super.Learner.Tail, err = f.tail(super, sites)
	return g, err
}

// admit makes the certified learner a base learner, behind the others, and gives
// it no weight in the metas that there are. It returns weights for it alone.
func (f *fitting) admit() ([]float64, error) {
	l := f.certified
	var rows, normal []int
	for _, i := range f.inner {
		if rows = append(rows, i); f.data.Y[i] == 0 {
			normal = append(normal, i)
		}
	}
	c, t, err := f.curves(&f.specs[l], f.outOfFold[l], rows, normal)
	if err != nil {
		return nil, err
	}
	f.use = append(f.use, l)
	f.base = append(f.base, ensemble.Base{Learner: f.learners[l], Calibration: c, Tail: t})
	for j, m := range f.meta {
		state := m.Mixer.(ensemble.Stateful).State()
		state.Weights = append(state.Weights, 0)
		mixer, err := ensemble.NewMixer(m.Mixer.Name(), state)
		if err != nil {
			return nil, err
		}
		f.meta[j] = &ensemble.MetaLearner{Name: m.Name, Mixer: mixer, Calibration: m.Calibration}
	}
	if f.random, err = NewTable(f.base, take(f.outOfFold, f.use)); err != nil {
		return nil, err
	}
	weights := make([]float64, len(f.base))
	weights[len(weights)-1] = 1
	return weights, nil
}

// Settings of sameRate.
const (
	// floorShare is the floor's false alarms for one of the mixture's. It speaks
	// for what is rare, and silver labels leave attacks among the normal rows
	// that its rates come from.
	floorShare = 0.25
	// certifiedShare is the certified learner's: three quarters of the budget of both.
	// It finds nearly what the mixture finds, and keeps it under padding.
	certifiedShare = 3
	// floorRate is the rate among normal rows from which on the floor speaks:
	// above it the mixture ranks rows better.
	floorRate = 1.0 / 64
	// certifiedRate is that of the certified learner. What it knows of normal text
	// is which n-grams it holds, so on an application of a few pages a page that is
	// new to it lifts many normal rows at once: speaking from floorRate on it
	// realised 27 % false alarms for a budget of 1 % on csic-2010, and .2 % for .3 %.
	// It is a quarter of this where the normal rows are not those of many sites:
	// torpeda-2012 realised 6 % for 1 % without.
	certifiedRate = 1.0 / 512
)

// sameRate returns the calibration that turns a score into the log-odds that
// are as rare: from one tail to the other. Knots lie at each halving of the rate
// below speaks; above it stand the lowest log-odds. share is how many false
// alarms the one raises for one of the other.
func sameRate(from, to *ensemble.Tail, speaks, share float64) (*ensemble.Calibration, error) {
	const top, ramp = ensemble.Clip - 0.5, 0.01
	// Where no normal row comes near a signal its evidence is all but constant,
	// and its own rate, of which it is the logarithm, is what bounds it.
	threshold := func(rate float64) float64 { return max(from.Threshold(rate), -math.Log(rate)) }
	start := threshold(speaks * share)
	x, z := []float64{start - 1 - ramp, start - ramp}, []float64{-top, -top + 1e-3}
	rate := speaks
	for k := len(x); k < ensemble.MaxCalibrationKnots; k++ {
		room := 1e-3 * float64(ensemble.MaxCalibrationKnots-k)
		odds := max(z[len(z)-1]+1e-4, min(to.Threshold(rate), top-room))
		if at := threshold(rate * share); at-x[len(x)-1] >= 1e-6 {
			x, z = append(x, at), append(z, odds)
		}
		rate /= 2
	}
	return ensemble.NewCalibration(x, z)
}
