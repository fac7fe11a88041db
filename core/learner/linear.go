package learner

import (
	"math"
	"slices"
)

// Linear is the plainest base learner:
//
//	f(x) = w . z(x) + b
//
// z scales the columns that it reads (Scaling). A missing value adds the
// column's Missing weight instead, which is the same as imputing the mean
// (z = 0) beside an indicator column. The raw score is a real number; fitted
// as logistic regression it is the log-odds of a threat.
type Linear struct {
	info    Info
	scaling Scaling
	weights []float32 // w
	missing []float32 // added where the value is NaN
	bias    float32   // b
	zero    zeroTerms
	columns []linearColumn
	block   bool // the columns stand side by side
}

// linearColumn is what Score needs to know of a column, side by side.
type linearColumn struct {
	at              int32 // in a row
	log             bool
	centre, scale   float32
	weight, missing float32
	zero            float64 // what it adds where the value is 0
}

var (
	_ Explainer = (*Linear)(nil)
	_ Stateful  = (*Linear)(nil)
)

// NewLinear returns a linear learner over info.Columns. The slices have one
// element a column and are taken over. It refuses lengths that differ, scales
// that are not positive, NaN and infinities.
func NewLinear(info Info, z Scaling, weights, missing []float32, bias float32) (*Linear, error) {
	info.Type = "linear"
	if err := info.validate(); err != nil {
		return nil, err
	}
	n := len(info.Columns)
	if !z.valid(n) || len(weights) != n || len(missing) != n {
		return nil, Error(info.ID + ": scaling and weights must be finite and one a column")
	}
	if slices.ContainsFunc(weights, notFinite) || slices.ContainsFunc(missing, notFinite) || notFinite(bias) {
		return nil, Error(info.ID + ": weights must be finite")
	}
	l := &Linear{info: info, scaling: z, weights: weights, missing: missing, bias: bias}
	l.block = n > 0
	for k, c := range info.Columns {
		l.columns = append(l.columns, linearColumn{
			at: int32(c), log: z.Log[k], centre: z.Centre[k], scale: z.Scale[k], weight: weights[k], missing: missing[k],
		})
		l.block = l.block && c == info.Columns[0]+k
	}
	l.zero = newZeroTerms(n, float64(bias), l.term)
	for k, v := range l.zero.each {
		l.columns[k].zero = v
	}
	return l, nil
}

// zeroTerms is what the columns of an additive learner add where their value is
// 0. Of most columns that is nearly every row, so a sum begins with all of them
// and takes away those of the others.
type zeroTerms struct {
	sum  float64   // of the bias and all columns
	each []float64 // by column
}

func newZeroTerms(n int, bias float64, term func(k int, x float32) float64) zeroTerms {
	z := zeroTerms{bias, make([]float64, n)}
	for k := range z.each {
		z.each[k] = term(k, 0)
		z.sum += z.each[k]
	}
	return z
}

// isZero reports whether x is 0 or -0.
func isZero(x float32) bool { return math.Float32bits(x)<<1 == 0 }

// allZero reports whether all of x are.
func allZero(x []float32) bool {
	var bits uint32
	for _, v := range x {
		bits |= math.Float32bits(v)
	}
	return bits<<1 == 0
}

func notFinite(x float32) bool { return !finite(x) }

// Info describes the learner.
func (l *Linear) Info() Info { return l.info }

// Score writes f(x) of each row to dst.
func (l *Linear) Score(dst []float32, b *Batch) error {
	if !l.info.fits(dst, b) {
		return errShape
	}
	zero := clampScore(l.zero.sum)
	for i := range dst {
		row := b.Row(i)
		// The columns of markers are all 0 in nearly every row.
		if l.block {
			if x := row[l.columns[0].at:][:len(l.columns)]; isZero(x[0]) && allZero(x) {
				dst[i] = zero
				continue
			}
		}
		f := l.zero.sum
		for k := range l.columns {
			c := &l.columns[k]
			if x := row[c.at]; !isZero(x) {
				f += c.term(x) - c.zero
			}
		}
		dst[i] = clampScore(f)
	}
	return nil
}

// term is what the k-th column adds to the score.
func (l *Linear) term(k int, x float32) float64 { return l.columns[k].term(x) }

func (c *linearColumn) term(x float32) float64 {
	if x != x {
		return float64(c.missing)
	}
	return float64(float64(c.weight) * float64(scaled(x, c.log, c.centre, c.scale)))
}

// clampScore keeps a sum of finite terms finite in float32.
func clampScore(f float64) float32 {
	switch { // min and max are calls in WebAssembly
	case f > math.MaxFloat32:
		f = math.MaxFloat32
	case f < -math.MaxFloat32:
		f = -math.MaxFloat32
	}
	return float32(f)
}

// Explain appends what each column added to the row's score.
func (l *Linear) Explain(dst []Part, b *Batch, row, max int) []Part {
	x := b.Row(row)
	parts := make([]Part, len(l.info.Columns))
	for k, c := range l.info.Columns {
		parts[k] = Part{Column: c, Value: -1, Weight: float32(l.term(k, x[c]))}
	}
	return appendLargest(dst, parts, max)
}

// appendLargest appends the max parts of largest magnitude, without zeros; ties
// keep their order. It sorts parts in place.
func appendLargest(dst, parts []Part, max int) []Part {
	parts = slices.DeleteFunc(parts, func(p Part) bool { return p.Weight == 0 })
	slices.SortStableFunc(parts, func(a, b Part) int {
		x, y := abs(a.Weight), abs(b.Weight)
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return append(dst, parts[:min(len(parts), max)]...)
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// State returns the learner as a model file stores it.
func (l *Linear) State() State {
	n := len(l.weights)
	return State{
		Numbers: []Number{{"bias", float64(l.bias)}},
		Tensors: append(l.scaling.state(),
			Tensor{Name: "weights", Shape: []int{n}, F32: l.weights},
			Tensor{Name: "missing", Shape: []int{n}, F32: l.missing}),
	}
}

func newLinear(info Info, s State) (Learner, error) {
	r := stateReader{id: info.ID, s: s}
	n := len(info.Columns)
	z := readScaling(&r, n)
	weights, missing := r.f32("weights", n), r.f32("missing", n)
	bias := r.number("bias", -math.MaxFloat32, math.MaxFloat32)
	if err := r.done(); err != nil {
		return nil, err
	}
	return NewLinear(info, z, weights, missing, float32(bias))
}
