package ensemble

import (
	"hash/fnv"
	"math"
	"testing"
)

// TestEvaluateGolden holds the bits of what fixed tiers make of 20,000 rows.
// They must be the same on every platform: natively, with GOAMD64=v3 (whose
// compiler fuses products into sums where nothing forbids it), GOARCH=386 and
// in WebAssembly.
func TestEvaluateGolden(t *testing.T) {
	const n = 3
	bases := make([]Base, n)
	for i := range bases {
		bases[i] = Base{Calibration: sampleCalibration(t), Tail: sampleTail(t)}
	}
	var metas []*MetaLearner
	for _, kind := range []string{StackName, ConvexName, GreedyName, FisherName, MinPName} {
		s := State{Weights: []float64{0.7, 0.2, 0.1}}
		if kind == MinPName {
			s.Weights = []float64{1, 0, 1}
		}
		metas = append(metas, &MetaLearner{Name: kind, Mixer: must[Mixer](t)(NewMixer(kind, s)), Calibration: sampleCalibration(t)})
	}
	super := &SuperLearner{Beta: []float64{0.3, 0.25, 0.2, 0.15, 0.1}, Calibration: sampleCalibration(t), Tail: sampleTail(t)}
	tiers := must[*Tiers](t)(NewTiers(bases, metas, super))
	e := tiers.NewEvaluation()
	h := fnv.New64a()
	var raw [n]float32
	var b [8]byte
	x := uint32(1)
	for range 20000 {
		for i := range raw {
			x = x*1664525 + 1013904223 // Knuth's quick generator
			if raw[i] = float32(int32(x)>>8) / (1 << 20); x>>8&15 == 0 {
				raw[i] = float32(math.NaN())
			}
		}
		tiers.Evaluate(e, raw[:])
		for _, v := range [3]float64{e.Score, e.LogOdds, e.Rate} {
			if v != v {
				v = -1 // the bits of a NaN are not specified
			}
			for i := range b {
				b[i] = byte(math.Float64bits(v) >> (8 * i))
			}
			h.Write(b[:])
		}
	}
	if got, want := h.Sum64(), uint64(0x79a129c1709b3572); got != want {
		t.Errorf("bits hash to %#016x, want %#016x", got, want)
	}
}
