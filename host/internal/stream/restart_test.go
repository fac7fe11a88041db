package stream_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tiercel/tiercel/host/internal/stream"
)

// restart ends the server and starts it anew on the same files.
func (s *site) restart(o stream.Options) {
	s.t.Helper()
	s.Close()
	server, err := stream.StartServer(stream.ServerOptions{Dir: s.dir})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(server.Close)
	s.Server = server
	s.hub = s.open(o)
}

// firstParcel returns the number of the first parcel that a partition still holds.
func (s *site) firstParcel(partition int) uint64 {
	s.t.Helper()
	events, err := s.hub.JS.Stream(context.Background(), fmt.Sprintf("TIERCEL_EVENTS_%03d", partition))
	if err != nil {
		s.t.Fatal(err)
	}
	return events.CachedInfo().State.FirstSeq
}

// A stream that is half full is cleared before it is full; what is sent again
// after the server that knew its id was restarted is judged once all the same.
func TestSentAgainAfterPurge(t *testing.T) {
	const lines = 8000
	parts := posts(accessLog(3, lines), 200)
	o := stream.Options{Partitions: 1, MaxBytes: 600 << 10} // the log has 800 KiB
	s := newSite(t, o)
	w := s.work(o, "before")
	p := stream.NewPublisher(s.hub)
	send := func() {
		for i, part := range parts {
			about := stream.About{Batch: fmt.Sprintf("%04d", i), Source: "web", Format: "combined"}
			for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				if _, err := p.Store(context.Background(), part, about); err == nil {
					break
				} else if time.Now().After(deadline) {
					t.Fatal(err)
				}
			}
		}
	}
	send()
	want := byID(t, s.verdicts(lines))
	if first := s.firstParcel(0); first == 1 {
		t.Fatal("nothing was removed from a stream that was to be full")
	}
	w.end(t)

	s.restart(o)
	s.work(o, "after")
	p = stream.NewPublisher(s.hub)
	send()
	more := store(t, p, "more", accessLog(4, 100))
	got := byID(t, s.verdicts(lines+more.Records))
	if before := slices.DeleteFunc(slices.Clone(got), func(r row) bool { return r.ID[:4] == "more" }); !slices.Equal(before, want) {
		t.Errorf("%d verdicts on what was sent again, want the %d of before", len(before), len(want))
	}
}

// A worker that is told to end while it judges again what a dead one has
// judged leaves nothing behind that is half of it.
func TestEndedWhileResuming(t *testing.T) {
	const first, then = 30_000, 2000
	text := accessLog(5, first+then)
	parts := posts(text, 500)
	o := stream.Options{Partitions: 1}
	run := func(disturb func(*site)) []row {
		s := newSite(t, o)
		p := stream.NewPublisher(s.hub)
		w := s.work(o, "first")
		for i, part := range parts {
			if i == first/500 {
				s.verdicts(first)
				if disturb != nil {
					w.cut()
					disturb(s)
				}
			}
			store(t, p, fmt.Sprintf("%04d", i), part)
		}
		return byID(t, s.verdicts(first+then))
	}
	want := run(nil)
	got := run(func(s *site) {
		for _, after := range []time.Duration{2060, 100, 200, 300} { // the lease of the dead one lasts two seconds
			w := s.work(o, "short")
			time.Sleep(after * time.Millisecond)
			w.end(t)
		}
		s.work(o, "last")
	})
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("event %s: %+v, want %+v", got[i].ID, got[i], want[i])
		}
	}
}
