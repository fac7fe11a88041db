package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"
)

// sampleCalibration has a steep middle and flat ends.
func sampleCalibration(t testing.TB) *Calibration {
	t.Helper()
	c, err := NewCalibration([]float64{-2, -1, 0, 1, 4}, []float64{-6, -5, 0, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// randomCalibration has between 2 and 32 knots anywhere.
func randomCalibration(t testing.TB, r *rand.Rand) *Calibration {
	t.Helper()
	n := 2 + r.IntN(MaxCalibrationKnots-1)
	x, z := make([]float64, n), make([]float64, n)
	at, low := r.NormFloat64()*10, -9*r.Float64()
	for i := range x {
		at += r.ExpFloat64()*3 + 1e-6
		low += (9 - low) * r.Float64() / float64(n)
		x[i], z[i] = at, low+1e-9*float64(i)
	}
	c, err := NewCalibration(x, z)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCalibrationKnots(t *testing.T) {
	c := sampleCalibration(t)
	for i, x := range c.X {
		if got := c.LogOdds(x); got != c.Z[i] {
			t.Errorf("log-odds at knot %g: %g, want %g", x, got, c.Z[i])
		}
	}
	if got := c.LogOdds(-0.5); got != -2.5 {
		t.Errorf("log-odds half way: %g, want -2.5", got)
	}
	if got, want := c.P(0), 0.5; got != want {
		t.Errorf("P(0) = %g, want %g", got, want)
	}
	if got := c.Lipschitz(); got != 5 {
		t.Errorf("Lipschitz = %g, want 5", got)
	}
	if got := c.LogOdds(math.NaN()); got == got {
		t.Errorf("NaN gave %g", got)
	}
	if lo, hi := c.LogOdds(math.Inf(-1)), c.LogOdds(math.Inf(1)); lo != -Clip || hi != Clip {
		t.Errorf("infinities gave %g and %g", lo, hi)
	}
}

// TestCalibrationKeepsRanks checks that float32 scores far beyond the training
// range keep their order: a tie at the top would cost recall.
func TestCalibrationKeepsRanks(t *testing.T) {
	c := sampleCalibration(t)
	for _, start := range []float32{4, 5, 50, 1000, 1e5, 1e6} {
		for _, x := range []float32{start, -start} {
			next := math.Nextafter32(x, float32(math.Inf(1)))
			if a, b := c.LogOdds(float64(x)), c.LogOdds(float64(next)); !(a < b) {
				t.Errorf("%g and the next float32 both give %g", x, a)
			}
			if a, b := c.P(float64(x)), c.P(float64(x)+float64(start)/10); !(a < b) {
				t.Errorf("%g: probabilities %g and %g do not rise", x, a, b)
			}
		}
	}
}

func TestCalibrationMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		c := randomCalibration(t, r)
		l := c.Lipschitz()
		for range 200 {
			a := r.NormFloat64() * 30
			if r.IntN(3) == 0 { // just beside a knot, where segments meet
				a = math.Nextafter(c.X[r.IntN(len(c.X))], math.Inf(1-2*r.IntN(2)))
			}
			b := a + r.ExpFloat64()*math.Pow(10, -12*r.Float64())
			za, zb := c.LogOdds(a), c.LogOdds(b)
			if za > zb || za <= -Clip || zb >= Clip {
				t.Fatalf("log-odds %g at %g, %g at %g", za, a, zb, b)
			}
			if zb-za > l*(b-a)*(1+1e-9)+1e-12 {
				t.Fatalf("slope %g between %g and %g is above the bound %g", (zb-za)/(b-a), a, b, l)
			}
		}
	}
}

func TestNewCalibrationRefuses(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	long := make([]float64, MaxCalibrationKnots+1)
	for i := range long {
		long[i] = float64(i) / 10
	}
	for _, c := range []struct {
		name string
		x, z []float64
	}{
		{"nothing", nil, nil},
		{"one knot", []float64{1}, []float64{1}},
		{"too many knots", long, long},
		{"different lengths", []float64{1, 2}, []float64{1, 2, 3}},
		{"score not increasing", []float64{1, 1}, []float64{1, 2}},
		{"log-odds not increasing", []float64{1, 2}, []float64{1, 1}},
		{"NaN score", []float64{1, nan}, []float64{1, 2}},
		{"infinite score", []float64{1, inf}, []float64{1, 2}},
		{"NaN log-odds", []float64{1, 2}, []float64{nan, 2}},
		{"log-odds at the clip", []float64{1, 2}, []float64{1, Clip}},
		{"slope overflows", []float64{0, 5e-324}, []float64{1, 2}},
		{"slope underflows", []float64{-1e308, 1e308}, []float64{0, 1e-300}},
	} {
		if got, err := NewCalibration(c.x, c.z); err == nil {
			t.Errorf("%s: accepted %v", c.name, got)
		}
	}
}

func BenchmarkCalibrationP(b *testing.B) {
	c := sampleCalibration(b)
	var s float64
	for i := range b.N {
		s += c.P(float64(i&1023)/100 - 4)
	}
	sink = s
}

var sink float64
