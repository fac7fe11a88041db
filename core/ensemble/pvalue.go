package ensemble

import "math"

// NewFisher returns Fisher's combination of p-values: raw = sum_i w_i e_i with
// the evidence e_i = -log(tail_i). Fisher's statistic (1932) is twice that
// with all w_i = 1, chi-squared with 2m degrees of freedom where the learners
// are independent; they are not, so the meta-learner's calibration and tail,
// not the chi-squared table, turn it into a rate. Weights choose and weigh the
// learners (Good 1955).
func NewFisher(weights []float64) (*Mean, error) {
	return newMean(FisherName, evidence, weights, 0)
}

// MinP is Tippett's combination (1931): the strongest single piece of
// evidence, raw = max_i e_i with e_i = -log(tail_i) over the learners chosen.
// A missing score acts as one that says nothing, e_i = 0. When none of the
// chosen is present, the others stand in.
type MinP struct {
	weights []float64 // 1 for a chosen learner, else 0
}

var (
	_ Stateful = (*MinP)(nil)
	_ Monotone = (*MinP)(nil)
)

// NewMinP returns Tippett's combination of the learners whose weight is 1; the
// others have weight 0. All zero chooses all.
func NewMinP(weights []float64) (*MinP, error) {
	w, err := chosenWeights(MinPName, weights)
	if err != nil {
		return nil, err
	}
	return &MinP{weights: w}, nil
}

// Name implements Mixer.
func (m *MinP) Name() string { return MinPName }

// Inputs implements Monotone.
func (m *MinP) Inputs() int { return len(m.weights) }

// State implements Stateful.
func (m *MinP) State() State { return State{Weights: append([]float64(nil), m.weights...)} }

// Mix implements Mixer.
func (m *MinP) Mix(s *Scores) float64 {
	_, e := m.strongest(s)
	return e
}

// strongest returns the learner that decides and its evidence, or -1 and NaN
// when every score is missing. The first of equals wins.
func (m *MinP) strongest(s *Scores) (best int, raw float64) {
	for _, chosen := range []float64{1, 0} {
		best, raw = -1, math.NaN()
		for i, w := range m.weights {
			if w != chosen {
				continue
			}
			if e := evidence.of(s, i); e > raw || best < 0 && e == e {
				best, raw = i, e
			}
		}
		if best >= 0 {
			break
		}
	}
	return best, raw
}

// Weights implements Mixer: 1 for the learner that decides, 0 for the others.
func (m *MinP) Weights(dst []float64, s *Scores) {
	clear(dst)
	if i, _ := m.strongest(s); i >= 0 {
		dst[i] = 1
	}
}

// Reach implements Monotone. It is 0 for a learner that is not chosen.
func (m *MinP) Reach(i int) float64 { return m.weights[i] * evidence.width() }
