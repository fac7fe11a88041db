package adapt

import "github.com/tiercel/tiercel/core/ensemble"

// Settings of the fixed share (Herbster and Warmuth 1998).
const (
	hedgeRate  = 2    // of learning, for losses in [0, 1]
	hedgeShare = 0.02 // of the weights that goes back to where they began, each label
	hedgeSpare = 0.1  // of the first weights that all metas have alike
	hedgeWorst = 6    // log-loss that counts as 1: one label never rules a meta out
)

// hedge follows the meta-learners label by label: those that were right gain
// weight, and a share returns to the model's own weights, so that it can change
// its mind.
type hedge struct {
	super *ensemble.SuperLearner
	first []float64
	loss  []float64
}

// newHedge starts from the model's beta, with a little for every meta.
func newHedge(super *ensemble.SuperLearner) *hedge {
	n := len(super.Beta)
	h := &hedge{first: make([]float64, n), loss: make([]float64, n)}
	for j, b := range super.Beta {
		h.first[j] = float64((1-hedgeSpare)*b) + hedgeSpare/float64(n)
	}
	h.super = &ensemble.SuperLearner{
		Beta: append([]float64(nil), h.first...), Calibration: super.Calibration, Floor: super.Floor,
	}
	return h
}

// logOdds returns what the weights so far make of the metas' scores.
func (h *hedge) logOdds(g []float64) float64 { return h.super.LogOdds(g) }

// learn moves the weights by one label of that weight.
func (h *hedge) learn(g []float64, threat bool, weight float64) {
	var mean, present float64
	for j, v := range g {
		if v == v {
			h.loss[j] = min(logLoss(logit(v), threat), hedgeWorst) / hedgeWorst
			mean += h.loss[j]
			present++
		}
	}
	if present == 0 {
		return
	}
	var sum float64
	beta := h.super.Beta
	for j, v := range g {
		l := mean / present // a missing meta is as good as the others
		if v == v {
			l = h.loss[j]
		}
		beta[j] *= exp(-float64(hedgeRate * float64(weight*l)))
		sum += beta[j]
	}
	for j := range beta {
		beta[j] = float64((1-hedgeShare)*(beta[j]/sum)) + float64(hedgeShare*h.first[j])
	}
}
