package module

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/plugins/abi"
	"github.com/tiercel/tiercel/plugins/fuel"
)

// instance is a running copy of a module, for one caller at a time.
type instance struct {
	module *Module
	plugin string
	ctx    context.Context // carries the instance to the host functions
	guest  api.Module
	memory api.Memory
	fuel   api.MutableGlobal

	score, reserve api.Function
	stack          [3]uint64 // of calls

	region   uint32 // where frames go
	capacity uint32 // of the region
	rows     int    // that the next call is given

	clock  uint64
	seed   uint64
	lines  int
	stderr []byte // the last of what it printed
}

// Bounds of a call.
const (
	firstRows   = 16      // rows of an instance's first call
	mostRows    = 4096    // rows of a call: past some hundred the crossing is free
	mostBytes   = 1 << 20 // of a frame with more than one row
	firstRegion = 64 << 10
	keepPrinted = 2 << 10
	shortCall   = time.Millisecond     // calls shorter than this may grow
	longCall    = 5 * time.Millisecond // calls longer than half of this shrink: they hold up the collector
)

// start makes an instance that is ready to be configured.
func (m *Module) start(plugin string) (*instance, error) {
	r := m.runtime
	c := &instance{module: m, plugin: plugin, rows: firstRows}
	c.ctx = context.WithValue(r.ctx, instanceKey{}, c)
	guest, err := r.runtime.InstantiateModule(c.ctx, m.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, c.fault("start function", err)
	}
	c.guest, c.memory = guest, guest.Memory()
	c.fuel = guest.ExportedGlobal(fuel.Global).(api.MutableGlobal)
	c.score, c.reserve = guest.ExportedFunction(abi.ExportScore), guest.ExportedFunction(abi.ExportReserve)
	if _, err := c.call(abi.ExportInitialize, r.options.StartFuel); err != nil {
		c.close()
		return nil, err
	}
	version, err := c.call(abi.ExportABI, r.options.CallFuel)
	if err == nil && uint32(version) != abi.Version {
		err = refused(plugin, "version %d of the contract; this host speaks %d", uint32(version), abi.Version)
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *instance) close() { c.guest.Close(c.ctx) }

// spend takes fuel for what the host does on a guest's behalf. The call ends
// at once when it is out.
func (c *instance) spend(units int64) {
	if c.fuel == nil { // the start function runs before the fuel is at hand
		return
	}
	left := int64(c.fuel.Get()) - units
	c.fuel.Set(uint64(left))
	if left < 0 {
		panic(misuse("out of fuel"))
	}
}

// print keeps the end of what the guest prints.
func (c *instance) print(text []byte) {
	text = text[max(0, len(text)-keepPrinted):]
	if over := len(c.stderr) + len(text) - keepPrinted; over > 0 {
		c.stderr = append(c.stderr[:0], c.stderr[over:]...)
	}
	c.stderr = append(c.stderr, text...)
}

// call calls an export that is not on the hot path; one that is missing, as
// only _initialize may be, does nothing.
func (c *instance) call(name string, units int64, args ...uint64) (uint64, error) {
	f := c.guest.ExportedFunction(name)
	if f == nil {
		return 0, nil
	}
	c.fuel.Set(uint64(units))
	out, err := f.Call(c.ctx, args...)
	if err != nil {
		return 0, c.fault(name, err)
	}
	if len(out) == 0 {
		return 0, nil
	}
	return out[0], nil
}

// fault says why a call failed.
func (c *instance) fault(call string, err error) *Fault {
	f := &Fault{Plugin: c.plugin, Call: call, Reason: Trapped}
	var exit *sys.ExitError
	text, _, _ := strings.Cut(err.Error(), "\n")
	switch {
	case c.fuel != nil && int64(c.fuel.Get()) < 0:
		f.Reason = Exhausted
		return f
	case errors.As(err, &exit):
		f.Detail = "it exited"
	case c.fuel == nil && strings.Contains(text, "unreachable"):
		f.Reason, f.Detail = Exhausted, "or a trap, before it was ready"
	default:
		f.Detail = guest.Escape([]byte(text))
	}
	if said := bytes.TrimSpace(c.stderr); len(said) > 0 {
		line, _, _ := bytes.Cut(said, []byte("\n"))
		f.Detail += ", saying: " + guest.Escape(line[:min(len(line), 300)])
	}
	return f
}

// describe reads the description.
func (c *instance) describe() ([]byte, error) {
	packed, err := c.call(abi.ExportDescribe, c.module.runtime.options.StartFuel)
	if err != nil {
		return nil, err
	}
	at, n := uint32(packed>>32), uint32(packed)
	if n > abi.MaxDescription {
		return nil, refused(c.plugin, "a description of %d bytes; the limit is %d", n, abi.MaxDescription)
	}
	text, ok := c.memory.Read(at, n)
	if !ok {
		return nil, &Fault{Plugin: c.plugin, Call: abi.ExportDescribe, Reason: Memory, Detail: "outside its memory"}
	}
	return bytes.Clone(text), nil
}

// configure hands over a configuration.
func (c *instance) configure(text []byte) error {
	if err := c.room(uint32(len(text))); err != nil {
		return err
	}
	c.memory.Write(c.region, text)
	status, err := c.call(abi.ExportConfigure, c.module.runtime.options.StartFuel, uint64(c.region), uint64(len(text)))
	if err != nil {
		return err
	}
	if s := abi.Status(int32(status)); s != abi.OK {
		return &Fault{Plugin: c.plugin, Call: abi.ExportConfigure, Reason: Status, Detail: s.Error()}
	}
	return nil
}

// room has the guest reserve at least n bytes.
func (c *instance) room(n uint32) error {
	if n <= c.capacity {
		return nil
	}
	want := max(firstRegion, c.capacity)
	for want < n {
		want *= 2
	}
	c.fuel.Set(uint64(c.module.runtime.options.StartFuel))
	c.stack[0] = uint64(want)
	if err := c.reserve.CallWithStack(c.ctx, c.stack[:1]); err != nil {
		return c.fault(abi.ExportReserve, err)
	}
	at := uint32(c.stack[0])
	if _, ok := c.memory.Read(at, want); !ok || at == 0 || at%4 != 0 {
		return &Fault{Plugin: c.plugin, Call: abi.ExportReserve, Reason: Memory, Detail: "no region of the size asked for, inside its memory and aligned to 4"}
	}
	c.region, c.capacity = at, want
	return nil
}

// run scores rows [from, to) with a frame of size bytes. spent is the fuel.
func (c *instance) run(dst []float32, sel *abi.Selection, b *learner.Batch, from, to, size int) (spent int64, err error) {
	n := to - from
	if err := c.room(uint32(size + 4*n)); err != nil {
		return 0, err
	}
	// The view of memory is taken afresh each time: growth moves it.
	view, ok := c.memory.Read(c.region, uint32(size+4*n))
	if !ok {
		return 0, &Fault{Plugin: c.plugin, Call: abi.ExportScore, Reason: Memory, Detail: "the region left its memory"}
	}
	sel.Encode(view[:size], b, from, to)
	clear(view[size:])
	budget := c.module.runtime.options.CallFuel
	c.fuel.Set(uint64(budget))
	out := c.region + uint32(size)
	c.stack = [3]uint64{uint64(c.region), uint64(size), uint64(out)}
	if err := c.score.CallWithStack(c.ctx, c.stack[:]); err != nil {
		return budget, c.fault(abi.ExportScore, err)
	}
	if s := abi.Status(int32(c.stack[0])); s != abi.OK {
		return 0, &Fault{Plugin: c.plugin, Call: abi.ExportScore, Reason: Status, Detail: s.Error()}
	}
	if view, ok = c.memory.Read(out, uint32(4*n)); !ok {
		return 0, &Fault{Plugin: c.plugin, Call: abi.ExportScore, Reason: Memory, Detail: "the region left its memory"}
	}
	abi.Scores(dst[from:to], view)
	return budget - int64(c.fuel.Get()), nil
}

// pace sets how many rows the next call is given: a call shall spend an eighth
// to a half of its fuel and stay well below longCall.
func (c *instance) pace(given int, spent int64, took time.Duration) {
	budget := c.module.runtime.options.CallFuel
	switch {
	case spent > budget/2 || took > longCall/2:
		c.rows = max(1, given/2)
	case given == c.rows && spent < budget/8 && took < shortCall:
		c.rows = min(2*given, mostRows)
	}
}
