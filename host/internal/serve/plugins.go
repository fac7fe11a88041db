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

// plugins are the pinned plugins at work. They count their faults for Prometheus.
type plugins struct {
	options host.Options
	log     *slog.Logger
	faults  *prometheus.Desc

	mu   sync.Mutex
	open *host.Host // nil for none
}

var _ prometheus.Collector = (*plugins)(nil)

func newPlugins(c *Config, workers int, log *slog.Logger) *plugins {
	return &plugins{
		options: host.Options{Plugins: c.Judge.Plugins, Lock: c.Judge.Lock, Workers: workers, Cache: host.DefaultCache()}, log: log,
		faults: prometheus.NewDesc("tiercel_plugin_faults", "What went wrong with the plugins at work, restarts among it.", []string{"plugin", "reason"}, nil),
	}
}

// learners opens the plugins anew, those that the models were trained with
// among them, and closes the former ones a while later.
func (p *plugins) learners(models []*model.Model) ([]core.Plugin, error) {
	o := p.options
	o.Models = models
	pinned := len(o.Plugins) > 0
	for _, m := range models {
		pinned = pinned || len(m.Plugins) > 0
	}
	var next *host.Host
	var out []core.Plugin
	if pinned {
		var err error
		if next, err = host.Open(context.Background(), o); err != nil {
			return nil, err
		}
		for _, m := range models {
			out = append(out, next.Learners(&m.Schema)...)
		}
		for _, f := range next.Faults() {
			p.log.Error("plugin stays away", "plugin", f.Plugin, "error", f.Last)
		}
	}
	p.mu.Lock()
	former := p.open
	p.open = next
	p.mu.Unlock()
	if former != nil {
		time.AfterFunc(pluginGrace, func() { former.Close() })
	}
	return out, nil
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

// Describe implements prometheus.Collector.
func (p *plugins) Describe(ch chan<- *prometheus.Desc) { ch <- p.faults }

// Collect implements prometheus.Collector.
func (p *plugins) Collect(ch chan<- prometheus.Metric) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		return
	}
	type key struct{ plugin, reason string }
	times := map[key]int{} // a plugin may score several kinds
	for _, f := range p.open.Faults() {
		times[key{f.Plugin, f.Reason}] += f.Times
	}
	for k, n := range times {
		ch <- prometheus.MustNewConstMetric(p.faults, prometheus.GaugeValue, float64(n), k.plugin, k.reason)
	}
}
