package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/learnertest"
)

var nan32 = float32(math.NaN())

// logisticRows draws rows whose log-odds are 2 x0 - x1 + 0.5 (x2 is noise, x3 a
// one-hot column of no meaning); every tenth x1 is missing.
func logisticRows(n int, seed uint64) *Data {
	r := rand.New(rand.NewPCG(seed, 1))
	d := &Data{N: n, D: 4}
	for range n {
		x0, x1, x2 := r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
		p := 1 / (1 + math.Exp(-(2*x0 - x1 + 0.5)))
		y := uint8(0)
		if r.Float64() < p {
			y = 1
		}
		f1 := float32(x1)
		if r.IntN(10) == 0 {
			f1 = nan32
		}
		d.X = append(d.X, float32(x0), f1, float32(x2), float32(r.IntN(2)))
		d.Y = append(d.Y, y)
	}
	return d
}

func scores(t testing.TB, l learner.Learner, d *Data) []float32 {
	t.Helper()
	b := d.Batch()
	dst := make([]float32, d.N)
	if err := l.Score(dst, &b); err != nil {
		t.Fatal(err)
	}
	return dst
}

// auroc is the share of pairs of a threat and a normal row in which the threat
// scores higher; ties count half. It is the definition, at N^2.
func auroc(d *Data, s []float32) float64 {
	var won, pairs float64
	for i := range d.N {
		for j := range d.N {
			if d.Y[i] == 1 && d.Y[j] == 0 {
				pairs++
				switch {
				case s[i] > s[j]:
					won++
				case s[i] == s[j]:
					won += 0.5
				}
			}
		}
	}
	return won / pairs
}

var fourColumns = []int{0, 1, 2, 3}

func TestFitLinear(t *testing.T) {
	train, test := logisticRows(4000, 1), logisticRows(1000, 2)
	l, err := FitLinear(train, fourColumns, LinearOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// The rows' own log-odds reach .895 on rows without missing values.
	if a := auroc(test, scores(t, l, test)); a < 0.87 {
		t.Errorf("AUROC %.3f, want at least .87", a)
	}
	// Log-odds are calibrated: their mean probability is the share of threats.
	mean, share := 0.0, 0.0
	for i, s := range scores(t, l, train) {
		mean += 1 / (1 + math.Exp(-float64(s)))
		share += float64(train.Y[i])
	}
	if math.Abs(mean-share) > 1e-3*share {
		t.Errorf("probabilities add up to %.2f, threats to %.0f", mean, share)
	}
	b := test.Batch()
	learnertest.Run(t, l, &b)
}

// What the optimum of a penalised logistic regression must satisfy: moving any
// weight either way does not lower the loss, or the constraint stands in the way.
func TestFitLinearIsOptimal(t *testing.T) {
	cases := []struct {
		name     string
		monotone []int8
	}{
		{"free", nil},
		{"x0 may only lower", []int8{-1, 0, 0, 0}},
		{"signs that hold anyway", []int8{1, -1, 0, 0}},
		{"all against the data", []int8{-1, 1, 0, 0}},
	}
	d := logisticRows(800, 3)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := LinearOptions{L2: 2, Monotone: c.monotone}
			z := fitScaling(d, fourColumns)
			f := newLogistic(d, fourColumns, &z, &o)
			f.fit(50)
			best := f.loss(f.w)
			for k := range f.w {
				for _, move := range []float64{-1e-3, 1e-3} {
					w := append([]float64(nil), f.w...)
					w[k] += move
					if float64(f.sign[k])*w[k] < 0 {
						continue
					}
					if l := f.loss(w); l < best-1e-7 {
						t.Errorf("moving weight %d by %g lowers the loss by %g", k, move, best-l)
					}
				}
			}
			for k, s := range f.sign {
				if float64(s)*f.w[k] < 0 {
					t.Errorf("weight %d is %g against its constraint", k, f.w[k])
				}
			}
		})
	}
}

func TestFitLinearWeights(t *testing.T) {
	d := logisticRows(500, 4)
	double := d.Subset(append(indices(d.N), indices(d.N)...))
	weighted := *d
	weighted.W = make([]float32, d.N)
	for i := range weighted.W {
		weighted.W[i] = 2
	}
	a, err := FitLinear(&double, fourColumns, LinearOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := FitLinear(&weighted, fourColumns, LinearOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sa, sb := scores(t, a, d), scores(t, b, d)
	for i := range sa {
		if math.Abs(float64(sa[i]-sb[i])) > 1e-4 {
			t.Fatalf("row %d: %v with each row twice, %v with weight 2", i, sa[i], sb[i])
		}
	}
}

func indices(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func TestFittersRefuse(t *testing.T) {
	good := logisticRows(50, 5)
	noLabel := *good
	noLabel.Y = good.Y[1:]
	badWeight := *good
	badWeight.W = make([]float32, good.N)
	badWeight.W[7] = nan32
	cases := []struct {
		name    string
		d       *Data
		columns []int
	}{
		{"no rows", &Data{D: 4}, fourColumns},
		{"a label missing", &noLabel, fourColumns},
		{"a weight that is NaN", &badWeight, fourColumns},
		{"no columns", good, nil},
		{"a column that does not exist", good, []int{0, 4}},
		{"a column twice", good, []int{1, 1}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := FitLinear(c.d, c.columns, LinearOptions{}); err == nil {
				t.Error("linear: not refused")
			}
			if _, err := FitBayes(c.d, c.columns, BayesOptions{}); err == nil {
				t.Error("bayes: not refused")
			}
		})
	}
	for _, o := range []LinearOptions{{L2: -1}, {Monotone: []int8{1}}, {Iterations: -1}} {
		if _, err := FitLinear(good, fourColumns, o); err == nil {
			t.Errorf("%+v: not refused", o)
		}
	}
	if _, err := FitNgram(good, NgramOptions{}); err == nil {
		t.Error("n-grams without texts: not refused")
	}
	if _, err := FitRarity(good, RarityOptions{}); err == nil {
		t.Error("rarity without texts: not refused")
	}
}

// Perfectly separated classes, constant and empty columns have finite weights.
func TestFitLinearDegenerate(t *testing.T) {
	d := &Data{N: 6, D: 4, Y: []uint8{0, 0, 0, 1, 1, 1}, X: []float32{
		0, 5, nan32, 1,
		0, 5, nan32, 2,
		0, 5, nan32, float32(math.Inf(-1)),
		1, 5, nan32, float32(math.Inf(1)),
		1, 5, nan32, nan32,
		1, 5, nan32, 1e30,
	}}
	for _, o := range []LinearOptions{{}, {L2: 1e-6}, {Balance: true}} {
		l, err := FitLinear(d, fourColumns, o)
		if err != nil {
			t.Fatal(err)
		}
		if a := auroc(d, scores(t, l, d)); a != 1 {
			t.Errorf("%+v: AUROC %v, want 1", o, a)
		}
	}
	one := *d
	one.Y = make([]uint8, 6)
	if _, err := FitLinear(&one, fourColumns, LinearOptions{}); err != nil {
		t.Errorf("one class: %v", err)
	}
	l, err := FitBayes(d, fourColumns, BayesOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if a := auroc(d, scores(t, l, d)); a != 1 {
		t.Errorf("bayes: AUROC %v, want 1", a)
	}
}
