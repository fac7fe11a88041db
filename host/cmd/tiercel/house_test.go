package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// house is a service with its folder, its workers and a client that does not
// give up.
type house struct {
	t          testing.TB
	dir, nats  string
	extra      []string
	under      []string // the command that the service is started by, nil for none
	outside    *service // the NATS server, nil where it is in the service
	serve      *service
	workers    []*service
	url        string
	out        string
	refused    map[int]int // answers other than 200
	maxRetries int
	revived    int  // times
	supervised bool // the service is started anew when it ends by itself
}

func newHouse(t testing.TB, workers int, extra ...string) *house {
	t.Helper()
	h := rooms(t, extra...)
	h.configure(fmt.Sprintf("nats: {dir: %q, listen: %q, partitions: 4}\n", filepath.Join(h.dir, "streams"), h.nats), "")
	h.start()
	for range workers {
		h.hire()
	}
	return h
}

// newOutsideHouse has its streams in a NATS server that is a process of its own.
func newOutsideHouse(t testing.TB, workers int) *house {
	t.Helper()
	h := rooms(t)
	h.configure(fmt.Sprintf("nats: {url: %q, partitions: 4}\n", "nats://"+h.nats), "")
	h.startNATS()
	h.start()
	for range workers {
		h.hire()
	}
	return h
}

func rooms(t testing.TB, extra ...string) *house {
	dir := t.TempDir()
	return &house{
		t: t, dir: dir, nats: freePort(t), extra: extra, out: filepath.Join(dir, "verdicts.ndjson"),
		refused: map[int]int{}, maxRetries: 600,
	}
}

// configure writes the configuration: where the streams are, a file that takes
// the verdicts, and further sinks.
func (h *house) configure(nats, sinks string) {
	h.t.Helper()
	config := nats + fmt.Sprintf("judge: {verdicts: all, models: [%q]}\nsinks: [{name: file, type: file, path: %q}%s]\n", trained, h.out, sinks)
	if err := os.WriteFile(filepath.Join(h.dir, "config.yaml"), []byte(config), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) start() {
	h.t.Helper()
	h.serve = startUnder(h.t, h.under, h.command()...)
	h.url = h.serve.url(h.t)
}

// revive starts the service anew, as what watches it would; it may end again.
func (h *house) revive() {
	h.t.Helper()
	h.revived++
	h.serve = startUnder(h.t, h.under, h.command()...)
	select {
	case a := <-h.serve.address:
		h.url = "http://" + a
	case <-h.serve.gone:
	case <-time.After(30 * time.Second):
		h.t.Fatalf("the service neither listens nor ends: %s", h.serve.log())
	}
}

func (h *house) command() []string {
	return append([]string{"serve", "--config", filepath.Join(h.dir, "config.yaml"), "--listen", "127.0.0.1:0"}, h.extra...)
}

func (h *house) hire() {
	h.t.Helper()
	h.workers = append(h.workers, startService(h.t, "worker", "--nats", "nats://"+h.nats, "--model", trained, "--verdicts", "all", "--config", ""))
}

// logs returns what the processes said.
func (h *house) logs() string {
	all := "serve: " + h.serve.log()
	for _, w := range h.workers {
		all += "worker: " + w.log()
	}
	return all
}

// post sends a batch until it is stored.
func (h *house) post(id int, text string) {
	h.t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for n := 0; n < h.maxRetries && time.Now().Before(deadline); n++ {
		r, _ := http.NewRequest("POST", h.url+"/v1/ingest?source=ssh&format=syslog", strings.NewReader(text))
		r.Header.Set("Idempotency-Key", strconv.Itoa(id))
		answer, err := http.DefaultClient.Do(r)
		if err != nil && h.supervised && h.serve.ended() {
			h.revive()
		}
		if err == nil {
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if answer.StatusCode == 200 {
				return
			}
			h.refused[answer.StatusCode]++
		}
		time.Sleep(100 * time.Millisecond)
	}
	h.t.Fatalf("batch %d is not taken: %s", id, h.logs())
}

// said is what a test compares of a verdict.
type said struct {
	ID       string  `json:"event.id"`
	Score    float64 `json:"tiercel.score"`
	Threat   bool    `json:"tiercel.threat"`
	Incident string  `json:"tiercel.incident"`
	Error    string  `json:"error.message"`
}

// verdicts waits for n rows in the sink and returns them by id.
func (h *house) verdicts(n int) map[string]said {
	h.t.Helper()
	for deadline := time.Now().Add(90 * time.Second); countLines(h.out) < n; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("%d verdicts of %d: %s", countLines(h.out), n, h.logs())
		}
	}
	time.Sleep(300 * time.Millisecond) // for what would be too many
	data, err := os.ReadFile(h.out)
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[string]said{}
	for line := range bytes.Lines(data) {
		var v said
		if err := json.Unmarshal(line, &v); err != nil {
			h.t.Fatalf("%v: %s", err, line)
		}
		if _, twice := out[v.ID]; twice {
			h.t.Fatalf("event %s is there twice", v.ID)
		}
		out[v.ID] = v
	}
	if len(out) != n {
		h.t.Fatalf("%d verdicts, want %d", len(out), n)
	}
	return out
}

// batches cuts a log into what is sent together.
func batches(text string, lines int) []string {
	var out []string
	all := strings.SplitAfter(text, "\n")
	for len(all) > 0 {
		n := min(lines, len(all))
		if part := strings.Join(all[:n], ""); part != "" {
			out = append(out, part)
		}
		all = all[n:]
	}
	return out
}
