package module

import (
	"math"
	"runtime"
	"runtime/metrics"
	"sync"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
	"github.com/tiercel/tiercel/plugins/abi"
	ft "github.com/tiercel/tiercel/plugins/fuel/fueltest"
)

// BenchmarkPause collects garbage while a worker on each processor scores, and
// gives how long the collector stopped the program: the median and the 90th
// percentile, since the longest pauses on a busy machine are those of threads
// that it did not let run. "in process" is the same without a plugin; the difference is
// what modules add, whose code the runtime cannot interrupt. An endless loop
// is the worst of them.
func BenchmarkPause(b *testing.B) {
	const n, d = 16384, 32
	w, config := guesttest.Weights(d)
	batch := guesttest.Rows(n, d)
	workers := runtime.GOMAXPROCS(0)
	opened := func(b *testing.B, wasm []byte, config []byte) func(dst []float32) {
		l := open(b, newRuntime(b, Options{Workers: workers}), wasm, d, config)
		return func(dst []float32) { _ = l.Score(dst, batch) } // a fault abstains
	}
	for _, tt := range []struct {
		name string
		open func(b *testing.B) func(dst []float32)
	}{
		{"in process", func(*testing.B) func([]float32) {
			return func(dst []float32) { abi.Matvec(dst, batch.X, w) }
		}},
		{"Go", func(b *testing.B) func([]float32) { return opened(b, guesttest.Go(b, goTemplate), config) }},
		{"C", func(b *testing.B) func([]float32) { return opened(b, guesttest.C(b, cTemplate), config) }},
		{"endless loop", func(b *testing.B) func([]float32) {
			loop := ft.Guest([]byte{ft.Loop, ft.Void, 0x0c, 0, ft.End, ft.Unreachable}, "").Bytes()
			l := open(b, newRuntime(b, Options{Workers: workers}), loop, d, nil)
			one := &learner.Batch{N: 1, D: d, X: make([]float32, d)}
			return func(dst []float32) {
				l.mu.Lock()
				l.rest = 0 // it would be asked more and more seldom
				l.mu.Unlock()
				_ = l.Score(dst[:1], one)
			}
		}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			score := tt.open(b)
			stop := make(chan struct{})
			var running sync.WaitGroup
			for range workers {
				running.Go(func() {
					dst := make([]float32, n)
					for {
						select {
						case <-stop:
							return
						default:
							score(dst)
						}
					}
				})
			}
			before := pauses()
			for b.Loop() {
				runtime.GC()
			}
			after := pauses()
			close(stop)
			running.Wait()
			for i := range after.Counts {
				after.Counts[i] -= before.Counts[i]
			}
			b.ReportMetric(1000*quantile(after, 0.5), "ms-median")
			b.ReportMetric(1000*quantile(after, 0.9), "ms-p90")
		})
	}
}

// pauses is how long the collector stopped the program so far, in seconds.
func pauses() *metrics.Float64Histogram {
	sample := []metrics.Sample{{Name: "/sched/pauses/total/gc:seconds"}}
	metrics.Read(sample)
	return sample[0].Value.Float64Histogram()
}

// quantile is the upper bound of the bucket that the quantile q falls into.
func quantile(h *metrics.Float64Histogram, q float64) float64 {
	total := uint64(0)
	for _, c := range h.Counts {
		total += c
	}
	seen := uint64(0)
	for i, c := range h.Counts {
		if seen += c; c > 0 && float64(seen) >= q*float64(total) {
			return h.Buckets[i+1]
		}
	}
	return math.NaN()
}
