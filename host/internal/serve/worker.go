package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/host/internal/stream"
)

// Check says what is wrong with a configuration and the models that it names.
func Check(c Config, defaults []*model.Model) error {
	if err := c.Validate(); err != nil {
		return err
	}
	keys, err := trustedKeys(c.Judge.Trusted)
	if err != nil {
		return err
	}
	if _, err := stream.NewCatalogue(c.Judge.Models, c.Judge.Canaries, keys, defaults); err != nil {
		return err
	}
	if c.TLS.Cert != "" {
		_, err = c.tls()
	}
	return err
}

// judge is what judges: alone in a process, or beside HTTP in a Server.
type judge struct {
	models  *stream.Catalogue
	plugins *plugins
	worker  *stream.Worker
}

func newJudge(c *Config, h *stream.Hub, defaults []*model.Model, name string, r prometheus.Registerer, log *slog.Logger) (*judge, error) {
	keys, err := trustedKeys(c.Judge.Trusted)
	if err != nil {
		return nil, err
	}
	models, err := stream.NewCatalogue(c.Judge.Models, c.Judge.Canaries, keys, defaults)
	if err != nil {
		return nil, err
	}
	budget, err := core.ParseBudget(c.Judge.Budget)
	if err != nil {
		return nil, err
	}
	plugins := newPlugins(c, h.Partitions(), log)
	r.MustRegister(plugins)
	worker, err := stream.NewWorker(h, stream.WorkerOptions{
		Models: models.Models(), Plugins: plugins.learners, Budget: budget, All: c.Judge.Verdicts == "all",
		Name: name, Metrics: stream.NewMetrics(r), Log: log,
	})
	if err != nil {
		plugins.close()
		return nil, err
	}
	return &judge{models, plugins, worker}, nil
}

// run judges until ctx ends.
func (j *judge) run(ctx context.Context, h *stream.Hub, log *slog.Logger) error {
	defer j.plugins.close()
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error { return j.worker.Run(both) })
	group.Go(func() error {
		return stream.Again(both, log, "following of models", func(ctx context.Context) error { return j.models.Follow(ctx, h, j.worker, log) })
	})
	return group.Wait()
}

// reload reads the models of the configuration again, and starts the plugins anew.
func (j *judge) reload() error {
	if err := j.models.Reload(); err != nil {
		return err
	}
	return j.worker.SetModels(j.models.Models())
}

// Worker is a process that judges what others have taken in.
type Worker struct {
	*judge
	conn    *nats.Conn
	hub     *stream.Hub
	log     *slog.Logger
	metrics net.Listener // nil for none
	web     *http.Server
}

// OpenWorker joins the workers of the service at the configuration's nats.url.
// metrics is the loopback address of /metrics, empty for none.
func OpenWorker(ctx context.Context, c Config, defaults []*model.Model, name, metrics string, log *slog.Logger) (*Worker, error) {
	if metrics != "" && !isLoopback(metrics) {
		return nil, fmt.Errorf("serve: %s is no loopback address", metrics)
	}
	conn, err := stream.Connect(c.NATS.URL, c.NATS.Token)
	if err != nil {
		return nil, fmt.Errorf("serve: nats: %w", err)
	}
	w := &Worker{conn: conn, log: log}
	registry := newRegistry()
	if w.hub, err = stream.Attach(ctx, conn); err == nil {
		w.judge, err = newJudge(&c, w.hub, defaults, name, registry, log)
	}
	if err == nil && metrics != "" {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
		mux.HandleFunc("GET /healthz", healthy)
		w.web = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
		w.metrics, err = net.Listen("tcp", metrics)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return w, nil
}

// Run judges until ctx ends.
func (w *Worker) Run(ctx context.Context) error {
	defer w.conn.Close()
	if w.metrics == nil {
		return w.run(ctx, w.hub, w.log)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.run(ctx, w.hub, w.log) })
	group.Go(func() error {
		if err := w.web.Serve(w.metrics); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	group.Go(func() error { <-ctx.Done(); return w.web.Close() })
	return group.Wait()
}

// Reload reads the models of the configuration again.
func (w *Worker) Reload() error { return w.reload() }

// newRegistry returns a registry with the metrics of every Go process.
func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]bool{"ok": true})
}
