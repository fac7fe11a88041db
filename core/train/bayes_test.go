package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tiercel/tiercel/core/learner/learnertest"
)

// On rows drawn from two normal densities and a Bernoulli column, the fitted
// score is the true log-likelihood ratio up to sampling error.
func TestFitBayes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	d := &Data{N: 20000, D: 2}
	for i := range d.N {
		y := uint8(i % 2)
		x := r.NormFloat64()*0.1 - 0.2 // within [-1, 1]: no logarithm
		one := r.Float64() < 0.2
		if y == 1 {
			x = r.NormFloat64()*0.15 + 0.1
			one = r.Float64() < 0.6
		}
		f := float32(0)
		if one {
			f = 1
		}
		d.X = append(d.X, float32(min(max(x, -0.99), 0.99)), f)
		d.Y = append(d.Y, y)
	}
	l, err := FitBayes(d, []int{0, 1}, BayesOptions{})
	if err != nil {
		t.Fatal(err)
	}
	density := func(x, mean, deviation float64) float64 {
		z := (x - mean) / deviation
		return -math.Log(deviation) - z*z/2
	}
	for _, x := range []float64{-0.4, -0.2, 0, 0.1} {
		for _, one := range []float32{0, 1} {
			want := density(x, 0.1, 0.15) - density(x, -0.2, 0.1) + math.Log(0.4/0.8)
			if one == 1 {
				want += math.Log(0.6/0.2) - math.Log(0.4/0.8)
			}
			got := scores(t, l, &Data{N: 1, D: 2, X: []float32{float32(x), one}})[0]
			if math.Abs(float64(got)-want) > 0.15 {
				t.Errorf("x %v, column %v: ratio %.3f, want %.3f", x, one, got, want)
			}
		}
	}
	sample := d.Subset(indices(50))
	b := sample.Batch()
	learnertest.Run(t, l, &b)
}

func TestFitBayesPrior(t *testing.T) {
	d := &Data{N: 4, D: 1, X: []float32{0.5, 0.5, 0.5, 0.5}, Y: []uint8{0, 0, 0, 1}}
	for balance, want := range map[bool]float64{false: math.Log(2.0 / 4), true: 0} {
		l, err := FitBayes(d, []int{0}, BayesOptions{Balance: balance})
		if err != nil {
			t.Fatal(err)
		}
		if got := scores(t, l, d)[0]; math.Abs(float64(got)-want) > 1e-6 {
			t.Errorf("balance %v: %v, want %v", balance, got, want)
		}
	}
}
