package process

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/sony/gobreaker/v2"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/plugins/abi"
)

// Learner is a process configured for one schema.
//
// A fault in a batch makes its remaining scores NaN and is returned; the
// process that failed is killed. Its replacement is started by the next batch,
// which waits for it and for a pause before it, so that what is scored does not
// depend on how fast a process starts. After MaxFailures in a row the plugin
// rests, and batches pass it by. A status is an answer, not a failure.
type Learner struct {
	*guest.Contract
	process *Process
	config  []byte
	slots   chan *instance // one a worker; nil where no process runs
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]

	mu    sync.Mutex
	pause backoff.ExponentialBackOff
	until time.Time // no process is started before
	state []byte    // what was learnt last: see Fit
	epoch int       // counts states
}

// Bounds of a call.
const (
	MostRows  = 16384   // of a call: 213 us of work for a learner of 13 ns a row, so that the crossing is small beside it
	mostBytes = 4 << 20 // of a frame with more than one row
	checkRows = 32      // rows that are scored twice now and then
)

var _ learner.Learner = (*Learner)(nil)

// Learner configures the plugin for a schema. config is what the plugin's user
// wrote for it; nil for none. One process is configured at once, so that one
// that cannot be is found here. Errors are of type *Fault.
func (p *Process) Learner(s *feature.Schema, config []byte) (*Learner, error) {
	c, err := guest.New("process", &p.Description, s, config)
	if err != nil {
		return nil, err
	}
	l := &Learner{
		Contract: c, process: p, config: bytes.Clone(config), slots: make(chan *instance, p.options.Workers),
		breaker: gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
			Timeout:      p.options.Rest,
			ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= MaxFailures },
			IsSuccessful: func(err error) bool { return !fatal(err) },
		}),
		pause: backoff.ExponentialBackOff{
			InitialInterval: p.options.Pause, MaxInterval: max(MaxPause, p.options.Pause),
			Multiplier: 2, RandomizationFactor: 0.5,
		},
	}
	l.pause.Reset()
	first, err := l.start()
	if err != nil {
		return nil, err
	}
	l.slots <- first
	for range p.options.Workers - 1 {
		l.slots <- nil
	}
	return l, nil
}

// fatal says whether the process is done for after an error.
func fatal(err error) bool {
	f, ok := errors.AsType[*guest.Fault](err)
	return err != nil && !(ok && f.Reason == guest.Status)
}

// start returns a process that is configured and knows what was learnt.
func (l *Learner) start() (*instance, error) {
	ctx := context.Background()
	c, err := l.process.ready(ctx)
	if err != nil {
		return nil, err
	}
	if err = c.configure(ctx, l.config); err == nil {
		err = l.update(ctx, c)
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// Score writes a score of each row to dst: NaN where the plugin abstains,
// answers what its description excludes, or failed. Errors are of type *Fault.
func (l *Learner) Score(dst []float32, b *learner.Batch) error {
	if err := l.Fits(dst, b); err != nil || b.N == 0 {
		return err
	}
	return l.with(context.Background(), func(c *instance) error {
		at, err := l.run(c, dst, b)
		guest.Abstain(dst[at:])
		return err
	}, func() { guest.Abstain(dst) })
}

// with has do use a process. If there is none to be had it calls without.
func (l *Learner) with(ctx context.Context, do func(*instance) error, without func()) error {
	done, err := l.breaker.Allow()
	if err != nil {
		without()
		err = l.process.fault("", guest.Resting, "after "+strconv.Itoa(MaxFailures)+" failures in a row")
		l.Add(err, 1)
		return err
	}
	c := <-l.slots
	if c, err = l.working(ctx, c); err != nil {
		without()
	} else {
		err = do(c)
	}
	if fatal(err) {
		if c != nil {
			c.run.kill() // whatever it was, its next answer cannot be trusted
			c.close()
			c = nil
		}
		l.delay()
	} else {
		l.recover()
	}
	if err != nil {
		l.Add(err, 1)
	}
	l.slots <- c
	done(err)
	return err
}

// working returns the process of a slot, a new one if it has ended.
func (l *Learner) working(ctx context.Context, c *instance) (*instance, error) {
	if c != nil && !c.run.alive() {
		l.Add(c.fault("", guest.Crashed, "between calls: "+c.run.cause()), 1)
		c.close()
		c = nil
		l.delay()
	}
	if c != nil {
		return c, l.update(ctx, c)
	}
	l.mu.Lock()
	wait, failed := time.Until(l.until), !l.until.IsZero()
	l.mu.Unlock()
	time.Sleep(wait)
	if failed {
		l.Restarted()
	}
	return l.start()
}

// delay lengthens the pause before the next start.
func (l *Learner) delay() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = time.Now().Add(l.pause.NextBackOff())
}

// recover makes the pause short again.
func (l *Learner) recover() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pause.Reset()
}

// run scores a batch in calls of bounded size. It returns the row up to which
// dst is scored.
func (l *Learner) run(c *instance, dst []float32, b *learner.Batch) (int, error) {
	for at := 0; at < b.N; {
		to, size := l.Cut(b, at, MostRows, mostBytes)
		if size > abi.MaxFrame {
			guest.Abstain(dst[at : at+1])
			l.TooLarge()
			at++
			continue
		}
		if err := c.score(dst, &l.Selection, b, at, to, size); err != nil {
			return at, err
		}
		if c.calls&(c.calls-1) == 0 { // the 1st, 2nd, 4th, 8th ...
			if err := l.again(c, dst, b, at, min(to, at+checkRows)); err != nil {
				return at, err
			}
		}
		l.Proper(callScore, dst[at:to])
		at = to
	}
	return b.N, nil
}

// again scores rows a second time and tells if the scores differ. The first
// ones count.
func (l *Learner) again(c *instance, dst []float32, b *learner.Batch, from, to int) error {
	first := append([]float32(nil), dst[from:to]...)
	calls := c.calls
	err := c.score(dst, &l.Selection, b, from, to, l.Selection.Size(b, from, to))
	c.calls = calls
	differ := 0
	for i, f := range first {
		if math.Float32bits(f) != math.Float32bits(dst[from+i]) && (f == f || dst[from+i] == dst[from+i]) {
			differ++
		}
	}
	copy(dst[from:to], first)
	if err == nil && differ > 0 {
		l.Add(c.fault(callScore, guest.Unrepeated, "the same rows scored differently in another batch"), differ)
	}
	return err
}

// Faults returns what went wrong so far, by reason.
func (l *Learner) Faults() []guest.Count {
	return append(l.Contract.Faults(), l.process.tally.Counts()...)
}

// Close ends the processes. Nobody may be scoring.
func (l *Learner) Close() {
	for range cap(l.slots) {
		if c := <-l.slots; c != nil {
			c.close()
		}
	}
	for range cap(l.slots) {
		l.slots <- nil
	}
}
