package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// service is a tiercel serve or worker process.
type service struct {
	*exec.Cmd
	mu      sync.Mutex
	said    strings.Builder
	address chan string // where HTTP listens, once
}

var listening = regexp.MustCompile(`msg=listening address=(\S+)`)

// startService starts the process.
func startService(t testing.TB, args ...string) *service {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &service{Cmd: exec.Command(self, args...), address: make(chan string, 1)}
	s.Env = append(os.Environ(), asTiercel+"="+filepath.Join(t.TempDir(), "memory"))
	said, err := s.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		lines := bufio.NewScanner(said)
		for lines.Scan() {
			s.mu.Lock()
			s.said.WriteString(lines.Text() + "\n")
			s.mu.Unlock()
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				s.address <- m[1]
			}
		}
	}()
	t.Cleanup(s.kill)
	return s
}

func (s *service) kill() { s.Process.Kill(); s.Wait() }

func (s *service) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// url waits until the process listens.
func (s *service) url(t testing.TB) string {
	t.Helper()
	select {
	case a := <-s.address:
		return "http://" + a
	case <-time.After(60 * time.Second):
		t.Fatalf("the service does not listen: %s", s.log())
		return ""
	}
}

// freePort returns an address that nobody listens at.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// house is a service with its folder, its workers and a client that does not
// give up.
type house struct {
	t          testing.TB
	dir, nats  string
	extra      []string
	serve      *service
	workers    []*service
	url        string
	out        string
	refused    map[int]int // answers other than 200
	killed     int
	maxRetries int
}

func newHouse(t testing.TB, workers int, extra ...string) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{t: t, dir: dir, nats: freePort(t), extra: extra, out: filepath.Join(dir, "verdicts.ndjson"), refused: map[int]int{}, maxRetries: 600}
	config := fmt.Sprintf("nats: {dir: %q, listen: %q, partitions: 4}\njudge: {verdicts: all, models: [%q]}\nsinks: [{name: file, type: file, path: %q}]\n",
		filepath.Join(dir, "streams"), h.nats, trained, h.out)
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	h.start()
	for range workers {
		h.hire()
	}
	return h
}

func (h *house) start() {
	h.t.Helper()
	args := append([]string{"serve", "--config", filepath.Join(h.dir, "config.yaml"), "--listen", "127.0.0.1:0"}, h.extra...)
	h.serve = startService(h.t, args...)
	h.url = h.serve.url(h.t)
}

func (h *house) hire() {
	h.t.Helper()
	h.workers = append(h.workers, startService(h.t, "worker", "--nats", "nats://"+h.nats, "--model", trained, "--verdicts", "all", "--config", ""))
}

// post sends a batch until it is stored.
func (h *house) post(id int, text string) {
	h.t.Helper()
	for range h.maxRetries {
		r, _ := http.NewRequest("POST", h.url+"/v1/ingest?source=ssh&format=syslog", strings.NewReader(text))
		r.Header.Set("Idempotency-Key", strconv.Itoa(id))
		answer, err := http.DefaultClient.Do(r)
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
	h.t.Fatalf("batch %d is not taken: %s", id, h.serve.log())
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
			h.t.Fatalf("%d verdicts of %d: %s", countLines(h.out), n, h.serve.log())
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

// chaosSeeds returns the seeds of TestKilled, from one up to another: a few, or
// those of TIERCEL_CHAOS, which says how many or FROM-TO.
func chaosSeeds(t testing.TB) (from, to uint64) {
	text := os.Getenv("TIERCEL_CHAOS")
	if text == "" {
		return 0, 2
	}
	first, last, ranged := strings.Cut(text, "-")
	if !ranged {
		first, last = "0", first
	}
	from, err := strconv.ParseUint(first, 10, 16)
	if err == nil {
		to, err = strconv.ParseUint(last, 10, 16)
	}
	if err != nil || from >= to {
		t.Fatalf("TIERCEL_CHAOS=%q: want a number of seeds, or FROM-TO without TO", text)
	}
	return from, to
}

// Service with its NATS server, and workers, are killed at random: no
// acknowledged event is lost, none is judged twice, and the verdicts are those
// of a service that nobody disturbed.
func TestKilled(t *testing.T) {
	text, _ := sshLog(500, 12)
	parts := batches(text, 60)
	lines := strings.Count(text, "\n")
	quiet := newHouse(t, 0)
	for i, p := range parts {
		quiet.post(i, p)
	}
	want := quiet.verdicts(lines)
	threats := 0
	for _, v := range want {
		if v.Threat {
			threats++
		}
	}
	if threats == 0 {
		t.Fatal("the log was to have threats")
	}
	quiet.serve.kill()
	for seed, to := chaosSeeds(t); seed < to; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 5))
			h := newHouse(t, 1)
			kills := 2 + random.IntN(3)
			due := map[int]bool{}
			for range kills {
				due[random.IntN(len(parts))] = true
			}
			for i, p := range parts {
				if due[i] { // killed while a batch is on its way
					late := make(chan struct{})
					go func() {
						defer close(late)
						time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
						h.serveOrWorkerKill(random)
					}()
					h.tryOnce(i, p)
					<-late
					h.restart()
				}
				h.post(i, p)
			}
			got := h.verdicts(lines)
			for id, w := range want {
				if got[id] != w {
					t.Fatalf("event %s: %+v, want %+v", id, got[id], w)
				}
			}
		})
	}
}

// tryOnce sends a batch to a service that may die meanwhile.
func (h *house) tryOnce(id int, text string) {
	r, _ := http.NewRequest("POST", h.url+"/v1/ingest?source=ssh&format=syslog", strings.NewReader(text))
	r.Header.Set("Idempotency-Key", strconv.Itoa(id))
	if answer, err := http.DefaultClient.Do(r); err == nil {
		answer.Body.Close()
	}
}

// serveOrWorkerKill kills one process, restart starts it again.
func (h *house) serveOrWorkerKill(random *rand.Rand) {
	h.killed++
	if len(h.workers) > 0 && random.IntN(2) == 0 {
		h.workers[0].kill()
		h.workers = h.workers[1:]
		return
	}
	h.serve.kill()
}

func (h *house) restart() {
	h.t.Helper()
	if h.serve.ProcessState != nil {
		h.start()
	}
	if len(h.workers) == 0 {
		h.hire()
	}
}

// A partition whose worker was killed is judged by another within seconds.
func TestTakeOver(t *testing.T) {
	text, _ := sshLog(100, 5)
	lines := strings.Count(text, "\n")
	h := newHouse(t, 2)
	until(t, "all to share", func() bool { return strings.Contains(h.workers[1].log(), "partition taken") })
	for _, w := range h.workers {
		w.kill()
	}
	began := time.Now()
	h.post(1, text)
	h.verdicts(lines)
	took := time.Since(began)
	t.Logf("taken over after %v", took)
	if took > 10*time.Second { // 5 s on a machine that does nothing else
		t.Errorf("taking over lasted %v", took)
	}
}

// The service ends within ten seconds, and goes on where it was.
func TestGracefulEnd(t *testing.T) {
	text, _ := sshLog(200, 5)
	parts := batches(text, 50)
	h := newHouse(t, 0)
	for i, p := range parts[:len(parts)/2] {
		h.post(i, p)
	}
	began := time.Now()
	h.serve.Process.Signal(syscall.SIGTERM)
	if err := h.serve.Wait(); err != nil {
		t.Errorf("%v: %s", err, h.serve.log())
	}
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("ended after %v", took)
	}
	h.start()
	for i, p := range parts[len(parts)/2:] {
		h.post(len(parts)/2+i, p)
	}
	h.verdicts(strings.Count(text, "\n"))
}

func TestServeCheck(t *testing.T) {
	good := write(t, "good.yaml", []byte("listen: 127.0.0.1:9000\nlimits: {body: 1MiB}\n"))
	for _, c := range []struct {
		name, config, want string
		status             int
	}{
		{"good", good, "the configuration is good", 0},
		{"no file", filepath.Join(t.TempDir(), "none"), "no such file", 1},
		{"unknown option", write(t, "a.yaml", []byte("lissten: x\n")), "lissten not found", 1},
		{"open to all", write(t, "b.yaml", []byte("listen: 0.0.0.0:80\n")), "set tls.cert and tls.key", 1},
		{"size", write(t, "c.yaml", []byte("limits: {body: 1 elephant}\n")), "is no size", 1},
		{"two at once", write(t, "d.yaml", []byte("judge: {budget: much, verdicts: some}\n")), "judge.verdicts", 1},
		{"no model", write(t, "e.yaml", []byte("judge: {models: [/none]}\n")), "no such file", 1},
		{"sink", write(t, "f.yaml", []byte("sinks: [{name: a, type: pigeon}]\n")), `"pigeon"`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := tiercel(t, nil, "serve", "--check", "--config", c.config)
			if r.status != c.status || !strings.Contains(r.out+r.err, c.want) {
				t.Errorf("status %d, %s%s", r.status, r.out, r.err)
			}
		})
	}
	t.Setenv("TIERCEL_LISTEN", "0.0.0.0:80")
	if r := tiercel(t, nil, "serve", "--check", "--config", good); r.status != 1 || !strings.Contains(r.err, "0.0.0.0") {
		t.Errorf("the environment is not read: %s%s", r.out, r.err)
	}
}
