// Package learnertest is the conformance suite of learners: what the tiers
// above rely on, whatever the learner and wherever it runs. Plugins pass it too.
package learnertest

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"sync"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// Run checks a learner on rows like those of sample, which must have at least
// one row and every column that the learner reads. It holds:
//
//   - any batch size works, an empty one too, and only dst is written;
//   - scores are repeatable, also from several goroutines at once, and do not
//     depend on how rows are cut into batches;
//   - NaN, infinities, denormals and hostile texts give a number or NaN,
//     never an infinity or a panic;
//   - a dst of the wrong length is an error;
//   - scoring allocates nothing;
//   - Info does not change and is consistent;
//   - Explain keeps its bounds;
//   - State and learner.New give back the same learner, bit for bit, and New
//     refuses each part that is missing, superfluous or not finite.
func Run(t *testing.T, l learner.Learner, sample *learner.Batch) {
	t.Helper()
	rows := Repeat(sample, 1024)
	want := score(t, l, rows)

	t.Run("info", func(t *testing.T) { info(t, l, sample) })
	t.Run("finite", func(t *testing.T) {
		for i, f := range want {
			if math.IsInf(float64(f), 0) {
				t.Fatalf("row %d scores %v", i, f)
			}
		}
	})
	t.Run("sizes", func(t *testing.T) {
		for _, n := range []int{0, 1, 63, 64, 1024} {
			same(t, fmt.Sprintf("first %d rows", n), want[:n], score(t, l, slice(rows, 0, n)))
		}
	})
	t.Run("repeatable", func(t *testing.T) { same(t, "second run", want, score(t, l, rows)) })
	t.Run("cut anywhere", func(t *testing.T) {
		for _, cut := range []int{1, 7, 63, 64, 65, 500, 1023} {
			got := append(score(t, l, slice(rows, 0, cut)), score(t, l, slice(rows, cut, rows.N))...)
			same(t, fmt.Sprintf("cut at %d", cut), want, got)
		}
	})
	t.Run("hostile", func(t *testing.T) { hostile(t, l, sample) })
	t.Run("bounds", func(t *testing.T) { bounds(t, l, rows) })
	t.Run("concurrent", func(t *testing.T) { concurrent(t, l, rows, want) })
	t.Run("allocations", func(t *testing.T) {
		dst := make([]float32, rows.N)
		if n := testing.AllocsPerRun(5, func() { _ = l.Score(dst, rows) }); n != 0 {
			t.Errorf("Score allocates %v times a batch", n)
		}
	})
	if e, ok := l.(learner.Explainer); ok {
		t.Run("explain", func(t *testing.T) { explain(t, e, slice(rows, 0, min(64, sample.N))) })
	}
	if s, ok := l.(learner.Stateful); ok {
		t.Run("state", func(t *testing.T) { state(t, s, rows, want) })
	}
}

func score(t *testing.T, l learner.Learner, b *learner.Batch) []float32 {
	t.Helper()
	dst := make([]float32, b.N)
	if err := l.Score(dst, b); err != nil {
		t.Fatalf("scoring %d rows: %v", b.N, err)
	}
	return dst
}

// same compares bits: NaN equals NaN, 0 differs from -0.
func same(t *testing.T, what string, want, got []float32) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%s: %d scores, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(got[i]) {
			t.Fatalf("%s: row %d scores %v, want %v", what, i, got[i], want[i])
		}
	}
}

// Repeat returns n rows: those of sample over and over.
func Repeat(sample *learner.Batch, n int) *learner.Batch {
	b := &learner.Batch{N: n, D: sample.D, X: make([]float32, 0, n*sample.D)}
	b.Texts.Buf = sample.Texts.Buf
	b.Texts.First = append(b.Texts.First, 0)
	for i := range n {
		b.X = append(b.X, sample.Row(i%sample.N)...)
		if len(sample.Texts.First) > 0 {
			b.Texts.Values = append(b.Texts.Values, sample.Texts.Of(i%sample.N)...)
		}
		b.Texts.First = append(b.Texts.First, uint32(len(b.Texts.Values)))
	}
	return b
}

// slice returns rows [from, to) in memory of their own.
func slice(b *learner.Batch, from, to int) *learner.Batch {
	s := &learner.Batch{N: to - from, D: b.D, X: clip(b.X[from*b.D : to*b.D])}
	s.Texts.Buf = append([]byte(nil), b.Texts.Buf...)
	s.Texts.First = append(s.Texts.First, 0)
	for i := from; i < to; i++ {
		s.Texts.Values = append(s.Texts.Values, b.Texts.Of(i)...)
		s.Texts.First = append(s.Texts.First, uint32(len(s.Texts.Values)))
	}
	return s
}

func info(t *testing.T, l learner.Learner, sample *learner.Batch) {
	i := l.Info()
	if !reflect.DeepEqual(i, l.Info()) {
		t.Error("Info changes between calls")
	}
	if i.ID == "" || i.Type == "" {
		t.Errorf("id %q, type %q: both must be set", i.ID, i.Type)
	}
	seen := map[int]bool{}
	for _, c := range i.Columns {
		if c < 0 || c >= sample.D || seen[c] {
			t.Errorf("column %d of %d: outside the rows, or twice", c, sample.D)
		}
		seen[c] = true
	}
	if len(i.Columns) == 0 && !i.Texts {
		t.Error("reads neither columns nor texts")
	}
	if !(i.Cost >= 0) {
		t.Errorf("cost %v", i.Cost)
	}
}

// hostile scores rows of special values and texts.
func hostile(t *testing.T, l learner.Learner, sample *learner.Batch) {
	special := []float32{
		float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, -math.MaxFloat32,
		math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, float32(math.Copysign(0, -1)), 0,
	}
	texts := [][]byte{
		nil,
		{0},
		bytes.Repeat([]byte{0}, 300), bytes.Repeat([]byte{0xff}, 70), []byte("a"), bytes.Repeat([]byte("a"), 5000),
		[]byte("\xf0\x9f\x92"), bytes.Repeat([]byte("../"), 999),
	}
	b := &learner.Batch{D: sample.D}
	b.Texts.First = append(b.Texts.First, 0)
	add := func(value func(c int) float32, texts ...[]byte) {
		for c := range sample.D {
			b.X = append(b.X, value(c))
		}
		for k, text := range texts {
			off := len(b.Texts.Buf)
			b.Texts.Buf = append(b.Texts.Buf, text...)
			b.Texts.Values = append(b.Texts.Values, feature.Value{
				Text: event.Span{Off: uint32(off), Len: uint32(len(text))}, Origin: feature.Origin(k % int(feature.NumOrigins)),
			})
		}
		b.Texts.First = append(b.Texts.First, uint32(len(b.Texts.Values)))
		b.N++
	}
	for _, v := range special {
		add(func(int) float32 { return v }, texts...)
		add(func(int) float32 { return v })
	}
	for _, text := range texts {
		for o := range int(feature.NumOrigins) {
			row := make([][]byte, o+1)
			row[o] = text
			add(func(c int) float32 { return special[(c+o)%len(special)] }, row...)
		}
	}
	for c := range sample.D { // one special value among ordinary ones
		for _, v := range special {
			add(func(k int) float32 {
				if k == c {
					return v
				}
				return sample.Row(0)[k]
			})
		}
	}
	for i, f := range score(t, l, b) {
		if math.IsInf(float64(f), 0) {
			t.Fatalf("hostile row %d scores %v", i, f)
		}
	}
	if e, ok := l.(learner.Explainer); ok {
		for i := range b.N {
			e.Explain(nil, b, i, 5)
		}
	}
}

// bounds checks that nothing but dst is written and that lengths are checked.
func bounds(t *testing.T, l learner.Learner, rows *learner.Batch) {
	const guard = 8
	mine := slice(rows, 0, rows.N)
	dst := make([]float32, rows.N+2*guard)
	for i := range dst {
		dst[i] = -77
	}
	if err := l.Score(dst[guard:guard+rows.N:guard+rows.N], mine); err != nil {
		t.Fatal(err)
	}
	for i := range guard {
		if dst[i] != -77 || dst[len(dst)-1-i] != -77 {
			t.Error("wrote outside dst")
		}
	}
	for i, v := range rows.X {
		if math.Float32bits(v) != math.Float32bits(mine.X[i]) {
			t.Fatalf("wrote to X[%d]", i)
		}
	}
	if !bytes.Equal(mine.Texts.Buf, rows.Texts.Buf) || !reflect.DeepEqual(mine.Texts.First, slice(rows, 0, rows.N).Texts.First) {
		t.Error("wrote to the texts")
	}
	for _, n := range []int{0, rows.N - 1, rows.N + 1} {
		if l.Score(make([]float32, n), rows) == nil {
			t.Errorf("%d scores for %d rows: no error", n, rows.N)
		}
	}
}

func concurrent(t *testing.T, l learner.Learner, rows *learner.Batch, want []float32) {
	var wg sync.WaitGroup
	got := make([][]float32, 8)
	errs := make([]error, len(got))
	for g := range got {
		got[g] = make([]float32, rows.N)
		wg.Go(func() { errs[g] = l.Score(got[g], rows) })
	}
	wg.Wait()
	for g := range got {
		if errs[g] != nil {
			t.Fatal(errs[g])
		}
		same(t, fmt.Sprintf("goroutine %d", g), want, got[g])
	}
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
	same(t, "after State and New", want, score(t, back, rows))
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
