package serve_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tiercel/tiercel/host/internal/serve"
)

// The page inside is there without a folder; of a console's folder the page
// that follows the service is.
func TestPage(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"index.html": "for logs", "live.html": "for a service", "page.js": "run()", "engine.wasm": "\x00asm"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inside, console := start(t, nil), start(t, func(c *serve.Config) { c.Console = dir })
	for _, c := range []struct{ name, url, media, want string }{
		{"inside", inside + "/", "text/html", "live.js"},
		{"console", console + "/", "text/html", "for a service"},
		{"script", console + "/page.js", "text/javascript", "run()"},
		{"engine", console + "/engine.wasm", "application/wasm", "\x00asm"},
	} {
		status, h, text := send(t, "GET", c.url, nil, nil)
		if status != 200 || !strings.Contains(text, c.want) || !strings.HasPrefix(h.Get("Content-Type"), c.media) {
			t.Errorf("%s: %d %s %q", c.name, status, h.Get("Content-Type"), text)
		}
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: policy %q lacks %s", c.name, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe-inline") || strings.Contains(policy, "'unsafe-eval'") {
			t.Errorf("%s: policy %q", c.name, policy)
		}
	}
	if status, _, _ := send(t, "GET", console+"/../serve_test.go", nil, nil); status != 404 {
		t.Errorf("outside the folder: %d", status)
	}
}

// follow reads the events that are named, as rows, until the test ends.
func follow(t testing.TB, url, name string) <-chan map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	r, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	rows := make(chan map[string]any, 64)
	go func() {
		defer close(rows)
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 4<<20)
		event := ""
		for lines.Scan() {
			if e, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				event = e
			}
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			var row map[string]any
			if !ok || event != name || json.Unmarshal([]byte(data), &row) != nil {
				continue
			}
			select {
			case rows <- row:
			case <-ctx.Done():
				return
			}
		}
	}()
	return rows
}

// The threats that incidents are made of are streamed too, without the verdicts
// of all the others and whatever a line says of itself.
func TestThreats(t *testing.T) {
	url := start(t, nil)
	rows := follow(t, url+"/v1/events?what=threats", "threat")
	sly := strings.Replace(harmless, "/shop", `/shop?x=%22tiercel.threat%22:true&y=\"tiercel.threat\":true`, 1)
	send(t, "POST", url+"/v1/ingest?format=combined", strings.NewReader(harmless+sly+attack+harmless), nil)
	send(t, "POST", url+"/v1/ingest?format=combined", strings.NewReader(strings.Replace(attack, "203.0.113.9", "203.0.113.8", 1)), nil)
	for range 2 {
		row := <-rows
		if row["tiercel.threat"] != true || row["tiercel.class"] != "sqli" || row["tiercel.example"] == "" || row["tiercel.incident"] == nil {
			t.Errorf("%v", row)
		}
	}
	if status, _, _ := send(t, "GET", url+"/v1/events?what=pigeons", nil, nil); status != 400 {
		t.Errorf("pigeons: %d", status)
	}
}
