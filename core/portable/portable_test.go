package portable

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/big"
	"testing"
)

// inputs yields n reproducible arguments in [lo, hi], splitmix64.
func inputs(n int, seed uint64, lo, hi float64, visit func(float64)) {
	for range n {
		seed += 0x9e3779b97f4a7c15
		z := seed
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		u := float64(z>>11) / (1 << 53)
		visit(lo + float64(u*(hi-lo)))
	}
}

// ulps returns the distance of got from want in units of want's last place.
func ulps(got, want float64) float64 {
	if got == want || (got != got && want != want) {
		return 0
	}
	ulp := math.Nextafter(math.Abs(want), math.Inf(1)) - math.Abs(want)
	return math.Abs(got-want) / ulp
}

// prec is the working precision, in bits, of the true values below.
const prec = 160

func number(x float64) *big.Float { return new(big.Float).SetPrec(prec).SetFloat64(x) }

// trueExp returns e^x by Taylor's series after halving x 32 times.
func trueExp(x *big.Float) *big.Float {
	const halvings = 32
	r := new(big.Float).SetPrec(prec + halvings)
	r.SetMantExp(x, -halvings)
	sum, term := number(1).SetPrec(prec+halvings), number(1).SetPrec(prec+halvings)
	for i := 1; i < 12; i++ { // the 12th term is below 2^-250
		term.Mul(term, r).Quo(term, number(float64(i)))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// trueLog returns log(x) by two steps of Newton from log2's leading digits.
func trueLog(x *big.Float) *big.Float {
	m := new(big.Float)
	e := x.MantExp(m)
	f, _ := m.Float64()
	y := number(math.Log(f) + float64(e)*math.Ln2)
	for range 2 {
		q := new(big.Float).SetPrec(prec).Quo(x, trueExp(y))
		y.Add(y, q.Sub(q, number(1))) // y += x/e^y - 1: the error squares
	}
	return y
}

func float(x *big.Float) float64 { v, _ := x.Float64(); return v }

func TestAccuracy(t *testing.T) {
	one := number(1)
	exp := func(x float64) float64 { return float(trueExp(number(x))) }
	log := func(x float64) float64 { return float(trueLog(number(x))) }
	log1p := func(x float64) float64 { return float(trueLog(new(big.Float).SetPrec(prec).Add(one, number(x)))) }
	ln2 := trueLog(number(2))
	log2 := func(x float64) float64 { y := trueLog(number(x)); return float(y.Quo(y, ln2)) }
	logistic := func(x float64) float64 {
		y := trueExp(number(-x))
		return float(y.Quo(one, y.Add(one, y)))
	}
	logit := func(p float64) float64 {
		q := new(big.Float).SetPrec(prec).Sub(one, number(p))
		return float(trueLog(q.Quo(number(p), q)))
	}
	for _, c := range []struct {
		name      string
		got, want func(float64) float64
		lo, hi    float64
		max       float64
	}{
		{"exp near 0", Exp, exp, -1, 1, 1},
		{"exp", Exp, exp, -700, 709, 1},
		{"exp subnormal", Exp, exp, -745, -700, 1},
		{"log near 1", Log, log, 0.5, 2, 1},
		{"log at 1", Log, log, 1 - 1e-6, 1 + 1e-6, 1},
		{"log", Log, log, 1e-300, 1e300, 1},
		{"log1p near 0", Log1p, log1p, -1e-3, 1e-3, 1},
		{"log1p", Log1p, log1p, -0.999999, 10, 2},
		{"log1p large", Log1p, log1p, 10, 1e18, 1},
		{"log2 near 1", Log2, log2, 0.9, 1.1, 2},
		{"log2", Log2, log2, 3, 1e9, 1},
		{"logistic", Logistic, logistic, -40, 40, 2},
		{"logit", Logit, logit, 0, 1, 3},
		{"logit near half", Logit, logit, 0.5 - 1e-6, 0.5 + 1e-6, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			var worst, at float64
			inputs(1_000, 1, c.lo, c.hi, func(x float64) {
				if d := ulps(c.got(x), c.want(x)); d > worst || d != d {
					worst, at = d, x
				}
			})
			if !(worst <= c.max) {
				t.Errorf("%g ulp off at %g: got %g, want %g", worst, at, c.got(at), c.want(at))
			}
		})
	}
}

func TestSpecial(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name      string
		f         func(float64) float64
		in, wants float64
	}{
		{"exp 0", Exp, 0, 1},
		{"exp -0", Exp, math.Copysign(0, -1), 1},
		{"exp inf", Exp, inf, inf},
		{"exp -inf", Exp, -inf, 0},
		{"exp overflow", Exp, 710, inf},
		{"exp underflow", Exp, -746, 0},
		{"exp largest", Exp, 709.782712893384, math.Exp(709.782712893384)},
		{"exp smallest", Exp, -745.1332191019411, 5e-324},
		{"exp nan", Exp, nan, nan},
		{"log 1", Log, 1, 0},
		{"log 0", Log, 0, -inf},
		{"log negative", Log, -1, nan},
		{"log -inf", Log, -inf, nan},
		{"log inf", Log, inf, inf},
		{"log nan", Log, nan, nan},
		{"log smallest", Log, 5e-324, -744.4400719213812},
		{"log2 8", Log2, 8, 3},
		{"log2 2^-1074", Log2, 5e-324, -1074},
		{"log1p -1", Log1p, -1, -inf},
		{"log1p -2", Log1p, -2, nan},
		{"log1p inf", Log1p, inf, inf},
		{"log1p tiny", Log1p, 1e-300, 1e-300},
		{"logistic 0", Logistic, 0, 0.5},
		{"logistic inf", Logistic, inf, 1},
		{"logistic -inf", Logistic, -inf, 0},
		{"logistic nan", Logistic, nan, nan},
		{"logit half", Logit, 0.5, 0},
		{"logit 0", Logit, 0, -inf},
		{"logit 1", Logit, 1, inf},
		{"logit 2", Logit, 2, nan},
		{"logit -1", Logit, -1, nan},
		{"logit nan", Logit, nan, nan},
	} {
		if got := c.f(c.in); ulps(got, c.wants) > 1 || (got != got) != (c.wants != c.wants) {
			t.Errorf("%s: got %g, want %g", c.name, got, c.wants)
		}
	}
}

// TestGolden holds the result bits of a million arguments. The same sums are
// required on every platform: a difference means that a product was fused or
// a function of math crept in.
func TestGolden(t *testing.T) {
	for _, c := range []struct {
		name   string
		f      func(float64) float64
		lo, hi float64
		want   uint64
	}{
		{"exp", Exp, -745, 709, 0x8b285340282f21d7},
		{"log", Log, 0, 1e6, 0xc3894dfb6eb75b80},
		{"log1p", Log1p, -1, 10, 0xa3f7dc5f4461ff5f},
		{"log2", Log2, 0, 1e6, 0xe06d66281f161395},
		{"logistic", Logistic, -40, 40, 0xef36530e30af90b9},
		{"logit", Logit, 0, 1, 0x60335516bc05ac68},
	} {
		h := fnv.New64a()
		var b [8]byte
		inputs(1_000_000, 2, c.lo, c.hi, func(x float64) {
			v := math.Float64bits(c.f(x))
			for i := range b {
				b[i] = byte(v >> (8 * i))
			}
			h.Write(b[:])
		})
		if h.Sum64() != c.want {
			t.Errorf("%s: bits hash to %#016x, want %#016x", c.name, h.Sum64(), c.want)
		}
	}
}

var sink float64

// The math rows are the yardstick on the same machine.
func BenchmarkPortable(b *testing.B) {
	for _, c := range []struct {
		name string
		f    func(float64) float64
	}{{"exp", Exp}, {"log", Log}, {"log1p", Log1p}, {"log2", Log2}, {"logistic", Logistic}, {"logit", Logit}, {"math.Exp", math.Exp}, {"math.Log", math.Log}} {
		b.Run(c.name, func(b *testing.B) {
			var s float64
			for i := range b.N {
				s += c.f(float64(i&1023)/1024 + 1e-9)
			}
			sink = s
		})
	}
}

func ExampleLogistic() {
	p := Logistic(2)
	fmt.Printf("%.4f %.4f\n", p, Logit(p))
	// Output: 0.8808 2.0000
}
