package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tiercel/tiercel/core/ensemble"
)

// tableOf returns a table of log-odds, row-major, without misses.
func tableOf(logit []float64, m int) *Table {
	t := &Table{N: len(logit) / m, M: m, Logit: logit}
	for _, z := range logit {
		p := 1 / (1 + math.Exp(-z))
		t.P, t.Tail = append(t.P, p), append(t.Tail, 1-p)
	}
	return t
}

// opinions draws labels and, for each learner, log-odds that know them with
// the given strength (0: noise, 2: AUROC about .98).
func opinions(n int, seed uint64, strength ...float64) (logit []float64, y []uint8, fold []uint8) {
	r := rand.New(rand.NewPCG(seed, 2))
	for range n {
		label := uint8(r.IntN(2))
		for _, s := range strength {
			// Normal scores at distance d have log-odds d*x: calibrated.
			d := s * math.Sqrt2
			x := r.NormFloat64() + d*(float64(label)-0.5)
			logit = append(logit, d*x)
		}
		y, fold = append(y, label), append(fold, uint8(r.IntN(Folds)))
	}
	return logit, y, fold
}

func TestFitStackFindsTruth(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	truth := []float64{1.5, 0.5, 0}
	var x []float64
	var y []uint8
	for range 20000 {
		z := -0.7
		for _, a := range truth {
			v := r.NormFloat64() * 2
			x = append(x, v)
			z += a * v
		}
		var label uint8
		if r.Float64() < 1/(1+math.Exp(-z)) {
			label = 1
		}
		y = append(y, label)
	}
	alpha, bias := fitStack(x, 3, y, nil)
	for j, a := range alpha {
		if math.Abs(a-truth[j]) > 0.1 {
			t.Errorf("alpha %v, the truth is %v", alpha, truth)
			break
		}
	}
	if math.Abs(bias+0.7) > 0.1 {
		t.Errorf("bias %g, the truth is -.7", bias)
	}
}

// TestFitStackIsOptimal checks the conditions of Karush, Kuhn and Tucker: no
// allowed step from the weights found lowers the loss.
func TestFitStackIsOptimal(t *testing.T) {
	// The last learner is upside down: its weight wants to be negative.
	x, y, _ := opinions(3000, 4, 1, 0.5, 0, 0.5)
	for i := 3; i < len(x); i += 4 {
		x[i] = -x[i]
	}
	alpha, bias := fitStack(x, 4, y, nil)
	theta := append(slices.Clone(alpha), bias)
	best := stackLoss(x, 4, y, nil, theta)
	if alpha[3] != 0 {
		t.Errorf("the learner that is upside down has weight %g", alpha[3])
	}
	for j := range theta {
		for _, d := range []float64{-1e-3, 1e-3} {
			next := slices.Clone(theta)
			if next[j] += d; j < 4 && next[j] < 0 {
				continue
			}
			if l := stackLoss(x, 4, y, nil, next); l < best-1e-7*best {
				t.Errorf("moving weight %d by %g lowers the loss from %.9g to %.9g", j, d, best, l)
			}
		}
	}
}

func TestFitMixtureIsOptimal(t *testing.T) {
	x, y, _ := opinions(3000, 5, 1, 1, 0.3, 0)
	for i, z := range x {
		x[i] = 1 / (1 + math.Exp(-z))
	}
	alpha := fitMixture(x, 4, y, nil)
	var sum float64
	for _, a := range alpha {
		if a < 0 {
			t.Fatalf("weights %v", alpha)
		}
		sum += a
	}
	if math.Abs(sum-1) > 1e-12 {
		t.Errorf("weights %v sum to %g", alpha, sum)
	}
	best := LogLoss(blend(x, alpha), y, nil)
	for from := range alpha { // along the edges of the simplex
		for to := range alpha {
			next := slices.Clone(alpha)
			d := min(0.02, next[from])
			next[from] -= d
			next[to] += d
			if l := LogLoss(blend(x, next), y, nil); l < best-1e-5 {
				t.Errorf("moving %g from %d to %d lowers the loss from %.7f to %.7f", d, from, to, best, l)
			}
		}
	}
}

func TestFitGreedyPicksTheGood(t *testing.T) {
	x, y, _ := opinions(6000, 6, 2, 1.8, 0, 0)
	alpha := fitGreedy(x, 4, y, nil)
	if good := alpha[0] + alpha[1]; good < 0.85 || alpha[0] == 0 || alpha[1] == 0 {
		t.Errorf("weights %v: the first two learners know, the others guess", alpha)
	}
	var sum float64
	for _, a := range alpha {
		sum += a
	}
	if math.Abs(sum-1) > 1e-12 {
		t.Errorf("weights %v sum to %g", alpha, sum)
	}
	if again := fitGreedy(x, 4, y, nil); !slices.Equal(alpha, again) {
		t.Errorf("a second fit gave %v after %v", again, alpha)
	}
}

func TestSelectTop(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 3))
	for range 300 {
		v := make([]float64, 1+r.IntN(50))
		for i := range v {
			v[i] = float64(r.IntN(10))
		}
		want := slices.Clone(v)
		slices.Sort(want)
		slices.Reverse(want)
		k := 1 + r.IntN(len(v))
		selectTop(v, k)
		got := slices.Clone(v[:k])
		slices.Sort(got)
		slices.Reverse(got)
		if !slices.Equal(got, want[:k]) {
			t.Fatalf("top %d: %v, want %v", k, got, want[:k])
		}
	}
}

func TestFitMeta(t *testing.T) {
	x, y, fold := opinions(6000, 8, 1, 1, 0, 0.5)
	for i := range fold {
		if i%7 == 0 {
			fold[i] = GuardFold
		}
		if i%11 == 0 { // some abstain, one row altogether
			x[i*4+i%4] = math.NaN()
		}
	}
	for j := range 4 {
		x[j] = math.NaN()
	}
	table, truth := tableOf(x, 4), &Truth{Y: y}
	var guard []int
	for i, f := range fold {
		if f == GuardFold {
			guard = append(guard, i)
		}
	}
	single := AUROC(take(table.column(table.Logit, 0), guard), take(y, guard), nil)
	for _, kind := range MetaKinds {
		t.Run(kind, func(t *testing.T) {
			m, err := FitMeta(kind, table, truth, fold)
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range fold {
				if v := m.LogOdds[i]; f == GuardFold && v == v {
					t.Fatal("a row of the guard part was scored")
				}
			}
			g := table.Apply([]*ensemble.MetaLearner{m.Learner})[0]
			got := AUROC(take(g, guard), take(y, guard), nil)
			// minp may lose to its best member; the others must not.
			if floor := single - 0.02; got < floor && kind != ensemble.MinPName || got < 0.75 {
				t.Errorf("AUROC %.3f on the guard part, one learner alone has %.3f", got, single)
			}
			again, err := FitMeta(kind, table, truth, fold)
			if err != nil {
				t.Fatal(err)
			}
			a, b := m.Learner.Mixer.(ensemble.Stateful).State(), again.Learner.Mixer.(ensemble.Stateful).State()
			if !slices.Equal(a.Weights, b.Weights) || a.Bias != b.Bias || !slices.Equal(m.Learner.Calibration.Z, again.Learner.Calibration.Z) {
				t.Error("a second fit differs")
			}
		})
	}
	if _, err := FitMeta("vote", table, truth, fold); err == nil {
		t.Error("an unknown kind was accepted")
	}
	if _, err := FitMeta(ensemble.StackName, table, &Truth{Y: make([]uint8, len(y))}, fold); err == nil {
		t.Error("rows of one class were accepted")
	}
}

// A trimmed mean of learners that know the labels knows them too, and is not
// moved by one that says the opposite of the truth.
func TestFitMetaTrimmed(t *testing.T) {
	logit, y, fold := opinions(3000, 9, 2, 2, 2, 2, 2)
	m, err := FitMeta(ensemble.TrimmedName, tableOf(logit, 5), &Truth{Y: y}, fold)
	if err != nil {
		t.Fatal(err)
	}
	if a := AUROC(m.LogOdds, y, nil); a < 0.95 {
		t.Errorf("AUROC %g", a)
	}
	bad := slices.Clone(logit)
	for i := range y {
		bad[5*i] = 9 * (1 - 2*float64(y[i]))
	}
	table := tableOf(bad, 5)
	if a := AUROC(table.Apply([]*ensemble.MetaLearner{m.Learner})[0], y, nil); a < 0.9 {
		t.Errorf("with one learner that lies always: AUROC %g", a)
	}
}
