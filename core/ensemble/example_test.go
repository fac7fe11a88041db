package ensemble_test

import (
	"fmt"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/learner"
)

// weighted is a base learner of one's own: f(x) = w.x + b.
type weighted struct {
	id string
	w  []float32
	b  float32
}

func (l weighted) Info() learner.Info { return learner.Info{ID: l.id, Type: "weighted"} }

func (l weighted) Score(dst []float32, b *learner.Batch) error {
	for i := range dst {
		dst[i] = l.b
		for j, x := range b.Row(i) {
			dst[i] += float32(l.w[j] * x)
		}
	}
	return nil
}

// Three tiers in five lines: base learners, two meta-learners around them and
// a super-learner around those. Each is a learner.Learner.
func Example() {
	straight, _ := ensemble.NewCalibration([]float64{-8, 8}, []float64{-8, 8})
	stack, _ := ensemble.NewStack([]float64{0.6, 0.4}, 0)
	fisher, _ := ensemble.NewFisher([]float64{1, 1})

	bases := []ensemble.Base{{Learner: weighted{"w1", []float32{1, 0}, -1}, Calibration: straight}, {Learner: weighted{"w2", []float32{1, 2}, -2}, Calibration: straight}}
	meta1 := &ensemble.MetaLearner{Name: "stack", Bases: bases, Mixer: stack, Calibration: straight}
	meta2 := &ensemble.MetaLearner{Name: "fisher", Bases: bases, Mixer: fisher, Calibration: straight}
	super := &ensemble.SuperLearner{Name: "super", Metas: []learner.Learner{meta1, meta2}, Beta: []float64{0.7, 0.3}}

	batch := &learner.Batch{N: 2, D: 2, X: []float32{0, 0, 3, 2}}
	for _, l := range []learner.Learner{bases[0].Learner, meta1, meta2, super} {
		dst := make([]float32, batch.N)
		if err := l.Score(dst, batch); err != nil {
			fmt.Println(err)
		}
		fmt.Printf("%-7s %.2f\n", l.Info().ID, dst)
	}
	// Output:
	// w1      [-1.00 2.00]
	// stack   [-1.40 3.20]
	// fisher  [0.44 7.13]
	// super   [-0.75 3.56]
}
