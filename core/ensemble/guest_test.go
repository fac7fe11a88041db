package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/portable"
)

// silent is a learner of which only the description is asked.
type silent struct{ learner.Learner }

func TestGuestCheck(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		name string
		g    Guest
		ok   bool
	}{
		{"plain", Guest{Learner: silent{}, Low: 0, High: 1}, true},
		{"open", Guest{Learner: silent{}, Low: -inf, High: inf, Reach: 1}, true},
		{"no learner", Guest{Low: 0, High: 1}, false},
		{"empty range", Guest{Learner: silent{}, Low: 1, High: 1}, false},
		{"range not a number", Guest{Learner: silent{}, Low: math.NaN(), High: 1}, false},
		{"reaches too far", Guest{Learner: silent{}, Low: 0, High: 1, Reach: 3}, false},
		{"negative reach", Guest{Learner: silent{}, Low: 0, High: 1, Reach: -1}, false},
	} {
		if err := tt.g.Check(); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A raw score is worth its place in the declared range, never more than the reach.
func TestGuestLogOdds(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		name      string
		low, high float64
		raw       float32
		want      float64 // in units of the reach
	}{
		{"lowest", 0, 1, 0, -1},
		{"middle", 0, 1, 0.5, 0},
		{"highest", 0, 1, 1, 1},
		{"three quarters", -2, 2, 1, 0.5},
		{"whole range of floats", -math.MaxFloat32, math.MaxFloat32, math.MaxFloat32, 1},
		{"open: zero", -inf, inf, 0, 0},
		{"open: one", -inf, inf, 1, 0.5},
		{"open: minus three", -inf, inf, -3, -0.75},
		{"open above: its end", 2, inf, 2, -1},
		{"open above: one unit on", 2, inf, 3, 0},
		{"open above: three units on", 2, inf, 5, 0.5},
		{"open below: its end", -inf, 2, 2, 1},
		{"open below: one unit before", -inf, 2, 1, 0},
		{"outside the range", 0, 1, 7, 1},
	} {
		for _, reach := range []float64{0, 0.5} {
			g := Guest{Learner: silent{}, Low: tt.low, High: tt.high, Reach: reach}
			want := tt.want * GuestReach
			if reach > 0 {
				want = tt.want * reach
			}
			if got := g.LogOdds(tt.raw); math.Abs(got-want) > 1e-9 {
				t.Errorf("%s, reach %g: %g, want %g", tt.name, reach, got, want)
			}
		}
	}
	g := Guest{Learner: silent{}, Low: 0, High: 1}
	if got := g.LogOdds(float32(math.NaN())); got == got {
		t.Errorf("an abstaining guest is worth %g", got)
	}
}

// Lifting divides the rate by no more than e^lift, keeps the order of rows, and
// moves h by no more than GuestInfluence.
func TestLift(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	const n = 4
	for range 50 {
		tiers := randomTiers(t, r, n)
		bound := tiers.GuestInfluence(GuestReach)
		e := tiers.NewEvaluation()
		type step struct{ z, lifted float64 }
		var steps []step
		for range 50 {
			tiers.Evaluate(e, randomRow(r, n))
			if e.Score != e.Score {
				continue
			}
			before := *e
			lift := r.Float64() * GuestReach
			tiers.Lift(e, lift)
			if e.Score < before.Score || e.Rate > before.Rate || e.LogOdds < before.LogOdds {
				t.Fatalf("lifted down: %+v to %+v", before, *e)
			}
			if e.Rate < before.Rate*portable.Exp(-lift)*(1-1e-12) {
				t.Fatalf("rate %g lifted to %g by %g", before.Rate, e.Rate, lift)
			}
			if e.Score-before.Score > bound {
				t.Fatalf("h moved by %g, the bound is %g", e.Score-before.Score, bound)
			}
			full := before
			tiers.Lift(&full, GuestReach)
			steps = append(steps, step{before.LogOdds, full.LogOdds})
		}
		for _, a := range steps {
			for _, b := range steps {
				if a.z > b.z+1e-9 && a.lifted < b.lifted {
					t.Fatalf("order lost: %g above %g, then %g and %g", a.z, b.z, a.lifted, b.lifted)
				}
			}
		}
	}
}
