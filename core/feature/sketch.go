package feature

import (
	"math/bits"

	"github.com/tiercel/tiercel/core/portable"
)

// A sketch counts distinct items in 32 bytes: two generations, the present
// window and the one before it, each with two bitmaps of 64 bits. Every item
// sets a bit of the first bitmap, one item in 16 sets one of the second; the
// count is 64 ln(64/zeros) of the first while that is readable and 16 times
// that of the second beyond (Whang et al. 1990, linear counting; Estan,
// Varghese and Fisk 2003, multiresolution bitmaps). It covers between one and
// two windows, reads 0 to about 5,000 and never shrinks when items are added.
const (
	sketchWords = 4 // present all, present sampled, previous all, previous sampled

	// sampledShift: one item in 2^4 reaches the second bitmap.
	sampledShift = 4
	// readable is how many bits of 64 leave the first bitmap readable: at 52
	// it stands for 107 items with a standard error of 12 %.
	readable = 52
)

// mark adds an item.
func mark(s []uint64, item uint64) {
	h := item * hashA
	s[0] |= 1 << (h >> 58)
	if h>>54&(1<<sampledShift-1) == 0 {
		s[1] |= 1 << (h >> 48 & 63)
	}
}

// rotate moves time on, or back, by a number of windows, not 0.
func rotate(s []uint64, turns int64) {
	if turns == 1 {
		s[2], s[3] = s[0], s[1]
	} else {
		s[2], s[3] = 0, 0
	}
	s[0], s[1] = 0, 0
}

// tally holds log(1+n) and n for each number of bits set in the two bitmaps.
type tally struct{ all, sampled, allN, sampledN [65]float32 }

func newTally() *tally {
	t := new(tally)
	for set := range t.all {
		// A full bitmap stands for no number; half a zero bit continues the series.
		zeros := max(float64(64-set), 0.5)
		n := 64 * portable.Log(64/zeros)
		t.all[set] = float32(portable.Log1p(n))
		t.allN[set] = float32(n)
		n *= 1 << sampledShift
		t.sampled[set] = float32(portable.Log1p(n))
		t.sampledN[set] = float32(n)
	}
	return t
}

// log1p returns log(1+n) of the distinct items of the two generations.
func (t *tally) log1p(s []uint64) float32 {
	all := bits.OnesCount64(s[0] | s[2])
	n := t.all[all]
	if all > readable {
		n = max(n, t.sampled[bits.OnesCount64(s[1]|s[3])])
	}
	return n
}

// count returns the distinct items of the two generations.
func (t *tally) count(s []uint64) float32 {
	all := bits.OnesCount64(s[0] | s[2])
	n := t.allN[all]
	if all > readable {
		n = max(n, t.sampledN[bits.OnesCount64(s[1]|s[3])])
	}
	return n
}
