package serve_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
	"github.com/tiercel/tiercel/core/model/models"
	"github.com/tiercel/tiercel/host/internal/serve"
)

const harmless = `203.0.113.7 - - [29/Jan/2026:10:01:02 +0000] "GET /shop HTTP/1.1" 200 512 "-" "Mozilla/5.0"` + "\n"

const attack = `203.0.113.9 - - [29/Jan/2026:10:01:03 +0000] "GET /item?id=1%27%20UNION%20SELECT%20password%20FROM%20users-- HTTP/1.1" 200 512 "-" "Mozilla/5.0"` + "\n"

func defaults(t testing.TB) []*model.Model {
	t.Helper()
	data, _ := models.Default(event.HTTP)
	m, err := model.Read(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return []*model.Model{m}
}

// start runs a service until the test ends and returns its address.
func start(t testing.TB, change func(*serve.Config)) string {
	t.Helper()
	url, stop := run(t, change)
	t.Cleanup(stop)
	return url
}

// run runs a service until stop is called and returns its address.
func run(t testing.TB, change func(*serve.Config)) (url string, stop func()) {
	t.Helper()
	c := serve.Default()
	c.Listen, c.NATS.Dir, c.NATS.Partitions, c.Judge.Verdicts = "127.0.0.1:0", t.TempDir(), 2, "all"
	if change != nil {
		change(&c)
	}
	s, err := serve.Open(context.Background(), c, defaults(t), io.Discard, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(15 * time.Second):
			t.Error("the service does not end")
		}
	}
	if c.TLS.Cert != "" {
		return "https://" + s.Address(), stop
	}
	return "http://" + s.Address(), stop
}

type headers map[string]string

func send(t testing.TB, method, url string, body io.Reader, h headers) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range h {
		if k == "Host" {
			r.Host = v
		} else {
			r.Header.Set(k, v)
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, string(text)
}

func gz(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text)
	z.Close()
	return b.String()
}

func zst(text string) string {
	z, _ := zstd.NewWriter(nil)
	return string(z.EncodeAll([]byte(text), nil))
}

// until waits for a condition, for some seconds at most.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func TestIngest(t *testing.T) {
	url := start(t, func(c *serve.Config) {
		c.Limits.Body, c.Limits.Inflated = 64<<10, 256<<10
		c.Sources = map[string]serve.Source{"flows": {Format: "csv", Head: "client,server,server_port,proto,bytes\n", Map: map[string]string{"client": "source.ip", "server": "destination.ip"}}}
	})
	many := strings.Repeat(harmless, 500)
	cases := []struct {
		name, query, body string
		headers           headers
		status            int
		want              string
	}{
		{"lines", "?source=web", harmless + attack, nil, 200, `"records":2,"unread":0`},
		{"told format", "?format=combined", harmless, nil, 200, `"format":"combined"`},
		{"gzip", "", gz(many), headers{"Content-Encoding": "gzip"}, 200, `"records":500`},
		{"zstd", "", zst(many), headers{"Content-Encoding": "zstd"}, 200, `"records":500`},
		{"JSON lines", "", `{"source.ip":"203.0.113.9","http.request.method":"GET","url.original":"/"}` + "\n", nil, 200, `"records":1,"unread":0`},
		{"JSON array", "", `[{"source.ip":"203.0.113.9",` + "\n" + `"http.request.method":"GET","url.original":"/"}]`, nil, 200, `"records":1,"unread":0`},
		{"header elsewhere", "?source=flows", "192.0.2.1,192.0.2.2,443,tcp,100\n", nil, 200, `"format":"csv","records":1`},
		{"some unread", "?format=combined", harmless + "rubbish\n", nil, 200, `"records":2,"unread":1`},
		{"empty", "", "\n\n", nil, 200, `"records":0`},
		{"no format", "", "rubbish rubbish\n", nil, 400, "no known log format"},
		{"binary", "", "\x7fELF\x00\x00\x00\x00", nil, 400, "ELF program"},
		{"unknown format", "?format=pigeon", harmless, nil, 400, "format is not known"},
		{"unknown kind", "?kind=pigeon", harmless, nil, 400, "want http, flow, dns or auth"},
		{"too large", "", strings.Repeat(harmless, 1000), nil, 413, "limits.body"},
		{"inflates too much", "", zst(strings.Repeat(harmless, 5000)), headers{"Content-Encoding": "zstd"}, 413, "limits."},
		{"bomb", "", gz(strings.Repeat("x", 30<<20)), headers{"Content-Encoding": "gzip"}, 413, "limits."},
		{"broken gzip", "", gz(many)[:20], headers{"Content-Encoding": "gzip"}, 415, "cannot be unpacked"},
		{"unknown packing", "", harmless, headers{"Content-Encoding": "br"}, 415, "cannot be unpacked"},
		{"page of another site", "", harmless, headers{"Origin": "https://evil.example"}, 403, "only this machine"},
		{"name of another site", "", harmless, headers{"Host": "evil.example"}, 403, "only this machine"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status, _, text := send(t, "POST", url+"/v1/ingest"+c.query, strings.NewReader(c.body), c.headers)
			if status != c.status || !strings.Contains(text, c.want) {
				t.Errorf("%d %s, want %d %s", status, text, c.status, c.want)
			}
		})
	}
}

func TestScopes(t *testing.T) {
	url := start(t, func(c *serve.Config) {
		c.Tokens = []serve.Token{
			{Name: "shipper", SHA256: hash("s3cret"), Scopes: []string{"ingest"}},
			{Name: "analyst", SHA256: hash("l00k"), Scopes: []string{"read", "label"}},
		}
	})
	for _, c := range []struct {
		method, path, token string
		status              int
	}{
		{"POST", "/v1/ingest", "", 401},
		{"POST", "/v1/ingest", "wrong", 401},
		{"POST", "/v1/ingest", hash("s3cret"), 401},
		{"POST", "/v1/ingest", "s3cret", 200},
		{"POST", "/v1/ingest", "l00k", 403},
		{"GET", "/metrics", "s3cret", 403},
		{"GET", "/metrics", "l00k", 200},
		{"POST", "/v1/labels", "s3cret", 403},
		{"POST", "/v1/labels", "l00k", 400},
		{"GET", "/v1/events", "", 401},
		{"GET", "/healthz", "", 200},
		{"GET", "/readyz", "", 200},
		{"GET", "/", "", 200},
		{"GET", "/v1/ingest", "s3cret", 404},
	} {
		h := headers{}
		if c.token != "" {
			h["Authorization"] = "Bearer " + c.token
		}
		if status, _, text := send(t, c.method, url+c.path, strings.NewReader(harmless), h); status != c.status {
			t.Errorf("%s %s with %q: %d %s, want %d", c.method, c.path, c.token, status, text, c.status)
		}
	}
}

func TestOTLP(t *testing.T) {
	out := filepath.Join(t.TempDir(), "verdicts")
	url := start(t, func(c *serve.Config) { c.Sinks = []serve.Sink{{Name: "f", Type: "file", Path: out}} })
	text := func(s string) *common.AnyValue {
		return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
	}
	d := &logs.LogsData{ResourceLogs: []*logs.ResourceLogs{{
		Resource: &resource.Resource{Attributes: []*common.KeyValue{{Key: "service.name", Value: text("shop")}}},
		ScopeLogs: []*logs.ScopeLogs{{LogRecords: []*logs.LogRecord{
			{Body: text(strings.TrimSpace(attack)), Attributes: []*common.KeyValue{{Key: "log.file.name", Value: text("access.log")}}},
			{Body: text(strings.TrimSpace(harmless))},
		}}},
	}}}
	binary, err := proto.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := protojson.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, said := send(t, "POST", url+"/v1/logs", bytes.NewReader(binary), headers{"Content-Type": "application/x-protobuf"}); status != 200 || said != "" {
		t.Fatalf("%d %s", status, said)
	}
	if status, _, said := send(t, "POST", url+"/v1/logs", bytes.NewReader(asJSON), headers{"Content-Type": "application/json"}); status != 200 || strings.TrimSpace(said) != "{}" {
		t.Fatalf("%d %s", status, said)
	}
	if status, _, _ := send(t, "POST", url+"/v1/logs", strings.NewReader("rubbish"), headers{"Content-Type": "application/x-protobuf"}); status != 400 {
		t.Errorf("rubbish: %d", status)
	}
	if status, _, _ := send(t, "POST", url+"/v1/logs", strings.NewReader("{}"), nil); status != 415 {
		t.Errorf("no media type: %d", status)
	}
	rows := waitRows(t, out, 4)
	threats := 0
	for _, r := range rows {
		if r["log.file.path"] != "shop" {
			t.Errorf("source %v, want the service's name", r["log.file.path"])
		}
		if r["tiercel.threat"] == true {
			threats++
			if r["tiercel.entity"] != "203.0.113.9" || r["event.kind"] != "alert" {
				t.Errorf("%v", r)
			}
		}
	}
	if threats != 2 {
		t.Errorf("%d threats, want 2", threats)
	}
}

// waitRows waits until a file holds n rows and returns them.
func waitRows(t testing.TB, path string, n int) []map[string]any {
	t.Helper()
	var data []byte
	until(t, fmt.Sprint(n, " rows"), func() bool { data, _ = os.ReadFile(path); return bytes.Count(data, []byte{'\n'}) >= n })
	var out []map[string]any
	for line := range bytes.Lines(data) {
		var r map[string]any
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if len(out) != n {
		t.Fatalf("%d rows, want %d", len(out), n)
	}
	return out
}

// Too much at once is refused with a time to come again, and never half taken.
func TestOverload(t *testing.T) {
	url := start(t, func(c *serve.Config) { c.Limits.Concurrency, c.Limits.Memory = 2, 1<<20 })
	body := strings.Repeat(harmless, 2000)
	var mu sync.Mutex
	answers := map[int]int{}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 10 {
				status, h, text := send(t, "POST", url+"/v1/ingest?format=combined", strings.NewReader(body), nil)
				if status != 200 && h.Get("Retry-After") == "" {
					t.Errorf("%d %s without Retry-After", status, text)
				}
				mu.Lock()
				answers[status]++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if answers[200] == 0 || answers[429] == 0 || answers[200]+answers[429]+answers[503] != 80 {
		t.Errorf("answers %v, want 200, 429 and perhaps 503 only", answers)
	}
	until(t, "all that was taken to be judged", func() bool {
		_, _, text := send(t, "GET", url+"/metrics", nil, nil)
		return strings.Contains(text, fmt.Sprintf("tiercel_records_judged_total{kind=\"http\"} %g\n", float64(2000*answers[200])))
	})
}

// A full store is told to senders and to who asks whether the service is ready.
// What was taken before it was full is judged when somebody judges again, and
// then there is room.
func TestFull(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "verdicts")
	small := func(off bool) func(*serve.Config) {
		return func(c *serve.Config) {
			c.NATS.Dir, c.NATS.MaxBytes, c.Judge.Off = dir, 400<<10, off
			c.Sinks = []serve.Sink{{Name: "f", Type: "file", Path: out}}
		}
	}
	url, stop := run(t, small(true))
	post := func(lines int) int {
		status, h, text := send(t, "POST", url+"/v1/ingest?format=combined", strings.NewReader(strings.Repeat(harmless, lines)), nil)
		if status == 503 && (h.Get("Retry-After") == "" || !strings.Contains(text, "nats.max_bytes")) {
			t.Errorf("%s", text)
		}
		return status
	}
	ready := func() int { status, _, _ := send(t, "GET", url+"/readyz", nil, nil); return status }
	if got := ready(); got != 200 {
		t.Errorf("readyz %d before it is full", got)
	}
	taken := 0
	for lines := 256; lines > 0; { // until there is no room for a single line
		switch status := post(lines); status {
		case 200:
			taken += lines
		case 503:
			lines /= 2
		default:
			t.Fatal(status)
		}
	}
	if got := ready(); taken == 0 || got != 503 {
		t.Errorf("readyz %d after %d lines filled the store", got, taken)
	}
	stop()

	_, stop = run(t, small(false))
	waitRows(t, out, taken)
	stop() // which saves what was learnt, so that the records of it can go

	url = start(t, small(false))
	until(t, "room again", func() bool { return ready() == 200 && post(1) == 200 })
}

// A service that is told to end while it begins ends without an error.
func TestEndAtOnce(t *testing.T) {
	for i := range 4 {
		_, stop := run(t, func(c *serve.Config) {
			c.Sinks = []serve.Sink{{Name: "f", Type: "file", Path: filepath.Join(t.TempDir(), "verdicts")}}
		})
		time.Sleep(time.Duration(i*i) * time.Millisecond)
		stop()
	}
}

// A webhook that is down for a while gets each row, and then no more.
func TestWebhook(t *testing.T) {
	var mu sync.Mutex
	calls, ids := 0, map[string]int{}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if calls++; calls <= 2 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		data, _ := io.ReadAll(r.Body)
		for line := range bytes.Lines(data) {
			var row struct {
				ID string `json:"event.id"`
			}
			json.Unmarshal(line, &row)
			ids[row.ID]++
		}
	}))
	t.Cleanup(hook.Close)
	url := start(t, func(c *serve.Config) { c.Sinks = []serve.Sink{{Name: "hook", Type: "webhook", URL: hook.URL}} })
	send(t, "POST", url+"/v1/ingest", strings.NewReader(harmless+attack+harmless), nil)
	until(t, "the rows", func() bool { mu.Lock(); defer mu.Unlock(); return len(ids) == 3 })
	for id, n := range ids {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
}

func TestSyslog(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	got := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		buf := make([]byte, 64<<10)
		n, _ := c.Read(buf)
		got <- string(buf[:n])
	}()
	url := start(t, func(c *serve.Config) {
		c.Sinks = []serve.Sink{{Name: "siem", Type: "syslog", What: "incidents", Address: l.Addr().String()}}
	})
	send(t, "POST", url+"/v1/ingest", strings.NewReader(attack), nil)
	select {
	case m := <-got:
		for _, want := range []string{"CEF:0|tiercel|tiercel|1|sqli|sqli in http|", "cs1Label=entity cs1=203.0.113.9", "cs2=T1190", "cnt=1"} {
			if !strings.Contains(m, want) {
				t.Errorf("%q lacks %q", m, want)
			}
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no message")
	}
}

// Incidents are streamed as they come, and from where a viewer was cut off.
func TestEvents(t *testing.T) {
	url := start(t, nil)
	send(t, "POST", url+"/v1/ingest", strings.NewReader(attack), nil)
	read := func(last string) string {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		r, _ := http.NewRequestWithContext(ctx, "GET", url+"/v1/events", nil)
		if last != "" {
			r.Header.Set("Last-Event-ID", last)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
			t.Errorf("content type %s", got)
		}
		text := ""
		for buf := make([]byte, 16<<10); !strings.Contains(text, "event: incident\ndata: "); {
			n, err := answer.Body.Read(buf)
			if err != nil {
				t.Fatalf("%v after %q", err, text)
			}
			text += string(buf[:n])
		}
		return text
	}
	first := read("")
	if !strings.Contains(first, `"tiercel.entity":"203.0.113.9"`) {
		t.Errorf("%s", first)
	}
	_, rest, _ := strings.Cut(first, "id: ")
	id, _, _ := strings.Cut(rest, "\n")
	send(t, "POST", url+"/v1/ingest", strings.NewReader(strings.ReplaceAll(attack, "203.0.113.9", "203.0.113.8")), nil)
	if second := read(id); !strings.Contains(second, "203.0.113.8") || strings.Contains(second, "203.0.113.9\"") {
		t.Errorf("behind %s: %s", id, second)
	}
}

// A label of a threat reaches the workers and moves what they say next.
func TestLabels(t *testing.T) {
	out := filepath.Join(t.TempDir(), "verdicts")
	url := start(t, func(c *serve.Config) { c.Sinks = []serve.Sink{{Name: "f", Type: "file", Path: out}} })
	post := func(n int) map[string]any {
		send(t, "POST", url+"/v1/ingest", strings.NewReader(attack), nil)
		return waitRows(t, out, n)[n-1]
	}
	first := post(1)
	label, _ := json.Marshal(map[string]any{"event": first["event.id"], "kind": "http", "example": first["tiercel.example"], "threat": false})
	if status, _, said := send(t, "POST", url+"/v1/labels", bytes.NewReader(label), nil); status != 200 {
		t.Fatalf("%d %s", status, said)
	}
	n := 1
	until(t, "the label to be learnt", func() bool { n++; return post(n)["tiercel.score"].(float64) < first["tiercel.score"].(float64) })
}
