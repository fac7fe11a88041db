package module

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
	"github.com/tiercel/tiercel/plugins/abi"
)

// made builds a template by its Makefile.
func made(b *testing.B, dir, file string) []byte {
	b.Helper()
	if out, err := exec.Command("make", "-s", "-C", dir).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	wasm, err := os.ReadFile(dir + "/build/" + file)
	if err != nil {
		b.Fatal(err)
	}
	return wasm
}

// BenchmarkFuel scores a frame of 1024 x 32 with and without the counting of
// fuel, in turns: the ratio of the least times, less one, is what fuel costs.
func BenchmarkFuel(b *testing.B) {
	const n, d = 1024, 32
	_, config := guesttest.Weights(d)
	batch := guesttest.Rows(n, d)
	for _, tt := range []struct {
		name   string
		wasm   func() []byte
		config []byte
	}{
		{"Go", func() []byte { return guesttest.Go(b, goTemplate) }, config},
		{"C", func() []byte { return guesttest.C(b, cTemplate) }, config},
		{"C with SIMD", func() []byte { return guesttest.C(b, "testdata/simd.c", "-msimd128") }, nil},
		{"Rust", func() []byte { return made(b, "../../../plugins/rust/template", "example-rust.wasm") }, config},
		{"AssemblyScript", func() []byte {
			return made(b, "../../../plugins/assemblyscript/template", "example-assemblyscript.wasm")
		}, config},
	} {
		b.Run(tt.name, func(b *testing.B) {
			wasm := tt.wasm()
			r := newRuntime(b, Options{Workers: 1})
			m, err := r.Open(tt.name, wasm)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { m.Close() })
			counted, err := m.start(tt.name)
			if err != nil {
				b.Fatal(err)
			}
			plain := uncounted(b, m, wasm)
			sel, err := abi.NewSelection(&m.Description, guesttest.Schema(d))
			if err != nil {
				b.Fatal(err)
			}
			frame := make([]byte, sel.Size(batch, 0, n))
			sel.Encode(frame, batch, 0, n)
			with, without := guesttest.Turns(b, prepared(b, counted, tt.config, frame, n), prepared(b, plain, tt.config, frame, n))
			b.ReportMetric(100*(float64(with)/float64(without)-1), "%-of-fuel")
		})
	}
}

// uncounted starts a module as it was built.
func uncounted(b *testing.B, m *Module, wasm []byte) *instance {
	b.Helper()
	r := m.runtime
	compiled, err := r.runtime.CompileModule(r.ctx, wasm)
	if err != nil {
		b.Fatal(err)
	}
	c := &instance{module: m, plugin: b.Name()}
	c.ctx = context.WithValue(r.ctx, instanceKey{}, c)
	c.guest, err = r.runtime.InstantiateModule(c.ctx, compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions(abi.ExportInitialize))
	if err != nil {
		b.Fatal(err)
	}
	c.memory = c.guest.Memory()
	return c
}

// prepared configures an instance, hands it a frame and returns what scores it.
func prepared(b *testing.B, c *instance, config, frame []byte, n int) func() {
	b.Helper()
	const plenty = 1 << 40
	call := func(name string, args ...uint64) uint64 {
		if c.fuel != nil {
			c.fuel.Set(plenty)
		}
		out, err := c.guest.ExportedFunction(name).Call(c.ctx, args...)
		if err != nil {
			b.Fatal(err)
		}
		return out[0]
	}
	at := call(abi.ExportReserve, uint64(len(frame)+4*n))
	if config != nil {
		c.memory.Write(uint32(at), config)
		if status := call(abi.ExportConfigure, at, uint64(len(config))); status != 0 {
			b.Fatalf("configure: status %d", status)
		}
	}
	c.memory.Write(uint32(at), frame)
	score := c.guest.ExportedFunction(abi.ExportScore)
	stack := make([]uint64, 3)
	return func() {
		if c.fuel != nil {
			c.fuel.Set(plenty)
		}
		stack[0], stack[1], stack[2] = at, uint64(len(frame)), at+uint64(len(frame))
		if err := score.CallWithStack(c.ctx, stack); err != nil || stack[0] != 0 {
			b.Fatalf("score: %v, status %d", err, stack[0])
		}
	}
}
