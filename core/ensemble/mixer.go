package ensemble

import "errors"

// MaxLearners bounds the base learners of a model: a verdict names the missing
// ones in one word of 64 bits. MaxMetas bounds the metas above them.
const (
	MaxLearners = 64 // base learners of a model
	MaxMetas    = 16 // meta-learners of a model
)

// State is a mixer as a model file stores it.
type State struct {
	Weights []float64 // one for each base learner, >= 0
	Bias    float64   // added to the raw score; of a trimmed mean: how many are left out at each end
}

// Stateful is a mixer that a model file can store: NewMixer(m.Name(), m.State())
// is equal to m.
type Stateful interface {
	Mixer
	State() State
}

// Monotone is a mixer that is non-decreasing in each P and log-odds,
// non-increasing in each Tail, and for which a missing score acts as some value
// that a present one could have. Early exit and the bounds on influence rest
// on it; for other mixers they allow any result.
type Monotone interface {
	Mixer
	// Inputs returns the number of base learners.
	Inputs() int
	// Reach returns the most that score i alone can change the raw score, all
	// others being present.
	Reach(i int) float64
}

// Names of the kinds of mixers that NewMixer makes.
const (
	StackName   = "stack"
	ConvexName  = "convex"
	GreedyName  = "greedy"
	FisherName  = "fisher"
	MinPName    = "minp"
	TrimmedName = "trimmed"
)

// NewMixer makes the mixer that a state describes, or an error when the name
// is unknown or the state is not valid for it.
func NewMixer(name string, s State) (Mixer, error) {
	if s.Bias != 0 && name != StackName && name != TrimmedName {
		return nil, errors.New("ensemble: mixer: only a stack has a bias")
	}
	switch name {
	case TrimmedName:
		if s.Bias != float64(int(s.Bias)) {
			return nil, errTrim
		}
		return NewTrimmed(s.Weights, int(s.Bias))
	case StackName:
		return NewStack(s.Weights, s.Bias)
	case ConvexName:
		return NewConvex(s.Weights)
	case GreedyName:
		return NewGreedy(s.Weights)
	case FisherName:
		return NewFisher(s.Weights)
	case MinPName:
		return NewMinP(s.Weights)
	}
	return nil, errors.New("ensemble: mixer: unknown kind")
}

// checkWeights says what is wrong with the weights of a tier of at most limit
// members, and their sum.
func checkWeights(weights []float64, limit int) (total float64, err error) {
	if len(weights) == 0 || len(weights) > limit {
		return 0, errors.New("ensemble: number of weights out of range")
	}
	for _, w := range weights {
		if !(w >= 0 && w <= maxWeight) {
			return 0, errors.New("ensemble: a weight is negative, too large or not a number")
		}
		total += w
	}
	return total, nil
}

// maxWeight keeps sums of weights times log-odds far from overflow; fitted
// weights are below 10.
const maxWeight = 1e6

// normalised returns the weights, or equal ones that sum to 1 when all are
// zero: a mixer always has an opinion (R SuperLearner breaks here, its issues
// 131 and 155).
func normalised(weights []float64, total float64) ([]float64, float64) {
	w := append([]float64(nil), weights...)
	if total > 0 {
		return w, total
	}
	for i := range w {
		w[i] = 1 / float64(len(w))
	}
	return w, 1
}
