package stream

import (
	"context"
	"log/slog"
	"time"
)

// againAfter is the pause before work begins again that failed.
const againAfter = 500 * time.Millisecond

// Again does work until ctx ends: what fails is begun again, because the server
// that it needs may be killed and come back at any moment. Work that returns no
// error is done.
func Again(ctx context.Context, log *slog.Logger, what string, work func(context.Context) error) error {
	for {
		err := work(ctx)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		log.Warn(what+" begins again", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(againAfter):
		}
	}
}
