package train

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/learnertest"
)

// novelties are the learners that are fitted on normal rows only.
var novelties = []struct {
	name string
	fit  func(d *Data, columns []int, workers int) (learner.Learner, error)
}{
	{"isolation", func(d *Data, columns []int, workers int) (learner.Learner, error) {
		return FitIsolation(d, columns, IsolationOptions{Workers: workers, Seed: 1})
	}},
	{"histogram", func(d *Data, columns []int, workers int) (learner.Learner, error) {
		return FitHistogram(d, columns, HistogramOptions{Workers: workers})
	}},
}

func TestNovelty(t *testing.T) {
	fit, test := sampleData(3000, 1), sampleData(3000, 2)
	columns := []int{0, 1, 2, 4}
	for _, c := range novelties {
		l, err := c.fit(fit, columns, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(c.name+"/conforms", func(t *testing.T) {
			b := test.Batch()
			learnertest.Run(t, l, &b)
		})
		t.Run(c.name+"/finds what it never saw", func(t *testing.T) {
			if auroc, _, _ := measure(t, l, test); auroc < .93 {
				t.Errorf("AUROC %.3f, want .93", auroc)
			}
		})
		t.Run(c.name+"/explains", func(t *testing.T) { checkExplanation(t, l, test) })
		t.Run(c.name+"/ignores threats", func(t *testing.T) {
			normals := fit.Subset(fit.Normals())
			other, err := c.fit(&normals, columns, 1)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(other.(learner.Stateful).State(), l.(learner.Stateful).State()) {
				t.Error("threats or workers changed the fit")
			}
		})
		t.Run(c.name+"/refuses", func(t *testing.T) {
			threats := fit.Subset(nil)
			for i := range fit.N {
				if fit.Y[i] == 1 {
					threats = fit.Subset([]int{i, i, i})
					break
				}
			}
			if _, err := c.fit(&threats, columns, 0); err == nil {
				t.Error("no error without normal rows")
			}
			if _, err := c.fit(fit, nil, 0); err == nil {
				t.Error("no error without columns")
			}
		})
	}
}

func TestIsolationRanksByDistance(t *testing.T) {
	d := sampleData(4000, 3)
	l, err := FitIsolation(d, []int{0, 2}, IsolationOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b := learner.Batch{N: 3, D: 8, X: make([]float32, 24)}
	for i, v := range []float32{2, 15, 90} {
		b.Row(i)[0], b.Row(i)[2] = v, .15
	}
	s := make([]float32, 3)
	if err := l.Score(s, &b); err != nil {
		t.Fatal(err)
	}
	if !(s[0] < s[1] && s[1] < s[2]) || s[0] < -1.6 || s[2] > 0 {
		t.Errorf("scores %v of ever stranger rows, want them rising between -1.6 and 0", s)
	}
}

// A category of many one-hot columns must not crowd out the one number.
func TestIsolationGroups(t *testing.T) {
	const levels = 40
	d := &Data{N: 2000, D: levels + 1}
	var columns, category []int
	for c := range d.D {
		columns = append(columns, c)
		if c > 0 {
			category = append(category, c)
		}
	}
	for i := range d.N {
		row := make([]float32, d.D)
		row[0] = float32(i % 5)
		if i%100 == 0 {
			row[0] = float32(100 + i)
		}
		row[1+i*7%levels] = 1
		d.X, d.Y = append(d.X, row...), append(d.Y, 0)
	}
	odd := make([]float32, d.D)
	odd[0], odd[1] = 500, 1
	gap := func(o IsolationOptions) float32 {
		l, err := FitIsolation(d, columns, o)
		if err != nil {
			t.Fatal(err)
		}
		s := make([]float32, 2)
		if err := l.Score(s, &learner.Batch{N: 2, D: d.D, X: append(append([]float32(nil), d.Row(1)...), odd...)}); err != nil {
			t.Fatal(err)
		}
		return s[1] - s[0]
	}
	alone, grouped := gap(IsolationOptions{}), gap(IsolationOptions{Groups: [][]int{category}})
	if grouped <= 2*alone || grouped < .1 {
		t.Errorf("an odd number stands out by %g with the category as one, %g without", grouped, alone)
	}
}

func TestMeanPath(t *testing.T) {
	for n, want := range map[int]float64{0: 0, 1: 0, 2: 1, 256: 10.2487} {
		if got := meanPath(n); math.Abs(got-want) > 1e-3 {
			t.Errorf("c(%d) = %g, want %g", n, got, want)
		}
	}
}

func TestHistogramKnowsTails(t *testing.T) {
	d := &Data{D: 1}
	for i := range 1000 {
		d.X, d.Y, d.N = append(d.X, float32(i)), append(d.Y, 0), d.N+1
	}
	l, err := FitHistogram(d, []int{0}, HistogramOptions{})
	if err != nil {
		t.Fatal(err)
	}
	at := func(v float32) float64 {
		s := make([]float32, 1)
		if err := l.Score(s, &learner.Batch{N: 1, D: 1, X: []float32{v}}); err != nil {
			t.Fatal(err)
		}
		return float64(s[0])
	}
	// Beyond all normal values the tail is half a row of 1001, on both sides.
	if got, want := at(5000)-at(500), math.Log(1001); math.Abs(got-want) > .2 {
		t.Errorf("a value beyond all others adds %.2f to the middle's, want about %.2f", got, want)
	}
	if at(-1) != at(1000) {
		t.Errorf("below scores %g, above %g, want the same", at(-1), at(1000))
	}
	if !(at(500) < at(960) && at(960) < at(995) && at(995) < at(1000)) {
		t.Error("surprise does not rise towards the end")
	}
}

func ExampleFitIsolation() {
	// Normal rows: few ports, moderate bytes. No threat is needed to fit.
	d := &Data{D: 2}
	for i := range 500 {
		d.X, d.Y, d.N = append(d.X, float32(i%4), float32(200+i*37%900)), append(d.Y, 0), d.N+1
	}
	l, err := FitIsolation(d, []int{0, 1}, IsolationOptions{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	scores := make([]float32, 2)
	if err := l.Score(scores, &learner.Batch{N: 2, D: 2, X: []float32{2, 600, 80, 9e6}}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(scores[0] < scores[1])
	// Output: true
}

func ExampleFitHistogram() {
	d := &Data{D: 1}
	for i := range 500 {
		d.X, d.Y, d.N = append(d.X, float32(i%100)), append(d.Y, 0), d.N+1
	}
	l, err := FitHistogram(d, []int{0}, HistogramOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	scores := make([]float32, 2)
	if err := l.Score(scores, &learner.Batch{N: 2, D: 1, X: []float32{50, 4000}}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("usual %.0f, never seen %.0f\n", scores[0], scores[1])
	// Output: usual -1, never seen 5
}

func BenchmarkIsolation(b *testing.B) {
	d := wideData(8000, 40)
	l, err := FitIsolation(d, allColumns(40), IsolationOptions{})
	if err != nil {
		b.Fatal(err)
	}
	benchmarkScore(b, l, d)
}

func BenchmarkHistogram(b *testing.B) {
	d := wideData(8000, 40)
	l, err := FitHistogram(d, allColumns(40), HistogramOptions{})
	if err != nil {
		b.Fatal(err)
	}
	benchmarkScore(b, l, d)
}
