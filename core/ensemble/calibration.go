package ensemble

import (
	"errors"
	"math"

	"github.com/tiercel/tiercel/core/portable"
)

// Limits of a calibration and a tail as a model file may hold them.
const (
	MaxCalibrationKnots = 32  // enough for log-odds to be within .05 of an isotonic fit; see core/train
	MaxTailKnots        = 128 // the largest normal scores one by one, quantiles below them
)

// Calibration turns a raw score into a probability.
//
// It is strictly increasing: piecewise linear in log-odds between at most
// MaxCalibrationKnots knots. Beyond the first and last knot it goes on with
// the slope of the segment there and bends, as a hyperbola, towards +-Clip,
// which it never reaches: two scores never become one, so that no extreme row
// loses its rank. A tie at the top would cost recall at a small budget.
//
// NaN gives NaN, infinities give +-Clip. It is immutable and safe for
// concurrent use.
type Calibration struct {
	X []float64 // raw scores, strictly increasing, at least two
	Z []float64 // log-odds at X, strictly increasing, inside (-Clip, Clip)
}

// NewCalibration returns a calibration with the given knots, which it keeps,
// or an error when they are not as Calibration demands.
func NewCalibration(x, z []float64) (*Calibration, error) {
	switch {
	case len(x) != len(z):
		return nil, errors.New("ensemble: calibration: knots and log-odds differ in number")
	case len(x) < 2:
		return nil, errors.New("ensemble: calibration: fewer than two knots")
	case len(x) > MaxCalibrationKnots:
		return nil, errors.New("ensemble: calibration: too many knots")
	}
	if !increasing(x) {
		return nil, errors.New("ensemble: calibration: raw scores are not finite and strictly increasing")
	}
	if !increasing(z) || z[0] <= -Clip || z[len(z)-1] >= Clip {
		return nil, errors.New("ensemble: calibration: log-odds are not strictly increasing within the clip")
	}
	c := &Calibration{X: x, Z: z}
	if l := c.Lipschitz(); math.IsInf(l, 0) || c.leastSlope() <= 0 {
		return nil, errors.New("ensemble: calibration: a slope is not a positive number")
	}
	return c, nil
}

// increasing reports whether all numbers are finite and each is above the last.
func increasing(v []float64) bool {
	for i, x := range v {
		if x-x != 0 || i > 0 && x <= v[i-1] {
			return false
		}
	}
	return true
}

// LogOdds returns the log-odds of a threat for a raw score, in [-Clip, Clip].
func (c *Calibration) LogOdds(raw float64) float64 {
	last := len(c.X) - 1
	switch {
	case raw <= c.X[0]:
		return approach(c.Z[0], -Clip, float64(c.slope(0)*(c.X[0]-raw)))
	case raw >= c.X[last]:
		return approach(c.Z[last], Clip, float64(c.slope(last-1)*(raw-c.X[last])))
	case raw != raw:
		return raw
	}
	i := segment(c.X, raw)
	t := (raw - c.X[i]) / (c.X[i+1] - c.X[i])
	// Rounding could carry the sum past the next knot and break monotony.
	return min(c.Z[i]+float64((c.Z[i+1]-c.Z[i])*t), c.Z[i+1])
}

// P returns the probability of a threat for a raw score, in (0, 1).
func (c *Calibration) P(raw float64) float64 { return portable.Logistic(c.LogOdds(raw)) }

// Lipschitz returns the steepest slope: how much the log-odds can change per
// unit of raw score. Probabilities change by at most a quarter of it.
func (c *Calibration) Lipschitz() float64 {
	var l float64
	for i := range len(c.X) - 1 {
		l = max(l, c.slope(i))
	}
	return l
}

func (c *Calibration) leastSlope() float64 {
	l := math.Inf(1)
	for i := range len(c.X) - 1 {
		l = min(l, c.slope(i))
	}
	return l
}

// slope returns the slope of segment i.
func (c *Calibration) slope(i int) float64 {
	return (c.Z[i+1] - c.Z[i]) / (c.X[i+1] - c.X[i])
}

// segment returns the i with x[i] <= v < x[i+1], for x[0] <= v < x[len(x)-1].
func segment(x []float64, v float64) int {
	lo, hi := 0, len(x)-1 // x[lo] <= v < x[hi]
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; x[mid] <= v {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// approach starts at from and moves towards limit: by step at first, by ever
// less then, and never past it: from + gap*t/(1+t) with t = step/|gap|. Its
// slope in step is 1 at 0 and positive everywhere.
func approach(from, limit, step float64) float64 {
	gap := limit - from
	t := step / math.Abs(gap)
	if t > math.MaxFloat64/2 {
		return limit
	}
	return from + float64(gap*(t/(1+t)))
}
