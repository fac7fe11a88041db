package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"
)

func sampleTail(t testing.TB) *Tail {
	t.Helper()
	tail, err := NewTail([]float64{0, 1, 2, 3}, []float64{math.Log(0.99), math.Log(0.1), math.Log(0.01), math.Log(0.001)}, 2)
	if err != nil {
		t.Fatal(err)
	}
	return tail
}

func TestTailRate(t *testing.T) {
	tail := sampleTail(t)
	for _, c := range []struct {
		name        string
		score, rate float64
	}{
		{"smallest knot", 0, 0.99},
		{"knot", 1, 0.1},
		{"half way, log-linear", 1.5, math.Sqrt(0.1 * 0.01)},
		{"largest knot", 3, 0.001},
		{"far below", -1e9, 1},
		{"NaN", math.NaN(), math.NaN()},
	} {
		if got := tail.Rate(c.score); math.Abs(got-c.rate) > 1e-9 || (got != got) != (c.rate != c.rate) {
			t.Errorf("%s: rate of %g is %g, want %g", c.name, c.score, got, c.rate)
		}
	}
	// Just beyond the largest score the tail falls as its exponential says.
	if got, want := tail.Rate(3.01)/0.001, math.Exp(-0.02); math.Abs(got-want) > 1e-4 {
		t.Errorf("beyond the largest score the rate falls to %g of it, want %g", got, want)
	}
	if got := tail.Rate(math.Inf(1)); !(got > 0 && got < 1e-42) {
		t.Errorf("rate of +Inf is %g", got)
	}
}

func TestTailStrictlyDecreases(t *testing.T) {
	tail := sampleTail(t)
	last := math.Inf(1)
	for _, x := range []float64{-1e6, -1000, -10, -1, 0, 0.1, 1, 1 + 1e-9, 2.9, 3, 3.001, 10, 100, 1e4, 1e6, 1e9} {
		l := tail.LogOf(x)
		if !(l < last) {
			t.Errorf("log rate at %g is %g, not below %g", x, l, last)
		}
		last = l
	}
}

func TestTailThreshold(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	tails := []*Tail{sampleTail(t)}
	if one, err := NewTail([]float64{5}, []float64{-3}, 0.1); err != nil {
		t.Fatal(err)
	} else {
		tails = append(tails, one)
	}
	for _, tail := range tails {
		for range 2000 {
			rate := math.Exp(-40 * r.Float64() * r.Float64())
			x := tail.Threshold(rate)
			if got := tail.Rate(x); got > rate || got < rate*(1-1e-6) {
				t.Fatalf("threshold of rate %g is %g, whose rate is %g", rate, x, got)
			}
		}
		for _, c := range []struct{ rate, want float64 }{
			{1, math.Inf(-1)},
			{2, math.Inf(-1)},
			{0, math.Inf(1)},
			{-1, math.Inf(1)},
			{1e-50, math.Inf(1)},
			{math.NaN(), math.Inf(1)},
		} {
			if got := tail.Threshold(c.rate); got != c.want {
				t.Errorf("threshold of rate %g is %g, want %g", c.rate, got, c.want)
			}
		}
	}
}

func TestNewTailRefuses(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name  string
		x, l  []float64
		slope float64
	}{
		{"nothing", nil, nil, 1},
		{"too many knots", make([]float64, MaxTailKnots+1), make([]float64, MaxTailKnots+1), 1},
		{"different lengths", []float64{1}, []float64{-1, -2}, 1},
		{"scores equal", []float64{1, 1}, []float64{-1, -2}, 1},
		{"rates rise", []float64{1, 2}, []float64{-2, -1}, 1},
		{"rate of one", []float64{1, 2}, []float64{0, -1}, 1},
		{"rate at the floor", []float64{1, 2}, []float64{-1, -100}, 1},
		{"NaN rate", []float64{1, 2}, []float64{-1, nan}, 1},
		{"slope zero", []float64{1}, []float64{-1}, 0},
		{"slope NaN", []float64{1}, []float64{-1}, nan},
		{"slope infinite", []float64{1}, []float64{-1}, math.Inf(1)},
		{"segment overflows", []float64{0, 5e-324}, []float64{-1, -2}, 1},
	} {
		if _, err := NewTail(c.x, c.l, c.slope); err == nil {
			t.Errorf("%s: accepted", c.name)
		}
	}
}

func BenchmarkTailRate(b *testing.B) {
	tail := sampleTail(b)
	var s float64
	for i := range b.N {
		s += tail.Rate(float64(i&1023)/200 - 1)
	}
	sink = s
}
