package main

import (
	"flag"
	"fmt"
	"net"
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
