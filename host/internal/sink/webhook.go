package sink

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Webhook posts rows as NDJSON. Whoever takes them answers 2xx when they are
// safe; the header Idempotency-Key tells a batch that comes again.
type Webhook struct {
	name, url string
	headers   map[string]string
	client    *http.Client
}

var _ Sink = (*Webhook)(nil)

// NewWebhook posts to a URL with further headers.
func NewWebhook(name, url string, headers map[string]string) *Webhook {
	return &Webhook{name, url, headers, &http.Client{
		Timeout: writeLimit,
		// Rows go where the configuration says, nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: writeLimit},
	}}
}

// Write implements Sink.
func (w *Webhook) Write(ctx context.Context, b Batch) error {
	if len(b.Rows) == 0 {
		return nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(b.Rows))
	if err != nil {
		return err
	}
	for k, v := range w.headers {
		r.Header.Set(k, v)
	}
	r.Header.Set("Content-Type", "application/x-ndjson")
	r.Header.Set("Idempotency-Key", w.name+"-"+strconv.FormatInt(b.Stream, 36)+"-"+strconv.FormatUint(b.Sequence, 10))
	answer, err := w.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("webhook answered %s", answer.Status)
	}
	return nil
}

// Close drops idle connections.
func (w *Webhook) Close() error { w.client.CloseIdleConnections(); return nil }
