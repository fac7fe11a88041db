package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// metaRows returns the log-odds of metas, meta by meta, from opinions.
func metaRows(n int, seed uint64, strength ...float64) (g [][]float64, truth *Truth) {
	x, y, _ := opinions(n, seed, strength...)
	g = make([][]float64, len(strength))
	for i, z := range x {
		j := i % len(strength)
		g[j] = append(g[j], z)
	}
	return g, &Truth{Y: y}
}

func TestFitSuperKeepsAMixtureThatHelps(t *testing.T) {
	// Three metas that know different halves of the truth.
	g, truth := metaRows(6000, 1, 1.2, 1.2, 1.2)
	s, err := FitSuper(g, truth, SuperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Kept {
		t.Fatalf("gain %.3f, standard error %.3f: fell back to meta %d", s.Gain, s.SE, s.Single)
	}
	for _, b := range s.Learner.Beta {
		if math.Abs(b-1.0/3) > 0.1 {
			t.Errorf("beta %v of three alike", s.Learner.Beta)
		}
	}
	fresh, other := metaRows(20000, 2, 1.2, 1.2, 1.2)
	h := SuperLogOdds(s.Learner, fresh)
	if got, alone := AUROC(h, other.Y, nil), AUROC(fresh[0], other.Y, nil); got < alone+0.05 {
		t.Errorf("AUROC %.3f on fresh rows, one meta alone has %.3f", got, alone)
	}
	// The tail keeps its budget on fresh normal rows.
	c := Confuse(h, other.Y, nil, s.Learner.Tail.Threshold(0.01))
	if f := c.FPR(); f < 0.004 || f > 0.018 {
		t.Errorf("asked 1 %% false alarms, realised %.2f %%", 100*f)
	}
}

func TestFitSuperFallsBack(t *testing.T) {
	for _, c := range []struct {
		name     string
		strength []float64
		single   int
	}{
		{"one knows, two guess", []float64{0, 1.5, 0}, 1},
		{"one meta", []float64{1}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, truth := metaRows(4000, 3, c.strength...)
			s, err := FitSuper(g, truth, SuperOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if s.Kept || s.Single != c.single || s.Learner.Beta[c.single] != 1 {
				t.Errorf("kept %v, single %d, beta %v, gain %g, SE %g", s.Kept, s.Single, s.Learner.Beta, s.Gain, s.SE)
			}
		})
	}
}

func TestFitSuperWeighsAlikeWhatItCannotTell(t *testing.T) {
	even := []int{0, 1, 2}
	for _, c := range []struct {
		name     string
		strength []float64
		want     []float64 // beta; nil for none of the even ones
	}{
		{"all alike", []float64{2, 2, 2}, []float64{1. / 3, 1. / 3, 1. / 3}},
		{"one is wrong", []float64{1.5, 1.5, -1.5}, []float64{0.5, 0.5, 0}},
		{"all but one are wrong", []float64{1.5, -1.5, -1.5}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, truth := metaRows(4000, 4, c.strength...)
			for j, strength := range c.strength {
				for i := range g[j] {
					if strength < 0 { // sure, and wrong
						g[j][i] = -g[j][i]
					}
				}
			}
			s, err := FitSuper(g, truth, SuperOptions{Even: even})
			if err != nil {
				t.Fatal(err)
			}
			if c.want == nil {
				if s.Learner.Beta[0] < 0.9 {
					t.Errorf("beta %v where one meta alone knows", s.Learner.Beta)
				}
			} else if !slices.Equal(s.Learner.Beta, c.want) {
				t.Errorf("beta %v, want %v; gain %g, SE %g", s.Learner.Beta, c.want, s.Gain, s.SE)
			}
		})
	}
}

// TestFitSuperCaresForTheWorstType: meta 0 is better on the frequent type and
// blind to the rare one; meta 1 is fair on both.
func TestFitSuperCaresForTheWorstType(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	g := make([][]float64, 2)
	truth := &Truth{}
	for i := range 4000 {
		label := uint8(i % 2)
		typ := int32(label)
		if label == 1 && i%20 == 1 {
			typ = 2
		}
		a, b := r.NormFloat64(), r.NormFloat64()
		if label == 1 {
			b += 3.5
			if typ == 1 {
				a += 4
			}
		}
		g[0], g[1] = append(g[0], a), append(g[1], b)
		truth.Y, truth.Type = append(truth.Y, label), append(truth.Type, typ)
	}
	s, err := FitSuper(g, truth, SuperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Merit[1] <= s.Merit[0] {
		t.Errorf("merit %v: the meta that is blind to a type won", s.Merit)
	}
	// Without types the frequent one decides.
	truth.Type = nil
	if s, err = FitSuper(g, truth, SuperOptions{}); err != nil {
		t.Fatal(err)
	}
	if s.Merit[0] <= s.Merit[1] {
		t.Errorf("merit %v without types: the sample does not show the problem", s.Merit)
	}
}

func TestFitSuperRefusesAndRepeats(t *testing.T) {
	g, truth := metaRows(500, 5, 1, 1)
	a, err := FitSuper(g, truth, SuperOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := FitSuper(g, truth, SuperOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if a.SE != b.SE || !slices.Equal(a.Learner.Beta, b.Learner.Beta) || !slices.Equal(a.Learner.Tail.X, b.Learner.Tail.X) {
		t.Error("a second fit differs")
	}
	for _, c := range []struct {
		name  string
		g     [][]float64
		truth *Truth
	}{
		{"no metas", nil, truth},
		{"one class", g, &Truth{Y: make([]uint8, 500)}},
		{"all missing", [][]float64{slices.Repeat([]float64{math.NaN()}, 500)}, truth},
	} {
		if _, err := FitSuper(c.g, c.truth, SuperOptions{}); err == nil {
			t.Errorf("%s: accepted", c.name)
		}
	}
}

func TestPoisson(t *testing.T) {
	var sum, squares float64
	const n = 100000
	for i := range n {
		k := float64(poisson(unit(mix64(uint64(i)))))
		sum += k
		squares += k * k
	}
	if mean, variance := sum/n, squares/n-sum/n*(sum/n); math.Abs(mean-1) > 0.02 || math.Abs(variance-1) > 0.03 {
		t.Errorf("mean %.3f, variance %.3f, want 1 and 1", mean, variance)
	}
}
