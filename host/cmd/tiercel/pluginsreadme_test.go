package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// commandsOf returns the indented commands of a document, in their order,
// without the comments behind them.
func commandsOf(t *testing.T, document string) []string {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		command, indented := strings.CutPrefix(line, "    ")
		switch first, _, _ := strings.Cut(command, " "); {
		case !indented:
		case first == "tiercel", first == "cd", first == "openssl":
			command, _, _ = strings.Cut(command, "  #")
			out = append(out, strings.TrimSpace(command))
		}
	}
	return out
}

// shopLog writes a log of a shop, labels beside it and the same requests as
// labelled JSON lines: each tenth is an injection or a traversal.
func shopLog(n int) (log, labels, lines string) {
	shelves := strings.Fields("shoes coats hats bags belts socks gloves scarves shirts rings clocks lamps")
	goods := strings.Fields("summer winter travel office garden kitchen sport night rain children gifts sale new old large small")
	var l, y, j strings.Builder
	y.WriteString("line,label\n")
	for i := range n {
		page := fmt.Sprintf("/%s/%s", shelves[i%len(shelves)], goods[i/len(shelves)%len(goods)])
		url, label := fmt.Sprintf("%s?colour=%s&page=%d", page, []string{"red", "blue", "green"}[i%3], i%7), 0
		switch i % 20 {
		case 9:
			url, label = fmt.Sprintf("%s?colour=red%%27+union+select+password,%d+from+users--", page, i), 1
		case 19:
			url, label = fmt.Sprintf("%s?file=../../../../etc/passwd%%00%d", page, i), 1
		}
		at := fmt.Sprintf("%02d:%02d:%02d", 8+i/3600, i/60%60, i%60)
		fmt.Fprintf(&l, "192.0.2.%d - - [29/Jan/2026:%s +0000] \"GET %s HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0\"\n", 1+i%50, at, url)
		fmt.Fprintf(&y, "%d,%d\n", i+1, label)
		fmt.Fprintf(&j, `{"@timestamp":"2026-01-29T%sZ","source.ip":"192.0.2.%d","http.request.method":"GET","url.original":"%s","http.response.status_code":200,"label":%d}`+"\n",
			at, 1+i%50, url, label)
	}
	return l.String(), y.String(), j.String()
}

// Every command of plugins/README.md does what it says, from an empty folder to
// a signed plugin that somebody else pins; with the template in C, which builds
// the fastest (TestPluginFromNothing has the others).
func TestPluginsReadme(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are those of a Unix shell")
	}
	if _, err := exec.LookPath("openssl"); err != nil {
		needs(t, "openssl is needed: apt-get install openssl")
	}
	commands := commandsOf(t, filepath.Join(checkout(t), "plugins", "README.md"))
	if len(commands) < 19 {
		t.Fatalf("only %d commands: %q", len(commands), commands)
	}
	dir := t.TempDir()
	log, labels, lines := shopLog(800)
	for name, text := range map[string]string{
		"access.log": log, "labels.csv": labels, "train.ndjson": lines, "weights.txt": strings.Repeat("1\n", 163),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "tiercel")); err != nil {
		t.Fatal(err)
	}
	script := strings.ReplaceAll("set -ex\n"+strings.Join(commands, "\n")+"\n", "--lang go", "--lang c")
	c := exec.CommandContext(context.Background(), "/bin/sh", "-c", script)
	c.Dir = dir
	c.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), asTiercel+"="+filepath.Join(bin, "memory"),
		sourceVariable+"="+checkout(t), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
	if _, err := exec.LookPath("clang"); err != nil {
		needs(t, "clang is needed: apt-get install clang lld")
	}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, says := range []string{"It passes.", "pinned rare-words 0.1.0", "valid, signed by", "rare-words-0.1.0.tplugin"} {
		if !strings.Contains(string(out), says) {
			t.Errorf("nowhere %q:\n%s", says, out)
		}
	}
}
