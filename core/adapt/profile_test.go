package adapt_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/feature"
)

// shop draws the shapes of an ordinary request: one of ten pages, each with two
// parameters of its own.
func shop(r *rand.Rand) []feature.Shape {
	page := 1 + r.Uint64N(10)
	return request(page, 1<<r.UintN(3), 1<<(feature.LookLengths+r.UintN(3)))
}

// request returns the shapes of a request for a page whose first parameter has
// these kinds of bytes and this length.
func request(page uint64, kinds, length uint32) []feature.Shape {
	return []feature.Shape{
		{Place: 1, Item: page},
		{Place: 100 + page, Item: 1},
		{Place: 1000 + page, Looks: kinds | length},
		{Place: 2000 + page, Looks: 1 | 1<<feature.LookLengths},
	}
}

// odd is a request with bytes where the shop never has any.
func odd() []feature.Shape { return request(3, 1<<10, 1<<(feature.LookLengths+1)) }

// browse has the profile read n ordinary requests of so many sources, and returns
// the share that the profile alone ranks among the first hundredth.
func browse(p *adapt.Profile, r *rand.Rand, n int, sources uint64) float64 {
	var first float64
	for range n {
		source := uint64(0)
		if sources > 0 {
			source = feature.HashPair(7, r.Uint64N(sources))
		}
		if p.Observe(shop(r), source, 0.9) <= 0.01 {
			first++
		}
	}
	return first / float64(n)
}

func TestProfile(t *testing.T) {
	for _, sources := range []uint64{0, 2, 500} {
		r := rand.New(rand.NewPCG(1, sources))
		var p adapt.Profile
		if got := p.Observe(odd(), 1, 0.9); got != 0.9 {
			t.Errorf("%d sources: the first request of all has rate %g", sources, got)
		}
		browse(&p, r, 8000, sources)
		if f := browse(&p, r, 4000, sources); f > 0.03 {
			t.Errorf("%d sources: %.1f %% of ordinary requests are odd", sources, 100*f)
		}
		if got := p.Observe(odd(), 1, 0.9); got > 0.01 {
			t.Errorf("%d sources: bytes never seen there have rate %g", sources, got)
		}
		if got := p.Observe(request(77, 1, 1<<feature.LookLengths), 1, 0.9); got > 0.01 {
			t.Errorf("%d sources: a page never seen has rate %g", sources, got)
		}
		if got := p.Observe(nil, 1, 0.3); got != 0.3 {
			t.Errorf("%d sources: a record without shapes has rate %g", sources, got)
		}
	}
}

// What one source repeats stays odd; what many sources do becomes ordinary.
func TestProfileRepeated(t *testing.T) {
	attacked := func(sources uint64) float64 {
		r := rand.New(rand.NewPCG(2, 2))
		var p adapt.Profile
		browse(&p, r, 4000, 300)
		for range 1000 {
			p.Observe(odd(), feature.HashPair(9, r.Uint64N(sources)), 0.9)
			browse(&p, r, 3, 300)
		}
		return p.Observe(odd(), 1, 0.9)
	}
	if got := attacked(1); got > 0.02 {
		t.Errorf("an attack that one source repeated a thousand times has rate %g", got)
	}
	if got := attacked(400); got < 0.1 {
		t.Errorf("what 400 sources do has rate %g", got)
	}
}

// What every source does now and then is not odd though every source does other
// things too: "/" among paths with letters.
func TestProfileOfWhatIsLacking(t *testing.T) {
	for _, sources := range []uint64{0, 300, 3000} {
		r := rand.New(rand.NewPCG(6, sources))
		var p adapt.Profile
		path := func(letters uint32) []feature.Shape {
			return []feature.Shape{{Place: 1, Item: uint64(letters) + 1}, {Place: 2, Looks: letters<<1 | 1<<feature.LookLengths}}
		}
		var odd, roots float64
		for i := range 12_000 {
			source, letters := uint64(0), uint32(1)
			if sources > 0 {
				source = feature.HashPair(7, r.Uint64N(sources))
			}
			if r.IntN(14) == 0 {
				letters = 0
			}
			got := p.Observe(path(letters), source, 0.9)
			if letters == 0 && i > 500 {
				roots++
				if got < 0.01 {
					odd++
				}
			}
		}
		if odd > 0 {
			t.Errorf("%d sources: %g of %g requests for the root are odd", sources, odd, roots)
		}
	}
}

// A model that would alarm at most of a site's first requests is a stranger there:
// requests are ranked among each other, by what both say. Once it has known the site
// no flood makes it a stranger, nor do few sources ever.
func TestProfileOfAStranger(t *testing.T) {
	for _, c := range []struct {
		name            string
		sources         uint64
		calm, flood     int     // ordinary requests before, then requests at an alarming rate
		share           float64 // of these that alarm
		strange, learnt bool
	}{
		{"nobody known", 0, 0, 4000, 1, true, true},
		{"many sources", 3000, 0, 4000, 1, true, true},
		{"few sources", 50, 0, 4000, 1, false, false},
		{"half of them", 0, 0, 4000, 0.5, false, false},
		{"after a calm start", 0, 600, 4000, 1, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(4, c.sources))
			var p adapt.Profile
			source := func() uint64 {
				if c.sources == 0 {
					return 0
				}
				return feature.HashPair(7, r.Uint64N(c.sources))
			}
			for range c.calm {
				p.Observe(shop(r), source(), 0.9)
			}
			var alarms float64
			for i := range c.flood {
				rate := 0.9
				if r.Float64() < c.share {
					rate = 1e-3 * (1 - r.Float64())
				}
				if got := p.Observe(shop(r), source(), rate); got <= 0.01 && i >= c.flood/2 {
					alarms++
				}
			}
			if got := p.Strange(); got != c.strange {
				t.Fatalf("strange: %v", got)
			}
			if share := alarms / float64(c.flood/2); (share < 0.05) != c.learnt {
				t.Errorf("%.1f %% of the site's requests alarm", 100*share)
			}
			if c.strange {
				if got := p.Observe(odd(), 1, 1e-3); got > 0.01 {
					t.Errorf("bytes never seen there have rate %g", got)
				}
				for range 3000 { // known at last
					p.Observe(shop(r), source(), 0.9)
				}
				if p.Strange() {
					t.Error("strange although nothing alarms any more")
				}
			}
		})
	}
}

// What the tiers are sure of is not learnt, however often it comes.
func TestProfileDoesNotLearnAttacks(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var p adapt.Profile
	browse(&p, r, 4000, 0)
	for range 2000 {
		p.Observe(odd(), 0, 1e-4)
	}
	if got := p.Observe(odd(), 0, 0.9); got > 0.01 {
		t.Errorf("rate %g after 2000 attacks that the tiers knew", got)
	}
}

// No rate rises, none falls below the bound, whatever comes.
func TestProfileIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var p adapt.Profile
	for i := range 60_000 {
		shapes := shop(r)
		if i%3 == 0 { // a flood of places
			for n := range shapes {
				shapes[n].Place = r.Uint64() | 1
			}
		}
		rate := r.Float64()
		got := p.Observe(shapes, r.Uint64(), rate)
		if got > rate || got < min(rate, 1)/adapt.ProfileMost {
			t.Fatalf("request %d: rate %g became %g", i, rate, got)
		}
	}
}

// A profile that was kept goes on as if it never had been.
func TestProfileState(t *testing.T) {
	for name, rate := range map[string]float64{"known": 0.9, "strange": 1e-3} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(5, 5))
			var p, q adapt.Profile
			for range 20_000 {
				p.Observe(shop(r), r.Uint64N(2000), rate*r.Float64())
			}
			if p.Strange() != (name == "strange") {
				t.Fatalf("strange: %v", p.Strange())
			}
			kept := p.AppendTo(nil)
			if err := q.Restore(kept); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(q.AppendTo(nil), kept) {
				t.Fatal("the state changed on its way")
			}
			for i := range 20_000 {
				shapes, source := shop(r), r.Uint64N(90)
				if a, b := p.Observe(shapes, source, rate/2), q.Observe(shapes, source, rate/2); a != b {
					t.Fatalf("request %d: %g and %g", i, a, b)
				}
			}
			for cut := range len(kept) / 1000 {
				if q.Restore(kept[:cut*1000]) == nil {
					t.Fatalf("the first %d bytes were taken for a state", cut*1000)
				}
			}
			if q.Restore(append(kept, 0)) == nil {
				t.Error("a byte too many was taken")
			}
		})
	}
}

func FuzzProfileRestore(f *testing.F) {
	var p adapt.Profile
	browse(&p, rand.New(rand.NewPCG(6, 6)), 200, 5)
	f.Add(p.AppendTo(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p adapt.Profile
		if p.Restore(data) != nil {
			return
		}
		if again := p.AppendTo(nil); len(again) > len(data) {
			t.Errorf("%d bytes became %d", len(data), len(again))
		}
		p.Observe(odd(), 1, 0.5)
	})
}

func BenchmarkProfile(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 7))
	var p adapt.Profile
	browse(&p, r, 20_000, 300)
	shapes := shop(r)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		p.Observe(shapes, uint64(i%300), 0.5)
	}
}
