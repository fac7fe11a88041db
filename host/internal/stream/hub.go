package stream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Hub is a connection to the streams.
type Hub struct {
	Conn    *nats.Conn
	JS      jetstream.JetStream
	options Options
	leases  jetstream.KeyValue
	windows jetstream.ObjectStore
	models  jetstream.ObjectStore
	plugins jetstream.ObjectStore
}

// setupTimeout bounds how long making or finding the streams may take.
const setupTimeout = 30 * time.Second

// publishTimeout is after how long a message that was sent counts as not
// stored. Whoever sent it tries again: the stream stores it once.
const publishTimeout = 10 * time.Second

// Open makes or finds the streams.
func Open(ctx context.Context, conn *nats.Conn, o Options) (*Hub, error) {
	o = o.withDefaults()
	if o.Partitions > MaxPartitions {
		return nil, fmt.Errorf("stream: %d partitions, at most %d", o.Partitions, MaxPartitions)
	}
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncTimeout(publishTimeout), jetstream.WithPublishAsyncMaxPending(4096))
	if err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	h := &Hub{Conn: conn, JS: js, options: o}
	if err := h.setup(ctx); err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	return h, nil
}

// Attach finds the streams that a service has made. It waits for them until ctx ends.
func Attach(ctx context.Context, conn *nats.Conn) (*Hub, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	h := &Hub{Conn: conn, JS: js}
	for {
		if err = h.find(ctx); err == nil {
			return h, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("stream: no service has made its streams: %w", err)
		case <-time.After(beatEvery):
		}
	}
}

func (h *Hub) find(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	n, err := h.countPartitions(ctx)
	if err != nil {
		return err
	}
	if n == 0 {
		return jetstream.ErrStreamNotFound
	}
	h.options = Options{Partitions: n}.withDefaults()
	if h.leases, err = h.JS.KeyValue(ctx, leaseBucket); err != nil {
		return err
	}
	if h.windows, err = h.JS.ObjectStore(ctx, windowsBucket); err != nil {
		return err
	}
	if h.plugins, err = h.JS.ObjectStore(ctx, pluginBucket); err != nil {
		return err
	}
	h.models, err = h.JS.ObjectStore(ctx, modelBucket) // made last
	return err
}

func (h *Hub) setup(ctx context.Context) error {
	if have, err := h.countPartitions(ctx); err != nil {
		return err
	} else if have != 0 && have != h.options.Partitions {
		return fmt.Errorf("the streams have %d partitions, not %d; windows do not move between numbers of partitions", have, h.options.Partitions)
	}
	configs := []jetstream.StreamConfig{
		resultsConfig(h.options),
		{Name: LabelsStream, Subjects: []string{LabelSubject}, Description: "labels that people gave", MaxBytes: 64 << 20, Replicas: h.options.Replicas},
	}
	for p := range h.options.Partitions {
		configs = append(configs, eventConfig(p, h.options))
	}
	for _, c := range configs {
		if _, err := h.JS.CreateOrUpdateStream(ctx, c); err != nil {
			return fmt.Errorf("stream %s: %w", c.Name, err)
		}
	}
	if limit := h.Conn.MaxPayload(); limit < maxPayload {
		return fmt.Errorf("the server takes messages of %d bytes, %d are needed: set its max_payload", limit, maxPayload)
	}
	var err error
	if h.leases, err = h.JS.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: leaseBucket, Replicas: h.options.Replicas, // on disk: revisions must go on after a restart
	}); err != nil {
		return fmt.Errorf("leases: %w", err)
	}
	for _, store := range []struct {
		bucket string
		made   *jetstream.ObjectStore
	}{{windowsBucket, &h.windows}, {pluginBucket, &h.plugins}, {modelBucket, &h.models}} {
		if *store.made, err = h.JS.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: store.bucket, Replicas: h.options.Replicas}); err != nil {
			return fmt.Errorf("object store %s: %w", store.bucket, err)
		}
	}
	return nil
}

// publish stores a message. Where the connection breaks meanwhile, the error comes
// with the new connection; whether it was stored is not known then.
func (h *Hub) publish(ctx context.Context, msg *nats.Msg, o ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	ack, err := h.JS.PublishMsgAsync(msg, o...)
	if err != nil {
		return nil, err
	}
	select {
	case a := <-ack.Ok():
		return a, nil
	case err := <-ack.Err():
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// countPartitions returns how many partitions the streams were made for.
func (h *Hub) countPartitions(ctx context.Context) (int, error) {
	n := 0
	names := h.JS.StreamNames(ctx, jetstream.WithStreamListSubject("tiercel.events.*"))
	for range names.Name() {
		n++
	}
	if err := names.Err(); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, err
	}
	return n, nil
}

// Partitions returns how many there are.
func (h *Hub) Partitions() int { return h.options.Partitions }

// Backlog returns how many parcels of each partition wait to be judged.
func (h *Hub) Backlog(ctx context.Context) ([]uint64, error) {
	out := make([]uint64, h.options.Partitions)
	for p := range out {
		s, err := h.JS.Stream(ctx, eventStream(p))
		if err != nil {
			return nil, fmt.Errorf("stream: %w", err)
		}
		c, err := h.cursor(ctx, p)
		if err != nil {
			return nil, err
		}
		if last := s.CachedInfo().State.LastSeq; last > c.parcel {
			out[p] = last - c.parcel
		}
	}
	return out, nil
}

func splitPort(address string) (string, int, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("stream: %w", err)
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("stream: port %q is no number", text)
	}
	if port == 0 {
		port = -1 // the server's word for any free one
	}
	return host, port, nil
}

// Check says why events cannot be stored, nil when they can.
func (h *Hub) Check(ctx context.Context) error {
	for p := range h.options.Partitions {
		s, err := h.JS.Stream(ctx, eventStream(p))
		if err != nil {
			return fmt.Errorf("stream: %w", err)
		}
		info := s.CachedInfo()
		if room := info.Config.MaxBytes; room > 0 && float64(info.State.Bytes) > 0.98*float64(room) {
			return ErrFull
		}
	}
	return nil
}
