package train

import "math"

// Baseline is what one column can do by itself: the trivial detector that a
// model's score has to be read beside.
type Baseline struct {
	Column string
	Below  bool // low values mean a threat
	Metrics
}

// BestColumn returns the column of a set that ranks its rows best by itself,
// in either direction; missing values rank lowest. The direction is chosen on
// the very rows that are measured, so it flatters the baseline, never the
// model. ok is false when a class is missing.
func BestColumn(s *Set) (best Baseline, ok bool) {
	y := make([]uint8, s.Len())
	for i, v := range s.Y {
		y[i] = uint8(v)
	}
	scores := make([]float32, s.Len())
	top := math.Inf(-1)
	for c, name := range s.Schema.Names {
		for _, below := range []bool{false, true} {
			for i := range scores {
				if scores[i] = s.Rows.Row(i)[c]; below {
					scores[i] = -scores[i]
				}
			}
			if area := AUROC(scores, y, s.W); area > top {
				top, ok = area, true
				best = Baseline{Column: name, Below: below, Metrics: Measure(scores, y, s.W)}
			}
		}
	}
	return best, ok
}
