package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Times of the leases. A partition whose worker was killed is taken over after
// leaseTTL and what the replay takes.
const (
	beatEvery = 500 * time.Millisecond
	leaseTTL  = 2 * time.Second // without a change of its heartbeat a worker counts as gone
)

// Keys of the lease bucket.
const (
	workerKey    = "worker."    // + id: how often it has beaten
	partitionKey = "partition." // + number: the id of its owner
)

// roster is what a worker knows of the others: when each heartbeat last
// changed, by its own steady clock.
type roster struct {
	self   string
	beats  map[string]time.Time
	owners map[int]owner
}

// owner is who holds a partition's lease, and the revision that says so.
type owner struct {
	worker   string
	revision uint64
}

// observe takes in a change of the bucket.
func (r *roster) observe(e jetstream.KeyValueEntry, now time.Time) {
	gone := e.Operation() != jetstream.KeyValuePut
	if id, ok := strings.CutPrefix(e.Key(), workerKey); ok {
		if gone {
			delete(r.beats, id)
		} else {
			r.beats[id] = now
		}
	}
	if text, ok := strings.CutPrefix(e.Key(), partitionKey); ok {
		if p, err := strconv.Atoi(text); err == nil {
			r.owners[p] = owner{string(e.Value()), e.Revision()}
			if gone {
				r.owners[p] = owner{"", e.Revision()}
			}
		}
	}
}

// living returns the workers that live, this one among them, in order.
func (r *roster) living(now time.Time) []string {
	ids := []string{r.self}
	for id, at := range r.beats {
		if id != r.self && now.Sub(at) < leaseTTL {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// wanted reports whether this worker is the one to own a partition: the
// partitions go round among those that live.
func (r *roster) wanted(p int, living []string) bool {
	return living[p%len(living)] == r.self
}

// free reports whether nobody who lives holds a partition, and the revision to
// replace, 0 for none.
func (r *roster) free(p int, living []string) (revision uint64, ok bool) {
	o := r.owners[p]
	return o.revision, o.worker == "" || o.worker == r.self || !slices.Contains(living, o.worker)
}

// keepLeases beats, follows the others, and starts and stops partitions, until
// ctx ends. It returns after it has given all leases back.
func (w *Worker) keepLeases(ctx context.Context) error {
	watch, err := w.hub.leases.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("stream: leases: %w", err)
	}
	defer func() { watch.Stop() }()
	heard := time.Now() // when the watch last told something: this worker's own beats at least
	r := &roster{self: w.id, beats: map[string]time.Time{}, owners: map[int]owner{}}
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	w.beat(ctx)
	known := false // what the bucket held at the start is known
	for {
		select {
		case <-ctx.Done():
			w.giveBack()
			return nil
		case e, ok := <-watch.Updates():
			switch {
			case !ok:
				w.giveBack()
				if ctx.Err() != nil {
					return nil
				}
				return errors.New("stream: the leases are no longer told of")
			case e == nil:
				known, heard = true, time.Now()
				w.assign(ctx, r)
			default:
				heard = time.Now()
				r.observe(e, heard)
			}
		case <-beat.C:
			w.beat(ctx)
			if time.Since(heard) > 2*leaseTTL {
				if again, err := w.hub.leases.WatchAll(ctx); err == nil {
					watch.Stop()
					watch, heard = again, time.Now()
				}
			}
			if known {
				w.assign(ctx, r)
			}
		case <-w.ends:
			w.assign(ctx, r)
		}
	}
}

// wake has the leases looked at: a partition has ended.
func (w *Worker) wake() {
	select {
	case w.ends <- struct{}{}:
	default: // they will be
	}
}

// beat changes this worker's heartbeat.
func (w *Worker) beat(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, beatEvery)
	defer cancel()
	w.beats++
	if _, err := w.hub.leases.PutString(ctx, workerKey+w.id, strconv.FormatUint(w.beats, 10)); err != nil && ctx.Err() == nil {
		w.log.Warn("heartbeat", "error", err)
	}
}

// assign starts the partitions that this worker is to own and may, and ends
// those that it is not to own. It does not wait for them: a worker that is silent
// counts as dead.
func (w *Worker) assign(ctx context.Context, r *roster) {
	living := r.living(time.Now())
	for p := range w.hub.options.Partitions {
		running := w.running[p]
		if running != nil && running.ended() {
			if running.given {
				w.release(p)
			}
			w.running[p], running = nil, nil
		}
		switch want := r.wanted(p, living); {
		case want && running == nil:
			revision, ok := r.free(p, living)
			if !ok {
				continue // its owner sees this worker too, and will give it back
			}
			revision, err := w.hub.leases.Update(ctx, partitionKey+strconv.Itoa(p), []byte(w.id), revision)
			if err != nil {
				w.look(ctx, r, p)
				continue
			}
			r.owners[p] = owner{w.id, revision}
			w.start(ctx, p)
		case !want && running != nil && !running.given:
			running.given = true
			running.cancel()
		}
	}
	w.metrics.Owned(w.owned())
}

// look reads who holds a partition: what was known of it was not true.
func (w *Worker) look(ctx context.Context, r *roster, p int) {
	ctx, cancel := context.WithTimeout(ctx, beatEvery)
	defer cancel()
	e, err := w.hub.leases.Get(ctx, partitionKey+strconv.Itoa(p))
	switch {
	case err == nil:
		r.owners[p] = owner{string(e.Value()), e.Revision()}
	case errors.Is(err, jetstream.ErrKeyNotFound) && r.owners[p].worker != "":
		r.owners[p] = owner{} // a marker of its end, if there is one, is told by the watch
	}
}

// release gives a lease back, if it is still this worker's.
func (w *Worker) release(p int) {
	ctx, cancel := context.WithTimeout(context.Background(), beatEvery)
	defer cancel()
	key := partitionKey + strconv.Itoa(p)
	if e, err := w.hub.leases.Get(ctx, key); err == nil && string(e.Value()) == w.id {
		w.hub.leases.Delete(ctx, key, jetstream.LastRevision(e.Revision())) // who else has it now keeps it
	}
}

// giveBack stops all partitions and tells the others.
func (w *Worker) giveBack() {
	for _, running := range w.running {
		if running != nil {
			running.cancel()
		}
	}
	for p, running := range w.running {
		if running != nil {
			<-running.done
			w.running[p] = nil
			w.release(p)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), beatEvery)
	defer cancel()
	w.hub.leases.Delete(ctx, workerKey+w.id)
}
