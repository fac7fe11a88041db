package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
)

// bench is a folder with a lock file, plugins and a log whose last line is a
// successful login of root.
type bench struct {
	t         *testing.T
	dir       string
	lock, log string
	lines     int
}

func newBench(t *testing.T, logins int) *bench {
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	log, _ := sshLog(logins, 5)
	log += "2026-01-29T20:00:00Z web1 sshd[9]: Accepted password for root from 192.0.2.77 port 40000 ssh2\n"
	b := &bench{t: t, dir: dir, lock: filepath.Join(dir, "tiercel.lock"), lines: strings.Count(log, "\n")}
	b.log = b.put("auth.log", []byte(log))
	return b
}

func (b *bench) put(name string, data []byte) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// plugin builds the plugin of testdata with that score and puts it into the folder.
func (b *bench) plugin(name string, flags ...string) string {
	b.t.Helper()
	return b.put(name, guesttest.C(b.t, "testdata/plugin.c", flags...))
}

// run runs tiercel with the folder's lock file, and checks its exit status.
func (b *bench) run(status int, args ...string) result {
	b.t.Helper()
	r := tiercel(b.t, nil, append(args, "--lock", b.lock)...)
	if r.status != status {
		b.t.Fatalf("%v: status %d, want %d\n%s%s", args, r.status, status, r.out, r.err)
	}
	return r
}

// scan scans the log with the trained model.
func (b *bench) scan(args ...string) ([]verdict, result) {
	b.t.Helper()
	r := b.run(0, append([]string{"scan", "--model", trained, "--output", "ndjson", b.log}, args...)...)
	return verdicts(b.t, r.out), r
}

// A plugin that finds what the model finds only odd makes a threat of it, by id
// and by path, in every output; without the plugin it is none.
func TestScanWithPlugin(t *testing.T) {
	b := newBench(t, 40)
	path := b.plugin("root.wasm")
	if r := b.run(1, "scan", "--model", trained, "--plugin", path, b.log); !strings.Contains(r.err, "run: tiercel plugin pin "+path) {
		t.Errorf("not pinned: %s", r.err)
	}
	if r := b.run(1, "scan", "--model", trained, "--plugin", "root-logins", b.log); !strings.Contains(r.err, "tiercel plugin pin PATH") {
		t.Errorf("not pinned: %s", r.err)
	}
	if r := b.run(0, "plugin", "pin", path); !strings.Contains(r.err, "pinned root-logins 1.0.0") {
		t.Errorf("pin says: %s", r.err)
	}
	all, _ := b.scan("--all")
	alone := all[len(all)-1]
	budget := fmt.Sprint(alone.FalseAlarmRate / 5)
	if before, _ := b.scan("--budget", budget); len(before) > 0 && before[len(before)-1].Line == alone.Line {
		t.Fatalf("a threat without the plugin: %+v", alone)
	}
	for _, name := range []string{"root-logins", path} {
		found, r := b.scan("--budget", budget, "--plugin", name)
		last := found[len(found)-1]
		if last.Line != int64(b.lines) || !last.Threat || last.FalseAlarmRate < alone.FalseAlarmRate/10.01 || *last.Score <= *alone.Score || len(last.Missing) > 0 {
			t.Errorf("%s: %+v, alone %+v\n%s", name, last, alone, r.err)
		}
	}
	if r := b.run(0, "scan", "--model", trained, "--budget", budget, "--plugin", "root-logins", b.log); !strings.Contains(r.out, "root-logins: score 1") {
		t.Errorf("table:\n%s", r.out)
	}
	if r := b.run(0, "explain", "--model", trained, "--plugin", "root-logins", fmt.Sprintf("%s:%d", b.log, b.lines)); !strings.Contains(strings.Join(strings.Fields(r.out), " "), "divides the false-alarm rate by up to 10.0") {
		t.Errorf("explain:\n%s", r.out)
	}
	r := b.run(0, "scan", "--model", trained, "--budget", budget, "--plugin", "root-logins", "--explain", "--output", "ndjson", b.log)
	if !strings.Contains(r.out, `{"id":"root-logins","class":"privilege-abuse","missing":false,"raw":1,`) {
		t.Errorf("ndjson: %s", r.out)
	}
}

// Labels that call harmless what a plugin speaks up for quiet it; those that
// call it a threat do not.
func TestAdaptWithPlugin(t *testing.T) {
	b := newBench(t, 40)
	b.run(0, "plugin", "pin", b.plugin("root.wasm"))
	factor := func(args ...string) float64 {
		r := b.run(0, append([]string{"explain", "--plugin", "root-logins", fmt.Sprintf("%s:%d", b.log, b.lines)}, args...)...)
		_, text, found := strings.Cut(strings.Join(strings.Fields(r.out), " "), "divides the false-alarm rate by up to ")
		var f float64
		if _, err := fmt.Sscan(text, &f); !found || err != nil {
			t.Fatalf("%v\n%s", err, r.out)
		}
		return f
	}
	before := factor("--model", trained)
	for label, moved := range map[string]bool{"0": true, "1": false} {
		labels := b.put("labels"+label+".csv", fmt.Appendf(nil, "line,label\n1,0\n%d,%s\n", b.lines, label))
		out := filepath.Join(b.dir, "adapted"+label)
		b.run(0, "adapt", "--model", trained, "--labels", labels, "--plugin", "root-logins", "-o", out, b.log)
		if after := factor("--model", out); after < before != moved || after > before {
			t.Errorf("label %s: it divides by up to %g, before by %g", label, after, before)
		}
	}
}

// The result does not depend on the number of workers, with a plugin either.
func TestPluginDoesNotDependOnWorkers(t *testing.T) {
	b := newBench(t, 3000)
	b.run(0, "plugin", "pin", b.plugin("root.wasm"))
	for _, args := range [][]string{{"--all"}, {"--budget", "1%"}, {"--budget", "20/day", "--explain"}} {
		args = append(args, "--plugin", "root-logins")
		_, one := b.scan(append(args, "--workers", "1")...)
		_, eight := b.scan(append(args, "--workers", "8")...)
		if one.out != eight.out || one.out == "" {
			t.Errorf("%v: one worker and eight differ, or found nothing", args)
		}
	}
}

// Whatever is wrong with a pinned plugin: the scan goes on as without it, every
// verdict names it as missing, and the summary says why.
func TestScanWithBrokenPlugin(t *testing.T) {
	for _, tt := range []struct {
		name    string
		flags   []string
		damage  func(b *bench, path string)
		problem string
	}{
		{"traps", []string{"-DSCORE=trap"}, nil, "trap"},
		{"swapped after it was pinned", nil, func(b *bench, path string) {
			b.plugin(filepath.Base(path), `-DPLUGIN_VERSION="1.0.1"`)
		}, "wrong checksum"},
		{"wrong checksum in the lock", nil, func(b *bench, _ string) {
			text, err := os.ReadFile(b.lock)
			if err != nil {
				b.t.Fatal(err)
			}
			at := strings.Index(string(text), `"sha256": "`) + len(`"sha256": "`)
			text[at] = "0123456789abcdef"[(strings.IndexByte("0123456789abcdef", text[at])+1)%16]
			b.put("tiercel.lock", text)
		}, "wrong checksum"},
		{"truncated", nil, func(b *bench, path string) {
			if err := os.Truncate(path, 100); err != nil {
				b.t.Fatal(err)
			}
		}, "wrong checksum"},
		{"gone", nil, func(b *bench, path string) {
			if err := os.Remove(path); err != nil {
				b.t.Fatal(err)
			}
		}, "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 60)
			alone, _ := b.scan("--all", "--budget", "1%")
			path := b.plugin("root.wasm", tt.flags...)
			b.run(0, "plugin", "pin", path)
			if tt.damage != nil {
				tt.damage(b, path)
			}
			got, r := b.scan("--all", "--budget", "1%", "--plugin", "root-logins")
			for i := range got {
				if !reflect.DeepEqual(got[i].Missing, []string{"root-logins"}) {
					t.Fatalf("line %d: missing %v", got[i].Line, got[i].Missing)
				}
				got[i].Missing = alone[i].Missing
			}
			if !reflect.DeepEqual(got, alone) {
				t.Error("other verdicts than without the plugin")
			}
			lines := strings.Split(strings.TrimSpace(r.err), "\n")
			if last := lines[len(lines)-1]; !strings.Contains(last, "root-logins") || !strings.Contains(last, tt.problem) || !strings.Contains(last, "time") {
				t.Errorf("the summary ends with: %s", last)
			}
		})
	}
}

// A model that was trained with a plugin pins it: with the very plugin verdicts
// have its part, without it they say that it is missing, and so with another one.
func TestTrainWithPlugin(t *testing.T) {
	b := newBench(t, 40)
	path := b.plugin("root.wasm")
	b.run(0, "plugin", "pin", path)
	log, labels := sshLog(300, 10)
	// Who logs in as root is an attacker here; the model alone cannot know.
	var more, marks strings.Builder
	for i := range 60 {
		fmt.Fprintf(&more, "2026-01-30T%02d:%02d:00Z web1 sshd[7]: Accepted password for root from 198.51.100.%d port 40000 ssh2\n", i/60, i%60, i)
		fmt.Fprintf(&marks, "%d,1,intruder\n", strings.Count(log, "\n")+1+i)
	}
	data, beside := b.put("train.log", []byte(log+more.String())), b.put("labels.csv", []byte(labels+marks.String()))
	with := filepath.Join(b.dir, "with.tiercel")
	b.run(0, "train", "--kind", "auth", "--data", data, "--labels", beside, "--type", "type", "--plugin", "root-logins", "-o", with)

	show := tiercel(t, nil, "model", "show", with)
	if !strings.Contains(show.out, "root-logins") {
		t.Fatalf("the model does not name its plugin:\n%s", show.out)
	}
	scan := func(args ...string) verdict {
		r := b.run(0, append([]string{"scan", "--model", with, "--all", "--output", "ndjson", b.log}, args...)...)
		all := verdicts(t, r.out)
		return all[len(all)-1]
	}
	present := scan()
	if len(present.Missing) > 0 {
		t.Errorf("the pinned plugin is missing: %+v", present)
	}
	if again := scan("--plugin", path); !reflect.DeepEqual(again, present) {
		t.Errorf("named and pinned: %+v, only pinned: %+v", again, present)
	}
	if r := b.run(0, "evaluate", "--model", with, "--labels", beside, data); !strings.Contains(r.out, `"auroc"`) || strings.Contains(r.err, "root-logins") {
		t.Errorf("evaluate: %s%s", r.out, r.err)
	}
	b.plugin("root.wasm", `-DPLUGIN_VERSION="2.0.0"`)
	b.run(0, "plugin", "pin", path)
	for _, args := range [][]string{nil, {"--plugin", "root-logins"}} {
		if other := scan(args...); !reflect.DeepEqual(other.Missing, []string{"root-logins"}) {
			t.Errorf("%v: with another version: %+v", args, other)
		}
	}
	if err := os.Remove(b.lock); err != nil {
		t.Fatal(err)
	}
	r := b.run(0, "scan", "--model", with, "--all", "--output", "ndjson", b.log)
	if all := verdicts(t, r.out); !reflect.DeepEqual(all[0].Missing, []string{"root-logins"}) || !strings.Contains(r.err, "tiercel plugin pin PATH") {
		t.Errorf("without a lock file: %+v\n%s", all[0], r.err)
	}
}

// TIERCEL_LOCK names the lock file; a plugin for other events is a mistake.
func TestPluginFlags(t *testing.T) {
	b := newBench(t, 10)
	b.run(0, "plugin", "pin", b.plugin("root.wasm"))
	t.Setenv(lockVariable, b.lock)
	if r := tiercel(t, nil, "scan", "--model", trained, "--plugin", "root-logins", b.log); r.status != 0 {
		t.Errorf("status %d: %s", r.status, r.err)
	}
	if r := tiercel(t, nil, "scan", "--kind", "http", "--plugin", "root-logins", b.log); r.status != 1 || !strings.Contains(r.err, "scores auth events") {
		t.Errorf("status %d: %s", r.status, r.err)
	}
	b.put("tiercel.lock", []byte(`{"tiercel_lock": 1, "plugins": [], "more": 1}`))
	if r := tiercel(t, nil, "scan", "--model", trained, "--plugin", "root-logins", b.log); r.status != 1 || !strings.Contains(r.err, "more") {
		t.Errorf("status %d: %s", r.status, r.err)
	}
}

// From a key to a signed pack to a scan on another machine.
func TestPluginPackAndSign(t *testing.T) {
	b := newBench(t, 10)
	private, public := keyFiles(t)
	path := b.plugin("root.wasm")
	if r := b.run(1, "plugin", "pin", "--key", public, path); !strings.Contains(r.err, "not signed") {
		t.Errorf("unsigned: %s", r.err)
	}
	ok := func(status int, args ...string) result {
		t.Helper()
		r := tiercel(t, nil, append([]string{"plugin"}, args...)...)
		if r.status != status {
			t.Fatalf("%v: status %d, want %d\n%s%s", args, r.status, status, r.out, r.err)
		}
		return r
	}
	ok(1, "verify", path)
	ok(0, "sign", path, "--key", private)
	ok(0, "verify", path, "--key", public)
	b.put("README.md", []byte("# Root logins\n"))
	pack := filepath.Join(b.dir, "root.tplugin")
	ok(0, "pack", path, "-o", pack)
	first, _ := os.ReadFile(pack)
	ok(0, "pack", b.dir, "-o", pack)
	if second, _ := os.ReadFile(pack); string(first) != string(second) || len(first) == 0 {
		t.Error("two packs of one plugin differ")
	}
	if r := ok(0, "verify", pack, "--key", public); !strings.Contains(r.out, "valid, signed by") {
		t.Errorf("verify: %s", r.out)
	}
	_, strange := keyFiles(t)
	if r := ok(1, "verify", pack, "--key", strange); !strings.Contains(r.err, "not trusted") {
		t.Errorf("strange key: %s", r.err)
	}

	there := newBench(t, 10)
	there.run(0, "plugin", "pin", "--key", public, pack)
	r := there.run(0, "plugin", "list")
	for _, want := range []string{"root-logins 1.0.0", "root-logins-1.0.0.wasm", "as pinned", "module", "no files, network"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("list lacks %q:\n%s", want, r.out)
		}
	}
	for line := range strings.Lines(r.out) {
		if len(line) > 81 {
			t.Errorf("wider than 80 columns: %s", line)
		}
	}
	if got, _ := there.scan("--all", "--plugin", "root-logins"); len(got) != there.lines || len(got[0].Missing) > 0 {
		t.Errorf("%d verdicts, %+v", len(got), got[0])
	}
	// Who was signed once stays signed.
	other := there.plugin("other.wasm", `-DPLUGIN_VERSION="1.0.2"`)
	if r := there.run(1, "plugin", "pin", other); !strings.Contains(r.err, "was signed by") {
		t.Errorf("unsigned in the place of signed: %s", r.err)
	}
	// A damaged pack is refused.
	first[len(first)/2] ^= 1
	broken := there.put("broken.tplugin", first)
	ok(1, "verify", broken)
	there.run(1, "plugin", "pin", broken)
}
