package train_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/train"
)

// What sites have in common is learned from a few labels of each, and what each has
// for itself is not.
func TestReptile(t *testing.T) {
	line, err := ensemble.NewCalibration([]float64{-10, 10}, []float64{-10, 10})
	if err != nil {
		t.Fatal(err)
	}
	mixer, err := ensemble.NewStack([]float64{1}, 0)
	if err != nil {
		t.Fatal(err)
	}
	tail, err := ensemble.NewTail([]float64{-4, 3}, []float64{-0.1, -7}, 1)
	if err != nil {
		t.Fatal(err)
	}
	tiers, err := ensemble.NewTiers([]ensemble.Base{{Calibration: line}}, []*ensemble.MetaLearner{{Name: "m", Mixer: mixer, Calibration: line}},
		&ensemble.SuperLearner{Beta: []float64{1}, Tail: tail})
	if err != nil {
		t.Fatal(err)
	}
	m := &model.Model{Kind: event.HTTP, Tiers: tiers, Schema: feature.Schema{Kind: event.HTTP, Names: []string{"common", "own", "other"}, Stateless: 3}}
	// The first column tells threats at every site; the second one at the first site,
	// and the reverse at the second.
	site := func(own float32, draw uint64) *adapt.State {
		r := rand.New(rand.NewPCG(draw, 7))
		s := adapt.New(m)
		for i := range 8 {
			sign := float32(2*(i%2) - 1)
			row := feature.Batch{N: 1, D: 3, X: []float32{3 * sign, 3 * sign * own, float32(r.NormFloat64())}}
			if _, err := s.Label(adapt.NewExample([]float32{float32(r.NormFloat64())}, &row, 0), i%2 == 1, "file"); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	var tasks [][]*adapt.State
	for n, own := range []float32{1, -1} {
		tasks = append(tasks, []*adapt.State{site(own, uint64(2*n)), site(own, uint64(2*n+1))})
	}
	p := train.Reptile(adapt.DefaultPrior(), tasks, 50, 0.1)
	if common, own, other := p.Columns[0], p.Columns[1], p.Columns[2]; !(common > 1) || math.Abs(own) > common/3 || math.Abs(other) > common/3 {
		t.Errorf("weights %g of what is common, %g of what sites have for themselves, %g of noise", common, own, other)
	}
	if again := train.Reptile(adapt.DefaultPrior(), tasks, 50, 0.1); again.Columns[0] != p.Columns[0] {
		t.Error("not the same again")
	}
	if none := train.Reptile(adapt.DefaultPrior(), nil, 50, 0.1); none.Columns != nil {
		t.Error("something was learned from no site")
	}
}
