package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/tiercel/tiercel/core/learner"
)

// bench fits base learners on parts of a set. It holds what all fits share.
type bench struct {
	set     *Set
	data    Data
	specs   []Spec
	workers int
	tick    func(what string) // progress; called concurrently
	// stacked leaves out the learners that no fitted meta-learner hears.
	stacked bool
}

func newBench(s *Set, specs []Spec, workers int, tick func(string)) *bench {
	y := make([]uint8, s.Len())
	for i, v := range s.Y {
		y[i] = uint8(v)
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return &bench{
		set: s, specs: specs, workers: workers, tick: tick,
		data: Data{X: s.Rows.X, N: s.Rows.N, D: s.Rows.D, Y: y, W: s.W, Texts: &s.Rows.Texts, Raw: &s.Rows.Raw, TeachOnly: s.TeachOnly},
	}
}

// fit fits a spec on the rows that keep allows.
func (b *bench) fit(spec *Spec, keep func(row int) bool) (learner.Learner, error) {
	if spec.Fixed {
		return spec.Fit(&Data{}, spec.Info)
	}
	var rows []int
	var have [2]bool
	for i := range b.data.N {
		if !keep(i) || b.data.Y[i] == 1 && !spec.teaches(b.set.Types[b.set.Type[i]]) {
			continue
		}
		have[b.data.Y[i]] = true
		rows = append(rows, i)
	}
	if !have[0] || !have[1] {
		return nil, errOneClass
	}
	part := b.data.Subset(rows)
	l, err := spec.Fit(&part, spec.Info)
	if err != nil {
		return nil, fmt.Errorf("train: %s: %w", spec.Info.ID, err)
	}
	return l, nil
}

// outOfFold returns raw scores, [learner][row]: each row of rows is scored by
// learners that saw no row of its fold. Rows outside rows, and folds whose
// remainder holds one class only, get NaN. With leak set every learner sees
// every row: the mistake that the tests of this package must notice.
func (b *bench) outOfFold(ctx context.Context, rows []int, fold []uint8, k int, leak bool) ([][]float32, error) {
	scores := make([][]float32, len(b.specs))
	for l := range scores {
		scores[l] = make([]float32, b.data.N)
		for i := range scores[l] {
			scores[l][i] = float32(math.NaN())
		}
	}
	in := make([]bool, b.data.N)
	held := make([][]int, k)
	for _, i := range rows {
		in[i] = true
		held[fold[i]] = append(held[fold[i]], i)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(b.workers)
	for l := range b.specs {
		spec := &b.specs[l]
		for f := range k {
			if len(held[f]) == 0 || b.stacked && spec.Certified {
				continue
			}
			group.Go(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				fitted, err := b.fit(spec, func(i int) bool { return in[i] && (leak || int(fold[i]) != f) })
				if errors.Is(err, errOneClass) {
					return nil
				}
				if err != nil {
					return err
				}
				b.tick(spec.Info.ID)
				return b.score(scores[l], fitted, held[f])
			})
		}
	}
	return scores, group.Wait()
}

// refit fits every spec on all of rows. A learner that has nothing to learn
// from is nil.
func (b *bench) refit(ctx context.Context, rows []int) ([]learner.Learner, error) {
	in := make([]bool, b.data.N)
	for _, i := range rows {
		in[i] = true
	}
	out := make([]learner.Learner, len(b.specs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(b.workers)
	for l := range b.specs {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			fitted, err := b.fit(&b.specs[l], func(i int) bool { return in[i] })
			if errors.Is(err, errOneClass) {
				return nil
			}
			out[l] = fitted
			b.tick(b.specs[l].Info.ID)
			return err
		})
	}
	return out, group.Wait()
}

// score writes the scores of those rows.
func (b *bench) score(dst []float32, l learner.Learner, rows []int) error {
	part := b.data.Subset(rows)
	batch := part.Batch()
	raw := make([]float32, len(rows))
	if err := l.Score(raw, &batch); err != nil {
		return err
	}
	for n, i := range rows {
		dst[i] = raw[n]
	}
	return nil
}
