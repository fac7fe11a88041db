package conformance_test

import (
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/conformance"
)

// first scores a row's first column; each test breaks it in one way.
type first struct {
	columns []int
	broken  func(dst []float32, b *learner.Batch)
	calls   atomic.Int64
}

func (f *first) Info() learner.Info {
	return learner.Info{ID: "first", Type: "test", Columns: f.columns}
}

func (f *first) Score(dst []float32, b *learner.Batch) error {
	if len(dst) != b.N {
		return fmt.Errorf("%d scores for %d rows", len(dst), b.N)
	}
	f.calls.Add(1)
	for i := range dst {
		if dst[i] = b.Row(i)[0]; math.IsInf(float64(dst[i]), 0) {
			dst[i] = float32(math.NaN())
		}
	}
	if f.broken != nil {
		f.broken(dst, b)
	}
	return nil
}

func sample() *learner.Batch {
	b := &learner.Batch{N: 50, D: 3}
	for i := range b.N * b.D {
		b.X = append(b.X, float32(i))
	}
	b.Texts.First = make([]uint32, b.N+1)
	return b
}

func failures(l learner.Learner) []string {
	var failed []string
	for _, c := range conformance.Checks(l, sample()) {
		if c.Run() != nil {
			failed = append(failed, c.Name)
		}
	}
	return failed
}

// Each check fails a learner that breaks its demand.
func TestChecks(t *testing.T) {
	var l *first
	for _, tt := range []struct {
		name, fails string
		columns     []int
		broken      func(dst []float32, b *learner.Batch)
	}{
		{"sound", "", []int{0}, nil},
		{"column out of range", "description", []int{3}, nil},
		{"nothing read", "description", nil, nil},
		{"infinite", "batch sizes", []int{0}, func(dst []float32, _ *learner.Batch) {
			if len(dst) > 0 {
				dst[0] = float32(math.Inf(1))
			}
		}},
		{"counts calls", "repeatable", []int{0}, func(dst []float32, _ *learner.Batch) {
			for i := range dst {
				dst[i] = float32(l.calls.Load())
			}
		}},
		{"looks at its neighbours", "cut anywhere", []int{0}, func(dst []float32, b *learner.Batch) {
			for i := 1; i < len(dst); i++ {
				dst[i] += b.Row(i - 1)[0]
			}
		}},
		{"infinite for a special number", "special numbers", []int{0}, func(dst []float32, b *learner.Batch) {
			for i := range dst {
				if math.IsInf(float64(b.Row(i)[2]), 1) {
					dst[i] = float32(math.Inf(1))
				}
			}
		}},
		{"infinite for a long text", "hostile texts", []int{0}, func(dst []float32, b *learner.Batch) {
			for i := range dst {
				for _, v := range b.Texts.Of(i) {
					if v.Text.Len > 4096 {
						dst[i] = float32(math.Inf(1))
					}
				}
			}
		}},
		{"writes to its input", "bounds", []int{0}, func(_ []float32, b *learner.Batch) {
			if b.N > 0 {
				b.X[0]++
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l = &first{columns: tt.columns, broken: tt.broken}
			got := strings.Join(failures(l), ", ")
			if tt.fails == "" && got != "" || !strings.Contains(got, tt.fails) {
				t.Errorf("fails %q, want %q", got, tt.fails)
			}
		})
	}
}

// Scratch memory shared between callers is found.
func TestConcurrent(t *testing.T) {
	var scratch [1024]atomic.Uint32
	l := &first{columns: []int{0}}
	l.broken = func(dst []float32, _ *learner.Batch) {
		id := uint32(l.calls.Load())
		for i := range dst {
			scratch[i].Store(id)
		}
		for i := range dst {
			if scratch[i].Load() != id {
				dst[i] = -1
			}
		}
	}
	for range 1000 {
		if failed := failures(l); len(failed) > 0 && failed[len(failed)-1] == "concurrent" {
			return
		}
	}
	t.Error("not found in a thousand runs")
}
