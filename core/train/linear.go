package train

import (
	"errors"
	"fmt"
	"math"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/portable"
)

// LinearOptions adjust FitLinear. The zero value works.
type LinearOptions struct {
	Info learner.Info // ID (default "linear"), Class, Context and Cost; the rest is filled in

	L2      float64 // penalty on the squared weights of scaled columns; default 1
	Balance bool    // weighs the classes so that both have the same total

	// Monotone constrains columns, by column of X: the weight is not negative
	// (+1) or not positive (-1). Nil or 0 leaves it free. The weight of a
	// missing value is free.
	Monotone []int8

	Iterations int // Newton steps at most; default 30

	// MaxRows bounds the rows that are looked at, every k-th of more; default
	// 40,000. A few hundred weights are known to a percent of their error from so
	// many, and a step costs rows x columns^2.
	MaxRows int
}

// every returns at most so many row indices of n, evenly spaced.
func every(n, most int) []int {
	rows := make([]int, most)
	for i := range rows {
		rows[i] = i * n / most
	}
	return rows
}

// FitLinear fits an L2-regularised logistic regression on the columns, scaled
// by fitScaling: Newton's method (iteratively reweighted least squares), each
// quadratic model minimised by coordinate descent within the sign constraints
// (Friedman, Hastie, Tibshirani, "Regularization paths for generalized linear
// models via coordinate descent", 2010), with step halving. The problem is
// convex, so the result does not depend on a seed.
//
// Costs N x columns^2 a step; zeros are skipped.
func FitLinear(d *Data, columns []int, o LinearOptions) (*learner.Linear, error) {
	if o.Info.ID == "" {
		o.Info.ID = "linear"
	}
	if o.L2 == 0 {
		o.L2 = 1
	}
	if o.Iterations == 0 {
		o.Iterations = 30
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	if err := d.checkColumns(columns); err != nil {
		return nil, err
	}
	switch {
	case !(o.L2 > 0):
		return nil, fmt.Errorf("train: penalty %g, want a positive one", o.L2)
	case o.Monotone != nil && len(o.Monotone) != d.D:
		return nil, fmt.Errorf("train: %d monotone constraints for %d columns", len(o.Monotone), d.D)
	case o.Iterations < 1:
		return nil, errors.New("train: no iterations")
	}
	if o.MaxRows == 0 {
		o.MaxRows = 40_000
	}
	if d.N > o.MaxRows {
		part := d.Subset(every(d.N, o.MaxRows))
		d = &part
	}
	z := fitScaling(d, columns)
	f := newLogistic(d, columns, &z, &o)
	f.fit(o.Iterations)

	n := len(columns)
	weights, missing := make([]float32, n), make([]float32, n)
	for k := range n {
		weights[k] = float32(f.w[k])
	}
	for j, k := range f.absent {
		missing[k] = float32(f.w[n+j])
	}
	o.Info.Columns = append([]int(nil), columns...)
	return learner.NewLinear(o.Info, z, weights, missing, float32(f.w[f.p-1]))
}

// logistic is a penalised logistic regression: p parameters, of which the first
// are the columns', the next those of missing values, the last the bias.
type logistic struct {
	x      []float32 // N x p, sparse: see nonzero
	y      []uint8
	weight []float64
	n, p   int
	absent []int // the columns that have missing values
	sign   []int8
	l2     float64
	w      []float64
	margin []float64
}

func newLogistic(d *Data, columns []int, z *learner.Scaling, o *LinearOptions) *logistic {
	f := &logistic{y: d.Y, n: d.N, l2: o.L2, weight: weights(d, o.Balance)}
	slot := make([]int, len(columns))
	for k, c := range columns {
		slot[k] = -1
		for i := range d.N {
			if x := d.X[i*d.D+c]; x != x {
				slot[k] = len(columns) + len(f.absent)
				f.absent = append(f.absent, k)
				break
			}
		}
	}
	f.p = len(columns) + len(f.absent) + 1
	f.x = make([]float32, f.n*f.p)
	for i := range f.n {
		row := f.x[i*f.p : (i+1)*f.p]
		for k, c := range columns {
			if x := d.X[i*d.D+c]; x == x {
				row[k] = z.Z(k, x)
			} else {
				row[slot[k]] = 1
			}
		}
		row[f.p-1] = 1
	}
	f.sign = make([]int8, f.p)
	if o.Monotone != nil {
		for k, c := range columns {
			f.sign[k] = o.Monotone[c]
		}
	}
	f.w = make([]float64, f.p)
	f.margin = make([]float64, f.n)
	return f
}

// loss returns the penalised log-loss at w and leaves the margins of the rows.
func (f *logistic) loss(w []float64) float64 {
	total := 0.0
	for i := range f.n {
		m := 0.0
		for k, x := range f.x[i*f.p : (i+1)*f.p] {
			m += float64(float64(x) * w[k])
		}
		f.margin[i] = m
		soft := max(m, 0) + portable.Log1p(portable.Exp(-math.Abs(m)))
		if f.y[i] == 1 {
			soft -= m
		}
		total += float64(f.weight[i] * soft)
	}
	for _, v := range w[:f.p-1] {
		total += float64(0.5 * f.l2 * v * v)
	}
	return total
}

func (f *logistic) fit(iterations int) {
	gradient, step := make([]float64, f.p), make([]float64, f.p)
	hessian := make([]float64, f.p*f.p)
	trial := make([]float64, f.p)
	now := f.loss(f.w)
	for range iterations {
		f.quadratic(gradient, hessian)
		f.descend(step, gradient, hessian)
		size, next := 1.0, now
		for ; size > 1e-4; size /= 2 {
			for k := range trial {
				trial[k] = f.w[k] + size*step[k]
			}
			if next = f.loss(trial); next < now {
				break
			}
		}
		if !(next < now) {
			f.loss(f.w)
			return
		}
		copy(f.w, trial)
		if now-next < 1e-7*now {
			return
		}
		now = next
	}
}

// quadratic writes the gradient and the Hessian of the loss at f.w, whose
// margins the last call of loss left.
func (f *logistic) quadratic(gradient, hessian []float64) {
	clear(gradient)
	clear(hessian)
	nonzero := make([]int32, 0, f.p)
	for i := range f.n {
		row := f.x[i*f.p : (i+1)*f.p]
		q := portable.Logistic(f.margin[i])
		g := f.weight[i] * (q - float64(f.y[i]))
		h := f.weight[i] * q * (1 - q)
		nonzero = nonzero[:0]
		for k, x := range row {
			if x != 0 {
				nonzero = append(nonzero, int32(k))
				gradient[k] += float64(g * float64(x))
			}
		}
		for a, k := range nonzero {
			scaled := h * float64(row[k])
			line := hessian[int(k)*f.p : (int(k)+1)*f.p]
			for _, j := range nonzero[:a+1] {
				line[j] += float64(scaled * float64(row[j]))
			}
		}
	}
	for k := range f.p {
		for j := range k {
			hessian[j*f.p+k] = hessian[k*f.p+j]
		}
		if k < f.p-1 {
			gradient[k] += f.l2 * f.w[k]
			hessian[k*f.p+k] += f.l2
		} else {
			hessian[k*f.p+k] += 1e-9 // a class that is perfectly separated has no curvature left
		}
	}
}

// descend writes the step that minimises gradient.s + s.hessian.s/2 with every
// sign constraint of f.w + s kept.
func (f *logistic) descend(step, gradient, hessian []float64) {
	clear(step)
	residual := append([]float64(nil), gradient...) // gradient + hessian . step
	for range 500 {
		largest := 0.0
		for k := range step {
			diagonal := hessian[k*f.p+k]
			if diagonal <= 0 {
				continue
			}
			next := step[k] - residual[k]/diagonal
			switch {
			case f.sign[k] > 0:
				next = max(next, -f.w[k])
			case f.sign[k] < 0:
				next = min(next, -f.w[k])
			}
			move := next - step[k]
			if move == 0 {
				continue
			}
			step[k] = next
			for j, h := range hessian[k*f.p : (k+1)*f.p] {
				residual[j] += float64(move * h)
			}
			largest = max(largest, math.Abs(move)*math.Sqrt(diagonal))
		}
		if largest < 1e-6 {
			return
		}
	}
}
