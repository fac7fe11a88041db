package feature

import "math/bits"

// Odd 64-bit constants of wyhash (Wang Yi, public domain): their bits are
// balanced, which is all that the multiply-and-fold below asks of them.
const (
	hashA = 0xa0761d6478bd642f
	hashB = 0xe7037ed1a0b428db
	hashC = 0x8ebc6af09c88c6e3
)

// mix folds the 128-bit product of a and b into 64 bits.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// Hash64 hashes text without a seed: the same on every platform and in every
// process, so that windows, models and shards agree. It is never 0, which
// means "absent" in an [Observation]; it is not meant to resist collisions
// that somebody searches for. After wyhash: eight bytes a step, folded through
// a 128-bit product.
func Hash64(text []byte) uint64 {
	h := uint64(len(text)) ^ hashA
	for len(text) >= 8 {
		h = mix(load64(text)^h, hashB)
		text = text[8:]
	}
	var tail uint64
	for i, c := range text {
		tail |= uint64(c) << (8 * uint(i))
	}
	return nonzero(mix(tail^h^hashC, h^hashB))
}

// load64 reads eight bytes, the first the lowest. encoding/binary would do it,
// and bring reflect into the browser.
func load64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// HashPair joins two hashes, in that order; never 0.
func HashPair(a, b uint64) uint64 { return nonzero(mix(a^hashB, bits.RotateLeft64(b, 32)^hashC)) }

func nonzero(h uint64) uint64 {
	if h == 0 {
		return 1
	}
	return h
}
