package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/tiercel/tiercel/core/ensemble"
	"github.com/tiercel/tiercel/core/learner"
)

// Options adjust Fit. The zero value works.
type Options struct {
	Recipe  []Spec       // default Recipe(set, Full, Seed)
	Split   SplitOptions // how the guard part is chosen; its Seed is Options.Seed
	Seed    uint64
	Sites   bool // thresholds must hold on sites that nobody has seen: see FitTail
	Workers int
	// Hedge weighs the metas of all kinds of folds alike where the guard part
	// cannot tell them apart (SuperOptions.Even), and chooses the guard part by
	// group. It is the better choice against attacks that nobody has seen, and
	// runs every learner; without it one meta, often over few learners, is usual.
	Hedge    bool
	Progress func(done, total int, what string) // called from several goroutines, one at a time
	leak     bool                               // feed in-sample scores upwards: what tests must notice
}

// Fitted is what Fit made: the tiers, and how each part did on the guard part,
// which none of the lower tiers saw.
type Fitted struct {
	Tiers   *ensemble.Tiers
	Guard   []int // rows of the set in the guard part
	Learner []Line
	Meta    []Line
	Super   Line
	// Selector knows which rows need few learners; nil where that saves nothing.
	Selector *ensemble.Selector

	bases []ensemble.Base // of Learner, and metas of Meta: see Costs
	metas []*ensemble.MetaLearner
}

// Line is one row of a leaderboard.
type Line struct {
	Name    string
	Weight  float64 // of a meta in the super-learner; of a learner: its mean share in the metas that count
	Metrics Metrics // on the guard part
}

var errTooFew = errors.New("train: fewer than two base learners could be fitted")

// Fit makes a whole detector of a set.
//
//  1. Rows are split once: a guard part, and folds hashed from their groups.
//  2. Base learners score the folds out of fold, once on random folds and once
//     on folds that leave out whole types of attack and whole sites; then they
//     are fitted again on all rows but the guard's.
//  3. Meta-learners learn from the out-of-fold scores of one kind of folds
//     each, and are cross-fitted on the same folds for their calibration.
//  4. The super-learner weighs the metas on the guard part, or takes the best
//     single one; the thresholds come from normal rows that no learner had seen
//     when it scored them.
//  5. The selector learns from the same out-of-fold scores on which rows a few
//     learners are enough: see FitSelector.
//  6. The base learners that are used are fitted once more, on all rows.
//
// Whatever was no use is left out: learners to which no meta gives weight, and
// metas to which the super-learner gives none.
func Fit(ctx context.Context, s *Set, o Options) (*Fitted, error) {
	if o.Recipe == nil {
		o.Recipe = Recipe(s, Full, o.Seed)
	}
	total := len(o.Recipe) * (2*Folds + 2)
	var mu sync.Mutex
	done := 0
	b := newBench(s, o.Recipe, o.Workers, func(what string) {
		if o.Progress == nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		done++
		o.Progress(done, total, what)
	})
	y := b.data.Y
	fold, err := o.divide(s, y)
	if err != nil {
		return nil, err
	}
	var inner, guard []int
	for i, f := range fold {
		if f == GuardFold {
			guard = append(guard, i)
		} else {
			inner = append(inner, i)
		}
	}
	f := &fitting{hedge: o.Hedge, bench: b, fold: fold, inner: inner, guard: guard, certified: -1}
	f.weight = BalanceTypes(y, s.Type, nil, s.W, 0)
	if f.learners, err = b.refit(ctx, inner); err != nil {
		return nil, err
	}
	random, err := b.outOfFold(ctx, inner, fold, Folds, o.leak)
	if err != nil {
		return nil, err
	}
	f.outOfFold = random
	f.drop(random)
	folds := []foldScores{{"", fold, random}}
	if leave, ok := LeaveOutFolds(fold, y, s.Type, s.Site); ok {
		stacked := *b
		stacked.stacked = true
		scores, err := stacked.outOfFold(ctx, inner, leave, Folds, o.leak)
		if err != nil {
			return nil, err
		}
		folds = append(folds, foldScores{typesSuffix, leave, scores})
		f.left = scores
	}
	if err := f.bases(random); err != nil {
		return nil, err
	}
	if len(f.base) < 2 {
		return nil, errTooFew
	}
	for _, scores := range folds {
		if err := f.metas(&scores); err != nil {
			return nil, err
		}
	}
	return f.finish(ctx, o.Sites, o.Seed)
}

// divide returns the fold of each row, GuardFold for the guard part.
func (o *Options) divide(s *Set, y []uint8) ([]uint8, error) {
	o.Split.Seed = o.Seed
	if o.Split.Guard == GuardAuto && !o.Hedge {
		o.Split.Guard = guardFor(s)
	}
	return Split(y, s.Group, s.Type, s.Site, s.Time, o.Split)
}

// foldScores are raw scores, [learner][row], out of one kind of folds.
type foldScores struct {
	suffix string
	fold   []uint8
	raw    [][]float32
}

// fitting is the work of one Fit.
type fitting struct {
	*bench
	hedge        bool
	fold         []uint8
	inner, guard []int
	weight       []float32
	learners     []learner.Learner // by spec; nil for those that could not be fitted
	use          []int             // the specs that are used, in order
	base         []ensemble.Base   // by index into use
	meta         []*ensemble.MetaLearner
	random       *Table      // calibrated scores of all rows out of random folds
	outOfFold    [][]float32 // the raw ones, [spec][row]
	left         [][]float32 // out of folds that leave out types and sites; nil for none
	certified    int         // the spec of the certified learner, -1 for none
}

// drop keeps the learners that say something: that were fitted, and whose
// scores are there and differ on the inner rows by more than the folds do.
func (f *fitting) drop(random [][]float32) {
	for l := range f.learners {
		if f.learners[l] == nil {
			continue
		}
		present, distinct := 0, map[float32]bool{}
		for _, i := range f.inner {
			if v := random[l][i]; v == v {
				present++
				if len(distinct) <= Folds {
					distinct[v] = true
				}
			}
		}
		least := Folds // what the folds alone can make differ
		if f.specs[l].Given {
			least = 1
		}
		// What needs no example is kept for the day that shows one.
		useful := f.specs[l].Fixed && present > 0 || present*20 >= len(f.inner) && len(distinct) > least
		switch {
		case useful && f.specs[l].Certified:
			f.certified = l
		case useful:
			f.use = append(f.use, l)
		}
	}
}

// bases calibrates the used learners on their out-of-fold scores. A learner of
// one class is calibrated for it: other attacks are left out.
func (f *fitting) bases(random [][]float32) error {
	for _, l := range f.use {
		spec := &f.specs[l]
		var rows, normal []int
		for _, i := range f.inner {
			if f.data.Y[i] == 0 {
				normal = append(normal, i)
			} else if !spec.teaches(f.set.Types[f.set.Type[i]]) {
				continue
			}
			rows = append(rows, i)
		}
		c, t, err := f.curves(spec, random[l], rows, normal)
		if err != nil {
			return fmt.Errorf("%s: %w", spec.Info.ID, err)
		}
		f.base = append(f.base, ensemble.Base{Learner: f.learners[l], Calibration: c, Tail: t})
	}
	return nil
}

// curves fits a learner's calibration to rows and its tail to normal ones.
func (f *fitting) curves(spec *Spec, raw []float32, rows, normal []int) (*ensemble.Calibration, *ensemble.Tail, error) {
	if spec.Fixed {
		c, err := knowledgeCalibration()
		if err != nil {
			return nil, nil, err
		}
		t, err := knowledgeTail(take(raw, normal), weightsOf(f.set.W, normal))
		return c, t, err
	}
	c, err := FitCalibration(take(raw, rows), take(f.data.Y, rows), take(f.weight, rows))
	if err != nil {
		return nil, nil, err
	}
	t, err := FitTail(take(raw, normal), nil, weightsOf(f.set.W, normal))
	return c, t, err
}

func weightsOf(w []float32, rows []int) []float32 {
	if w == nil {
		return nil
	}
	return take(w, rows)
}

// guardFor returns how the guard part is best chosen: by whole types of attack
// where there are enough of them, so that the super-learner is judged on what
// none of the lower tiers has seen the like of, else by groups.
func guardFor(s *Set) Guard {
	count := make([]int, len(s.Types))
	types := 0
	for i, t := range s.Type {
		if s.Y[i] == 1 {
			if count[t]++; count[t] == fewestOfClass {
				types++
			}
		}
	}
	if types >= Folds+1 {
		return GuardByType
	}
	return GuardByGroup
}

// refitAll fits the base learners of the tiers on every row, the guard's too.
func (f *fitting) refitAll(ctx context.Context, t *ensemble.Tiers) error {
	all := make([]int, f.data.N)
	for i := range all {
		all[i] = i
	}
	var specs []Spec
	for _, b := range t.Bases {
		for _, s := range f.specs {
			if s.Info.ID == b.Learner.Info().ID {
				specs = append(specs, s)
			}
		}
	}
	again := *f.bench
	again.specs = specs
	learners, err := again.refit(ctx, all)
	if err != nil {
		return err
	}
	for i, l := range learners {
		t.Bases[i].Learner = l
	}
	return nil
}

// metaKinds returns the kinds of metas for the first and the further kinds of
// folds: each kind is fitted on each kind of
// folds, but the p-value combiners, whose weights do not come from the folds.
func metaKinds(first bool) []string {
	if first {
		return MetaKinds[:]
	}
	return []string{ensemble.StackName, ensemble.ConvexName, ensemble.GreedyName, SingleName}
}

// truth is what the upper tiers know of all rows.
func (f *fitting) truth() *Truth {
	return &Truth{Y: f.data.Y, W: f.weight, Type: f.set.Type, Site: f.set.Site}
}

// metas fits the meta-learners on one kind of folds.
func (f *fitting) metas(folds *foldScores) error {
	table, err := NewTable(f.base, take(folds.raw, f.use))
	if err != nil {
		return err
	}
	if folds.suffix == "" {
		f.random = table
	}
	kinds := metaKinds(folds.suffix == "")
	fitted := make([]*ensemble.MetaLearner, len(kinds))
	var group errgroup.Group
	group.SetLimit(f.workers)
	for k, kind := range kinds {
		group.Go(func() error {
			m, err := FitMeta(kind, table, f.truth(), folds.fold)
			if err != nil {
				return err
			}
			m.Learner.Name = kind + folds.suffix
			fitted[k] = m.Learner
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	f.meta = append(f.meta, fitted...)
	return nil
}

// even returns the metas that may be weighed alike: those whose weights are
// fitted, on all kinds of folds. The hedge is against folds that do not tell the
// future: NSL-KDD and UNSW-NB15 do better with types left out, families of
// generated names do worse.
func (f *fitting) even() []int {
	if !f.hedge {
		return nil
	}
	var all []int
	for j, m := range f.meta {
		if kind, _, _ := strings.Cut(m.Name, "-"); kind == SingleName {
			continue
		}
		switch m.Mixer.Name() {
		case ensemble.StackName, ensemble.ConvexName, ensemble.GreedyName:
			all = append(all, j)
		}
	}
	return all
}

// finish fits the super-learner on the guard part and leaves out what is of no use.
func (f *fitting) finish(ctx context.Context, sites bool, seed uint64) (*Fitted, error) {
	raw := make([][]float32, len(f.specs))
	for l := range f.specs {
		if !slices.Contains(f.use, l) && l != f.certified {
			continue
		}
		scores := make([]float32, f.data.N)
		if err := f.score(scores, f.learners[l], f.guard); err != nil {
			return nil, err
		}
		raw[l] = take(scores, f.guard)
	}
	table, err := NewTable(f.base, take(raw, f.use))
	if err != nil {
		return nil, err
	}
	truth := f.truth().Subset(f.guard)
	g := table.Apply(f.meta)
	o := SuperOptions{Seed: seed, Group: take(f.set.Group, f.guard), Even: f.even()}
	super, err := FitSuper(g, &truth, o)
	if err != nil {
		return nil, err
	}
	if f.hedge {
		if g, err = f.hear(super, table, g, &truth, o); err != nil {
			return nil, err
		}
	}
	if super.Learner.Tail, err = f.tail(super, sites); err != nil {
		return nil, err
	}
	if f.hedge {
		if g, err = f.doubt(super, table, g, &truth, sites, o); err != nil {
			return nil, err
		}
	}
	if g, err = f.raise(super, raw, g, sites); err != nil {
		return nil, err
	}
	out := &Fitted{Guard: f.guard, bases: f.base, metas: f.meta, Super: Line{"super", 1, Measure(super.LogOdds, truth.Y, nil)}}
	for j, m := range f.meta {
		out.Meta = append(out.Meta, Line{m.Name, super.Learner.Beta[j], Measure(g[j], truth.Y, nil)})
	}
	shares := f.shares(super.Learner.Beta)
	for n := range f.base {
		out.Learner = append(out.Learner, Line{f.base[n].Learner.Info().ID, shares[n], Measure(raw[f.use[n]], truth.Y, nil)})
	}
	if out.Tiers, err = f.prune(super.Learner, shares); err != nil {
		return nil, err
	}
	out.Selector = f.selector(out.Tiers, raw)
	return out, f.refitAll(ctx, out.Tiers)
}

// tail fits the final rates on every normal row whose base scores are honest:
// the guard's, and the others' out of random folds. The guard alone would be
// too few to tell one in a thousand; folds that leave out types and sites make
// weaker learners than those that are used, whose normal scores run higher
// (measured on the HTTP model: .04 % false alarms realised for a budget of 1 %).
func (f *fitting) tail(super *Super, sites bool) (*ensemble.Tail, error) {
	inner := SuperLogOdds(super.Learner, f.random.Apply(f.meta))
	var scores []float64
	var site []int32
	var weight []float32
	add := func(i int, z float64) {
		if f.data.Y[i] == 0 && !(f.set.TeachOnly != nil && f.set.TeachOnly[i]) {
			scores = append(scores, z)
			site = append(site, f.set.Site[i])
			weight = append(weight, f.data.Weight(i))
		}
	}
	for _, i := range f.inner {
		add(i, inner[i])
	}
	for n, i := range f.guard {
		add(i, super.LogOdds[n])
	}
	if !sites {
		site = nil
	}
	return FitTail(scores, site, weight)
}

// shares returns each base learner's mean share of the weights, over the metas
// as the super-learner weighs them.
func (f *fitting) shares(beta []float64) []float64 {
	out := make([]float64, len(f.base))
	for j, m := range f.meta {
		w := m.Mixer.(ensemble.Stateful).State().Weights
		var total float64
		for _, v := range w {
			total += v
		}
		for n, v := range w {
			if total > 0 {
				out[n] += beta[j] * v / total
			}
		}
	}
	return out
}

// prune leaves out metas without weight, then base learners that no meta
// listens to, unless they name a class.
func (f *fitting) prune(super *ensemble.SuperLearner, shares []float64) (*ensemble.Tiers, error) {
	var keep []int
	var bases []ensemble.Base
	for n, b := range f.base {
		if shares[n] > 0 || b.Learner.Info().Class != "" || f.specs[f.use[n]].Certified || f.ranksByNovelty(super, n) {
			keep = append(keep, n)
			bases = append(bases, b)
		}
	}
	var metas []*ensemble.MetaLearner
	var beta []float64
	floor, novelty, certified := 0, 0, 0
	for j, m := range f.meta {
		if super.Beta[j] == 0 && j+1 != super.Floor && j+1 != super.Novelty && j+1 != super.Certified {
			continue
		}
		state := m.Mixer.(ensemble.Stateful).State()
		state.Weights = take(state.Weights, keep)
		mixer, err := ensemble.NewMixer(m.Mixer.Name(), state)
		if err != nil {
			return nil, err
		}
		metas = append(metas, &ensemble.MetaLearner{Name: m.Name, Mixer: mixer, Calibration: m.Calibration})
		beta = append(beta, super.Beta[j])
		if j+1 == super.Floor {
			floor = len(metas)
		}
		if j+1 == super.Novelty {
			novelty = len(metas)
		}
		if j+1 == super.Certified {
			certified = len(metas)
		}
	}
	super = &ensemble.SuperLearner{
		Name: super.Name, Beta: beta, Calibration: super.Calibration, Tail: super.Tail,
		Floor: floor, Novelty: novelty, Certain: super.Certain, Certified: certified,
	}
	return ensemble.NewTiers(bases, metas, super)
}
