package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// peakMemory returns the most memory that a process had, bytes; 0 where the
// system does not tell.
func peakMemory(pid int) int64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	text, _, _ := strings.Cut(rest, "kB")
	kib, _ := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return kib << 10
}

// offered counts what became of requests.
type offered struct {
	url, body string
	mu        sync.Mutex
	answers   map[int]int
	rude      atomic.Int64 // refused without a time to come again
	lost      atomic.Int64 // not answered at all
}

func (o *offered) send(c *http.Client) {
	answer, err := c.Post(o.url+"/v1/ingest?source=web&format=combined", "text/plain", strings.NewReader(o.body))
	if err != nil {
		o.lost.Add(1)
		return
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	if answer.StatusCode != 200 && answer.Header.Get("Retry-After") == "" {
		o.rude.Add(1)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answers[answer.StatusCode]++
}

// pressedFor is how long TestTwiceTheCapacity presses: seconds, or the time that
// TIERCEL_OVERLOAD says.
func pressedFor(t *testing.T) time.Duration {
	text := os.Getenv("TIERCEL_OVERLOAD")
	if text == "" {
		return 4 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A service that is offered twice what it can do takes what it can and asks
// the rest to come again, within 512 MiB.
func TestTwiceTheCapacity(t *testing.T) {
	const (
		measured = 1500 * time.Millisecond
		memory   = 512 << 20
	)
	pressed := pressedFor(t)
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	// Four requests at work: fewer than the machine could hold, so that what it
	// can do is found with few senders.
	text := fmt.Sprintf("listen: 127.0.0.1:0\nnats: {dir: %q, partitions: 2, max_bytes: 64MiB}\nlimits: {concurrency: 4}\n", filepath.Join(dir, "streams"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startService(t, "serve", "--config", config)
	o := &offered{url: s.url(t), answers: map[int]int{}}
	var lines strings.Builder
	for i := range 500 {
		fmt.Fprintf(&lines, "198.51.100.%d - - [29/Jan/2026:10:01:02 +0000] \"GET /item?id=%d HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0\"\n", i%250, i)
	}
	o.body = lines.String()
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second}

	// What it can do: as many senders as it serves, each with a request after the other.
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			for end := time.Now().Add(measured); time.Now().Before(end); {
				o.send(client)
			}
		})
	}
	senders.Wait()
	capacity := float64(o.answers[200]) / measured.Seconds()
	if capacity < 1 || o.lost.Load() > 0 {
		t.Fatalf("%.1f requests/s, %d lost, %v: %s", capacity, o.lost.Load(), o.answers, s.log())
	}

	// Twice of it, whether answers come or not.
	o.answers = map[int]int{}
	began := time.Now()
	for n := 0; time.Since(began) < pressed; n++ {
		time.Sleep(time.Until(began.Add(time.Duration(float64(n) / (2 * capacity) * float64(time.Second)))))
		senders.Go(func() { o.send(client) })
	}
	senders.Wait()
	t.Logf("%.0f requests/s of 500 lines can be done; twice of that for %v: %v", capacity, pressed, o.answers)
	total := 0
	for status, n := range o.answers {
		total += n
		if status != 200 && status != 429 && status != 503 {
			t.Errorf("%d answers of status %d", n, status)
		}
	}
	if o.lost.Load() > 0 || o.rude.Load() > 0 {
		t.Errorf("%d requests without answer, %d refused without Retry-After", o.lost.Load(), o.rude.Load())
	}
	if o.answers[200] == 0 || o.answers[200] == total {
		t.Errorf("%v: want some taken and some refused", o.answers)
	}
	if peak := peakMemory(s.Process.Pid); peak > memory {
		t.Errorf("%d MiB, at most %d", peak>>20, memory>>20)
	} else {
		t.Logf("%d MiB at most", peak>>20)
	}
}
