package ensemble

import (
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
)

// fixed is a learner that scores column i of the row, and fails when told to.
type fixed struct {
	column int
	err    error
}

func (f fixed) Info() learner.Info {
	return learner.Info{ID: "fixed", Columns: []int{f.column}, Cost: 2, Texts: f.column == 1, Context: f.column == 2}
}

func (f fixed) Score(dst []float32, b *learner.Batch) error {
	for i := range dst {
		dst[i] = b.Row(i)[f.column]
	}
	return f.err
}

// composed returns tiers and the same tiers as learners around learners.
func composed(t testing.TB, r *rand.Rand, n int) (*Tiers, *SuperLearner) {
	tiers := randomTiers(t, r, n)
	for i := range tiers.Bases {
		tiers.Bases[i].Learner = fixed{column: i}
	}
	super := tiers.Super
	for _, m := range tiers.Metas {
		m.Bases = tiers.Bases
		super.Metas = append(super.Metas, m)
	}
	return tiers, super
}

// TestComposedEqualsTiers: the two ways to run three tiers agree, up to the
// float32 that passes between learners.
func TestComposedEqualsTiers(t *testing.T) {
	const n, rows = 4, 50
	r := rand.New(rand.NewPCG(23, 24))
	tiers, super := composed(t, r, n)
	b := &learner.Batch{N: rows, D: n}
	for range rows {
		b.X = append(b.X, randomRow(r, n)...)
	}
	e := tiers.NewEvaluation()
	var wait sync.WaitGroup
	for range 4 { // at the same time: Score is safe for concurrent use
		wait.Add(1)
		go func() {
			defer wait.Done()
			dst := make([]float32, rows)
			if err := super.Score(dst, b); err != nil {
				t.Error(err)
			}
		}()
	}
	wait.Wait()
	dst := make([]float32, rows)
	if err := super.Score(dst, b); err != nil {
		t.Fatal(err)
	}
	for i, z := range dst {
		tiers.Evaluate(e, b.Row(i))
		if math.Abs(float64(z)-e.LogOdds) > 1e-3 || (z != z) != (e.LogOdds != e.LogOdds) {
			t.Errorf("row %d: log-odds %g as learners, %g as tiers", i, z, e.LogOdds)
		}
	}
	info := super.Info()
	if len(info.Columns) != n || !info.Texts || !info.Context || info.Type != "super" {
		t.Errorf("info of the whole: %+v", info)
	}
}

func TestComposedFails(t *testing.T) {
	_, super := composed(t, rand.New(rand.NewPCG(25, 26)), 3)
	broken := errors.New("broken")
	super.Metas[1].(*MetaLearner).Bases = []Base{{Learner: fixed{err: broken}, Calibration: sampleCalibration(t)}}
	if err := super.Score(make([]float32, 1), &learner.Batch{N: 1, D: 3, X: make([]float32, 3)}); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the base learner", err)
	}
}
