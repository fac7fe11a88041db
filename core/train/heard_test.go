package train

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/learner"
)

// heardFitting returns a fit up to its metas, and the guard part's scores. Base 0
// remembers: it knows types that were there and nothing of those left out. Base 1
// knows both, of the first nearly what base 0 does; guard is what it knows of the
// guard part.
func heardFitting(t *testing.T, guard float64) (*fitting, *Table) {
	t.Helper()
	const n = 6000
	r := rand.New(rand.NewPCG(3, 7))
	scores := func(remembers, knows float64) [][]float32 {
		raw := [][]float32{make([]float32, n), make([]float32, n)}
		for i := range n {
			same, y := r.NormFloat64(), float64(i%2)
			raw[0][i] = float32(same + remembers*y)
			raw[1][i] = float32(same + 0.1*r.NormFloat64() + knows*y)
		}
		return raw
	}
	s := &Set{Types: []string{"normal", "x"}}
	f := &fitting{hedge: true, bench: &bench{set: s, workers: 1}, outOfFold: scores(4, 4), left: scores(0, 4)}
	for i := range n {
		y := uint8(i % 2)
		f.data.Y, s.Y, s.Type = append(f.data.Y, y), append(s.Y, int8(y)), append(s.Type, int32(y))
		fold := uint8(i / 2 % 6)
		if fold == Folds {
			fold = GuardFold
			f.guard = append(f.guard, i)
		} else {
			f.inner = append(f.inner, i)
		}
		f.fold = append(f.fold, fold)
	}
	f.data.N = n
	f.weight = BalanceTypes(f.data.Y, s.Type, nil, nil, 0)
	for b, id := range []string{"remembers", "knows"} {
		f.specs, f.learners, f.use = append(f.specs, Spec{Info: learner.Info{ID: id}}), append(f.learners, nil), append(f.use, b)
	}
	if err := f.bases(f.outOfFold); err != nil {
		t.Fatal(err)
	}
	for _, scores := range []foldScores{{"", f.fold, f.outOfFold}, {typesSuffix, f.fold, f.left}} {
		if err := f.metas(&scores); err != nil {
			t.Fatal(err)
		}
	}
	table, err := NewTable(f.base, scores(4, guard))
	if err != nil {
		t.Fatal(err)
	}
	return f, table.Subset(f.guard)
}

func TestHear(t *testing.T) {
	for _, c := range []struct {
		name  string
		guard float64
		kept  bool
	}{
		{"costs nothing", 4, true},
		{"costs recall", -4, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, table := heardFitting(t, c.guard)
			truth := f.truth().Subset(f.guard)
			g := table.Apply(f.meta)
			super, err := FitSuper(g, &truth, SuperOptions{Even: f.even()})
			if err != nil {
				t.Fatal(err)
			}
			was := super.Learner
			all, err := f.hear(super, table, g, &truth, SuperOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if !c.kept {
				if len(all) != len(g) || len(f.meta) != len(g) || super.Learner != was {
					t.Errorf("%d of %d metas are new, though they cost", len(all)-len(g), len(all))
				}
				return
			}
			if len(all) != len(g)+3 || len(f.meta) != len(all) || len(super.LogOdds) != len(f.guard) {
				t.Fatalf("%d log-odds of %d metas, %d before", len(all), len(f.meta), len(g))
			}
			var heard, total float64
			for j, m := range f.meta {
				total += super.Learner.Beta[j]
				if !strings.HasSuffix(m.Name, heardSuffix) {
					continue
				}
				heard += super.Learner.Beta[j]
				if w := m.Mixer.(ensemble.Stateful).State().Weights; len(w) != 2 || w[0] != 0 || w[1] == 0 {
					t.Errorf("%s weighs %v: it hears what only remembers", m.Name, w)
				}
			}
			if math.Abs(heard-0.5) > 1e-12 || math.Abs(total-1) > 1e-12 {
				t.Errorf("beta %v: %g for what is heard, %g in all", super.Learner.Beta, heard, total)
			}
		})
	}
}

// Where folds without types say the same of all learners there is nothing to add.
func TestHearWithoutTypes(t *testing.T) {
	f, table := heardFitting(t, 4)
	truth := f.truth().Subset(f.guard)
	f.meta = f.meta[:len(MetaKinds)]
	g := table.Apply(f.meta)
	super, err := FitSuper(g, &truth, SuperOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := f.hear(super, table, g, &truth, SuperOptions{}); err != nil || len(all) != len(g) {
		t.Errorf("%d metas of %d, %v", len(all), len(g), err)
	}
}

// Above the log-odds from which novelty ranks stand no more normal rows than the
// smallest budget allows, of those behind the rates and of the guard part.
func TestUnconfirmed(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, shift := range []float64{-1, 0, 1} { // of the guard's normal rows against the others
		var z, others []float64
		truth := &Truth{}
		for i := range 20000 {
			truth.Y = append(truth.Y, uint8(i%2))
			z = append(z, r.NormFloat64()+shift+6*float64(i%2))
			others = append(others, r.NormFloat64())
		}
		tail, err := FitTail(others, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		from := unconfirmed(&ensemble.SuperLearner{Tail: tail}, z, truth, []float64{1e-2, 1e-3})
		above := 0
		for i, v := range z {
			if truth.Y[i] == 0 && v > from {
				above++
			}
		}
		if rate := tail.Rate(from); above > 10 || rate > 1e-3 || above < 10 && rate < 0.9e-3 {
			t.Errorf("shift %g: %d of 10000 normal rows of the guard above, rate %g of the others", shift, above, rate)
		}
	}
}
