package feature

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSketchError(t *testing.T) {
	tl := newTally()
	rng := rand.New(rand.NewPCG(3, 4))
	for _, tt := range []struct {
		n    int
		mean float64 // allowed error of the mean over sketches, as a share
	}{{0, 0}, {1, 0.01}, {2, 0.02}, {5, 0.03}, {20, 0.05}, {60, 0.06}, {100, 0.12}, {300, 0.25}, {1000, 0.25}, {3000, 0.35}} {
		var sum float64
		const trials = 200
		for range trials {
			s := make([]uint64, sketchWords)
			for range tt.n {
				item := rng.Uint64()
				mark(s, item)
				mark(s, item) // a second time changes nothing
			}
			if math.Abs(float64(tl.log1p(s))-math.Log1p(float64(tl.count(s)))) > 1e-5 {
				t.Fatalf("log1p %g of count %g", tl.log1p(s), tl.count(s))
			}
			sum += float64(tl.count(s))
		}
		if mean := sum / trials; math.Abs(mean-float64(tt.n)) > tt.mean*float64(tt.n) {
			t.Errorf("%d distinct items: %.1f on average", tt.n, mean)
		}
	}
}

func TestSketchNeverShrinks(t *testing.T) {
	tl := newTally()
	rng := rand.New(rand.NewPCG(5, 6))
	s := make([]uint64, sketchWords)
	var last float32
	for i := range 20000 {
		mark(s, rng.Uint64())
		if n := tl.log1p(s); n < last {
			t.Fatalf("item %d: %g after %g", i, n, last)
		} else {
			last = n
		}
	}
	if n := math.Expm1(float64(last)); n < 4000 {
		t.Errorf("a full sketch reads %.0f", n)
	}
}

func TestSketchWindow(t *testing.T) {
	w := newWindows(layout{slow: window1h, sketches: []uint{window1m}}, 4)
	tl := newTally()
	var v view
	at := func(n int64) float32 { // in windows, from a window's start
		w.visit(&v, 1, n<<window1m)
		return tl.count(v.sketch(0))
	}
	at(0)
	v.mark(0, 11)
	if got := at(1); got < 0.9 || got > 1.1 {
		t.Errorf("one window later: %g items, want 1", got)
	}
	v.mark(0, 22222222222222)
	if got := at(2); got < 0.9 || got > 1.1 {
		t.Errorf("the first item is two windows old: %g items, want 1", got)
	}
	if got := at(9); got != 0 {
		t.Errorf("much later: %g items, want 0", got)
	}
	w.visit(&v, 1, 5<<window1m) // late by more than the window
	v.mark(0, 33)
	if got := at(9); got != 0 {
		t.Errorf("an item too late for the window was counted: %g", got)
	}
}
