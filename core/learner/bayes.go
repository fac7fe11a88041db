package learner

import (
	"math"
	"slices"
)

// Bayes is a naive Bayes classifier: columns are taken as independent within
// each class, and the score is the log-likelihood ratio
//
//	f(x) = b + sum_k clip(a_k + b_k z_k + c_k z_k^2, -MaxRatio, MaxRatio)
//
// For a numeric column with a normal density in each class the log ratio of
// the two densities is exactly such a quadratic of the scaled value; for a
// one-hot column (Bernoulli in each class) it is a_k + b_k x with c_k = 0.
// A missing value says nothing: its term is 0.
type Bayes struct {
	info    Info
	scaling Scaling
	ratio   []float32 // n x 3: a, b, c of each column
	bias    float32   // log of the classes' prior odds
	zero    zeroTerms
}

// MaxRatio bounds what one column may say, in nats: e^6 = 400 to 1. Naive
// Bayes counts correlated columns several times, and in the tails of a fitted
// normal density its ratios grow without any evidence.
const MaxRatio = 6

var (
	_ Explainer = (*Bayes)(nil)
	_ Stateful  = (*Bayes)(nil)
)

// NewBayes returns a naive Bayes learner over info.Columns. ratio holds a, b, c
// of each column, one after the other; it and z are taken over. It refuses
// lengths that differ, NaN and infinities.
func NewBayes(info Info, z Scaling, ratio []float32, bias float32) (*Bayes, error) {
	info.Type = "bayes"
	if err := info.validate(); err != nil {
		return nil, err
	}
	n := len(info.Columns)
	if !z.valid(n) || len(ratio) != 3*n {
		return nil, Error(info.ID + ": scaling and ratios must be finite and one a column")
	}
	if slices.ContainsFunc(ratio, notFinite) || notFinite(bias) {
		return nil, Error(info.ID + ": ratios must be finite")
	}
	l := &Bayes{info: info, scaling: z, ratio: ratio, bias: bias}
	l.zero = newZeroTerms(n, float64(l.bias), l.term)
	return l, nil
}

// Info describes the learner.
func (l *Bayes) Info() Info { return l.info }

// Score writes the log-likelihood ratio of each row to dst.
func (l *Bayes) Score(dst []float32, b *Batch) error {
	if !l.info.fits(dst, b) {
		return errShape
	}
	for i := range dst {
		row := b.Row(i)
		f := l.zero.sum
		for k, c := range l.info.Columns {
			if x := row[c]; !isZero(x) {
				f += l.term(k, x) - l.zero.each[k]
			}
		}
		dst[i] = clampScore(f)
	}
	return nil
}

// term is the log ratio that the k-th column adds.
func (l *Bayes) term(k int, x float32) float64 {
	if x != x {
		return 0
	}
	r := l.ratio[3*k : 3*k+3 : 3*k+3]
	z := float64(l.scaling.Z(k, x))
	slope := float64(r[1]) + float64(float64(r[2])*z)
	return min(max(float64(r[0])+float64(slope*z), -MaxRatio), MaxRatio)
}

// Explain appends the log ratio that each column added.
func (l *Bayes) Explain(dst []Part, b *Batch, row, max int) []Part {
	x := b.Row(row)
	parts := make([]Part, len(l.info.Columns))
	for k, c := range l.info.Columns {
		parts[k] = Part{Column: c, Value: -1, Weight: float32(l.term(k, x[c]))}
	}
	return appendLargest(dst, parts, max)
}

// State returns the learner as a model file stores it.
func (l *Bayes) State() State {
	return State{
		Numbers: []Number{{"bias", float64(l.bias)}},
		Tensors: append(l.scaling.state(),
			Tensor{Name: "ratio", Shape: []int{len(l.info.Columns), 3}, F32: l.ratio}),
	}
}

func newBayes(info Info, s State) (Learner, error) {
	r := stateReader{id: info.ID, s: s}
	n := len(info.Columns)
	z := readScaling(&r, n)
	ratio := r.f32("ratio", n, 3)
	bias := r.number("bias", -math.MaxFloat32, math.MaxFloat32)
	if err := r.done(); err != nil {
		return nil, err
	}
	return NewBayes(info, z, ratio, float32(bias))
}
