package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A service has the pinned plugins that its configuration names.
func TestServeWithPlugin(t *testing.T) {
	b := newBench(t, 40)
	b.run(0, "plugin", "pin", b.plugin("root.wasm"))
	all, _ := b.scan("--all")
	alone := all[len(all)-1]
	out := filepath.Join(b.dir, "verdicts")
	config := b.put("config.yaml", []byte(fmt.Sprintf(
		"nats: {dir: %q, partitions: 1}\njudge: {verdicts: all, models: [%q], plugins: [root-logins], lock: %q}\nsinks: [{name: f, type: file, path: %q}]\n",
		filepath.Join(b.dir, "streams"), trained, b.lock, out)))
	s := startService(t, "serve", "--config", config, "--listen", "127.0.0.1:0")
	log, err := os.ReadFile(b.log)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, serve: s, url: s.url(t), refused: map[int]int{}, maxRetries: 50}
	h.post(1, string(log))
	until(t, "the verdicts", func() bool { return countLines(out) == b.lines })
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	var last said
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	if last.Score <= *alone.Score {
		t.Errorf("score %v with the plugin, %v without: %s", last.Score, *alone.Score, s.log())
	}
}
