package learner_test

import (
	"math"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/learnertest"
)

// newBayes reads a numeric column with densities N(0,1) and N(2,1), whose log
// ratio is 2x - 2, and a one-hot column.
func newBayes(t testing.TB) *learner.Bayes {
	l, err := learner.NewBayes(learner.Info{ID: "bayes", Columns: []int{1, 0}}, plain(2),
		[]float32{-2, 2, 0, 0.5, -1.5, 0}, 0.25)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestBayes(t *testing.T) {
	cases := []struct {
		name string
		row  []float32
		want float32
	}{
		{"both densities level", []float32{0, 1}, 0.25 + 0.5 + 0},
		{"nearer to the threats", []float32{1, 2}, 0.25 - 1 + 2},
		{"missing says nothing", []float32{nan, nan}, 0.25},
		{"one column is bounded", []float32{0, 100}, 0.25 + 0.5 + learner.MaxRatio},
		{"both ways", []float32{0, float32(math.Inf(-1))}, 0.25 + 0.5 - learner.MaxRatio},
	}
	l := newBayes(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got [1]float32
			if err := l.Score(got[:], rows(2, c.row...)); err != nil {
				t.Fatal(err)
			}
			if got[0] != c.want {
				t.Errorf("scores %v, want %v", got[0], c.want)
			}
		})
	}
}

func TestBayesConforms(t *testing.T) {
	learnertest.Run(t, newBayes(t), rows(2, 1, 2, 0, -3, nan, 5))
}

func TestBayesRefuses(t *testing.T) {
	info := learner.Info{ID: "bayes", Columns: []int{0}}
	cases := []struct {
		name  string
		ratio []float32
		bias  float32
	}{
		{"too few ratios", []float32{1, 2}, 0},
		{"a ratio that is NaN", []float32{1, 2, nan}, 0},
		{"an infinite bias", []float32{1, 2, 3}, float32(math.Inf(1))},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := learner.NewBayes(info, plain(1), c.ratio, c.bias); err == nil {
				t.Error("not refused")
			}
		})
	}
}
