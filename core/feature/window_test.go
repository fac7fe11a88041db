package feature

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestDamp(t *testing.T) {
	for _, dt := range []int64{0, 1, 1e6, 1e9, 8.6e9, 60e9, 3600e9, 86400e9} {
		for _, slow := range []uint{window1h, window10h} {
			d := damp(dt, math.Ldexp(1, -int(slow)))
			for r := range d {
				half := math.Ldexp(1, int(slow)-3*(rates-1-r))
				want := math.Exp2(-float64(dt) / half)
				if got := float64(d[r]); math.Abs(got-want) > 2e-4*want+1e-12 {
					t.Errorf("damp(%d, %d)[%d] = %g, want %g", dt, slow, r, got, want)
				}
			}
		}
	}
}

func TestCurve(t *testing.T) {
	c := newCurve()
	last := float32(-1)
	for x := float32(0); x < 1e9; x = x*1.0007 + 1e-4 {
		got := c.log1p(x)
		if want := math.Log1p(float64(x)); math.Abs(float64(got)-want) > 1.2e-5+1e-6*want {
			t.Fatalf("log1p(%g) = %g, want %g", x, got, want)
		}
		if got < last {
			t.Fatalf("log1p decreases at %g: %g after %g", x, got, last)
		}
		last = got
	}
}

func TestDampedCount(t *testing.T) {
	// At one event a second a count of half-life h settles at h/ln 2 seconds.
	w := newWindows(layout{slow: window1h, counts: 1}, 4)
	var v view
	var now int64
	for range 20000 {
		now += 1e9
		w.visit(&v, 7, now)
		v.add(0, 1)
	}
	for r, half := range []float64{1 << 33, 1 << 36, 1 << 39, 1 << 42} {
		want := half / 1e9 / math.Ln2 * (1 - math.Exp2(-20000e9/half))
		if got := float64(v.count(0, r)); math.Abs(got-want) > 0.6 {
			t.Errorf("rate %d settles at %.2f, want %.2f", r, got, want)
		}
	}
	const later = 549755813888 // half a window9m's own half-life: 2^39 ns
	if got, want := w.peek(7, now+later, 0, 2), v.count(0, 2)/2; math.Abs(float64(got-want)) > 1e-3 {
		t.Errorf("peek one half-life later = %g, want %g", got, want)
	}
	if got := w.peek(8, now, 0, 2); got != 0 {
		t.Errorf("peek of an unknown key = %g", got)
	}
}

func TestLateEvents(t *testing.T) {
	// The count is the same whatever the order in which events arrive.
	times := []int64{0, 5e9, 9e9, 9e9, 40e9, 100e9}
	count := func(order []int) damping {
		w := newWindows(layout{slow: window1h, counts: 1}, 4)
		var v view
		for _, i := range order {
			w.visit(&v, 1, times[i])
			v.add(0, 1)
		}
		return damping{v.count(0, 0), v.count(0, 1), v.count(0, 2), v.count(0, 3)}
	}
	want := count([]int{0, 1, 2, 3, 4, 5})
	got := count([]int{5, 0, 4, 2, 1, 3})
	for r := range want {
		if math.Abs(float64(got[r]-want[r])) > 1e-4 {
			t.Errorf("rate %d: %g out of order, %g in order", r, got[r], want[r])
		}
	}
}

func TestTimeGoesBack(t *testing.T) {
	w := newWindows(layout{slow: window1h, counts: 1, sketches: []uint{window1h}}, 4)
	var v view
	w.visit(&v, 1, 4e18) // one absurd time stamp
	v.add(0, 1)
	v.mark(0, 99)
	w.visit(&v, 1, 1e18)
	if !v.fresh || v.count(0, 3) != 0 || v.sketch(0)[0] != 0 {
		t.Errorf("the window did not start afresh: %v %v", v.f, v.words)
	}
	v.add(0, 1)
	w.visit(&v, 1, 1e18+1e9)
	if v.fresh || v.count(0, 3) < 0.9 {
		t.Errorf("the window does not count after a restart: %v", v.f)
	}
}

func TestWindowsForgetTheOldest(t *testing.T) {
	// Against a plain model: a map and the order of use.
	const limit = 100
	w := newWindows(layout{slow: window1h, counts: 1}, limit)
	rng := rand.New(rand.NewPCG(1, 2))
	var v view
	want := map[uint64]float32{}
	var order []uint64
	for i := range 20000 {
		// Few distinct high halves: long probe runs in the index.
		key := uint64(rng.IntN(150))<<1 | uint64(rng.IntN(3))<<32 | 1
		if _, known := want[key]; known {
			for j, k := range order {
				if k == key {
					order = append(order[:j], order[j+1:]...)
					break
				}
			}
		} else if len(order) == limit {
			delete(want, order[0])
			order = order[1:]
		}
		order = append(order, key)
		want[key]++
		w.visit(&v, key, 0)
		v.add(0, 1)
		if v.count(0, 0) != want[key] {
			t.Fatalf("step %d: key %x counts %g, want %g", i, key, v.count(0, 0), want[key])
		}
	}
	for slot, i := w.oldest, 0; slot != none; slot, i = w.entries[slot].newer, i+1 {
		if w.entries[slot].key != order[i] {
			t.Fatalf("place %d from the oldest holds %x, want %x", i, w.entries[slot].key, order[i])
		}
	}
	if len(w.entries) != limit || cap(w.entries) > limit {
		t.Errorf("%d windows in room for %d, the limit is %d", len(w.entries), cap(w.entries), limit)
	}
}
