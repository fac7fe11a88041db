package serve

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/host"
)

// pluginGrace is how long plugins that were replaced are kept: a parcel that
// they are at work on is judged within it.
const pluginGrace = time.Minute

// plugins are the pinned plugins at work: those of the configuration and those
// that the object store brought. They count their faults for Prometheus.
type plugins struct {
	options host.Options
	taken   *taken
	log     *slog.Logger
	faults  *prometheus.Desc
	starts  *prometheus.Desc

	mu   sync.Mutex
	open *host.Host // nil for none
}

var _ prometheus.Collector = (*plugins)(nil)

func newPlugins(c *Config, workers int, taken *taken, log *slog.Logger) *plugins {
	return &plugins{
		options: host.Options{Plugins: c.Judge.Plugins, Workers: workers, Cache: host.DefaultCache()}, taken: taken, log: log,
		faults: prometheus.NewDesc("tiercel_plugin_faults", "What went wrong with the plugins at work.", []string{"plugin", "reason"}, nil),
		starts: prometheus.NewDesc("tiercel_plugin_restarts_total", "Processes and instances of the plugins at work that were started for ones that failed.", []string{"plugin"}, nil),
	}
}

// with returns the options that open the plugins for models: those at work, and
// one more or another version of one where that is not nil.
func (p *plugins) with(models []*model.Model, more *kept) (host.Options, error) {
	o := p.options
	lock, ids, err := p.taken.pins(more)
	if err != nil {
		return o, err
	}
	o.Pins, o.Models = lock, models
	o.Plugins = append(append([]string{}, o.Plugins...), ids...)
	return o, nil
}

// learners opens the plugins anew, those that the models were trained with
// among them. Once it is settled that they are in force the former ones are
// closed, a while later; else these are.
func (p *plugins) learners(models []*model.Model) ([]core.Plugin, func(inForce bool), error) {
	o, err := p.with(models, nil)
	if err != nil {
		return nil, nil, err
	}
	pinned := len(o.Plugins) > 0
	for _, m := range models {
		pinned = pinned || len(m.Plugins) > 0
	}
	var next *host.Host
	var out []core.Plugin
	if pinned {
		if next, err = host.Open(context.Background(), o); err != nil {
			return nil, nil, err
		}
		for _, m := range models {
			out = append(out, next.Learners(&m.Schema)...)
		}
		for _, f := range next.Faults() {
			p.log.Error("plugin stays away", "plugin", f.Plugin, "error", f.Last)
		}
	}
	return out, func(inForce bool) { p.settle(next, inForce) }, nil
}

// settle puts opened plugins in force, or closes them.
func (p *plugins) settle(next *host.Host, inForce bool) {
	if !inForce {
		if next != nil {
			next.Close()
		}
		return
	}
	p.mu.Lock()
	former := p.open
	p.open = next
	p.mu.Unlock()
	if former != nil {
		time.AfterFunc(pluginGrace, func() { former.Close() })
	}
}

// close ends the plugins; nothing is judged any more.
func (p *plugins) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open != nil {
		p.open.Close()
		p.open = nil
	}
}

// told returns the plugins' faults.
func (p *plugins) told() []host.Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		return nil
	}
	return p.open.Faults()
}

// restarts returns how often plugins were started anew, by their ids.
func (p *plugins) restarts() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		return nil
	}
	return p.open.Restarts()
}

// atWork returns the pins of the plugins that were opened.
func (p *plugins) atWork() []host.Pin {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		return nil
	}
	return p.open.Pins()
}

// Describe implements prometheus.Collector.
func (p *plugins) Describe(ch chan<- *prometheus.Desc) { ch <- p.faults; ch <- p.starts }

// Collect implements prometheus.Collector.
func (p *plugins) Collect(ch chan<- prometheus.Metric) {
	type key struct{ plugin, reason string }
	times := map[key]int{} // a plugin may score several kinds
	for _, f := range p.told() {
		times[key{f.Plugin, f.Reason}] += f.Times
	}
	for id, n := range p.restarts() {
		ch <- prometheus.MustNewConstMetric(p.starts, prometheus.CounterValue, float64(n), id)
	}
	for k, n := range times {
		ch <- prometheus.MustNewConstMetric(p.faults, prometheus.GaugeValue, float64(n), k.plugin, k.reason)
	}
}
