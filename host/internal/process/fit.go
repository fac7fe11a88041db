package process

import (
	"bytes"
	"context"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/plugins/abi"
	pb "github.com/tiercel/tiercel/plugins/learnerpb"
)

// Fit has the plugin learn from labelled rows, of which there must be no more
// than one frame holds: labels has one number a row, 1 a threat and 0 none.
// What was learnt is kept here too, so that every process of the learner has
// it, those that replace others included. Errors are of type *Fault, but for
// rows that do not fit.
func (l *Learner) Fit(ctx context.Context, b *learner.Batch, labels []float32) error {
	if err := l.Fits(labels, b); err != nil || b.N == 0 {
		return err
	}
	size := l.Selection.Size(b, 0, b.N)
	if b.N > abi.MaxRows || size > abi.MaxFrame {
		return l.process.fault(callFit, guest.Oversized, "more rows than one frame holds")
	}
	return l.learning(ctx, func(c *instance) error {
		request := &pb.FitRequest{Frame: make([]byte, size), Labels: make([]byte, 4*b.N)}
		l.Selection.Encode(request.Frame, b, 0, b.N)
		abi.PutScores(request.Labels, labels)
		if err := c.call(ctx, callFit, func(ctx context.Context) (int32, string, error) {
			r, err := c.client.Fit(ctx, request)
			return r.GetStatus(), r.GetMessage(), err
		}); err != nil {
			return err
		}
		return l.snapshot(ctx, c)
	})
}

// Snapshot returns what was learnt, nil if nothing was.
func (l *Learner) Snapshot() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.state)
}

// Restore replaces what was learnt by what Snapshot returned, then or in
// another run. Errors are of type *Fault.
func (l *Learner) Restore(ctx context.Context, state []byte) error {
	return l.learning(ctx, func(c *instance) error {
		if err := c.restore(ctx, state); err != nil {
			return err
		}
		c.epoch = l.learnt(state)
		return nil
	})
}

func (l *Learner) learning(ctx context.Context, do func(*instance) error) error {
	if !l.process.fits {
		return l.process.fault(callFit, guest.Refused, "it does not learn")
	}
	return l.with(ctx, do, func() {})
}

// snapshot takes over what a process has learnt.
func (l *Learner) snapshot(ctx context.Context, c *instance) error {
	var state []byte
	err := c.call(ctx, callSnapshot, func(ctx context.Context) (int32, string, error) {
		r, err := c.client.Snapshot(ctx, &pb.SnapshotRequest{})
		state = r.GetState()
		return r.GetStatus(), r.GetMessage(), err
	})
	if err == nil && len(state) > pb.MaxState {
		err = c.fault(callSnapshot, guest.Length, "a state larger than 16 MiB")
	}
	if err == nil {
		c.epoch = l.learnt(state)
	}
	return err
}

// learnt keeps a state and returns its number.
func (l *Learner) learnt(state []byte) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = bytes.Clone(state)
	l.epoch++
	return l.epoch
}

// update gives a process what was learnt since it was asked last.
func (l *Learner) update(ctx context.Context, c *instance) error {
	l.mu.Lock()
	state, epoch := l.state, l.epoch
	l.mu.Unlock()
	if c.epoch == epoch {
		return nil
	}
	if err := c.restore(ctx, state); err != nil {
		return err
	}
	c.epoch = epoch
	return nil
}

func (c *instance) restore(ctx context.Context, state []byte) error {
	return c.call(ctx, callRestore, func(ctx context.Context) (int32, string, error) {
		r, err := c.client.Restore(ctx, &pb.RestoreRequest{State: state})
		return r.GetStatus(), r.GetMessage(), err
	})
}
