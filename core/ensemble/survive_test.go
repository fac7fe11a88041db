package ensemble

import (
	"math/bits"
	"math/rand/v2"
	"testing"
)

// floored makes the last meta of tiers a certified floor, which alone hears the
// last learner, for half of the seeds.
func floored(t *testing.T, r *rand.Rand, n int) *Tiers {
	tiers := randomTiers(t, r, n)
	if r.IntN(2) == 0 {
		return tiers
	}
	for j, m := range tiers.Metas {
		s := m.Mixer.(Stateful).State()
		s.Weights[n-1] = 0
		s.Weights[0] = 1 // never all zero: that means all alike
		mixer := must[Mixer](t)(NewMixer(m.Mixer.Name(), s))
		tiers.Metas[j] = &MetaLearner{Name: m.Name, Mixer: mixer, Calibration: m.Calibration}
	}
	w := make([]float64, n)
	w[n-1] = 1
	tiers.Metas = append(tiers.Metas, &MetaLearner{Name: "certified", Mixer: must[*MinP](t)(NewMinP(w)), Calibration: randomCalibration(t, r)})
	tiers.Super.Beta = append(tiers.Super.Beta, 0)
	tiers.Super.Certified = len(tiers.Metas)
	return must[*Tiers](t)(NewTiers(tiers.Bases, tiers.Metas, tiers.Super))
}

// G3: no choice of as many bad learners as Survives says lets the alert fall;
// every subset is tried, each bad learner at the lowest, the highest, abstaining
// and something between.
func TestSurvivesHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	const n = 6
	survived := [n + 2]int{}
	for range 1500 {
		tiers := floored(t, r, n)
		e, w, attacked := tiers.NewEvaluation(), tiers.NewEvaluation(), tiers.NewEvaluation()
		raw := randomRow(r, n)
		tiers.Evaluate(e, raw)
		if e.LogOdds != e.LogOdds || e.Rate > 0.9 {
			continue
		}
		rate := e.Rate * (1 + r.Float64()*r.Float64()/10)
		l := tiers.Survives(w, e, tiers.Super.Threshold(rate))
		survived[l+1]++
		for set := range uint64(1 << n) {
			if bits.OnesCount64(set) > l {
				continue
			}
			for try := range 6 {
				bad := append([]float32(nil), raw...)
				for i := range bad {
					if set>>i&1 == 1 {
						switch try {
						case 0:
							bad[i] = -1e30
						case 1:
							bad[i] = 1e30
						default:
							bad[i] = randomRow(r, 1)[0]
						}
					}
				}
				tiers.Evaluate(attacked, bad)
				if attacked.LogOdds == attacked.LogOdds && attacked.Rate > rate*(1+1e-9) {
					t.Fatalf("certified for %d learners at %g: with %06b bad the rate is %g", l, rate, set, attacked.Rate)
				}
			}
		}
	}
	if survived[2] == 0 {
		t.Errorf("no row survives one bad learner: %v", survived)
	}
	t.Logf("rows by how many bad learners they survive, from -1: %v", survived)
}

// Two alarms that share no learner fall to two bad learners only.
func TestSurvivesCountsTheFloorApart(t *testing.T) {
	flat := func() *Calibration { return must[*Calibration](t)(NewCalibration([]float64{-8, 8}, []float64{-8, 8})) }
	tail := must[*Tail](t)(NewTail([]float64{-4, 0, 4}, []float64{-1, -3, -8}, 1))
	bases := []Base{{Calibration: flat(), Tail: tail}, {Calibration: flat(), Tail: tail}}
	tiers := must[*Tiers](t)(NewTiers(bases, []*MetaLearner{
		{Name: "stack", Mixer: must[*Mean](t)(NewStack([]float64{1, 0}, 0)), Calibration: flat()},
		{Name: "certified", Mixer: must[*MinP](t)(NewMinP([]float64{0, 1})), Calibration: must[*Calibration](t)(NewCalibration([]float64{0, 8}, []float64{-8, 8}))},
	}, &SuperLearner{Name: "super", Beta: []float64{1, 0}, Tail: tail, Certified: 2}))
	e, w := tiers.NewEvaluation(), tiers.NewEvaluation()
	for _, tt := range []struct {
		name string
		raw  []float32
		want int
	}{
		{"neither", []float32{-5, -5}, -1},
		{"the stack alone", []float32{6, -5}, 0},
		{"the floor alone", []float32{-5, 6}, 0},
		{"both", []float32{6, 6}, 1},
	} {
		tiers.Evaluate(e, tt.raw)
		if got := tiers.Survives(w, e, tiers.Super.Threshold(1e-2)); got != tt.want {
			t.Errorf("%s: survives %d, want %d", tt.name, got, tt.want)
		}
	}
	least, ok := tiers.LeastRaw(1, tiers.Super.Threshold(1e-2))
	if !ok {
		t.Fatal("the floor cannot raise an alarm")
	}
	tiers.Evaluate(e, []float32{-1e6, least})
	if e.Rate > 1e-2 {
		t.Errorf("at the least score %g the rate is %g", least, e.Rate)
	}
	tiers.Evaluate(e, []float32{-1e6, least * 0.999})
	if e.Rate <= 1e-2 {
		t.Errorf("a score below the least one, %g, raises an alarm", least)
	}
}

// The trimmed mean of n learners of which t are adversaries stays between the
// lowest and the highest of the honest ones.
func TestTrimmedStaysInTheHonestRange(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 44))
	for range 20_000 {
		trim := 1 + r.IntN(2)
		n := 2*trim + 1 + r.IntN(5)
		m := must[*Trimmed](t)(NewTrimmed(make([]float64, n), trim))
		s := NewScores(n)
		lo, hi := 1.0, 0.0
		for i := range n {
			p := r.Float64()
			if i < trim { // an adversary: an extreme, or no score at all
				switch r.IntN(3) {
				case 0:
					p = 0
				case 1:
					p = 1
				default:
					continue
				}
			} else {
				lo, hi = min(lo, p), max(hi, p)
			}
			s.P[i] = p
		}
		if got := m.Mix(&s); !(lo <= got && got <= hi) {
			t.Fatalf("%v trimmed by %d: %g outside the honest [%g, %g]", s.P, trim, got, lo, hi)
		}
	}
}

func TestTrimmedRefuses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		weights []float64
		trim    int
	}{
		{"no trimming", make([]float64, 5), 0},
		{"too few", make([]float64, 4), 2},
		{"too few chosen", []float64{1, 1, 0, 0, 0}, 1},
		{"a weight", []float64{0.5, 1, 1}, 1},
		{"none", nil, 1},
	} {
		if _, err := NewTrimmed(tt.weights, tt.trim); err == nil {
			t.Errorf("%s: accepted", tt.name)
		}
	}
	m := must[*Trimmed](t)(NewTrimmed([]float64{1, 0, 1, 1}, 1))
	again := must[Mixer](t)(NewMixer(m.Name(), m.State()))
	s := NewScores(4)
	s.P = []float64{0.1, 0.9, 0.4, 0.8}
	if a, b := m.Mix(&s), again.Mix(&s); a != b || a != 0.4 {
		t.Errorf("mix %g, again %g", a, b)
	}
	if _, err := NewMixer(TrimmedName, State{Weights: []float64{1, 1, 1}, Bias: 0.5}); err == nil {
		t.Error("half a learner is trimmed")
	}
}
