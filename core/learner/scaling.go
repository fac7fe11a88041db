package learner

import "math"

// Scaling makes columns comparable before they meet a weight:
//
//	z = clip((g(x) - Centre) / Scale, -MaxZ, MaxZ)
//	g(x) = sign(x) lb(1 + |x|) where Log is set, else x
//
// lb is the logarithm to base 2, linear between powers of two: it is read off
// the bits of the float, so it is exact and equal on every platform, costs a
// nanosecond, and is off by at most .086. All slices have one element a column
// that the learner reads.
type Scaling struct {
	Log    []bool
	Centre []float32
	Scale  []float32 // greater than 0
}

// MaxZ bounds a scaled value: ten standard deviations say all that a linear
// term can use, and no single column, infinite ones included, outweighs the
// rest of a row by more.
const MaxZ = 10

// Z returns the scaled value of the i-th column, in [-MaxZ, MaxZ]; NaN stays NaN.
func (s *Scaling) Z(i int, x float32) float32 { return scaled(x, s.Log[i], s.Centre[i], s.Scale[i]) }

func scaled(x float32, log bool, centre, scale float32) float32 {
	if log {
		x = signedLog(x)
	}
	z := (x - centre) / scale
	switch { // min and max are calls in WebAssembly
	case z > MaxZ:
		return MaxZ
	case z < -MaxZ:
		return -MaxZ
	}
	return z
}

// signedLog is g of Scaling: sign(x) lb(1+|x|), in [-128, 128], NaN for NaN.
func signedLog(x float32) float32 {
	const one = 127 << 23 // bits of 1.0; 23 bits below the exponent
	bits := math.Float32bits(x)
	size := math.Float32bits(1 + math.Float32frombits(bits&^(1<<31)))
	if size > 0x7f800000 {
		return x
	}
	y := float32(float64(size-one) * (1.0 / (1 << 23)))
	return math.Float32frombits(math.Float32bits(y) | bits&(1<<31))
}

func (s *Scaling) valid(n int) bool {
	if len(s.Log) != n || len(s.Centre) != n || len(s.Scale) != n {
		return false
	}
	for i := range n {
		if !finite(s.Centre[i]) || !finite(s.Scale[i]) || s.Scale[i] < minScale {
			return false
		}
	}
	return true
}

// minScale keeps (x - Centre)/Scale from overflowing into 0 * Inf for the
// centres and values that are not infinite themselves.
const minScale = 1e-30

func finite(x float32) bool { return x-x == 0 }

func (s *Scaling) state() []Tensor {
	n := len(s.Log)
	log := make([]uint8, n)
	for i, l := range s.Log {
		if l {
			log[i] = 1
		}
	}
	return []Tensor{
		{Name: "log", Shape: []int{n}, U8: log},
		{Name: "centre", Shape: []int{n}, F32: s.Centre},
		{Name: "scale", Shape: []int{n}, F32: s.Scale},
	}
}

func readScaling(r *stateReader, n int) Scaling {
	s := Scaling{Log: make([]bool, n)}
	for i, l := range r.u8("log", n) {
		if l > 1 {
			r.fail("neither 0 nor 1: tensor", "log")
		}
		s.Log[i] = l == 1
	}
	s.Centre, s.Scale = r.f32("centre", n), r.f32("scale", n)
	return s
}
