package stream

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/model"
)

// WorkerOptions configure a Worker.
type WorkerOptions struct {
	Models []*model.Model
	// Plugins returns the plugins for models that are about to be in force; nil
	// for none. settle is told whether they are then. With plugins that fail now
	// and then verdicts are not what a replay gives.
	Plugins func([]*model.Model) (plugins []core.Plugin, settle func(inForce bool), err error)
	Budget  core.Budget // of all partitions together
	All     bool        // publish every verdict, not only threats
	Name    string      // for people; default the host's name
	Metrics *Metrics
	Log     *slog.Logger
}

// Worker owns partitions and judges them.
type Worker struct {
	hub     *Hub
	id      string
	options WorkerOptions
	metrics *Metrics
	log     *slog.Logger
	engine  atomic.Pointer[core.Engine]
	running []*owned      // one a partition, nil for those of others; of the goroutine of Run
	ends    chan struct{} // a partition has ended
	beats   uint64

	changing sync.Mutex // held while models or plugins change

	mu      sync.Mutex
	models  []*model.Model
	plugins []core.Plugin
	labels  []Label
	learned uint64 // number of the last label
	paces   [event.NumKinds]pace
}

// NewWorker returns a worker on the hub's streams.
func NewWorker(h *Hub, o WorkerOptions) (*Worker, error) {
	if o.Name == "" {
		o.Name, _ = os.Hostname()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Budget == (core.Budget{}) {
		o.Budget = core.DefaultBudget
	}
	id := keySafe(o.Name) + "-" + strings.ToLower(rand.Text()[:8])
	w := &Worker{
		hub: h, id: id, options: o, metrics: o.Metrics, log: o.Log.With("worker", id),
		running: make([]*owned, h.options.Partitions), ends: make(chan struct{}, 1),
	}
	if err := w.SetModels(o.Models); err != nil {
		return nil, err
	}
	w.metrics.Budget(o.Budget)
	return w, nil
}

// keySafe keeps what a key of a bucket may hold.
func keySafe(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, name)
}

// SetModels replaces the models; each partition takes them over between two
// parcels and keeps its windows. It may be called while Run runs.
func (w *Worker) SetModels(models []*model.Model) error {
	var plugins []core.Plugin
	settle := func(bool) {}
	if w.options.Plugins != nil {
		var err error
		if plugins, settle, err = w.options.Plugins(models); err != nil {
			return err
		}
	}
	w.mu.Lock()
	had, hadPlugins := w.models, w.plugins
	w.models, w.plugins = models, plugins
	w.mu.Unlock()
	err := w.build()
	if err != nil {
		w.mu.Lock()
		w.models, w.plugins = had, hadPlugins
		w.mu.Unlock()
	}
	settle(err == nil)
	return err
}

// Exclusively runs what changes models or plugins, one change at a time.
func (w *Worker) Exclusively(change func() error) error {
	w.changing.Lock()
	defer w.changing.Unlock()
	return change()
}

// build makes the engine of the models and labels at hand.
func (w *Worker) build() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.hub.options.Partitions
	budget := w.options.Budget
	budget.PerDay /= float64(n) // each partition sees a share of the events
	engine, err := core.New(core.Options{
		Models: w.models, Plugins: w.plugins, Budget: budget, Workers: 1, ThreatsOnly: !w.options.All,
		// All partitions together keep twice as many windows as one scan would:
		// entities are not spread evenly.
		Context: feature.ContextLimits{Entities: max(2*feature.DefaultEntities/n, 1024)},
	})
	if err != nil {
		return err
	}
	if engine, err = w.adapted(engine); err != nil {
		return err
	}
	w.engine.Store(engine)
	w.metrics.Labels(len(w.labels))
	for _, m := range w.models {
		w.metrics.Learners(m.Kind, engine.LearnerNames(m.Kind))
	}
	return nil
}

// Run owns and judges partitions until ctx ends. It returns after what it has
// judged is stored and its partitions are free for others.
func (w *Worker) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return Again(ctx, w.log, "learning of labels", w.learn) })
	group.Go(func() error { return Again(ctx, w.log, "keeping of leases", w.keepLeases) })
	return group.Wait()
}

func (w *Worker) owned() int {
	n := 0
	for _, o := range w.running {
		if o != nil {
			n++
		}
	}
	return n
}

// count tells the metrics of a parcel's verdicts.
func (w *Worker) count(r *core.Result, e *core.Engine) {
	m := w.metrics
	if m == nil {
		return
	}
	var records, threats [event.NumKinds]int
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		if v.Err != nil {
			m.unread.WithLabelValues(v.Err.Error()).Inc()
			continue
		}
		records[v.Kind]++
		if v.Threat {
			threats[v.Kind]++
		}
		if v.Missing != 0 {
			for b, name := range e.LearnerNames(v.Kind) {
				if v.Missing>>min(b, 63)&1 == 1 {
					m.missing.WithLabelValues(v.Kind.String(), name).Inc()
				}
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for k, n := range records {
		if n == 0 {
			continue
		}
		kind := event.Kind(k).String()
		m.judged.WithLabelValues(kind).Add(float64(n))
		m.threats.WithLabelValues(kind).Add(float64(threats[k]))
		w.paces[k].add(n, threats[k])
		m.realised.WithLabelValues(kind).Set(w.paces[k].share())
		m.drift.WithLabelValues(kind).Set(w.paces[k].share() / w.options.Budget.Ceiling())
	}
}
