package stream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// stored is what became of the verdicts of a range.
type stored struct {
	at  cursor // where they are stored
	err error
}

// publish begins to store the incidents that changed, then the verdicts, which
// move the cursor; the next range is judged meanwhile. It returns the error of the
// range before. What an incident row says does not depend on who says it nor on
// how often, so the verdicts alone are fenced.
func (l *lane) publish() error {
	incidents := l.incidentRows()
	if err := l.settle(); err != nil {
		return err
	}
	rows, counts, at := l.rows, l.counts, l.at
	l.rows, l.sent = l.sent, l.rows
	storing := make(chan stored, 1)
	l.storing = storing
	go func() {
		at, err := l.store(incidents, rows, &counts, at)
		storing <- stored{at, err}
	}()
	return l.save()
}

// settle waits until what was published is stored: the cursor is then where the
// verdicts are.
func (l *lane) settle() error {
	if l.storing == nil {
		return nil
	}
	return l.settled(<-l.storing)
}

func (l *lane) settled(s stored) error {
	l.storing = nil
	if s.err == nil {
		l.at = s.at
	}
	return s.err
}

// store stores the rows of a range behind those that the cursor is at.
func (l *lane) store(incidents, rows []byte, c *counts, at cursor) (cursor, error) {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	if len(incidents) > 0 {
		msg := nats.NewMsg(incidentSubject(l.partition))
		msg.Data = incidents
		id := fmt.Sprintf("i%d.%d.%d", l.partition, c.from, c.to)
		if _, err := l.hub.publish(ctx, msg, jetstream.WithMsgID(id)); err != nil {
			return at, fmt.Errorf("stream: incidents: %w", err)
		}
	}
	msg := nats.NewMsg(verdictSubject(l.partition))
	msg.Data = rows
	msg.Header.Set(HeaderFrom, strconv.FormatUint(c.from, 10))
	msg.Header.Set(HeaderTo, strconv.FormatUint(c.to, 10))
	msg.Header.Set(HeaderRecords, strconv.Itoa(c.records))
	msg.Header.Set(HeaderThreats, strconv.Itoa(c.threats))
	msg.Header.Set(HeaderUnread, strconv.Itoa(c.unread))
	msg.Header.Set(HeaderOldest, strconv.FormatInt(c.oldest, 10))
	ack, err := l.hub.publish(ctx, msg, jetstream.WithExpectLastSequencePerSubject(at.message))
	var api *jetstream.APIError
	if errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		return at, errFenced
	}
	if err != nil {
		return at, fmt.Errorf("stream: verdicts: %w", err)
	}
	if m := l.worker.metrics; m != nil && c.oldest != 0 {
		m.latency.Observe(time.Since(time.Unix(0, c.oldest)).Seconds())
	}
	return cursor{c.to, ack.Sequence}, nil
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
		rows = appendRow(rows, &row)
	}
	return rows
}
