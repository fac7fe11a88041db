package stream

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tiercel/tiercel/core"
)

// Bounds of the work on a partition.
const (
	rangeParcels  = 64              // parcels that one message of verdicts is about, at most
	rangeBytes    = 1 << 20         // of rows, after which it is sent
	aheadParcels  = 64              // parcels that are fetched ahead: a worker with one processor hears of the network late
	aheadBytes    = 2 * maxPayload  // of them; a message that has more would never come
	readParcels   = 16              // parcels, beside them, that have been read from the connection
	forgetEvery   = 256             // parcels, by their numbers: whoever replays them forgets the same
	finishTimeout = 8 * time.Second // for what a worker that stops still publishes and saves
)

// errFenced is why a partition ends whose verdicts another worker publishes.
var errFenced = errors.New("stream: another worker owns the partition")

// owned is a partition that this worker owns: a goroutine that judges it.
type owned struct {
	cancel context.CancelFunc
	done   chan struct{}
	given  bool // it is to be another worker's once it has ended
}

func (o *owned) ended() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

// lane judges one partition.
type lane struct {
	worker    *Worker
	hub       *Hub
	partition int
	engine    *core.Engine
	scan      *core.Scan
	seen      seen
	at        cursor // up to where the verdicts are stored
	done      uint64 // last parcel that scan and seen hold; before at while parcels are judged again
	saver     saver

	storing chan stored // tells how the range before became stored; nil for none under way
	sent    []byte      // its rows, then the room for the next ones

	parcel    Parcel
	rows      []byte
	incidents []uint64 // that changed
	counts    counts
}

// counts are of one range.
type counts struct {
	from, to                 uint64
	records, threats, unread int
	oldest                   int64
}

// start starts to judge a partition.
func (w *Worker) start(ctx context.Context, p int) {
	ctx, cancel := context.WithCancel(ctx)
	o := &owned{cancel: cancel, done: make(chan struct{})}
	w.running[p] = o
	go func() {
		defer w.wake()
		defer close(o.done)
		defer cancel()
		l := &lane{worker: w, hub: w.hub, partition: p}
		err := l.run(ctx)
		switch {
		case errors.Is(err, errFenced):
			if w.metrics != nil {
				w.metrics.fenced.Inc()
			}
			w.log.Info("partition is another worker's now", "partition", p)
		case err != nil && ctx.Err() == nil:
			w.log.Error("partition stopped, to be tried again", "partition", p, "error", err)
		}
	}()
}

// run judges until ctx ends or the partition is another worker's.
func (l *lane) run(ctx context.Context) error {
	began := time.Now()
	if err := l.resume(ctx); err != nil {
		return err
	}
	replayed := l.at.parcel - l.done
	msgs, stop, err := l.read(ctx, l.done+1)
	if err != nil {
		return err
	}
	defer stop()
	defer l.settle() // nothing of this owner is on its way once another begins
	if l.worker.metrics != nil {
		l.worker.metrics.takeovers.Inc()
	}
	told := false
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if !told && l.done >= l.at.parcel {
			told = true
			l.worker.log.Info("partition taken", "partition", l.partition, "replayed", replayed, "seconds", time.Since(began).Seconds())
		}
		select {
		case <-ctx.Done():
			return l.saveLast()
		case <-tick.C:
			if err := l.save(); err != nil {
				return err
			}
		case s := <-l.storing: // never, while it is nil
			if err := l.settled(s); err != nil {
				return err
			}
		case m, ok := <-msgs:
			if !ok {
				return errors.New("stream: the events are no longer told of")
			}
			if err := l.judgeRange(ctx, m, msgs); err != nil {
				return err
			}
		}
	}
}

// read starts to fetch the parcels from a number on, a few ahead.
func (l *lane) read(ctx context.Context, from uint64) (<-chan jetstream.Msg, func(), error) {
	consumer, err := l.hub.JS.OrderedConsumer(ctx, eventStream(l.partition), jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from,
		InactiveThreshold: time.Minute,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("stream: partition %d: %w", l.partition, err)
	}
	it, err := consumer.Messages(jetstream.PullMaxMessagesWithBytesLimit(aheadParcels, aheadBytes))
	if err != nil {
		return nil, nil, fmt.Errorf("stream: partition %d: %w", l.partition, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	out := make(chan jetstream.Msg, readParcels)
	go func() {
		defer close(out)
		for {
			m, err := it.Next()
			if err != nil {
				return
			}
			select {
			case out <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, func() { it.Stop(); cancel() }, nil
}

// judgeRange judges a parcel and those that wait behind it, and publishes their
// verdicts.
func (l *lane) judgeRange(ctx context.Context, m jetstream.Msg, more <-chan jetstream.Msg) error {
	if err := l.follow(); err != nil {
		return err
	}
	l.rows, l.incidents, l.counts = l.rows[:0], l.incidents[:0], counts{}
	for n := 0; ; {
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("stream: %w", err)
		}
		if number := meta.Sequence.Stream; number > l.done {
			if err := l.follows(ctx, number); err != nil {
				return err
			}
			replay := number <= l.at.parcel
			if !replay && l.counts.from == 0 {
				l.counts.from = number
			}
			if err := l.judge(m, replay); err != nil {
				return err
			}
			l.done = number
			// Where there are more partitions than processors, each would have one
			// for 10 ms while the network and the leases wait.
			runtime.Gosched()
			if number%forgetEvery == 0 {
				l.scan.Forget()
			}
			if !replay {
				l.counts.to = number
				n++
			}
		}
		if n >= rangeParcels || len(l.rows) >= rangeBytes || ctx.Err() != nil {
			break
		}
		if m, err = l.next(ctx, more); err != nil {
			return err
		}
		if m == nil {
			break
		}
	}
	if l.counts.to == 0 {
		return nil
	}
	return l.publish()
}

// next returns the parcel that is to be judged with those before it, nil for none:
// one that is there, or comes while the range before is still being stored, since
// this one cannot be stored sooner.
func (l *lane) next(ctx context.Context, more <-chan jetstream.Msg) (jetstream.Msg, error) {
	select {
	case m := <-more:
		return m, nil // nil where it is closed
	default:
	}
	if l.storing == nil {
		return nil, nil
	}
	select {
	case m := <-more:
		return m, nil
	case s := <-l.storing:
		return nil, l.settled(s)
	case <-ctx.Done():
		return nil, nil
	}
}

// errPurged is why a partition begins anew: parcels that it has not judged are gone.
var errPurged = errors.New("stream: another worker has saved the windows and removed parcels")

// follows looks whether a parcel is the one behind those that are done. Where
// some are missing, another worker, which has lost the partition without
// noticing or taken it, has saved the windows behind them: they hold what is
// missing.
func (l *lane) follows(ctx context.Context, number uint64) error {
	if number == l.done+1 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, resumeTimeout)
	defer cancel()
	saved, err := l.hub.saved(ctx, l.partition)
	if err != nil {
		return err
	}
	if len(saved) > 0 && saved[0] > l.done {
		return errPurged
	}
	l.worker.log.Error("parcels are missing", "partition", l.partition, "from", l.done+1, "to", number-1)
	return nil
}

// judge judges one parcel. Rows are kept unless it is judged again to restore
// the windows. One that was sent again and is stored twice is passed over.
func (l *lane) judge(m jetstream.Msg, replay bool) error {
	l.saver.bytes += int64(len(m.Data()))
	if id := m.Headers().Get(nats.MsgIdHdr); id != "" && !l.seen.add(id) {
		l.worker.log.Info("parcel was sent again", "partition", l.partition)
		return nil
	}
	if err := l.parcel.read(m.Data()); err != nil {
		l.worker.log.Error("message is passed over", "partition", l.partition, "error", err)
		return nil
	}
	about := &l.parcel.About
	parser, err := about.parser()
	if err != nil {
		l.worker.log.Error("parcel cannot be read", "partition", l.partition, "batch", about.Batch, "error", err)
		return nil
	}
	feed := l.scan.NewFeed(about.Source, 0, 0)
	b := feed.Batch()
	b.Reset()
	b.Buf = append(b.Buf, l.parcel.Records...)
	b.Records, b.Parser, b.FirstLine = len(l.parcel.Records), parser, 1
	if l.counts.oldest == 0 && !replay {
		l.counts.oldest = about.Sent
	}
	return feed.Judge(func(r *core.Result) error {
		l.saver.records += len(r.Verdicts)
		if replay {
			return nil
		}
		return l.visit(r)
	})
}

// visit keeps the rows of a parcel's verdicts.
func (l *lane) visit(r *core.Result) error {
	w := l.worker
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		switch {
		case v.Err != nil:
			l.counts.unread++
		case v.Threat:
			l.counts.records++
			l.counts.threats++
			if v.Incident != 0 && !slices.Contains(l.incidents, v.Incident) {
				l.incidents = append(l.incidents, v.Incident)
			}
		default:
			l.counts.records++
		}
		if v.Err == nil && !v.Threat && !w.options.All {
			continue
		}
		index := uint32(0)
		if k := v.Line - 1; k >= 0 && k < int64(len(l.parcel.Index)) {
			index = l.parcel.Index[k]
		}
		row := rowOf(&l.parcel.About, index, r, i, l.partition, l.engine.LearnerNames)
		if v.Threat {
			row.Example = l.scan.Example(r, i).AppendTo(nil)
		}
		if len(l.rows) > rangeBytes {
			row.trim() // the rest of a range must still fit into its message
		}
		l.rows = appendRow(l.rows, &row)
	}
	w.count(r, l.engine)
	return nil
}

// save saves what was learnt, when it is time. What is not yet stored is waited
// for: parcels may be removed whose windows are saved.
func (l *lane) save() error {
	if l.done < l.at.parcel || !l.saver.due() {
		return nil
	}
	if err := l.settle(); err != nil {
		return err
	}
	return l.saver.save(l.done, l.learnt)
}

// saveLast saves what was learnt and waits until that is done.
func (l *lane) saveLast() error {
	if err := l.settle(); err != nil {
		return err
	}
	err := l.saver.wait()
	if err != nil || l.done < l.at.parcel {
		return err // whoever is next judges again from where this one did
	}
	if err := l.saver.save(l.done, l.learnt); err != nil {
		return err
	}
	return l.saver.wait()
}

// learnt returns a copy of what was learnt.
func (l *lane) learnt() learnt { return learnt{l.scan.State(), l.seen.bytes()} }

// follow takes over a new engine between two parcels; the windows stay.
func (l *lane) follow() error {
	engine := l.worker.engine.Load()
	if engine == l.engine {
		return nil
	}
	scan := engine.NewScan()
	if err := scan.Resume(l.scan.State()); err != nil {
		return err
	}
	l.engine, l.scan = engine, scan
	return nil
}
