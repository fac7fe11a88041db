package ensemble

import (
	"errors"
	"math"
	"sync"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/portable"
)

// MetaLearner selects and adjusts base learners: g = c(mix(p_1 ... p_m)).
//
// Inside a [Tiers] only Mixer and Calibration are used, on scores that all
// metas share. With Bases set it stands alone as a learner.Learner, whose raw
// score is the log-odds of g, and may itself be the base of another.
type MetaLearner struct {
	Name        string
	Mixer       Mixer
	Calibration *Calibration // raw score of the mixer -> g
	Bases       []Base       // what Score runs; unused inside Tiers

	pool sync.Pool // of *metaScratch
}

var _ learner.Learner = (*MetaLearner)(nil)

// LogOdds returns the log-odds of g for the calibrated scores of a row, NaN
// when every score is missing.
func (m *MetaLearner) LogOdds(s *Scores) float64 {
	return m.Calibration.LogOdds(m.Mixer.Mix(s))
}

// Info implements learner.Learner: the union of what the bases read.
func (m *MetaLearner) Info() learner.Info {
	learners := make([]learner.Learner, len(m.Bases))
	for i := range m.Bases {
		learners[i] = m.Bases[i].Learner
	}
	return unionInfo(m.Name, "meta", learners)
}

// metaScratch is the memory of one call of Score.
type metaScratch struct {
	raw    []float32 // learner by learner
	scores Scores
}

// Score implements learner.Learner: the log-odds of g for each row, NaN where
// every base learner abstains. It fails when a base learner does.
func (m *MetaLearner) Score(dst []float32, b *learner.Batch) error {
	s, _ := m.pool.Get().(*metaScratch)
	if s == nil || len(s.scores.P) != len(m.Bases) {
		s = &metaScratch{scores: NewScores(len(m.Bases))}
	}
	defer m.pool.Put(s)
	n := b.N
	s.raw = sized(s.raw, n*len(m.Bases))
	for i := range m.Bases {
		if err := m.Bases[i].Learner.Score(s.raw[i*n:(i+1)*n], b); err != nil {
			return err
		}
	}
	for r := range n {
		for i := range m.Bases {
			m.Bases[i].calibrate(&s.scores, i, s.raw[i*n+r])
		}
		dst[r] = float32(m.LogOdds(&s.scores))
	}
	return nil
}

// NewScores returns scores of n base learners, all missing.
func NewScores(n int) Scores {
	all := make([]float64, 4*n)
	for i := range all {
		all[i] = math.NaN()
	}
	return Scores{P: all[:n:n], Logit: all[n : 2*n : 2*n], Tail: all[2*n : 3*n : 3*n], Evidence: all[3*n:]}
}

// set writes score i; a rate is given by its logarithm too.
func (s *Scores) set(i int, p, logit, tail, logTail float64) {
	s.P[i], s.Logit[i], s.Tail[i], s.Evidence[i] = p, logit, tail, -logTail
}

// forget marks score i as missing.
func (s *Scores) forget(i int) {
	nan := math.NaN()
	s.set(i, nan, nan, nan, nan)
}

// calibrate writes score i of a row. A base without a tail has the rate 1-p.
func (b *Base) calibrate(s *Scores, i int, raw float32) {
	x := float64(raw)
	z := b.Calibration.LogOdds(x)
	p := portable.Logistic(z)
	if b.Tail == nil {
		rate := portable.Logistic(-z)
		s.set(i, p, z, rate, portable.Log(rate))
		return
	}
	l := b.Tail.LogOf(x)
	s.set(i, p, z, portable.Exp(l), l)
}

// sized returns a slice of length n, reusing v's memory where it suffices.
func sized(v []float32, n int) []float32 {
	if cap(v) < n {
		return make([]float32, n)
	}
	return v[:n]
}

// unionInfo describes a learner that runs all of learners.
func unionInfo(id, kind string, learners []learner.Learner) learner.Info {
	info := learner.Info{ID: id, Type: kind}
	seen := map[int]bool{} // membership only: the order is that of the columns' first use
	for _, l := range learners {
		in := l.Info()
		info.Texts = info.Texts || in.Texts
		info.Context = info.Context || in.Context
		info.Cost += in.Cost
		for _, c := range in.Columns {
			if !seen[c] {
				seen[c] = true
				info.Columns = append(info.Columns, c)
			}
		}
	}
	return info
}

var errMeta = errors.New("ensemble: meta-learner: mixer or calibration is missing")

// check says what is wrong with a meta-learner over n base learners.
func (m *MetaLearner) check(n int) error {
	if m == nil || m.Mixer == nil || m.Calibration == nil {
		return errMeta
	}
	if mono, ok := m.Mixer.(Monotone); ok && mono.Inputs() != n {
		return errors.New("ensemble: meta-learner " + m.Name + ": weights and base learners differ in number")
	}
	return nil
}
