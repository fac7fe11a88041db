package learner

import "math/bits"

// Grams says which character n-grams of a value are looked at and how they are
// numbered: all runs of MinN to MaxN bytes, hashed into Buckets places. A value
// is the SET of its buckets: repeating an n-gram changes nothing.
type Grams struct {
	MinN, MaxN int  // 1 <= MinN <= MaxN <= MaxGram
	Buckets    int  // a power of two, MinBuckets to MaxBuckets
	Edges      bool // a zero byte stands before and after the value, so n-grams can tell its ends
}

// Bounds of Grams.
const (
	MaxGram    = 6
	MinBuckets = 1 << 6
	MaxBuckets = 1 << 15
)

// Valid reports whether the settings are within their bounds.
func (g *Grams) Valid() bool {
	return 1 <= g.MinN && g.MinN <= g.MaxN && g.MaxN <= MaxGram &&
		MinBuckets <= g.Buckets && g.Buckets <= MaxBuckets && g.Buckets&(g.Buckets-1) == 0
}

// hashFactor is 2^64 divided by the golden ratio: multiplicative hashing
// (Knuth, The Art of Computer Programming, vol. 3, section 6.4). The top bits
// of the product number the bucket.
const hashFactor = 0x9e3779b97f4a7c15

// order is what hashing n-grams of one length needs: the mask cuts the last n
// bytes out of the rolling key, the tag keeps "a" and "\x00a" apart.
type order struct{ mask, tag uint64 }

func orderOf(n int) order {
	return order{mask: 1<<(8*uint(n)) - 1, tag: uint64(n) << 56}
}

func (o order) hash(key uint64) uint64 { return (key&o.mask | o.tag) * hashFactor }

func (g *Grams) shift() uint { return uint(64 - bits.TrailingZeros(uint(g.Buckets))) }

// each visits the n-grams of text in order of their ends: bucket and the range
// [from, to) of text that the n-gram covers, edges left out. It is the plain
// form of sum, for fitting and explaining.
func (g *Grams) each(text []byte, visit func(bucket uint32, from, to int)) {
	var key uint64
	edge, shift := 0, g.shift()
	if g.Edges {
		edge = 1
	}
	for i := range len(text) + edge {
		key <<= 8
		if i < len(text) {
			key |= uint64(text[i])
		}
		for n := g.MinN; n <= g.MaxN && n <= i+1+edge; n++ {
			visit(uint32(orderOf(n).hash(key)>>shift), max(i+1-n, 0), min(i+1, len(text)))
		}
	}
}

// AppendBuckets appends the distinct buckets of a value's n-grams, in the order
// of their first occurrence. It allocates; it is for fitting.
func (g *Grams) AppendBuckets(dst []uint32, text []byte) []uint32 {
	seen := make([]uint64, g.Buckets/64)
	g.each(text, func(bucket uint32, _, _ int) {
		if word, bit := &seen[bucket>>6], uint64(1)<<(bucket&63); *word&bit == 0 {
			*word |= bit
			dst = append(dst, bucket)
		}
	})
	return dst
}

// marks is a set of buckets. It lives on the stack of a Score call.
type marks [MaxBuckets / 64]uint64

// sum returns the sum of the weights of the distinct buckets of text, and how
// many there are. len(w) = g.Buckets. seen must be empty in its first
// g.Buckets/64 words and is dirty afterwards. Sums of integers are exact: the
// order does not matter, and no platform differs.
func (g *Grams) sum(text []byte, w []int8, seen *marks) (total, distinct int) {
	var key uint64
	shift := g.shift()
	set := seen[: len(w)/64 : len(w)/64]
	i := 0
	add := func(hash uint64) {
		bucket := hash >> shift
		word := set[bucket>>6]
		fresh := ^word >> (bucket & 63) & 1
		set[bucket>>6] = word | 1<<(bucket&63)
		total += int(w[bucket]) & -int(fresh)
		distinct += int(fresh)
	}
	edge := 0
	if g.Edges {
		edge = 1
	}
	// The first bytes do not have all orders behind them yet.
	for ; i < len(text) && i+1+edge < g.MaxN; i++ {
		key = key<<8 | uint64(text[i])
		for n := g.MinN; n <= i+1+edge; n++ {
			add(orderOf(n).hash(key))
		}
	}
	switch g.MaxN - g.MinN {
	case 2:
		a, b, c := orderOf(g.MinN), orderOf(g.MinN+1), orderOf(g.MinN+2)
		for _, ch := range text[i:] {
			key = key<<8 | uint64(ch)
			add(a.hash(key))
			add(b.hash(key))
			add(c.hash(key))
		}
	default:
		for _, ch := range text[i:] {
			key = key<<8 | uint64(ch)
			for n := g.MinN; n <= g.MaxN; n++ {
				add(orderOf(n).hash(key))
			}
		}
	}
	if g.Edges {
		key <<= 8
		for n := g.MinN; n <= g.MaxN && n <= len(text)+2; n++ {
			add(orderOf(n).hash(key))
		}
	}
	return total, distinct
}
