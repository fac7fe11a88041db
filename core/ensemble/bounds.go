package ensemble

import "github.com/tiercel/tiercel/core/portable"

// leastTail is e^logRateFloor, rounded down: no rate is smaller.
const leastTail = 3.72e-44

// setExtreme gives score i the lowest or the highest value it can have.
func (s *Scores) setExtreme(i int, high bool) {
	if high {
		s.set(i, 1, Clip, leastTail, logRateFloor)
	} else {
		s.set(i, 0, -Clip, 1, 0)
	}
}

// slack widens an interval of log-odds outwards. Mixers, calibrations and the
// portable functions are monotone up to their rounding, a few 1e-15 of their
// result; tiers add a few more.
const slack = 1e-9

// Bounds returns an interval that holds the log-odds of h whatever the base
// learners not yet run will say, abstaining included; bit i of pending marks
// base learner i as not yet run. Scores of the others are read from e.Scores,
// missing ones as NaN; those of the pending are left missing, the rest of e is
// overwritten.
//
// The interval is exact up to rounding: its ends are the log-odds for the
// lowest and the highest scores that the pending ones can have, because all
// tiers are monotone. When it does not reach a threshold, running the rest
// cannot change the verdict. A meta whose mixer is not Monotone may say
// anything. When neither a known score nor a pending one is present, both ends
// are NaN.
func (t *Tiers) Bounds(e *Evaluation, pending uint64) (lo, hi float64) {
	lo = t.extreme(e, pending, false)
	hi = t.extreme(e, pending, true)
	for i := range t.Bases {
		if pending>>i&1 == 1 {
			e.Scores.forget(i)
		}
	}
	return lo - slack, hi + slack
}

// extreme returns the log-odds of h with all pending learners at one end of
// their range.
func (t *Tiers) extreme(e *Evaluation, pending uint64, high bool) float64 {
	for i := range t.Bases {
		if pending>>i&1 == 1 {
			e.Scores.setExtreme(i, high)
		}
	}
	for j, m := range t.Metas {
		switch _, ok := m.Mixer.(Monotone); {
		case ok:
			e.Metas[j] = portable.Logistic(m.LogOdds(&e.Scores))
		case high:
			e.Metas[j] = 1
		default:
			e.Metas[j] = 0
		}
	}
	return t.Super.LogOdds(e.Metas)
}

// Influence returns a bound on how far one arbitrary base learner can move h,
// a number in [0,1]: for every row, and every pair of scores (abstaining
// included) that learner i could give it while the others stay present as they
// are, the two values of h differ by at most this much.
//
// It is the sum over the metas of beta_j times the most that their g can rise
// when their mixer's raw score rises by alpha_ji times the width of the
// learner's scale; the final calibration may then steepen it. Where the
// calibrations are Lipschitz with constant L that is at most the product of
// weights and constants; here the calibrations themselves are searched, which
// is tighter, because a probability saturates.
func (t *Tiers) Influence(i int) float64 {
	var moved float64
	for j, m := range t.Metas {
		if t.Super.Beta[j] == 0 {
			continue
		}
		rise := 1.0
		if mono, ok := m.Mixer.(Monotone); ok {
			rise = t.metaRise(m, mono, i)
		}
		moved += float64(t.Super.Beta[j] * rise)
	}
	rise := largestRise(func(g float64) float64 {
		return portable.Logistic(t.Super.calibrated(g))
	}, min(moved, 1), 0, 1)
	// Above Certain any order is possible: it adds at most what lies above.
	if t.Super.Novelty > 0 {
		rise += 1 - portable.Logistic(t.Super.Certain)
	}
	// The greater of two numbers moves no further than the one that moves more.
	for _, f := range t.Super.floors() {
		if f == 0 {
			continue
		}
		m := t.Metas[f-1]
		if mono, ok := m.Mixer.(Monotone); !ok {
			rise = 1
		} else if mono.Reach(i) > 0 {
			rise = max(rise, t.metaRise(m, mono, i))
		}
	}
	return min(1, rise)
}

// OnFloor reports whether a floor hears base learner i: a meta-learner below
// which the verdict never falls.
func (t *Tiers) OnFloor(i int) bool {
	for _, f := range t.Super.floors() {
		if f == 0 {
			continue
		}
		if m, ok := t.Metas[f-1].Mixer.(Monotone); !ok || m.Reach(i) > 0 {
			return true
		}
	}
	return false
}

// metaRise bounds how far learner i can move the g of a meta.
func (t *Tiers) metaRise(m *MetaLearner, mono Monotone, i int) float64 {
	delta := mono.Reach(i)
	s := NewScores(len(t.Bases))
	for k := range t.Bases {
		s.setExtreme(k, false)
	}
	lo := mono.Mix(&s)
	for k := range t.Bases {
		s.setExtreme(k, true)
	}
	hi := mono.Mix(&s)
	return largestRise(m.Calibration.P, min(delta, hi-lo), lo, hi)
}

// riseCells is how finely largestRise searches: the bound is loose by the rise
// over one cell, 1/4096 of the range.
const riseCells = 4096

// largestRise bounds f(x+delta) - f(x) over x in [lo, hi-delta] for a
// non-decreasing f: in a cell [a, b] of x it is at most f(b+delta) - f(a).
func largestRise(f func(float64) float64, delta, lo, hi float64) float64 {
	if delta <= 0 {
		return 0
	}
	var worst float64
	step := (hi - delta - lo) / riseCells
	for c := range riseCells {
		a := lo + float64(float64(c)*step)
		worst = max(worst, f(min(a+step+delta, hi))-f(a))
		if step <= 0 {
			break
		}
	}
	return worst + 1e-12 // rounding
}
