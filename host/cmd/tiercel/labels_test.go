package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tiercel/tiercel/host/internal/stream"
)

// labelled is what a label says of a row.
type labelled struct {
	ID      string `json:"event.id"`
	Kind    string `json:"event.dataset"`
	Example []byte `json:"tiercel.example"`
	Threat  bool   `json:"tiercel.threat"`
}

// threats returns the rows of the sink that are threats, by their ids.
func (h *house) threats() []labelled {
	h.t.Helper()
	data, err := os.ReadFile(h.out)
	if err != nil {
		h.t.Fatal(err)
	}
	var out []labelled
	for line := range bytes.Lines(data) {
		var l labelled
		if err := json.Unmarshal(line, &l); err != nil {
			h.t.Fatal(err)
		}
		if l.Threat {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b labelled) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// forgive labels threats as none.
func (h *house) forgive(rows []labelled) {
	h.t.Helper()
	for _, l := range rows {
		body, _ := json.Marshal(map[string]any{"event": l.ID, "kind": l.Kind, "example": l.Example, "threat": false})
		answer, err := http.Post(h.url+"/v1/labels", "application/json", bytes.NewReader(body))
		if err != nil {
			h.t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != 200 {
			h.t.Fatalf("a label is answered %s", answer.Status)
		}
	}
}

// Labels that are posted to the service reach all of its workers, which are
// processes of their own, and one that starts later; their verdicts are then
// those of one process that had the labels.
func TestLabelsReachWorkers(t *testing.T) {
	const few = 3
	text, _ := sshLog(500, 12)
	lines := strings.SplitAfter(text, "\n")
	third := len(lines) / 3
	parts := []string{strings.Join(lines[:third], ""), strings.Join(lines[third:2*third], ""), strings.Join(lines[2*third:], "")}
	count := func(n int) int { return strings.Count(strings.Join(parts[:n], ""), "\n") }

	// run posts the parts, labels after the first, and lets meanwhile have the rest.
	when := map[string]int{} // event: the part that it is of
	run := func(h *house, judges []string, later func() []string) map[string]said {
		post := func(part int) (all map[string]said) {
			h.post(part, parts[part])
			all = h.verdicts(count(part + 1))
			for id := range all {
				if _, known := when[id]; !known {
					when[id] = part
				}
			}
			return all
		}
		knows := func() {
			for _, at := range judges {
				until(t, "the labels to be learnt", func() bool { return metric(t, at, "tiercel_labels_learned") == few })
			}
		}
		post(0)
		h.forgive(h.threats()[:few])
		knows()
		post(1)
		if later != nil {
			judges = later()
			knows()
		}
		return post(2)
	}

	alone := newHouse(t, 0)
	want := run(alone, []string{alone.url}, nil)

	h := rooms(t)
	h.configure(fmt.Sprintf("nats: {dir: %q, listen: %q, partitions: 4}\n", filepath.Join(h.dir, "streams"), h.nats), "")
	t.Setenv("TIERCEL_JUDGE_OFF", "true")
	h.start()
	hire := func() (at string) {
		at = freePort(t)
		h.workers = append(h.workers, startService(t, "worker", "--nats", "nats://"+h.nats, "--model", trained, "--verdicts", "all", "--metrics", at))
		return "http://" + at
	}
	first, second := hire(), hire()
	for _, at := range []string{first, second} {
		until(t, "two to share", func() bool {
			answer, err := http.Get(at + "/readyz")
			if err != nil {
				return false
			}
			answer.Body.Close()
			return answer.StatusCode == 200 && metric(t, at, "tiercel_partitions_owned") == 2
		})
	}
	got := run(h, []string{first, second}, func() []string {
		at := hire()
		until(t, "the third to work", func() bool { return strings.Contains(h.workers[2].log(), "connected") })
		h.workers[0].kill()
		h.workers[1].kill()
		return []string{at}
	})
	if !maps.Equal(got, want) {
		for id := range want {
			if got[id] != want[id] {
				t.Errorf("event %s: %+v, one process says %+v", id, got[id], want[id])
			}
		}
	}

	// The labels change verdicts of three partitions or more, of which two workers
	// have two each; and those of the third worker.
	t.Setenv("TIERCEL_JUDGE_OFF", "false")
	plain := undisturbed(t, text, parts)
	partition := h.partitions(len(got))
	for part, least := range []int{0, 3, 1} {
		changed := map[string]bool{}
		for id, row := range plain {
			if when[id] == part && got[id].Score != row.Score {
				changed[partition[id]] = true
			}
		}
		if len(changed) < least {
			t.Errorf("part %d: labels changed verdicts of the partitions %v, want %d", part+1, slices.Collect(maps.Keys(changed)), least)
		}
	}
}

// partitions returns the subjects of n verdicts, one a partition, by their ids.
func (h *house) partitions(n int) map[string]string {
	h.t.Helper()
	of := map[string]string{}
	withHub(h.t, h.nats, func(ctx context.Context, hub *stream.Hub) error {
		c, err := hub.JS.OrderedConsumer(ctx, stream.ResultsStream, jetstream.OrderedConsumerConfig{FilterSubjects: []string{stream.VerdictSubjects}})
		if err != nil {
			return err
		}
		for len(of) < n {
			m, err := c.Next(jetstream.FetchMaxWait(5 * time.Second))
			if err != nil {
				return err
			}
			for line := range bytes.Lines(m.Data()) {
				var row said
				if err := json.Unmarshal(line, &row); err != nil {
					return err
				}
				of[row.ID] = m.Subject()
			}
		}
		return nil
	})
	return of
}
