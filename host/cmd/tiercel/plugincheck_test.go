package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/host/internal/check"
	ft "github.com/tiercel/tiercel/plugins/fuel/fueltest"
)

// assembled writes a module whose score function is code.
func assembled(t *testing.T, code []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "guest.wasm")
	m := ft.Guest(code, ft.I32+ft.I32)
	m.MaxPages = 0 // as many as the host allows
	if err := os.WriteFile(file, m.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Modules that are at fault fail the demand that they break.
func TestPluginCheckFaults(t *testing.T) {
	for _, tt := range []struct{ name, file, fails, says string }{
		{"trap", assembled(t, []byte{ft.Unreachable}), "batch sizes", "trap"},
		{"endless loop", assembled(t, ft.Cat([]byte{ft.Loop, ft.Void, 0x0c, 0, ft.End}, ft.FirstColumn())), "batch sizes", "out of fuel"},
		{"status", assembled(t, ft.Const(5)), "batch sizes", "internal error"},
		{"leak", assembled(t, ft.Cat(ft.Const(1), []byte{0x40, 0, ft.Drop}, ft.FirstColumn())), "memory", ""},
		{"infinite scores", assembled(t, ft.FirstColumn()), "no faults", "improper scores"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := command("plugin", "check", tt.file, "--output", "json", "--calls", "500")
			var r check.Report
			if err := json.Unmarshal([]byte(stdout), &r); err != nil {
				t.Fatalf("%v: %s%s", err, stdout, stderr)
			}
			if code != statusNothing || r.Passed {
				t.Errorf("status %d, passed %v", code, r.Passed)
			}
			found := false
			for _, result := range r.Results {
				found = found || result.Name == tt.fails && result.Verdict == check.Fail && strings.Contains(result.Detail, tt.says)
			}
			if !found {
				t.Errorf("%s does not fail saying %q: %s", tt.fails, tt.says, stdout)
			}
		})
	}
}

func TestPluginCheckRefuses(t *testing.T) {
	if code, _, stderr := command("plugin", "check", t.TempDir()); code != statusNothing || !strings.Contains(stderr, "run make") {
		t.Errorf("an empty folder: status %d, %s", code, stderr)
	}
	if code, _, stderr := command("plugin", "check", "--output", "xml", t.TempDir()); code != statusNothing || !strings.Contains(stderr, "table or json") {
		t.Errorf("another output: status %d, %s", code, stderr)
	}
	junk := filepath.Join(t.TempDir(), "junk.wasm")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, _ := command("plugin", "check", junk); code != statusNothing || !strings.Contains(stdout, "FAIL  contract") || !strings.Contains(stdout, "To do: ") {
		t.Errorf("junk: status %d, %s", code, stdout)
	}
}

func TestPluginBench(t *testing.T) {
	file := assembled(t, ft.FirstColumn())
	code, stdout, stderr := command("plugin", "bench", file, "--output", "json")
	var got struct{ Speeds []check.Speed }
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 || len(got.Speeds) != len(check.BenchRows) {
		t.Fatalf("status %d, %v: %s%s", code, err, stdout, stderr)
	}
	if code, stdout, _ = command("plugin", "bench", file); code != 0 || strings.Count(stdout, " x\n") != len(check.BenchRows) {
		t.Errorf("status %d: %s", code, stdout)
	}
}

// A folder with several builds is one JSON document; a pack is checked as what
// is in it.
func TestPluginCheckFolderAndPack(t *testing.T) {
	dir := t.TempDir()
	zeros := ft.Guest(ft.Const(0), ft.I32+ft.I32).Bytes()
	for _, name := range []string{"a.wasm", "b.wasm"} {
		if err := os.WriteFile(filepath.Join(dir, name), zeros, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr := command("plugin", "check", dir, "--output", "json", "--calls", "10")
	var several []check.Report
	if err := json.Unmarshal([]byte(stdout), &several); err != nil || len(several) != 2 {
		t.Fatalf("status %d, %v: %s%s", code, err, stdout, stderr)
	}
	pack := filepath.Join(dir, "a.tplugin")
	if code, _, stderr := command("plugin", "pack", filepath.Join(dir, "a.wasm"), "--out", pack); code != 0 {
		t.Fatal(stderr)
	}
	code, stdout, stderr = command("plugin", "check", pack, "--output", "json", "--calls", "10")
	var packed check.Report
	if err := json.Unmarshal([]byte(stdout), &packed); err != nil || packed.SHA256 != several[0].SHA256 || packed.Passed != several[0].Passed || packed.File != pack {
		t.Errorf("status %d, %v: %+v%s", code, err, packed, stderr)
	}
	if code, _, stderr := command("plugin", "bench", pack, "--output", "json"); code != 0 {
		t.Errorf("bench: status %d, %s", code, stderr)
	}
}
