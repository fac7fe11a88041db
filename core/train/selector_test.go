package train_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/train"
)

// worlds draws rows of three learners: the first sees most attacks, the second
// those that the first takes for normal rows of an odd kind, the third nothing.
// Of the share odd of the rows that kind is made.
func worlds(n int, odd float64, seed uint64) (y []uint8, raw [][]float32) {
	r := rand.New(rand.NewPCG(seed, 0))
	raw = make([][]float32, 3)
	for range n {
		label := uint8(r.IntN(2))
		a, b := r.NormFloat64(), r.NormFloat64()
		switch {
		case r.Float64() < odd:
			a -= 20
			b += 6 * float64(label)
		case label == 1:
			a += 6
			b += 3
		}
		y = append(y, label)
		for l, v := range []float64{a, b, r.NormFloat64()} {
			raw[l] = append(raw[l], float32(v))
		}
	}
	return y, raw
}

// tiersOf makes tiers whose verdict is the stronger of the first two learners.
func tiersOf(t *testing.T, y []uint8, raw [][]float32) *ensemble.Tiers {
	t.Helper()
	var bases []ensemble.Base
	for l := range raw {
		c, err := train.FitCalibration(raw[l], y, nil)
		if err != nil {
			t.Fatal(err)
		}
		var normal []float32
		for i, v := range raw[l] {
			if y[i] == 0 {
				normal = append(normal, v)
			}
		}
		tail, err := train.FitTail(normal, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		bases = append(bases, ensemble.Base{Calibration: c, Tail: tail})
	}
	mixer, err := ensemble.NewMinP([]float64{1, 1, 0})
	if err != nil {
		t.Fatal(err)
	}
	c, err := ensemble.NewCalibration([]float64{0, 20}, []float64{-8, 8})
	if err != nil {
		t.Fatal(err)
	}
	tiers, err := ensemble.NewTiers(bases, []*ensemble.MetaLearner{{Name: "minp", Mixer: mixer, Calibration: c}},
		&ensemble.SuperLearner{Beta: []float64{1}})
	if err != nil {
		t.Fatal(err)
	}
	x := tiers.NewEvaluation()
	var normal []float64
	for i := range y {
		if y[i] == 0 {
			tiers.Evaluate(x, []float32{raw[0][i], raw[1][i], raw[2][i]})
			normal = append(normal, x.LogOdds)
		}
	}
	if tiers.Super.Tail, err = train.FitTail(normal, nil, nil); err != nil {
		t.Fatal(err)
	}
	return tiers
}

// lost scores rows with a plan: the share of normal rows spared, and the share
// of the threats among all rows that are lost by it.
func lost(tiers *ensemble.Tiers, plan *ensemble.Plan, y []uint8, raw [][]float32) (spared, missed float64) {
	x := tiers.NewEvaluation()
	var normals, threats float64
	for i := range y {
		tiers.Evaluate(x, []float32{raw[0][i], raw[1][i], raw[2][i]})
		_, ok := plan.Spares(raw, i)
		if y[i] == 0 {
			if normals++; ok {
				spared++
			}
		}
		if x.Rate <= 1e-2 {
			if threats++; ok {
				missed++
			}
		}
	}
	return spared / max(normals, 1), missed / max(threats, 1)
}

func TestFitSelector(t *testing.T) {
	const n = 40_000
	y, raw := worlds(n, 0, 1)
	tiers := tiersOf(t, y, raw)
	s := train.FitSelector(tiers, y, raw)
	if s == nil {
		t.Fatal("nothing is saved")
	}
	if len(s.Asked) != 1 || s.Asked[0] != 0 {
		t.Fatalf("asks %v, want the first learner alone", s.Asked)
	}
	plan := s.Plan(1e-2, 0.005)
	y2, raw2 := worlds(n, 0, 2)
	spared, missed := lost(tiers, plan, y2, raw2)
	if spared < 0.6 || missed > 0.01 {
		t.Errorf("%.3f of the normal rows spared, %.4f of the threats lost; want at least .6, at most .01", spared, missed)
	}

	// The first learner is sure of rows of a new kind, and wrong. They are unlike
	// the training rows.
	odd, rawOdd := worlds(2000, 1, 3)
	if spared, missed := lost(tiers, plan, odd, rawOdd); spared > 0 || missed > 0 {
		t.Errorf("of rows of a new kind %.3f are spared, %.3f of the threats lost", spared, missed)
	}

	// A kind that is known and needs the second learner gets it: the selector asks
	// both, or runs all on rows of that kind.
	y, raw = worlds(n, 0.5, 4)
	s = train.FitSelector(tiers, y, raw)
	if s == nil {
		t.Fatal("nothing is saved where half of the rows are of an odd kind")
	}
	if spared, missed := lost(tiers, s.Plan(1e-2, 0.005), y, raw); spared < 0.4 || missed > 0.005 {
		t.Errorf("%.3f of the normal rows spared, %.4f of the threats lost; want at least .4, at most .005", spared, missed)
	}

	// It is the same again, and says nothing of learners that say nothing.
	again := train.FitSelector(tiers, y, raw)
	if err := again.Check(3); err != nil || len(again.Cells) != len(s.Cells) || again.Total != s.Total {
		t.Errorf("fitted again: %v", err)
	}
	for l := range raw {
		for i := range raw[l] {
			raw[l][i] = float32(math.NaN())
		}
	}
	if s := train.FitSelector(tiers, y, raw); s != nil {
		t.Errorf("a selector of rows that nobody scored: %+v", s)
	}
}
