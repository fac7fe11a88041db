package ensemble

// NewConvex returns the convex combination of probabilities: raw = alpha . p
// with alpha on the simplex (van der Laan, Polley and Hubbard 2007). Weights
// that do not sum to 1 are scaled; when all are zero, which non-negative least
// squares may return, the learners count alike.
func NewConvex(alpha []float64) (*Mean, error) {
	m, err := newMean(ConvexName, probability, alpha, 0)
	if err != nil {
		return nil, err
	}
	m.toSimplex()
	return m, nil
}

// toSimplex scales the weights to sum to 1. Weights that already do, to a few
// last places, keep their bits, so that storing and loading changes nothing.
func (m *Mean) toSimplex() {
	if m.total > 1-1e-12 && m.total < 1+1e-12 {
		m.total = 1
		return
	}
	for i := range m.alpha {
		m.alpha[i] /= m.total
	}
	m.total = 1
}
