package model

import (
	"testing"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/learner"
)

// dominated is a model of two base learners, the second a plugin's, with the
// weights 1-w and w.
func dominated(t *testing.T, w float64) *Model {
	t.Helper()
	curve := func() *ensemble.Calibration {
		c, err := ensemble.NewCalibration([]float64{-8, 8}, []float64{-8, 8})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	convex, err := ensemble.NewConvex([]float64{1 - w, w})
	if err != nil {
		t.Fatal(err)
	}
	// g is the mean itself, but for the rounding of log-odds near its ends.
	identity, err := ensemble.NewCalibration([]float64{0, 0.1, 0.3, 0.5, 0.7, 0.9, 1}, []float64{-6, -2.197, -0.847, 0, 0.847, 2.197, 6})
	if err != nil {
		t.Fatal(err)
	}
	tiers, err := ensemble.NewTiers(
		[]ensemble.Base{
			{Learner: NewAbsent(learner.Info{ID: "own"}), Calibration: curve()},
			{Learner: NewAbsent(learner.Info{ID: "guest"}), Calibration: curve()},
		},
		[]*ensemble.MetaLearner{{Name: "convex", Mixer: convex, Calibration: identity}},
		&ensemble.SuperLearner{Name: "super", Beta: []float64{1}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return &Model{Tiers: tiers, Plugins: []Plugin{{ID: "guest"}}}
}

func TestPolicy(t *testing.T) {
	tests := []struct {
		name   string
		weight float64
		policy Policy
		good   bool
	}{
		{"a small weight", 0.2, Policy{}, true},
		{"a large weight", 0.98, Policy{}, false},
		{"a large weight that is allowed", 0.98, Policy{MaxInfluence: 1}, true},
		{"a small weight that is not", 0.2, Policy{MaxInfluence: 0.1}, false},
		{"a learner of the file", 0.2, Policy{MaxCore: 0.5}, false},
		{"learners of the file are free by default", 0.01, Policy{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := dominated(t, tt.weight)
			if err := tt.policy.Check(m); (err == nil) != tt.good {
				t.Errorf("influences %v: %v", m.Influences(), err)
			}
		})
	}
}
