package adapt_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tiercel/tiercel/core/adapt"
)

// siteRates draws n records: a share of attacks, whose evidence is high, and
// normal ones whose evidence is stretch times that of the calibration. It
// returns the share of false alarms at a budget, of the model and of the site,
// over the second half, and the site's recall there.
func siteRates(seed uint64, n int, stretch, attacks, budget float64) (model, site, recall float64) {
	r := rand.New(rand.NewPCG(seed, 1))
	var rates adapt.Rates
	var normal, threats, alarmModel, alarmSite, found float64
	for i := range n {
		attack := r.Float64() < attacks
		e := stretch * r.ExpFloat64()
		if attack {
			e = stretch * (12 + 6*r.ExpFloat64())
		}
		rate := math.Exp(-min(e, 90))
		own := rates.Observe(rate)
		switch {
		case i < n/2:
		case attack:
			threats++
			if own <= budget {
				found++
			}
		default:
			normal++
			if rate <= budget {
				alarmModel++
			}
			if own <= budget {
				alarmSite++
			}
		}
	}
	return alarmModel / normal, alarmSite / normal, found / max(threats, 1)
}

// A budget holds on a site as on the calibration, attacked or not: rates of a wider
// site rise, those of a quieter one fall as far as they may.
func TestRatesOfASite(t *testing.T) {
	for _, c := range []struct {
		name             string
		stretch, attacks float64
		least, most      float64 // false alarms for a budget of 1 %
		recall           float64
	}{
		{"as calibrated", 1, 0, 0.008, 0.012, 0},
		{"wider", 1.7, 0, 0.008, 0.026, 0},
		{"quieter", 0.6, 0, 0.004, 0.012, 0},
		{"as calibrated, a few attacks", 1, 0.01, 0.008, 0.012, 0.99},
		{"as calibrated, attacked", 1, 0.1, 0.005, 0.015, 0.99},
		{"wider, attacked", 1.7, 0.1, 0.008, 0.026, 0.99},
		{"wider, under heavy attack", 1.7, 0.3, 0.008, 0.08, 0.99},
		{"quieter, a few attacks", 0.6, 0.01, 0.004, 0.012, 0.99},
		{"quieter, attacked", 0.6, 0.2, 0.002, 0.012, 0.99},
	} {
		t.Run(c.name, func(t *testing.T) {
			model, site, recall := siteRates(7, 40_000, c.stretch, c.attacks, 0.01)
			t.Logf("false alarms at 1 %%: %.2f %% by the model, %.2f %% by the site; recall %.2f", 100*model, 100*site, recall)
			if site > c.most || site < c.least {
				t.Errorf("the site realises %.2f %% for 1 %%, want %.2f to %.2f", 100*site, 100*c.least, 100*c.most)
			}
			if recall < c.recall {
				t.Errorf("recall %.2f", recall)
			}
		})
	}
}

// Attacks that the model is hardly sure of are not taken for the tail of a site whose
// other records say that it has none.
func TestRatesKeepWeakAttacks(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	var rates adapt.Rates
	var found, attacks float64
	for i := range 40_000 {
		if r.Float64() >= 0.1 {
			rates.Observe(math.Exp(-0.5 * r.ExpFloat64()))
			continue
		}
		if own := rates.Observe(math.Exp(-4.7 - 2*r.Float64())); i > 20_000 {
			attacks++
			if own <= 0.01 {
				found++
			}
		}
	}
	if found < 0.95*attacks {
		t.Errorf("%.0f of %.0f attacks are left", found, attacks)
	}
}

// What was kept goes on as if it never had been, from anywhere.
func TestRatesState(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var whole, parts adapt.Rates
	for i := range 200_000 {
		rate := math.Exp(-1.3 * r.ExpFloat64())
		if a, b := whole.Observe(rate), parts.Observe(rate); a != b {
			t.Fatalf("record %d: %g and %g", i, a, b)
		}
		if i%997 == 0 {
			state := parts.State()
			parts = adapt.Rates{}
			if err := parts.Restore(state); err != nil {
				t.Fatal(err)
			}
		}
	}
	state := whole.State()
	for name, bad := range map[string]func(s []float64) []float64{
		"short":                 func(s []float64) []float64 { return s[1:] },
		"negative":              func(s []float64) []float64 { s[7] = -1; return s },
		"no number":             func(s []float64) []float64 { s[7] = math.NaN(); return s },
		"more since than there": func(s []float64) []float64 { s[len(s)-1] = 1e4; return s },
	} {
		if whole.Restore(bad(append([]float64(nil), state...))) == nil {
			t.Errorf("%s: taken for a state", name)
		}
	}
}

// Nobody can move a rate further than the bound, whatever fills the log.
func TestRatesAreBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, flood := range []func() float64{
		func() float64 { return 1e-30 },
		func() float64 { return 1 },
		func() float64 { return 1e-3 },
		func() float64 { return math.Exp(-8 * r.Float64()) },
		func() float64 { return math.NaN() },
		func() float64 { return 0 },
	} {
		var rates adapt.Rates
		for range 3000 {
			rates.Observe(flood())
		}
		last := 2.0
		for e := 0.0; e < 60; e += 0.05 {
			rate := math.Exp(-e)
			got := rates.Rate(rate)
			if !(got <= rate*adapt.RatesMost*1.0001 && got >= rate/adapt.RatesLess*0.9999 && got <= 1) {
				t.Fatalf("rate %g became %g", rate, got)
			}
			if got > last {
				t.Fatalf("rate %g is above that of a lower score: %g, %g", rate, got, last)
			}
			last = got
		}
	}
}

func TestDrift(t *testing.T) {
	const level = 0.01
	watch := func(seed uint64, n int, share func(i int) float64) adapt.Since {
		r := rand.New(rand.NewPCG(seed, 3))
		d := adapt.Drift{Level: level}
		for i := range n {
			rate := 0.5
			if r.Float64() < share(i) {
				rate = level / 2
			}
			d.Observe(rate, int64(i+2))
		}
		return d.Since()
	}
	for seed := range uint64(5) {
		if s := watch(seed, 100_000, func(int) float64 { return 3 * level }); s.Record != 0 {
			t.Errorf("three times the expected share is called unlike: %+v", s)
		}
		s := watch(seed, 20_000, func(i int) float64 {
			if i < 10_000 {
				return level
			}
			return 0.4
		})
		if s.Record < 9_990 || s.Record > 10_100 || s.Line != s.Record+1 || s.Share < 0.25 {
			t.Errorf("a change after 10,000 records was found as %+v", s)
		}
		if s := watch(seed, 60_000, func(i int) float64 {
			if i >= 10_000 && i < 10_300 {
				return 1
			}
			return level
		}); s.Record != 0 {
			t.Errorf("a burst of 300 records is called a change: %+v", s)
		}
	}
}

// A watch that was kept goes on as if it never had been.
func TestDriftState(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	rate := func(i int) float64 {
		if r.Float64() < float64(i)/4000 {
			return 0.005
		}
		return 0.5
	}
	a := adapt.Drift{Level: 0.01}
	for i := range 3000 {
		a.Observe(rate(i), int64(i))
		if i%97 != 0 {
			continue
		}
		b := adapt.Drift{Level: 0.01}
		if err := b.Restore(a.State()); err != nil {
			t.Fatal(err)
		}
		if a.Since() != b.Since() || a != b {
			t.Fatalf("record %d: %+v became %+v", i, a, b)
		}
	}
	if a.Since().Record == 0 {
		t.Error("no drift was found")
	}
	other := adapt.Drift{Level: 0.5}
	if err := other.Restore(a.State()); err != nil || other != (adapt.Drift{Level: 0.5}) {
		t.Errorf("a watch of another level went on: %v, %+v", err, other)
	}
	bad := a.State()
	bad[4] = math.NaN()
	for _, state := range [][]float64{nil, bad, a.State()[1:]} {
		if other.Restore(state) == nil {
			t.Errorf("%v was taken for a state", state)
		}
	}
}

func BenchmarkRates(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	rates := make([]float64, 4096)
	for i := range rates {
		rates[i] = math.Exp(-r.ExpFloat64())
	}
	var site adapt.Rates
	for i := range b.N {
		site.Observe(rates[i%len(rates)])
	}
}
