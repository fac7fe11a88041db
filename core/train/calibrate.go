package train

import (
	"errors"
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/ensemble"
)

// Settings of FitCalibration.
const (
	// calibrationBins is how many bins the isotonic fit starts from. One more
	// would be one more knot than a calibration may have.
	calibrationBins = ensemble.MaxCalibrationKnots

	// leastSpread is the least variance of log-odds about the logistic curve
	// that is believed in: a standard deviation of .1. With none at all, a shape
	// that rows begin to show could never come through.
	leastSpread = 0.01

	// steepest bounds log-odds at the knots. A thousand rows without a single
	// exception do not prove odds of a million to one.
	steepest = 9

	// flattest is the least rise in log-odds from the first to the last knot: a
	// learner that knows nothing keeps its ranking, at probabilities that all
	// but equal the share of attacks.
	flattest = 1e-3
)

// FitCalibration fits probability to raw scores that were made out of fold,
// with labels y and weights w (nil for 1 each). Missing scores (NaN) are left
// out. It fails when the rest lacks a class.
//
// The fit is a hybrid of two. Platt's (1999) logistic curve has two parameters
// and extrapolates; isotonic regression (Zadrozny and Elkan 2002) follows any
// increasing shape, but is a staircase and sure of itself where rows are few.
// Here rows are binned with bins that get finer towards the highest normal
// scores, where budgets are decided; each bin's log-odds are shrunk towards
// the logistic curve, as far as the scatter of the bins about it is no more
// than chance (empirical Bayes: Efron and Morris 1975); the result is made
// increasing by pooling adjacent violators and joined by straight lines.
func FitCalibration[T real](scores []T, y []uint8, w []float32) (*ensemble.Calibration, error) {
	rows, err := scoredRows(scores, y, w)
	if err != nil {
		return nil, err
	}
	bins := binScores(rows)
	bias, slope := platt(bins)
	shrink(bins, bias, slope)
	bins = poolAdjacent(bins)
	x, z := knots(bins, rows)
	return ensemble.NewCalibration(x, z)
}

// scored is a row with a score.
type scored struct {
	x, w   float64
	attack bool
	i      int
}

// scoredRows returns the rows that have a score, lowest first, with weights
// scaled to a mean of 1.
func scoredRows[T real](scores []T, y []uint8, w []float32) ([]scored, error) {
	rows := make([]scored, 0, len(scores))
	var total float64
	var class [2]bool
	for i, v := range scores {
		x, wi := float64(v), weightOf(w, i)
		if x != x || math.IsInf(x, 0) || wi <= 0 {
			continue
		}
		rows = append(rows, scored{x: x, w: wi, attack: y[i] == 1, i: i})
		total += wi
		class[y[i]] = true
	}
	if !class[0] || !class[1] {
		return nil, errors.New("train: calibration: scores of attacks and of normal rows are both needed")
	}
	scale := float64(len(rows)) / total
	for i := range rows {
		rows[i].w *= scale
	}
	slices.SortFunc(rows, func(a, b scored) int { return byScore(a.x, b.x, a.i, b.i) })
	return rows, nil
}

// byScore orders by score, lowest first, then by index, so that an unstable
// sort, which is several times faster, gives one order. Scores are not NaN.
func byScore(a, b float64, i, k int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return i - k
}

// bin is a run of scores: its mean, the weight of its attacks and of its
// normal rows, and the log-odds that are fitted to it.
type bin struct{ x, attack, normal, z float64 }

func (b *bin) weight() float64 { return b.attack + b.normal }

// binScores cuts sorted rows into at most calibrationBins bins. Equal scores
// share a bin. Half of the borders are quantiles of all rows; the others halve,
// again and again, the normal rows above them.
func binScores(rows []scored) []bin {
	var normal []float64
	for _, r := range rows {
		if !r.attack {
			normal = append(normal, r.x)
		}
	}
	var borders []float64
	const even = calibrationBins / 2
	for k := 1; k < even; k++ {
		borders = append(borders, rows[len(rows)*k/even].x)
	}
	for above := len(normal) / 2; above >= 2 && len(borders) < calibrationBins-1; above /= 2 {
		borders = append(borders, normal[len(normal)-above])
	}
	slices.Sort(borders)
	borders = slices.Compact(borders)
	bins := make([]bin, 0, len(borders)+1)
	next := 0
	for i, r := range rows {
		if i == 0 || next < len(borders) && r.x >= borders[next] {
			for next < len(borders) && r.x >= borders[next] {
				next++
			}
			bins = append(bins, bin{})
		}
		b := &bins[len(bins)-1]
		if r.attack {
			b.attack += r.w
		} else {
			b.normal += r.w
		}
		b.x += (r.x - b.x) * r.w / b.weight() // running weighted mean: no overflow
	}
	return bins
}

// platt fits log-odds = bias + slope*x to bins by Newton's method with
// Platt's smoothed targets, slope >= 0. Scores are centred and scaled first;
// x is clipped at the middle nine tenths' spread times 5, so that one wild
// score does not flatten the curve.
func platt(bins []bin) (bias, slope float64) {
	var n, mean, attack, normal float64
	for i := range bins {
		n += bins[i].weight()
		mean += bins[i].x * bins[i].weight()
		attack += bins[i].attack
		normal += bins[i].normal
	}
	mean /= n
	var spread float64
	for i := range bins {
		spread += math.Abs(bins[i].x-mean) * bins[i].weight()
	}
	spread /= n
	base := math.Log((attack + 1) / (normal + 1))
	if spread == 0 || math.IsInf(spread, 0) || math.IsNaN(spread) {
		return base, 0
	}
	// The targets of Platt's equation for the two classes.
	hi, lo := (attack+1)/(attack+2), 1/(normal+2)
	a, b := base, 1.0
	const reach = 5
	for range 50 {
		var ga, gb, haa, hab, hbb float64
		for i := range bins {
			u := max(-reach, min((bins[i].x-mean)/spread, reach))
			p := 1 / (1 + math.Exp(-(a + b*u)))
			g := bins[i].attack*(p-hi) + bins[i].normal*(p-lo)
			h := bins[i].weight() * max(p*(1-p), 1e-6)
			ga += g
			gb += g * u
			haa += h
			hab += h * u
			hbb += h * u * u
		}
		hbb += 1e-3 // a ridge of a thousandth of a row: perfect separation stays finite
		gb += 1e-3 * b
		det := haa*hbb - hab*hab
		if det <= 0 {
			break
		}
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		// Steps are bounded: far from the optimum Newton's overshoot.
		a -= max(-2, min(da, 2))
		b = max(0, b-max(-2, min(db, 2)))
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	return a - b*mean/spread, b / spread
}

// shrink sets the log-odds of bins: their own, moved towards bias + slope*x.
// A bin's own log-odds scatter about the truth with a known variance; what they
// scatter about the curve beyond that is the variance of the truth about it.
func shrink(bins []bin, bias, slope float64) {
	variance := func(b *bin) float64 { return 1/(b.attack+0.5) + 1/(b.normal+0.5) }
	var excess, precision float64
	for i := range bins {
		b := &bins[i]
		b.z = math.Log((b.attack + 0.5) / (b.normal + 0.5))
		v := variance(b)
		d := b.z - bias - slope*b.x
		excess += d*d/v - 1
		precision += 1 / v
	}
	spread := max(leastSpread, excess/precision)
	for i := range bins {
		b := &bins[i]
		curve := bias + slope*b.x
		b.z = curve + (b.z-curve)*spread/(spread+variance(b))
		b.z = max(-steepest, min(b.z, steepest))
	}
}

// poolAdjacent merges neighbouring bins until log-odds increase (pool adjacent
// violators: Ayer et al. 1955), weighing bins by their rows.
func poolAdjacent(bins []bin) []bin {
	out := bins[:0]
	for _, b := range bins {
		for len(out) > 0 && out[len(out)-1].z >= b.z {
			last := out[len(out)-1]
			wl, wb := last.weight(), b.weight()
			b = bin{
				x:      last.x + (b.x-last.x)*wb/(wl+wb),
				attack: last.attack + b.attack,
				normal: last.normal + b.normal,
				z:      (last.z*wl + b.z*wb) / (wl + wb),
			}
			out = out[:len(out)-1]
		}
		out = append(out, b)
	}
	return out
}

// knots turns pooled bins into strictly increasing knots: at least two, and
// apart enough that slopes are finite in float64.
func knots(bins []bin, rows []scored) (x, z []float64) {
	lo, hi := rows[0].x, rows[len(rows)-1].x
	span := hi - lo
	if !(span > 0) || math.IsInf(span, 0) {
		span = max(1, math.Abs(lo))
	}
	for _, b := range bins {
		if n := len(x); n > 0 && (b.x-x[n-1] < 1e-9*span || b.z-z[n-1] < 1e-9) {
			continue
		}
		x, z = append(x, b.x), append(z, b.z)
	}
	if len(x) == 1 {
		x = []float64{x[0] - span/2, x[0] + span/2}
		z = []float64{z[0] - flattest/2, z[0] + flattest/2}
	}
	return x, z
}
