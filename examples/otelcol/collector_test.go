package otelcol

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
)

// The built Collector takes logs over OTLP/HTTP and passes them on with their
// scores. TIERCEL_OTELCOL names it: make otelcol builds it and runs this.
func TestCollector(t *testing.T) {
	program := os.Getenv("TIERCEL_OTELCOL")
	if program == "" {
		t.Skip("no built Collector: make otelcol")
	}
	passed := make(chan plogotlp.ExportRequest, 1)
	behind := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		request := plogotlp.NewExportRequest()
		if err := request.UnmarshalProto(data); err != nil {
			t.Error(err)
		}
		passed <- request
	}))
	defer behind.Close()
	address := freeAddress(t)
	said := startCollector(t, program, fmt.Sprintf(`
receivers: {otlp: {protocols: {http: {endpoint: %q}}}}
processors: {tiercel: {budget: 0.1%%}}
exporters: {otlphttp: {endpoint: %q, compression: none}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {logs: {receivers: [otlp], processors: [tiercel], exporters: [otlphttp]}}
`, address, behind.URL))

	body, err := plogotlp.NewExportRequestFromLogs(batch(harmless, attack)).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		answer, err := http.Post("http://"+address+"/v1/logs", "application/x-protobuf", bytes.NewReader(body))
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				t.Fatalf("status %d: %s", answer.StatusCode, said())
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v: %s", err, said())
		}
	}
	select {
	case request := <-passed:
		records := request.Logs().ResourceLogs().At(0).ScopeLogs().At(0).LogRecords()
		if records.Len() != 2 {
			t.Fatalf("%d records", records.Len())
		}
		if a := records.At(0).Attributes().AsRaw(); !isHarmless(a) {
			t.Errorf("harmless: %v", a)
		}
		if a := records.At(1).Attributes().AsRaw(); !isThreat(a) {
			t.Errorf("attack: %v", a)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("nothing was passed on: %s", said())
	}
}

// startCollector runs a Collector until the test ends; said returns its log then.
func startCollector(t *testing.T, program, config string) (said func() string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "--config", path)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		log.Close()
	})
	return func() string {
		text, _ := os.ReadFile(log.Name())
		return string(text)
	}
}

// freeAddress returns an address that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
