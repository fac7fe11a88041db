package train

import (
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/feature"
)

// Scored is what every tier said of each row.
type Scored struct {
	Bases   [][]float32 // raw scores, [learner][row]; NaN for a missing one
	Metas   [][]float64 // log-odds of g, [meta][row]
	LogOdds []float64   // of h: ranks even where h is near 1
	Rate    []float64   // share of normal rows expected to score at least so
}

// blockRows bounds the rows that one call scores, so that workers share the load.
const blockRows = 1024

// Score runs a whole detector over encoded rows, in parallel; the result does
// not depend on the number of workers. A learner that fails abstains.
func Score(t *ensemble.Tiers, rows *feature.Batch) (*Scored, error) {
	n := rows.N
	s := &Scored{LogOdds: make([]float64, n), Rate: make([]float64, n)}
	for range t.Bases {
		s.Bases = append(s.Bases, make([]float32, n))
	}
	for range t.Metas {
		s.Metas = append(s.Metas, make([]float64, n))
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < n; from += blockRows {
		to := min(from+blockRows, n)
		group.Go(func() error { return s.block(t, rows, from, to) })
	}
	return s, group.Wait()
}

func (s *Scored) block(t *ensemble.Tiers, rows *feature.Batch, from, to int) error {
	part := feature.Batch{N: to - from, D: rows.D, X: rows.X[from*rows.D : to*rows.D], Texts: rows.Texts}
	if len(rows.Texts.First) > 0 {
		part.Texts.First = rows.Texts.First[from : to+1]
	}
	for i := from; i < to; i++ {
		part.Raw.Add(&rows.Raw, i)
	}
	for l := range t.Bases {
		dst := s.Bases[l][from:to]
		if err := t.Bases[l].Learner.Score(dst, &part); err != nil {
			for i := range dst {
				dst[i] = float32(math.NaN())
			}
		}
	}
	raw := make([]float32, len(t.Bases))
	e := t.NewEvaluation()
	for i := from; i < to; i++ {
		for l := range raw {
			raw[l] = s.Bases[l][i]
		}
		t.Evaluate(e, raw)
		for m := range t.Metas {
			s.Metas[m][i] = t.Metas[m].LogOdds(&e.Scores)
		}
		s.LogOdds[i], s.Rate[i] = e.LogOdds, e.Rate
	}
	return nil
}
