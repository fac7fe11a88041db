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
	MaxGram    = 6 // bytes of an n-gram
	MinBuckets = 1 << 6
	MaxBuckets = 1 << 15 // buckets that n-grams are hashed to
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

// order is how n-grams of one length are hashed: key holds the last eight
// bytes, the shift drops all but the last n, and a factor of its own keeps the
// buckets of different lengths apart.
type order struct {
	drop   uint8
	factor uint64
}

func orderOf(n int) order {
	return order{drop: uint8(64 - 8*n), factor: hashFactor * uint64(2*n+1)}
}

func (o order) hash(key uint64) uint64 { return (key << (o.drop & 63)) * o.factor }

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
	return g.AppendNew(dst, make([]uint64, g.Buckets/64), text)
}

// AppendNew appends the buckets of a value's n-grams that are not in seen, in
// the order of their first occurrence, and adds them to it: a set over several
// values. seen holds one bit a bucket.
func (g *Grams) AppendNew(dst []uint32, seen []uint64, text []byte) []uint32 {
	g.each(text, func(bucket uint32, _, _ int) {
		if word, bit := &seen[bucket>>6], uint64(1)<<(bucket&63); *word&bit == 0 {
			*word |= bit
			dst = append(dst, bucket)
		}
	})
	return dst
}

// marks is a set of buckets: those whose byte is the tag. Emptying it takes a
// new tag, no clearing. One byte a bucket, not one bit: what is stored does not
// depend on what was loaded, so repeats do not make a chain of stores and
// loads. That is twice as fast as a bit set, measured on values of 50 bytes.
//
// It lives on the stack of a Score call; the zero marks is ready for reset.
type marks struct {
	tag uint8
	at  [MaxBuckets]uint8
}

// reset empties the set.
func (m *marks) reset() {
	if m.tag++; m.tag == 0 {
		clear(m.at[:])
		m.tag = 1
	}
}

// fresh adds a bucket and returns 1 if it was not there, else 0. (at and tag
// are those of a marks: in a loop they must stay in registers, although the
// compiler has to assume that a store to at changes the tag.)
func fresh(at *[MaxBuckets]uint8, tag uint8, bucket uint64) int {
	d := uint(at[bucket%MaxBuckets] ^ tag)
	at[bucket%MaxBuckets] = tag
	return int((d + 255) >> 8)
}

// sum returns the sum of the weights of the distinct buckets of text, and how
// many there are. len(w) = g.Buckets; seen is reset first. Sums of integers are
// exact: the order does not matter, and no platform differs.
func (g *Grams) sum(text []byte, w []int8, seen *marks) (total, distinct int) {
	seen.reset()
	t := tally{seen: seen, weights: w, shift: uint8(g.shift())}
	edge := 0
	if g.Edges {
		edge = 1
	}
	var key uint64
	i := 0
	// The first bytes do not have all orders behind them yet.
	for ; i < len(text) && i+1+edge < g.MaxN; i++ {
		key = key<<8 | uint64(text[i])
		t.add(g, key, i+1+edge)
	}
	if g.MinN == 1 && g.MaxN == 3 {
		key = t.oneToThree(key, text[i:])
	} else {
		for _, c := range text[i:] {
			key = key<<8 | uint64(c)
			t.add(g, key, g.MaxN)
		}
	}
	if g.Edges {
		t.add(g, key<<8, len(text)+2)
	}
	return t.total, t.distinct
}

// tally is the state of a sum.
type tally struct {
	seen            *marks
	weights         []int8
	shift           uint8
	total, distinct int
}

// add counts the n-grams of up to most bytes that end with the last byte of key.
func (t *tally) add(g *Grams, key uint64, most int) {
	for n := g.MinN; n <= min(g.MaxN, most); n++ {
		bucket := orderOf(n).hash(key) >> t.shift
		f := fresh(&t.seen.at, t.seen.tag, bucket)
		t.total += int(t.weights[bucket]) & -f
		t.distinct += f
	}
}

// oneToThree is add over text for the orders 1 to 3, which the default models
// use: the same without loops and branches.
func (t *tally) oneToThree(key uint64, text []byte) uint64 {
	a, b, c := orderOf(1).factor, orderOf(2).factor, orderOf(3).factor
	at, tag, weights, shift := &t.seen.at, t.seen.tag, t.weights, t.shift&63
	total, distinct := 0, 0
	for _, ch := range text {
		key = key<<8 | uint64(ch)
		x := (key << 56) * a >> shift
		y := (key << 48) * b >> shift
		z := (key << 40) * c >> shift
		// Weights are loaded before marks are stored: tables of one size lie at
		// equal offsets within a page, and a load behind such a store waits.
		wx, wy, wz := int(weights[x]), int(weights[y]), int(weights[z])
		fx, fy, fz := fresh(at, tag, x), fresh(at, tag, y), fresh(at, tag, z)
		total += wx&-fx + wy&-fy + wz&-fz
		distinct += fx + fy + fz
	}
	t.total += total
	t.distinct += distinct
	return key
}
