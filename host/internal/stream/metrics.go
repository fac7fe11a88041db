package stream

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
)

// Metrics count what a worker does. Nil counts nothing.
type Metrics struct {
	judged, threats, unread *prometheus.CounterVec
	missing                 *prometheus.CounterVec
	latency                 prometheus.Histogram
	asked                   prometheus.Gauge
	realised, drift         *prometheus.GaugeVec
	owned, labels           prometheus.Gauge
	takeovers               prometheus.Counter
	fenced                  prometheus.Counter
}

// NewMetrics registers the metrics of a worker.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
		r.MustRegister(g)
		return g
	}
	m := &Metrics{
		judged:  counters("tiercel_records_judged_total", "Records with a verdict.", "kind"),
		threats: counters("tiercel_threats_total", "Records that were judged threats.", "kind"),
		unread:  counters("tiercel_records_unread_total", "Records that could not be read.", "reason"),
		missing: counters("tiercel_learner_missing_total", "Verdicts that a base learner was missing in.", "kind", "learner"),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tiercel_verdict_latency_seconds", Help: "From the arrival of records to their stored verdict.",
			Buckets: []float64{.005, .01, .025, .05, .075, .1, .15, .2, .25, .3, .4, .5, .75, 1, 2.5, 5, 10, 60},
		}),
		asked: gauge("tiercel_budget_asked_ratio", "Share of normal events that may alarm; for a daily budget the highest share in force."),
		owned: gauge("tiercel_partitions_owned", "Partitions that this worker owns."),

		labels: gauge("tiercel_labels_learned", "Labels that this worker has learnt."),
	}
	m.realised = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "tiercel_budget_realised_ratio", Help: "Share of the last ten thousand or so records that alarmed, threats included.",
	}, []string{"kind"})
	m.drift = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "tiercel_drift_ratio", Help: "Realised share over asked share: far above 1 the site has changed, is attacked, or needs labels.",
	}, []string{"kind"})
	m.takeovers = prometheus.NewCounter(prometheus.CounterOpts{Name: "tiercel_partition_starts_total", Help: "Partitions that were taken over."})
	m.fenced = prometheus.NewCounter(prometheus.CounterOpts{Name: "tiercel_partition_fenced_total", Help: "Verdicts that were refused because another worker owns the partition."})
	r.MustRegister(m.latency, m.realised, m.drift, m.takeovers, m.fenced)
	return m
}

// Owned tells how many partitions the worker owns.
func (m *Metrics) Owned(n int) {
	if m != nil {
		m.owned.Set(float64(n))
	}
}

// Learners has learners counted as missing from 0: what has never been missing is
// told too.
func (m *Metrics) Learners(kind event.Kind, names []string) {
	if m == nil {
		return
	}
	for _, name := range names {
		m.missing.WithLabelValues(kind.String(), name)
	}
}

// Labels tells how many labels the engine in force knows.
func (m *Metrics) Labels(n int) {
	if m != nil {
		m.labels.Set(float64(n))
	}
}

// Budget tells what was asked for.
func (m *Metrics) Budget(b core.Budget) {
	if m != nil {
		m.asked.Set(b.Ceiling())
	}
}

// pace is the share of alarms among recent records of one kind: a mean that
// forgets over paceRecords of them.
type pace struct{ records, threats float64 }

const paceRecords = 10_000

func (p *pace) add(records, threats int) {
	p.records += float64(records)
	p.threats += float64(threats)
	if p.records > paceRecords {
		p.threats *= paceRecords / p.records
		p.records = paceRecords
	}
}

func (p *pace) share() float64 { return p.threats / max(p.records, 1) }
