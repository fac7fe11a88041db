package feature

import (
	"encoding/binary"
	"math/bits"
)

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
		h = mix(binary.LittleEndian.Uint64(text)^h, hashB)
		text = text[8:]
	}
	var tail uint64
	for i, c := range text {
		tail |= uint64(c) << (8 * uint(i))
	}
	return nonzero(mix(tail^h^hashC, hashA^h))
}

// HashPair joins two hashes, in that order; never 0.
func HashPair(a, b uint64) uint64 { return nonzero(mix(a^hashB, bits.RotateLeft64(b, 32)^hashC)) }

func nonzero(h uint64) uint64 {
	if h == 0 {
		return 1
	}
	return h
}
