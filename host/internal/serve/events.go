package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tiercel/tiercel/host/internal/stream"
)

// Of the streams of incidents.
const (
	recentIncidents = time.Hour        // that a new viewer is shown first
	stillThere      = 15 * time.Second // between two signs of life
)

func contextFor(r *http.Request, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.Context(), d)
}

// told is what a stream of events tells of: what its events are called, where
// they come from, and which rows of there they are.
type told struct {
	name, subjects string
	holds          []byte // what a row of them contains; quotes in texts are escaped, so no text can
}

// toldOf returns what the query's what asks for.
func toldOf(what string) (told, bool) {
	switch what {
	case "", "incidents":
		return told{"incident", stream.IncidentSubjects, nil}, true
	case "threats":
		return told{"threat", stream.VerdictSubjects, []byte(`"tiercel.threat":true`)}, true
	}
	return told{}, false
}

// events streams the incidents, or the threats that they are made of, as
// server-sent events (WHATWG HTML, section 9.2), each a stream.Row: those of the
// last hour, or what came after the Last-Event-ID, then what comes.
func (s *Server) events(w http.ResponseWriter, r *http.Request, _ caller) {
	what, ok := toldOf(r.URL.Query().Get("what"))
	if !ok {
		refuse(w, http.StatusBadRequest, "what: want incidents or threats")
		return
	}
	if !s.viewers.TryAcquire(1) {
		later(w, http.StatusTooManyRequests, 10, "limits.viewers streams are open")
		return
	}
	defer s.viewers.Release(1)
	s.metrics.viewers.Inc()
	defer s.metrics.viewers.Dec()
	c := jetstream.OrderedConsumerConfig{FilterSubjects: []string{what.subjects}, InactiveThreshold: time.Minute}
	if last, err := strconv.ParseUint(r.Header.Get("Last-Event-ID"), 10, 64); err == nil {
		c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, last+1
	} else {
		from := time.Now().Add(-recentIncidents)
		c.DeliverPolicy, c.OptStartTime = jetstream.DeliverByStartTimePolicy, &from
	}
	consumer, err := s.hub.JS.OrderedConsumer(r.Context(), stream.ResultsStream, c)
	if err != nil {
		s.fail(w, fmt.Errorf("%w: %w", stream.ErrUnavailable, err))
		return
	}
	it, err := consumer.Messages(jetstream.PullMaxMessages(16))
	if err != nil {
		s.fail(w, fmt.Errorf("%w: %w", stream.ErrUnavailable, err))
		return
	}
	defer it.Stop()
	control := http.NewResponseController(w)
	control.SetReadDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	var b bytes.Buffer
	b.WriteString("retry: 2000\n\n")
	for {
		control.SetWriteDeadline(time.Now().Add(s.config.Limits.ViewerTime))
		if _, err := w.Write(b.Bytes()); err != nil || control.Flush() != nil {
			return
		}
		b.Reset()
		wait, cancel := context.WithTimeout(r.Context(), stillThere)
		m, err := it.Next(jetstream.NextContext(wait))
		cancel()
		switch {
		case r.Context().Err() != nil || errors.Is(err, jetstream.ErrMsgIteratorClosed):
			return
		case err != nil:
			b.WriteString(": still there\n\n")
		default:
			appendEvents(&b, m, what)
		}
	}
}

// appendEvents writes a message's rows as events. The last one carries the id:
// a viewer that was cut off in the middle is sent all of them again.
func appendEvents(b *bytes.Buffer, m jetstream.Msg, what told) {
	meta, err := m.Metadata()
	if err != nil {
		return
	}
	var rows [][]byte
	for line := range bytes.Lines(m.Data()) {
		if row := bytes.TrimSuffix(line, []byte{'\n'}); len(row) > 0 && bytes.Contains(row, what.holds) {
			rows = append(rows, row)
		}
	}
	for i, row := range rows {
		if i == len(rows)-1 {
			fmt.Fprintf(b, "id: %d\n", meta.Sequence.Stream)
		}
		fmt.Fprintf(b, "event: %s\ndata: %s\n\n", what.name, row)
	}
}
