package serve_test

import (
	"strings"
	"testing"
)

// What watches a service finds its rates, latencies, the budget asked against the
// realised one, drift and the learners that are missing; those of plugins are in
// host/cmd/tiercel's tests of plugins.
func TestMetricsTell(t *testing.T) {
	url := start(t, nil)
	if status, _, text := send(t, "POST", url+"/v1/ingest?format=combined", strings.NewReader(harmless+attack+"no request\n"), nil); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	wanted := []string{
		`tiercel_http_requests_total{route="POST /v1/ingest",status="200"} 1`, "tiercel_ingest_records_total 3", "tiercel_ingest_bytes_total ",
		"tiercel_store_seconds_count 1", `tiercel_records_judged_total{kind="http"} 2`, `tiercel_threats_total{kind="http"} 1`, "tiercel_records_unread_total{reason=",
		`tiercel_verdict_latency_seconds_bucket{le="0.25"}`, "tiercel_budget_asked_ratio 0.001", `tiercel_budget_realised_ratio{kind="http"} 0.5`, `tiercel_drift_ratio{kind="http"} 500`,
		`tiercel_learner_missing_total{kind="http",learner="`, "tiercel_partitions_owned 2", "tiercel_labels_learned 0", "tiercel_viewers 0",
		"go_goroutines ", "process_cpu_seconds_total ",
	}
	lacking := func() (out []string) {
		_, _, text := send(t, "GET", url+"/metrics", nil, nil)
		for _, w := range wanted {
			if !strings.Contains(text, "\n"+w) {
				out = append(out, w)
			}
		}
		return out
	}
	until(t, "the metrics; lacking were at first: "+strings.Join(lacking(), ", "), func() bool { return len(lacking()) == 0 })
}
