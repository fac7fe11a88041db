package ensemble

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tiercel/tiercel/core/portable"
)

// rowOf returns the scores of a row with the given log-odds; NaN is missing.
func rowOf(logit ...float64) *Scores {
	s := NewScores(len(logit))
	for i, z := range logit {
		s.set(i, portable.Logistic(z), z, portable.Logistic(-z), portable.Log(portable.Logistic(-z)))
	}
	return &s
}

// must fails the test where a constructor did.
func must[M any](t testing.TB) func(m M, err error) M {
	return func(m M, err error) M {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
}

func TestMix(t *testing.T) {
	nan := math.NaN()
	mean := must[*Mean](t)
	minp := must[*MinP](t)
	e := func(z float64) float64 { return -math.Log(portable.Logistic(-z)) } // evidence of a row made by rowOf
	for _, c := range []struct {
		name    string
		mixer   Mixer
		row     *Scores
		raw     float64
		weights []float64
	}{
		{"stack", mean(NewStack([]float64{0.5, 1}, -1)), rowOf(2, 3), 3, []float64{0.5, 1}},
		{"stack, one missing", mean(NewStack([]float64{0.5, 1}, -1)), rowOf(nan, 3), 3.5, []float64{0, 1.5}},
		{"stack, only the weightless present", mean(NewStack([]float64{0, 1}, -1)), rowOf(2, nan), 1, []float64{1, 0}},
		{"stack, all missing", mean(NewStack([]float64{0.5, 1}, -1)), rowOf(nan, nan), nan, []float64{0, 0}},
		{"stack, all weights zero", mean(NewStack([]float64{0, 0}, 0)), rowOf(2, 4), 3, []float64{0.5, 0.5}},
		{"convex", mean(NewConvex([]float64{0.25, 0.75})), rowOf(0, 0), 0.5, []float64{0.25, 0.75}},
		{"convex is scaled", mean(NewConvex([]float64{1, 3})), rowOf(0, -800), 0.125, []float64{0.25, 0.75}},
		{"greedy", mean(NewGreedy([]float64{3, 1})), rowOf(4, 0), 3, []float64{0.75, 0.25}},
		{"fisher", mean(NewFisher([]float64{1, 1})), rowOf(2, 1), e(2) + e(1), []float64{1, 1}},
		{"fisher, one missing", mean(NewFisher([]float64{1, 1})), rowOf(nan, 1), 2 * e(1), []float64{0, 2}},
		{"minp", minp(NewMinP([]float64{1, 1, 1})), rowOf(1, 3, 2), e(3), []float64{0, 1, 0}},
		{"minp of the chosen", minp(NewMinP([]float64{1, 0, 1})), rowOf(1, 3, 2), e(2), []float64{0, 0, 1}},
		{"minp, chosen missing", minp(NewMinP([]float64{0, 0, 1})), rowOf(1, 3, nan), e(3), []float64{0, 1, 0}},
		{"minp, all missing", minp(NewMinP([]float64{1, 1})), rowOf(nan, nan), nan, []float64{0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.mixer.Mix(c.row); math.Abs(got-c.raw) > 1e-12 || (got != got) != (c.raw != c.raw) {
				t.Errorf("raw score %g, want %g", got, c.raw)
			}
			got := make([]float64, len(c.weights))
			c.mixer.Weights(got, c.row)
			for i := range got {
				if math.Abs(got[i]-c.weights[i]) > 1e-12 {
					t.Errorf("weights %v, want %v", got, c.weights)
					break
				}
			}
		})
	}
}

func TestNewMixer(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name  string
		kind  string
		state State
		ok    bool
	}{
		{"stack", StackName, State{[]float64{0.1, 2.7, 0}, -0.3}, true},
		{"convex", ConvexName, State{[]float64{0.1, 0.3, 0.6}, 0}, true},
		{"convex of thirds", ConvexName, State{[]float64{1, 1, 1}, 0}, true},
		{"greedy", GreedyName, State{[]float64{3, 0, 4}, 0}, true},
		{"fisher", FisherName, State{[]float64{1, 0, 1}, 0}, true},
		{"minp", MinPName, State{[]float64{0, 0, 0}, 0}, true},
		{"unknown", "vote", State{[]float64{1}, 0}, false},
		{"no weights", StackName, State{}, false},
		{"too many weights", StackName, State{Weights: make([]float64, MaxLearners+1)}, false},
		{"negative weight", ConvexName, State{[]float64{1, -1e-9}, 0}, false},
		{"NaN weight", FisherName, State{[]float64{nan}, 0}, false},
		{"huge weight", GreedyName, State{[]float64{1e300}, 0}, false},
		{"NaN bias", StackName, State{[]float64{1}, nan}, false},
		{"infinite bias", StackName, State{[]float64{1}, math.Inf(1)}, false},
		{"bias of another", ConvexName, State{[]float64{1}, 1}, false},
		{"weighted minp", MinPName, State{[]float64{0.5}, 0}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := NewMixer(c.kind, c.state)
			if (err == nil) != c.ok {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			// Stored and loaded, twice, it is the same to the last bit.
			state := m.(Stateful).State()
			again, err := NewMixer(m.Name(), state)
			if err != nil {
				t.Fatal(err)
			}
			if b := again.(Stateful).State(); !slices.Equal(state.Weights, b.Weights) || state.Bias != b.Bias {
				t.Errorf("state %v became %v", state, b)
			}
			row := rowOf(1, 0.25, -2)
			if a, b := m.Mix(row), again.Mix(row); a != b {
				t.Errorf("raw score %g became %g", a, b)
			}
		})
	}
}

// mixersOf returns one of each kind with random weights, some zero.
func mixersOf(t testing.TB, r *rand.Rand, n int) []Mixer {
	var out []Mixer
	for _, kind := range []string{StackName, ConvexName, GreedyName, FisherName, MinPName, TrimmedName} {
		s := State{Weights: make([]float64, n)}
		for i := range s.Weights {
			if s.Weights[i] = r.Float64() * 2; r.IntN(3) == 0 {
				s.Weights[i] = 0
			}
			if kind == MinPName {
				s.Weights[i] = math.Round(s.Weights[i] / 2)
			}
		}
		if kind == TrimmedName {
			if clear(s.Weights); n < 3 {
				continue
			}
			s.Bias = 1
		}
		if kind == StackName {
			s.Bias = r.NormFloat64()
		}
		m, err := NewMixer(kind, s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

func TestMixersAreMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const n = 5
	for range 300 {
		for _, m := range mixersOf(t, r, n) {
			row := make([]float64, n)
			for i := range row {
				if row[i] = r.NormFloat64() * 4; r.IntN(4) == 0 {
					row[i] = math.NaN()
				}
			}
			before := m.Mix(rowOf(row...))
			i := r.IntN(n)
			row[i] += r.ExpFloat64()
			if after := m.Mix(rowOf(row...)); after < before-1e-12 || (after != after) != (before != before) {
				t.Fatalf("%s: raising score %d of %v lowered %g to %g", m.Name(), i, row, before, after)
			}
		}
	}
}

func TestMixAllocates(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	row, dst := rowOf(1, 2, math.NaN()), make([]float64, 3)
	for _, m := range mixersOf(t, r, 3) {
		if n := testing.AllocsPerRun(100, func() { sink += m.Mix(row); m.Weights(dst, row) }); n != 0 {
			t.Errorf("%s: %g allocations", m.Name(), n)
		}
	}
}
