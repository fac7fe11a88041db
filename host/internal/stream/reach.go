package stream

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Pauses between attempts to reach a server that is not there yet: they double.
const (
	reachFirst = 200 * time.Millisecond
	reachLast  = 5 * time.Second
)

// Patiently calls begin until it succeeds, for as long as wait while what it
// needs is not there; 0 calls it once. What will not pass by itself, as a wrong
// token, is returned at once. It logs each attempt that failed.
func Patiently[T any](ctx context.Context, wait time.Duration, log *slog.Logger, begin func() (T, error)) (T, error) {
	if wait <= 0 {
		return begin()
	}
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = reachFirst, reachLast
	return backoff.Retry(ctx, func() (T, error) {
		got, err := begin()
		if err != nil && !passes(err) {
			err = backoff.Permanent(err)
		}
		return got, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxElapsedTime(wait), backoff.WithNotify(func(err error, pause time.Duration) {
		log.Warn("waiting for NATS", "error", err, "again_in", pause.Round(time.Millisecond).String())
	}))
}

// passes reports whether an error is of a server that may come by itself.
func passes(err error) bool {
	for _, e := range []error{
		nats.ErrNoServers, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrConnectionReconnecting,
		io.EOF, context.DeadlineExceeded, ErrUnavailable,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	var dial *net.OpError
	if errors.As(err, &dial) {
		return true
	}
	var api *jetstream.APIError
	return errors.As(err, &api) && api.Code == http.StatusServiceUnavailable // a cluster without a leader yet
}
