package main

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
	gone    chan struct{}
	status  error // once it is gone
}

var listening = regexp.MustCompile(`msg=listening address=(\S+)`)

// startService starts the process.
func startService(t testing.TB, args ...string) *service {
	t.Helper()
	return startUnder(t, nil, args...)
}

// startUnder starts the process by a command that becomes it.
func startUnder(t testing.TB, command []string, args ...string) *service {
	t.Helper()
	return startAs(t, asTiercel+"="+filepath.Join(t.TempDir(), "memory"), command, args...)
}

// startAs starts this program as what a variable makes of it.
func startAs(t testing.TB, variable string, command []string, args ...string) *service {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command = append(append(slices.Clone(command), self), args...)
	s := &service{Cmd: exec.Command(command[0], command[1:]...), address: make(chan string, 1), gone: make(chan struct{})}
	s.Env = append(os.Environ(), variable)
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
		s.status = s.Wait()
		close(s.gone)
	}()
	t.Cleanup(s.kill)
	return s
}

func (s *service) kill() { s.Process.Kill(); <-s.gone }

func (s *service) ended() bool {
	select {
	case <-s.gone:
		return true
	default:
		return false
	}
}

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
	case <-s.gone:
		t.Fatalf("the service ended: %s", s.log())
		return ""
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
	if <-h.serve.gone; h.serve.status != nil {
		t.Errorf("%v: %s", h.serve.status, h.serve.log())
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
		{"no plugin", write(t, "g.yaml", []byte("judge: {plugins: [pigeon], lock: /none}\n")), "plugin pigeon", 1},
		{"no field", write(t, "h.yaml", []byte("sources: {web: {map: {client: source.pigeon}}}\n")), "source.pigeon", 1},
		{"no console", write(t, "i.yaml", []byte("console: /none\n")), "is no folder", 1},
		{"no policy", write(t, "j.yaml", []byte("judge: {take: all}\n")), "want pinned or signed", 1},
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
