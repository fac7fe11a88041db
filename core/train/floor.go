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

// floor makes the meta-learner, whose log-odds are those of h that are as rare
// among normal rows as its evidence is; nil without fixed learners. super is fitted
// without it.
func (f *fitting) floor(super *Super) (*ensemble.MetaLearner, error) {
	weights := make([]float64, len(f.base))
	fixed := 0
	for n, l := range f.use {
		if f.specs[l].Fixed {
			weights[n] = 1
			fixed++
		}
	}
	if fixed == 0 {
		return nil, nil
	}
	mixer, err := ensemble.NewMinP(weights)
	if err != nil {
		return nil, err
	}
	var evidence []float64
	var weight []float32
	for _, i := range f.inner {
		if f.data.Y[i] == 0 {
			s := f.random.Row(i)
			evidence = append(evidence, mixer.Mix(&s))
			weight = append(weight, f.data.Weight(i))
		}
	}
	rare, err := FitTail(evidence, nil, weight)
	if err != nil {
		return nil, err
	}
	c, err := sameRate(rare, super.Learner.Tail)
	if err != nil {
		return nil, err
	}
	return &ensemble.MetaLearner{Name: FloorName, Mixer: mixer, Calibration: c}, nil
}

// raise puts the floor under the super-learner, where there is knowledge to
// make one of, and fits the final rates again; g are the log-odds of the metas
// for the rows of table, the guard part.
func (f *fitting) raise(super *Super, table *Table, g [][]float64, sites bool) ([][]float64, error) {
	floor, err := f.floor(super)
	if floor == nil || err != nil {
		return g, err
	}
	f.meta = append(f.meta, floor)
	super.Learner.Beta = append(super.Learner.Beta, 0)
	super.Learner.Floor = len(f.meta)
	g = append(g, table.Apply([]*ensemble.MetaLearner{floor})...)
	super.LogOdds = SuperLogOdds(super.Learner, g)
	super.Learner.Tail, err = f.tail(super, sites)
	return g, err
}

// Settings of sameRate.
const (
	// floorShare is the floor's false alarms for one of the mixture's. It speaks
	// for what is rare, and silver labels leave attacks among the normal rows
	// that its rates come from.
	floorShare = 0.25
	// floorRate is the rate among normal rows from which on the floor speaks:
	// above it the mixture ranks rows better.
	floorRate = 1.0 / 64
)

// sameRate returns the calibration that turns a score into the log-odds that
// are as rare: from one tail to the other. Knots lie at each halving of the rate
// below floorRate; above it stand the lowest log-odds.
func sameRate(from, to *ensemble.Tail) (*ensemble.Calibration, error) {
	const top, ramp = ensemble.Clip - 0.5, 0.01
	// Where no normal row comes near a signal its evidence is all but constant,
	// and its own rate, of which it is the logarithm, is what bounds it.
	threshold := func(rate float64) float64 { return max(from.Threshold(rate), -math.Log(rate)) }
	start := threshold(floorRate * floorShare)
	x, z := []float64{start - 1 - ramp, start - ramp}, []float64{-top, -top + 1e-3}
	rate := floorRate
	for k := len(x); k < ensemble.MaxCalibrationKnots; k++ {
		room := 1e-3 * float64(ensemble.MaxCalibrationKnots-k)
		odds := max(z[len(z)-1]+1e-4, min(to.Threshold(rate), top-room))
		if at := threshold(rate * floorShare); at-x[len(x)-1] >= 1e-6 {
			x, z = append(x, at), append(z, odds)
		}
		rate /= 2
	}
	return ensemble.NewCalibration(x, z)
}
