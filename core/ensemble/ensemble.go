// Package ensemble holds the upper tiers: calibrations, meta-learners that
// select and adjust base learners, and the super-learner that selects and
// adjusts meta-learners.
//
//	base   p_i = c_i(f_i(x))                      Base
//	meta   g_j = c_j(mix_j(p_1 ... p_m))          MetaLearner around a Mixer
//	super  h   = c(sum_j beta_j g_j)              SuperLearner, beta on the simplex
//
// The calibrations are strictly increasing and nonlinear: without them the
// three tiers would collapse into one linear function.
//
// A score that is missing (NaN) drops out and the weights of the others are
// renormalised; when all are missing the result is NaN, never "benign".
package ensemble

import "github.com/tiercel/tiercel/core/learner"

// Base is a base learner with its calibrations.
type Base struct {
	Learner     learner.Learner
	Calibration *Calibration // raw score -> probability
	Tail        *Tail        // raw score -> share of normal rows that score at least so
}

// Scores are the calibrated scores of one row, one element a base learner.
// NaN marks a missing one, in all slices. NewScores makes them.
type Scores struct {
	P     []float64 // probability of a threat, in [0,1]
	Logit []float64 // its log-odds, clipped to +-Clip
	Tail  []float64 // share of normal rows that score at least this high, in (0,1]

	// Evidence is -log(Tail), in [0,100]: 0 for a row that is ordinary, 4.6 for
	// one in a hundred. nil lets mixers compute it from Tail, which costs them a
	// logarithm a learner.
	Evidence []float64
}

// Clip bounds log-odds.
const Clip = 12

// Mixer is the heart of a meta-learner: it makes one raw score of a row's
// calibrated scores. It is immutable, allocates nothing and is non-decreasing
// in each P unless its documentation says otherwise.
type Mixer interface {
	// Name identifies the kind of mixer: stack, convex, greedy, fisher ...
	Name() string
	// Mix returns the raw score, NaN when every score is missing.
	Mix(s *Scores) float64
	// Weights writes the weights in force for this row, after renormalising
	// over the learners present: what explanations print. len(dst) = len(s.P).
	Weights(dst []float64, s *Scores)
}
