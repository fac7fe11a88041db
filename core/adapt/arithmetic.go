package adapt

import (
	"math"

	"github.com/tiercel/tiercel/core/portable"
)

// Short names of the functions whose results are the same bits everywhere.

func exp(x float64) float64      { return portable.Exp(x) }
func log1p(x float64) float64    { return portable.Log1p(x) }
func logOf(x float64) float64    { return portable.Log(x) }
func logistic(x float64) float64 { return portable.Logistic(x) }
func logit(x float64) float64    { return portable.Logit(x) }
func bitsOf(x float64) uint64    { return math.Float64bits(x) }

// Little-endian words by hand: encoding/binary brings reflect with it, which
// the browser would carry.

func append16(dst []byte, x uint16) []byte { return append(dst, byte(x), byte(x>>8)) }

func append32(dst []byte, x uint32) []byte {
	return append(dst, byte(x), byte(x>>8), byte(x>>16), byte(x>>24))
}

func append64(dst []byte, x uint64) []byte {
	return append32(append32(dst, uint32(x)), uint32(x>>32))
}
