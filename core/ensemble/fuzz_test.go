package ensemble

import (
	"encoding/binary"
	"math"
	"testing"
)

// floats reads numbers as a hostile model file might hold them.
func floats(b []byte) []float64 {
	var v []float64
	for ; len(b) >= 8; b = b[8:] {
		v = append(v, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return v
}

func bytesOf(v ...float64) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return b
}

// FuzzKnots: whatever NewCalibration and NewTail accept is monotone, in range
// and has thresholds.
func FuzzKnots(f *testing.F) {
	f.Add(bytesOf(-1, 0, 1), bytesOf(-2, 0, 2), 0.5, 0.01)
	f.Add(bytesOf(0, 1), bytesOf(-0.1, -5), 1.0, 1e-3)
	f.Add(bytesOf(-1e300, 1e300), bytesOf(-1e-300, 1), 1e300, 0.999999)
	f.Add(bytesOf(0, 5e-324), bytesOf(-1, -1.0000000000000002), math.NaN(), 1e-40)
	f.Add(bytesOf(7), bytesOf(-1e-12), 5e-324, 1-1e-16)
	f.Fuzz(func(t *testing.T, xs, ys []byte, at, rate float64) {
		x, y := floats(xs), floats(ys)
		probes := append([]float64{at, math.Inf(-1), -math.MaxFloat64, -1, 0, 1, math.MaxFloat64, math.Inf(1)}, x...)
		if c, err := NewCalibration(x, y); err == nil {
			for _, a := range probes {
				z := c.LogOdds(a)
				if (z != z) != (a != a) || z < -Clip || z > Clip {
					t.Fatalf("log-odds %g at %g", z, a)
				}
				for _, b := range probes {
					if a < b && z > c.LogOdds(b) {
						t.Fatalf("falls between %g and %g", a, b)
					}
				}
			}
		}
		tail, err := NewTail(x, y, math.Abs(at))
		if err != nil {
			return
		}
		for _, a := range probes {
			r := tail.Rate(a)
			if (r != r) != (a != a) || r <= 0 || r > 1 {
				t.Fatalf("rate %g at %g", r, a)
			}
			for _, b := range probes {
				if a < b && tail.LogOf(a) < tail.LogOf(b) {
					t.Fatalf("rises between %g and %g", a, b)
				}
			}
		}
		if v := tail.Threshold(rate); v != v || rate > 0 && rate < 1 && tail.Rate(v) > rate && !math.IsInf(v, 1) {
			t.Fatalf("threshold of %g is %g, whose rate is %g", rate, v, tail.Rate(v))
		}
	})
}

// FuzzNewMixer: whatever NewMixer accepts gives a number for a row with scores.
func FuzzNewMixer(f *testing.F) {
	for _, kind := range []string{StackName, ConvexName, GreedyName, FisherName, MinPName, "vote"} {
		f.Add(kind, bytesOf(1, 0, 1), 0.0)
		f.Add(kind, bytesOf(5e-324, 0, 1e6), -1e6)
	}
	f.Fuzz(func(t *testing.T, kind string, weights []byte, bias float64) {
		m, err := NewMixer(kind, State{Weights: floats(weights), Bias: bias})
		if err != nil {
			return
		}
		n := m.(Monotone).Inputs()
		s := NewScores(n)
		if raw := m.Mix(&s); raw == raw {
			t.Fatalf("all missing gives %g", raw)
		}
		for i := range n {
			s.setExtreme(i, i%2 == 0)
			if raw := m.Mix(&s); raw-raw != 0 {
				t.Fatalf("raw score %g", raw)
			}
		}
		if _, err := NewMixer(kind, m.(Stateful).State()); err != nil {
			t.Fatalf("its own state is refused: %v", err)
		}
	})
}
