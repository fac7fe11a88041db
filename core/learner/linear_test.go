package learner_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/learnertest"
)

var nan = float32(math.NaN())

// plain is a scaling that changes nothing (up to MaxZ).
func plain(n int) learner.Scaling {
	s := learner.Scaling{Log: make([]bool, n), Centre: make([]float32, n), Scale: make([]float32, n)}
	for i := range s.Scale {
		s.Scale[i] = 1
	}
	return s
}

func newLinear(t testing.TB) *learner.Linear {
	z := plain(3)
	z.Log[2], z.Centre[2], z.Scale[2] = true, 3, 2
	l, err := learner.NewLinear(learner.Info{ID: "linear", Columns: []int{0, 3, 2}}, z,
		[]float32{2, -1, 4}, []float32{0.5, 0, -0.25}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func rows(d int, x ...float32) *learner.Batch { return &learner.Batch{N: len(x) / d, D: d, X: x} }

func TestLinear(t *testing.T) {
	inf := float32(math.Inf(1))
	cases := []struct {
		name string
		row  []float32
		want float32
	}{
		{"bias and the centre", []float32{0, 9, 7, 0}, 1}, // lb(1+7) = 3, the centre
		{"one weight", []float32{1, 9, 7, 0}, 3},
		{"all weights", []float32{1, 9, 31, 2}, 1 + 2 - 2 + 4*1}, // lb(32) = 5
		{"negative values keep their sign", []float32{0, 9, -1, 0}, 1 + 4*(-1-3)/2},
		{"missing values", []float32{nan, 9, nan, nan}, 1 + 0.5 + 0 - 0.25},
		{"clipped at MaxZ", []float32{1000, 9, 7, 0}, 1 + 2*learner.MaxZ},
		{"infinite is clipped too", []float32{-inf, 9, inf, 0}, 1 - 2*learner.MaxZ + 4*learner.MaxZ},
		{"unread columns do not matter", []float32{0, nan, 7, 0}, 1},
	}
	l := newLinear(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got [1]float32
			if err := l.Score(got[:], rows(4, c.row...)); err != nil {
				t.Fatal(err)
			}
			if got[0] != c.want {
				t.Errorf("scores %v, want %v", got[0], c.want)
			}
			parts := l.Explain(nil, rows(4, c.row...), 0, 10)
			sum := float32(1)
			for _, p := range parts {
				sum += p.Weight
			}
			if sum != c.want {
				t.Errorf("parts add up to %v, want %v", sum, c.want)
			}
		})
	}
}

func TestLinearConforms(t *testing.T) {
	learnertest.Run(t, newLinear(t), rows(4, 1, 2, 3, 4, nan, 0, -5, 1e9, 0, nan, nan, nan))
}

func TestLinearRefuses(t *testing.T) {
	info := learner.Info{ID: "linear", Columns: []int{0, 1}}
	two := []float32{1, 2}
	zero := plain(2)
	zero.Scale[1] = 0
	cases := []struct {
		name             string
		info             learner.Info
		z                learner.Scaling
		weights, missing []float32
		bias             float32
	}{
		{"no id", learner.Info{Columns: []int{0, 1}}, plain(2), two, two, 0},
		{"a negative column", learner.Info{ID: "l", Columns: []int{0, -1}}, plain(2), two, two, 0},
		{"too many weights", info, plain(2), []float32{1, 2, 3}, two, 0},
		{"too few scalings", info, plain(1), two, two, 0},
		{"a scale of 0", info, zero, two, two, 0},
		{"a weight that is NaN", info, plain(2), []float32{1, nan}, two, 0},
		{"a missing weight that is NaN", info, plain(2), two, []float32{1, nan}, 0},
		{"a bias that is NaN", info, plain(2), two, two, nan},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := learner.NewLinear(c.info, c.z, c.weights, c.missing, c.bias); err == nil {
				t.Error("not refused")
			}
		})
	}
}

// The logarithm is exact at powers of two, monotone, and close in between.
func TestScalingLog(t *testing.T) {
	z := plain(1)
	z.Log[0], z.Scale[0] = true, 100
	last := float32(-1)
	for x := float32(0); x < 1e6; x = x*1.01 + 0.001 {
		got := z.Z(0, x) * 100
		if want := math.Log2(1 + float64(x)); math.Abs(float64(got)-want) > 0.0861 {
			t.Fatalf("lb(1+%v) = %v, want %v within .0861", x, got, want)
		}
		if got < last {
			t.Fatalf("not monotone at %v", x)
		}
		if z.Z(0, -x) != -z.Z(0, x) {
			t.Fatalf("not odd at %v", x)
		}
		last = got
	}
}

func ExampleNewLinear() {
	z := learner.Scaling{Log: []bool{false, false}, Centre: []float32{0, 0}, Scale: []float32{1, 1}}
	l, err := learner.NewLinear(learner.Info{ID: "linear", Columns: []int{0, 1}}, z,
		[]float32{0.5, 2}, []float32{0, 0}, -1)
	if err != nil {
		panic(err)
	}
	score := make([]float32, 2)
	if err := l.Score(score, &learner.Batch{N: 2, D: 2, X: []float32{4, 1, 0, 0}}); err != nil {
		panic(err)
	}
	fmt.Println(score)
	// Output: [3 -1]
}

func BenchmarkLinear(b *testing.B) {
	const d = 40
	columns, w := make([]int, d), make([]float32, d)
	z := plain(d)
	for i := range d {
		columns[i], w[i], z.Log[i] = i, float32(i), i%2 == 0
	}
	l, err := learner.NewLinear(learner.Info{ID: "linear", Columns: columns}, z, w, w, 0)
	if err != nil {
		b.Fatal(err)
	}
	batch := &learner.Batch{N: 256, D: d, X: make([]float32, 256*d)}
	for i := range batch.X {
		batch.X[i] = float32(i % 977)
	}
	dst := make([]float32, batch.N)
	for b.Loop() {
		_ = l.Score(dst, batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch.N), "ns/row")
}
