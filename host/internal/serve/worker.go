package serve

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/host/internal/stream"
)

// Check says what is wrong with a configuration, the models, certificates and
// plugins that it names. The plugins are started for it.
func Check(ctx context.Context, c Config, defaults []*model.Model) error {
	models, err := validate(&c, defaults)
	if err != nil {
		return err
	}
	if c.Console != "" {
		if info, err := os.Stat(c.Console); err != nil || !info.IsDir() {
			return fmt.Errorf("serve: console: %s is no folder", c.Console)
		}
	}
	if len(c.Judge.Plugins) == 0 {
		return nil
	}
	h, err := host.Open(ctx, host.Options{Plugins: c.Judge.Plugins, Lock: c.Judge.Lock, Models: models, Cache: host.DefaultCache()})
	if err != nil {
		return err
	}
	defer h.Close()
	for _, m := range models {
		h.Learners(&m.Schema)
	}
	for _, f := range h.Faults() {
		return errors.New(f.Last)
	}
	return nil
}

// validate says what is wrong before anything is started, and returns the models.
func validate(c *Config, defaults []*model.Model) ([]*model.Model, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	_, models, err := catalogue(c, defaults)
	if err != nil {
		return nil, err
	}
	if c.TLS.Cert != "" {
		if _, err = c.tls(); err != nil {
			return nil, err
		}
	}
	return models.Models(), nil
}

// catalogue opens the models of the configuration, and returns the keys that theirs must be signed by.
func catalogue(c *Config, defaults []*model.Model) ([]ed25519.PublicKey, *stream.Catalogue, error) {
	keys, err := trustedKeys(c.Judge.Trusted)
	if err != nil {
		return nil, nil, err
	}
	models, err := stream.NewCatalogue(c.Judge.Models, c.Judge.Canaries, keys, defaults)
	return keys, models, err
}

// judge is what judges: alone in a process, or beside HTTP in a Server.
type judge struct {
	hub     *stream.Hub
	models  *stream.Catalogue
	plugins *plugins
	worker  *stream.Worker
	offers  *stream.Offers
	anew    [2]chan struct{} // have the models and the plugins of the object store looked at anew
	log     *slog.Logger
}

func newJudge(c *Config, h *stream.Hub, defaults []*model.Model, name string, r prometheus.Registerer, log *slog.Logger) (*judge, error) {
	keys, models, err := catalogue(c, defaults)
	if err != nil {
		return nil, err
	}
	budget, err := core.ParseBudget(c.Judge.Budget)
	if err != nil {
		return nil, err
	}
	offers := stream.NewOffers(r, log)
	taken, err := openTaken(c, keys, offers)
	if err != nil {
		return nil, err
	}
	plugins := newPlugins(c, h.Partitions(), taken, log)
	r.MustRegister(plugins)
	worker, err := stream.NewWorker(h, stream.WorkerOptions{
		Models: models.Models(), Plugins: plugins.learners, Budget: budget, All: c.Judge.Verdicts == "all",
		Name: name, Metrics: stream.NewMetrics(r), Log: log,
	})
	if err != nil {
		plugins.close()
		return nil, err
	}
	j := &judge{hub: h, models: models, plugins: plugins, worker: worker, offers: offers, log: log}
	for i := range j.anew {
		j.anew[i] = make(chan struct{}, 1)
	}
	return j, nil
}

// run judges until ctx ends.
func (j *judge) run(ctx context.Context) error {
	defer j.plugins.close()
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error { return j.worker.Run(both) })
	group.Go(func() error {
		return stream.Again(both, j.log, "following of models", func(ctx context.Context) error {
			return j.models.Follow(ctx, j.worker, j.anew[0], j.offers)
		})
	})
	if len(j.plugins.taken.trusted) > 0 {
		group.Go(func() error {
			return stream.Again(both, j.log, "following of plugins", func(ctx context.Context) error {
				return j.worker.FollowPlugins(ctx, j.anew[1], j.offers, host.MaxOffer, j.takePlugin)
			})
		})
	}
	return group.Wait()
}

// reload reads the models of the configuration again, starts the plugins anew, and
// has what was pushed looked at again: the lock file may allow other plugins now.
func (j *judge) reload() error {
	err := j.worker.Exclusively(func() error {
		if err := j.models.Reload(); err != nil {
			return err
		}
		return j.worker.SetModels(j.models.Models())
	})
	for _, anew := range j.anew {
		select {
		case anew <- struct{}{}:
		default: // it will be
		}
	}
	return err
}

// Worker is a process that judges what others have taken in.
type Worker struct {
	config   Config
	defaults []*model.Model
	name     string
	log      *slog.Logger
	registry *prometheus.Registry
	judge    atomic.Pointer[judge] // nil until the streams are joined
	metrics  net.Listener          // nil for none
}

// OpenWorker returns a worker that joins those of the service at the
// configuration's nats.url once it runs. metrics is the loopback address of
// /metrics, /healthz and /readyz, empty for none.
func OpenWorker(c Config, defaults []*model.Model, name, metrics string, log *slog.Logger) (*Worker, error) {
	if _, err := validate(&c, defaults); err != nil {
		return nil, err
	}
	w := &Worker{config: c, defaults: defaults, name: name, log: log, registry: newRegistry()}
	if metrics == "" {
		return w, nil
	}
	if !isLoopback(metrics) {
		return nil, fmt.Errorf("serve: %s is no loopback address", metrics)
	}
	var err error
	if w.metrics, err = net.Listen("tcp", metrics); err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	return w, nil
}

// Run judges until ctx ends. It waits for a cluster that is not there for as
// long as nats.wait says, and for a service that makes the streams.
func (w *Worker) Run(ctx context.Context) error {
	if w.metrics == nil {
		return w.work(ctx)
	}
	web := &http.Server{Handler: w.routes(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.work(ctx) })
	group.Go(func() error {
		if err := web.Serve(w.metrics); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	group.Go(func() error { <-ctx.Done(); return web.Close() })
	return group.Wait()
}

// work joins and judges.
func (w *Worker) work(ctx context.Context) error {
	conn, err := w.config.NATS.reach(ctx, w.log)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("serve: nats: %w", err)
	}
	defer conn.Close()
	w.log.Info("connected", "nats", w.config.NATS.URL)
	hub, err := stream.Attach(ctx, conn)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	j, err := newJudge(&w.config, hub, w.defaults, w.name, w.registry, w.log)
	if err != nil {
		return err
	}
	w.judge.Store(j)
	return j.run(ctx)
}

// routes serves what watches the process.
func (w *Worker) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", healthy)
	mux.HandleFunc("GET /v1/status", func(a http.ResponseWriter, _ *http.Request) {
		answer(a, http.StatusOK, w.judge.Load().status())
	})
	mux.HandleFunc("GET /readyz", func(a http.ResponseWriter, _ *http.Request) {
		if j := w.judge.Load(); j == nil || !j.hub.Conn.IsConnected() {
			later(a, http.StatusServiceUnavailable, readyAgain, notReached)
			return
		}
		answer(a, http.StatusOK, map[string]bool{"ready": true})
	})
	return mux
}

// Reload reads the models of the configuration again.
func (w *Worker) Reload() error {
	j := w.judge.Load()
	if j == nil {
		return nil
	}
	return j.reload()
}

// newRegistry returns a registry with the metrics of every Go process.
func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]bool{"ok": true})
}
