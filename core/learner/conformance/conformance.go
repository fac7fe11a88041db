// Package conformance holds what the tiers above rely on, whatever the learner
// and wherever it runs, as checks that return an error: tests run them through
// learnertest, "tiercel plugin check" runs them on a plugin as it was built.
package conformance

import (
	"fmt"
	"math"
	"reflect"
	"sync"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
)

// Check is one demand on a learner.
type Check struct {
	Name string // two or three words
	Run  func() error
}

// Rows is how many rows most checks score: those of the sample, repeated.
const Rows = 1024

// Sizes are the batches that every learner must take.
var Sizes = [...]int{0, 1, 63, 64, Rows}

// Checks returns the demands on a learner, for rows like those of sample, which
// must have at least one row and every column that the learner reads:
//
//   - "description": Info does not change and is consistent;
//   - "batch sizes": any size works, an empty one too;
//   - "repeatable": the same rows give the same bits;
//   - "cut anywhere": scores do not depend on how rows are cut into batches;
//   - "special numbers", "hostile texts": NaN, infinities, denormals and texts
//     of any bytes give a number or NaN, never an infinity or a panic;
//   - "bounds": only dst is written, and a dst of the wrong length is an error;
//   - "concurrent": eight callers at once get the same bits.
func Checks(l learner.Learner, sample *learner.Batch) []Check {
	rows := Repeat(sample, Rows)
	return []Check{
		{"description", func() error { return describes(l, sample) }},
		{"batch sizes", func() error { return sizes(l, rows) }},
		{"repeatable", func() error { return against(l, rows, func() ([]float32, error) { return Score(l, rows) }) }},
		{"cut anywhere", func() error { return cuts(l, rows) }},
		{"special numbers", func() error { return finite(l, Special(sample)) }},
		{"hostile texts", func() error { return finite(l, Hostile(sample)) }},
		{"bounds", func() error { return bounds(l, rows) }},
		{"concurrent", func() error { return concurrent(l, rows) }},
	}
}

// Score scores a batch into memory of its own.
func Score(l learner.Learner, b *learner.Batch) ([]float32, error) {
	dst := make([]float32, b.N)
	if err := l.Score(dst, b); err != nil {
		return nil, fmt.Errorf("scoring %d rows: %w", b.N, err)
	}
	return dst, nil
}

// Same compares bits: NaN equals NaN, 0 differs from -0.
func Same(want, got []float32) error {
	if len(want) != len(got) {
		return fmt.Errorf("%d scores, want %d", len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(got[i]) {
			return fmt.Errorf("row %d scores %v, want %v", i, got[i], want[i])
		}
	}
	return nil
}

func against(l learner.Learner, rows *learner.Batch, score func() ([]float32, error)) error {
	want, err := Score(l, rows)
	if err != nil {
		return err
	}
	got, err := score()
	if err != nil {
		return err
	}
	return Same(want, got)
}

func describes(l learner.Learner, sample *learner.Batch) error {
	i := l.Info()
	if !reflect.DeepEqual(i, l.Info()) {
		return fmt.Errorf("the description changes between calls")
	}
	if i.ID == "" || i.Type == "" {
		return fmt.Errorf("id %q, type %q: both must be set", i.ID, i.Type)
	}
	seen := map[int]bool{}
	for _, c := range i.Columns {
		if c < 0 || c >= sample.D || seen[c] {
			return fmt.Errorf("column %d of %d: outside the rows, or twice", c, sample.D)
		}
		seen[c] = true
	}
	if len(i.Columns) == 0 && !i.Texts {
		return fmt.Errorf("reads neither columns nor texts")
	}
	if !(i.Cost >= 0) {
		return fmt.Errorf("cost %v", i.Cost)
	}
	return nil
}

func sizes(l learner.Learner, rows *learner.Batch) error {
	want, err := Score(l, rows)
	if err != nil {
		return err
	}
	if err := isFinite(want); err != nil {
		return err
	}
	for _, n := range Sizes {
		got, err := Score(l, Slice(rows, 0, n))
		if err != nil {
			return err
		}
		if err := Same(want[:n], got); err != nil {
			return fmt.Errorf("first %d rows: %w", n, err)
		}
	}
	return nil
}

func cuts(l learner.Learner, rows *learner.Batch) error {
	for _, cut := range []int{1, 7, 63, 64, 65, 500, rows.N - 1} {
		err := against(l, rows, func() ([]float32, error) {
			head, err := Score(l, Slice(rows, 0, cut))
			if err != nil {
				return nil, err
			}
			tail, err := Score(l, Slice(rows, cut, rows.N))
			return append(head, tail...), err
		})
		if err != nil {
			return fmt.Errorf("cut at %d: %w", cut, err)
		}
	}
	return nil
}

func finite(l learner.Learner, rows *learner.Batch) error {
	got, err := Score(l, rows)
	if err != nil {
		return err
	}
	if err := isFinite(got); err != nil {
		return err
	}
	if e, ok := l.(learner.Explainer); ok {
		for i := range rows.N {
			e.Explain(nil, rows, i, 5)
		}
	}
	return nil
}

func isFinite(scores []float32) error {
	for i, f := range scores {
		if math.IsInf(float64(f), 0) {
			return fmt.Errorf("row %d scores %v", i, f)
		}
	}
	return nil
}

// bounds checks that nothing but dst is written and that lengths are checked.
func bounds(l learner.Learner, rows *learner.Batch) error {
	const guard = 8
	mine := Slice(rows, 0, rows.N)
	dst := make([]float32, rows.N+2*guard)
	for i := range dst {
		dst[i] = -77
	}
	if err := l.Score(dst[guard:guard+rows.N:guard+rows.N], mine); err != nil {
		return err
	}
	for i := range guard {
		if dst[i] != -77 || dst[len(dst)-1-i] != -77 {
			return fmt.Errorf("wrote outside dst")
		}
	}
	fresh := Slice(rows, 0, rows.N)
	if err := Same(fresh.X, mine.X); err != nil {
		return fmt.Errorf("wrote to X: %w", err)
	}
	if !reflect.DeepEqual(fresh.Texts, mine.Texts) {
		return fmt.Errorf("wrote to the texts")
	}
	for _, n := range []int{0, rows.N - 1, rows.N + 1} {
		if l.Score(make([]float32, n), rows) == nil {
			return fmt.Errorf("%d scores for %d rows: no error", n, rows.N)
		}
	}
	return nil
}

func concurrent(l learner.Learner, rows *learner.Batch) error {
	const callers = 8
	want, err := Score(l, rows)
	if err != nil {
		return err
	}
	var (
		wg   sync.WaitGroup
		errs [callers]error
	)
	for g := range errs {
		wg.Go(func() {
			got, err := Score(l, rows)
			if err == nil {
				err = Same(want, got)
			}
			errs[g] = err
		})
	}
	wg.Wait()
	for g, err := range errs {
		if err != nil {
			return fmt.Errorf("caller %d of %d: %w", g+1, callers, err)
		}
	}
	return nil
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
		b.Raw.Add(&sample.Raw, i%sample.N)
	}
	return b
}

// Slice returns rows [from, to) in memory of their own.
func Slice(b *learner.Batch, from, to int) *learner.Batch {
	s := &learner.Batch{N: to - from, D: b.D, X: append(make([]float32, 0, (to-from)*b.D), b.X[from*b.D:to*b.D]...)}
	s.Texts = feature.Texts{Buf: append([]byte(nil), b.Texts.Buf...), First: []uint32{0}}
	for i := from; i < to; i++ {
		s.Texts.Values = append(s.Texts.Values, b.Texts.Of(i)...)
		s.Texts.First = append(s.Texts.First, uint32(len(s.Texts.Values)))
		s.Raw.Copy(&b.Raw, i)
	}
	return s
}
