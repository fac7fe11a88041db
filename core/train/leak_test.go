package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tiercel/tiercel/core/ensemble"
)

// The tests of training without fooling oneself. A small but whole pipeline is
// run on rows whose truth is known: base learners out of fold, metas
// cross-fitted, super on the guard part, and each tier judged on rows that
// none of them saw. leak makes the one mistake that stacks are known for:
// the metas are fitted to what base learners say of their own training rows.

// rowsOf draws n rows of four columns; label-dependent by strength in the first two.
func rowsOf(n int, seed uint64, strength float64) (x [][4]float64, y []uint8) {
	r := rand.New(rand.NewPCG(seed, 7))
	for range n {
		label := uint8(r.IntN(2))
		var row [4]float64
		for c := range row {
			row[c] = r.NormFloat64()
		}
		row[0] += strength * (float64(label) - 0.5)
		row[1] += strength * (float64(label) - 0.5)
		x, y = append(x, row), append(y, label)
	}
	return x, y
}

// fitted is a base learner of these tests: a score of a row.
type fitted func(row [4]float64) float32

// direction scores along the difference of the class means: it hardly overfits.
func direction(x [][4]float64, y []uint8) fitted {
	var mean [2][4]float64
	var n [2]float64
	for i, row := range x {
		n[y[i]]++
		for c, v := range row {
			mean[y[i]][c] += v
		}
	}
	return func(row [4]float64) float32 {
		var s float64
		for c, v := range row {
			s += v * (mean[1][c]/n[1] - mean[0][c]/n[0])
		}
		return float32(s)
	}
}

// memory remembers its training rows and knows nothing of others: what a deep
// tree or a nearest neighbour is in the limit.
func memory(x [][4]float64, y []uint8) fitted {
	label := make(map[[4]float64]uint8, len(x))
	for i, row := range x {
		label[row] = y[i]
	}
	return func(row [4]float64) float32 {
		s := float32(math.Sin(1e3 * row[0])) // any function of the row that says nothing
		if l, seen := label[row]; seen {
			s += 4*float32(l) - 2
		}
		return s
	}
}

// tierAUROC is what one pipeline achieved on rows that it never saw, and what
// its metas saw of the base learners in training.
type tierAUROC struct {
	base, meta []float64
	super      float64
	outOfFold  []float64 // AUROC of the base scores that metas were fitted to
}

// pipeline trains three tiers on 3000 rows and judges them on 12000 others.
func pipeline(t *testing.T, seed uint64, strength float64, leak bool) tierAUROC {
	t.Helper()
	x, y := rowsOf(3000, seed, strength)
	group := make([]uint64, len(y))
	for i := range group {
		group[i] = uint64(i)
	}
	fold, err := Split(y, group, nil, nil, nil, SplitOptions{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	training := trainingRows(len(y), fold)
	var guard []int
	for i, f := range fold {
		if f == GuardFold {
			guard = append(guard, i)
		}
	}
	hx, hy := rowsOf(12000, seed+1000, strength)
	learn := []func([][4]float64, []uint8) fitted{direction, memory}

	var res tierAUROC
	truth := &Truth{Y: y}
	var bases []ensemble.Base
	oof, held := make([][]float32, len(learn)), make([][]float32, len(learn))
	onGuard := make([][]float32, len(learn))
	for j, fit := range learn {
		final := fit(take(x, training), take(y, training))
		oof[j] = make([]float32, len(y))
		for f := range uint8(Folds) {
			var in, out []int
			for _, i := range training {
				if fold[i] == f {
					out = append(out, i)
				} else {
					in = append(in, i)
				}
			}
			cross := fit(take(x, in), take(y, in))
			if leak {
				cross = final
			}
			for _, i := range out {
				oof[j][i] = cross(x[i])
			}
		}
		b, err := FitBase(oof[j], truth, fold)
		if err != nil {
			t.Fatal(err)
		}
		bases = append(bases, b)
		for _, row := range hx {
			held[j] = append(held[j], final(row))
		}
		for _, i := range guard {
			onGuard[j] = append(onGuard[j], final(x[i]))
		}
		res.outOfFold = append(res.outOfFold, AUROC(take(oof[j], training), take(y, training), nil))
		res.base = append(res.base, AUROC(held[j], hy, nil))
	}

	table, err := NewTable(bases, oof)
	if err != nil {
		t.Fatal(err)
	}
	var metas []*ensemble.MetaLearner
	for _, kind := range MetaKinds {
		m, err := FitMeta(kind, table, truth, fold)
		if err != nil {
			t.Fatal(err)
		}
		metas = append(metas, m.Learner)
	}
	apply := func(raw [][]float32) [][]float64 {
		t.Helper()
		table, err := NewTable(bases, raw)
		if err != nil {
			t.Fatal(err)
		}
		return table.Apply(metas)
	}
	guardTruth := truth.Subset(guard)
	s, err := FitSuper(apply(onGuard), &guardTruth, SuperOptions{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	g := apply(held)
	for j := range g {
		res.meta = append(res.meta, AUROC(g[j], hy, nil))
	}
	res.super = AUROC(SuperLogOdds(s.Learner, g), hy, nil)
	return res
}

// noiseFaults says at which tiers a pipeline on labels that are pure noise does
// not look like noise: hold-out AUROC, and the scores that metas are fitted to,
// must be .50. The tolerance is twice the standard error of 3000 rows, or more
// than three of 12000.
func noiseFaults(r tierAUROC) (faults []string) {
	check := func(what string, v, tolerance float64) {
		if !(math.Abs(v-0.5) <= tolerance) {
			faults = append(faults, fmt.Sprintf("%s: AUROC %.3f on pure noise", what, v))
		}
	}
	for j, v := range r.outOfFold {
		// Out-of-fold scores of noise lean below .5: a fold that has more attacks
		// leaves fewer to the others.
		check(fmt.Sprintf("base %d out of fold", j), v, 0.05)
	}
	for j, v := range r.base {
		check(fmt.Sprintf("base %d", j), v, 0.02)
	}
	for j, v := range r.meta {
		check("meta "+MetaKinds[j], v, 0.02)
	}
	check("super", r.super, 0.02)
	return faults
}

func TestPureNoise(t *testing.T) {
	for seed := range uint64(3) {
		for _, fault := range noiseFaults(pipeline(t, seed, 0, false)) {
			t.Errorf("seed %d: %s", seed, fault)
		}
	}
}

// TestPureNoiseDetectsLeak: with in-sample scores the test above must fail.
func TestPureNoiseDetectsLeak(t *testing.T) {
	for seed := range uint64(3) {
		if faults := noiseFaults(pipeline(t, seed, 0, true)); len(faults) == 0 {
			t.Errorf("seed %d: metas were fed in-sample scores and nothing was noticed", seed)
		}
	}
}

// qualityFaults says which upper tiers lose against the better base learner on
// rows with a signal.
func qualityFaults(r tierAUROC) (faults []string) {
	best := max(r.base[0], r.base[1])
	for j, v := range r.meta {
		if v < best-0.03 {
			faults = append(faults, fmt.Sprintf("meta %s: AUROC %.3f, the best base has %.3f", MetaKinds[j], v, best))
		}
	}
	if r.super < best-0.01 {
		faults = append(faults, fmt.Sprintf("super: AUROC %.3f, the best base has %.3f", r.super, best))
	}
	return faults
}

// TestMemoryGetsNoWeight: out of fold a learner that only remembers is seen for
// what it is; fed in-sample scores, metas trust it and the tiers get worse.
func TestMemoryGetsNoWeight(t *testing.T) {
	for seed := uint64(10); seed < 12; seed++ {
		for _, fault := range qualityFaults(pipeline(t, seed, 1.5, false)) {
			t.Errorf("seed %d: %s", seed, fault)
		}
		if faults := qualityFaults(pipeline(t, seed, 1.5, true)); len(faults) == 0 {
			t.Errorf("seed %d: metas were fed in-sample scores and nothing got worse", seed)
		}
	}
}

func TestPipelineRepeats(t *testing.T) {
	a, b := pipeline(t, 20, 1, false), pipeline(t, 20, 1, false)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("two runs differ: %v and %v", a, b)
	}
}
