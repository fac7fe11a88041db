// Package learnertest is the conformance suite of learners in tests: that of
// package conformance, and what only a learner in this process can promise.
package learnertest

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/conformance"
)

// Run checks a learner on rows like those of sample, which must have at least
// one row and every column that the learner reads. Beside what
// conformance.Checks demands it holds:
//
//   - scoring allocates nothing;
//   - Explain keeps its bounds;
//   - State and learner.New give back the same learner, bit for bit, and New
//     refuses each part that is missing, superfluous or not finite.
func Run(t *testing.T, l learner.Learner, sample *learner.Batch) {
	t.Helper()
	Conform(t, l, sample)
	rows := conformance.Repeat(sample, conformance.Rows)
	t.Run("allocations", func(t *testing.T) {
		dst := make([]float32, rows.N)
		if n := testing.AllocsPerRun(5, func() { _ = l.Score(dst, rows) }); n != 0 {
			t.Errorf("Score allocates %v times a batch", n)
		}
	})
	if e, ok := l.(learner.Explainer); ok {
		t.Run("explain", func(t *testing.T) { explain(t, e, conformance.Slice(rows, 0, min(64, sample.N))) })
	}
	if s, ok := l.(learner.Stateful); ok {
		t.Run("state", func(t *testing.T) { state(t, s, rows, score(t, l, rows)) })
	}
}

// Conform runs conformance.Checks: the whole of what a learner in another
// process can promise.
func Conform(t *testing.T, l learner.Learner, sample *learner.Batch) {
	t.Helper()
	for _, c := range conformance.Checks(l, sample) {
		t.Run(c.Name, func(t *testing.T) {
			if err := c.Run(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func score(t *testing.T, l learner.Learner, b *learner.Batch) []float32 {
	t.Helper()
	dst, err := conformance.Score(l, b)
	if err != nil {
		t.Fatal(err)
	}
	return dst
}

func explain(t *testing.T, e learner.Explainer, rows *learner.Batch) {
	for row := range rows.N {
		for _, most := range []int{0, 1, 5} {
			first := learner.Part{Name: "kept"}
			parts := e.Explain([]learner.Part{first}, rows, row, most)
			if len(parts) < 1 || !reflect.DeepEqual(parts[0], first) || len(parts) > most+1 {
				t.Fatalf("row %d: %d parts appended, at most %d allowed", row, len(parts)-1, most)
			}
			last := float32(math.Inf(1))
			for _, p := range parts[1:] {
				size := float32(math.Abs(float64(p.Weight)))
				if !(size <= last) {
					t.Fatalf("row %d: weight %v after %v", row, size, last)
				}
				last = size
				if p.Column < -1 || p.Column >= rows.D || p.Value < -1 || p.Value >= len(rows.Texts.Of(row)) {
					t.Fatalf("row %d: part of column %d, value %d", row, p.Column, p.Value)
				}
				if p.Value >= 0 && (p.From > p.To || p.To > rows.Texts.Of(row)[p.Value].Text.Len) {
					t.Fatalf("row %d: range %d to %d outside the value", row, p.From, p.To)
				}
			}
		}
	}
}

func state(t *testing.T, l learner.Stateful, rows *learner.Batch, want []float32) {
	s := l.State()
	back, err := learner.New(l.Info(), s)
	if err != nil {
		t.Fatalf("reading the state back: %v", err)
	}
	if err := conformance.Same(want, score(t, back, rows)); err != nil {
		t.Fatalf("after State and New: %v", err)
	}
	if !reflect.DeepEqual(l.Info(), back.Info()) {
		t.Errorf("info after State and New: %+v, want %+v", back.Info(), l.Info())
	}
	again, ok := back.(learner.Stateful)
	if !ok || !reflect.DeepEqual(s, again.State()) {
		t.Error("the state of the learner read back differs")
	}

	refused := func(what string, bad learner.State) {
		t.Helper()
		if _, err := learner.New(l.Info(), bad); err == nil {
			t.Errorf("%s: not refused", what)
		}
	}
	refused("empty state", learner.State{})
	refused("superfluous number", learner.State{
		Numbers: append(clip(s.Numbers), learner.Number{Name: "no such number"}), Strings: s.Strings, Tensors: s.Tensors,
	})
	refused("superfluous tensor", learner.State{
		Numbers: s.Numbers, Strings: s.Strings, Tensors: append(clip(s.Tensors), learner.Tensor{Name: "no such tensor"}),
	})
	for i, n := range s.Numbers {
		bad := s
		bad.Numbers = without(s.Numbers, i)
		refused("without "+n.Name, bad)
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			bad.Numbers = clip(s.Numbers)
			bad.Numbers[i].Value = v
			refused(fmt.Sprintf("%s = %v", n.Name, v), bad)
		}
	}
	for i, x := range s.Tensors {
		bad := s
		bad.Tensors = without(s.Tensors, i)
		refused("without "+x.Name, bad)
		bad.Tensors = clip(s.Tensors)
		bad.Tensors[i].Shape = append(append([]int(nil), x.Shape...), 2)
		refused("another shape of "+x.Name, bad)
		bad.Tensors = clip(s.Tensors)
		bad.Tensors[i] = learner.Tensor{Name: x.Name, Shape: x.Shape}
		refused(x.Name+" without data", bad)
		for k := range x.F32 {
			bad.Tensors = clip(s.Tensors)
			bad.Tensors[i].F32 = clip(x.F32)
			bad.Tensors[i].F32[k] = float32(math.NaN())
			refused(fmt.Sprintf("NaN in %s", x.Name), bad)
			if k >= 8 {
				break
			}
		}
	}
}

func clip[T any](s []T) []T { return append(make([]T, 0, len(s)+1), s...) }

func without[T any](s []T, i int) []T { return append(clip(s[:i]), s[i+1:]...) }
