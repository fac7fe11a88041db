package train

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestRankingMetrics(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name   string
		scores []float64
		y      []uint8
		w      []float32
		auroc  float64
		ap     float64
	}{
		{"perfect", []float64{1, 2, 3, 4}, []uint8{0, 0, 1, 1}, nil, 1, 1},
		{"reversed", []float64{4, 3, 2, 1}, []uint8{0, 0, 1, 1}, nil, 0, (1.0/3 + 2.0/4) / 2},
		{"all equal", []float64{7, 7, 7, 7}, []uint8{0, 1, 0, 1}, nil, 0.5, 0.5},
		{"one tie", []float64{1, 2, 2, 3}, []uint8{0, 0, 1, 1}, nil, 0.875, 0.5 + 0.5*2/3},
		{"missing is lowest", []float64{nan, 1, 2}, []uint8{1, 0, 0}, nil, 0, 1.0 / 3},
		{"missing ties with missing", []float64{nan, nan}, []uint8{1, 0}, nil, 0.5, 0.5},
		{"weighted", []float64{1, 2, 3}, []uint8{0, 1, 0}, []float32{3, 1, 1}, 0.75, 0.5},
		{"no attack", []float64{1, 2}, []uint8{0, 0}, nil, nan, nan},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := AUROC(c.scores, c.y, c.w); math.Abs(got-c.auroc) > 1e-12 || (got != got) != (c.auroc != c.auroc) {
				t.Errorf("AUROC %g, want %g", got, c.auroc)
			}
			if got := AveragePrecision(c.scores, c.y, c.w); math.Abs(got-c.ap) > 1e-12 || (got != got) != (c.ap != c.ap) {
				t.Errorf("average precision %g, want %g", got, c.ap)
			}
		})
	}
}

// TestAUROCByCounting compares with the definition, pair by pair.
func TestAUROCByCounting(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		n := 2 + r.IntN(60)
		scores, y, w := make([]float32, n), make([]uint8, n), make([]float32, n)
		for i := range y {
			scores[i], y[i], w[i] = float32(r.IntN(8)), uint8(r.IntN(2)), float32(r.IntN(4))
		}
		y[0], y[1], w[0], w[1] = 0, 1, 1, 1
		var won, pairs float64
		for i := range y {
			for k := range y {
				if y[i] == 1 && y[k] == 0 {
					v := float64(w[i] * w[k])
					pairs += v
					if scores[i] > scores[k] {
						won += v
					} else if scores[i] == scores[k] {
						won += v / 2
					}
				}
			}
		}
		if got := AUROC(scores, y, w); math.Abs(got-won/pairs) > 1e-9 {
			t.Fatalf("AUROC %g, counted %g", got, won/pairs)
		}
	}
}

func TestPartialAUC(t *testing.T) {
	// 100 normal rows 0..99, attacks at 99.5 (above all) and 50.5.
	var scores []float64
	var y []uint8
	for i := range 100 {
		scores, y = append(scores, float64(i)), append(y, 0)
	}
	scores, y = append(scores, 99.5, 50.5), append(y, 1, 1)
	if got := PartialAUC(scores, y, nil, 0.1); got != 0.5 {
		t.Errorf("up to 10 %%: %g, want .5: one of two attacks is above all normal rows", got)
	}
	if got, want := PartialAUC(scores, y, nil, 1), (1+0.51)/2; math.Abs(got-want) > 1e-12 {
		t.Errorf("whole area %g, want %g", got, want)
	}
}

func TestRecallAtIsConservative(t *testing.T) {
	for _, c := range []struct {
		name      string
		scores    []float64
		y         []uint8
		rate      float64
		recall    float64
		threshold float64
	}{
		{"fits", []float64{3, 2, 1, 0}, []uint8{1, 0, 1, 0}, 0.5, 1, 1},
		{"none allowed", []float64{3, 2, 1, 0}, []uint8{1, 0, 1, 0}, 0.4, 0.5, 3},
		{"a tie that breaks the budget is not used", []float64{2, 2, 2, 0}, []uint8{1, 1, 0, 0}, 0.4, 0, math.Inf(1)},
		{"a tie that keeps it is", []float64{2, 2, 2, 0}, []uint8{1, 1, 0, 0}, 0.5, 1, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			recall, threshold := RecallAt(c.scores, c.y, nil, c.rate)
			if recall != c.recall || threshold != c.threshold {
				t.Errorf("recall %g at %g, want %g at %g", recall, threshold, c.recall, c.threshold)
			}
			if f := Confuse(c.scores, c.y, nil, threshold).FPR(); f > c.rate {
				t.Errorf("realised false alarms %g above %g", f, c.rate)
			}
		})
	}
}

func TestConfusion(t *testing.T) {
	c := Confuse([]float32{0.9, 0.8, 0.7, 0.1, float32(math.NaN())}, []uint8{1, 0, 1, 0, 1}, nil, 0.75)
	if want := (Confusion{TP: 1, FP: 1, TN: 1, FN: 2}); c != want {
		t.Fatalf("%+v, want %+v", c, want)
	}
	for _, m := range []struct {
		name      string
		got, want float64
	}{
		{"recall", c.Recall(), 1.0 / 3},
		{"false-alarm rate", c.FPR(), 0.5},
		{"F1", c.F1(), 2.0 / 5},
		{"accuracy", c.Accuracy(), 2.0 / 5},
		{"F1 of nothing found", Confusion{FN: 3}.F1(), 0},
	} {
		if math.Abs(m.got-m.want) > 1e-12 {
			t.Errorf("%s %g, want %g", m.name, m.got, m.want)
		}
	}
}

func TestProbabilityMetrics(t *testing.T) {
	p, y := []float64{0.5, 0.5, 1}, []uint8{1, 0, 0}
	if got, want := LogLoss(p[:2], y[:2], nil), math.Ln2; math.Abs(got-want) > 1e-12 {
		t.Errorf("log-loss %g, want %g", got, want)
	}
	if got := LogLoss(p, y, nil); math.IsInf(got, 0) || got < 5 {
		t.Errorf("log-loss of a confident mistake is %g", got)
	}
	if got, want := Brier(p, y, []float32{1, 1, 2}), (0.25+0.25+2)/4; math.Abs(got-want) > 1e-12 {
		t.Errorf("Brier %g, want %g", got, want)
	}
}

func TestRecallByType(t *testing.T) {
	got := RecallByType([]float64{3, 1, 3, 0}, []uint8{1, 1, 1, 0}, []int32{1, 1, 3, 0}, 4, 2)
	if got[1] != 0.5 || got[3] != 1 || got[2] == got[2] || got[0] == got[0] {
		t.Errorf("recall by type %v", got)
	}
}
