// Package train fits learners and the tiers above them: binning, folds,
// out-of-fold scores, tuning and metrics.
//
// Everything is deterministic: each source of randomness is an explicit seed,
// and no result depends on the number of workers.
package train
