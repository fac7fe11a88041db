package train

import (
	"math"
	"slices"

	"github.com/tiercel/tiercel/core/portable"
)

// booster is what symmetric and ordinary boosted trees share: log-loss
// gradients, sampling, the rounds and early stopping.
type booster struct {
	grower
	o      *TreesOptions
	d      *Data
	weight []float64 // of each row, classes balanced
	bias   float64
	margin []float64 // log-odds so far, of each row

	check  *Data // validation
	codes  [][]uint8
	scores []float64
}

func newBooster(d *Data, columns []int, borders int, o *TreesOptions) *booster {
	b := &booster{o: o, d: d, grower: grower{
		bins: cut(d, columns, borders, o.Workers), grad: make([]grad, d.N), scratch: make([]int32, d.N),
		lambda: o.Lambda, least: o.MinHessian, monotone: o.Monotone, workers: o.Workers,
	}}
	b.weight = weights(d, o.Balance)
	var total [2]float64
	top := 0.0
	for i, w := range b.weight {
		total[d.Y[i]] += w
		top = math.Max(top, w)
	}
	// One row of each class keeps the bias finite where a class is missing.
	b.bias = portable.Log((total[1] + 1) / (total[0] + 1))
	b.unit = math.Max(top, math.SmallestNonzeroFloat32) / (1 << 30)
	b.margin = slices.Repeat([]float64{b.bias}, d.N)
	if o.Validation != nil {
		b.check = o.Validation
		b.codes = b.bins.apply(b.check, o.Workers)
		b.scores = slices.Repeat([]float64{b.bias}, b.check.N)
	}
	return b
}

// weights returns the rows' weights; balanced, each class has half the total.
func weights(d *Data, balance bool) []float64 {
	w := make([]float64, d.N)
	var total [2]float64
	for i := range w {
		w[i] = float64(d.Weight(i))
		total[d.Y[i]] += w[i]
	}
	if balance && total[0] > 0 && total[1] > 0 {
		all := total[0] + total[1]
		for i := range w {
			w[i] *= all / (2 * total[d.Y[i]])
		}
	}
	return w
}

// valuer returns what a tree adds to the score of a row.
type valuer func(codes [][]uint8, row int) float64

// run boosts: grow fits a tree to the gradients. It returns how many trees to keep.
func (b *booster) run(grow func() valuer) int {
	best, kept := -1.0, b.o.Trees
	for t := range b.o.Trees {
		b.differentiate()
		b.sample(t)
		value := grow()
		chunks(b.d.N, b.o.Workers, func(from, to int) {
			for i := from; i < to; i++ {
				b.margin[i] += value(b.bins.codes, i)
			}
		})
		if b.check == nil {
			continue
		}
		chunks(b.check.N, b.o.Workers, func(from, to int) {
			for i := from; i < to; i++ {
				b.scores[i] += value(b.codes, i)
			}
		})
		if (t+1)%checkEvery == 0 || t+1 == b.o.Trees {
			if r := lowRecall(b.scores, b.check); r > best {
				best, kept = r, t+1
			} else if t+1-kept >= b.o.Patience {
				break
			}
		}
	}
	return kept
}

// checkEvery is how many trees lie between two looks at the validation part:
// ten trees change the ranking little and sorting costs as much as a tree.
const checkEvery = 10

// differentiate computes the derivatives of the log-loss.
func (b *booster) differentiate() {
	chunks(b.d.N, b.o.Workers, func(from, to int) {
		for i := from; i < to; i++ {
			p := 1 / (1 + portable.Exp(-b.margin[i]))
			w := b.weight[i] / b.unit
			b.grad[i] = grad{int32((p - float64(b.d.Y[i])) * w), int32(p * (1 - p) * w)}
		}
	})
}

// sample draws the rows and columns of a tree.
func (b *booster) sample(tree int) {
	rng := sampler(b.o.Seed, tree)
	k := len(b.bins.columns)
	b.slots = rng.Perm(k)[:max(1, int(math.Round(b.o.Columns*float64(k))))]
	slices.Sort(b.slots)
	b.order = b.order[:0]
	for i := range b.d.N {
		if b.o.Rows >= 1 || rng.Float64() < b.o.Rows {
			b.order = append(b.order, int32(i))
		}
	}
}

// chunks calls f for ranges that cover 0 to n.
func chunks(n, workers int, f func(from, to int)) {
	const rows = 8192
	parallel((n+rows-1)/rows, workers, func(i int) { f(i*rows, min(n, (i+1)*rows)) })
}

// lowRecall returns the mean recall over false-alarm rates up to 1 %: the area
// under the first hundredth of the ROC curve, in [0,1]. Ties count as not
// caught. It steers early stopping, because a detector works at that end.
func lowRecall(scores []float64, d *Data) float64 {
	order := make([]int32, len(scores))
	var normals, threats float64
	for i := range order {
		order[i] = int32(i)
		if d.Y[i] == 1 {
			threats += float64(d.Weight(i))
		} else {
			normals += float64(d.Weight(i))
		}
	}
	if normals == 0 || threats == 0 {
		return 0
	}
	slices.SortFunc(order, func(a, b int32) int {
		switch sa, sb := scores[a], scores[b]; {
		case sa > sb:
			return -1
		case sa < sb:
			return 1
		}
		return int(d.Y[a]) - int(d.Y[b]) // normal first among equals
	})
	limit := normals / 100
	var alarms, caught, area float64
	for _, i := range order {
		w := float64(d.Weight(int(i)))
		if d.Y[i] == 1 {
			caught += w
			continue
		}
		w = math.Min(w, limit-alarms)
		area += float64(w * caught)
		if alarms += w; alarms >= limit {
			break
		}
	}
	return area / (limit * threats)
}
