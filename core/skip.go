package core

import (
	"math"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/portable"
)

// DefaultAudit is the share of the records that learned skipping would spare on
// which every learner runs all the same, to see what it loses.
const DefaultAudit = 0.01

// skipper spares records by what the model's selector learned: see Options.Skip.
// What it decides depends on the record, its number and the model alone.
type skipper struct {
	plan  *ensemble.Plan
	asked uint64  // bit i: base learner i runs on every row
	limit float64 // log-odds of h from which on a row may be a threat
	audit uint64  // hashes of record numbers below it are audited

	tiers     *ensemble.Tiers
	certified *ensemble.MetaLearner // the floor that is never spared; nil for none
	x         *ensemble.Evaluation  // scratch

	logOdds []float64 // of the rows skipped: what rows like them had in training
}

// newSkipper returns nil where the model has no selector, or one that spares
// nothing at the rate reach from which on guests and labels, which move log-odds
// by up to margin, can make threats.
func newSkipper(s *scorer, o *Options, reach, margin float64) *skipper {
	selector, super := s.model.Selector, s.tiers.Super
	if !(o.Skip > 0) || selector == nil {
		return nil
	}
	k := &skipper{tiers: s.tiers, x: s.tiers.NewEvaluation(), limit: super.Threshold(reach) - margin}
	if k.plan = selector.Plan(super.Rate(k.limit), o.Skip); k.plan == nil {
		return nil
	}
	for _, b := range selector.Asked {
		k.asked |= 1 << b
	}
	if super.Certified > 0 {
		k.certified = s.tiers.Metas[super.Certified-1]
		for b := range s.tiers.Bases {
			if m, ok := k.certified.Mixer.(ensemble.Monotone); k.asked>>b&1 == 0 && (!ok || m.Reach(b) > 0) {
				return nil // the floor would not hold
			}
		}
	}
	k.audit = uint64(o.Audit * (1 << 63) * 2)
	if o.Audit >= 1 {
		k.audit = math.MaxUint64
	}
	return k
}

// spares reports whether row i of the raw scores is spared, and keeps the
// estimate of its log-odds.
func (k *skipper) spares(raw [][]float32, i int) bool {
	z, ok := k.plan.Spares(raw, i)
	if !ok {
		return false
	}
	if k.certified != nil {
		k.tiers.Forget(k.x)
		for b := range k.tiers.Bases {
			if k.asked>>b&1 == 1 {
				k.tiers.Calibrate(k.x, b, raw[b][i])
			}
		}
		if floor := k.certified.LogOdds(&k.x.Scores); !(floor < k.limit) {
			return false
		}
	}
	k.logOdds[i] = z
	return true
}

// audits reports whether every learner runs on a record that would be spared.
func (k *skipper) audits(record int64) bool {
	return feature.HashPair(uint64(record), auditSeed) < k.audit
}

const auditSeed = 0x7469657263656c21 // any number

// mark makes v the verdict of row i, which was spared.
func (k *skipper) mark(v *Verdict, l rateLimit, i int) {
	l.mark(v)
	v.Skipped = true
	v.Score = min(v.Score, portable.Logistic(k.logOdds[i]))
	v.FalseAlarmRate = max(v.FalseAlarmRate, k.tiers.Super.Rate(k.logOdds[i]))
}

// Skips counts what learned skipping spared, and what the audit found it to lose.
type Skips struct {
	Evaluations int64 // base learners times records that were judged
	Spared      int64 // of these that did not run
	Records     int64 // on which they did not run
	Audited     int64 // records that would have been spared, on which every learner ran
	Lost        int64 // of these that are threats; they are reported as such
}

func (s *Skips) count(j *job, v *Verdict) {
	r := &j.kinds[v.Kind]
	if v.Err != nil || r.gate == nil || r.gate.skip == nil {
		return
	}
	s.Evaluations += int64(len(r.one))
	switch {
	case v.Skipped:
		s.Records++
		for b := range r.one {
			s.Spared += int64(1 - r.gate.skip.asked>>b&1)
		}
	case v.Audited:
		s.Audited++
		if v.Threat {
			s.Lost++
		}
	}
}

// Add adds what was counted for another file.
func (s *Skips) Add(o Skips) {
	s.Evaluations += o.Evaluations
	s.Spared += o.Spared
	s.Records += o.Records
	s.Audited += o.Audited
	s.Lost += o.Lost
}

// Missed returns the 95 % interval of how many threats are among the records
// that were spared, from the share of threats among those audited (Wilson 1927).
func (s *Skips) Missed() (least, most float64) {
	const z2 = 1.959964 * 1.959964
	n := float64(s.Audited)
	if n == 0 {
		return 0, float64(s.Records)
	}
	p := float64(s.Lost) / n
	centre := p + z2/(2*n)
	half := math.Sqrt(z2 * (float64(p*(1-p)) + z2/(4*n)) / n)
	if s.Lost > 0 {
		least = max(0, (centre-half)/(1+z2/n))
	}
	most = min(1, (centre+half)/(1+z2/n))
	return least * float64(s.Records), most * float64(s.Records)
}
