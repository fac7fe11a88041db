package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/host"
	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
	"github.com/tiercel/tiercel/host/internal/stream"
)

// canariesOfRoot are lines of the log that benches have.
const canariesOfRoot = `{"line":"2026-01-29T20:00:00Z web1 sshd[9]: Accepted password for root from 192.0.2.77 port 40000 ssh2","format":"syslog","min":0.01}
{"line":"2026-01-29T20:00:01Z web1 sshd[9]: Accepted password for anna from 192.0.2.10 port 40000 ssh2","format":"syslog","threat":false}
`

// depot is a bench with a service that takes plugins which are pushed, signed by
// a key.
type depot struct {
	*bench
	*house
	private, key string // files of the signing key, and its public half in hex
	canaries     string
	model        string // the trained one, signed by the key too
}

// newDepot starts a service. judge are further options of it; its lock file is
// there.lock in the depot's folder, its own and not that of who pushes.
func newDepot(t *testing.T, judge string) *depot {
	private, public := keyFiles(t)
	trusted, err := publicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	d := &depot{bench: newBench(t, 40), house: rooms(t), private: private, key: hex.EncodeToString(trusted)}
	d.canaries, d.model = d.put("canaries.ndjson", []byte(canariesOfRoot)), filepath.Join(d.bench.dir, "signed.tiercel")
	if r := tiercel(t, nil, "model", "sign", trained, "--key", private, "-o", d.model); r.status != 0 {
		t.Fatal(r.err)
	}
	d.house.dir, d.out = d.bench.dir, filepath.Join(d.bench.dir, "verdicts.ndjson")
	d.config(judge)
	d.start()
	return d
}

func (d *depot) config(judge string) {
	judge = strings.ReplaceAll(judge, "MODEL", d.model)
	d.put("config.yaml", fmt.Appendf(nil,
		"nats: {dir: %q, listen: %q, partitions: 1}\njudge: {verdicts: all, lock: %q, trusted: [%q], %s}\nsinks: [{name: f, type: file, path: %q}]\n",
		filepath.Join(d.bench.dir, "streams"), d.nats, d.there(), d.key, judge, d.out))
}

func (d *depot) there() string { return filepath.Join(d.bench.dir, "there.lock") }

// pin signs and pins a plugin on the side of who pushes.
func (d *depot) pin(path string) {
	d.bench.t.Helper()
	if r := tiercel(d.bench.t, nil, "plugin", "sign", path, "--key", d.private); r.status != 0 {
		d.bench.t.Fatal(r.err)
	}
	d.run(0, "plugin", "pin", path)
}

// allow has the service's lock file pin what the other one pins, at places where
// nothing lies.
func (d *depot) allow() {
	d.bench.t.Helper()
	lock, err := host.ReadLock(d.lock)
	if err != nil {
		d.bench.t.Fatal(err)
	}
	for i := range lock.Plugins {
		p := &lock.Plugins[i]
		p.Path = "absent/" + p.Path
	}
	if err := lock.Write(d.there()); err != nil {
		d.bench.t.Fatal(err)
	}
}

func (d *depot) push(status int, args ...string) result {
	d.bench.t.Helper()
	return d.run(status, append([]string{"plugin", "push", "--nats", "nats://" + d.nats, "--canaries", d.canaries}, args...)...)
}

// told is what the service says of itself.
type told struct {
	Plugins []struct {
		ID, Version, SHA256 string
		Pushed              bool
	}
	Offers []stream.Outcome
	Faults []struct{ Plugin, Last string }
}

func (d *depot) status() (s told) {
	d.bench.t.Helper()
	if err := json.Unmarshal([]byte(page(d.bench.t, d.url+"/v1/status")), &s); err != nil {
		d.bench.t.Fatal(err)
	}
	return s
}

// works reports whether a version of a plugin that was pushed is at work.
func (d *depot) works(id, version string) bool {
	return slices.ContainsFunc(d.status().Plugins, func(p struct {
		ID, Version, SHA256 string
		Pushed              bool
	},
	) bool {
		return p.ID == id && p.Version == version && p.Pushed
	})
}

// rows returns the sink's lines once there are n of them.
func (d *depot) rows(n int) []string {
	d.bench.t.Helper()
	until(d.bench.t, "the verdicts", func() bool { return countLines(d.out) >= n })
	text, err := os.ReadFile(d.out)
	if err != nil {
		d.bench.t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// send posts a log as it is.
func (d *depot) send(id int, query, text string) {
	d.bench.t.Helper()
	r, _ := http.NewRequest("POST", d.url+"/v1/ingest?source=log"+query, strings.NewReader(text))
	r.Header.Set("Idempotency-Key", strconv.Itoa(id))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.bench.t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 200 {
		d.bench.t.Fatal(answer.Status)
	}
}

// local returns the verdicts of a service that has the plugin by its own lock file.
func (d *depot) local(judge, id, query, text string) []string {
	d.bench.t.Helper()
	other := &depot{bench: d.bench, house: rooms(d.bench.t), key: d.key}
	config := other.house.dir + "/config.yaml"
	if err := os.WriteFile(config, fmt.Appendf(nil,
		"nats: {dir: %q, partitions: 1}\njudge: {verdicts: all, lock: %q, plugins: [%s], %s}\nsinks: [{name: f, type: file, path: %q}]\n",
		filepath.Join(other.house.dir, "streams"), d.lock, id, strings.ReplaceAll(judge, "MODEL", d.model), other.out), 0o600); err != nil {
		d.bench.t.Fatal(err)
	}
	other.start()
	other.send(1, query, text)
	rows := other.rows(strings.Count(text, "\n"))
	other.serve.kill()
	return rows
}

func (d *depot) text() string {
	text, err := os.ReadFile(d.log)
	if err != nil {
		d.bench.t.Fatal(err)
	}
	return string(text)
}

// A module that is pushed is taken, says what a local one says, bit for bit, and
// is at work again after a restart without the object store's copy.
func TestPluginPush(t *testing.T) {
	const model = "budget: 1%, models: [MODEL]" // a threat with the plugin alone
	d := newDepot(t, model)
	d.pin(d.plugin("root.wasm"))
	d.push(0, "root-logins", "--model", trained)
	until(t, "a plugin that is not pinned to be refused", func() bool {
		o := d.status().Offers
		return len(o) == 1 && !o[0].Taken && strings.Contains(o[0].Why, "lock file of this machine")
	})
	d.allow()
	d.serve.Process.Signal(hangup[0]) // the lock file is read again, and what was pushed looked at again
	until(t, "the plugin to be taken", func() bool { return d.works("root-logins", "1.0.0") })
	until(t, "it not to count as refused", func() bool { return metric(t, d.url, `tiercel_offer_refused{name="root-logins"`) == 0 })

	text := d.text()
	d.send(1, "&format=syslog", text)
	got, want := d.rows(d.lines), d.local(model, "root-logins", "&format=syslog", text)
	if !slices.Equal(got, want) {
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("row %d:\n%s\nof a local plugin:\n%s", i+1, got[i], want[i])
			}
		}
	}
	if !strings.Contains(want[len(want)-1], `"tiercel.threat":true`) {
		t.Errorf("the plugin says nothing: %s", want[len(want)-1])
	}

	// Without the store's copy.
	withHub(t, d.nats, func(ctx context.Context, hub *stream.Hub) error {
		store, err := hub.JS.ObjectStore(ctx, "TIERCEL_PLUGINS")
		if err == nil {
			err = store.Delete(ctx, "root-logins")
		}
		return err
	})
	d.serve.kill()
	d.start()
	if !d.works("root-logins", "1.0.0") {
		t.Errorf("not at work after a restart: %+v", d.status())
	}
	d.send(2, "&format=syslog", text)
	if again := d.rows(2 * d.lines); !strings.Contains(again[len(again)-1], `"tiercel.threat":true`) || strings.Contains(again[len(again)-1], "tiercel.missing") {
		t.Errorf("after the restart: %s", again[len(again)-1])
	}
}

// withHub connects to a service's streams as somebody who does not try anything.
func withHub(t testing.TB, nats string, do func(context.Context, *stream.Hub) error) {
	t.Helper()
	if err := toHub(context.Background(), "nats://"+nats, 20*time.Second, do); err != nil {
		t.Fatal(err)
	}
}

// A program that is pushed says what a local one says, bit for bit, with its
// configuration.
func TestProgramPush(t *testing.T) {
	program := guesttest.Program(t, "github.com/tiercel/tiercel/plugins/sdk/template") // before a bench has a cache of its own
	d := newDepot(t, "")
	path := d.put("example-go", program)
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
	encoder, err := feature.EncoderOf(event.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	config := d.put("weights.txt", []byte(strings.Repeat("0.125 ", len(encoder.Schema().Names))))
	if r := tiercel(t, nil, "plugin", "sign", path, "--key", d.private); r.status != 0 {
		t.Fatal(r.err)
	}
	d.run(0, "plugin", "pin", path, "--config", config)
	d.allow()
	d.canaries = d.put("canaries.ndjson", []byte(`{"line":"203.0.113.9 - - [29/Jan/2026:10:01:03 +0000] \"GET /item?id=1%27%20UNION%20SELECT%20password%20FROM%20users-- HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0\"","format":"combined","min":0.5}`))
	d.push(0, path)
	until(t, "the program to be taken", func() bool { return d.works("example-go", "0.1.0") })
	text := string(requests(1, 300))
	d.send(1, "&format=combined", text)
	got, want := d.rows(300), d.local("", "example-go", "&format=combined", text)
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("row %d:\n%s\nof a local plugin:\n%s", i+1, got[i], want[i])
		}
	}
	if strings.Contains(got[0], "tiercel.missing") || len(d.status().Faults) > 0 {
		t.Errorf("the program does not score: %s\n%+v", got[0], d.status().Faults)
	}
}

// What may not be at work is refused by name, and all goes on with what there is.
func TestPushedPluginsRefused(t *testing.T) {
	d := newDepot(t, "take: signed, models: [MODEL]")
	// offer pins and signs a build of the plugin, then returns its offer, made by hand.
	offer := func(change func(o *host.Offer), flags ...string) []byte {
		t.Helper()
		path := d.plugin("root.wasm", flags...)
		d.pin(path)
		if r := tiercel(t, nil, "plugin", "sign", d.lock, "--key", d.private); r.status != 0 {
			t.Fatal(r.err)
		}
		o, err := host.NewOffer(d.lock, "root-logins", []byte(canariesOfRoot))
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(o)
		}
		data, err := o.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	give := func(data []byte) {
		t.Helper()
		withHub(t, d.nats, func(ctx context.Context, hub *stream.Hub) error { return hub.PublishPlugin(ctx, "root-logins", data) })
	}
	version := func(v string) string { return `-DPLUGIN_VERSION="` + v + `"` }
	resigned := func(o *host.Offer, lock bool) {
		strange, _ := keyFiles(t)
		key, err := privateKey(strange)
		if err != nil {
			t.Fatal(err)
		}
		if lock {
			o.Signature, err = host.SignLock(o.Lock, key)
		} else {
			o.Package.Signature, err = host.SignPlugin(o.Package.Program, key)
		}
		if err != nil {
			t.Fatal(err)
		}
	}

	if r := d.push(1, d.plugin("root.wasm")); !strings.Contains(r.err, "no such file") {
		t.Errorf("push of what is not pinned: %s", r.err)
	}
	give(offer(nil, version("1.2.0")))
	until(t, "a plugin to be taken", func() bool { return d.works("root-logins", "1.2.0") })
	for i, c := range []struct {
		name   string
		change func(o *host.Offer)
		flags  []string
		want   string
	}{
		{"another key", func(o *host.Offer) { resigned(o, false) }, []string{version("1.3.0")}, "key that is not trusted"},
		{"unsigned", func(o *host.Offer) { o.Package.Signature = nil }, []string{version("1.3.0")}, "not signed"},
		{"flipped byte", func(o *host.Offer) { o.Package.Program[len(o.Package.Program)/2] ^= 1 }, []string{version("1.3.0")}, "signature does not fit"},
		{"other digest in the lock file", func(o *host.Offer) {
			o.Lock = bytes.Replace(o.Lock, []byte(o.Package.SHA256().String()), bytes.Repeat([]byte("0"), 64), 1)
		}, []string{version("1.3.0")}, "wrong checksum"},
		{"lock file of another key", func(o *host.Offer) { resigned(o, true) }, []string{version("1.3.0")}, "its lock file: host: signed with a key that is not trusted"},
		{"lock file that is not signed", func(o *host.Offer) { o.Signature = nil }, []string{version("1.3.0")}, "its lock file: host: not signed"},
		{"lock file that was changed", func(o *host.Offer) { o.Lock = append(o.Lock, '\n') }, []string{version("1.3.0")}, "does not fit"},
		{"configuration that is not pinned", func(o *host.Offer) { o.Config = []byte("x") }, []string{version("1.3.0")}, "configuration"},
		{"older", nil, []string{version("1.1.9")}, "version 1.1.9, that at work is 1.2.0"},
		{"other bytes of the same version", nil, []string{version("1.2.0"), "-DSCORE=0.5f"}, "other bytes"},
		{"it traps", nil, []string{version("1.3.1"), "-DSCORE=trap"}, "check: "},
		{"canary that fails", func(o *host.Offer) {
			o.Canaries = []byte(strings.Replace(canariesOfRoot, `"min":0.01`, `"min":0.99999`, 1))
		}, []string{version("1.3.0")}, "canary 1: score"},
		{"no canaries", func(o *host.Offer) { o.Canaries = []byte{} }, []string{version("1.3.0")}, "no canary"},
	} {
		give(offer(c.change, c.flags...))
		until(t, c.name+" to be refused", func() bool {
			o := d.status().Offers
			return len(o) == 1 && !o[0].Taken && strings.Contains(o[0].Why, c.want)
		})
		if !d.works("root-logins", "1.2.0") {
			t.Fatalf("%s: at work are %+v", c.name, d.status())
		}
		if n := metric(t, d.url, `tiercel_offers_total{outcome="refused"`); n != float64(i+1) {
			t.Errorf("%s: %v refused, want %d", c.name, n, i+1)
		}
	}
	if n := metric(t, d.url, `tiercel_offer_refused{name="root-logins"`); n != 1 {
		t.Errorf("not counted as refused: %v", n)
	}
	if log := d.serve.log(); strings.Count(log, "plugin refused") < 13 || !strings.Contains(log, "name=root-logins") {
		t.Errorf("the log does not name it: %s", log)
	}
	give(offer(nil, version("1.3.0")))
	until(t, "a newer one to be taken", func() bool { return d.works("root-logins", "1.3.0") })
	if files, _ := filepath.Glob(filepath.Join(d.bench.dir, "streams", "plugins", "*", "*.wasm")); len(files) != 2 {
		t.Errorf("left behind: %v", files)
	}
}

// Plugins are replaced while logs arrive: nothing is lost, nothing judged twice,
// and no verdict is without the plugin.
func TestPluginSwapUnderLoad(t *testing.T) {
	d := newDepot(t, "take: signed, models: [MODEL]")
	push := func(v string) {
		d.pin(d.plugin("root.wasm", `-DPLUGIN_VERSION="`+v+`"`))
		if r := tiercel(t, nil, "plugin", "sign", d.lock, "--key", d.private); r.status != 0 {
			t.Fatal(r.err)
		}
		d.push(0, "root-logins", "--model", trained)
		until(t, v+" to be at work", func() bool { return d.works("root-logins", v) })
	}
	push("1.0.0")
	text := d.text()
	stop, sent := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				sent <- n
				return
			default:
				n++
				d.post(n, text)
			}
		}
	}()
	push("1.0.1")
	push("1.1.0")
	close(stop)
	n := <-sent
	d.verdicts(n * d.lines)
	rows, err := os.ReadFile(d.out)
	if err != nil {
		t.Fatal(err)
	}
	if without := bytes.Count(rows, []byte("tiercel.missing")); without > 0 || n < 10 {
		t.Errorf("%d verdicts of %d logs lack the plugin", without, n)
	}
}
