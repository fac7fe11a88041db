// Package sink carries verdicts and incidents out of the streams: to a file,
// standard output, a webhook, a NATS subject, or a SIEM by syslog and CEF.
//
// Each sink has a durable consumer of its own, whose place moves only after
// the sink has said that what it was given is safe. A sink that is down holds
// up nobody else; what waits for it waits in the stream.
package sink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tiercel/tiercel/host/internal/stream"
)

// Batch is what a sink is given at once: one message of the stream.
type Batch struct {
	Stream   int64  // when the stream was made: another one starts to count anew
	Sequence uint64 // of the message; the same one may come again, none is left out
	Rows     []byte // NDJSON, see stream.Row
}

// Sink takes batches, one at a time and in order.
type Sink interface {
	// Write returns nil once the batch is safe. After an error the same batch
	// is given again.
	Write(ctx context.Context, b Batch) error
	Close() error
}

// What a sink is given.
const (
	Verdicts  = "verdicts"
	Incidents = "incidents"
)

// Times of a sink.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 30 * time.Second
	writeLimit = 30 * time.Second // one attempt
	ackWait    = 5 * time.Second  // after which a message whose process died comes again; a living one asks for more time
)

// Runner gives the rows of the stream to a sink.
type Runner struct {
	Name    string
	What    string // Verdicts or Incidents
	Sink    Sink
	Hub     *stream.Hub
	Log     *slog.Logger
	Metrics *Metrics

	written uint64 // number of the last message that is safe
}

// Run runs until ctx ends; a batch under way is given up then, and comes again.
func (r *Runner) Run(ctx context.Context) error {
	return stream.Again(ctx, r.Log, "sink "+r.Name, r.run)
}

func (r *Runner) run(ctx context.Context) error {
	subject := stream.VerdictSubjects
	if r.What == Incidents {
		subject = stream.IncidentSubjects
	}
	s, err := r.Hub.JS.Stream(ctx, stream.ResultsStream)
	if err != nil {
		return fmt.Errorf("sink %s: %w", r.Name, err)
	}
	made := s.CachedInfo().Created.UnixNano()
	c, err := r.Hub.JS.CreateOrUpdateConsumer(ctx, stream.ResultsStream, jetstream.ConsumerConfig{
		Durable: "sink-" + r.Name, FilterSubject: subject, AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: ackWait, MaxAckPending: 1, MaxDeliver: -1,
	})
	if err != nil {
		return fmt.Errorf("sink %s: %w", r.Name, err)
	}
	it, err := c.Messages(jetstream.PullMaxMessages(1))
	if err != nil {
		return fmt.Errorf("sink %s: %w", r.Name, err)
	}
	defer it.Stop()
	for {
		m, err := it.Next(jetstream.NextContext(ctx))
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, jetstream.ErrMsgIteratorClosed):
			return fmt.Errorf("sink %s: %w", r.Name, err)
		case err != nil:
			r.Log.Warn("sink waits", "sink", r.Name, "error", err)
			if !sleep(ctx, firstPause) {
				return nil
			}
			continue
		}
		if !r.deliver(ctx, m, made) {
			return nil
		}
	}
}

// deliver writes a message until it is safe and says so; false when ctx has
// ended. Where the stream does not hear of it, the message comes again, and is
// not written again by this process.
func (r *Runner) deliver(ctx context.Context, m jetstream.Msg, made int64) bool {
	meta, err := m.Metadata()
	if err != nil {
		return true
	}
	b := Batch{made, meta.Sequence.Stream, m.Data()}
	if b.Sequence > r.written && !r.write(ctx, m, b) {
		return false
	}
	r.written = b.Sequence
	attempt, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	if err := m.DoubleAck(attempt); err != nil && ctx.Err() == nil {
		r.Log.Warn("the stream does not hear how far a sink is", "sink", r.Name, "error", err)
	}
	return ctx.Err() == nil
}

// write writes a batch until it is safe; false when ctx has ended.
func (r *Runner) write(ctx context.Context, m jetstream.Msg, b Batch) bool {
	defer keepWaiting(m)()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		attempt, cancel := context.WithTimeout(ctx, writeLimit)
		err := r.Sink.Write(attempt, b)
		cancel()
		if err == nil {
			r.Metrics.wrote(r.Name, b.Rows)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		r.Metrics.failed(r.Name)
		r.Log.Warn("sink failed, to be tried again", "sink", r.Name, "error", err, "pause", pause.String())
		if !sleep(ctx, pause) {
			return false
		}
	}
}

// keepWaiting asks for more time for a message until it is told to stop.
func keepWaiting(m jetstream.Msg) (stop func()) {
	done := make(chan struct{})
	go func() {
		t := time.NewTicker(ackWait / 3)
		defer t.Stop()
		for {
			select {
			case <-done:
				return
			case <-t.C:
				m.InProgress()
			}
		}
	}()
	return func() { close(done) }
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
