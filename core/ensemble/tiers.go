package ensemble

import (
	"errors"
	"math"

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

	tiers *Tiers       // whose calibrations last is of
	last  []calibrated // of each base learner
}

// calibrated is what a base learner's calibration made of the last raw score
// that it was given. Many learners say the same of nearly all rows, and two
// exponentials and their bounds are most of what a calibration takes.
type calibrated struct {
	raw                      uint32 // its bits
	known                    bool
	p, logit, tail, evidence float64
}

// NewEvaluation returns memory for Evaluate.
func (t *Tiers) NewEvaluation() *Evaluation {
	return &Evaluation{
		Scores: NewScores(len(t.Bases)), Metas: make([]float64, len(t.Metas)),
		tiers: t, last: make([]calibrated, len(t.Bases)),
	}
}

// Evaluate writes to dst what the tiers make of a row, given one raw score a
// base learner; NaN marks a missing one.
func (t *Tiers) Evaluate(dst *Evaluation, raw []float32) {
	for i := range t.Bases {
		t.Calibrate(dst, i, raw[i])
	}
	t.Combine(dst)
}

// Calibrate writes the calibrated scores of base learner i alone. Together
// with Bounds and Combine it is Evaluate in steps, for early exit.
func (t *Tiers) Calibrate(dst *Evaluation, i int, raw float32) {
	s := &dst.Scores
	if dst.tiers != t {
		t.Bases[i].calibrate(s, i, raw)
		return
	}
	c := &dst.last[i]
	if bits := math.Float32bits(raw); !c.known || c.raw != bits {
		t.Bases[i].calibrate(s, i, raw)
		*c = calibrated{bits, true, s.P[i], s.Logit[i], s.Tail[i], s.Evidence[i]}
		return
	}
	s.P[i], s.Logit[i], s.Tail[i], s.Evidence[i] = c.p, c.logit, c.tail, c.evidence
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
