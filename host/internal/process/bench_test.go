package process

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
	"github.com/tiercel/tiercel/plugins/abi"
)

// BenchmarkScore gives, beside ns/op of a batch of n x 32, the ratio to the same
// sums in this process, measured in turns with it: least to least.
func BenchmarkScore(b *testing.B) {
	const d = 32
	w, config := guesttest.Weights(d)
	for _, tt := range []struct {
		name            string
		streams, shares bool
	}{{"bytes", false, false}, {"stream", true, false}, {"shared", true, true}} {
		for _, n := range []int{1024, 16384} {
			b.Run(tt.name+"/"+strconv.Itoa(n), func(b *testing.B) {
				l := configured(b, opened(b, build(b, template), Options{}), d, config)
				c := <-l.slots
				c.streams, c.shares = c.streams && tt.streams, c.shares && tt.shares
				l.slots <- c
				batch := guesttest.Rows(n, d)
				dst, want := make([]float32, n), make([]float32, n)
				here, there := guesttest.Turns(b, func() { abi.Matvec(want, batch.X, w) }, func() {
					if err := l.Score(dst, batch); err != nil {
						b.Fatal(err)
					}
				})
				b.ReportMetric(float64(there)/float64(here), "x-in-process")
				for i := range dst {
					if math.Float32bits(dst[i]) != math.Float32bits(want[i]) {
						b.Fatalf("row %d scores %v, want %v", i, dst[i], want[i])
					}
				}
			})
		}
	}
}

// BenchmarkRecovery is the time from the death of a process to a score of its
// replacement, without the pause before that.
func BenchmarkRecovery(b *testing.B) {
	_, config := guesttest.Weights(32)
	l := configured(b, opened(b, build(b, template), Options{Pause: 1}), 32, config)
	batch := guesttest.Rows(64, 32)
	dst := make([]float32, 64)
	least := time.Hour
	for b.Loop() {
		c := <-l.slots
		begin := time.Now()
		c.run.kill()
		<-c.run.ended
		l.slots <- c
		if err := l.Score(dst, batch); err != nil {
			b.Fatal(err)
		}
		least = min(least, time.Since(begin))
	}
	b.ReportMetric(float64(least)/1e6, "least-ms")
}

// BenchmarkRunaway is how long after its deadline an endless loop holds a
// worker.
func BenchmarkRunaway(b *testing.B) {
	o := Options{CallTime: 20 * time.Millisecond, Pause: 1}
	l := configured(b, opened(b, build(b, faulty), o), 4, []byte("hang"))
	dst := make([]float32, 4)
	least, sum := time.Hour, time.Duration(0)
	for b.Loop() {
		begin := time.Now()
		if l.Score(dst, bad(4, 4)) == nil {
			b.Fatal("it ended")
		}
		over := time.Since(begin) - o.CallTime
		least, sum = min(least, over), sum+over
		l.Score(dst, guesttest.Rows(4, 4)) // starts the next
	}
	b.ReportMetric(float64(least)/1e6, "least-ms-over")
	b.ReportMetric(float64(sum)/1e6/float64(b.N), "mean-ms-over")
}
