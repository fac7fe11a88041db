package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model/models"
)

// The module is the same bytes wherever its sources lie.
func TestReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the engine")
	}
	elsewhere := t.TempDir()
	for _, name := range []string{"core", "plugins", "wasm/engine"} {
		if err := os.CopyFS(filepath.Join(elsewhere, name), os.DirFS(filepath.Join("../..", name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		b, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(elsewhere, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	here, err := os.ReadFile(buildWASM(t, "../.."))
	if err != nil {
		t.Fatal(err)
	}
	there, err := os.ReadFile(buildWASM(t, elsewhere))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(here, there) {
		t.Errorf("%d and %d bytes, and not the same", len(here), len(there))
	}
}

// wazero runs the file that browsers run, and every answer is that of native
// code, byte for byte.
func TestWazero(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the engine twice")
	}
	wasm, err := os.ReadFile(buildWASM(t, "../.."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := exec.Command("go", "run", module+"/examples/logs", "-seed", "4", "-lines", "300", "-o", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	file, _ := models.Default(event.HTTP)

	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	if _, err := r.NewHostModuleBuilder("tiercel").NewFunctionBuilder().
		WithFunc(func(uint32, uint32, uint32, uint32, uint32) int32 { return guestTrapped }).Export("score").Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	m, err := r.InstantiateWithConfig(ctx, wasm, wazero.NewModuleConfig().WithStartFunctions("_initialize").WithEnv("GOGC", "25"))
	if err != nil {
		t.Fatal(err)
	}
	call := func(name string, message []byte, args ...uint64) []byte {
		t.Helper()
		out, ok := answered(t, m, name, message, args...)
		if !ok {
			t.Fatalf("%s: %q", name, out)
		}
		return out
	}
	native := loaded(t, file)
	call("load", file, uint64(len(file)))
	call("ready", nil)
	settings := []byte("all\x001\x00")
	if err := native.begin(settings); err != nil {
		t.Fatal(err)
	}
	call("begin", settings, uint64(len(settings)))
	if err := native.file("log", "combined", 2026); err != nil {
		t.Fatal(err)
	}
	call("file", []byte("logcombined"), 3, 8, 2026)
	size := func(b []byte) uint64 { return uint64(len(b)) }
	var last []byte
	for _, step := range []struct {
		name   string
		wasm   func() []byte
		native func() error
	}{
		{"prepare", func() []byte { return call("prepare", text, 0, pieceFirst, 0, size(text)) }, func() error { return native.prepare(0, pieceFirst, 0, text) }},
		{"observe", func() []byte { return call("observe", last, size(last)) }, func() error { return native.observe(last) }},
		{"finish", func() []byte { return call("finish", last, 0, size(last)) }, func() error { return native.finish(0, last) }},
		{"settle", func() []byte { return call("settle", last, size(last)) }, func() error { return native.settle(last) }},
		{"report", func() []byte { return call("report", nil) }, native.report},
	} {
		got := step.wasm()
		if err := step.native(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if !bytes.Equal(got, native.out) {
			t.Fatalf("%s answers %d bytes that are not the %d of native code", step.name, len(got), len(native.out))
		}
		last = got
	}
	if native.columns.length < 300 {
		t.Errorf("%d rows", native.columns.length)
	}
}

func mustCall(t testing.TB, m api.Module, name string, args ...uint64) uint64 {
	t.Helper()
	out, err := m.ExportedFunction(name).Call(context.Background(), args...)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(out) == 0 {
		return 0
	}
	return out[0]
}
