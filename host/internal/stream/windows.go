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
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tiercel/tiercel/core"
)

// When what was learnt of a partition is saved.
const (
	saveRecords = 200_000          // after that many records,
	saveEvery   = 30 * time.Second // after that time,
	saveRoom    = 4                // or after this part of the stream's room was judged: it must not fill for want of a save
)

// learnt is what a partition has learnt from its parcels up to one of them.
type learnt struct {
	Scan core.State
	Seen []byte // see seen
}

// saver saves what a partition has learnt, beside the judging of it, and
// removes what that makes needless.
type saver struct {
	hub       *Hub
	partition int
	room      int64  // of the partition's events, bytes; 0 for no bound
	saved     uint64 // parcel after which the state was last saved
	savedAt   time.Time
	records   int   // judged since then
	bytes     int64 // of them
	kept      []keptParcels
	running   chan error // tells how the save under way ended; nil for none
}

// keptParcels are those up to one whose windows were saved at a time: they stay
// for the window of duplicates.
type keptParcels struct {
	upTo uint64
	at   time.Time
}

// due reports whether it is time to save.
func (s *saver) due() bool {
	return s.records >= saveRecords || time.Since(s.savedAt) >= saveEvery || s.room > 0 && s.bytes >= s.room/saveRoom
}

// save saves what was learnt up to a parcel, unless nothing is new or a save is
// under way; state is called for a copy of it. It returns the error of the save
// before.
func (s *saver) save(parcel uint64, state func() learnt) error {
	select {
	case err := <-s.running: // never, while it is nil
		s.running = nil
		if err != nil {
			return err
		}
	default:
	}
	if s.running != nil || parcel <= s.saved {
		return nil
	}
	former := s.saved
	s.saved, s.savedAt, s.records, s.bytes = parcel, time.Now(), 0, 0
	st, running := state(), make(chan error, 1)
	s.running = running
	go func() { running <- s.put(parcel, former, &st) }()
	return nil
}

// wait waits for the save under way.
func (s *saver) wait() error {
	if s.running == nil {
		return nil
	}
	err := <-s.running
	s.running = nil
	return err
}

// put stores a state; there is one at a time.
func (s *saver) put(parcel, former uint64, st *learnt) error {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	err = gob.NewEncoder(z).Encode(st)
	if e := z.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("stream: windows: %w", err)
	}
	if _, err := s.hub.windows.PutBytes(ctx, stateName(s.partition, parcel), b.Bytes()); err != nil {
		return fmt.Errorf("stream: windows: %w", err)
	}
	if err := s.purge(ctx, parcel); err != nil {
		return err
	}
	if former != 0 {
		s.hub.windows.Delete(ctx, stateName(s.partition, former)) // one too many does no harm
	}
	return nil
}

// purge removes the parcels that no state needs any more and that are older than
// the window of duplicates: JetStream does not know the ids of parcels that are
// gone after a restart. A stream that is half full is cleared at once; what is
// sent again then is stored again, and passed over by those who judge.
func (s *saver) purge(ctx context.Context, saved uint64) error {
	s.kept = append(s.kept, keptParcels{saved, time.Now()})
	events, err := s.hub.JS.Stream(ctx, eventStream(s.partition))
	if err != nil {
		return fmt.Errorf("stream: purge: %w", err)
	}
	info := events.CachedInfo()
	upTo := uint64(0)
	for len(s.kept) > 0 && time.Since(s.kept[0].at) > info.Config.Duplicates {
		upTo, s.kept = s.kept[0].upTo, s.kept[1:]
	}
	if room := info.Config.MaxBytes; room > 0 && info.State.Bytes > uint64(room)/2 {
		upTo, s.kept = saved, nil
	}
	if upTo == 0 {
		return nil
	}
	if err := events.Purge(ctx, jetstream.WithPurgeSequence(upTo+1)); err != nil {
		return fmt.Errorf("stream: purge: %w", err)
	}
	return nil
}

// resumeTimeout bounds how long restoring may take. Without it, what asks a server
// that is killed at that moment may wait for ever.
const resumeTimeout = 30 * time.Second

// resume restores what was learnt last.
func (l *lane) resume(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, resumeTimeout)
	defer cancel()
	events, err := l.hub.JS.Stream(ctx, eventStream(l.partition))
	if err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	l.saver = saver{hub: l.hub, partition: l.partition, savedAt: time.Now(), room: events.CachedInfo().Config.MaxBytes}
	l.engine = l.worker.engine.Load()
	if l.at, err = l.hub.cursor(ctx, l.partition); err != nil {
		return err
	}
	saved, err := l.hub.saved(ctx, l.partition)
	if err != nil {
		return err
	}
	for i, parcel := range saved {
		if parcel > l.at.parcel {
			continue // of a worker that was cut off before its verdicts were stored
		}
		err := l.load(ctx, parcel)
		if err == nil {
			l.saver.saved, l.done = parcel, parcel
			for _, older := range saved[i+1:] {
				l.hub.windows.Delete(ctx, stateName(l.partition, older))
			}
			return nil
		}
		if errors.Is(err, jetstream.ErrObjectNotFound) {
			// A worker that has not noticed yet that it lost the partition has
			// replaced it meanwhile.
			return fmt.Errorf("stream: windows: %w", err)
		}
		l.worker.log.Warn("windows cannot be restored", "partition", l.partition, "parcel", parcel, "error", err)
	}
	l.scan, l.seen = l.engine.NewScan(), seen{}
	return nil
}

// load takes over a saved state.
func (l *lane) load(ctx context.Context, parcel uint64) error {
	data, err := l.hub.windows.GetBytes(ctx, stateName(l.partition, parcel))
	if err != nil {
		return err
	}
	z, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		return err
	}
	defer z.Close()
	var st learnt
	if err := gob.NewDecoder(z).Decode(&st); err != nil {
		return err
	}
	if err := l.seen.read(st.Seen); err != nil {
		return err
	}
	l.scan = l.engine.NewScan()
	return l.scan.Resume(st.Scan)
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
