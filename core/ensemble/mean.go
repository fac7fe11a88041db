package ensemble

import "github.com/tiercel/tiercel/core/portable"

// scale says on which scale of a base learner's score a mixer works.
type scale uint8

const (
	probability scale = iota // P
	logOdds                  // Logit
	evidence                 // Evidence
)

// of returns score i of a row on the scale, NaN when missing.
func (c scale) of(s *Scores, i int) float64 {
	switch c {
	case probability:
		return s.P[i]
	case logOdds:
		return s.Logit[i]
	}
	if s.Evidence != nil {
		return s.Evidence[i]
	}
	return -portable.Log(s.Tail[i])
}

// width is the length of the scale.
func (c scale) width() float64 {
	switch c {
	case probability:
		return 1
	case logOdds:
		return 2 * Clip
	}
	return -logRateFloor
}

// Mean is the weighted mean of a row's scores on one scale, times the sum of
// the weights, plus a bias:
//
//	raw = b + A sum_i alpha_i u_i / sum_i alpha_i      A = sum of all alpha
//
// where the sums run over the scores that are present. With all present that
// is b + alpha . u; a missing score acts as if it had the mean of the others.
// When no learner of positive weight is present, the others count alike: a
// learner that was not worth a weight is better than no verdict.
//
// NewStack, NewConvex, NewGreedy and NewFisher make it.
type Mean struct {
	name  string
	scale scale
	alpha []float64
	total float64
	bias  float64
}

var (
	_ Stateful = (*Mean)(nil)
	_ Monotone = (*Mean)(nil)
)

func newMean(name string, c scale, alpha []float64, bias float64) (*Mean, error) {
	total, err := checkWeights(alpha, MaxLearners)
	if err != nil {
		return nil, err
	}
	m := &Mean{name: name, scale: c, bias: bias}
	m.alpha, m.total = normalised(alpha, total)
	return m, nil
}

// Name implements Mixer.
func (m *Mean) Name() string { return m.name }

// Inputs implements Monotone.
func (m *Mean) Inputs() int { return len(m.alpha) }

// State implements Stateful.
func (m *Mean) State() State {
	return State{Weights: append([]float64(nil), m.alpha...), Bias: m.bias}
}

// Mix implements Mixer.
func (m *Mean) Mix(s *Scores) float64 {
	var sum, weight float64
	for i, a := range m.alpha {
		if a == 0 {
			continue
		}
		if u := m.scale.of(s, i); u == u {
			sum += float64(a * u)
			weight += a
		}
	}
	if weight == 0 {
		sum, weight = m.plain(s)
	}
	// 0/0 is NaN when every score is missing.
	return m.bias + float64(m.total*(sum/weight))
}

// plain returns the sum and the number of the scores present.
func (m *Mean) plain(s *Scores) (sum, n float64) {
	for i := range m.alpha {
		if u := m.scale.of(s, i); u == u {
			sum += u
			n++
		}
	}
	return sum, n
}

// Weights implements Mixer: the weights in force, 0 for the missing.
func (m *Mean) Weights(dst []float64, s *Scores) {
	var weight, n float64
	for i, a := range m.alpha {
		if s.P[i] == s.P[i] {
			weight += a
			n++
		}
	}
	for i, a := range m.alpha {
		switch {
		case s.P[i] != s.P[i]:
			dst[i] = 0
		case weight > 0:
			dst[i] = m.total * (a / weight)
		default:
			dst[i] = m.total / n
		}
	}
}

// Reach implements Monotone. It is 0 for a learner of no weight.
func (m *Mean) Reach(i int) float64 { return m.alpha[i] * m.scale.width() }
