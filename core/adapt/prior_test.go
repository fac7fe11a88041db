package adapt_test

import (
	"math"
	"testing"

	"github.com/tiercel/tiercel/core/adapt"
)

// Words that tell threats apart at one site do so at another with hardly a label,
// where the learner of the site begins with them; whatever it begins with, labels
// move a score no further than their bound.
func TestPriorOfAnotherSite(t *testing.T) {
	first, second := newSite(21, 200), newSite(22, 600)
	truth := func(s *site) func(int) bool { return func(i int) bool { return s.y[i] } }
	prior := adapt.DefaultPrior()
	prior.Columns, prior.Grams = first.labelled(t, 60, 1, truth(first)).SiteWeights(&prior)

	state := second.labelled(t, 4, 1, truth(second))
	plain, learned := second.scores(state.Adjuster()), second.scores(state.AdjusterWith(&prior))
	a, b := second.recall(plain, 0.05), second.recall(learned, 0.05)
	t.Logf("recall with four labels: %.3f, and with what another site taught %.3f", a, b)
	if b < a+0.1 {
		t.Error("the other site taught nothing")
	}
	same := adapt.DefaultPrior()
	for i, z := range second.scores(state.AdjusterWith(&same)) {
		if z != plain[i] {
			t.Fatalf("row %d: %g with the prior given, %g without", i, z, plain[i])
		}
	}

	for i := range prior.Grams {
		prior.Grams[i] = 1e6
	}
	before := second.scores(nil)
	for i, z := range second.scores(state.AdjusterWith(&prior)) {
		if !(math.Abs(z-before[i]) <= state.Bound()+1e-9) {
			t.Fatalf("row %d moved by %g, more than %g", i, z-before[i], state.Bound())
		}
	}
	if c, g := adapt.New(first.model).SiteWeights(&prior); c != nil || g != nil {
		t.Error("weights without a label")
	}
}
