package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// hook is where a webhook goes: it keeps what it was given by its key, which is
// the same when it is given again.
type hook struct {
	mu   sync.Mutex
	rows map[string]map[string]said // by key, then by event
	slow time.Duration              // for a request
}

func (k *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	time.Sleep(k.slow)
	rows := map[string]said{}
	for line := range bytes.Lines(data) {
		var v said
		if err == nil {
			err = json.Unmarshal(line, &v)
		}
		rows[v.ID] = v
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rows[r.Header.Get("Idempotency-Key")] = rows
}

// all returns the rows by event, and the first one that came under two keys.
func (k *hook) all() (rows map[string]said, twice string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	rows = map[string]said{}
	for _, batch := range k.rows {
		for id, v := range batch {
			if _, known := rows[id]; known {
				twice = id
			}
			rows[id] = v
		}
	}
	return rows, twice
}

// A sink that is down, while the service is killed too, and one that is slow
// hold up neither the service nor the other sinks; each gets every row in the end.
func TestSinkDownAndSlow(t *testing.T) {
	text, _ := sshLog(500, 12)
	parts := batches(text, 60)
	want := undisturbed(t, text, parts)
	down, slow := freePort(t), &hook{rows: map[string]map[string]said{}, slow: 50 * time.Millisecond}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: slow}
	go server.Serve(listener)
	defer server.Close()
	h := rooms(t)
	h.configure(fmt.Sprintf("nats: {dir: %q, partitions: 4}\n", filepath.Join(h.dir, "streams")),
		fmt.Sprintf(", {name: down, type: webhook, url: %q}, {name: slow, type: webhook, url: %q}", "http://"+down, "http://"+listener.Addr().String()))
	h.start()
	for i, p := range parts {
		if i == len(parts)/2 {
			h.serve.kill()
			h.start()
		}
		h.post(i, p)
	}
	h.compare(want) // of the file, while one sink is down

	late := &hook{rows: map[string]map[string]said{}}
	if listener, err = net.Listen("tcp", down); err != nil {
		t.Fatal(err)
	}
	back := &http.Server{Handler: late}
	go back.Serve(listener)
	defer back.Close()
	for name, k := range map[string]*hook{"down": late, "slow": slow} {
		until(t, "the sink that was "+name, func() bool { rows, _ := k.all(); return len(rows) == len(want) })
		rows, twice := k.all()
		if twice != "" {
			t.Errorf("%s: event %s came under two keys", name, twice)
		}
		for id, w := range want {
			if rows[id] != w {
				t.Fatalf("%s: event %s: %+v, want %+v", name, id, rows[id], w)
			}
		}
	}
}
