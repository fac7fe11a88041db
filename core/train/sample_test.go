package train

import (
	"math"
	"math/rand/v2"
	"sort"
)

// sampleData makes n rows of eight columns: threats are many small packets to
// many ports, or large uploads, with overlap, noise columns and missing values.
func sampleData(n int, seed uint64) *Data {
	rng := rand.New(rand.NewPCG(seed, 1))
	d := &Data{N: n, D: 8, X: make([]float32, 0, n*8), Y: make([]uint8, n)}
	for i := range n {
		threat := rng.Float64() < 0.4
		ports, bytes, failed := rng.ExpFloat64()*3, math.Exp(rng.NormFloat64()*1.5+6), rng.Float64()*0.3
		if threat {
			d.Y[i] = 1
			if rng.Float64() < 0.6 {
				ports, failed = ports*8+4, failed+0.5
			} else {
				bytes *= 40
			}
		}
		asked := float32(rng.IntN(3))
		duration := float32(rng.ExpFloat64())
		if rng.Float64() < 0.1 {
			duration = float32(math.NaN())
		}
		d.X = append(d.X, float32(math.Floor(ports)), float32(bytes), float32(failed), asked, duration,
			float32(rng.NormFloat64()), float32(rng.IntN(2)), float32(rng.NormFloat64()*float64(1+d.Y[i])))
	}
	return d
}

// allColumns returns 0 to n-1.
func allColumns(n int) []int {
	c := make([]int, n)
	for i := range c {
		c[i] = i
	}
	return c
}

// sortBy sorts indices and keeps the order of equals.
func sortBy(order []int, less func(a, b int) bool) {
	sort.SliceStable(order, func(i, j int) bool { return less(order[i], order[j]) })
}

// ranking returns the AUROC and the recall at a share of false alarms; ties
// count half in the first and as not caught in the second.
func ranking(scores []float32, y []uint8, share float64) (auroc, recall float64) {
	order := make([]int, len(scores))
	normals := 0
	for i := range order {
		order[i] = i
		if y[i] == 0 {
			normals++
		}
	}
	threats := len(y) - normals
	sortBy(order, func(a, b int) bool { return scores[a] > scores[b] })
	allowed := int(share * float64(normals))
	alarms, caught, area := 0, 0, 0.0
	for i := 0; i < len(order); {
		j, a, c := i, 0, 0
		for ; j < len(order) && scores[order[j]] == scores[order[i]]; j++ {
			if y[order[j]] == 0 {
				a++
			} else {
				c++
			}
		}
		area += float64(a) * (float64(caught) + float64(c)/2)
		alarms, caught = alarms+a, caught+c
		if alarms <= allowed {
			recall = float64(caught) / float64(threats)
		}
		i = j
	}
	return area / float64(normals) / float64(threats), recall
}
