package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// The test binary runs as a NATS server, as its own program is, when this
// variable is set.
const asNATS = "TIERCEL_TEST_NATS"

func runNATS(args []string) int {
	options, err := server.ConfigureOptions(flag.NewFlagSet("nats-server", flag.ContinueOnError), args, nil, nil, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s, err := server.NewServer(options)
	if err == nil {
		s.ConfigureLogger()
		err = server.Run(s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s.WaitForShutdown()
	return 0
}

// startNATS starts the house's NATS server, on the streams that it left.
func (h *house) startNATS() {
	h.t.Helper()
	config := filepath.Join(h.dir, "nats.conf")
	text := fmt.Sprintf("listen: %q\nmax_payload: 4MB\njetstream { store_dir: %q, sync_interval: always }\n", h.nats, filepath.Join(h.dir, "nats"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	h.outside = startAs(h.t, asNATS+"=1", nil, "-c", config)
	until(h.t, "the NATS server", func() bool {
		c, err := net.DialTimeout("tcp", h.nats, time.Second)
		if err != nil {
			return false
		}
		c.Close()
		return true
	})
}

// The NATS server is killed while the service and a worker live: they go on when
// it is back, and nothing is lost or judged twice.
func TestNATSKilled(t *testing.T) {
	text, _ := sshLog(500, 12)
	parts := batches(text, 60)
	want := undisturbed(t, text, parts)
	h := newOutsideHouse(t, 1)
	until(t, "the worker to work", func() bool { return strings.Contains(h.workers[0].log(), "partition taken") })
	for i, p := range parts {
		if i == len(parts)/3 || i == 2*len(parts)/3 {
			late := make(chan struct{})
			go func() { defer close(late); time.Sleep(time.Duration(i) * time.Millisecond / 2); h.outside.kill() }()
			h.tryOnce(i, p)
			<-late
			time.Sleep(700 * time.Millisecond) // the others notice
			h.startNATS()
		}
		h.post(i, p)
	}
	h.compare(want)
	if h.serve.ended() || h.workers[0].ended() {
		t.Errorf("the service or its worker ended: %s%s", h.serve.log(), h.workers[0].log())
	}
}

// A service and a worker that start before NATS does wait for it: alive, not
// ready, and telling senders to come again; then they go on.
func TestNATSComesLate(t *testing.T) {
	text, _ := sshLog(100, 5)
	h := rooms(t)
	h.configure(fmt.Sprintf("nats: {url: %q, partitions: 4}\n", "nats://"+h.nats), "")
	h.start()
	at := freePort(t)
	w := startService(t, "worker", "--nats", "nats://"+h.nats, "--model", trained, "--verdicts", "all", "--metrics", at)
	h.workers = append(h.workers, w)
	status := func(method, url string) (int, string) {
		r, _ := http.NewRequest(method, url, strings.NewReader("x"))
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, ""
		}
		answer.Body.Close()
		return answer.StatusCode, answer.Header.Get("Retry-After")
	}
	until(t, "the worker to listen", func() bool { code, _ := status("GET", "http://"+at+"/healthz"); return code != 0 })
	for _, c := range []struct {
		method, url string
		want        int
	}{
		{"GET", h.url + "/healthz", 200},
		{"GET", h.url + "/readyz", 503},
		{"GET", h.url + "/metrics", 200},
		{"POST", h.url + "/v1/ingest", 503},
		{"POST", h.url + "/v1/logs", 503},
		{"POST", h.url + "/v1/labels", 503},
		{"GET", h.url + "/v1/events", 503},
		{"GET", "http://" + at + "/healthz", 200},
		{"GET", "http://" + at + "/readyz", 503},
	} {
		if code, again := status(c.method, c.url); code != c.want || (again == "") == (code == 503) {
			t.Errorf("%s %s: %d, Retry-After %q, want %d", c.method, c.url, code, again, c.want)
		}
	}
	for _, s := range []*service{h.serve, w} {
		until(t, "a word on it", func() bool { return strings.Contains(s.log(), "waiting for NATS") })
		if s.ended() {
			t.Fatalf("ended: %s", s.log())
		}
	}
	h.startNATS()
	until(t, "the service to be ready", func() bool { code, _ := status("GET", h.url+"/readyz"); return code == 200 })
	until(t, "the worker to be ready", func() bool { code, _ := status("GET", "http://"+at+"/readyz"); return code == 200 })
	h.post(1, text)
	h.verdicts(strings.Count(text, "\n"))
}

// What no waiting mends ends the process at once: a wait of 0, a token that the
// server does not take.
func TestNATSNotWaitedFor(t *testing.T) {
	h := rooms(t)
	t.Setenv("TIERCEL_NATS_WAIT", "0s")
	if r := tiercel(t, nil, "serve", "--nats", "nats://"+h.nats, "--listen", "127.0.0.1:0"); r.status != 1 || !strings.Contains(r.err, "no servers available") {
		t.Errorf("status %d, %s", r.status, r.err)
	}
	t.Setenv("TIERCEL_NATS_WAIT", "1h")
	guarded := startService(t, "serve", "--dir", filepath.Join(h.dir, "guarded"), "--nats-listen", h.nats, "--listen", "127.0.0.1:0", "--config", h.withToken("right"))
	guarded.url(t)
	if r := tiercel(t, nil, "worker", "--nats", "nats://"+h.nats, "--config", h.withToken("wrong")); r.status != 1 || !strings.Contains(r.err, "Authorization") {
		t.Errorf("status %d, %s", r.status, r.err)
	}
}

// withToken writes a configuration of a token alone.
func (h *house) withToken(token string) string {
	return write(h.t, token+".yaml", []byte("nats: {token: "+token+"}\n"))
}
