package train

import (
	"fmt"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/portable"
)

// BayesOptions adjust FitBayes. The zero value works.
type BayesOptions struct {
	Info learner.Info // ID (default "bayes"), Class, Context and Cost; the rest is filled in

	Smoothing float64 // added to the variance of scaled columns; default 0.001
	Count     float64 // pseudo-observations of each value of a 0/1 column; default 1
	Balance   bool    // prior odds of 1 instead of the classes' shares
}

// FitBayes fits a naive Bayes classifier: a normal density in each class for
// scaled numeric columns, a Bernoulli distribution for columns of zeros and
// ones. Missing values are left out. A column that one class never has says
// nothing.
func FitBayes(d *Data, columns []int, o BayesOptions) (*learner.Bayes, error) {
	if o.Info.ID == "" {
		o.Info.ID = "bayes"
	}
	if o.Smoothing == 0 {
		o.Smoothing = 1e-3
	}
	if o.Count == 0 {
		o.Count = 1
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	if err := d.checkColumns(columns); err != nil {
		return nil, err
	}
	if !(o.Smoothing > 0) || !(o.Count > 0) {
		return nil, fmt.Errorf("train: smoothing %g and count %g must be positive", o.Smoothing, o.Count)
	}
	z := fitScaling(d, columns)
	ratio := make([]float32, 0, 3*len(columns))
	for k, c := range columns {
		m := momentsOf(d, &z, k, c)
		var a, b, q float64
		switch {
		case m[0].weight == 0 || m[1].weight == 0:
		case m[0].binary && m[1].binary:
			a, b = bernoulli(m, o.Count)
		default:
			a, b, q = gaussian(m, o.Smoothing)
		}
		ratio = append(ratio, float32(a), float32(b), float32(q))
	}
	bias := 0.0
	if !o.Balance {
		var total [2]float64
		for i := range d.N {
			total[d.Y[i]] += float64(d.Weight(i))
		}
		bias = portable.Log((total[1] + 1) / (total[0] + 1))
	}
	o.Info.Columns = append([]int(nil), columns...)
	return learner.NewBayes(o.Info, z, ratio, float32(bias))
}

// moments are a column's sums within one class.
type moments struct {
	weight, sum, squares float64
	binary               bool
}

func momentsOf(d *Data, z *learner.Scaling, k, c int) (m [2]moments) {
	m[0].binary, m[1].binary = true, true
	for i := range d.N {
		x := d.X[i*d.D+c]
		if x != x {
			continue
		}
		t, w, v := &m[d.Y[i]], float64(d.Weight(i)), float64(z.Z(k, x))
		t.weight += w
		t.sum += float64(w * v)
		t.squares += float64(w * float64(v*v))
		t.binary = t.binary && (x == 0 || x == 1)
	}
	return m
}

// gaussian returns the coefficients of log N(z; m1, v1) - log N(z; m0, v0).
func gaussian(m [2]moments, smoothing float64) (a, b, c float64) {
	var mean, variance [2]float64
	for y, t := range m {
		mean[y] = t.sum / t.weight
		variance[y] = max(t.squares/t.weight-mean[y]*mean[y], 0) + smoothing
	}
	a = 0.5*portable.Log(variance[0]/variance[1]) +
		mean[0]*mean[0]/(2*variance[0]) - mean[1]*mean[1]/(2*variance[1])
	b = mean[1]/variance[1] - mean[0]/variance[0]
	c = 1/(2*variance[0]) - 1/(2*variance[1])
	return a, b, c
}

// bernoulli returns the coefficients of the log ratio of a 0/1 column.
func bernoulli(m [2]moments, count float64) (a, b float64) {
	var one, zero [2]float64
	for y, t := range m {
		one[y] = portable.Log((t.sum + count) / (t.weight + 2*count))
		zero[y] = portable.Log((t.weight - t.sum + count) / (t.weight + 2*count))
	}
	a = zero[1] - zero[0]
	return a, one[1] - one[0] - a
}
