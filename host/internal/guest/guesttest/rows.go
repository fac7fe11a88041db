package guesttest

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// Schema has d features and kind http.
func Schema(d int) *feature.Schema {
	s := &feature.Schema{Kind: event.HTTP, Stateless: d}
	for i := range d {
		s.Names = append(s.Names, "f"+string(rune('a'+i%26))+string(rune('a'+i/26)))
	}
	return s
}

// Rows are n rows of d numbers, some missing, the same each time.
func Rows(n, d int) *learner.Batch {
	r := rand.New(rand.NewPCG(1, 2))
	b := &learner.Batch{N: n, D: d}
	for range n * d {
		x := float32(r.NormFloat64())
		if r.IntN(50) == 0 {
			x = float32(math.NaN())
		}
		b.X = append(b.X, x)
	}
	b.Texts.First = make([]uint32, n+1)
	return b
}

// Weights are d weights, and the configuration in which the templates find them.
func Weights(d int) (w []float32, config []byte) {
	var s strings.Builder
	for i := range d {
		w = append(w, float32(i%7)*0.25-0.5)
		s.WriteString([]string{"-0.5", "-0.25", "0", "0.25", "0.5", "0.75", "1"}[i%7] + "\n")
	}
	return w, []byte(s.String())
}

// Turns runs two things in turns as long as the benchmark goes on and returns
// the least time of each: others share the machine.
func Turns(b *testing.B, first, second func()) (one, other time.Duration) {
	one, other = time.Hour, time.Hour
	for b.Loop() {
		begin := time.Now()
		first()
		middle := time.Now()
		second()
		one, other = min(one, middle.Sub(begin)), min(other, time.Since(middle))
	}
	return one, other
}
