package model

import (
	"math"

	"github.com/tiercel/tiercel/core/learner"
)

// Absent holds the place of a base learner that a plugin supplies: it abstains
// from every row, so the tiers work without the plugin and verdicts say that
// it was missing. The host puts the plugin's learner in its place.
type Absent struct{ info learner.Info }

var _ learner.Learner = (*Absent)(nil)

// NewAbsent returns a learner of that description that abstains.
func NewAbsent(info learner.Info) *Absent { return &Absent{info} }

// Info describes the learner whose place is held.
func (l *Absent) Info() learner.Info { return l.info }

// Score abstains from every row.
func (l *Absent) Score(dst []float32, b *learner.Batch) error {
	if len(dst) != b.N {
		return Error("batch does not fit the learner")
	}
	nan := float32(math.NaN())
	for i := range dst {
		dst[i] = nan
	}
	return nil
}
