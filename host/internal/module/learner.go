package module

import (
	"bytes"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/plugins/abi"
)

// Learner is a module configured for one schema.
//
// A fault in a batch makes its remaining scores NaN and is returned; the
// instance that failed is replaced. A module that fails again and again is left
// alone for longer and longer: after k failures in a row it rests for 2^k
// batches, at most maxRest, counted and not timed, so that runs repeat.
type Learner struct {
	module    *Module
	info      learner.Info
	selection abi.Selection
	config    []byte
	low, high float32

	mu    sync.Mutex
	freed sync.Cond
	free  int         // slots without a caller
	idle  []*instance // of these, instances that are ready; the warmest last
	fails int         // failures in a row
	rest  int         // batches to let pass
	count map[Reason]*Count
}

// maxRest bounds how long a failing module rests: a thousand batches of 1024
// rows pass in seconds.
const maxRest = 1024

var _ learner.Learner = (*Learner)(nil)

// Learner configures the module for a schema. config is what the plugin's user
// wrote for it; nil for none. One instance is started at once, so that a module
// that cannot be configured is found here.
func (m *Module) Learner(s *feature.Schema, config []byte) (*Learner, error) {
	d := &m.Description
	if !slices.Contains(d.Kinds, s.Kind.String()) {
		return nil, refused(d.ID, "it scores events of kind %v, not %s", d.Kinds, s.Kind)
	}
	if d.Config && config == nil {
		return nil, refused(d.ID, "it needs a configuration")
	}
	sel, err := abi.NewSelection(d, s)
	if err != nil {
		return nil, refused(d.ID, "%v", err)
	}
	l := &Learner{
		module: m, selection: sel, config: bytes.Clone(config), low: d.Low, high: d.High,
		free: m.runtime.options.Workers, count: map[Reason]*Count{},
		info: learner.Info{
			ID: d.ID, Type: "wasm", Class: d.Class, Columns: sel.Columns, Texts: len(sel.Texts) > 0, Cost: d.Cost,
			Context: slices.ContainsFunc(sel.Columns, func(c int) bool { return c >= s.Stateless }),
		},
	}
	l.freed.L = &l.mu
	inst, err := l.start()
	if err != nil {
		return nil, err
	}
	l.idle = append(make([]*instance, 0, l.free), inst)
	return l, nil
}

// start makes a configured instance.
func (l *Learner) start() (*instance, error) {
	c, err := l.module.start(l.info.ID)
	if err != nil {
		return nil, err
	}
	text, err := c.describe()
	if err == nil && !bytes.Equal(text, l.module.description) {
		err = &Fault{l.info.ID, abi.ExportDescribe, Changed, "an instance describes itself differently"}
	}
	if err == nil && l.config != nil {
		err = c.configure(l.config)
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// Info describes the learner.
func (l *Learner) Info() learner.Info { return l.info }

// shapeError is the error of a batch that does not fit.
type shapeError struct{}

func (shapeError) Error() string { return "host/module: dst and batch do not fit the learner" }

// Score writes a score of each row to dst: NaN where the module abstains,
// answers what its description excludes, or failed. Errors are of type *Fault.
func (l *Learner) Score(dst []float32, b *learner.Batch) error {
	if len(dst) != b.N || len(b.X) != b.N*b.D || l.info.Texts && len(b.Texts.First) != b.N+1 {
		return shapeError{}
	}
	for _, c := range l.info.Columns {
		if c >= b.D {
			return shapeError{}
		}
	}
	if b.N == 0 {
		return nil
	}
	c, err := l.take()
	if err != nil {
		abstain(dst)
		return err
	}
	c, at, err := l.run(c, dst, b)
	if err != nil {
		abstain(dst[at:])
	}
	l.give(c, err)
	return err
}

func abstain(dst []float32) {
	for i := range dst {
		dst[i] = float32(math.NaN())
	}
}

// run scores a batch in calls that are short. It returns the instance that is
// left, nil when it failed, and the row up to which dst is scored.
func (l *Learner) run(c *instance, dst []float32, b *learner.Batch) (*instance, int, error) {
	var err error
	for at := 0; at < b.N; {
		to := min(at+c.rows, b.N)
		size := l.selection.Size(b, at, to)
		for size > mostBytes && to-at > 1 {
			to = at + (to-at)/2
			size = l.selection.Size(b, at, to)
		}
		if size > abi.MaxFrame {
			dst[at] = float32(math.NaN())
			l.note(&Fault{l.info.ID, "", Oversized, "a row needs a larger frame than the contract allows"}, 1)
			at++
			continue
		}
		begin := time.Now()
		spent, fail := c.run(dst, &l.selection, b, at, to, size)
		if fail != nil {
			c.close()
			rows := to - at
			if f, ok := fail.(*Fault); !ok || f.Reason != Exhausted || rows == 1 {
				return nil, at, fail
			}
			// Perhaps it is honest and slow: fewer rows, in a new instance.
			if c, err = l.start(); err != nil {
				return nil, at, err
			}
			c.rows = max(1, rows/8)
			continue
		}
		c.pace(to-at, spent, time.Since(begin))
		l.proper(dst[at:to])
		at = to
	}
	return c, b.N, nil
}

// proper replaces scores that are infinite or outside the declared range.
func (l *Learner) proper(scores []float32) {
	improper := 0
	for i, f := range scores {
		if f-f != 0 && f == f || f < l.low || f > l.high {
			scores[i] = float32(math.NaN())
			improper++
		}
	}
	if improper > 0 {
		l.note(&Fault{l.info.ID, abi.ExportScore, Improper, "infinite, or outside the declared range"}, improper)
	}
}

// take waits for a slot and returns its instance, a new one if it has none.
func (l *Learner) take() (*instance, error) {
	l.mu.Lock()
	if l.rest > 0 {
		l.rest--
		last := l.countOf(Resting)
		last.Times++
		l.mu.Unlock()
		return nil, &Fault{Plugin: l.info.ID, Reason: Resting, Detail: "after failures"}
	}
	for l.free == 0 {
		l.freed.Wait()
	}
	l.free--
	var c *instance
	if n := len(l.idle); n > 0 {
		c, l.idle = l.idle[n-1], l.idle[:n-1]
	}
	l.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := l.start()
	if err != nil {
		l.give(nil, err)
		return nil, err
	}
	return c, nil
}

// give returns a slot with its instance, nil when that failed with err.
func (l *Learner) give(c *instance, err error) {
	if err != nil {
		l.note(err, 1)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free++
	if c != nil {
		l.idle = append(l.idle, c)
		l.fails = 0
	} else {
		l.fails++
		l.rest = min(1<<min(l.fails, 20), maxRest)
	}
	l.freed.Signal()
}

// note counts a fault.
func (l *Learner) note(err error, times int) {
	reason := Trapped
	if f, ok := err.(*Fault); ok {
		reason = f.Reason
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.countOf(reason)
	c.Times += times
	c.Last = err.Error()
}

func (l *Learner) countOf(r Reason) *Count {
	c := l.count[r]
	if c == nil {
		c = &Count{Reason: r}
		l.count[r] = c
	}
	return c
}

// Faults returns what went wrong so far, by reason, in the order of their names.
func (l *Learner) Faults() []Count {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Count
	for _, c := range l.count {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b Count) int { return bytes.Compare([]byte(a.Reason), []byte(b.Reason)) })
	return all
}

// Close ends the instances. Nobody may be scoring.
func (l *Learner) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.idle {
		c.close()
	}
	l.idle = l.idle[:0]
}
