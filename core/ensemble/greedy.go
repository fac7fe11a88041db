package ensemble

// NewGreedy returns the mean of log-odds that greedy selection makes (Caruana
// et al. 2004): alpha_i is how often learner i was picked. Log-odds instead of
// Caruana's probabilities keep rows apart near 1, where a budget of false
// alarms is decided. Weights are scaled to sum to 1.
func NewGreedy(alpha []float64) (*Mean, error) {
	m, err := newMean(GreedyName, logOdds, alpha, 0)
	if err != nil {
		return nil, err
	}
	m.toSimplex()
	return m, nil
}
