package ensemble

import (
	"errors"
	"math"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/portable"
)

// Guest is a base learner that came after training: no tier has a weight for
// it and nobody has calibrated it. It enters through a prior, small and bounded:
// its declared range is mapped to log-odds of at most +-Reach, and what is above
// zero divides the share of normal rows that the trained tiers found.
//
// It raises scores and never lowers them: a learner that says nothing of an
// attack that it does not know must not talk the others out of it.
type Guest struct {
	Learner learner.Learner
	Low     float64 // declared range of the raw score; infinite where there is no bound
	High    float64
	Reach   float64 // in (0, GuestReach]; 0 means GuestReach
}

// GuestReach is log 10: what the trained tiers rank among the first in a hundred
// normal rows can become a threat at a budget of one in a thousand, what they
// find ordinary cannot.
const GuestReach = 2.302585092994046

var errGuest = errors.New("ensemble: guest: the range of its scores or its reach is not valid")

// Check says what is wrong with the guest, or nil.
func (g *Guest) Check() error {
	if g.Learner == nil || !(g.Low < g.High) || !(g.Reach >= 0 && g.Reach <= GuestReach) {
		return errGuest
	}
	return nil
}

// LogOdds returns the log-odds that a raw score is worth, in [-Reach, Reach]:
// zero in the middle of the declared range. A range that is open on one side
// has its middle one unit from its end, one open on both sides at zero, and
// bends towards its limit. NaN for NaN.
func (g *Guest) LogOdds(raw float32) float64 {
	reach := g.Reach
	if reach == 0 {
		reach = GuestReach
	}
	return float64(reach * g.side(raw))
}

// Prior returns the log-odds that a raw score is worth at GuestReach, whatever
// Reach the labels left the guest.
func (g *Guest) Prior(raw float32) float64 { return float64(GuestReach * g.side(raw)) }

// side is where in the declared range a raw score lies: -1 to 1, NaN for NaN.
func (g *Guest) side(raw float32) float64 {
	x := float64(raw)
	var side float64 // of the middle, in [-1, 1]
	switch low, high := math.IsInf(g.Low, -1), math.IsInf(g.High, 1); {
	case low && high:
		side = x / (1 + math.Abs(x))
	case high:
		side = bend(x - g.Low)
	case low:
		side = -bend(g.High - x)
	default:
		half := g.High/2 - g.Low/2
		side = ((x - g.Low) - half) / half
	}
	return max(-1, min(side, 1)) // NaN stays NaN
}

// bend maps 0 to -1, 1 to 0 and large numbers to almost 1.
func bend(x float64) float64 { return (x - 1) / (x + 1) }

// Lift raises an evaluated row as guests ask for: its rate is divided by e^lift,
// with lift in [0, GuestReach], and LogOdds and Score become those that have this
// rate. It keeps the order of rows. Without a tail of the final score nothing
// changes.
func (t *Tiers) Lift(dst *Evaluation, lift float64) {
	if t.Super.Tail == nil || !(lift > 0) || dst.Score != dst.Score {
		return
	}
	l := t.Super.Tail.LogOf(dst.LogOdds)
	rate := portable.Exp(lifted(l, lift))
	dst.LogOdds = max(dst.LogOdds, t.Super.Tail.Threshold(rate))
	dst.Score = max(dst.Score, portable.Logistic(dst.LogOdds))
	dst.Rate = min(dst.Rate, rate)
}

// lifted lowers the logarithm of a rate by lift, but never further than half of
// the way to the smallest rate: no two rows get the same one.
func lifted(l, lift float64) float64 { return max(l-lift, l/2+logRateFloor/2) }

// GuestInfluence bounds how far guests of that reach can move h, a number in
// [0,1], whatever they say: the largest rise of h where its rate falls by a
// factor of e^reach.
func (t *Tiers) GuestInfluence(reach float64) float64 {
	if t.Super.Tail == nil {
		return 0
	}
	return min(1, largestRise(func(x float64) float64 {
		return portable.Logistic(t.Super.Tail.Threshold(portable.Exp(-x)))
	}, reach, 0, -logRateFloor))
}
