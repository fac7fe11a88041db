package ensemble

import (
	"math"
	"testing"

	"github.com/tiercel/tiercel/core/portable"
)

// Below Certain the super-learner is what it would be without Novelty; above it
// the order is Novelty's, and every such row stands above all others.
func TestNoveltyRanksTheCertain(t *testing.T) {
	plain := &SuperLearner{Beta: []float64{1, 0}}
	s := &SuperLearner{Beta: []float64{1, 0}, Novelty: 2, Certain: 3}
	p := portable.Logistic
	for _, z := range []float64{-5, 0, 2.9} {
		for _, n := range []float64{0.1, 0.9, math.NaN()} {
			if got, want := s.LogOdds([]float64{p(z), n}), plain.LogOdds([]float64{p(z), n}); got != want {
				t.Errorf("log-odds %g below certainty: %g, want %g", z, got, want)
			}
		}
	}
	low := s.LogOdds([]float64{p(9), 0.2})
	high := s.LogOdds([]float64{p(3.1), 0.7})
	if !(low < high) || low < s.Certain || high > Clip {
		t.Errorf("sure and ordinary %g, just sure and new %g: want the new one first, both from %g to %d", low, high, s.Certain, Clip)
	}
	if got, want := s.LogOdds([]float64{p(5), math.NaN()}), plain.LogOdds([]float64{p(5), math.NaN()}); got != want {
		t.Errorf("without an opinion on novelty %g, want %g", got, want)
	}
	for _, bad := range []*SuperLearner{
		{Beta: []float64{1, 0}, Novelty: 3, Certain: 3},
		{Beta: []float64{1, 0}, Novelty: -1, Certain: 3},
		{Beta: []float64{1, 0}, Novelty: 2},
		{Beta: []float64{1, 0}, Novelty: 2, Certain: Clip},
		{Beta: []float64{1, 0}, Novelty: 2, Certain: math.NaN()},
		{Beta: []float64{1, 0}, Certain: 3},
	} {
		if bad.check(2) == nil {
			t.Errorf("novelty %d above %g: not refused", bad.Novelty, bad.Certain)
		}
	}
}
