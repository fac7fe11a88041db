package stream_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/sign"
	"github.com/tiercel/tiercel/host/internal/canary"
	"github.com/tiercel/tiercel/host/internal/stream"
)

func key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune('a'+seed)), ed25519.SeedSize)))
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// signed returns the file of the HTTP model of an epoch.
func signed(t *testing.T, epoch uint64, k ed25519.PrivateKey) []byte {
	t.Helper()
	m := *httpModel(t)
	m.Epoch = epoch
	if err := sign.Sign(&m, k); err != nil {
		t.Fatal(err)
	}
	data, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// canaries are an attack and a request that is none.
func canaries(t *testing.T, least float64) []byte {
	t.Helper()
	var out []byte
	for _, c := range []canary.Canary{
		{Line: `203.0.113.9 - - [29/Jan/2026:10:01:03 +0000] "GET /item?id=1%27%20UNION%20SELECT%20password%20FROM%20users-- HTTP/1.1" 200 512 "-" "Mozilla/5.0"`, Format: "combined", Min: least, Max: 1},
		{Line: `203.0.113.7 - - [29/Jan/2026:10:01:02 +0000] "GET /shop HTTP/1.1" 200 512 "-" "Mozilla/5.0"`, Format: "combined", Min: 0, Max: 0.5},
	} {
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		out = append(append(out, data...), '\n')
	}
	return out
}

// Of the models in the object store those are taken that are signed by a
// trusted key, tried, and not older than the one in force.
func TestModelsAreTakenWithCare(t *testing.T) {
	o := stream.Options{Partitions: 1}
	s := newSite(t, o)
	trusted := key(1)
	c, err := stream.NewCatalogue(nil, "", []ed25519.PublicKey{public(trusted)}, []*model.Model{httpModel(t)})
	if err != nil {
		t.Fatal(err)
	}
	w, err := stream.NewWorker(s.hub, stream.WorkerOptions{Models: c.Models()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var told strings.Builder
	says := make(chan string, 16)
	log := slog.New(slog.NewTextHandler(writer(func(p []byte) { says <- string(p) }), nil))
	again := make(chan struct{})
	offers := stream.NewOffers(prometheus.NewRegistry(), log)
	go c.Follow(ctx, w, again, offers)
	epoch := func() uint64 { return c.Models()[0].Epoch }
	start := epoch()
	for _, step := range []struct {
		name  string
		epoch uint64
		key   ed25519.PrivateKey
		want  string
		after uint64
		tries []byte // nil for canaries that it passes
	}{
		{"newer", start + 5, trusted, "model taken", start + 5, nil},
		{"other key", start + 6, key(2), "not trusted", start + 5, nil},
		{"older", start + 4, trusted, "epoch", start + 5, nil},
		{"canaries that it fails", start + 6, trusted, "canary", start + 5, canaries(t, 1)},
		{"no canaries", start + 8, trusted, "no canaries", start + 5, []byte{}},
		{"newer still", start + 7, trusted, "model taken", start + 7, nil},
	} {
		data := signed(t, step.epoch, step.key)
		if step.tries == nil {
			err = s.hub.PublishModel(ctx, data, canaries(t, 0.5))
		} else {
			err = s.smuggle(data, step.tries)
		}
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		select {
		case line := <-says:
			told.WriteString(line)
			if !strings.Contains(line, step.want) {
				t.Errorf("%s: %s, want %s", step.name, line, step.want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: nothing happens after %s", step.name, &told)
		}
		if epoch() != step.after {
			t.Errorf("%s: epoch %d in force, want %d", step.name, epoch(), step.after)
		}
	}
	again <- struct{}{} // all is looked at anew: nothing is told of what is in force
	time.Sleep(500 * time.Millisecond)
	if len(says) > 0 {
		t.Errorf("looked at anew: %s", <-says)
	}
	if last := offers.Last(); len(last) != 1 || !last[0].Taken || last[0].Name != "http" {
		t.Errorf("outcomes %+v", last)
	}
}

// smuggle puts a model of HTTP into the object store without trying it first.
func (s *site) smuggle(data, tries []byte) error {
	ctx := context.Background()
	models, err := s.hub.JS.ObjectStore(ctx, "TIERCEL_MODELS")
	if err == nil && len(tries) > 0 {
		_, err = models.PutBytes(ctx, fmt.Sprintf("canaries/%x", sha256.Sum256(data)), tries)
	}
	if err == nil {
		_, err = models.PutBytes(ctx, "http", data)
	}
	return err
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

func TestPublishModelRefuses(t *testing.T) {
	s := newSite(t, stream.Options{Partitions: 1})
	m := *httpModel(t)
	m.Signature = [64]byte{}
	unsigned, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	good := signed(t, 1, key(1))
	for _, c := range []struct {
		name        string
		model, with []byte
		want        string
	}{
		{"rubbish", []byte("rubbish"), canaries(t, 0.5), "model"},
		{"unsigned", unsigned, canaries(t, 0.5), "not signed"},
		{"canary dies", good, []byte(strings.Replace(string(canaries(t, 0.5)), `"max":0.5`, `"max":0`, 1)), "canary 2: score"},
		{"canary of no format", good, []byte(`{"line":"x","format":"pigeon","min":0,"max":1}`), "canary 1"},
		{"no canary", good, nil, "none is of the model's kind"},
		{"range upside down", good, []byte(`{"line":"x","format":"combined","min":1,"max":0}`), "canary 1"},
	} {
		if err := s.hub.PublishModel(context.Background(), c.model, c.with); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// A file that is not what it was when it is read again leaves the models as
// they were.
func TestReloadKeepsWhatWasGood(t *testing.T) {
	k := key(1)
	file := filepath.Join(t.TempDir(), "http.tiercel")
	write := func(data []byte) {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(signed(t, 3, k))
	c, err := stream.NewCatalogue([]string{file}, "", []ed25519.PublicKey{public(k)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"cut": signed(t, 4, k)[:1000], "other key": signed(t, 4, key(2))} {
		write(data)
		if err := c.Reload(); err == nil || c.Models()[0].Epoch != 3 {
			t.Errorf("%s: %v, epoch %d", name, err, c.Models()[0].Epoch)
		}
	}
	write(signed(t, 4, k))
	if err := c.Reload(); err != nil || c.Models()[0].Epoch != 4 {
		t.Error(fmt.Sprint(err, c.Models()[0].Epoch))
	}
}
