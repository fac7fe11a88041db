package train

// mixtureSteps bounds the rounds of expectation and maximisation; weights move
// by less than 1e-6 a round long before.
const mixtureSteps = 500

// fitMixture returns the weights on the simplex that minimise the log-loss of
// the weighted mean of probabilities p (n*m, no NaN). The likelihood of a row
// is a mixture of those of its learners, so expectation-maximisation climbs it
// without a step size, never leaves the simplex and ends at the optimum, which
// is global because the problem is convex (Dempster, Laird and Rubin 1977).
func fitMixture(p []float64, m int, y []uint8, w []float32) []float64 {
	alpha := make([]float64, m)
	for j := range alpha {
		alpha[j] = 1 / float64(m)
	}
	like := make([]float64, len(p))
	var total float64
	for i := range y {
		total += weightOf(w, i)
		for j := range m {
			v := p[i*m+j]
			if y[i] == 0 {
				v = 1 - v
			}
			like[i*m+j] = max(v, leastP)
		}
	}
	next := make([]float64, m)
	for range mixtureSteps {
		clear(next)
		for i := range y {
			row := like[i*m : (i+1)*m]
			var sum float64
			for j, l := range row {
				sum += alpha[j] * l
			}
			share := weightOf(w, i) / (total * sum)
			for j, l := range row {
				next[j] += share * alpha[j] * l
			}
		}
		var moved float64
		for j := range alpha {
			moved = max(moved, next[j]-alpha[j], alpha[j]-next[j])
		}
		copy(alpha, next)
		if moved < 1e-6 {
			break
		}
	}
	// Weights that still fade are noise; what is left sums to 1 again.
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
