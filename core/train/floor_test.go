package train

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// rehearsed is a set of two columns: the first tells the attacks that it has
// examples of, the second, which never varies much here, those that it has not.
func rehearsed(n int) *Set {
	r := rand.New(rand.NewPCG(5, 6))
	s := &Set{
		Schema: feature.Schema{Names: []string{"known", "noise", "count"}, Stateless: 3},
		Types:  []string{"normal", "known"}, Sites: []string{"here"},
	}
	s.Rows.D = 3
	for i := range n {
		y := int8(i % 2)
		s.Rows.X = append(s.Rows.X, float32(2*float64(y)+r.NormFloat64()), float32(r.NormFloat64()), float32(r.Float64()))
		s.Y, s.Type, s.Site = append(s.Y, y), append(s.Type, int32(y)), append(s.Site, 0)
		s.W, s.Group, s.Time = append(s.W, 1), append(s.Group, uint64(i)), append(s.Time, int64(i))
	}
	s.Rows.N = n
	s.Rows.Texts.First = make([]uint32, n+1)
	return s
}

// TestFloor: a threat that no training row resembles is found by a signal that
// knows it, and nothing else changes.
func TestFloor(t *testing.T) {
	s := rehearsed(4000)
	signal := feature.Signal{Name: "many", Class: "exfiltration", Columns: []string{"count"}, Weights: []float64{2}, Bias: -8}
	linear := func(id string, columns ...int) Spec {
		return Spec{Info: learner.Info{ID: id, Columns: columns}, Fit: func(d *Data, info learner.Info) (learner.Learner, error) {
			return FitLinear(d, info.Columns, LinearOptions{Info: info})
		}}
	}
	recipe := []Spec{linear("linear", 0), linear("both", 0, 1)}
	with := append(recipe[:2:2], Spec{
		Info:  learner.Info{ID: "signal-many", Class: signal.Class},
		Fixed: true,
		Fit: func(_ *Data, info learner.Info) (learner.Learner, error) {
			return signalLearner(info, &s.Schema, signal)
		},
	})
	rateOf := func(f *Fitted, row ...float32) float64 {
		b := feature.Batch{N: 1, D: 3, X: row}
		b.Texts.First = []uint32{0, 0}
		scored, err := Score(f.Tiers, &b)
		if err != nil {
			t.Fatal(err)
		}
		return scored.Rate[0]
	}
	fit := func(specs []Spec) *Fitted {
		f, err := Fit(context.Background(), s, Options{Recipe: specs, Seed: 1, Split: SplitOptions{Guard: GuardByGroup}})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	plain, floored := fit(recipe), fit(with)
	if r := rateOf(plain, 0, 0, 9); r < 0.1 {
		t.Errorf("without a signal the unseen threat has rate %g; it should be nothing special", r)
	}
	if r := rateOf(floored, 0, 0, 9); r > 1e-3 {
		t.Errorf("with a signal the unseen threat has rate %g, want at most 0.001", r)
	}
	if r := rateOf(floored, 0, 0, 3.5); r < 0.1 {
		t.Errorf("below the level at which to look the rate is %g, want that of an ordinary row", r)
	}
	for _, x := range []float32{-1, 0, 1, 2, 3, 4} {
		a, b := rateOf(plain, x, 0, 0.5), rateOf(floored, x, 0, 0.5)
		if math.Abs(math.Log(a/b)) > 0.7 {
			t.Errorf("a row without the signal: rate %g, with a floor %g", a, b)
		}
	}
	if f := floored.Tiers.Super.Floor; f == 0 || floored.Tiers.Metas[f-1].Name != FloorName {
		t.Errorf("floor %d of %d metas", f, len(floored.Tiers.Metas))
	}
}

func TestKnowledgeTail(t *testing.T) {
	quiet, busy := make([]float32, 1000), make([]float32, 1000)
	for i := range quiet {
		quiet[i] = -5 - float32(i)/1000
		busy[i] = float32(i-900) / 20 // a tenth at 0 or above, up to 5
	}
	for name, c := range map[string]struct {
		scores   []float32
		at       float64
		min, max float64
	}{
		"nobody near, below":        {quiet, -1, 0.99, 1},
		"nobody near, at 0":         {quiet, 0, 1 / 1002.0, 1 / 1000.0},
		"nobody near, above":        {quiet, 5, 0, 1e-3},
		"some above, below":         {busy, -1, 0.99, 1},
		"some above, at 0":          {busy, 0, 0.08, 0.12},
		"some above, high":          {busy, 4.9, 0, 0.01},
		"no row at all is an error": {[]float32{float32(math.NaN())}, 0, -1, -1},
	} {
		t.Run(name, func(t *testing.T) {
			tail, err := knowledgeTail(c.scores, nil)
			if c.min < 0 {
				if err == nil {
					t.Error("want an error")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if r := tail.Rate(c.at); r < c.min || r > c.max {
				t.Errorf("rate %g, want %g to %g", r, c.min, c.max)
			}
		})
	}
}

func TestSameRate(t *testing.T) {
	from, err := ensemble.NewTail([]float64{0, 1, 8}, []float64{-0.1, -1, -8}, 1)
	if err != nil {
		t.Fatal(err)
	}
	to, err := ensemble.NewTail([]float64{-4, 0, 4}, []float64{-0.5, -3, -7}, 1)
	if err != nil {
		t.Fatal(err)
	}
	// Evidence that never varies leaves no room between the rates.
	flat, err := ensemble.NewTail([]float64{1e-6}, []float64{-1e-4}, 1e9)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := sameRate(flat, to, floorRate, floorShare); err != nil {
		t.Error(err)
	} else if got, want := c.LogOdds(-math.Log(1e-3*floorShare)), to.Threshold(1e-3); math.Abs(got-want) > 0.2 {
		t.Errorf("constant evidence: log-odds %g, want %g", got, want)
	}
	c, err := sameRate(from, to, floorRate, floorShare)
	if err != nil {
		t.Fatal(err)
	}
	if z := c.LogOdds(from.Threshold(0.05)); z > -ensemble.Clip+1 {
		t.Errorf("one row in twenty: log-odds %g, want the lowest", z)
	}
	for _, rate := range []float64{1.0 / 128, 1e-3, 1e-4} {
		want := to.Threshold(rate)
		if got := c.LogOdds(from.Threshold(rate * floorShare)); math.Abs(got-want) > 0.2 {
			t.Errorf("rate %g: log-odds %g, want %g", rate, got, want)
		}
	}
}
