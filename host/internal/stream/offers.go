package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

// What the object store brings.
const (
	OfferModel  = "model"
	OfferPlugin = "plugin"
)

// Outcome is what became of the last offer of a name.
type Outcome struct {
	What   string `json:"what"` // OfferModel or OfferPlugin
	Name   string `json:"name"` // a kind of events, or a plugin's id
	Digest string `json:"digest,omitempty"`
	Taken  bool   `json:"taken"`
	Why    string `json:"why,omitempty"` // it was refused
}

// maxOutcomes bounds what is remembered: names are chosen by who may write to the
// object store.
const maxOutcomes = 256

// Offers remembers what became of what the object store brought. It is safe for
// concurrent use.
type Offers struct {
	log     *slog.Logger
	counted *prometheus.CounterVec
	refused *prometheus.GaugeVec

	mu   sync.Mutex
	last []Outcome
}

// NewOffers registers the metrics of offers.
func NewOffers(r prometheus.Registerer, log *slog.Logger) *Offers {
	o := &Offers{
		log: log,
		counted: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tiercel_offers_total", Help: "Models and plugins that the object store brought, taken or refused.",
		}, []string{"what", "outcome"}),
		refused: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tiercel_offer_refused", Help: "1 where the last model or plugin of a name was refused, else 0.",
		}, []string{"what", "name"}),
	}
	r.MustRegister(o.counted, o.refused)
	return o
}

// Tell takes note of what became of an offer; err is why it was refused.
func (o *Offers) Tell(what, name, digest string, err error) {
	out := Outcome{What: what, Name: cutTo([]byte(name), 64), Digest: digest, Taken: err == nil}
	word, refused := "taken", 0.0
	if err != nil {
		out.Why, word, refused = err.Error(), "refused", 1
		o.log.Error(what+" refused", "name", out.Name, "error", err)
	} else {
		o.log.Info(what+" taken", "name", out.Name, "digest", digest)
	}
	o.counted.WithLabelValues(what, word).Inc()
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.last, func(was Outcome) bool { return was.What == what && was.Name == out.Name })
	if i < 0 {
		if len(o.last) == maxOutcomes {
			return
		}
		i = len(o.last)
		o.last = append(o.last, out)
	}
	o.last[i] = out
	o.refused.WithLabelValues(what, out.Name).Set(refused)
}

// Last returns what became of the last offer of each name.
func (o *Offers) Last() []Outcome {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.last)
}

// ErrInForce says that an offer is what is in force already: nothing changes and
// nothing is told.
var ErrInForce = errors.New("stream: it is in force")

// errFetch is why an offer could not even be read: it is fetched again.
var errFetch = errors.New("stream: fetched again")

// follow gives what an object store holds, and what comes, to take, one at a time,
// until ctx ends; again has all of it looked at anew.
func (w *Worker) follow(ctx context.Context, store jetstream.ObjectStore, what string, again <-chan struct{}, offers *Offers, take func(context.Context, string) error) error {
	for {
		watch, err := store.Watch(ctx)
		if err != nil {
			return fmt.Errorf("stream: %ss: %w", what, err)
		}
		anew, err := w.watched(ctx, watch, what, again, offers, take)
		watch.Stop()
		if !anew {
			return err
		}
	}
}

func (w *Worker) watched(ctx context.Context, watch jetstream.ObjectWatcher, what string, again <-chan struct{}, offers *Offers, take func(context.Context, string) error) (anew bool, err error) {
	for {
		select {
		case <-ctx.Done():
			return false, nil
		case <-again:
			return true, nil
		case info, ok := <-watch.Updates():
			if !ok {
				return false, errors.New("stream: " + what + "s are no longer told of")
			}
			if info == nil || info.Deleted || strings.HasPrefix(info.Name, canaryPrefix) {
				continue
			}
			err := w.Exclusively(func() error { return take(ctx, info.Name) })
			switch {
			case ctx.Err() != nil:
				return false, nil
			case errors.Is(err, errFetch):
				return false, err
			case !errors.Is(err, ErrInForce):
				offers.Tell(what, info.Name, info.Digest, err)
			}
		}
	}
}

// fetch reads an object of at most limit bytes. The error of one that could not be
// read, though it is there, is one of those that begin again.
func fetch(ctx context.Context, store jetstream.ObjectStore, name string, limit int64) ([]byte, error) {
	info, err := store.GetInfo(ctx, name)
	if err != nil {
		return nil, fetchError(err)
	}
	if info.Size > uint64(limit) {
		return nil, fmt.Errorf("stream: %d bytes, at most %d", info.Size, limit)
	}
	data, err := store.GetBytes(ctx, name)
	if err != nil {
		return nil, fetchError(err)
	}
	return data, nil
}

func fetchError(err error) error {
	if errors.Is(err, jetstream.ErrObjectNotFound) || errors.Is(err, jetstream.ErrDigestMismatch) {
		return fmt.Errorf("stream: %w", err)
	}
	return fmt.Errorf("%w: %w", errFetch, err)
}

// PublishPlugin puts an offer of a plugin into the object store: the bytes of a
// host.Offer.
func (h *Hub) PublishPlugin(ctx context.Context, id string, data []byte) error {
	if _, err := h.plugins.PutBytes(ctx, id, data); err != nil {
		return fmt.Errorf("stream: plugin: %w", err)
	}
	return nil
}

// FollowPlugins gives take the offers of plugins of at most limit bytes as they
// come, one at a time, until ctx ends; again has all of them looked at anew.
func (w *Worker) FollowPlugins(ctx context.Context, again <-chan struct{}, offers *Offers, limit int64, take func(ctx context.Context, id string, data []byte) error) error {
	return w.follow(ctx, w.hub.plugins, OfferPlugin, again, offers, func(ctx context.Context, id string) error {
		data, err := fetch(ctx, w.hub.plugins, id, limit)
		if err != nil {
			return err
		}
		return take(ctx, id, data)
	})
}
