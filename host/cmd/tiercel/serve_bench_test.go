package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// requests writes an access log of that many lines, one in fifty an attack.
func requests(seed uint64, lines int) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	paths := []string{"/", "/shop?page=2", "/item?id=17", "/search?q=red+shoes", "/static/app.css", "/api/v1/cart", "/about"}
	var b bytes.Buffer
	for i := range lines {
		path := paths[random.IntN(len(paths))]
		if random.IntN(50) == 0 {
			path = "/item?id=1%27%20UNION%20SELECT%20password%20FROM%20users--"
		}
		fmt.Fprintf(&b, "10.%d.%d.%d - - [29/Jan/2026:10:%02d:%02d +0000] \"GET %s HTTP/1.1\" 200 %d \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n",
			random.IntN(4), random.IntN(16), random.IntN(256), i/60%60, i%60, path, random.IntN(9000))
	}
	return b.Bytes()
}

// metric sums a metric over its labels.
func metric(t testing.TB, url, name string) float64 {
	t.Helper()
	sum := 0.0
	for line := range strings.Lines(page(t, url+"/metrics")) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(key, name) && !strings.HasPrefix(line, "#") {
			v, _ := strconv.ParseFloat(value, 64)
			sum += v
		}
	}
	return sum
}

func page(t testing.TB, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// quantile estimates a quantile of a histogram, linear within its buckets.
func quantile(text, name string, q float64) float64 {
	var bounds, counts []float64
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name+`_bucket{le="`)
		if !ok {
			continue
		}
		le, count, _ := strings.Cut(strings.TrimSpace(rest), `"} `)
		bound, err := strconv.ParseFloat(le, 64)
		if err != nil {
			bound = math.Inf(1)
		}
		n, _ := strconv.ParseFloat(count, 64)
		bounds, counts = append(bounds, bound), append(counts, n)
	}
	if len(counts) == 0 {
		return math.NaN()
	}
	want := q * counts[len(counts)-1]
	i, _ := slices.BinarySearch(counts, want)
	if i == 0 || math.IsInf(bounds[i], 1) {
		return bounds[max(0, min(i, len(bounds)-2))]
	}
	return bounds[i-1] + (bounds[i]-bounds[i-1])*(want-counts[i-1])/(counts[i]-counts[i-1])
}

// rig is a service for a benchmark: judged by itself, or by worker processes
// of one thread each.
type rig struct {
	url     string
	workers []string // addresses of their metrics
}

func newRig(b *testing.B, workers int) *rig {
	b.Helper()
	dir, nats := b.TempDir(), freePort(b)
	config := fmt.Sprintf("nats: {dir: %q, listen: %q, max_bytes: 16GiB}\njudge: {off: %v}\n", filepath.Join(dir, "streams"), nats, workers > 0)
	file := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	s := &rig{url: startService(b, "serve", "--config", file, "--listen", "127.0.0.1:0").url(b)}
	b.Setenv("GOMAXPROCS", "1")
	var started []*service
	for range workers {
		at := freePort(b)
		started = append(started, startService(b, "worker", "--nats", "nats://"+nats, "--metrics", at))
		s.workers = append(s.workers, "http://"+at)
	}
	for _, w := range started {
		for deadline := time.Now().Add(30 * time.Second); !strings.Contains(w.log(), "partition taken"); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				b.Fatalf("a worker has nothing to do: %s", w.log())
			}
		}
	}
	if workers == 0 {
		s.workers = []string{s.url}
	}
	time.Sleep(3 * time.Second) // for the partitions to be shared
	return s
}

func (s *rig) judged(b *testing.B) (n float64) {
	for _, w := range s.workers {
		n += metric(b, w, "tiercel_records_judged_total")
	}
	return n
}

// cpu returns the processor time of all processes.
func (s *rig) cpu(b *testing.B) float64 {
	sum := metric(b, s.url, "process_cpu_seconds_total")
	for _, w := range s.workers {
		if w != s.url {
			sum += metric(b, w, "process_cpu_seconds_total")
		}
	}
	return sum
}

// benchLines is how many lines a sender sends at once.
const benchLines = 4000

// load sends b.N events, at most rate a second where that is positive, and
// waits until all are judged.
func (s *rig) load(b *testing.B, senders int, rate float64) {
	bodies := make([][]byte, 8)
	for i := range bodies {
		bodies[i] = requests(uint64(i), benchLines)
	}
	posts := max(b.N/benchLines, 1)
	var next, refused atomic.Int64
	before, cpu := s.judged(b), s.cpu(b)
	b.ResetTimer()
	began := time.Now()
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= posts {
					return
				}
				if rate > 0 {
					time.Sleep(time.Until(began.Add(time.Duration(float64(i*benchLines) / rate * float64(time.Second)))))
				}
				for {
					answer, err := http.Post(s.url+"/v1/ingest?source=bench&format=combined", "text/plain", bytes.NewReader(bodies[i%len(bodies)]))
					if err != nil {
						b.Error(err)
						return
					}
					io.Copy(io.Discard, answer.Body)
					answer.Body.Close()
					if answer.StatusCode == 200 {
						break
					}
					refused.Add(1)
					time.Sleep(50 * time.Millisecond)
				}
			}
		})
	}
	group.Wait()
	stored := time.Since(began)
	for s.judged(b)-before < float64(posts*benchLines) {
		time.Sleep(10 * time.Millisecond)
	}
	all := time.Since(began)
	b.StopTimer()
	events := float64(posts * benchLines)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(events/all.Seconds(), "events/s")
	b.ReportMetric(events/stored.Seconds(), "stored/s")
	b.ReportMetric(events/(s.cpu(b)-cpu), "events/cpu-s")
	b.ReportMetric(float64(refused.Load()), "refused")
	worst := 0.0
	for _, w := range s.workers {
		worst = max(worst, quantile(page(b, w+"/metrics"), "tiercel_verdict_latency_seconds", 0.99))
	}
	b.ReportMetric(worst*1000, "p99-ms")
}

// BenchmarkFlood sends as fast as it is taken; the time is until all is judged.
func BenchmarkFlood(b *testing.B) {
	for _, workers := range []int{0, 1, 2} {
		name := "inside"
		if workers > 0 {
			name = fmt.Sprintf("workers=%d", workers)
		}
		b.Run(name, func(b *testing.B) { newRig(b, workers).load(b, 8, 0) })
	}
}

// BenchmarkPaced sends at a rate, for the time from post to verdict.
func BenchmarkPaced(b *testing.B) {
	for _, rate := range []float64{25_000, 50_000, 100_000} {
		b.Run(fmt.Sprintf("%.0f", rate), func(b *testing.B) { newRig(b, 0).load(b, 8, rate) })
	}
}
