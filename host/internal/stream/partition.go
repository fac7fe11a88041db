package stream

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tiercel/tiercel/core"
)

// Bounds of the work on a partition.
const (
	rangeParcels  = 64      // parcels that one message of verdicts is about, at most
	rangeBytes    = 1 << 20 // of rows, after which it is sent
	aheadParcels  = 16      // parcels that are fetched ahead
	saveRecords   = 200_000 // records after which what was learnt is saved,
	saveEvery     = 30 * time.Second
	forgetEvery   = 256             // parcels, by their numbers: whoever replays them forgets the same
	finishTimeout = 8 * time.Second // for what a worker that stops still publishes and saves
)

// errFenced is why a partition ends whose verdicts another worker publishes.
var errFenced = errors.New("stream: another worker owns the partition")

// cursor says up to where a partition was judged.
type cursor struct {
	parcel  uint64 // number of the last parcel
	message uint64 // of the verdict message that says so, 0 for none
}

// cursor returns a partition's cursor. Where its last verdict message has been
// removed by age, what was saved last says it.
func (h *Hub) cursor(ctx context.Context, p int) (cursor, error) {
	s, err := h.JS.Stream(ctx, ResultsStream)
	if err != nil {
		return cursor{}, fmt.Errorf("stream: %w", err)
	}
	msg, err := s.GetLastMsgForSubject(ctx, verdictSubject(p))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		saved, err := h.saved(ctx, p)
		if err != nil || len(saved) == 0 {
			return cursor{}, err
		}
		return cursor{parcel: saved[0]}, nil
	case err != nil:
		return cursor{}, fmt.Errorf("stream: %w", err)
	}
	to, err := strconv.ParseUint(msg.Header.Get(HeaderTo), 10, 64)
	if err != nil {
		return cursor{}, fmt.Errorf("stream: message %d of %s says no %s", msg.Sequence, ResultsStream, HeaderTo)
	}
	return cursor{to, msg.Sequence}, nil
}

// saved returns after which parcels of a partition its state was saved, the
// latest first.
func (h *Hub) saved(ctx context.Context, p int) ([]uint64, error) {
	list, err := h.windows.List(ctx)
	if errors.Is(err, jetstream.ErrNoObjectsFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("stream: windows: %w", err)
	}
	var out []uint64
	for _, o := range list {
		if text, ok := strings.CutPrefix(o.Name, strconv.Itoa(p)+"/"); ok {
			if n, err := strconv.ParseUint(text, 10, 64); err == nil {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out, nil
}

func stateName(p int, parcel uint64) string { return fmt.Sprintf("%d/%d", p, parcel) }

// owned is a partition that this worker owns: a goroutine that judges it.
type owned struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func (o *owned) ended() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

func (o *owned) stop() {
	o.cancel()
	<-o.done
}

// lane judges one partition.
type lane struct {
	worker    *Worker
	hub       *Hub
	partition int
	engine    *core.Engine
	scan      *core.Scan
	at        cursor
	saved     uint64 // parcel after which the state was last saved
	saves     []save // those whose parcels are still kept
	savedAt   time.Time
	since     int // records since then

	parcel    Parcel
	rows      []byte
	incidents []uint64 // that changed
	counts    counts
}

// save is when the state after a parcel was saved.
type save struct {
	parcel uint64
	at     time.Time
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
	o := &owned{cancel, make(chan struct{})}
	w.running[p] = o
	go func() {
		defer close(o.done)
		defer cancel()
		l := &lane{worker: w, hub: w.hub, partition: p, savedAt: time.Now()}
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
	start, err := l.resume(ctx)
	if err != nil {
		return err
	}
	replayed := l.at.parcel - start
	msgs, stop, err := l.read(ctx, start+1)
	if err != nil {
		return err
	}
	defer stop()
	if l.worker.metrics != nil {
		l.worker.metrics.takeovers.Inc()
	}
	told := false
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if !told && start >= l.at.parcel {
			told = true
			l.worker.log.Info("partition taken", "partition", l.partition, "replayed", replayed, "seconds", time.Since(began).Seconds())
		}
		select {
		case <-ctx.Done():
			return l.save(true)
		case <-tick.C:
			if err := l.save(false); err != nil {
				return err
			}
		case m, ok := <-msgs:
			if !ok {
				return errors.New("stream: the events are no longer told of")
			}
			if start, err = l.judgeRange(ctx, m, msgs, start); err != nil {
				return err
			}
		}
	}
}

// resume restores what was learnt and returns the parcel after which it was saved.
func (l *lane) resume(ctx context.Context) (uint64, error) {
	l.engine = l.worker.engine.Load()
	l.scan = l.engine.NewScan()
	var err error
	if l.at, err = l.hub.cursor(ctx, l.partition); err != nil {
		return 0, err
	}
	saved, err := l.hub.saved(ctx, l.partition)
	if err != nil {
		return 0, err
	}
	for _, parcel := range saved {
		if parcel > l.at.parcel {
			continue // of a worker that was cut off before its verdicts were stored
		}
		st, err := l.load(ctx, parcel)
		if err == nil {
			err = l.scan.Resume(st)
		}
		if err == nil {
			l.saved = parcel
			return parcel, nil
		}
		l.worker.log.Warn("windows cannot be restored", "partition", l.partition, "parcel", parcel, "error", err)
	}
	return 0, nil
}

func (l *lane) load(ctx context.Context, parcel uint64) (st core.State, err error) {
	data, err := l.hub.windows.GetBytes(ctx, stateName(l.partition, parcel))
	if err != nil {
		return st, err
	}
	z, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		return st, err
	}
	defer z.Close()
	return st, gob.NewDecoder(z).Decode(&st)
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
	it, err := consumer.Messages(jetstream.PullMaxMessages(aheadParcels))
	if err != nil {
		return nil, nil, fmt.Errorf("stream: partition %d: %w", l.partition, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	out := make(chan jetstream.Msg, aheadParcels)
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
// verdicts. done is the last parcel that the windows hold; it returns the new one.
func (l *lane) judgeRange(ctx context.Context, m jetstream.Msg, more <-chan jetstream.Msg, done uint64) (uint64, error) {
	if err := l.follow(); err != nil {
		return done, err
	}
	l.rows, l.incidents, l.counts = l.rows[:0], l.incidents[:0], counts{}
	for n := 0; ; {
		meta, err := m.Metadata()
		if err != nil {
			return done, fmt.Errorf("stream: %w", err)
		}
		if number := meta.Sequence.Stream; number > done {
			replay := number <= l.at.parcel
			if !replay && l.counts.from == 0 {
				l.counts.from = number
			}
			if err := l.judge(m, replay); err != nil {
				return done, err
			}
			done = number
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
		var ok bool
		select {
		case m, ok = <-more:
		default:
		}
		if !ok {
			break
		}
	}
	if l.counts.to == 0 {
		return done, nil
	}
	return done, l.publish()
}

// judge judges one parcel. Rows are kept unless it was judged before.
func (l *lane) judge(m jetstream.Msg, replay bool) error {
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
		l.since += len(r.Verdicts)
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
		var err error
		if l.rows, err = appendRow(l.rows, &row); err != nil {
			return fmt.Errorf("stream: row: %w", err)
		}
	}
	w.count(r, l.engine)
	return nil
}

// publish stores the incidents that changed, then the verdicts, which move the
// cursor. What an incident row says does not depend on who says it nor on how
// often, so the verdicts alone are fenced.
func (l *lane) publish() error {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	if rows := l.incidentRows(); len(rows) > 0 {
		msg := nats.NewMsg(incidentSubject(l.partition))
		msg.Data = rows
		id := fmt.Sprintf("i%d.%d.%d", l.partition, l.counts.from, l.counts.to)
		if _, err := l.hub.JS.PublishMsg(ctx, msg, jetstream.WithMsgID(id)); err != nil {
			return fmt.Errorf("stream: incidents: %w", err)
		}
	}
	msg := nats.NewMsg(verdictSubject(l.partition))
	msg.Data = l.rows
	c := &l.counts
	msg.Header.Set(HeaderFrom, strconv.FormatUint(c.from, 10))
	msg.Header.Set(HeaderTo, strconv.FormatUint(c.to, 10))
	msg.Header.Set(HeaderRecords, strconv.Itoa(c.records))
	msg.Header.Set(HeaderThreats, strconv.Itoa(c.threats))
	msg.Header.Set(HeaderUnread, strconv.Itoa(c.unread))
	msg.Header.Set(HeaderOldest, strconv.FormatInt(c.oldest, 10))
	ack, err := l.hub.JS.PublishMsg(ctx, msg, jetstream.WithExpectLastSequencePerSubject(l.at.message))
	var api *jetstream.APIError
	if errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		return errFenced
	}
	if err != nil {
		return fmt.Errorf("stream: verdicts: %w", err)
	}
	l.at = cursor{c.to, ack.Sequence}
	if m := l.worker.metrics; m != nil {
		m.latency.Observe(time.Since(time.Unix(0, c.oldest)).Seconds())
	}
	return l.save(false)
}

func (l *lane) incidentRows() []byte {
	var rows []byte
	for _, id := range l.incidents {
		in, ok := l.scan.Incident(id)
		if !ok {
			continue
		}
		row := incidentRow(&in, l.partition)
		if len(rows) > rangeBytes {
			row.trim()
		}
		var err error
		if rows, err = appendRow(rows, &row); err != nil {
			l.worker.log.Error("incident", "error", err)
		}
	}
	return rows
}

// save saves what was learnt up to the cursor, when it is time or forced, and
// removes what that makes needless: older states and the parcels.
func (l *lane) save(force bool) error {
	if l.at.parcel <= l.saved || !force && l.since < saveRecords && time.Since(l.savedAt) < saveEvery {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	err = gob.NewEncoder(z).Encode(l.scan.State())
	if e := z.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("stream: windows: %w", err)
	}
	if _, err := l.hub.windows.PutBytes(ctx, stateName(l.partition, l.at.parcel), b.Bytes()); err != nil {
		return fmt.Errorf("stream: windows: %w", err)
	}
	former := l.saved
	l.saved, l.savedAt, l.since = l.at.parcel, time.Now(), 0
	if err := l.purge(ctx); err != nil {
		return err
	}
	if former != 0 {
		l.hub.windows.Delete(ctx, stateName(l.partition, former)) // one too many does no harm
	}
	return nil
}

// purge removes the parcels that no state needs any more and that are older than
// the window of duplicates: the ids of parcels that are gone are not known after
// a restart of the server, and what is sent again would be stored again. A
// stream that is half full is cleared without that care.
func (l *lane) purge(ctx context.Context) error {
	l.saves = append(l.saves, save{l.saved, time.Now()})
	s, err := l.hub.JS.Stream(ctx, eventStream(l.partition))
	if err != nil {
		return fmt.Errorf("stream: purge: %w", err)
	}
	info := s.CachedInfo()
	upTo := uint64(0)
	for len(l.saves) > 0 && time.Since(l.saves[0].at) > info.Config.Duplicates {
		upTo, l.saves = l.saves[0].parcel, l.saves[1:]
	}
	if room := info.Config.MaxBytes; room > 0 && info.State.Bytes > uint64(room)/2 {
		upTo, l.saves = l.saved, nil
	}
	if upTo == 0 {
		return nil
	}
	if err := s.Purge(ctx, jetstream.WithPurgeSequence(upTo+1)); err != nil {
		return fmt.Errorf("stream: purge: %w", err)
	}
	return nil
}

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
