package ensemble

import (
	"errors"
	"math"
	"sort"

	"github.com/tiercel/tiercel/core/portable"
)

// logRateFloor is the logarithm of the smallest rate: an exponential tail bends
// towards it. 1e-43 is no claim about the world, it keeps ranks apart.
const logRateFloor = -100

// Tail turns a score into the share of normal rows that score at least so
// high: a conformal p-value (Vovk, Gammerman and Shafer 2005), where n normal
// scores of which k are at least x give (k+1)/(n+1).
//
// Between its knots the logarithm of the rate is linear. Beyond the largest
// normal score it falls on with Slope, the rate of an exponential fitted to
// the excesses of the highest normal scores (the peaks-over-threshold limit
// with shape 0: Pickands 1975), bending slowly towards 1e-43. Below the
// smallest it bends towards 1. It is strictly decreasing everywhere.
//
// The rate beyond the largest normal score is an extrapolation: it ranks rows,
// it does not prove that one row in a million is so high.
//
// NaN gives NaN. It is immutable and safe for concurrent use.
type Tail struct {
	X       []float64 // scores, strictly increasing, at least one
	LogRate []float64 // natural logarithm of the rate at X, strictly decreasing, inside (-100, 0)
	Slope   float64   // of the exponential tail: fall of LogRate per unit of score, positive
}

// NewTail returns a tail with the given knots, which it keeps, or an error
// when they are not as Tail demands.
func NewTail(x, logRate []float64, slope float64) (*Tail, error) {
	switch {
	case len(x) != len(logRate):
		return nil, errors.New("ensemble: tail: scores and rates differ in number")
	case len(x) < 1:
		return nil, errors.New("ensemble: tail: no knots")
	case len(x) > MaxTailKnots:
		return nil, errors.New("ensemble: tail: too many knots")
	case !increasing(x):
		return nil, errors.New("ensemble: tail: scores are not finite and strictly increasing")
	case !(slope > 0) || math.IsInf(slope, 0):
		return nil, errors.New("ensemble: tail: slope is not a positive number")
	}
	for i, l := range logRate {
		if !(l > logRateFloor && l < 0) || i > 0 && l >= logRate[i-1] {
			return nil, errors.New("ensemble: tail: rates are not strictly decreasing inside (0, 1)")
		}
	}
	t := &Tail{X: x, LogRate: logRate, Slope: slope}
	for i := range len(x) - 1 {
		if s := t.slope(i); !(s > 0) || math.IsInf(s, 0) {
			return nil, errors.New("ensemble: tail: a slope is not a positive number")
		}
	}
	return t, nil
}

// LogOf returns the natural logarithm of the rate at a score, in [-100, 0].
func (t *Tail) LogOf(score float64) float64 {
	last := len(t.X) - 1
	switch {
	case score >= t.X[last]:
		return approach(t.LogRate[last], logRateFloor, float64(t.Slope*(score-t.X[last])))
	case score <= t.X[0]:
		return approach(t.LogRate[0], 0, float64(t.slope(0)*(t.X[0]-score)))
	case score != score:
		return score
	}
	i := segment(t.X, score)
	f := (score - t.X[i]) / (t.X[i+1] - t.X[i])
	return max(t.LogRate[i]-float64((t.LogRate[i]-t.LogRate[i+1])*f), t.LogRate[i+1])
}

// Rate returns the share of normal rows expected to score at least so high, in (0, 1].
func (t *Tail) Rate(score float64) float64 { return portable.Exp(t.LogOf(score)) }

// slope returns the fall of LogRate per unit of score in segment i.
func (t *Tail) slope(i int) float64 {
	if i+1 >= len(t.X) {
		return t.Slope
	}
	return (t.LogRate[i] - t.LogRate[i+1]) / (t.X[i+1] - t.X[i])
}

// Threshold returns the smallest score whose Rate is at most rate: the inverse
// of Rate, to the last place and never below. A rate of 1 or more gives -Inf,
// one of 1e-43 or less, or NaN, gives +Inf.
func (t *Tail) Threshold(rate float64) float64 {
	l := portable.Log(rate)
	last := len(t.X) - 1
	var x float64
	switch {
	case l >= 0:
		return math.Inf(-1)
	case !(l > logRateFloor):
		return math.Inf(1)
	case l <= t.LogRate[last]:
		x = t.X[last] + recede(t.LogRate[last], logRateFloor, l)/t.Slope
	case l >= t.LogRate[0]:
		x = t.X[0] - recede(t.LogRate[0], 0, l)/t.slope(0)
	default:
		i := sort.Search(last, func(i int) bool { return t.LogRate[i+1] <= l })
		f := (t.LogRate[i] - l) / (t.LogRate[i] - t.LogRate[i+1])
		x = t.X[i] + float64((t.X[i+1]-t.X[i])*f)
	}
	x = max(x, -math.MaxFloat64) // a tiny slope may have led to -Inf
	// The arithmetic above is off by a few last places; a threshold must not
	// let more through than asked.
	for step := 1e-15; t.Rate(x) > rate; step *= 2 {
		x += float64(step * max(math.Abs(x), 1e-300))
	}
	return x
}

// recede is the inverse of approach: the step that leads from to at.
func recede(from, limit, at float64) float64 {
	gap := math.Abs(limit - from)
	f := math.Abs(at-from) / gap
	if f >= 1 {
		return math.MaxFloat64
	}
	return float64(gap * (f / (1 - f)))
}
