package train

import "math"

// mixtureSteps bounds the steps of fitMixture; it needs about ten.
const mixtureSteps = 60

// fitMixture returns the weights on the simplex that minimise the log-loss of
// the weighted mean of probabilities p (n*m, no NaN). The likelihood of a row
// is a mixture of those of its learners, L_i . alpha, so the problem is that of
// mixture proportions: convex, with one optimum. It is solved by sequential
// quadratic programming (Kim, Carbonetto, Stephens and Anitescu 2020, mix-SQP):
//
//	minimise -sum_i w_i log(L_i . alpha) + sum_j alpha_j     over alpha >= 0
//
// with weights w that sum to 1, whose solution sums to 1 by itself. Ten steps
// do what takes expectation-maximisation hundreds.
func fitMixture(p []float64, m int, y []uint8, w []float32) []float64 {
	like := make([]float64, len(p))
	weight := make([]float64, len(y))
	var total float64
	for i := range y {
		weight[i] = weightOf(w, i)
		total += weight[i]
		for j := range m {
			v := p[i*m+j]
			if y[i] == 0 {
				v = 1 - v
			}
			like[i*m+j] = max(v, leastP)
		}
	}
	for i := range weight {
		weight[i] /= total
	}
	alpha := equalWeights(m)
	loss := mixtureLoss(like, weight, alpha)
	grad, hess, next := make([]float64, m), make([]float64, m*m), make([]float64, m)
	for range mixtureSteps {
		for j := range grad {
			grad[j] = 1
		}
		clear(hess)
		for i, wi := range weight {
			row := like[i*m : (i+1)*m]
			mix := dot(row, alpha)
			g, h := wi/mix, wi/(mix*mix)
			for j, u := range row {
				grad[j] -= g * u
				hu := h * u
				line := hess[j*m:]
				for k, v := range row[:j+1] {
					line[k] += hu * v
				}
			}
		}
		mirror(hess, m)
		for j := range m {
			hess[j*m+j] += 1e-9 // learners that say the same leave it singular
		}
		step := boundedStep(hess, grad, alpha, m)
		scale, better := 1.0, false
		for range 30 {
			for j := range alpha {
				next[j] = max(0, alpha[j]+scale*step[j])
			}
			if l := mixtureLoss(like, weight, next); l < loss {
				better = loss-l > 1e-10
				loss = l
				copy(alpha, next)
				break
			}
			scale /= 2
		}
		if !better {
			break
		}
	}
	// Weights this small are noise; what is left sums to 1 again.
	var sum float64
	for j, a := range alpha {
		if a < 1e-3 {
			alpha[j] = 0
		}
		sum += alpha[j]
	}
	for j := range alpha {
		alpha[j] /= sum
	}
	return alpha
}

func mixtureLoss(like, weight, alpha []float64) float64 {
	var loss float64
	for i, wi := range weight {
		mix := dot(like[i*len(alpha):(i+1)*len(alpha)], alpha)
		if mix <= 0 {
			return math.Inf(1)
		}
		loss -= wi * math.Log(mix)
	}
	for _, a := range alpha {
		loss += a
	}
	return loss
}

// dot returns the inner product of a and b, of equal length.
func dot(a, b []float64) float64 {
	var s float64
	for j, v := range a {
		s += v * b[j]
	}
	return s
}

// mirror copies the lower triangle of an m*m matrix to the upper one.
func mirror(a []float64, m int) {
	for j := range m {
		for k := range j {
			a[k*m+j] = a[j*m+k]
		}
	}
}
