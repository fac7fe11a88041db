package train

import (
	"math"

	"github.com/tiercel/tiercel/core/learner"
)

// fitScaling chooses the scaling of columns from the values that are there.
// Columns of zeros and ones stay as they are, so that one-hot columns keep
// their sparseness and their meaning. Others are centred at their mean and
// divided by their standard deviation, after a logarithm where a value above 1
// occurs: counts, sizes and times span decades, shares and ratios do not.
func fitScaling(d *Data, columns []int) learner.Scaling {
	n := len(columns)
	s := learner.Scaling{Log: make([]bool, n), Centre: make([]float32, n), Scale: make([]float32, n)}
	for k, c := range columns {
		binary, large := true, false
		for i := range d.N {
			x := d.X[i*d.D+c]
			if x == x && x != 0 && x != 1 {
				binary = false
			}
			if x > 1 || x < -1 {
				large = true
			}
		}
		s.Scale[k] = 1
		if binary {
			continue
		}
		s.Log[k] = large
		// Z with centre 0 and this scale is g(x)/128, which is never clipped
		// for logarithms; other columns here lie in [-1, 1].
		const wide = 128
		s.Scale[k] = wide
		var weight, sum, squares float64
		for i := range d.N {
			if z := float64(s.Z(k, d.X[i*d.D+c])); z == z {
				w := float64(d.Weight(i))
				weight += w
				sum += w * z
				squares += w * z * z
			}
		}
		s.Scale[k] = 1
		if weight == 0 {
			continue
		}
		mean := sum / weight
		deviation := math.Sqrt(max(squares/weight-mean*mean, 0))
		s.Centre[k] = float32(mean * wide)
		if deviation*wide > 1e-6 { // else a constant
			s.Scale[k] = float32(deviation * wide)
		}
	}
	return s
}
