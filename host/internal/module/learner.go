package module

import (
	"bytes"
	"sync"
	"time"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/plugins/abi"
)

// Learner is a module configured for one schema.
//
// A fault in a batch makes its remaining scores NaN and is returned; the
// instance that failed is replaced. A module that fails again and again is left
// alone for longer and longer: after k failures in a row it rests for 2^k
// batches, at most maxRest, counted and not timed, so that runs repeat.
type Learner struct {
	*guest.Contract
	module *Module
	config []byte

	mu    sync.Mutex
	freed sync.Cond
	free  int         // slots without a caller
	idle  []*instance // of these, instances that are ready; the warmest last
	fails int         // failures in a row
	lost  int         // instances that failed and were not replaced yet
	rest  int         // batches to let pass
}

// maxRest bounds how long a failing module rests: a thousand batches of 1024
// rows pass in seconds.
const maxRest = 1024

var _ learner.Learner = (*Learner)(nil)

// Learner configures the module for a schema. config is what the plugin's user
// wrote for it; nil for none. One instance is started at once, so that a module
// that cannot be configured is found here.
func (m *Module) Learner(s *feature.Schema, config []byte) (*Learner, error) {
	c, err := guest.New("wasm", &m.Description, s, config)
	if err != nil {
		return nil, err
	}
	l := &Learner{Contract: c, module: m, config: bytes.Clone(config), free: m.runtime.options.Workers}
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
	c, err := l.module.start(l.module.Description.ID)
	if err != nil {
		return nil, err
	}
	text, err := c.describe()
	if err == nil && !bytes.Equal(text, l.module.description) {
		err = &Fault{Plugin: l.module.Description.ID, Call: abi.ExportDescribe, Reason: Changed, Detail: "an instance describes itself differently"}
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

// Score writes a score of each row to dst: NaN where the module abstains,
// answers what its description excludes, or failed. Errors are of type *Fault.
func (l *Learner) Score(dst []float32, b *learner.Batch) error {
	if err := l.Fits(dst, b); err != nil {
		return err
	}
	if b.N == 0 {
		return nil
	}
	c, err := l.take()
	if err != nil {
		guest.Abstain(dst)
		return err
	}
	c, at, err := l.run(c, dst, b)
	if err != nil {
		guest.Abstain(dst[at:])
	}
	l.give(c, err)
	return err
}

// run scores a batch in calls that are short. It returns the instance that is
// left, nil when it failed, and the row up to which dst is scored.
func (l *Learner) run(c *instance, dst []float32, b *learner.Batch) (*instance, int, error) {
	var err error
	for at := 0; at < b.N; {
		to, size := l.Cut(b, at, c.rows, mostBytes)
		if size > abi.MaxFrame {
			guest.Abstain(dst[at : at+1])
			l.TooLarge()
			at++
			continue
		}
		begin := time.Now()
		spent, fail := c.run(dst, &l.Selection, b, at, to, size)
		if fail != nil {
			c.close()
			rows := to - at
			if f, ok := fail.(*Fault); !ok || f.Reason != Exhausted || rows == 1 {
				return nil, at, fail
			}
			// Perhaps it is honest and slow: fewer rows, in a new instance.
			l.Restarted()
			if c, err = l.start(); err != nil {
				return nil, at, err
			}
			c.rows = max(1, rows/8)
			continue
		}
		c.pace(to-at, spent, time.Since(begin))
		l.Proper(abi.ExportScore, dst[at:to])
		at = to
	}
	return c, b.N, nil
}

// take waits for a slot and returns its instance, a new one if it has none.
func (l *Learner) take() (*instance, error) {
	l.mu.Lock()
	if l.rest > 0 {
		l.rest--
		l.mu.Unlock()
		f := &Fault{Plugin: l.module.Description.ID, Reason: Resting, Detail: "after failures"}
		l.Add(f, 1)
		return nil, f
	}
	for l.free == 0 {
		l.freed.Wait()
	}
	l.free--
	var c *instance
	if n := len(l.idle); n > 0 {
		c, l.idle = l.idle[n-1], l.idle[:n-1]
	}
	if c == nil && l.lost > 0 {
		l.lost--
		l.Restarted()
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
		l.Add(err, 1)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free++
	if c != nil {
		l.idle = append(l.idle, c)
		l.fails = 0
	} else {
		l.lost++
		l.fails++
		l.rest = min(1<<min(l.fails, 20), maxRest)
	}
	l.freed.Signal()
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
