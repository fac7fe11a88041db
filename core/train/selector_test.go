package train_test

import (
	"math"
	"math/rand/v2"
	"slices"
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
	s := train.FitSelector(tiers, &train.Truth{Y: y}, train.Folded{Raw: raw})
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
	s = train.FitSelector(tiers, &train.Truth{Y: y}, train.Folded{Raw: raw})
	if s == nil {
		t.Fatal("nothing is saved where half of the rows are of an odd kind")
	}
	if spared, missed := lost(tiers, s.Plan(1e-2, 0.005), y, raw); spared < 0.4 || missed > 0.005 {
		t.Errorf("%.3f of the normal rows spared, %.4f of the threats lost; want at least .4, at most .005", spared, missed)
	}

	// It is the same again, and says nothing of learners that say nothing.
	again := train.FitSelector(tiers, &train.Truth{Y: y}, train.Folded{Raw: raw})
	if err := again.Check(3); err != nil || !slices.Equal(again.Cells, s.Cells) {
		t.Errorf("fitted again: %v", err)
	}
	for l := range raw {
		for i := range raw[l] {
			raw[l][i] = float32(math.NaN())
		}
	}
	if s := train.FitSelector(tiers, &train.Truth{Y: y}, train.Folded{Raw: raw}); s != nil {
		t.Errorf("a selector of rows that nobody scored: %+v", s)
	}
}

// Folds that leave out a type of attack tell that the few would lose it: it is
// held to the limit by itself, however many others are kept.
func TestFitSelectorHoldsEachType(t *testing.T) {
	const n = 40_000
	y, raw := worlds(n, 0, 1)
	tiers := tiersOf(t, y, raw)
	// A fiftieth of the attacks is of a type that the first learner finds as long
	// as it has seen it.
	typ := make([]int32, n)
	left := [][]float32{slices.Clone(raw[0]), slices.Clone(raw[1]), slices.Clone(raw[2])}
	hidden := 0
	for i := range y {
		if typ[i] = int32(y[i]); y[i] == 1 && i%50 == 0 {
			typ[i] = 2
			left[0][i] -= 6
			left[1][i] += 3
			hidden++
		}
	}
	if hidden < 300 {
		t.Fatalf("%d attacks of the type", hidden)
	}
	random := train.Folded{Raw: raw}
	loses := func(s *ensemble.Selector) float64 {
		if s == nil {
			return 0
		}
		plan, x, threats, missed := s.Plan(1e-2, 0.005), tiers.NewEvaluation(), 0.0, 0.0
		for i := range y {
			if tiers.Evaluate(x, []float32{left[0][i], left[1][i], left[2][i]}); typ[i] != 2 || x.Rate > 1e-2 {
				continue
			}
			threats++
			if plan == nil {
				continue
			}
			if _, ok := plan.Spares(left, i); ok {
				missed++
			}
		}
		return missed / threats
	}
	if v := loses(train.FitSelector(tiers, &train.Truth{Y: y, Type: typ}, random)); v < 0.2 {
		t.Errorf("without those folds %.3f of the type are lost: the test shows nothing", v)
	}
	if v := loses(train.FitSelector(tiers, &train.Truth{Y: y, Type: typ}, random, train.Folded{Raw: left, Left: true})); v > 0.005 {
		t.Errorf("%.4f of the type left out are lost", v)
	}
}

// Rows that training found just below the budget are not spared: tomorrow their
// like are above it.
func TestFitSelectorKeepsNearThreats(t *testing.T) {
	const n = 60_000
	y, raw := worlds(n, 0, 1)
	// One normal row in thirty is odd to the second learner, not enough to alarm,
	// and ordinary to the first.
	odd := func(y []uint8, raw [][]float32, by float32) (rows []int) {
		for i := range y {
			if y[i] == 0 && i%15 == 0 {
				raw[0][i], raw[1][i] = -3, by
				rows = append(rows, i)
			}
		}
		return rows
	}
	odd(y, raw, 2.5)
	tiers := tiersOf(t, y, raw)
	s := train.FitSelector(tiers, &train.Truth{Y: y}, train.Folded{Raw: raw})
	if s == nil {
		t.Fatal("nothing is saved")
	}
	plan := s.Plan(1e-2, 0.005)
	y2, raw2 := worlds(n, 0, 2)
	missed, rows := 0, odd(y2, raw2, 4) // somewhat more so
	for _, i := range rows {
		if _, ok := plan.Spares(raw2, i); ok {
			missed++
		}
	}
	if missed*50 > len(rows) {
		t.Errorf("%d of %d rows like near threats are spared", missed, len(rows))
	}
	if spared, _ := lost(tiers, plan, y2, raw2); spared < 0.3 {
		t.Errorf("%.3f of the normal rows are spared", spared)
	}
}
