package serve

import (
	"context"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics count what HTTP does.
type metrics struct {
	requests       *prometheus.CounterVec
	records, bytes prometheus.Counter
	store          prometheus.Histogram
	backlog        *prometheus.GaugeVec
	viewers        prometheus.Gauge
	ending         atomic.Bool
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tiercel_http_requests_total", Help: "Requests by route and status."}, []string{"route", "status"}),
		records:  prometheus.NewCounter(prometheus.CounterOpts{Name: "tiercel_ingest_records_total", Help: "Records that were stored."}),
		bytes:    prometheus.NewCounter(prometheus.CounterOpts{Name: "tiercel_ingest_bytes_total", Help: "Bytes of records that were stored, unpacked."}),
		store: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tiercel_store_seconds", Help: "Until a request's records were stored with sync.", Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
		}),
		backlog: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tiercel_backlog_parcels", Help: "Parcels that wait to be judged."}, []string{"partition"}),
		viewers: prometheus.NewGauge(prometheus.GaugeOpts{Name: "tiercel_viewers", Help: "Streams of incidents and threats that are open."}),
	}
	r.MustRegister(m.requests, m.records, m.bytes, m.store, m.backlog, m.viewers)
	return m
}

func (m *metrics) stored(records, bytes int, took time.Duration) {
	m.records.Add(float64(records))
	m.bytes.Add(float64(bytes))
	m.store.Observe(took.Seconds())
}

// count counts the answers of a mux.
func (m *metrics) count(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &answered{ResponseWriter: w, code: http.StatusOK}
		mux.ServeHTTP(seen, r)
		_, route := mux.Handler(r)
		m.requests.WithLabelValues(route, strconv.Itoa(seen.code)).Inc()
	})
}

// answered remembers the status of an answer.
type answered struct {
	http.ResponseWriter
	code int
}

func (s *answered) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController through.
func (s *answered) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// watchBacklog looks at what waits every few seconds.
func (s *Server) watchBacklog(ctx context.Context) {
	t := time.NewTicker(5 * time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		waits, err := s.hub.Backlog(ctx)
		if err != nil {
			continue
		}
		for p, n := range waits {
			s.metrics.backlog.WithLabelValues(strconv.Itoa(p)).Set(float64(n))
		}
	}
}
