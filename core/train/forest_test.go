package train

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/learnertest"
)

// fitters of trees of any shape, small enough for every test.
var groves = []struct {
	name string
	fit  func(d *Data, workers int) (learner.Learner, error)
}{
	{"boosted", func(d *Data, workers int) (learner.Learner, error) {
		return FitBoosted(d, allColumns(d.D), TreesOptions{Trees: 40, Workers: workers, Seed: 3})
	}},
	{"forest", func(d *Data, workers int) (learner.Learner, error) {
		return FitForest(d, allColumns(d.D), ForestOptions{Trees: 30, Leaves: 64, Workers: workers, Seed: 3})
	}},
}

func TestGroves(t *testing.T) {
	fit, test := sampleData(3000, 1), sampleData(3000, 2)
	for _, c := range groves {
		l, err := c.fit(fit, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(c.name+"/conforms", func(t *testing.T) {
			b := test.Batch()
			learnertest.Run(t, l, &b)
		})
		t.Run(c.name+"/learns", func(t *testing.T) {
			if auroc, r1, _ := measure(t, l, test); auroc < .97 || r1 < .75 {
				t.Errorf("AUROC %.3f and recall %.3f at 1 %% false alarms, want .97 and .75", auroc, r1)
			}
		})
		t.Run(c.name+"/explains", func(t *testing.T) { checkExplanation(t, l, test) })
		t.Run(c.name+"/workers", func(t *testing.T) {
			one, err := c.fit(fit, 1)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(one.(learner.Stateful).State(), l.(learner.Stateful).State()) {
				t.Error("one worker gives other trees than several")
			}
		})
	}
}

func TestForestRefuses(t *testing.T) {
	d := sampleData(50, 1)
	for _, c := range []struct {
		name    string
		columns []int
		o       ForestOptions
	}{
		{"no columns", nil, ForestOptions{}},
		{"leaves", []int{0}, ForestOptions{Leaves: 1}},
		{"trees", []int{0}, ForestOptions{Trees: -1}},
		{"columns a node", []int{0}, ForestOptions{Columns: 2}},
		{"prior", []int{0}, ForestOptions{Prior: -1}},
		{"constraints", []int{0}, ForestOptions{Monotone: []int8{1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := FitForest(d, c.columns, c.o); err == nil {
				t.Error("no error")
			}
		})
	}
}

func ExampleFitForest() {
	d := &Data{D: 1}
	for i := range 300 {
		d.X, d.Y, d.N = append(d.X, float32(i)), append(d.Y, uint8(i/200)), d.N+1
	}
	l, err := FitForest(d, []int{0}, ForestOptions{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	shares := make([]float32, 2)
	if err := l.Score(shares, &learner.Batch{N: 2, D: 1, X: []float32{50, 280}}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f %.2f\n", shares[0], shares[1])
	// Output: 0.00 1.00
}

func BenchmarkForest(b *testing.B) {
	d := wideData(8000, 40)
	l, err := FitForest(d, allColumns(40), ForestOptions{})
	if err != nil {
		b.Fatal(err)
	}
	benchmarkScore(b, l, d)
}
