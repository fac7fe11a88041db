package ensemble

import (
	"errors"

	"github.com/tiercel/tiercel/core/portable"
)

// Tiers is a whole detector: base learners whose scores all meta-learners
// share, and the super-learner on top. It turns the raw scores of a row into a
// verdict without allocating. It is immutable and safe for concurrent use.
type Tiers struct {
	Bases []Base
	Metas []*MetaLearner
	Super *SuperLearner
}

// NewTiers checks that the tiers fit each other. The learners of Bases may be
// nil where the caller computes raw scores itself.
func NewTiers(bases []Base, metas []*MetaLearner, super *SuperLearner) (*Tiers, error) {
	if len(bases) == 0 || len(bases) > MaxLearners {
		return nil, errors.New("ensemble: tiers: number of base learners out of range")
	}
	if len(metas) == 0 || len(metas) > MaxMetas {
		return nil, errors.New("ensemble: tiers: number of meta-learners out of range")
	}
	for i := range bases {
		if bases[i].Calibration == nil {
			return nil, errors.New("ensemble: tiers: a base learner has no calibration")
		}
	}
	for _, m := range metas {
		if err := m.check(len(bases)); err != nil {
			return nil, err
		}
	}
	if err := super.check(len(metas)); err != nil {
		return nil, err
	}
	return &Tiers{Bases: bases, Metas: metas, Super: super}, nil
}

// Evaluation is what the tiers make of one row: the caller's memory for
// Evaluate, from NewEvaluation.
type Evaluation struct {
	Scores  Scores    // of the base learners
	Metas   []float64 // g_j in [0,1], NaN for a missing one
	LogOdds float64   // of Score; ranks rows even where Score is near 1
	Score   float64   // h in [0,1], NaN when every base learner is missing
	Rate    float64   // share of normal rows that score at least so high
}

// NewEvaluation returns memory for Evaluate.
func (t *Tiers) NewEvaluation() *Evaluation {
	return &Evaluation{Scores: NewScores(len(t.Bases)), Metas: make([]float64, len(t.Metas))}
}

// Evaluate writes to dst what the tiers make of a row, given one raw score a
// base learner; NaN marks a missing one.
func (t *Tiers) Evaluate(dst *Evaluation, raw []float32) {
	for i := range t.Bases {
		t.Bases[i].calibrate(&dst.Scores, i, raw[i])
	}
	t.Combine(dst)
}

// Calibrate writes the calibrated scores of base learner i alone. Together
// with Bounds and Combine it is Evaluate in steps, for early exit.
func (t *Tiers) Calibrate(dst *Evaluation, i int, raw float32) {
	t.Bases[i].calibrate(&dst.Scores, i, raw)
}

// Combine computes the upper tiers from dst.Scores.
func (t *Tiers) Combine(dst *Evaluation) {
	for j, m := range t.Metas {
		dst.Metas[j] = portable.Logistic(m.LogOdds(&dst.Scores))
	}
	dst.LogOdds = t.Super.LogOdds(dst.Metas)
	dst.Score = portable.Logistic(dst.LogOdds)
	dst.Rate = t.Super.Rate(dst.LogOdds)
}

// Forget marks every score of dst as missing.
func (t *Tiers) Forget(dst *Evaluation) {
	for i := range t.Bases {
		dst.Scores.forget(i)
	}
}
