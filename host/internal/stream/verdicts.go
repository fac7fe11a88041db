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
		if _, err := l.hub.publish(ctx, msg, jetstream.WithMsgID(id)); err != nil {
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
	ack, err := l.hub.publish(ctx, msg, jetstream.WithExpectLastSequencePerSubject(l.at.message))
	var api *jetstream.APIError
	if errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		return errFenced
	}
	if err != nil {
		return fmt.Errorf("stream: verdicts: %w", err)
	}
	l.at = cursor{c.to, ack.Sequence}
	if m := l.worker.metrics; m != nil && c.oldest != 0 {
		m.latency.Observe(time.Since(time.Unix(0, c.oldest)).Seconds())
	}
	return l.save()
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
