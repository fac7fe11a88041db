package train

import (
	"math"
	"slices"
)

// real is a score as learners (float32) or tiers (float64) give it.
type real interface{ ~float32 | ~float64 }

// weightOf returns the weight of row i: 1 where w is nil.
func weightOf(w []float32, i int) float64 {
	if w == nil {
		return 1
	}
	return float64(w[i])
}

// step is a distinct score and the weight of the rows that have it.
type step struct{ score, attack, normal float64 }

// steps returns the distinct scores, highest first, and the total weights.
// A missing score (NaN) counts as the lowest: what nobody judged is not found.
func steps[T real](scores []T, y []uint8, w []float32) (s []step, attack, normal float64) {
	type row struct {
		score float64
		i     int
	}
	rows := make([]row, len(scores))
	for i, v := range scores {
		rows[i] = row{float64(v), i}
		if v != v {
			rows[i].score = math.Inf(-1)
		}
	}
	// By score, then by index, so that sums of weights are the same on every run.
	slices.SortFunc(rows, func(a, b row) int { return byScore(b.score, a.score, a.i, b.i) })
	for _, r := range rows {
		one := step{score: r.score}
		if y[r.i] == 1 {
			one.attack = weightOf(w, r.i)
		} else {
			one.normal = weightOf(w, r.i)
		}
		attack += one.attack
		normal += one.normal
		if n := len(s); n > 0 && s[n-1].score == one.score {
			s[n-1].attack += one.attack
			s[n-1].normal += one.normal
			continue
		}
		s = append(s, one)
	}
	return s, attack, normal
}

// AUROC returns the chance that an attack outranks a normal row, ties counting
// half (Mann and Whitney 1947). y is 1 for an attack; w weighs rows, nil for 1
// each. It is NaN when a class is missing.
func AUROC[T real](scores []T, y []uint8, w []float32) float64 {
	return PartialAUC(scores, y, w, 1)
}

// PartialAUC returns the area under the ROC curve between false-alarm rates 0
// and most, divided by most: the mean recall over budgets up to most. Within a
// tie the curve is straight, which is what drawing lots among equals yields.
// It is NaN when a class is missing.
func PartialAUC[T real](scores []T, y []uint8, w []float32, most float64) float64 {
	s, attack, normal := steps(scores, y, w)
	if attack == 0 || normal == 0 {
		return math.NaN()
	}
	var area, tp, fp float64 // in weights
	limit := most * normal
	for _, one := range s {
		next := min(fp+one.normal, limit)
		if one.normal > 0 {
			gain := one.attack * (next - fp) / one.normal // of the attacks in the tie, those within the limit
			area += (next - fp) * (tp + gain/2)
		}
		tp += one.attack
		if fp += one.normal; fp >= limit {
			break
		}
	}
	return area / (limit * attack)
}

// AveragePrecision returns the precision at each distinct score, weighted by
// the recall gained there: the area under the precision-recall curve without
// interpolation. It is NaN when there is no attack.
func AveragePrecision[T real](scores []T, y []uint8, w []float32) float64 {
	s, attack, _ := steps(scores, y, w)
	if attack == 0 {
		return math.NaN()
	}
	var ap, tp, fp float64
	for _, one := range s {
		tp += one.attack
		fp += one.normal
		if tp > 0 {
			ap += one.attack / attack * (tp / (tp + fp))
		}
	}
	return ap
}

// RecallAt returns the share of attacks found at the lowest threshold whose
// share of false alarms is at most rate, and that threshold: rows that score
// at least so are alarms. It is conservative at ties: a score that would break
// the budget is not used, whatever share of its rows would fit. When no
// threshold keeps the budget, recall is 0 and the threshold +Inf.
func RecallAt[T real](scores []T, y []uint8, w []float32, rate float64) (recall, threshold float64) {
	s, attack, normal := steps(scores, y, w)
	threshold = math.Inf(1)
	var tp, fp float64
	for _, one := range s {
		tp += one.attack
		fp += one.normal
		// The tolerance is for sums of weights, which need not be whole.
		if fp > rate*normal*(1+1e-12) {
			break
		}
		recall, threshold = tp/attack, one.score
	}
	return recall, threshold
}

// Metrics are the figures of merit of one score over rows with labels.
type Metrics struct {
	Rows, Attacks int
	AUROC         float64
	AP            float64 // average precision
	R1, R01       float64 // recall at 1 % and at 0.1 % false alarms
}

// Measure returns the figures of merit of scores.
func Measure[T real](scores []T, y []uint8, w []float32) Metrics {
	m := Metrics{Rows: len(y), AUROC: AUROC(scores, y, w), AP: AveragePrecision(scores, y, w)}
	for _, v := range y {
		m.Attacks += int(v)
	}
	m.R1, _ = RecallAt(scores, y, w, 1e-2)
	m.R01, _ = RecallAt(scores, y, w, 1e-3)
	return m
}

// Confusion counts verdicts, in weights of rows.
type Confusion struct{ TP, FP, TN, FN float64 }

// Confuse counts the verdicts of a threshold: rows that score at least so are alarms.
func Confuse[T real](scores []T, y []uint8, w []float32, threshold float64) Confusion {
	var c Confusion
	for i, v := range scores {
		wi := weightOf(w, i)
		switch alarm := float64(v) >= threshold; {
		case alarm && y[i] == 1:
			c.TP += wi
		case alarm:
			c.FP += wi
		case y[i] == 1:
			c.FN += wi
		default:
			c.TN += wi
		}
	}
	return c
}

// FPR returns the share of normal rows that are alarms, NaN without normal rows.
func (c Confusion) FPR() float64 { return c.FP / (c.FP + c.TN) }

// Recall returns the share of attacks found, NaN without attacks.
func (c Confusion) Recall() float64 { return c.TP / (c.TP + c.FN) }

// F1 returns the harmonic mean of precision and recall, 0 when nothing was found.
func (c Confusion) F1() float64 {
	if c.TP == 0 {
		return 0
	}
	return 2 * c.TP / (2*c.TP + c.FP + c.FN)
}

// Accuracy returns the share of rows judged rightly.
func (c Confusion) Accuracy() float64 { return (c.TP + c.TN) / (c.TP + c.FP + c.TN + c.FN) }

// leastP bounds probabilities away from 0 and 1 in LogLoss, so that one
// confident mistake does not hide everything else.
const leastP = 1e-7

// LogLoss returns the mean negative log-likelihood, in nats, of probabilities.
func LogLoss(p []float64, y []uint8, w []float32) float64 {
	var loss, total float64
	for i, v := range p {
		v = max(leastP, min(v, 1-leastP))
		if y[i] == 0 {
			v = 1 - v
		}
		wi := weightOf(w, i)
		loss -= wi * math.Log(v)
		total += wi
	}
	return loss / total
}

// Brier returns the mean squared error of probabilities (Brier 1950).
func Brier(p []float64, y []uint8, w []float32) float64 {
	var loss, total float64
	for i, v := range p {
		d, wi := v-float64(y[i]), weightOf(w, i)
		loss += wi * d * d
		total += wi
	}
	return loss / total
}

// RecallByType returns, for each type of attack with rows among those scored,
// the recall at a threshold; NaN for the others. typ indexes the types, 0 being
// normal; n is their number.
func RecallByType[T real](scores []T, y []uint8, typ []int32, n int, threshold float64) []float64 {
	found, rows := make([]float64, n), make([]float64, n)
	for i, v := range scores {
		if y[i] != 1 {
			continue
		}
		rows[typ[i]]++
		if float64(v) >= threshold {
			found[typ[i]]++
		}
	}
	for t := range found {
		found[t] /= rows[t]
	}
	return found
}
