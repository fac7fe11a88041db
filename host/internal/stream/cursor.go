package stream

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
)

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
