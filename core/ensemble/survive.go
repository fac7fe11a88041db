package ensemble

import "github.com/tiercel/tiercel/core/portable"

// LeastRaw returns the smallest raw score, not negative, with which base learner
// i alone makes the log-odds of h at least limit, whatever the other learners
// say; ok is false when no score does. It is what a certificate has to keep.
func (t *Tiers) LeastRaw(i int, limit float64) (raw float32, ok bool) {
	e := t.NewEvaluation()
	limit += slack
	reaches := func(raw float32) bool {
		for k := range t.Bases {
			e.Scores.setExtreme(k, false)
		}
		t.Calibrate(e, i, raw)
		for j, m := range t.Metas {
			e.Metas[j] = m.least(&e.Scores)
		}
		return t.Super.LogOdds(e.Metas) >= limit
	}
	const most = 1 << 20
	if !reaches(most) {
		return 0, false
	}
	lo, hi := float32(0), float32(most) // hi reaches
	for range 64 {
		if mid := lo + (hi-lo)/2; mid == lo || mid == hi {
			break
		} else if reaches(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi, true
}

// least returns g, 0 for a mixer of which nothing is known.
func (m *MetaLearner) least(s *Scores) float64 {
	if _, ok := m.Mixer.(Monotone); !ok {
		return 0
	}
	return portable.Logistic(m.LogOdds(s))
}

// harmed is a mixer of which it is known what hurts most: lowering the scores of
// most harm, as many as may be lowered, gives the lowest raw score.
type harmed interface {
	Monotone
	// harm returns what lowering score i to the bottom of its scale takes away;
	// only its order matters.
	harm(s *Scores, i int) float64
}

var (
	_ harmed = (*Mean)(nil)
	_ harmed = (*MinP)(nil)
	_ harmed = (*Trimmed)(nil)
)

func (m *Mean) harm(s *Scores, i int) float64 {
	u := m.scale.of(s, i)
	if m.scale == logOdds {
		u += Clip
	}
	return m.alpha[i] * u
}

func (m *MinP) harm(s *Scores, i int) float64 { return m.weights[i] * evidence.of(s, i) }

// Survives returns how many base learners may be anything at all, abstain or say
// what they like, without the log-odds of the row falling below limit: whichever they
// are. It is below zero when they are below already. e is the row, as Evaluate
// left it; w is scratch from NewEvaluation.
//
// Each meta-learner is judged against the learners that hurt it most; the stack,
// the floor and the certified floor fall only when each of them does. Learners
// that are missing count as bad ones that come on top. It is a proof, not the
// exact number, where several meta-learners fear different learners.
func (t *Tiers) Survives(w, e *Evaluation, limit float64) int {
	limit += slack
	stack := t.falls(func(n int) bool { return t.stackLeast(w, e, n) >= limit })
	apart := 0
	for k, f := range t.Super.floors() {
		if f == 0 {
			continue
		}
		m := t.Metas[f-1]
		needed := t.falls(func(n int) bool { return portable.Logit(t.metaLeast(w, e, m, n)) >= limit })
		if k == 1 && t.apart(f-1) {
			apart = needed
		} else {
			stack = max(stack, needed)
		}
	}
	return min(stack+apart, len(t.Bases)+1) - 1
}

// falls returns the least number of bad learners with which holds is false, one
// more than there are learners when it never is.
func (t *Tiers) falls(holds func(bad int) bool) int {
	for n := range len(t.Bases) + 1 {
		if !holds(n) {
			return n
		}
	}
	return len(t.Bases) + 1
}

// apart reports whether meta j hears learners that no other meta hears.
func (t *Tiers) apart(j int) bool {
	mine, ok := t.Metas[j].Mixer.(Monotone)
	for k, m := range t.Metas {
		other, known := m.Mixer.(Monotone)
		if k == j || t.Super.Beta[k] == 0 && k+1 != t.Super.Floor && k+1 != t.Super.Novelty && k+1 != t.Super.Certified {
			continue
		}
		for i := range t.Bases {
			if !ok || !known || mine.Reach(i) > 0 && other.Reach(i) > 0 {
				return false
			}
		}
	}
	return ok
}

// stackLeast returns the log-odds of the super-learner, floors left out, when
// each meta-learner has n bad learners.
func (t *Tiers) stackLeast(w, e *Evaluation, n int) float64 {
	var sum, weight float64
	for j, m := range t.Metas {
		if b := t.Super.Beta[j]; b > 0 {
			sum += float64(b * t.metaLeast(w, e, m, n))
			weight += b
		}
	}
	if weight == 0 {
		return -Clip
	}
	z := t.Super.calibrated(min(sum/weight, 1))
	if k := t.Super.Novelty; k > 0 && z > t.Super.Certain {
		z = t.Super.Certain + float64((Clip-t.Super.Certain)*t.metaLeast(w, e, t.Metas[k-1], n))
	}
	return z
}

// metaLeast returns the lowest g that n bad learners can give a meta-learner.
func (t *Tiers) metaLeast(w, e *Evaluation, m *MetaLearner, n int) float64 {
	mixer, ok := m.Mixer.(harmed)
	if !ok {
		if n > 0 {
			return 0
		}
		return m.least(&e.Scores)
	}
	for i := range t.Bases {
		w.Scores.P[i], w.Scores.Logit[i] = e.Scores.P[i], e.Scores.Logit[i]
		w.Scores.Tail[i], w.Scores.Evidence[i] = e.Scores.Tail[i], e.Scores.Evidence[i]
		if n > 0 && w.Scores.P[i] != w.Scores.P[i] {
			w.Scores.setExtreme(i, false)
		}
	}
	for bad := uint64(0); n > 0; n-- {
		worst, most := -1, 0.0
		for i := range t.Bases {
			if h := mixer.harm(&w.Scores, i); bad>>i&1 == 0 && (worst < 0 || h > most) {
				worst, most = i, h
			}
		}
		bad |= 1 << worst
		w.Scores.setExtreme(worst, false)
	}
	return m.least(&w.Scores)
}
