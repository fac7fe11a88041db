package train

import (
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tiercel/tiercel/core/learner"
)

// binned is training data cut at borders: one byte a value, column by column.
type binned struct {
	columns []int       // columns of Data
	borders [][]float32 // ascending, by slot; bin = number of borders <= value
	codes   [][]uint8   // by slot, then row
	typical []uint8     // median bin of the normal rows, by slot
}

// cut bins the columns of d at greedy quantiles with at most most borders each.
// A column without two different values, missing ones included, has no border.
func cut(d *Data, columns []int, most, workers int) *binned {
	k := len(columns)
	b := &binned{
		columns: slices.Clone(columns),
		borders: make([][]float32, k), codes: make([][]uint8, k), typical: make([]uint8, k),
	}
	parallel(k, workers, func(s int) {
		values := make([]float32, d.N)
		for i := range values {
			values[i] = d.X[i*d.D+columns[s]]
		}
		b.borders[s] = quantiles(values, most)
		b.codes[s] = make([]uint8, d.N)
		encode(b.codes[s], values, b.borders[s])
		b.typical[s] = medianCode(b.codes[s], d.Y)
	})
	return b
}

// apply bins other rows at the same borders.
func (b *binned) apply(d *Data, workers int) [][]uint8 {
	codes := make([][]uint8, len(b.columns))
	parallel(len(codes), workers, func(s int) {
		values := make([]float32, d.N)
		for i := range values {
			values[i] = d.X[i*d.D+b.columns[s]]
		}
		codes[s] = make([]uint8, d.N)
		encode(codes[s], values, b.borders[s])
	})
	return codes
}

// encode writes the number of borders that are not above each value; 0 for NaN.
func encode(dst []uint8, values, borders []float32) {
	for i, v := range values {
		lo, hi := 0, len(borders)
		for lo < hi {
			mid := (lo + hi) / 2
			if v >= borders[mid] {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		dst[i] = uint8(lo)
	}
}

// quantiles returns at most most borders that cut values into bins of about
// equal weight, greedily: a value that fills a bin of its own gets one, and the
// rest is shared among the bins that remain (LightGBM's GreedyFindBin). Borders
// lie half way between neighbours. Where values are missing the first border
// is learner.NoValue, which sets them apart.
func quantiles(values []float32, most int) []float32 {
	sorted := make([]float32, 0, len(values))
	for _, v := range values {
		if v == v {
			sorted = append(sorted, max(min(v, math.MaxFloat32), -math.MaxFloat32))
		}
	}
	var borders []float32
	if 0 < len(sorted) && len(sorted) < len(values) {
		borders = append(borders, learner.NoValue)
	}
	slices.Sort(sorted)
	var distinct []float32
	var counts []int
	for i, v := range sorted {
		if i == 0 || v != sorted[i-1] {
			distinct, counts = append(distinct, v), append(counts, 0)
		}
		counts[len(counts)-1]++
	}
	bins := most - len(borders) + 1 // that many bins need one border fewer
	if len(distinct) <= bins {
		for i := 1; i < len(distinct); i++ {
			borders = append(borders, between(distinct[i-1], distinct[i]))
		}
		return borders
	}
	rest, free := len(sorted), bins // rows and bins left for values that are not heavy
	heavy := make([]bool, len(distinct))
	mean := float64(len(sorted)) / float64(bins)
	for i, n := range counts {
		if float64(n) >= mean {
			heavy[i] = true
			rest -= n
			free--
		}
	}
	mean = float64(rest) / float64(max(free, 1))
	in := 0
	for i := 0; i+1 < len(distinct) && len(borders) < most; i++ {
		if !heavy[i] {
			rest -= counts[i]
		}
		in += counts[i]
		// A bin closes when it is heavy or full, and half full before a heavy value.
		if heavy[i] || float64(in) >= mean || heavy[i+1] && float64(in) >= math.Max(1, mean/2) {
			borders = append(borders, between(distinct[i], distinct[i+1]))
			in = 0
			if !heavy[i] {
				free--
				mean = float64(rest) / float64(max(free, 1))
			}
		}
	}
	return borders
}

// between returns a border with a < border <= b.
func between(a, b float32) float32 {
	if m := float32((float64(a) + float64(b)) / 2); m > a {
		return m
	}
	return b
}

// medianCode returns the median code of the normal rows, of all rows when none is normal.
func medianCode(codes, y []uint8) uint8 {
	var count, all [256]int
	n := 0
	for i, c := range codes {
		all[c]++
		if y[i] == 0 {
			count[c]++
			n++
		}
	}
	if n == 0 {
		count, n = all, len(codes)
	}
	below := 0
	for c, k := range count {
		if below += k; 2*below >= n {
			return uint8(c)
		}
	}
	return 0
}

// used collects the borders that a model asks for and renumbers them.
type used struct {
	b     *binned
	asked []([256]bool) // by slot: rank r, 1 and up, is asked for
}

func newUsed(b *binned) *used { return &used{b, make([]([256]bool), len(b.columns))} }

func (u *used) ask(slot int, rank uint8) { u.asked[slot][rank] = true }

// pruned is what is left: the columns with borders, and the new numbers.
type pruned struct {
	columns []int // of Data
	counts  []uint8
	borders []float32
	typical []uint8
	slot    []int          // old slot -> new slot
	rank    []([256]uint8) // old slot, old rank or bin -> new
}

func (u *used) prune() *pruned {
	p := &pruned{slot: make([]int, len(u.asked)), rank: make([]([256]uint8), len(u.asked))}
	for s := range u.asked {
		kept := p.keep(u.b.borders[s], &u.asked[s], &p.rank[s])
		if kept == 0 {
			continue
		}
		p.slot[s] = len(p.columns)
		p.columns = append(p.columns, u.b.columns[s])
		p.counts = append(p.counts, kept)
		p.typical = append(p.typical, p.rank[s][u.b.typical[s]])
	}
	if len(p.columns) == 0 { // a constant model still needs a column to stand on
		p.columns, p.counts, p.typical, p.borders = u.b.columns[:1], []uint8{1}, []uint8{0}, []float32{0}
	}
	return p
}

func (p *pruned) keep(borders []float32, asked *[256]bool, rank *[256]uint8) uint8 {
	var kept uint8
	for r := 1; r <= len(borders); r++ {
		if asked[r] {
			p.borders = append(p.borders, borders[r-1])
			kept++
		}
		rank[r] = kept
	}
	return kept
}

// tensors returns the borders as learners store them.
func (p *pruned) tensors() []learner.Tensor {
	return []learner.Tensor{
		{Name: "counts", Shape: []int{len(p.counts)}, U8: p.counts},
		{Name: "borders", Shape: []int{len(p.borders)}, F32: p.borders},
		{Name: "typical", Shape: []int{len(p.typical)}, U8: p.typical},
	}
}

// parallel calls f for 0 to n-1 from at most workers goroutines, GOMAXPROCS of
// them when workers is 0. What f does must not depend on the order of calls.
func parallel(n, workers int, f func(i int)) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, n)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}
