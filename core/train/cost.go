package train

import (
	"math"
	"slices"
	"time"

	"github.com/tiercel/tiercel/core/ensemble"
)

// Costs are the nanoseconds that an event costs each part of a detector on one
// core of this machine. They are measured, never stored in a model, so that the
// same rows and seed give the same bytes.
type Costs struct {
	Learner []float64 // as Fitted.Learner; NaN for one that fails
	Meta    []float64 // as Fitted.Meta: mixing and calibration
	Super   float64   // all tiers above the base learners that are used, together
}

const (
	costRows  = 4096 // rows that are scored: more than the caches of the fast learners hold
	costTries = 3    // the quickest counts: others were interrupted
)

// Costs measures the parts of what was fitted on rows of a set, at most 4,096,
// evenly spaced.
func (f *Fitted) Costs(s *Set) *Costs {
	b := newBench(s, nil, 1, nil)
	rows := columns(0, s.Len())
	if len(rows) > costRows {
		rows = every(len(rows), costRows)
	}
	part := b.data.Subset(rows)
	batch := part.Batch()
	raw := make([][]float32, len(f.bases))
	c := &Costs{}
	for l := range f.bases {
		raw[l] = make([]float32, part.N)
		var err error
		ns := quickest(part.N, func() { err = f.bases[l].Learner.Score(raw[l], &batch) })
		if err != nil {
			ns = math.NaN()
			raw[l] = slices.Repeat([]float32{float32(math.NaN())}, part.N)
		}
		c.Learner = append(c.Learner, ns)
	}
	if table, err := NewTable(f.bases, raw); err == nil {
		for _, m := range f.metas {
			c.Meta = append(c.Meta, quickest(part.N, func() {
				for i := range part.N {
					scores := table.Row(i)
					m.LogOdds(&scores)
				}
			}))
		}
	}
	used := make([][]float32, len(f.Tiers.Bases))
	for u := range used {
		id := f.Tiers.Bases[u].Learner.Info().ID
		used[u] = raw[slices.IndexFunc(f.bases, func(b ensemble.Base) bool { return b.Learner.Info().ID == id })]
	}
	e, row := f.Tiers.NewEvaluation(), make([]float32, len(used))
	c.Super = quickest(part.N, func() {
		for i := range part.N {
			for u := range used {
				row[u] = used[u][i]
			}
			f.Tiers.Evaluate(e, row)
		}
	})
	return c
}

// quickest returns the least time of a few runs over n rows, in ns a row.
func quickest(n int, run func()) float64 {
	best := math.Inf(1)
	for range costTries {
		began := time.Now()
		run()
		best = min(best, float64(time.Since(began).Nanoseconds()))
	}
	return best / float64(max(n, 1))
}
