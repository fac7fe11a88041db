package module

import (
	"context"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/plugins/abi"
)

// instanceKey finds, in the context of a call, the instance that made it.
type instanceKey struct{}

func caller(ctx context.Context) *instance { return ctx.Value(instanceKey{}).(*instance) }

// misuse is what a host function panics with when a guest misuses it; the
// runtime turns it into the error of the call.
type misuse string

func (m misuse) Error() string { return string(m) }

// buildEngine offers the imports of the module "tiercel".
func buildEngine(ctx context.Context, r wazero.Runtime) error {
	i32 := api.ValueTypeI32
	_, err := r.NewHostModuleBuilder(abi.ImportModule).
		NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(logLine), []api.ValueType{i32, i32, i32}, nil).
		Export(abi.ImportLog).
		NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(matvec), []api.ValueType{i32, i32, i32, i32, i32}, nil).
		Export(abi.ImportMatvec).
		Instantiate(ctx)
	return err
}

// matvec is abi.Matvec on the guest's memory, at 4 units a row and one a product.
func matvec(ctx context.Context, m api.Module, stack []uint64) {
	out, x, w := uint32(stack[0]), uint32(stack[1]), uint32(stack[2])
	n, d := uint32(stack[3]), uint32(stack[4])
	if n > abi.MaxFrame || d > abi.MaxFrame || uint64(n)*uint64(d) > abi.MaxFrame {
		panic(misuse("matvec: larger than a frame"))
	}
	caller(ctx).spend(4*int64(n) + int64(n)*int64(d))
	mem := m.Memory()
	dst, ok1 := mem.Read(out, 4*n)
	rows, ok2 := mem.Read(x, 4*n*d)
	weights, ok3 := mem.Read(w, 4*d)
	if !ok1 || !ok2 || !ok3 {
		panic(misuse("matvec: outside the memory"))
	}
	if !abi.MatvecBytes(dst, rows, weights, int(n), int(d)) {
		panic(misuse("matvec: not aligned to 4 bytes"))
	}
}

var levels = [...]string{"debug", "info", "warning", "error"}

// logLine passes a line on: escaped, cut, and no more than LogLines of them.
func logLine(ctx context.Context, m api.Module, stack []uint64) {
	c := caller(ctx)
	c.spend(1000)
	log := c.module.runtime.options.Log
	text, ok := m.Memory().Read(uint32(stack[1]), min(uint32(stack[2]), abi.MaxLog))
	if !ok {
		panic(misuse("log: outside the memory"))
	}
	if c.lines++; log == nil || c.lines > LogLines {
		return
	}
	log(c.plugin, levels[min(uint32(stack[0]), uint32(len(levels)-1))], guest.Escape(text))
}
