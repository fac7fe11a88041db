package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
	service   *service
	url, nats string
	workers   []string // addresses of their metrics
}

// newRig starts a service with the parts of its configuration that are given,
// by a command that becomes it, on the streams of a folder.
func newRig(b *testing.B, command []string, dir, more string) *rig {
	b.Helper()
	nats := freePort(b)
	config := fmt.Sprintf("nats: {dir: %q, listen: %q, max_bytes: 16GiB, partitions: %d}\n%s", dir, nats, benchPartitions, more)
	file := filepath.Join(b.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	service := startUnder(b, command, "serve", "--config", file, "--listen", "127.0.0.1:0")
	return &rig{service: service, url: service.url(b), nats: nats}
}

// inside starts a service that judges by itself.
func inside(b *testing.B) *rig {
	s := newRig(b, nil, b.TempDir(), "")
	s.workers = []string{s.url}
	s.settle(b)
	return s
}

// settle waits until each worker owns its share of the partitions.
func (s *rig) settle(b *testing.B) {
	b.Helper()
	until(b, "all to share the partitions", func() bool {
		return !slices.ContainsFunc(s.workers, func(w string) bool {
			return metric(b, w, "tiercel_partitions_owned") != float64(benchPartitions/len(s.workers))
		})
	})
}

func (s *rig) judged(b *testing.B) (n float64) {
	for _, w := range s.workers {
		n += metric(b, w, "tiercel_records_judged_total")
	}
	return n
}

// cpu returns the processor time of the service, with its NATS server, and that
// of the workers that are processes of their own.
func (s *rig) cpu(b *testing.B) (service, workers float64) {
	for _, w := range s.workers {
		if w != s.url {
			workers += metric(b, w, "process_cpu_seconds_total")
		}
	}
	return metric(b, s.url, "process_cpu_seconds_total"), workers
}

// benchPartitions can be shared evenly by one to four workers.
const benchPartitions = 12

// benchLines is how many lines a sender sends at once.
const benchLines = 4000

// send posts that many bodies of lines, at most rate events a second where that
// is positive, and returns how many were refused and sent again.
func (s *rig) send(b *testing.B, posts int, rate float64) (refused int64) {
	const senders = 8
	bodies := make([][]byte, 8)
	for i := range bodies {
		bodies[i] = requests(uint64(i), benchLines)
	}
	var next, again atomic.Int64
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
					again.Add(1)
					time.Sleep(50 * time.Millisecond)
				}
			}
		})
	}
	group.Wait()
	return again.Load()
}

// load sends b.N events and waits until all are judged.
func (s *rig) load(b *testing.B, rate float64) {
	posts := max(b.N/benchLines, 1)
	events := float64(posts * benchLines)
	before := s.judged(b)
	cpu, _ := s.cpu(b)
	b.ResetTimer()
	began := time.Now()
	refused := s.send(b, posts, rate)
	stored := time.Since(began)
	for s.judged(b)-before < events {
		time.Sleep(10 * time.Millisecond)
	}
	all := time.Since(began)
	b.StopTimer()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(events/all.Seconds(), "events/s")
	b.ReportMetric(events/stored.Seconds(), "stored/s")
	after, _ := s.cpu(b)
	b.ReportMetric(events/(after-cpu), "events/cpu-s")
	b.ReportMetric(float64(refused), "refused")
	text := page(b, s.url+"/metrics")
	b.ReportMetric(quantile(text, "tiercel_verdict_latency_seconds", 0.5)*1000, "p50-ms")
	b.ReportMetric(quantile(text, "tiercel_verdict_latency_seconds", 0.99)*1000, "p99-ms")
}

// BenchmarkFlood sends as fast as it is taken; the time is until all is judged.
func BenchmarkFlood(b *testing.B) { inside(b).load(b, 0) }

// BenchmarkPaced sends at a rate, for the time from post to verdict.
func BenchmarkPaced(b *testing.B) {
	for _, rate := range []float64{25_000, 50_000, 100_000, 120_000} {
		b.Run(fmt.Sprintf("%.0f", rate), func(b *testing.B) { inside(b).load(b, rate) })
	}
}

// on returns the command that keeps a process on one core, where there is one.
func on(core int) []string {
	if _, err := exec.LookPath("taskset"); err != nil {
		return nil
	}
	return []string{"taskset", "-c", strconv.Itoa(core)}
}

// BenchmarkDrain lets workers of one thread, each on a core of its own, judge
// what is stored already; the service with its streams has the last core. What
// is measured is the time in which all of them have work, and how much of its
// core each process had.
//
// The streams are filled once and copied for each number of workers.
func BenchmarkDrain(b *testing.B) {
	const off = "judge: {off: true}\n"
	last := on(runtime.NumCPU() - 1)
	parent, filled, lines := b, "", 0
	for workers := 1; workers < max(runtime.NumCPU(), 2) && workers <= 4; workers++ {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			if b.N == 1 {
				return // the trial that goes before a number of events
			}
			if posts := max(b.N/benchLines, 1); posts*benchLines != lines {
				filled, lines = parent.TempDir(), posts*benchLines
				s := newRig(b, nil, filled, off)
				s.send(b, posts, 0)
				s.service.Process.Signal(os.Interrupt)
				<-s.service.gone
			}
			dir := filepath.Join(b.TempDir(), "streams")
			if err := os.CopyFS(dir, os.DirFS(filled)); err != nil {
				b.Fatal(err)
			}
			s := newRig(b, last, dir, off)
			b.Setenv("GOMAXPROCS", "1")
			for i := range workers {
				at := freePort(b)
				startUnder(b, on(i), "worker", "--nats", "nats://"+s.nats, "--metrics", at)
				s.workers = append(s.workers, "http://"+at)
			}
			for _, w := range s.workers {
				until(b, "a worker", func() bool {
					answer, err := http.Get(w + "/readyz")
					if err != nil {
						return false
					}
					answer.Body.Close()
					return answer.StatusCode == 200
				})
			}
			s.settle(b)
			enough := 0.8 * float64(lines)
			before := s.judged(b)
			service, busy := s.cpu(b)
			b.ResetTimer()
			began := time.Now()
			if before > enough/2 {
				b.Fatalf("%.0f events were judged before the partitions were shared: give it more than %d", before, b.N)
			}
			for s.judged(b) < enough {
				time.Sleep(100 * time.Millisecond)
			}
			events, took := s.judged(b)-before, time.Since(began).Seconds()
			serviceNow, busyNow := s.cpu(b)
			b.StopTimer()
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(events/took, "events/s")
			b.ReportMetric(events/(busyNow-busy), "events/worker-cpu-s")
			b.ReportMetric((busyNow-busy)/took/float64(workers), "cores/worker")
			b.ReportMetric((serviceNow-service)/took, "cores/service")
		})
	}
}
