package train

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// CertifiedOptions adjust FitCertified. The zero value works.
type CertifiedOptions struct {
	Info   learner.Info // ID; default "certified"
	Fewest int          // distinct attack texts that a gram must stand in; default 4
	Most   int          // grams that are kept, the heaviest; default 2^14, with which recall and certified shares are what they are with 2^15
	// L2 is the penalty on the squared weights, beside a mean loss; default 3e-2.
	// A hundredth of it ranks a little better and leans on few grams, which
	// few insertions take away: see core/RATIONALE.md.
	L2         float64
	Iterations int // default 120
}

func (o CertifiedOptions) withDefaults() CertifiedOptions {
	if o.Info.ID == "" {
		o.Info.ID = "certified"
	}
	if o.Fewest == 0 {
		o.Fewest = 4
	}
	if o.Most == 0 {
		o.Most = 1 << 14
	}
	if o.L2 == 0 {
		o.L2 = 3e-2
	}
	if o.Iterations == 0 {
		o.Iterations = 120
	}
	return o
}

var errNoRaw = errors.New("train: the rows have no texts as they stand in the log")

// FitCertified fits a logistic regression without negative weights to the sets
// of n-grams of whole requests, after the benign veto: no gram that stands in
// the text of a normal row, wherever it comes from, has a weight at all. Without
// the veto the score of normal requests grows with their length (0.02 below 64
// bytes, 6.4 above 4 KiB). Normal rows of Data.TeachOnly veto nothing, since
// attacks stand among them; they are normals of the regression.
//
// The veto is part of the model and is not learned afterwards: who could add to
// it could blind the floor.
//
// Equal texts count once. The optimiser is the accelerated projected gradient
// (Beck and Teboulle 2009) with one step a weight; no seed is involved.
func FitCertified(d *Data, o CertifiedOptions) (*learner.Certified, error) {
	o = o.withDefaults()
	if err := d.Validate(); err != nil {
		return nil, err
	}
	switch {
	case d.Raw == nil || len(d.Raw.Parts) == 0:
		return nil, errNoRaw
	case !(o.L2 > 0) || o.Fewest < 1 || o.Iterations < 1 || o.Most < 1 || o.Most > learner.MaxCertifiedGrams:
		return nil, fmt.Errorf("train: certified: options out of range: %d, %d, %g, %d", o.Fewest, o.Most, o.L2, o.Iterations)
	}
	attacks, soft, trusted := distinctTexts(d)
	if len(attacks) == 0 || len(trusted) == 0 {
		return nil, errOneClass
	}
	f := &certifiedFit{raw: d.Raw, o: &o}
	f.candidates(attacks)
	f.veto(trusted)
	f.rows(attacks, 1)
	f.rows(soft, 0)
	f.normals = float64(len(trusted) + len(soft))
	if len(f.grams) == 0 {
		return nil, errOneClass
	}
	f.minimise()
	return f.learner()
}

// distinctTexts returns one row for each distinct text: attacks, normal rows
// that are not trusted, and trusted ones. A text of a trusted normal row is no
// attack.
func distinctTexts(d *Data) (attacks, soft, trusted []int) {
	seen := map[uint64]bool{}
	pick := func(want func(i int) bool) (out []int) {
		for i := range d.N {
			if !want(i) || d.Weight(i) == 0 {
				continue
			}
			h := uint64(1)
			for _, part := range d.Raw.Of(i) {
				h = feature.HashPair(h, feature.Hash64(d.Raw.Bytes(part)))
			}
			if !seen[h] {
				seen[h] = true
				out = append(out, i)
			}
		}
		return out
	}
	doubted := func(i int) bool { return d.TeachOnly != nil && d.TeachOnly[i] }
	trusted = pick(func(i int) bool { return d.Y[i] == 0 && !doubted(i) })
	attacks = pick(func(i int) bool { return d.Y[i] == 1 })
	soft = pick(func(i int) bool { return d.Y[i] == 0 && doubted(i) })
	return attacks, soft, trusted
}

// certifiedFit is the regression: sparse rows of 0 and 1.
type certifiedFit struct {
	raw     *feature.Raw
	o       *CertifiedOptions
	grams   []learner.Gram
	index   map[learner.Gram]int32
	first   []int32 // row i has features[first[i]:first[i+1]]
	feature []int32
	y       []float64
	normals float64 // normal texts, those without any feature too
	w       []float64
	bias    float64
}

// candidates collects the grams that stand in enough attack texts.
func (f *certifiedFit) candidates(rows []int) {
	count := map[learner.Gram]int32{}
	var set []learner.Gram
	for _, i := range rows {
		set = learner.AppendGrams(set[:0], f.raw, i)
		for _, g := range set {
			count[g]++
		}
	}
	for g, n := range count {
		if int(n) >= f.o.Fewest {
			f.grams = append(f.grams, g)
		}
	}
	slices.Sort(f.grams)
	f.number()
}

func (f *certifiedFit) number() {
	f.index = make(map[learner.Gram]int32, len(f.grams))
	for i, g := range f.grams {
		f.index[g] = int32(i)
	}
}

// veto drops the grams that stand in a normal text.
func (f *certifiedFit) veto(rows []int) {
	var set []learner.Gram
	for _, i := range rows {
		set = learner.AppendGrams(set[:0], f.raw, i)
		for _, g := range set {
			delete(f.index, g)
		}
	}
	f.grams = slices.DeleteFunc(f.grams, func(g learner.Gram) bool { _, left := f.index[g]; return !left })
	f.number()
}

// rows appends the features of texts.
func (f *certifiedFit) rows(rows []int, y float64) {
	if f.first == nil {
		f.first = []int32{0}
	}
	var set []learner.Gram
	for _, i := range rows {
		set = learner.AppendGrams(set[:0], f.raw, i)
		for _, g := range set {
			if k, ok := f.index[g]; ok {
				f.feature = append(f.feature, k)
			}
		}
		f.first = append(f.first, int32(len(f.feature)))
		f.y = append(f.y, y)
	}
}

// minimise finds the weights. Both classes weigh the same together.
func (f *certifiedFit) minimise() {
	n := len(f.grams)
	attacks := 0.0
	for _, y := range f.y {
		attacks += y
	}
	weight := [2]float64{0.5 / f.normals, 0.5 / attacks}
	empty := 0.5 - weight[0]*(float64(len(f.y))-attacks) // of normals without features

	// The Hessian is below a quarter of X'WX, and that below its row sums.
	bound := make([]float64, n+1)
	for i, y := range f.y {
		row := f.feature[f.first[i]:f.first[i+1]]
		c := weight[int(y)] * 0.25 * float64(len(row)+1)
		for _, k := range row {
			bound[k] += c
		}
		bound[n] += c
	}
	bound[n] += 0.25 * empty
	w, last, at, gradient := make([]float64, n+1), make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)
	momentum := 1.0
	for range f.o.Iterations {
		clear(gradient)
		for i, y := range f.y {
			row := f.feature[f.first[i]:f.first[i+1]]
			z := at[n]
			for _, k := range row {
				z += at[k]
			}
			g := weight[int(y)] * (1/(1+math.Exp(-z)) - y)
			for _, k := range row {
				gradient[k] += g
			}
			gradient[n] += g
		}
		gradient[n] += empty / (1 + math.Exp(-at[n]))
		copy(last, w)
		uphill := 0.0
		for k := range w {
			if k < n {
				w[k] = max(0, at[k]-(gradient[k]+f.o.L2*at[k])/(bound[k]+f.o.L2))
			} else {
				w[k] = at[k] - gradient[k]/bound[k]
			}
			uphill += (at[k] - w[k]) * (w[k] - last[k])
		}
		next := (1 + math.Sqrt(1+4*momentum*momentum)) / 2
		if uphill > 0 { // the momentum leads away: begin anew (O'Donoghue and Candès 2015)
			momentum, next = 1, 1
		}
		for k := range at {
			at[k] = w[k] + (momentum-1)/next*(w[k]-last[k])
		}
		momentum = next
	}
	f.w, f.bias = w[:n], w[n]
}

// learner keeps the heaviest grams and rounds their weights to 8 bits.
func (f *certifiedFit) learner() (*learner.Certified, error) {
	largest := slices.Max(f.w)
	if !(largest > 0) {
		return nil, errOneClass
	}
	p := learner.CertifiedWeights{Scale: float32(largest / math.MaxUint8)}
	least := 0.5
	if kept := slices.Sorted(slices.Values(f.w)); len(kept) > f.o.Most {
		least = max(least, kept[len(kept)-f.o.Most]/float64(p.Scale))
	}
	for k, w := range f.w {
		if q := w / float64(p.Scale); q >= least && len(p.Grams) < f.o.Most {
			p.Grams = append(p.Grams, f.grams[k])
			p.Weights = append(p.Weights, uint8(min(math.Round(q), math.MaxUint8)))
		}
	}
	return learner.NewCertified(f.o.Info, p)
}
