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

// Rates of a wider site come close to its budget, those of any other stay the
// model's, attacked or not.
func TestRatesOfASite(t *testing.T) {
	for _, c := range []struct {
		name             string
		stretch, attacks float64
		most             float64 // false alarms for a budget of 1 %
		kept             bool    // the model's own rates stand
	}{
		{"as calibrated", 1, 0, 0.012, true},
		{"wider", 1.7, 0, 0.02, false},
		{"quieter", 0.6, 0, 0.012, true},
		{"as calibrated, attacked", 1, 0.05, 0.012, true},
		{"wider, attacked", 1.7, 0.1, 0.02, false},
		{"wider, under heavy attack", 1.7, 0.3, 0.08, true},
		{"quieter, attacked", 0.6, 0.2, 0.012, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			model, site, recall := siteRates(7, 40_000, c.stretch, c.attacks, 0.01)
			t.Logf("false alarms at 1 %%: %.2f %% by the model, %.2f %% by the site; recall %.2f", 100*model, 100*site, recall)
			if site > c.most || site > model {
				t.Errorf("the site realises %.2f %% for 1 %%", 100*site)
			}
			if kept := site > 0.85*model; kept != c.kept {
				t.Errorf("%.2f %% by the model, %.2f %% by the site; want them alike: %v", 100*model, 100*site, c.kept)
			}
			if c.attacks > 0 && recall < 0.9 {
				t.Errorf("recall %.2f", recall)
			}
		})
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
			if !(got <= rate*adapt.RatesMost*1.0001 && got >= rate && got <= 1) {
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
