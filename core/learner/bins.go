package learner

import (
	"math"
	"strconv"
)

// Bounds of tree learners, so that a stored one cannot ask for more memory
// than it brings bytes, and column numbers fit a byte.
const (
	MaxTreeColumns = 255     // columns that one tree learner may read
	MaxTrees       = 1 << 12 // trees of one learner
)

// NoValue is the border below every value: a row whose column is missing (NaN)
// lies under it, every other row lies on or above it. It stands first among a
// column's borders where a tree wants to know whether the value is there. A
// stored model may not hold an infinity, so minus infinity counts as missing.
const NoValue = -math.MaxFloat32

// bins cuts columns at borders. The bin of a value is the number of the
// column's borders that are not above it; NaN has bin 0.
//
// Only borders that some tree or table uses are kept: on real models 288 of
// 1,993, which halves the time that binning takes.
type bins struct {
	columns []int
	counts  []uint8   // borders a slot; slot s cuts columns[s]
	borders []float32 // as stored: slot after slot, ascending
	cuts    [][]int32 // keys of a slot's borders, padded with padding to 2^k-1
	zero    []uint8   // bin of 0 in each slot: what nearly all values of most columns are
}

// key maps numbers to integers of the same order, and NaN below all of them:
// integers are compared without branches, which a search among unknown values
// would mispredict every second time.
func key(v float32) int32 {
	if v != v {
		return math.MinInt32
	}
	k := int32(math.Float32bits(v + 0)) // -0 becomes 0
	return k ^ (k >> 31 & math.MaxInt32)
}

// padding lies above the key of every number.
const padding = math.MaxInt32

// readBins takes the borders out of a state: "counts" (one a column, at least
// 1 and at most most) and "borders" (ascending within a column).
func readBins(r *stateReader, columns []int, most int) bins {
	g := bins{columns: columns}
	if len(columns) == 0 || len(columns) > MaxTreeColumns {
		r.fail("too few or too many columns:", strconv.Itoa(len(columns)))
		return g
	}
	g.counts = r.u8("counts", len(columns))
	total := 0
	for _, n := range g.counts {
		if n == 0 || int(n) > most {
			r.fail("out of range: tensor", "counts")
			return g
		}
		total += int(n)
	}
	borders := r.f32("borders", total)
	if r.err != nil {
		return g
	}
	g.borders = borders
	for _, n := range g.counts {
		own := borders[:n]
		borders = borders[n:]
		cuts := make([]int32, 0, 2*len(own))
		for i, v := range own {
			if i > 0 && !(own[i-1] < v) {
				r.fail("not ascending: tensor", "borders")
				return g
			}
			cuts = append(cuts, key(v))
		}
		for len(cuts)&(len(cuts)+1) != 0 {
			cuts = append(cuts, padding)
		}
		g.cuts = append(g.cuts, cuts)
		g.zero = append(g.zero, uint8(rank(cuts, 0)))
	}
	return g
}

// state appends what readBins reads.
func (g *bins) state(t []Tensor) []Tensor {
	return append(t,
		Tensor{Name: "counts", Shape: []int{len(g.counts)}, U8: g.counts},
		Tensor{Name: "borders", Shape: []int{len(g.borders)}, F32: g.borders})
}

// rank returns the bin of v among padded cuts: a binary search of as many
// steps for every value.
func rank(cuts []int32, v float32) int {
	above, n := int64(key(v))+1, 0
	for step := (len(cuts) + 1) / 2; step > 0; step /= 2 {
		n += int((int64(cuts[n+step-1])-above)>>63) & step // when cut <= key
	}
	return n
}

// of returns the bin of v in a slot.
func (g *bins) of(slot int, v float32) uint8 {
	if isZero(v) {
		return g.zero[slot]
	}
	return uint8(rank(g.cuts[slot], v))
}

// row writes the bins of one row.
func (g *bins) row(dst []uint8, x []float32) {
	for s, c := range g.columns {
		dst[s] = g.of(s, x[c])
	}
}

// absent reports whether a row has none of the columns: the learner abstains.
func absent(x []float32, columns []int) bool {
	for _, c := range columns {
		if v := x[c]; v == v {
			return false
		}
	}
	return true
}

var nan32 = float32(math.NaN())
