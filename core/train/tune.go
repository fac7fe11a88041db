package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// TuneOptions adjust Tune. Those of Options mean what they mean to Fit, and
// must be the same: the guard part of Fit is then not looked at here either.
type TuneOptions struct {
	Options
	// Candidates is how many settings of each learner are tried, the defaults
	// among them; default 9. The budgets may allow fewer.
	Candidates int
	// Fits bounds how many fits there are, 0 for no bound. The choice depends on
	// it, but on nothing of the machine.
	Fits int
	// Time bounds how long it takes, 0 for no bound: a fit that runs when the
	// time is over is waited for. What a slow machine cannot try in that time
	// keeps its default.
	Time time.Duration
	// State is where an earlier call stopped; nil to begin.
	State *TuneState
	// Save is called with the state after each rung; nil for nowhere.
	Save func(*TuneState) error
}

// TuneState is what Tune knows so far, enough to go on after an interruption
// and to come to the same end.
type TuneState struct {
	Of       string          `json:"of"`      // hash of the rows, the seed and the axes
	Fits     int             `json:"fits"`    // done so far
	Seconds  float64         `json:"seconds"` // spent so far
	Learners []TunedSettings `json:"learners"`
}

// TunedSettings are what was tried for one learner, and what was chosen.
type TunedSettings struct {
	ID         string     `json:"id"`
	Candidates []Settings `json:"candidates"` // the defaults first
	Rungs      []Rung     `json:"rungs"`
	Done       bool       `json:"done"`
	Chosen     int        `json:"chosen"` // index into Candidates
	Gain       float64    `json:"gain"`   // merit of the best candidate less that of the defaults, on the last rung
	SE         float64    `json:"se"`     // its standard error
}

// Rung is one step of successive halving.
type Rung struct {
	Share float64   `json:"share"` // of the groups
	Alive []int     `json:"alive"` // candidates that were judged, by index
	Merit []float64 `json:"merit"` // of each of them
}

// Settings returns what was chosen.
func (t *TunedSettings) Settings() Settings { return t.Candidates[t.Chosen] }

// Validate says whether a state that was stored can be gone on from: indices in
// range and one merit for each candidate that was judged.
func (s *TuneState) Validate() error {
	for _, l := range s.Learners {
		if l.Chosen < 0 || l.Chosen >= len(l.Candidates) || len(l.Rungs) > mostRungs {
			return errTuneBroken
		}
		for _, r := range l.Rungs {
			if len(r.Alive) == 0 || len(r.Alive) != len(r.Merit) {
				return errTuneBroken
			}
			for _, c := range r.Alive {
				if c < 0 || c >= len(l.Candidates) {
					return errTuneBroken
				}
			}
		}
	}
	return nil
}

// mostRungs are those of shares of a ninth, a third and all of the groups.
const mostRungs = 3

// defaultCandidates leaves 9, 3 and 1 on the rungs.
const defaultCandidates = 9

// halving is the share of the candidates that goes on to the next rung, and of
// its rows that a rung has: 1/3 (Hyperband's eta of 3).
const halving = 3

// leastRung is how many rows a rung needs: recall at .1 % of fewer than some
// hundred normal rows says nothing.
const leastRung = 1500

var (
	errTuneState  = errors.New("train: tune: the state is of other rows, another seed or another recipe")
	errTuneBroken = errors.New("train: tune: the state is broken")
	errTuneLimit  = errors.New("train: tune: negative budget")
)

// Tune chooses the settings of the recipe's learners by successive halving
// (Jamieson and Talwalkar 2016, algorithm 1; the inner loop of Hyperband, Li et
// al. 2018): candidates from each learner's grid are judged on a ninth of the
// groups, the best third of them on a third, the best of those on all. The
// defaults stay to the end, and keep their place unless another candidate is
// better by more than one standard error of the difference, so the choice is
// never worse than the defaults on what it is made by.
//
// That is the merit of FitSuper, recall at small budgets with the worst type of
// attack included, of scores out of random folds over the rows outside the guard
// part. The learners come one after the other, each with its share of what is
// left of the budget: as many candidates are tried as that allows.
//
// It returns the recipe with the chosen settings, and the final state. When ctx
// is cancelled the error is that of ctx, and State of the last Save goes on.
func Tune(ctx context.Context, s *Set, o TuneOptions) ([]Spec, *TuneState, error) {
	if o.Fits < 0 || o.Time < 0 || o.Candidates < 0 {
		return nil, nil, errTuneLimit
	}
	if o.Recipe == nil {
		o.Recipe = Recipe(s, Full, o.Seed)
	}
	if o.Candidates == 0 {
		o.Candidates = defaultCandidates
	}
	t := &tuning{o: &o, set: s, began: time.Now()}
	t.bench = newBench(s, o.Recipe, o.Workers, t.tick)
	fold, err := o.divide(s, t.bench.data.Y)
	if err != nil {
		return nil, nil, err
	}
	t.fold, t.inner = fold, trainingRows(s.Len(), fold)
	t.state = &TuneState{Of: t.fingerprint()}
	if o.State != nil {
		if o.State.Of != t.state.Of {
			return nil, nil, errTuneState
		}
		if err := o.State.Validate(); err != nil {
			return nil, nil, err
		}
		*t.state = *o.State
		t.state.Learners = slices.Clone(o.State.Learners)
	}
	t.spent = time.Duration(t.state.Seconds * float64(time.Second))
	t.plan()
	limited := ctx
	if o.Time > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, o.Time-t.spent)
		defer cancel()
	}
	recipe := slices.Clone(o.Recipe)
	left := 0
	for _, spec := range recipe {
		if len(spec.Axes) > 0 {
			left++
		}
	}
	for i := range recipe {
		if len(recipe[i].Axes) == 0 {
			continue
		}
		l, err := t.learner(limited, &recipe[i], left)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return nil, nil, err
		}
		left--
		if l != nil && l.Done {
			recipe[i] = recipe[i].At(l.Settings())
		}
	}
	return recipe, t.state, nil
}

// tuning is the work of one Tune.
type tuning struct {
	o     *TuneOptions
	set   *Set
	bench *bench
	fold  []uint8
	inner []int
	state *TuneState
	began time.Time
	spent time.Duration // by earlier calls

	mu    sync.Mutex
	done  int // fits, for the progress
	total int
}

// shares returns the share of the groups of each rung.
func (t *tuning) shares() []float64 {
	out := []float64{1}
	for share := 1.0 / halving; len(out) < mostRungs && share*float64(len(t.inner)) >= leastRung; share /= halving {
		out = append(out, share)
	}
	slices.Reverse(out)
	return out
}

// alive returns how many of n candidates a rung judges, the defaults included.
func alive(n, rung int) int {
	for range rung {
		n = (n+halving-1)/halving + 1
	}
	return n
}

// cost returns how many fits n candidates take at most, and how many they would
// be if all were on all rows.
func (t *tuning) cost(n int) (fits int, whole float64) {
	for r, share := range t.shares() {
		k := min(n, alive(n, r)) * Folds
		fits += k
		whole += share * float64(k)
	}
	return fits, whole
}

// plan counts the fits to come, for the progress.
func (t *tuning) plan() {
	for i := range t.o.Recipe {
		if n := len(t.o.Recipe[i].candidates(t.o.Candidates, t.o.Seed)); len(t.o.Recipe[i].Axes) > 0 {
			fits, _ := t.cost(n)
			t.total += fits
		}
	}
	if t.o.Fits > 0 {
		t.total = min(t.total, t.o.Fits)
	}
	t.done = t.state.Fits
}

func (t *tuning) tick(what string) {
	if t.o.Progress == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	t.o.Progress(min(t.done, t.total), t.total, what)
}

// learner tunes one learner; left is how many are to come, it included. It
// returns nil where the budget is too small for a second candidate.
func (t *tuning) learner(ctx context.Context, spec *Spec, left int) (*TunedSettings, error) {
	at := slices.IndexFunc(t.state.Learners, func(l TunedSettings) bool { return l.ID == spec.Info.ID })
	var l TunedSettings
	if at >= 0 {
		if l = t.state.Learners[at]; l.Done {
			return &l, nil
		}
	} else {
		l = TunedSettings{ID: spec.Info.ID, Candidates: spec.candidates(t.o.Candidates, t.o.Seed)}
		n, err := t.affordable(ctx, spec, &l, left)
		if n < 2 || err != nil {
			return nil, err
		}
		l.Candidates = l.Candidates[:n]
	}
	shares := t.shares()
	for len(l.Rungs) < len(shares) {
		r := Rung{Share: shares[len(l.Rungs)], Alive: next(&l)}
		judged, err := t.judge(ctx, spec, &l, &r)
		if err != nil {
			return nil, err
		}
		l.Rungs = append(l.Rungs, r)
		if len(l.Rungs) == len(shares) {
			l.choose(judged)
		}
		if err := t.save(l); err != nil {
			return nil, err
		}
	}
	return &l, nil
}

// affordable returns how many candidates of a learner its share of the budget is
// enough for.
func (t *tuning) affordable(ctx context.Context, spec *Spec, l *TunedSettings, left int) (int, error) {
	one := 0.0 // seconds that a fit on all rows takes
	if t.o.Time > 0 && t.byFits(Folds, len(l.Candidates), left) > 1 {
		// One look at the defaults on the first rung tells.
		began := time.Now()
		r := Rung{Share: t.shares()[0], Alive: []int{0}}
		if _, err := t.judge(ctx, spec, l, &r); err != nil {
			return 0, err
		}
		one = time.Since(began).Seconds() / (r.Share * Folds)
	}
	n := t.byFits(0, len(l.Candidates), left)
	for ; t.o.Time > 0 && n > 1; n-- {
		if _, whole := t.cost(n); whole*one*float64(left) <= (t.o.Time - t.elapsed()).Seconds() {
			break
		}
	}
	return n, nil
}

// byFits returns how many of n candidates the share of the budget of fits allows
// after so many have been spent.
func (t *tuning) byFits(spent, n, left int) int {
	if t.o.Fits == 0 {
		return n
	}
	share := (t.o.Fits-t.state.Fits)/left - spent
	for ; n > 1; n-- {
		if fits, _ := t.cost(n); fits <= share {
			break
		}
	}
	return n
}

func (t *tuning) elapsed() time.Duration { return t.spent + time.Since(t.began) }

// next returns the candidates of the next rung, in order: all of them, or the
// best third of the last rung and the defaults.
func next(l *TunedSettings) []int {
	if len(l.Rungs) == 0 {
		return columns(0, len(l.Candidates))
	}
	last := &l.Rungs[len(l.Rungs)-1]
	order := columns(0, len(last.Alive))
	slices.SortStableFunc(order, func(a, b int) int { return byScore(last.Merit[b], last.Merit[a], a, b) })
	keep := []int{0}
	for _, k := range order[:(len(order)+halving-1)/halving] {
		if last.Alive[k] != 0 {
			keep = append(keep, last.Alive[k])
		}
	}
	slices.Sort(keep)
	return keep
}

// judged is how the candidates of a rung ranked its rows.
type judged struct {
	*judge
	ranks [][]int
}

// judge scores the candidates of a rung out of fold and fills in their merit.
func (t *tuning) judge(ctx context.Context, spec *Spec, l *TunedSettings, r *Rung) (*judged, error) {
	b := *t.bench
	b.specs = nil
	for _, c := range r.Alive {
		b.specs = append(b.specs, spec.At(l.Candidates[c]))
	}
	var rows []int
	for _, i := range t.inner {
		// The rows of a rung are among those of the next.
		if unit(mix64(t.set.Group[i]^mix64(t.o.Seed+2))) < r.Share {
			rows = append(rows, i)
		}
	}
	scores, err := b.outOfFold(ctx, rows, t.fold, Folds, false)
	if err != nil {
		return nil, err
	}
	t.state.Fits += len(r.Alive) * Folds
	rows = slices.DeleteFunc(rows, func(i int) bool { return t.set.Y[i] == 1 && !spec.teaches(t.set.Types[t.set.Type[i]]) })
	truth := (&Truth{Y: b.data.Y, Type: t.set.Type}).Subset(rows)
	j := &judged{judge: newJudge(&truth, rows, SuperOptions{Seed: t.o.Seed, Group: t.set.Group}.withDefaults())}
	for _, s := range scores {
		h := make([]float64, len(rows))
		for k, i := range rows {
			if h[k] = float64(s[i]); h[k] != h[k] {
				h[k] = math.Inf(-1)
			}
		}
		j.ranks = append(j.ranks, j.rank(h))
		r.Merit = append(r.Merit, j.merit(j.ranks[len(j.ranks)-1], nil))
	}
	return j, nil
}

// choose takes the best candidate of the last rung, or the defaults where it is
// not better by more than one standard error.
func (l *TunedSettings) choose(j *judged) {
	last := &l.Rungs[len(l.Rungs)-1] // the defaults stand first in it
	best := 0
	for k, v := range last.Merit {
		if v > last.Merit[best] {
			best = k
		}
	}
	l.Done = true
	if best == 0 {
		return
	}
	l.Gain = last.Merit[best] - last.Merit[0]
	l.SE = j.standardError(j.ranks[best], j.ranks[0])
	if l.Gain > l.SE {
		l.Chosen = last.Alive[best]
	}
}

// save puts a learner into the state and hands it out.
func (t *tuning) save(l TunedSettings) error {
	if n := len(t.state.Learners); n > 0 && t.state.Learners[n-1].ID == l.ID {
		t.state.Learners[n-1] = l
	} else {
		t.state.Learners = append(t.state.Learners, l)
	}
	t.state.Seconds = t.elapsed().Seconds()
	if t.o.Save == nil {
		return nil
	}
	return t.o.Save(t.state)
}

// fingerprint hashes what a state is good for.
func (t *tuning) fingerprint() string {
	h := mix64(t.o.Seed ^ mix64(uint64(t.o.Candidates)))
	add := func(v uint64) { h = mix64(h ^ v) }
	for i, y := range t.set.Y {
		add(t.set.Group[i])
		add(uint64(uint32(t.set.Type[i]))<<8 | uint64(uint8(y)))
		add(uint64(t.fold[i]))
	}
	for _, v := range t.set.Rows.X {
		add(uint64(math.Float32bits(v)))
	}
	for _, spec := range t.o.Recipe {
		add(textHash(spec.Info.ID))
		for _, a := range spec.Axes {
			add(textHash(a.Name))
			for _, v := range a.Values {
				add(math.Float64bits(v))
			}
		}
	}
	return fmt.Sprintf("%016x", h)
}
