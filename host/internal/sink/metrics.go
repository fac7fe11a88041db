package sink

import (
	"bytes"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count what sinks do. Nil counts nothing.
type Metrics struct{ rows, failures *prometheus.CounterVec }

// NewMetrics registers the metrics of sinks.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		rows:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tiercel_sink_rows_total", Help: "Rows that a sink has taken."}, []string{"sink"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tiercel_sink_failures_total", Help: "Attempts that a sink refused."}, []string{"sink"}),
	}
	r.MustRegister(m.rows, m.failures)
	return m
}

func (m *Metrics) wrote(name string, rows []byte) {
	if m != nil {
		m.rows.WithLabelValues(name).Add(float64(bytes.Count(rows, []byte{'\n'})))
	}
}

func (m *Metrics) failed(name string) {
	if m != nil {
		m.failures.WithLabelValues(name).Inc()
	}
}
