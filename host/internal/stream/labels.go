package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/adapt"
	"github.com/tiercel/tiercel/core/event"
)

// Label says of an event that was told as a threat whether it is one. All
// workers learn it, also those that start later.
type Label struct {
	Event   string `json:"event"`   // its event.id
	Kind    string `json:"kind"`    // its event.dataset
	Example []byte `json:"example"` // its tiercel.example
	Threat  bool   `json:"threat"`
	By      string `json:"by"` // who says so; the influence of one is bounded
}

// Check says what is wrong with a label; whether its example fits the model in
// force is seen by the workers.
func (l *Label) Check() error {
	if _, ok := event.ParseKind(l.Kind); !ok {
		return errors.New("stream: label: kind is not one of http, flow, dns and auth")
	}
	if l.Event == "" || len(l.Event) > 128 || len(l.Example) == 0 || len(l.Example) > maxExample {
		return errors.New("stream: label: event and example are those of a verdict")
	}
	return nil
}

// maxExample bounds the example of a label: a row of numbers and its n-grams.
const maxExample = 256 << 10

// Label publishes a label. The same one again changes nothing.
func (h *Hub) Label(ctx context.Context, l Label) error {
	data, err := json.Marshal(&l)
	if err != nil {
		return err
	}
	msg := nats.NewMsg(LabelSubject)
	msg.Data = data
	if _, err := h.JS.PublishMsg(ctx, msg); err != nil {
		return storeError(err)
	}
	return nil
}

// learn takes labels as they come, all there are from the first one, until ctx ends.
func (w *Worker) learn(ctx context.Context) error {
	c, err := w.hub.JS.OrderedConsumer(ctx, LabelsStream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return fmt.Errorf("stream: labels: %w", err)
	}
	it, err := c.Messages()
	if err != nil {
		return fmt.Errorf("stream: labels: %w", err)
	}
	defer it.Stop()
	for {
		m, err := it.Next(jetstream.NextContext(ctx))
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, jetstream.ErrMsgIteratorClosed):
			return fmt.Errorf("stream: labels: %w", err)
		case err != nil:
			continue
		}
		meta, err := m.Metadata()
		if err != nil || meta.Sequence.Stream <= w.learned {
			continue // known since before it was begun again
		}
		w.learned = meta.Sequence.Stream
		var l Label
		if err := json.Unmarshal(m.Data(), &l); err != nil || l.Check() != nil {
			w.log.Warn("label passed over", "error", err)
		} else {
			w.mu.Lock()
			w.labels = append(w.labels, l)
			w.mu.Unlock()
		}
		if meta.NumPending > 0 {
			continue // the rest of those that wait comes at once
		}
		if err := w.build(); err != nil {
			w.log.Error("labels", "error", err)
		}
	}
}

// adapted returns the engine with what the labels say of its models.
func (w *Worker) adapted(e *core.Engine) (*core.Engine, error) {
	states := map[event.Kind]*adapt.State{}
	for _, l := range w.labels {
		k, _ := event.ParseKind(l.Kind)
		state := states[k]
		if state == nil {
			if state = e.Labels(k); state == nil {
				continue
			}
			states[k] = state
		}
		x, err := state.ReadExample(l.Example)
		if err == nil {
			_, err = state.Label(x, l.Threat, l.By)
		}
		if err != nil {
			w.log.Debug("label passed over", "event", l.Event, "error", err)
		}
	}
	var list []*adapt.State
	for _, s := range states {
		if s.Len() > 0 {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return e, nil
	}
	return e.Adapted(list...)
}
