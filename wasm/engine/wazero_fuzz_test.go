package main

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model/models"
)

// FuzzWazero: any text is judged by the file that browsers run as by native
// code, byte for byte, errors included.
func FuzzWazero(f *testing.F) {
	if testing.Short() {
		f.Skip("compiles the engine")
	}
	const line = `203.0.113.9 - - [29/Jan/2026:10:01:03 +0000] "GET /item?id=`
	for _, value := range []string{
		"1", "1%27%20UNION%20SELECT%20password%20FROM%20users--", "%25253Cscript%25253E", "&lt;&#x3c;script", "\xff\xfe\x00", "${jndi:ldap://x/a}",
	} {
		f.Add([]byte(line + value + " HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0\"\n"))
	}
	f.Add([]byte("\n\n#\n\x00\x00" + line))
	f.Add(bytes.Repeat([]byte("x\n"), 300))
	wasm, err := os.ReadFile(buildWASM(f, "../.."))
	if err != nil {
		f.Fatal(err)
	}
	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	f.Cleanup(func() { r.Close(ctx) })
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	if _, err := r.NewHostModuleBuilder("tiercel").NewFunctionBuilder().
		WithFunc(func(uint32, uint32, uint32, uint32, uint32) int32 { return guestTrapped }).Export("score").Instantiate(ctx); err != nil {
		f.Fatal(err)
	}
	m, err := r.InstantiateWithConfig(ctx, wasm, wazero.NewModuleConfig().WithStartFunctions("_initialize"))
	if err != nil {
		f.Fatal(err)
	}
	file, _ := models.Default(event.HTTP)
	native := loaded(f, file)
	if _, ok := answered(f, m, "load", file, uint64(len(file))); !ok {
		f.Fatal("the model is not loaded")
	}
	answered(f, m, "ready", nil)
	settings := []byte("all\x001\x00")
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) == 0 || len(text) > 64<<10 {
			return
		}
		if err := native.begin(settings); err != nil {
			t.Fatal(err)
		}
		answered(t, m, "begin", settings, uint64(len(settings)))
		if err := native.file("log", "combined", 2026); err != nil {
			t.Fatal(err)
		}
		answered(t, m, "file", []byte("logcombined"), 3, 8, 2026)
		size := func(b []byte) uint64 { return uint64(len(b)) }
		last := text
		for _, step := range []struct {
			name   string
			args   []uint64
			native func() error
		}{
			{"prepare", []uint64{0, pieceFirst, 0}, func() error { return native.prepare(0, pieceFirst, 0, text) }},
			{"observe", nil, func() error { return native.observe(last) }},
			{"finish", []uint64{0}, func() error { return native.finish(0, last) }},
			{"settle", nil, func() error { return native.settle(last) }},
		} {
			got, ok := answered(t, m, step.name, last, append(step.args, size(last))...)
			err := step.native()
			if ok != (err == nil) {
				t.Fatalf("%s: %q, native code says %v", step.name, got, err)
			}
			if err != nil {
				return
			}
			if !bytes.Equal(got, native.out) {
				t.Fatalf("%s answers %d bytes that are not the %d of native code", step.name, len(got), len(native.out))
			}
			last = got
		}
	})
}

// answered calls the module with a message. ok is false where it answers with an
// error, which is then the text.
func answered(t testing.TB, m api.Module, name string, message []byte, args ...uint64) (text []byte, ok bool) {
	t.Helper()
	if n := len(message); n > 0 {
		m.Memory().Write(uint32(mustCall(t, m, "input", uint64(n))), message)
	}
	n := int32(mustCall(t, m, name, args...))
	length := n
	if n < 0 {
		length = -1 - n
	}
	out, fits := m.Memory().Read(uint32(mustCall(t, m, "output")), uint32(length))
	if !fits {
		t.Fatalf("%s: an answer of %d bytes that lies outside", name, length)
	}
	return aligned(out), n >= 0
}
