package train

import (
	"math"
	"math/rand/v2"
	"testing"
)

// logisticSample draws scores and labels whose log-odds are a + b x.
func logisticSample(n int, seed uint64, a, b float64) (x []float32, y []uint8) {
	r := rand.New(rand.NewPCG(seed, 1))
	for range n {
		v := r.NormFloat64()
		var label uint8
		if r.Float64() < 1/(1+math.Exp(-(a+b*v))) {
			label = 1
		}
		x, y = append(x, float32(v)), append(y, label)
	}
	return x, y
}

func TestFitCalibrationRecoversTruth(t *testing.T) {
	x, y := logisticSample(20000, 1, -1, 2)
	c, err := FitCalibration(x, y, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []float64{-1.5, -0.5, 0, 0.5, 1, 1.5} {
		want := 1 / (1 + math.Exp(-(-1 + 2*v)))
		if got := c.P(v); math.Abs(got-want) > 0.03 {
			t.Errorf("P(%g) = %.3f, the truth is %.3f", v, got, want)
		}
	}
	// Probabilities of rows it has not seen are as good as the truth's.
	x, y = logisticSample(20000, 2, -1, 2)
	p, truth := make([]float64, len(x)), make([]float64, len(x))
	for i, v := range x {
		p[i], truth[i] = c.P(float64(v)), 1/(1+math.Exp(-(-1+2*float64(v))))
	}
	if got, best := LogLoss(p, y, nil), LogLoss(truth, y, nil); got > best+0.003 {
		t.Errorf("log-loss %.4f, the truth has %.4f", got, best)
	}
}

// TestFitCalibrationFollowsShape uses a step that no logistic curve fits.
func TestFitCalibrationFollowsShape(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var x []float64
	var y []uint8
	for range 20000 {
		v := r.Float64() * 10
		share := 0.1
		if v > 8 {
			share = 0.7
		}
		var label uint8
		if r.Float64() < share {
			label = 1
		}
		x, y = append(x, v), append(y, label)
	}
	c, err := FitCalibration(x, y, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct{ at, want float64 }{{2, 0.1}, {5, 0.1}, {7, 0.1}, {9, 0.7}} {
		if got := c.P(s.at); math.Abs(got-s.want) > 0.06 {
			t.Errorf("P(%g) = %.3f, want %.2f", s.at, got, s.want)
		}
	}
}

func TestFitCalibrationHandlesTheOdd(t *testing.T) {
	nan := float32(math.NaN())
	inf := float32(math.Inf(1))
	separate := func(n int) (x []float32, y []uint8) {
		for i := range n {
			x, y = append(x, float32(i)), append(y, uint8(2*i/n))
		}
		return x, y
	}
	sx, sy := separate(1000)
	for _, c := range []struct {
		name string
		x    []float32
		y    []uint8
		ok   bool
	}{
		{"two rows", []float32{0, 1}, []uint8{0, 1}, true},
		{"constant", []float32{3, 3, 3, 3}, []uint8{0, 1, 0, 1}, true},
		{"constant zero", []float32{0, 0}, []uint8{0, 1}, true},
		{"upside down", []float32{5, 4, 3, 2, 1, 0}, []uint8{0, 0, 0, 1, 1, 1}, true},
		{"separable", sx, sy, true},
		{"missing among them", []float32{nan, 0, 1, nan}, []uint8{1, 0, 1, 0}, true},
		{"infinite among them", []float32{inf, 0, 1, -inf}, []uint8{1, 0, 1, 0}, true},
		{"huge", []float32{-3e38, 0, 3e38, 1}, []uint8{0, 0, 1, 1}, true},
		{"tiny", []float32{0, 1e-45, 2e-45, 3e-45}, []uint8{0, 0, 1, 1}, true},
		{"no attack has a score", []float32{nan, 0, 1}, []uint8{1, 0, 0}, false},
		{"one class", []float32{0, 1}, []uint8{0, 0}, false},
		{"nothing", nil, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := FitCalibration(c.x, c.y, nil)
			if (err == nil) != c.ok {
				t.Fatalf("error %v", err)
			}
			lo, hi := -1.0, 1.0
			if c.name == "huge" {
				lo, hi = -1e38, 1e38 // 1 is below the last place there
			}
			if err == nil && !(got.LogOdds(lo) < got.LogOdds(hi)) {
				t.Errorf("does not rise: %v", got)
			}
		})
	}
}

// TestFitCalibrationWeighs checks that doubling a row and weighing it twice are
// the same.
func TestFitCalibrationWeighs(t *testing.T) {
	x, y := logisticSample(2000, 5, 0, 1)
	w := make([]float32, len(x))
	var dx []float32
	var dy []uint8
	for i := range x {
		w[i] = float32(1 + i%2)
		for range 1 + i%2 {
			dx, dy = append(dx, x[i]), append(dy, y[i])
		}
	}
	a, err := FitCalibration(x, y, w)
	if err != nil {
		t.Fatal(err)
	}
	b, err := FitCalibration(dx, dy, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []float64{-1, 0, 1} {
		if d := math.Abs(a.P(v) - b.P(v)); d > 0.02 {
			t.Errorf("at %g weights and copies differ by %g", v, d)
		}
	}
}
