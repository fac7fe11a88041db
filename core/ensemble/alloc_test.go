//go:build !race

package ensemble

import (
	"math/rand/v2"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
)

// The race detector empties sync.Pool at random, so this is not run under it.
func TestComposedAllocates(t *testing.T) {
	_, super := composed(t, rand.New(rand.NewPCG(27, 28)), 3)
	b := &learner.Batch{N: 64, D: 3, X: make([]float32, 64*3)}
	dst := make([]float32, 64)
	allocs := testing.AllocsPerRun(200, func() {
		if err := super.Score(dst, b); err != nil {
			t.Fatal(err)
		}
	})
	// A garbage collection may empty the pools in between: not once a call.
	if allocs >= 1 {
		t.Errorf("Score: %g allocations", allocs)
	}
}
