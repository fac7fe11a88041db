package train

import "math"

// Settings of fitStack.
const (
	// stackRidge pulls the weights towards equal ones as ten rows would: it
	// decides where learners say the same, and nothing where rows are many.
	stackRidge = 10

	stackSteps = 30 // Newton's method needs 6 to 10
)

// fitStack fits logistic regression on log-odds x (n*m, no NaN) with weights
// alpha >= 0 and a free bias, by Newton's method whose quadratic model is
// minimised under the constraint by coordinate descent.
func fitStack(x []float64, m int, y []uint8, w []float32) (alpha []float64, bias float64) {
	n := len(y)
	equal := 1 / float64(m)
	theta := make([]float64, m+1) // alpha, then the bias
	for j := range m {
		theta[j] = equal
	}
	loss := stackLoss(x, m, y, w, theta)
	grad, hess := make([]float64, m+1), make([]float64, (m+1)*(m+1))
	next := make([]float64, m+1)
	for range stackSteps {
		clear(grad)
		clear(hess)
		for i := range n {
			row := x[i*m : (i+1)*m]
			p := 1 / (1 + math.Exp(-linear(row, theta)))
			wi := weightOf(w, i)
			g, h := wi*(p-float64(y[i])), wi*max(p*(1-p), 1e-9)
			for j, u := range row {
				grad[j] += g * u
				hu := h * u
				line := hess[j*(m+1):]
				for k, v := range row[:j+1] {
					line[k] += hu * v
				}
				hess[m*(m+1)+j] += hu
			}
			grad[m] += g
			hess[m*(m+1)+m] += h
		}
		for j := range m {
			grad[j] += stackRidge * (theta[j] - equal)
			hess[j*(m+1)+j] += stackRidge
		}
		mirror(hess, m+1)
		step := boundedStep(hess, grad, theta, m)
		// Halve until the loss falls: Newton may overshoot.
		scale, better := 1.0, false
		for range 20 {
			for j := range theta {
				next[j] = theta[j] + scale*step[j]
			}
			if l := stackLoss(x, m, y, w, next); l < loss {
				better = loss-l > 1e-9*math.Abs(loss)
				loss = l
				copy(theta, next)
				break
			}
			scale /= 2
		}
		if !better {
			break
		}
	}
	return theta[:m], theta[m]
}

// linear returns the log-odds of a row under theta.
func linear(row, theta []float64) float64 {
	z := theta[len(row)]
	for j, u := range row {
		z += theta[j] * u
	}
	return z
}

func stackLoss(x []float64, m int, y []uint8, w []float32, theta []float64) float64 {
	var loss float64
	for i := range y {
		z := linear(x[i*m:(i+1)*m], theta)
		if y[i] == 1 {
			z = -z
		}
		// log(1+e^z) without overflow.
		loss += weightOf(w, i) * (max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))))
	}
	for j := range m {
		d := theta[j] - 1/float64(m)
		loss += stackRidge / 2 * d * d
	}
	return loss
}

// boundedStep minimises g.d + d.H.d/2 over steps d with theta+d >= 0 for the
// first m coordinates, by cyclic coordinate descent: exact for one coordinate,
// convergent for convex H (Tseng 2001).
func boundedStep(hess, grad, theta []float64, m int) []float64 {
	n := len(theta)
	d := make([]float64, n)
	for range 500 {
		var moved float64
		for j := range d {
			line := hess[j*n : (j+1)*n]
			to := d[j] - (grad[j]+dot(line, d))/line[j]
			if j < m {
				to = max(to, -theta[j])
			}
			moved = max(moved, math.Abs(to-d[j]))
			d[j] = to
		}
		if moved < 1e-10 {
			break
		}
	}
	return d
}
