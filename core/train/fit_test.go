package train

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// fitSet draws n rows of a small table: two columns tell attacks of three types
// from normal rows by strength, two are noise, and a fifth is unlike in every row,
// so that deep trees can learn rows by heart. With noise the labels are a coin's.
func fitSet(n int, seed uint64, strength float64) *Set {
	r := rand.New(rand.NewPCG(seed, 5))
	s := &Set{
		Schema: feature.Schema{
			Kind: event.Table, Names: []string{"a", "b", "noise", "more", "own"}, Stateless: 5,
			Table: []feature.Column{{Source: "a"}, {Source: "b"}, {Source: "noise"}, {Source: "more"}, {Source: "own"}},
		},
		Rows:  feature.Batch{N: n, D: 5},
		Types: []string{"normal", "x", "y", "z"}, Sites: []string{"site"},
	}
	s.Rows.Texts.First = make([]uint32, n+1)
	for i := range n {
		y := int8(r.IntN(2))
		typ := int32(0)
		if y == 1 {
			typ = 1 + int32(r.IntN(3))
		}
		shift := strength * float64(y)
		row := []float64{r.NormFloat64() + shift, r.NormFloat64(), r.NormFloat64(), r.NormFloat64(), r.Float64()}
		if typ == 2 {
			row[1] += shift
		}
		for _, v := range row {
			s.Rows.X = append(s.Rows.X, float32(v))
		}
		s.Y, s.Type, s.Site = append(s.Y, y), append(s.Type, typ), append(s.Site, 0)
		s.W, s.Time = append(s.W, 1), append(s.Time, event.NoTime)
		s.Group = append(s.Group, mix64(uint64(i)^seed<<32))
	}
	return s
}

// fitRecipe is a small recipe of every make: a line, a density, and trees that
// learn rows by heart.
func fitRecipe(s *Set) []Spec {
	all := columns(0, s.Schema.Stateless)
	return []Spec{
		{
			Info: learner.Info{ID: "linear", Columns: all},
			Fit: func(d *Data, info learner.Info) (learner.Learner, error) {
				return FitLinear(d, info.Columns, LinearOptions{Info: info})
			},
		},
		{
			Info: learner.Info{ID: "histogram", Columns: all},
			Fit: func(d *Data, info learner.Info) (learner.Learner, error) {
				return FitHistogram(d, info.Columns, HistogramOptions{Info: info})
			},
		},
		{
			Info: learner.Info{ID: "forest", Columns: all},
			Fit: func(d *Data, info learner.Info) (learner.Learner, error) {
				return FitForest(d, info.Columns, ForestOptions{Info: info, Trees: 8, MinLeaf: 1, Seed: 1})
			},
		},
	}
}

// scoredBy returns the AUROC of the super-learner on other rows of the same kind.
func scoredBy(t *testing.T, f *Fitted, strength float64) float64 {
	t.Helper()
	test := fitSet(4000, 99, strength)
	scored, err := Score(f.Tiers, &test.Rows)
	if err != nil {
		t.Fatal(err)
	}
	y := make([]uint8, test.Len())
	for i, v := range test.Y {
		y[i] = uint8(v)
	}
	return AUROC(scored.LogOdds, y, nil)
}

func TestFitLearns(t *testing.T) {
	for _, hedge := range []bool{false, true} {
		t.Run(fmt.Sprintf("hedge %t", hedge), func(t *testing.T) {
			s := fitSet(2000, 1, 3)
			f, err := Fit(context.Background(), s, Options{Recipe: fitRecipe(s), Seed: 1, Hedge: hedge})
			if err != nil {
				t.Fatal(err)
			}
			// Two normal distributions 3 apart: .983; type y adds to it.
			if a := scoredBy(t, f, 3); a < 0.97 {
				t.Errorf("AUROC %.4f on new rows", a)
			}
			if len(f.Guard) < 200 || len(f.Guard) > 700 {
				t.Errorf("%d rows of 2000 in the guard part", len(f.Guard))
			}
		})
	}
}

// TestFitNoise: labels by chance teach nothing, whatever learns rows by heart.
func TestFitNoise(t *testing.T) {
	s := fitSet(2000, 2, 0)
	for _, hedge := range []bool{false, true} {
		f, err := Fit(context.Background(), s, Options{Recipe: fitRecipe(s), Seed: 1, Hedge: hedge})
		if err != nil {
			t.Fatal(err)
		}
		if a := scoredBy(t, f, 0); math.Abs(a-0.5) > 0.02 {
			t.Errorf("hedge %t: AUROC %.3f on noise", hedge, a)
		}
	}
}

// TestFitNoticesLeak: base learners that score their own training rows send the
// weights of the stack to the one that knows rows by heart. The forest is the
// worst of the three here, and out of fold it shows.
func TestFitNoticesLeak(t *testing.T) {
	share := func(leak bool) float64 {
		s := fitSet(2000, 3, 1)
		specs := fitRecipe(s)
		b := newBench(s, specs, 1, func(string) {})
		fold := GroupFolds(s.Group, 1)
		rows := columns(0, s.Len())
		raw, err := b.outOfFold(context.Background(), rows, fold, Folds, leak)
		if err != nil {
			t.Fatal(err)
		}
		truth := &Truth{Y: b.data.Y, W: BalanceTypes(b.data.Y, s.Type, nil, nil, 0), Type: s.Type}
		var bases []ensemble.Base
		for _, scores := range raw {
			base, err := FitBase(scores, truth, fold)
			if err != nil {
				t.Fatal(err)
			}
			bases = append(bases, base)
		}
		table, err := NewTable(bases, raw)
		if err != nil {
			t.Fatal(err)
		}
		m, err := FitMeta(ensemble.ConvexName, table, truth, fold)
		if err != nil {
			t.Fatal(err)
		}
		return m.Learner.Mixer.(ensemble.Stateful).State().Weights[2]
	}
	if honest, leaked := share(false), share(true); honest > 0.5 || leaked < 0.9 {
		t.Errorf("the forest's weight is %.2f out of fold and %.2f with a leak; want little and nearly all", honest, leaked)
	}
}

// TestFitLeakCosts: the whole pipeline is worse for the mistake.
func TestFitLeakCosts(t *testing.T) {
	s := fitSet(2000, 4, 1)
	auroc := map[bool]float64{}
	for _, leak := range []bool{false, true} {
		o := Options{Recipe: fitRecipe(s), Seed: 1, Hedge: true, leak: leak}
		f, err := Fit(context.Background(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		auroc[leak] = scoredBy(t, f, 1)
	}
	if auroc[true] > auroc[false]-0.003 {
		t.Errorf("AUROC %.4f with a leak, %.4f without: nothing notices", auroc[true], auroc[false])
	}
}

// TestFitRepeats: the same bits for any number of workers.
func TestFitRepeats(t *testing.T) {
	print := func(workers int) []byte {
		s := fitSet(1000, 5, 2)
		f, err := Fit(context.Background(), s, Options{Recipe: fitRecipe(s), Seed: 1, Hedge: true, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		scored, err := Score(f.Tiers, &s.Rows)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		for i := range scored.LogOdds {
			fmt.Fprintf(&b, "%x %x\n", scored.LogOdds[i], scored.Rate[i])
		}
		for _, m := range f.Tiers.Metas {
			fmt.Fprintf(&b, "%s %x\n", m.Name, m.Mixer.(ensemble.Stateful).State())
		}
		fmt.Fprintf(&b, "%x %+v\n", f.Tiers.Super.Beta, f.Meta)
		return b.Bytes()
	}
	if !bytes.Equal(print(1), print(4)) {
		t.Error("one worker and four fit different models")
	}
}

func TestFitRefuses(t *testing.T) {
	one := fitSet(400, 6, 1)
	for i := range one.Y {
		one.Y[i], one.Type[i] = 0, 0
	}
	for _, tt := range []struct {
		name string
		set  *Set
		cut  int
	}{
		{"one class", one, 3},
		{"one learner", fitSet(400, 6, 1), 1},
	} {
		if _, err := Fit(context.Background(), tt.set, Options{Recipe: fitRecipe(tt.set)[:tt.cut], Seed: 1}); err == nil {
			t.Errorf("%s: no error", tt.name)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := fitSet(400, 6, 1)
	if _, err := Fit(ctx, s, Options{Recipe: fitRecipe(s), Seed: 1}); err == nil {
		t.Error("cancelled: no error")
	}
}

func TestCategories(t *testing.T) {
	s := feature.Schema{Stateless: 5, Table: []feature.Column{
		{Source: "n"},
		{Source: "p", Level: []string{"a"}},
		{Source: "p", Level: []string{"b"}},
		{Source: "p", Level: []string{"a", "b", "c"}},
		{Source: "two", Level: []string{"x"}},
	}}
	levels, coded := categories(&s)
	if got, want := fmt.Sprint(levels, coded), "[0 1 2 4] [0 3 4]"; got != want {
		t.Errorf("levels and codes %s, want %s", got, want)
	}
	s.Table = nil
	levels, coded = categories(&s)
	if got, want := fmt.Sprint(levels, coded), "[0 1 2 3 4] [0 1 2 3 4]"; got != want {
		t.Errorf("without a table %s, want %s", got, want)
	}
}
