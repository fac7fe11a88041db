package serve_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tiercel/tiercel/host/internal/serve"
	"github.com/tiercel/tiercel/host/internal/stream"
)

// Rows for a subject wait until a stream listens there, and each is stored once.
func TestSubject(t *testing.T) {
	bus, err := stream.StartServer(stream.ServerOptions{Dir: t.TempDir(), Listen: "127.0.0.1:0", Token: "t0ken"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	url := start(t, func(c *serve.Config) {
		c.Sinks = []serve.Sink{{Name: "bus", Type: "nats", URL: bus.ClientURL(), Token: "t0ken", Subject: "security.threats"}}
	})
	send(t, "POST", url+"/v1/ingest", strings.NewReader(harmless+attack), nil)
	until(t, "the sink to be refused", func() bool {
		_, _, said := send(t, "GET", url+"/metrics", nil, nil)
		return strings.Contains(said, `tiercel_sink_failures_total{sink="bus"}`)
	})

	conn, err := bus.Connect("t0ken")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	kept, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "SECURITY", Subjects: []string{"security.>"}})
	if err != nil {
		t.Fatal(err)
	}
	send(t, "POST", url+"/v1/ingest", strings.NewReader(strings.Replace(attack, "203.0.113.9", "203.0.113.8", 1)), nil)
	until(t, "three rows", func() bool {
		info, err := kept.Info(ctx)
		return err == nil && info.State.Msgs == 3
	})
	entities := map[string]bool{}
	for seq := uint64(1); seq <= 3; seq++ {
		m, err := kept.GetMsg(ctx, seq)
		if err != nil {
			t.Fatal(err)
		}
		var row struct {
			ID     string `json:"event.id"`
			Entity string `json:"tiercel.entity"`
		}
		if err := json.Unmarshal(m.Data, &row); err != nil || row.ID == "" || row.ID != m.Header.Get("Nats-Msg-Id") {
			t.Errorf("%s with the id %q: %v", m.Data, m.Header.Get("Nats-Msg-Id"), err)
		}
		entities[row.Entity] = true
	}
	if len(entities) != 3 {
		t.Errorf("entities %v", entities)
	}
}
