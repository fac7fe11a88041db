package sink

import (
	"bytes"
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tiercel/tiercel/host/internal/stream"
)

// Subject publishes each row as a message. Where a stream listens on the
// subject it stores each once, by its event.id within the stream's window;
// where none does, nothing says that the rows arrived, and they are refused.
type Subject struct {
	conn    *nats.Conn
	js      jetstream.JetStream
	subject string
}

var _ Sink = (*Subject)(nil)

// NewSubject connects to a NATS server, in its own time where none is there yet.
func NewSubject(url, token, subject string) (*Subject, error) {
	conn, err := stream.Connect(url, token, nats.RetryOnFailedConnect(true))
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("sink: %w", err)
	}
	return &Subject{conn, js, subject}, nil
}

// Write implements Sink.
func (s *Subject) Write(ctx context.Context, b Batch) error {
	var acks []jetstream.PubAckFuture
	for line := range bytes.Lines(b.Rows) {
		row := bytes.TrimSuffix(line, []byte{'\n'})
		ack, err := s.js.PublishMsgAsync(&nats.Msg{Subject: s.subject, Data: row, Header: nats.Header{}}, jetstream.WithMsgID(idOf(row)))
		if err != nil {
			return err
		}
		acks = append(acks, ack)
	}
	for _, a := range acks {
		select {
		case <-a.Ok():
		case err := <-a.Err():
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Close closes the connection.
func (s *Subject) Close() error { s.conn.Close(); return nil }
