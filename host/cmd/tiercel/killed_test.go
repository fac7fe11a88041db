package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

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

// Service, NATS server and workers are killed at random: no acknowledged event is
// lost, none is judged twice, and the verdicts are those of a service that nobody
// disturbed. With odd seeds the NATS server is a process of its own, else it is
// in the service.
func TestKilled(t *testing.T) {
	text, _ := sshLog(500, 12)
	parts := batches(text, 60)
	want := undisturbed(t, text, parts)
	for seed, to := chaosSeeds(t); seed < to; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 5))
			var h *house
			if seed%2 == 0 {
				h = newHouse(t, 1)
			} else {
				h = newOutsideHouse(t, 1)
			}
			kills := 2 + random.IntN(3)
			due := map[int]bool{}
			for range kills {
				due[random.IntN(len(parts))] = true
			}
			for i, p := range parts {
				if due[i] { // killed while a batch is on its way
					pause, victims := time.Duration(random.IntN(20))*time.Millisecond, h.victims()
					victim := victims[random.IntN(len(victims))]
					late := make(chan struct{})
					go func() {
						defer close(late)
						time.Sleep(pause)
						victim.kill()
					}()
					h.tryOnce(i, p)
					<-late
					h.restart()
				}
				h.post(i, p)
			}
			h.compare(want)
		})
	}
}

// undisturbed returns the verdicts of a service that nobody disturbs.
func undisturbed(t *testing.T, text string, parts []string) map[string]said {
	t.Helper()
	quiet := newHouse(t, 0)
	defer quiet.serve.kill()
	for i, p := range parts {
		quiet.post(i, p)
	}
	want := quiet.verdicts(strings.Count(text, "\n"))
	for _, v := range want {
		if v.Threat {
			return want
		}
	}
	t.Fatal("the log was to have threats")
	return nil
}

// compare waits for the verdicts and holds them against those that are wanted.
func (h *house) compare(want map[string]said) {
	h.t.Helper()
	got := h.verdicts(len(want))
	for id, w := range want {
		if got[id] != w {
			h.t.Fatalf("event %s: %+v, want %+v", id, got[id], w)
		}
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

// victims returns the processes, the workers' and the others'.
func (h *house) victims() []*service {
	all := append([]*service{h.serve}, h.workers...)
	if h.outside != nil {
		all = append(all, h.outside)
	}
	return all
}

// restart starts again what has ended.
func (h *house) restart() {
	h.t.Helper()
	if h.outside != nil && h.outside.ended() {
		h.startNATS()
	}
	if h.serve.ended() {
		h.start()
	}
	for i, w := range h.workers {
		if w.ended() {
			h.workers = append(h.workers[:i], h.workers[i+1:]...)
			h.hire()
			break
		}
	}
}
