package train

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/learnertest"
)

func TestTreesConform(t *testing.T) {
	d := sampleData(600, 1)
	l, err := FitTrees(d, allColumns(d.D), TreesOptions{Trees: 40})
	if err != nil {
		t.Fatal(err)
	}
	b := d.Batch()
	learnertest.Run(t, l, &b)
}

func TestTreesLearn(t *testing.T) {
	fit, test := sampleData(4000, 1), sampleData(4000, 2)
	l, err := FitTrees(fit, allColumns(fit.D), TreesOptions{Trees: 100})
	if err != nil {
		t.Fatal(err)
	}
	auroc, r1, _ := measure(t, l, test)
	if auroc < .97 || r1 < .75 {
		t.Errorf("AUROC %.3f and recall %.3f at 1 %% false alarms, want .97 and .75", auroc, r1)
	}
}

// The stored integers must give what the fitter's floating point saw.
func TestTreesScoreIsTheMargin(t *testing.T) {
	d := sampleData(2000, 3)
	o := TreesOptions{Trees: 50}.withDefaults(learner.TreeDepth)
	f := symmetric{booster: newBooster(d, allColumns(d.D), learner.TreeBorders, &o)}
	f.hist, f.gain = make([][]sum, d.D), make([]candidate, d.D)
	l, err := f.learner(f.run(f.grow))
	if err != nil {
		t.Fatal(err)
	}
	b, s := d.Batch(), make([]float32, d.N)
	if err := l.Score(s, &b); err != nil {
		t.Fatal(err)
	}
	for i := range s {
		if math.Abs(float64(s[i])-f.margin[i]) > 2e-3 {
			t.Fatalf("row %d scores %g, the fitter had %g", i, s[i], f.margin[i])
		}
	}
}

func TestTreesDoNotDependOnWorkers(t *testing.T) {
	d := sampleData(3000, 4)
	var want learner.State
	for i, workers := range []int{1, 2, 7} {
		l, err := FitTrees(d, allColumns(d.D), TreesOptions{Trees: 20, Workers: workers, Seed: 9})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			want = l.State()
		} else if !reflect.DeepEqual(want, l.State()) {
			t.Errorf("%d workers give other trees than one", workers)
		}
	}
}

func TestTreesMonotone(t *testing.T) {
	d := sampleData(3000, 5)
	for i := range d.N { // a trend that the constraints contradict in part
		if d.Row(i)[0] > 20 && d.Row(i)[0] < 30 {
			d.Y[i] = 0
		}
	}
	monotone := []int8{1, 1, 1, 0, 0, -1, 0, 1}
	for _, fit := range []struct {
		name string
		fit  func() (learner.Learner, error)
	}{
		{"symmetric", func() (learner.Learner, error) {
			return FitTrees(d, allColumns(d.D), TreesOptions{Trees: 60, Monotone: monotone, Rate: .3})
		}},
		{"ordinary", func() (learner.Learner, error) {
			return FitBoosted(d, allColumns(d.D), TreesOptions{Trees: 60, Monotone: monotone, Rate: .3})
		}},
		{"forest", func() (learner.Learner, error) {
			return FitForest(d, allColumns(d.D), ForestOptions{Trees: 40, Monotone: monotone})
		}},
	} {
		t.Run(fit.name, func(t *testing.T) {
			l, err := fit.fit()
			if err != nil {
				t.Fatal(err)
			}
			checkMonotone(t, l, d, monotone)
		})
	}
}

// checkMonotone raises one column of many rows step by step.
func checkMonotone(t *testing.T, l learner.Learner, d *Data, monotone []int8) {
	t.Helper()
	moved := 0
	for c, sign := range monotone {
		if sign == 0 {
			continue
		}
		for i := range 60 {
			b := learner.Batch{N: 50, D: d.D}
			for k := range b.N {
				x := append([]float32(nil), d.Row(i)...)
				x[c] = d.Row(k * 7)[c]
				b.X = append(b.X, x...)
			}
			order := allColumns(b.N)
			sortBy(order, func(p, q int) bool { return b.Row(p)[c] < b.Row(q)[c] })
			s := make([]float32, b.N)
			if err := l.Score(s, &b); err != nil {
				t.Fatal(err)
			}
			for k := 1; k < b.N; k++ {
				rise := float32(sign) * (s[order[k]] - s[order[k-1]])
				if rise > 0 {
					moved++
				}
				if rise < 0 { // exactly: rounding leaves keeps their order
					t.Fatalf("column %d: raising %g to %g moves the score by %g against the constraint",
						c, b.Row(order[k-1])[c], b.Row(order[k])[c], rise)
				}
			}
		}
	}
	if moved == 0 {
		t.Error("no score moved at all")
	}
}

func TestTreesStopEarly(t *testing.T) {
	fit, check := sampleData(800, 6), sampleData(3000, 7)
	l, err := FitTrees(fit, allColumns(fit.D), TreesOptions{Trees: 400, Rate: .5, Validation: check, Patience: 30})
	if err != nil {
		t.Fatal(err)
	}
	if n := l.State().Numbers[0].Value; n >= 400 {
		t.Errorf("all %g trees were kept", n)
	}
}

// Noise labels must not look learnable on rows apart.
func TestTreesOnNoise(t *testing.T) {
	fit, test := sampleData(3000, 8), sampleData(6000, 9)
	other := sampleData(6000, 10)
	copy(fit.Y, other.Y)
	copy(test.Y, other.Y[3000:])
	test.Y = other.Y
	l, err := FitTrees(fit, allColumns(fit.D), TreesOptions{Trees: 60})
	if err != nil {
		t.Fatal(err)
	}
	if auroc, _, _ := measure(t, l, test); auroc < .48 || auroc > .52 {
		t.Errorf("AUROC %.3f on labels that are noise", auroc)
	}
}

func TestTreesWeigh(t *testing.T) {
	// Two equal rows with both labels: the weights decide.
	d := &Data{N: 200, D: 1, X: make([]float32, 200), Y: make([]uint8, 200), W: make([]float32, 200)}
	for i := range d.N {
		d.X[i] = float32(i % 2)
		d.Y[i] = uint8(i / 2 % 2)
		d.W[i] = 1
		if d.X[i] == 1 && d.Y[i] == 1 {
			d.W[i] = 9
		}
	}
	l, err := FitTrees(d, []int{0}, TreesOptions{Trees: 200, Rows: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, s := learner.Batch{N: 2, D: 1, X: []float32{0, 1}}, make([]float32, 2)
	if err := l.Score(s, &b); err != nil {
		t.Fatal(err)
	}
	if want := math.Log(9); math.Abs(float64(s[0])) > .1 || math.Abs(float64(s[1])-want) > .15 {
		t.Errorf("log-odds %v, want about 0 and %.2f", s, want)
	}
}

func TestTreesRefuse(t *testing.T) {
	good := func() *Data { return sampleData(50, 1) }
	for _, c := range []struct {
		name    string
		data    func() *Data
		columns []int
		o       TreesOptions
	}{
		{"no rows", func() *Data { return &Data{D: 2} }, []int{0}, TreesOptions{}},
		{"no columns", good, nil, TreesOptions{}},
		{"column out of range", good, []int{8}, TreesOptions{}},
		{"column twice", good, []int{1, 1}, TreesOptions{}},
		{"too many trees", good, []int{0}, TreesOptions{Trees: learner.MaxTrees + 1}},
		{"too deep", good, []int{0}, TreesOptions{Depth: 7}},
		{"rate", good, []int{0}, TreesOptions{Rate: -1}},
		{"share", good, []int{0}, TreesOptions{Rows: 1.5}},
		{"constraints", good, []int{0}, TreesOptions{Monotone: []int8{1}}},
		{"validation", good, []int{0}, TreesOptions{Validation: &Data{N: 1, D: 1, X: []float32{1}, Y: []uint8{1}}}},
		{"label", func() *Data { d := good(); d.Y[3] = 2; return d }, []int{0}, TreesOptions{}},
		{"weight", func() *Data { d := good(); d.W = make([]float32, d.N); d.W[1] = -1; return d }, []int{0}, TreesOptions{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := FitTrees(c.data(), c.columns, c.o); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestTreesOnConstantColumns(t *testing.T) {
	d := &Data{N: 10, D: 2, X: make([]float32, 20), Y: []uint8{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}}
	l, err := FitTrees(d, []int{0, 1}, TreesOptions{Trees: 3})
	if err != nil {
		t.Fatal(err)
	}
	b, s := d.Batch(), make([]float32, 10)
	if err := l.Score(s, &b); err != nil {
		t.Fatal(err)
	}
	if s[0] != s[1] || math.Abs(float64(s[0])) > .1 {
		t.Errorf("log-odds %g and %g where half the rows are threats, want about 0", s[0], s[1])
	}
}

func TestTreesExplainTheDifference(t *testing.T) {
	d := sampleData(1500, 11)
	l, err := FitTrees(d, allColumns(d.D), TreesOptions{Trees: 50})
	if err != nil {
		t.Fatal(err)
	}
	checkExplanation(t, l, d)
}

// checkExplanation holds that contributions sum to score minus the typical
// row's score, which is the same for all rows.
func checkExplanation(t *testing.T, l learner.Learner, d *Data) {
	t.Helper()
	b, s := d.Batch(), make([]float32, d.N)
	if err := l.Score(s, &b); err != nil {
		t.Fatal(err)
	}
	var base []float64
	for i := range 50 {
		sum := 0.0
		for _, p := range l.(learner.Explainer).Explain(nil, &b, i, d.D) {
			sum += float64(p.Weight)
		}
		base = append(base, float64(s[i])-sum)
		if math.Abs(base[i]-base[0]) > 1e-3*(1+math.Abs(base[0])) {
			t.Fatalf("row %d: score %g less its parts leaves %g, row 0 leaves %g", i, s[i], base[i], base[0])
		}
	}
}

func ExampleFitTrees() {
	// Two columns: distinct ports asked in a minute, bytes sent.
	d := &Data{D: 2}
	for i := range 400 {
		ports, label := float32(i%5), uint8(0)
		if i%4 == 0 {
			ports, label = float32(50+i%30), 1
		}
		d.X, d.Y, d.N = append(d.X, ports, float32(i%97)), append(d.Y, label), d.N+1
	}
	trees, err := FitTrees(d, []int{0, 1}, TreesOptions{Trees: 20, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	scores := make([]float32, 2)
	if err := trees.Score(scores, &learner.Batch{N: 2, D: 2, X: []float32{2, 10, 60, 10}}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(scores[0] < 0, scores[1] > 0)
	// Output: true true
}

// A model as shipped: 400 trees over 40 columns.
func BenchmarkTrees(b *testing.B) {
	d := wideData(8000, 40)
	l, err := FitTrees(d, allColumns(40), TreesOptions{Trees: 400})
	if err != nil {
		b.Fatal(err)
	}
	benchmarkScore(b, l, d)
}

// wideData is sampleData with the same kinds of columns over and over.
func wideData(n, columns int) *Data {
	d := &Data{N: n, D: columns, Y: sampleData(n, 0).Y}
	parts := make([]*Data, (columns+7)/8)
	for p := range parts {
		parts[p] = sampleData(n, uint64(p))
	}
	for i := range n {
		var row []float32
		for _, p := range parts {
			row = append(row, p.Row(i)...)
		}
		d.X = append(d.X, row[:columns]...)
	}
	return d
}

func benchmarkScore(b *testing.B, l learner.Learner, d *Data) {
	const rows = 512
	s := make([]float32, rows)
	batch := &learner.Batch{N: rows, D: d.D}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		from := n * rows % (d.N - rows)
		batch.X = d.X[from*d.D : (from+rows)*d.D]
		if err := l.Score(s, batch); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*rows), "ns/row")
}
