package ensemble

import "errors"

// NewStack returns the logistic stack: raw = b + alpha . logit(p), which is
// logistic regression on the log-odds of the base learners (Wolpert 1992),
// with alpha >= 0 so that no learner's alarm can lower the score.
func NewStack(alpha []float64, bias float64) (*Mean, error) {
	if !(bias >= -maxWeight && bias <= maxWeight) {
		return nil, errors.New("ensemble: stack: bias is too large or not a number")
	}
	return newMean(StackName, logOdds, alpha, bias)
}
