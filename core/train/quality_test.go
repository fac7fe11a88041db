package train

import (
	"testing"

	"github.com/tiercel/tiercel/core/learner"
)

// TestRealQuality holds the tree learners and the novelty learners to the AUROC
// of scikit-learn's and xgboost's counterparts on public data, less .004 for
// the novelty learner's seed and .002 for the others.
func TestRealQuality(t *testing.T) {
	fitters := []struct {
		name  string
		slack float64
		fit   func(d *Data) (learner.Learner, error)
	}{
		{"trees", .002, func(d *Data) (learner.Learner, error) {
			return FitTrees(d, allColumns(d.D), TreesOptions{})
		}},
		{"boosted", .002, func(d *Data) (learner.Learner, error) {
			return FitBoosted(d, allColumns(d.D), TreesOptions{Trees: 200})
		}},
		{"forest", .002, func(d *Data) (learner.Learner, error) {
			return FitForest(d, allColumns(d.D), ForestOptions{})
		}},
		{"isolation", .004, func(d *Data) (learner.Learner, error) {
			return FitIsolation(d, allColumns(d.D), IsolationOptions{})
		}},
		{"histogram", .004, func(d *Data) (learner.Learner, error) {
			return FitHistogram(d, allColumns(d.D), HistogramOptions{})
		}},
	}
	for _, set := range realSets {
		fit, test := set.load(t)
		for _, f := range fitters {
			l, err := f.fit(fit)
			if err != nil {
				t.Fatal(err)
			}
			auroc, r1, r01 := measure(t, l, test)
			t.Logf("%-10s %-10s AUROC %.4f (anchor %.4f), recall at 1 %% %.3f, at 0.1 %% %.3f",
				set.name, f.name, auroc, set.anchor[f.name], r1, r01)
			if auroc < set.anchor[f.name]-f.slack {
				t.Errorf("%s on %s: AUROC %.4f, anchor %.4f", f.name, set.name, auroc, set.anchor[f.name])
			}
		}
	}
}
