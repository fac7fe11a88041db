package core

import "github.com/tiercel/tiercel/core/event"

// Feed is the part of a pass that judges one source piece by piece: for logs
// that are still being written, where no verdict may wait for a whole batch.
//
//	reader.Next(feed.Batch())       or any other way to fill it
//	feed.Judge(visit)
//
// The feeds of a Scan share its windows, budget and incidents, and the memory
// of one batch: what is filled is judged before another feed's batch is. How a
// source is cut into pieces does not change the verdicts. Feeds belong to the
// goroutine of their Scan.
type Feed struct {
	pass pass
	job  *job
}

// NewFeed starts a feed of that name. line and record are how many of them were
// judged before, by a feed that this one goes on for.
func (s *Scan) NewFeed(name string, line, record int64) *Feed {
	if s.feeding == nil {
		s.feeding = newJob(s.engine)
	}
	return &Feed{pass{scan: s, sum: NewFileSummary(name), line: line, rec: record}, s.feeding}
}

// Batch returns the batch to fill before Judge.
func (f *Feed) Batch() *event.Batch { return &f.job.batch }

// Judge scores the records of the batch and calls visit with them; what visit
// is given is valid until the next batch is filled. The error is visit's.
func (f *Feed) Judge(visit func(*Result) error) error {
	f.pass.visit = visit
	f.job.prepare()
	f.pass.order(f.job)
	f.job.finish()
	return f.pass.deliver(f.job)
}

// Summary counts what became of the feed's records so far. The maps are the feed's own.
func (f *Feed) Summary() FileSummary { return f.pass.sum }

// Position returns how many lines and records were judged, those before the
// feed included.
func (f *Feed) Position() (line, record int64) { return f.pass.line, f.pass.rec }
