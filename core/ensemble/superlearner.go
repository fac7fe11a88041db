package ensemble

import (
	"errors"
	"sync"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/portable"
)

// SuperLearner selects and adjusts meta-learners: h = c(sum_j beta_j g_j) with
// beta on the simplex. A discrete super-learner is one whose beta is 1 for a
// single meta (van der Laan, Polley and Hubbard 2007).
//
// The calibration reads the log-odds of the mixture, so that the identity is
// the straight line. With Metas set it stands alone as a learner.Learner whose
// raw score is the log-odds of h; any learner whose raw scores are log-odds
// may be among them, a MetaLearner or another SuperLearner.
type SuperLearner struct {
	Name        string
	Beta        []float64    // one for each meta, >= 0, sum 1
	Calibration *Calibration // log-odds of the mixture -> h; nil for none
	Tail        *Tail        // log-odds of h -> share of normal rows; nil for none
	// Floor is 1 + the index of the meta below whose g the verdict never falls,
	// 0 for none: what knowledge says with certainty is not voted down by
	// learners whose training rows had no example of it.
	Floor int
	// Certified is 1 + the index of another such meta, 0 for none: that of a
	// learner.Certifier, which hears it alone.
	Certified int
	// Novelty is 1 + the index of the meta that ranks the rows whose log-odds are
	// above Certain, 0 for none. So far up there were no normal rows to learn an
	// order from, only to be sure; what is unlike all normal rows comes first.
	Novelty int
	Certain float64 // log-odds of h, above 0 and below Clip
	Metas   []learner.Learner

	pool sync.Pool // of *superScratch
}

var _ learner.Learner = (*SuperLearner)(nil)

// LogOdds returns the log-odds of h for the metas' g, in [0,1] or NaN for a
// missing one; the weights are renormalised over those present; above Certain as
// Novelty ranks it; never less than the floor's. NaN when all are missing.
func (s *SuperLearner) LogOdds(g []float64) float64 {
	var sum, weight float64
	for j, b := range s.Beta {
		if v := g[j]; b > 0 && v == v {
			sum += float64(b * v)
			weight += b
		}
	}
	if weight == 0 { // none that counts is present: the others count alike
		for _, v := range g {
			if v == v {
				sum += v
				weight++
			}
		}
	}
	z := s.calibrated(min(sum/weight, 1)) // rounding can carry a mean of ones past 1
	if s.Novelty > 0 && z > s.Certain {
		if v := g[s.Novelty-1]; v == v {
			z = s.Certain + float64((Clip-s.Certain)*v)
		}
	}
	for _, f := range s.floors() {
		if f > 0 {
			if v := g[f-1]; v == v {
				z = max(z, portable.Logit(v))
			}
		}
	}
	return z
}

// floors returns 1 + the indices of the metas below whose g the verdict never
// falls, 0 for none.
func (s *SuperLearner) floors() [2]int { return [2]int{s.Floor, s.Certified} }

// calibrated returns the log-odds of h for the mixture of the metas' g.
func (s *SuperLearner) calibrated(mixture float64) float64 {
	z := portable.Logit(mixture)
	if s.Calibration != nil {
		return s.Calibration.LogOdds(z)
	}
	return max(-Clip, min(z, Clip))
}

// Rate returns the share of normal rows expected to score at least as high as
// log-odds z; without a tail it is the probability of being normal.
func (s *SuperLearner) Rate(z float64) float64 {
	if s.Tail == nil {
		return portable.Logistic(-z)
	}
	return s.Tail.Rate(z)
}

// Info implements learner.Learner.
func (s *SuperLearner) Info() learner.Info { return unionInfo(s.Name, "super", s.Metas) }

// superScratch is the memory of one call of Score.
type superScratch struct {
	raw []float32 // meta by meta
	g   []float64 // of one row
}

// Score implements learner.Learner: the log-odds of h for each row, NaN where
// every meta abstains. It fails when a meta does.
func (s *SuperLearner) Score(dst []float32, b *learner.Batch) error {
	w, _ := s.pool.Get().(*superScratch)
	if w == nil || len(w.g) != len(s.Metas) {
		w = &superScratch{g: make([]float64, len(s.Metas))}
	}
	defer s.pool.Put(w)
	n := b.N
	w.raw = sized(w.raw, n*len(s.Metas))
	for j, m := range s.Metas {
		if err := m.Score(w.raw[j*n:(j+1)*n], b); err != nil {
			return err
		}
	}
	for r := range n {
		for j := range s.Metas {
			w.g[j] = portable.Logistic(float64(w.raw[j*n+r]))
		}
		dst[r] = float32(s.LogOdds(w.g))
	}
	return nil
}

// check says what is wrong with a super-learner over n metas.
func (s *SuperLearner) check(n int) error {
	if s == nil || len(s.Beta) != n {
		return errors.New("ensemble: super-learner: weights and meta-learners differ in number")
	}
	for _, f := range s.floors() {
		if f < 0 || f > n {
			return errors.New("ensemble: super-learner: no such meta-learner as the floor")
		}
	}
	if s.Novelty < 0 || s.Novelty > n {
		return errors.New("ensemble: super-learner: no such meta-learner to rank by novelty")
	}
	if s.Novelty > 0 && !(s.Certain > 0 && s.Certain < Clip) || s.Novelty == 0 && s.Certain != 0 {
		return errors.New("ensemble: super-learner: log-odds of certainty out of range")
	}
	total, err := checkWeights(s.Beta, MaxMetas)
	if err != nil {
		return err
	}
	if total < 1-1e-9 || total > 1+1e-9 {
		return errors.New("ensemble: super-learner: weights do not sum to 1")
	}
	return nil
}
