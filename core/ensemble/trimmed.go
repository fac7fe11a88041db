package ensemble

import (
	"errors"
	"math"
)

// Trimmed is the t-trimmed mean of probabilities: of the learners chosen, the t
// highest and the t lowest are left out, and the others count alike. With at most
// t learners that say whatever they like the result stays between the lowest and
// the highest of the honest ones (Yin, Chen, Kannan and Bartlett 2018,
// 1803.01498, section 4). That costs what the best learners know better than the
// rest.
//
// Of fewer than 2t+1 scores that are present the median is left: the range holds
// as long as the bad ones among them are fewer than half.
type Trimmed struct {
	weights []float64 // 1 for a chosen learner, else 0
	chosen  int
	trim    int
}

var errTrim = errors.New("ensemble: trimmed: fewer than 2t+1 learners, or t is no whole number above 0")

var (
	_ Stateful = (*Trimmed)(nil)
	_ Monotone = (*Trimmed)(nil)
)

// NewTrimmed returns the mean, trimmed by trim learners at each end, of the
// learners whose weight is 1; the others have weight 0. All zero chooses all. At
// least 2*trim+1 must be chosen.
func NewTrimmed(weights []float64, trim int) (*Trimmed, error) {
	w, err := chosenWeights(TrimmedName, weights)
	if err != nil {
		return nil, err
	}
	t := &Trimmed{weights: w, trim: trim}
	for _, v := range w {
		t.chosen += int(v)
	}
	if trim < 1 || 2*trim >= t.chosen {
		return nil, errTrim
	}
	return t, nil
}

// chosenWeights returns weights of 0 and 1, all of them 1 where none is chosen.
func chosenWeights(name string, weights []float64) ([]float64, error) {
	total, err := checkWeights(weights, MaxLearners)
	if err != nil {
		return nil, err
	}
	w := append([]float64(nil), weights...)
	for i := range w {
		switch {
		case total == 0:
			w[i] = 1
		case w[i] != 0 && w[i] != 1:
			return nil, errors.New("ensemble: " + name + ": a weight is neither 0 nor 1")
		}
	}
	return w, nil
}

// Name implements Mixer.
func (m *Trimmed) Name() string { return TrimmedName }

// Inputs implements Monotone.
func (m *Trimmed) Inputs() int { return len(m.weights) }

// State implements Stateful.
func (m *Trimmed) State() State {
	return State{Weights: append([]float64(nil), m.weights...), Bias: float64(m.trim)}
}

// present writes the learners whose scores count to dst, lowest first. The
// learners that are not chosen stand in when none of the chosen is there.
func (m *Trimmed) present(dst *[MaxLearners]int, s *Scores) []int {
	for _, chosen := range []float64{1, 0} {
		list := dst[:0]
		for i, w := range m.weights {
			if w == chosen && s.P[i] == s.P[i] {
				k := len(list)
				for list = append(list, i); k > 0 && s.P[list[k-1]] > s.P[i]; k-- {
					list[k] = list[k-1]
				}
				list[k] = i
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

// kept returns the learners that are not left out.
func (m *Trimmed) kept(dst *[MaxLearners]int, s *Scores) []int {
	list := m.present(dst, s)
	if len(list) == 0 {
		return nil
	}
	t := min(m.trim, (len(list)-1)/2)
	return list[t : len(list)-t]
}

// Mix implements Mixer.
func (m *Trimmed) Mix(s *Scores) float64 {
	var memory [MaxLearners]int
	list := m.kept(&memory, s)
	if len(list) == 0 {
		return math.NaN()
	}
	var sum float64
	for _, i := range list {
		sum += s.P[i]
	}
	// Rounding must not lead out of the range.
	mean := sum / float64(len(list))
	return max(s.P[list[0]], min(mean, s.P[list[len(list)-1]]))
}

// Weights implements Mixer: equal ones, 0 for those left out.
func (m *Trimmed) Weights(dst []float64, s *Scores) {
	clear(dst)
	var memory [MaxLearners]int
	list := m.kept(&memory, s)
	for _, i := range list {
		dst[i] = 1 / float64(len(list))
	}
}

// Reach implements Monotone. One score of n moves the sum of those that are kept
// by 1 at most, so their mean by 1/(n-2t).
func (m *Trimmed) Reach(i int) float64 {
	return m.weights[i] / float64(m.chosen-2*m.trim)
}

func (m *Trimmed) harm(s *Scores, i int) float64 { return m.weights[i] * s.P[i] }
