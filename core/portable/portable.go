// Package portable holds the transcendental functions of scoring, with the
// same result bits on every platform.
//
// math.Exp and math.Log are assembly on some platforms, and a Go compiler may
// fuse a*b+c into one rounding where the hardware can. Here every product is
// rounded before it is added, written float64(a*b) + c, which the language
// specification guarantees to prevent fusing. What remains are additions,
// multiplications, divisions and bit operations, exact by IEEE 754.
//
// Range reduction and coefficients are those of FDLIBM (Sun Microsystems,
// 1993; e_exp.c, e_log.c, s_log1p.c). Results are within 1 ulp of the true
// value for Exp and Log, 2 ulp for Log1p, Log2 and Logistic, 3 ulp for Logit. All
// functions are pure, allocate nothing and pass NaN through.
package portable

import "math"

// ln2 in two parts: the low 32 bits of ln2Hi are zero, so k*ln2Hi is exact
// for every exponent k.
const (
	ln2Hi = 6.93147180369123816490e-01
	ln2Lo = 1.90821492927058770002e-10
	log2e = 1.44269504088896338700e+00
)

const (
	bias     = 1023
	fracBits = 52
	fracMask = 1<<fracBits - 1
)

// Exp returns e^x: +Inf above 709.78, 0 below -745.13.
func Exp(x float64) float64 {
	const (
		overflow  = 7.09782712893383973096e+02
		underflow = -7.45133219101941108420e+02
		tiny      = 1.0 / (1 << 28) // e^x = 1+x to the last bit below this
		p1        = 1.66666666666666657415e-01
		p2        = -2.77777777770155933842e-03
		p3        = 6.61375632143793436117e-05
		p4        = -1.65339022054652515390e-06
		p5        = 4.13813679705723846039e-08
	)
	switch {
	case x != x:
		return x
	case x > overflow:
		return math.Inf(1)
	case x < underflow:
		return 0
	case -tiny < x && x < tiny:
		return 1 + x
	}
	// x = k ln2 + r with |r| <= ln2/2; r = hi - lo keeps the bits that one number loses.
	k := math.Floor(float64(log2e*x) + 0.5)
	hi := x - float64(k*ln2Hi)
	lo := float64(k * ln2Lo)
	r := hi - lo
	// e^r = 1 + r + r c/(2-c) with c = r - r^2 P(r^2): the Remez form of e_exp.c.
	t := float64(r * r)
	p := p4 + float64(t*p5)
	p = p3 + float64(t*p)
	p = p2 + float64(t*p)
	p = p1 + float64(t*p)
	c := r - float64(t*p)
	y := 1 - ((lo - float64(r*c)/(2-c)) - hi)
	return scale(y, int(k))
}

// scale returns y * 2^k for y in [0.5, 2) and k in [-1075, 1024]. Its products
// are converted because a caller may add to them.
func scale(y float64, k int) float64 {
	const shift = 60 // moves a subnormal result into the normal range first
	switch {
	case k > bias:
		return float64(y * 2 * pow2(k-1))
	case k < 2-bias:
		return float64(y * pow2(k+shift) * (1.0 / (1 << shift)))
	}
	return float64(y * pow2(k))
}

// pow2 returns 2^k for k in [-1022, 1023].
func pow2(k int) float64 { return math.Float64frombits(uint64(k+bias) << fracBits) }

// split returns k and f with x = 2^k (1+f) and 1+f in [sqrt(1/2), sqrt(2)), for finite x > 0.
func split(x float64) (k int, f float64) {
	b := math.Float64bits(x)
	if b>>fracBits == 0 { // subnormal
		b = math.Float64bits(x * (1 << 54))
		k = -54
	}
	// Adding the distance of sqrt(2)'s fraction to the next power carries into
	// the exponent exactly when the fraction is above it.
	const aboveRoot2 = (1 << fracBits) - 0x6a09e667f3bcd
	b += aboveRoot2
	k += int(b>>fracBits) - bias
	return k, math.Float64frombits((b&fracMask)-aboveRoot2+bias<<fracBits) - 1
}

// log1pf returns k ln2 + log(1+f) + c for 1+f in [sqrt(1/2), sqrt(2)) and a
// correction c that is tiny beside f.
func log1pf(k, f, c float64) float64 {
	const (
		l1 = 6.666666666666735130e-01
		l2 = 3.999999999940941908e-01
		l3 = 2.857142874366239149e-01
		l4 = 2.222219843214978396e-01
		l5 = 1.818357216161805012e-01
		l6 = 1.531383769920937332e-01
		l7 = 1.479819860511658591e-01
	)
	// log(1+f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f/(2+f).
	s := f / (2 + f)
	z := float64(s * s)
	w := float64(z * z)
	odd := l5 + float64(w*l7)
	odd = l3 + float64(w*odd)
	odd = l1 + float64(w*odd)
	even := l4 + float64(w*l6)
	even = l2 + float64(w*even)
	r := float64(z*odd) + float64(w*even)
	half := float64(float64(0.5*f) * f) // converted: half is subtracted from below
	if k == 0 {
		return f - (half - (float64(s*(half+r)) + c))
	}
	return float64(k*ln2Hi) - ((half - (float64(s*(half+r)) + (float64(k*ln2Lo) + c))) - f)
}

// Log returns the natural logarithm of x: -Inf for 0, NaN below 0.
func Log(x float64) float64 {
	if v, special := logSpecial(x); special {
		return v
	}
	k, f := split(x)
	return log1pf(float64(k), f, 0)
}

// Log2 returns the binary logarithm of x: -Inf for 0, NaN below 0. It is exact
// for powers of two.
func Log2(x float64) float64 {
	if v, special := logSpecial(x); special {
		return v
	}
	k, f := split(x)
	return float64(k) + float64(log1pf(0, f, 0)*log2e)
}

// logSpecial handles the arguments of a logarithm that split cannot.
func logSpecial(x float64) (v float64, special bool) {
	switch {
	case x > 0 && x <= math.MaxFloat64:
		return 0, false
	case x == 0:
		return math.Inf(-1), true
	case x > 0: // +Inf
		return x, true
	}
	return math.NaN(), true
}

// Log1p returns log(1+x), accurate for x near 0: -Inf for -1, NaN below -1.
func Log1p(x float64) float64 {
	const (
		low  = -0.2928932188134524 // sqrt(1/2)-1
		high = 0.41421356237309503 // sqrt(2)-1
		tiny = 1.0 / (1 << 54)
	)
	switch {
	case -tiny < x && x < tiny:
		return x
	case low < x && x < high:
		return log1pf(0, x, 0)
	}
	u := 1 + x
	if v, special := logSpecial(u); special {
		return v
	}
	k, f := split(u)
	// What rounding 1+x lost, relative to u.
	c := x - (u - 1)
	if k > 0 {
		c = 1 - (u - x)
	}
	return log1pf(float64(k), f, c/u)
}

// Logistic returns 1/(1+e^-x), in [0,1].
func Logistic(x float64) float64 { return 1 / (1 + Exp(-x)) }

// Logit returns log(p/(1-p)), the inverse of Logistic: -Inf for 0, +Inf for 1,
// NaN outside [0,1].
func Logit(p float64) float64 {
	if 0.25 < p && p < 0.75 {
		// p/(1-p) is near 1, where its rounding would cost the logarithm all
		// its digits; 2p-1 is exact here.
		return Log1p((p - 0.5 + (p - 0.5)) / (1 - p))
	}
	if p > 1 {
		return math.NaN()
	}
	return Log(p / (1 - p))
}
