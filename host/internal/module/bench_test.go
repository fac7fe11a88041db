package module

import (
	"math"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
	"github.com/tiercel/tiercel/plugins/abi"
	ft "github.com/tiercel/tiercel/plugins/fuel/fueltest"
)

// BenchmarkScore gives, beside ns/op of a batch of 1024 x 32, the ratio to the
// same sums in this process, measured in turns with it: least to least.
func BenchmarkScore(b *testing.B) {
	const n, d = 1024, 32
	w, config := guesttest.Weights(d)
	batch := guesttest.Rows(n, d)
	want := make([]float32, n)
	for _, tt := range []struct {
		name string
		open func(b *testing.B, r *Runtime) *Learner
		same bool // in the order of abi.Matvec
	}{
		{"Go with kernel", func(b *testing.B, r *Runtime) *Learner { return open(b, r, guesttest.Go(b, goTemplate), d, config) }, true},
		{"C", func(b *testing.B, r *Runtime) *Learner { return open(b, r, guesttest.C(b, cTemplate), d, config) }, false},
		{"C with SIMD", func(b *testing.B, r *Runtime) *Learner {
			return open(b, r, guesttest.C(b, "testdata/simd.c", "-msimd128"), d, nil)
		}, true},
	} {
		b.Run(tt.name, func(b *testing.B) {
			l := tt.open(b, newRuntime(b, Options{Workers: 1}))
			dst := make([]float32, n)
			for range 50 { // until calls have their size
				if err := l.Score(dst, batch); err != nil {
					b.Fatal(err)
				}
			}
			here, there := guesttest.Turns(b, func() { abi.Matvec(want, batch.X, w) }, func() {
				if err := l.Score(dst, batch); err != nil {
					b.Fatal(err)
				}
			})
			b.ReportMetric(float64(there)/float64(here), "x-in-process")
			for i := range dst {
				if tt.same && math.Float32bits(dst[i]) != math.Float32bits(want[i]) {
					b.Fatalf("row %d scores %v, want %v", i, dst[i], want[i])
				}
			}
		})
	}
}

// BenchmarkRunaway is how long an endless loop holds a worker.
func BenchmarkRunaway(b *testing.B) {
	for name, code := range map[string][]byte{
		"branch":  {ft.Loop, ft.Void, 0x0c, 0, ft.End, ft.Unreachable},
		"recurse": ft.Cat(ft.Const(0), ft.Const(0), ft.Const(0), ft.Call(ft.Score)),
		"fill": ft.Cat([]byte{ft.Loop, ft.Void}, ft.Const(ft.Region), ft.Const(0), ft.Const(3<<20), []byte{0xfc, 11, 0},
			ft.Br(0), []byte{ft.End, ft.Unreachable}),
	} {
		b.Run(name, func(b *testing.B) {
			l := open(b, newRuntime(b, Options{Workers: 1}), ft.Guest(code, "").Bytes(), 4, nil)
			batch := &learner.Batch{N: 1, D: 4, X: make([]float32, 4)}
			dst := make([]float32, 1)
			for b.Loop() {
				l.rest = 0
				if l.Score(dst, batch) == nil {
					b.Fatal("it ended")
				}
			}
		})
	}
}
