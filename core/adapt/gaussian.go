package adapt

import "math"

// regression is a logistic regression of labels on moves of a score, in its
// dual form: a Gaussian process with covariance K between the k examples and
// the model's own log-odds as its mean, by Laplace's approximation (Rasmussen
// and Williams 2006, algorithm 3.1). With a linear kernel that is the maximum a
// posteriori of weights with a Gaussian prior.
type regression struct {
	k      int
	cov    []float64 // k*k, symmetric
	mean   []float64 // log-odds before any move
	threat []bool
	weight []float64 // of each label, in (0, 1]
}

// solution is what a regression found.
type solution struct {
	dual []float64 // a: the move of a new row x is sum_i a_i K(x, x_i)
	left []float64 // log-odds of each example from the others alone
}

// Limits of Newton's method. It converges in a handful of steps; a fixed
// arithmetic gives the same bits everywhere.
const (
	newtonSteps = 40
	newtonHalf  = 12    // halvings of a step that overshoots
	newtonDone  = 1e-10 // gain of the objective that ends it
	leastCurve  = 1e-9  // of the likelihood, where an example says nothing
)

// fit maximises the posterior. The labels left out come in closed form from the
// Gaussian that approximates the likelihood (there, section 5.4.2; Opper and
// Winther 2000).
func (r *regression) fit() solution {
	k := r.k
	f := append([]float64(nil), r.mean...)
	a := make([]float64, k)
	grad, curve, root := make([]float64, k), make([]float64, k), make([]float64, k)
	b, chol := make([]float64, k), make([]float64, k*k)
	next, step := make([]float64, k), make([]float64, k)
	best := r.objective(f, a)
	for range newtonSteps {
		r.likelihood(f, grad, curve)
		r.factor(chol, root, curve)
		for i := range b {
			b[i] = float64(curve[i]*(f[i]-r.mean[i])) + grad[i]
		}
		// a = b - W^1/2 B^-1 W^1/2 K b
		r.times(next, b)
		for i := range next {
			next[i] *= root[i]
		}
		solve(chol, next)
		for i := range step {
			step[i] = b[i] - float64(root[i]*next[i]) - a[i]
		}
		gain, size := math.Inf(-1), 1.0
		for range newtonHalf {
			for i := range b {
				b[i] = a[i] + float64(size*step[i])
			}
			r.times(next, b)
			for i := range next {
				next[i] += r.mean[i]
			}
			if gain = r.objective(next, b) - best; gain > 0 {
				break
			}
			size /= 2
		}
		if !(gain > 0) {
			break
		}
		copy(a, b)
		copy(f, next)
		if best += gain; gain < newtonDone {
			break
		}
	}
	r.likelihood(f, grad, curve)
	r.factor(chol, root, curve)
	s := solution{dual: a, left: make([]float64, k)}
	for i := range k {
		// mu_-i = f_i + grad_i/W_i (1 - 1/(B^-1)_ii)
		clear(next)
		next[i] = 1
		solve(chol, next)
		s.left[i] = f[i] + float64(grad[i]/curve[i]*(1-1/next[i]))
	}
	return s
}

// objective is the logarithm of the posterior, up to a constant.
func (r *regression) objective(f, a []float64) float64 {
	var sum float64
	for i := range f {
		sum -= float64(a[i]*(f[i]-r.mean[i])) / 2
		sum -= float64(r.weight[i] * logLoss(f[i], r.threat[i]))
	}
	return sum
}

// likelihood writes the gradient and the curvature of the labels' likelihood.
func (r *regression) likelihood(f, grad, curve []float64) {
	for i, z := range f {
		p := logistic(z)
		y := 0.0
		if r.threat[i] {
			y = 1
		}
		grad[i] = r.weight[i] * (y - p)
		curve[i] = max(leastCurve, float64(float64(r.weight[i]*p)*(1-p)))
	}
}

// factor writes the Cholesky factor of I + W^1/2 K W^1/2 to the lower half of chol.
func (r *regression) factor(chol, root, curve []float64) {
	k := r.k
	for i, w := range curve {
		root[i] = math.Sqrt(w)
	}
	for i := range k {
		for j := range i + 1 {
			v := float64(float64(root[i]*r.cov[i*k+j]) * root[j])
			if i == j {
				v++
			}
			for c := range j {
				v -= float64(chol[i*k+c] * chol[j*k+c])
			}
			if i == j {
				chol[i*k+i] = math.Sqrt(max(v, 1e-12))
			} else {
				chol[i*k+j] = v / chol[j*k+j]
			}
		}
	}
}

// solve replaces v by (L L')^-1 v.
func solve(chol, v []float64) {
	k := len(v)
	for i := range k {
		x := v[i]
		for c := range i {
			x -= float64(chol[i*k+c] * v[c])
		}
		v[i] = x / chol[i*k+i]
	}
	for i := k - 1; i >= 0; i-- {
		x := v[i]
		for c := i + 1; c < k; c++ {
			x -= float64(chol[c*k+i] * v[c])
		}
		v[i] = x / chol[i*k+i]
	}
}

// times writes K v to dst.
func (r *regression) times(dst, v []float64) {
	for i := range dst {
		var sum float64
		for j, x := range v {
			sum += float64(r.cov[i*r.k+j] * x)
		}
		dst[i] = sum
	}
}

// logLoss returns -log of the probability that log-odds z give to a label.
func logLoss(z float64, threat bool) float64 {
	if threat {
		z = -z
	}
	if z > 0 {
		return z + log1p(exp(-z))
	}
	return log1p(exp(z))
}
