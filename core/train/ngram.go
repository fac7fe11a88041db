package train

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/optimize"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/portable"
)

// NgramOptions adjust FitNgram. The zero value works.
type NgramOptions struct {
	Info learner.Info // ID (default "ngram"), Class and Cost; the rest is filled in

	Grams   learner.Grams // default DefaultGrams
	Origins uint32        // bit o set: values of feature.Origin o are read; default all

	// Raw sums the weights of a value's n-grams as they are; by default the sum
	// is divided by the square root of their number. Fitted on httpparams,
	// openappsec-values, csic-2010 and modern-http together, the quotient finds
	// .977 of the attacks at .1 % false alarms on the test sites of modern-http,
	// the sum .947; on csic-2010 the sum is better (AUROC .86 against .81).
	Raw bool

	L2         float64 // penalty on the squared weights; default 0.1
	Balance    bool    // weighs the classes so that both have the same total
	Rounds     int     // how often the value that makes a row a threat is chosen anew; default 3
	Iterations int     // of the optimiser in each round; default 60
	MaxRepeat  float64 // a value that occurs more often in a class weighs no more than this often; default 16
}

// DefaultGrams are single bytes, pairs and triples, ends included. Recall at 1 %
// false alarms on openappsec-values, httpparams and dga: 1 to 3 with ends
// .9983, .9995, .9165, without ends .9977, .9992, .9096; 1 to 4 without ends
// .9978, .9990, .9232 at a third more time; 2 to 4 .9967, .9985, .8932; 3 to 5
// .9957, .9977, .6666. 2^12 buckets lose .0245 on dga, 2^15 gain .004.
var DefaultGrams = learner.Grams{MinN: 1, MaxN: 3, Buckets: 1 << 14, Edges: true}

func (o NgramOptions) withDefaults() NgramOptions {
	if o.Info.ID == "" {
		o.Info.ID = "ngram"
	}
	if o.Grams == (learner.Grams{}) {
		o.Grams = DefaultGrams
	}
	if o.Origins == 0 {
		o.Origins = learner.AllOrigins
	}
	if o.L2 == 0 {
		o.L2 = 0.1
	}
	if o.Rounds == 0 {
		o.Rounds = 3
	}
	if o.Iterations == 0 {
		o.Iterations = 60
	}
	if o.MaxRepeat == 0 {
		o.MaxRepeat = 16
	}
	return o
}

// FitNgram fits a logistic regression on the character n-grams of values.
//
// Labels belong to rows, scores to values: this is multiple-instance learning
// (Andrews, Tsochantaridis, Hofmann, "Support vector machines for
// multiple-instance learning", 2002, mi-SVM, with the log-loss). Every value of
// a normal row is a negative. Of a threat's row only the value that scores
// highest is a positive; it is chosen anew in each round. Values that normal
// rows hold too are no candidates while a row has others. The optimiser is
// L-BFGS on the exact gradient: no seed is involved.
//
// The weights are rounded to int8 at the end, clipped where that loses least.
func FitNgram(d *Data, o NgramOptions) (*learner.Ngram, error) {
	o = o.withDefaults()
	if err := d.Validate(); err != nil {
		return nil, err
	}
	switch {
	case d.Texts == nil:
		return nil, errNoTexts
	case !(o.L2 > 0) || !(o.MaxRepeat > 0):
		return nil, fmt.Errorf("train: penalty %g and repeat limit %g must be positive", o.L2, o.MaxRepeat)
	case !o.Grams.Valid() || o.Origins > learner.AllOrigins:
		return nil, errGrams
	case o.Rounds < 1 || o.Iterations < 1:
		return nil, errors.New("train: no rounds")
	}
	f := newNgramFit(d, &o)
	if len(f.normal) == 0 || len(f.threats) == 0 {
		return nil, errOneClass
	}
	for round := range o.Rounds {
		f.choose(round)
		if err := f.minimise(); err != nil {
			return nil, err
		}
	}
	return f.learner()
}

var (
	errGrams    = errors.New("train: n-grams or origins out of range")
	errNoTexts  = errors.New("train: the rows have no texts")
	errOneClass = errors.New("train: rows of one class only")
)

// text is a distinct value: its set of n-grams.
type text struct {
	buckets []uint16
	origin  feature.Origin
	factor  float64    // 1/norm
	weight  [2]float64 // by label, before the limit on repeats
}

// ngramFit is the problem that the optimiser sees. Its parameters are the
// weights of the buckets, one offset an origin and the bias.
type ngramFit struct {
	o       *NgramOptions
	texts   []text
	normal  []int32    // texts that are negatives
	threats []threat   // rows that are positives
	class   [2]float64 // weights of the classes
	x       []float64
}

type threat struct {
	values []int32 // candidates
	weight float64
}

func newNgramFit(d *Data, o *NgramOptions) *ngramFit {
	f := &ngramFit{o: o, x: make([]float64, o.Grams.Buckets+int(feature.NumOrigins)+1)}
	type key struct {
		origin feature.Origin
		text   string
	}
	index := map[key]int32{}
	var scratch []uint32
	at := func(v *feature.Value) int32 {
		s := d.Texts.Bytes(v)
		if i, ok := index[key{v.Origin, string(s)}]; ok {
			return i
		}
		i := int32(len(f.texts))
		index[key{v.Origin, string(s)}] = i
		scratch = o.Grams.AppendBuckets(scratch[:0], s)
		t := text{buckets: make([]uint16, len(scratch)), origin: v.Origin, factor: 1}
		for k, b := range scratch {
			t.buckets[k] = uint16(b)
		}
		if !o.Raw && len(scratch) > 0 {
			t.factor = 1 / math.Sqrt(float64(len(scratch)))
		}
		f.texts = append(f.texts, t)
		return i
	}
	for _, label := range []uint8{0, 1} {
		for i := range d.N {
			w := float64(d.Weight(i))
			if d.Y[i] != label || w == 0 {
				continue
			}
			row := threat{weight: w}
			values := d.Texts.Of(i)
			for k := range values {
				if o.Origins>>values[k].Origin&1 == 0 {
					continue
				}
				v := at(&values[k])
				if label == 0 {
					if f.texts[v].weight[0] == 0 {
						f.normal = append(f.normal, v)
					}
					f.texts[v].weight[0] += w
				} else if f.texts[v].weight[0] == 0 {
					row.values = append(row.values, v)
				}
			}
			if len(row.values) > 0 {
				f.threats = append(f.threats, row)
			}
		}
	}
	return f
}

// choose picks the positives: in the first round all candidates of a row, each
// with its share of the row's weight; then the one that scores highest.
func (f *ngramFit) choose(round int) {
	for i := range f.texts {
		f.texts[i].weight[1] = 0
	}
	for _, row := range f.threats {
		if round == 0 {
			for _, v := range row.values {
				f.texts[v].weight[1] += row.weight / float64(len(row.values))
			}
			continue
		}
		best := row.values[0]
		for _, v := range row.values[1:] {
			if f.score(f.x, &f.texts[v]) > f.score(f.x, &f.texts[best]) {
				best = v
			}
		}
		f.texts[best].weight[1] += row.weight
	}
	f.class = [2]float64{1, 1}
	if f.o.Balance {
		var total [2]float64
		for i := range f.texts {
			for y := range total {
				total[y] += min(f.texts[i].weight[y], f.o.MaxRepeat)
			}
		}
		for y := range total {
			f.class[y] = (total[0] + total[1]) / (2 * total[y])
		}
	}
}

func (f *ngramFit) score(x []float64, t *text) float64 {
	sum := 0.0
	for _, b := range t.buckets {
		sum += x[b]
	}
	offsets := x[f.o.Grams.Buckets:]
	return offsets[len(offsets)-1] + offsets[t.origin] + sum*t.factor
}

// loss returns the penalised log-loss of x and, where gradient is not nil, its gradient.
func (f *ngramFit) loss(gradient, x []float64) float64 {
	total := 0.0
	last := len(x) - 1
	if gradient != nil {
		clear(gradient)
	}
	for i := range f.texts {
		t := &f.texts[i]
		w0 := min(t.weight[0], f.o.MaxRepeat) * f.class[0]
		w1 := min(t.weight[1], f.o.MaxRepeat) * f.class[1]
		if w0+w1 == 0 {
			continue
		}
		z := f.score(x, t)
		// log(1+e^z) = max(z,0) + log1p(e^-|z|)
		soft := max(z, 0) + portable.Log1p(portable.Exp(-math.Abs(z)))
		total += w0*soft + w1*(soft-z)
		if gradient == nil {
			continue
		}
		g := (w0+w1)*portable.Logistic(z) - w1
		gradient[f.o.Grams.Buckets+int(t.origin)] += g
		gradient[last] += g
		g *= t.factor
		for _, b := range t.buckets {
			gradient[b] += g
		}
	}
	for i, w := range x[:last] {
		total += 0.5 * f.o.L2 * w * w
		if gradient != nil {
			gradient[i] += f.o.L2 * w
		}
	}
	return total
}

func (f *ngramFit) minimise() error {
	problem := optimize.Problem{
		Func: func(x []float64) float64 { return f.loss(nil, x) },
		Grad: func(g, x []float64) { f.loss(g, x) },
	}
	settings := optimize.Settings{
		MajorIterations: f.o.Iterations,
		Converger:       &optimize.FunctionConverge{Relative: 1e-5, Iterations: 5},
	}
	r, err := optimize.Minimize(problem, f.x, &settings, &optimize.LBFGS{})
	if r == nil {
		return fmt.Errorf("train: n-grams: %w", err)
	}
	// A line search that finds no further descent is the end, not a failure.
	if f.loss(nil, r.X) < f.loss(nil, f.x) {
		copy(f.x, r.X)
	}
	return nil
}

// learner rounds the weights to int8. Clipping the largest ones makes the steps
// of all others finer: of some limits, the one with the least loss is taken.
func (f *ngramFit) learner() (*learner.Ngram, error) {
	n := f.o.Grams.Buckets
	largest := 0.0
	for _, w := range f.x[:n] {
		largest = max(largest, math.Abs(w))
	}
	rounded := append([]float64(nil), f.x...)
	best, scale := math.Inf(1), float32(0)
	var weights []int8
	for _, share := range []float64{1, 0.8, 0.65, 0.5, 0.4, 0.3} {
		s := float32(max(largest*share, math.SmallestNonzeroFloat32*256) / 127)
		q := make([]int8, n)
		for i, w := range f.x[:n] {
			q[i] = int8(min(max(math.RoundToEven(w/float64(s)), -127), 127))
			rounded[i] = float64(q[i]) * float64(s)
		}
		if l := f.loss(nil, rounded); l < best {
			best, scale, weights = l, s, q
		}
	}
	p := learner.NgramWeights{
		Grams: f.o.Grams, Weights: weights, Scale: scale, Normalise: !f.o.Raw, Origins: f.o.Origins,
		Bias: make([]float32, feature.NumOrigins), Empty: float32(f.x[len(f.x)-1]),
	}
	for i := range p.Bias {
		p.Bias[i] = float32(f.x[n+i] + f.x[len(f.x)-1])
	}
	return learner.NewNgram(f.o.Info, p)
}
