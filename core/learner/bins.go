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
	off     []uint32  // where a slot's borders start in cuts
	cuts    []float32 // ascending; each slot padded with NaN to 2^k-1, so that the search has no branches
}

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
	for _, n := range g.counts {
		own := borders[:n]
		borders = borders[n:]
		for i := range own[1:] {
			if !(own[i] < own[i+1]) {
				r.fail("not ascending: tensor", "borders")
				return g
			}
		}
		g.off = append(g.off, uint32(len(g.cuts)))
		g.cuts = append(g.cuts, own...)
		for size := len(own); size&(size+1) != 0; size++ {
			g.cuts = append(g.cuts, float32(math.NaN()))
		}
	}
	return g
}

// state appends what readBins reads.
func (g *bins) state(t []Tensor) []Tensor {
	var borders []float32
	for s, n := range g.counts {
		borders = append(borders, g.cuts[g.off[s]:][:n]...)
	}
	return append(t,
		Tensor{Name: "counts", Shape: []int{len(g.counts)}, U8: g.counts},
		Tensor{Name: "borders", Shape: []int{len(borders)}, F32: borders})
}

// of returns a slot's padded borders.
func (g *bins) of(s int) []float32 {
	end := uint32(len(g.cuts))
	if s+1 < len(g.off) {
		end = g.off[s+1]
	}
	return g.cuts[g.off[s]:end]
}

// rank returns the bin of v among padded borders.
func rank(cuts []float32, v float32) int {
	n := 0
	for step := (len(cuts) + 1) / 2; step > 0; step /= 2 {
		next := n + step
		if v >= cuts[next-1] {
			n = next
		}
	}
	return n
}

// row writes the bins of one row.
func (g *bins) row(dst []uint8, x []float32) {
	for s, c := range g.columns {
		dst[s] = uint8(rank(g.of(s), x[c]))
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
