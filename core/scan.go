package core

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/event"
)

// Scan is one ordered pass over one or several files: a Stream and the workers
// that it orders, as goroutines. It is used by one goroutine.
type Scan struct {
	engine  *Engine
	stream  *Stream
	feeding *job // of the feeds
}

// NewScan starts a pass.
func (e *Engine) NewScan() *Scan { return &Scan{engine: e, stream: NewStream(e.options)} }

// Incidents returns the incidents so far, worst first.
func (s *Scan) Incidents() []Incident { return s.stream.Incidents() }

// NumIncidents returns how many there are.
func (s *Scan) NumIncidents() int { return s.stream.NumIncidents() }

// Drift says from where on the records are unlike those that the models know;
// see Stream.Drift.
func (s *Scan) Drift() adapt.Since { return s.stream.Drift() }

// Strange reports whether the model does not know the site, see [Stream.Strange].
func (s *Scan) Strange() bool { return s.stream.Strange() }

// FileSummary counts what became of one file's records.
type FileSummary struct {
	Name    string
	Lines   int64 // physical lines
	Records int64 // data records
	Unread  int64 // records that could not be read
	Threats int64
	Reasons map[string]int64 // why records could not be read
	// FirstUnread holds the first line of each reason.
	FirstUnread map[string]int64
	Skips       Skips // zero without Options.Skip; a Scan counts them, a Stream does not
}

// NewFileSummary returns an empty summary of a file of that name.
func NewFileSummary(name string) FileSummary {
	return FileSummary{Name: name, Reasons: map[string]int64{}, FirstUnread: map[string]int64{}}
}

// unread counts a record that could not be read.
func (f *FileSummary) unread(v *Verdict) {
	f.Unread++
	reason := v.Err.Error()
	if f.Reasons[reason]++; f.Reasons[reason] == 1 {
		f.FirstUnread[reason] = v.Line
	}
}

// File scores the records of one file, in order, and calls visit with each
// batch; what visit is given is valid until it returns. The error is visit's,
// the context's, or the reader's; the records before it have been visited.
func (s *Scan) File(ctx context.Context, name string, r *event.Reader, visit func(*Result) error) (FileSummary, error) {
	pass := &pass{scan: s, visit: visit, sum: NewFileSummary(name)}
	var err error
	if s.engine.options.Workers == 1 {
		err = pass.alone(ctx, r)
	} else {
		err = pass.together(ctx, r)
	}
	return pass.sum, err
}

// pass is the work on one file.
type pass struct {
	worst []int // scratch: rows of the batch that became the worst of their incidents
	scan  *Scan
	visit func(*Result) error
	sum   FileSummary
	line  int64
	rec   int64
}

// alone does all steps on the caller's goroutine.
func (p *pass) alone(ctx context.Context, r *event.Reader) error {
	j := newJob(p.scan.engine)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		j.batch.Reset()
		if err := r.Next(&j.batch); err != nil {
			return ended(err)
		}
		j.prepare()
		p.order(j)
		j.finish()
		if err := p.deliver(j); err != nil {
			return err
		}
	}
}

// together spreads the unordered steps over workers. Jobs travel from the
// reader through two ordered queues; a worker takes finishing work first, so
// that the pipeline drains before it fills.
func (p *pass) together(ctx context.Context, r *event.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := p.scan.engine.options.Workers
	depth := workers + 2 // one a worker, one being read, one being delivered
	free := make(chan *job, depth)
	for range depth {
		free <- newJob(p.scan.engine)
	}
	toPrepare, toFinish := make(chan *job, depth), make(chan *job, depth)
	inOrder, toDeliver := make(chan *job, depth), make(chan *job, depth)

	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()

	var readErr error
	group.Go(func() { // reads
		defer close(inOrder)
		defer close(toPrepare)
		for {
			var j *job
			select {
			case j = <-free:
			case <-ctx.Done():
				return
			}
			j.batch.Reset()
			if readErr = r.Next(&j.batch); readErr != nil {
				return
			}
			inOrder <- j
			toPrepare <- j
		}
	})
	group.Go(func() { // runs the windows, in file order
		defer close(toDeliver)
		defer close(toFinish)
		for j := range inOrder {
			<-j.prepared
			p.order(j)
			toDeliver <- j
			toFinish <- j
		}
	})
	for range workers {
		group.Go(func() { work(toPrepare, toFinish) })
	}
	var err error
	for j := range toDeliver {
		<-j.finished
		if err == nil {
			if err = p.deliver(j); err == nil {
				err = ctx.Err()
			}
			if err != nil {
				cancel()
			}
		}
		free <- j
	}
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return ended(readErr)
}

// work runs the unordered steps until both queues are closed.
func work(prepare, finish <-chan *job) {
	for prepare != nil || finish != nil {
		select {
		case j, ok := <-finish:
			if !ok {
				finish = nil
				continue
			}
			j.finish()
			j.finished <- struct{}{}
			continue
		default:
		}
		select {
		case j, ok := <-finish:
			if !ok {
				finish = nil
				continue
			}
			j.finish()
			j.finished <- struct{}{}
		case j, ok := <-prepare:
			if !ok {
				prepare = nil
				continue
			}
			j.prepare()
			j.prepared <- struct{}{}
		}
	}
}

// order numbers the batch and runs the windows.
func (p *pass) order(j *job) {
	j.line, j.record = p.line, p.rec
	p.line += int64(j.batch.Lines)
	p.rec += int64(len(j.batch.Events))
	j.observe(p.scan.stream)
}

// deliver decides what depends on order and hands the batch to the user.
func (p *pass) deliver(j *job) error {
	s := p.scan.stream
	p.sum.Lines += int64(j.batch.Lines)
	p.worst = p.worst[:0]
	for i := range j.verdicts {
		raw := j.batch.Bytes(j.batch.Events[i].Raw)
		if _, worst := s.Settle(&j.verdicts[i], &p.sum, raw); worst && !j.engine.options.Terse {
			p.worst = append(p.worst, i)
		}
		p.sum.Skips.count(j, &j.verdicts[i])
	}
	for _, i := range p.worst {
		v := &j.verdicts[i]
		if in := s.incidents.numberedAs(v.Incident); in.Line == v.Line { // not outdone by a later one
			in.Why = why(j, i)
		}
	}
	return p.visit(&Result{Batch: &j.batch, Verdicts: j.verdicts, job: j})
}

func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
