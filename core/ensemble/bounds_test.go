package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestBoundsHold lets learners that have not run say anything, extremes and
// abstaining included: the log-odds must fall into the interval.
func TestBoundsHold(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	const n = 5
	for range 100 {
		tiers := randomTiers(t, r, n)
		part, whole := tiers.NewEvaluation(), tiers.NewEvaluation()
		for range 20 {
			known, pending := randomRow(r, n), r.Uint64()&(1<<n-1)
			for i := range n {
				if pending>>i&1 == 0 {
					tiers.Calibrate(part, i, known[i])
				}
			}
			lo, hi := tiers.Bounds(part, pending)
			for i := range n {
				if pending>>i&1 == 1 && part.Scores.P[i] == part.Scores.P[i] {
					t.Fatal("a pending score was not left missing")
				}
			}
			for range 20 {
				raw := randomRow(r, n)
				for i := range raw {
					if pending>>i&1 == 0 {
						raw[i] = known[i]
					}
				}
				tiers.Evaluate(whole, raw)
				if z := whole.LogOdds; z == z && !(lo <= z && z <= hi) {
					t.Fatalf("log-odds %g outside [%g, %g], pending %05b, raw %v", z, lo, hi, pending, raw)
				}
			}
		}
	}
}

// TestBoundsAreTight checks that the ends are reached, not merely safe.
func TestBoundsAreTight(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	tiers := randomTiers(t, r, 4)
	e := tiers.NewEvaluation()
	raw := []float32{0, 1, -1, 2}
	tiers.Evaluate(e, raw)
	want := e.LogOdds
	if lo, hi := tiers.Bounds(e, 0); hi-lo > 3*slack || math.Abs(want-(lo+hi)/2) > slack {
		t.Errorf("nothing pending: [%g, %g] around %g", lo, hi, want)
	}
	_, hi := tiers.Bounds(e, 1)
	raw[0] = math.MaxFloat32
	tiers.Evaluate(e, raw)
	if hi-e.LogOdds > 1e-6 {
		t.Errorf("highest score of learner 0 gives %g, the bound is %g", e.LogOdds, hi)
	}
}

// TestInfluence is an adversary: it replaces what one learner says by the worst
// it finds, on rows it may choose, and compares with the bound.
func TestInfluence(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	const n = 4
	worst := []float32{float32(math.Inf(-1)), -1e6, 1e6, float32(math.Inf(1)), float32(math.NaN())}
	for range 60 {
		tiers := randomTiers(t, r, n)
		e := tiers.NewEvaluation()
		for i := range n {
			bound := tiers.Influence(i)
			if !(bound >= 0 && bound <= 1) {
				t.Fatalf("bound %g outside [0,1]", bound)
			}
			var most float64
			for range 50 {
				raw := randomRow(r, n)
				for k := range raw {
					if raw[k] != raw[k] {
						raw[k] = 0 // the others are present
					}
				}
				lo, hi := 1.0, 0.0
				for _, v := range worst {
					raw[i] = v
					tiers.Evaluate(e, raw)
					lo, hi = min(lo, e.Score), max(hi, e.Score)
				}
				most = max(most, hi-lo)
			}
			if most > bound {
				t.Fatalf("learner %d moved the score by %g, the bound is %g", i, most, bound)
			}
		}
	}
}

// TestInfluenceIsLimited checks that a small weight gives a small bound, so
// that a policy can tell models apart, and that a weight of zero gives none.
func TestInfluenceIsLimited(t *testing.T) {
	straight := func() *Calibration { // P -> P, nearly
		return must[*Calibration](t)(NewCalibration([]float64{0.02, 0.25, 0.5, 0.75, 0.98}, []float64{-4, -1.1, 0, 1.1, 4}))
	}
	tiers, err := NewTiers(
		[]Base{{Calibration: sampleCalibration(t)}, {Calibration: sampleCalibration(t)}, {Calibration: sampleCalibration(t)}},
		[]*MetaLearner{{Mixer: must[*Mean](t)(NewConvex([]float64{0.9, 0.1, 0})), Calibration: straight()}},
		&SuperLearner{Beta: []float64{1}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][2]float64{{0.8, 1}, {0.08, 0.2}, {0, 0}} {
		if got := tiers.Influence(i); got < want[0] || got > want[1] {
			t.Errorf("learner %d: influence %g, want within %v", i, got, want)
		}
	}
}

// shy is a mixer that falls where a score rises: nothing is known of it.
type shy struct{}

func (shy) Name() string                     { return "shy" }
func (shy) Mix(s *Scores) float64            { return -s.Logit[0] }
func (shy) Weights(dst []float64, _ *Scores) { clear(dst) }

func TestBoundsOfUnknownMixer(t *testing.T) {
	tiers, err := NewTiers([]Base{{Calibration: sampleCalibration(t)}}, []*MetaLearner{{Mixer: shy{}, Calibration: sampleCalibration(t)}}, &SuperLearner{Beta: []float64{1}})
	if err != nil {
		t.Fatal(err)
	}
	if lo, hi := tiers.Bounds(tiers.NewEvaluation(), 1); lo > -Clip || hi < Clip {
		t.Errorf("a mixer that promises nothing is bounded by [%g, %g]", lo, hi)
	}
	// Both ends of the clip: all that a score can be.
	if got := tiers.Influence(0); got < 0.9999 {
		t.Errorf("influence %g, want all", got)
	}
}
