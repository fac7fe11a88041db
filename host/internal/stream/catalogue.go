package stream

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/sign"
	"github.com/tiercel/tiercel/host/internal/canary"
)

// Catalogue holds the models that are in force: those given, replaced by those
// that the object store brings, each taken only after its signature and its
// canaries were looked at. It is safe for concurrent use.
type Catalogue struct {
	files    []string
	canaries string
	trusted  []ed25519.PublicKey
	defaults []*model.Model

	mu     sync.Mutex
	models [event.NumKinds]*model.Model
}

// NewCatalogue reads models from files; defaults hold for the kinds that no
// file is of, where there are no files at all. With trusted keys each file
// must be signed by one of them.
func NewCatalogue(files []string, canaries string, trusted []ed25519.PublicKey, defaults []*model.Model) (*Catalogue, error) {
	c := &Catalogue{files: files, canaries: canaries, trusted: trusted, defaults: defaults}
	return c, c.Reload()
}

// Models returns the models in force.
func (c *Catalogue) Models() []*model.Model {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*model.Model
	for _, m := range c.models {
		if m != nil {
			out = append(out, m)
		}
	}
	return out
}

// Reload reads the files again. On an error the models in force stay.
func (c *Catalogue) Reload() error {
	var next [event.NumKinds]*model.Model
	canaries, err := c.Canaries()
	if err != nil {
		return err
	}
	if len(c.files) == 0 {
		for _, m := range c.defaults {
			next[m.Kind] = m
		}
	}
	for _, file := range c.files {
		data, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("stream: model: %w", err)
		}
		m, err := model.Read(data, model.Limits{})
		if err != nil {
			return fmt.Errorf("stream: %s: %w", file, err)
		}
		if len(c.trusted) > 0 {
			if err := sign.Verify(m, c.trusted...); err != nil {
				return fmt.Errorf("stream: %s: %w", file, err)
			}
		}
		if next[m.Kind] != nil {
			return fmt.Errorf("stream: %s: another model of kind %s is given too", file, m.Kind)
		}
		next[m.Kind] = m
	}
	for _, m := range next {
		if m == nil {
			continue
		}
		// The file is of all models: a kind may have none.
		if _, err := canary.Try(m, canaries); err != nil {
			return fmt.Errorf("stream: model %s: %w", m.Name, err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, m := range next {
		if m == nil || c.models[k] == nil || m.Epoch >= c.models[k].Epoch {
			c.models[k] = m
		}
	}
	return nil
}

// Canaries reads the file of canaries, none where there is no file.
func (c *Catalogue) Canaries() ([]canary.Canary, error) {
	if c.canaries == "" {
		return nil, nil
	}
	data, err := os.ReadFile(c.canaries)
	if err != nil {
		return nil, fmt.Errorf("stream: canaries: %w", err)
	}
	list, err := canary.Read(data)
	if err != nil {
		return nil, fmt.Errorf("stream: %s: %w", c.canaries, err)
	}
	return list, nil
}

// try judges the canaries of a model by that model alone; there must be some.
func try(m *model.Model, canaries []canary.Canary) error {
	n, err := canary.Try(m, canaries)
	if err == nil && n == 0 {
		err = canary.ErrNone
	}
	return err
}

// PublishModel puts a model into the object store, with the canaries that
// workers try it on. It refuses what they would refuse.
func (h *Hub) PublishModel(ctx context.Context, data, canaries []byte) error {
	m, err := model.Read(data, model.Limits{})
	if err != nil {
		return err
	}
	if !m.Signed() {
		return fmt.Errorf("stream: model %s: %w", m.Name, sign.ErrUnsigned)
	}
	list, err := canary.Read(canaries)
	if err != nil {
		return err
	}
	if err := try(m, list); err != nil {
		return fmt.Errorf("stream: model %s: %w", m.Name, err)
	}
	// The canaries come first: a model without them is not taken.
	if _, err := h.models.PutBytes(ctx, canaryName(data), canaries); err != nil {
		return fmt.Errorf("stream: model: %w", err)
	}
	if _, err := h.models.PutBytes(ctx, m.Kind.String(), data); err != nil {
		return fmt.Errorf("stream: model: %w", err)
	}
	return nil
}

func canaryName(model []byte) string {
	sum := sha256.Sum256(model)
	return canaryPrefix + hex.EncodeToString(sum[:])
}

const canaryPrefix = "canaries/"

// Follow takes models from the object store as they come, until ctx ends; again
// has all of them looked at anew. Without trusted keys it takes none.
func (c *Catalogue) Follow(ctx context.Context, w *Worker, again <-chan struct{}, offers *Offers) error {
	if len(c.trusted) == 0 {
		return nil
	}
	return w.follow(ctx, w.hub.models, OfferModel, again, offers, func(ctx context.Context, name string) error { return c.take(ctx, w, name) })
}

// take verifies and tries a model and puts it in force.
func (c *Catalogue) take(ctx context.Context, w *Worker, name string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	data, err := fetch(ctx, w.hub.models, name, model.MaxBytes)
	if err != nil {
		return err
	}
	m, err := model.Read(data, model.Limits{})
	if err != nil {
		return err
	}
	if err := sign.Verify(m, c.trusted...); err != nil {
		return err
	}
	if c.inForce(m) {
		return ErrInForce
	}
	text, err := w.hub.models.GetBytes(ctx, canaryName(data))
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return errors.New("stream: no canaries came with it")
	}
	if err != nil {
		return fetchError(err)
	}
	canaries, err := canary.Read(text)
	if err != nil {
		return err
	}
	if err := try(m, canaries); err != nil {
		return err
	}
	c.mu.Lock()
	had := c.models[m.Kind]
	if had != nil && m.Epoch < had.Epoch {
		c.mu.Unlock()
		return fmt.Errorf("stream: epoch %d, that in force has %d", m.Epoch, had.Epoch)
	}
	c.models[m.Kind] = m
	c.mu.Unlock()
	if err := w.SetModels(c.Models()); err != nil {
		c.mu.Lock()
		c.models[m.Kind] = had
		c.mu.Unlock()
		return err
	}
	return nil
}

// inForce reports whether a model that was verified is the one in force.
func (c *Catalogue) inForce(m *model.Model) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	had := c.models[m.Kind]
	return had != nil && had.Epoch == m.Epoch && had.Signature == m.Signature
}
