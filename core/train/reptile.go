package train

import "github.com/tiercel/tiercel/core/adapt"

// Reptile learns the weights that the learner of a site begins with from other
// sites (Nichol, Achiam and Schulman 2018): in each round it is fitted to a few
// labels of each task, a priori near what it has, and goes the share rate of the
// way there. A task is one or more draws of labels of one site, of the same model; a
// round takes the next of them. The scales and shares of p stay.
func Reptile(p adapt.Prior, tasks [][]*adapt.State, rounds int, rate float64) adapt.Prior {
	for round := range rounds {
		for _, draws := range tasks {
			columns, grams := draws[round%len(draws)].SiteWeights(&p)
			p.Columns = towards(p.Columns, columns, rate)
			p.Grams = towards(p.Grams, grams, rate)
		}
	}
	return p
}

// towards returns what is the share rate of the way from a to b; nil is zero.
func towards(a, b []float64, rate float64) []float64 {
	if b == nil {
		return a
	}
	out := make([]float64, len(b))
	for i, v := range b {
		if out[i] = rate * v; a != nil {
			out[i] += (1 - rate) * a[i]
		}
	}
	return out
}
