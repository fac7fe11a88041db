package core

import (
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
)

// Worker does the stateless part of the work on one batch at a time: for those
// who cannot use [Scan] because their workers share no memory.
//
//	Prepare        parse, encode, learners without context
//	Rows, Seen     to the Stream's Observe, which fills the context columns
//	Finish         learners with context, tiers, class
//	               then the Stream's Settle, in file order
//
// Batches of any size give the same verdicts. A Worker belongs to one
// goroutine; what it returns is valid until its next Prepare.
type Worker struct{ job *job }

// NewWorker returns a worker; its memory is reused from batch to batch.
func (e *Engine) NewWorker() *Worker { return &Worker{newJob(e)} }

// Batch returns the batch to fill before Prepare.
func (w *Worker) Batch() *event.Batch { return &w.job.batch }

// Prepare parses the batch, encodes its events and runs the learners that read
// no context.
func (w *Worker) Prepare() { w.job.prepare() }

// Seen returns what the windows of a kind need to know of the batch's events,
// one observation an event; nil when the batch has none of that kind or its
// model reads no context.
func (w *Worker) Seen(k event.Kind) []feature.Observation {
	if r := &w.job.kinds[k]; r.present && w.job.contextual(k) {
		return r.seen
	}
	return nil
}

// Rows returns the rows of a kind, one an event of the batch.
func (w *Worker) Rows(k event.Kind) *feature.Batch { return &w.job.kinds[k].rows }

// Finish runs what reads the context and the upper tiers. The verdicts are one
// an event, complete but for what a Stream settles; line and record are how
// many there were in the file before this batch.
func (w *Worker) Finish(line, record int64) []Verdict {
	w.job.line, w.job.record = line, record
	w.job.finish()
	return w.job.verdicts
}

// Explain returns the way of event i of a finished batch, nil for a record
// without verdict.
func (w *Worker) Explain(i int) *Explanation { return w.job.explain(i) }
