package module

import (
	"context"
	"encoding/binary"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"github.com/tiercel/tiercel/plugins/abi"
)

// WASI error numbers.
const (
	wasiOK    = 0
	wasiBadF  = 8
	wasiFault = 21
	wasiNoSys = 52
)

// wasiCall answers one WASI call; the result is its error number.
type wasiCall func(c *instance, m api.Memory, a []uint64) uint64

// buildWASI offers the WASI calls that guests' runtimes link. There are no
// files, no environment, no arguments and no outside world: the clock counts
// calls, the random bytes are the same in every instance, so that scores are
// repeatable. Each call costs fuel.
func buildWASI(ctx context.Context, r wazero.Runtime) error {
	b := r.NewHostModuleBuilder(abi.WASIModule)
	const i, l = api.ValueTypeI32, api.ValueTypeI64
	export := func(name string, call wasiCall, params ...api.ValueType) {
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
			c := caller(ctx)
			c.spend(100)
			stack[0] = call(c, m.Memory(), stack)
		}), params, []api.ValueType{i}).Export(name)
	}
	export("args_get", answer(wasiOK), i, i)
	export("args_sizes_get", noStrings, i, i)
	export("environ_get", answer(wasiOK), i, i)
	export("environ_sizes_get", noStrings, i, i)
	export("clock_res_get", clockResolution, i, i)
	export("clock_time_get", clockTime, i, l, i)
	export("fd_close", answer(wasiBadF), i)
	export("fd_fdstat_get", fdStat, i, i)
	export("fd_fdstat_set_flags", answer(wasiBadF), i, i)
	export("fd_filestat_get", answer(wasiBadF), i, i)
	export("fd_pread", answer(wasiBadF), i, i, i, l, i)
	export("fd_prestat_dir_name", answer(wasiBadF), i, i, i)
	export("fd_prestat_get", answer(wasiBadF), i, i)
	export("fd_pwrite", answer(wasiBadF), i, i, i, l, i)
	export("fd_read", answer(wasiBadF), i, i, i, i)
	export("fd_readdir", answer(wasiBadF), i, i, i, l, i)
	export("fd_seek", answer(wasiBadF), i, l, i, i)
	export("fd_sync", answer(wasiBadF), i)
	export("fd_write", fdWrite, i, i, i, i)
	export("path_create_directory", answer(wasiBadF), i, i, i)
	export("path_filestat_get", answer(wasiBadF), i, i, i, i, i)
	export("path_filestat_set_times", answer(wasiBadF), i, i, i, i, l, l, i)
	export("path_link", answer(wasiBadF), i, i, i, i, i, i, i)
	export("path_open", answer(wasiBadF), i, i, i, i, i, l, l, i, i)
	export("path_readlink", answer(wasiBadF), i, i, i, i, i, i)
	export("path_remove_directory", answer(wasiBadF), i, i, i)
	export("path_rename", answer(wasiBadF), i, i, i, i, i, i)
	export("path_symlink", answer(wasiBadF), i, i, i, i, i)
	export("path_unlink_file", answer(wasiBadF), i, i, i)
	export("poll_oneoff", poll, i, i, i, i)
	export("random_get", random, i, i)
	export("sched_yield", answer(wasiOK))
	export("sock_accept", answer(wasiNoSys), i, i, i)
	export("sock_shutdown", answer(wasiNoSys), i, i)
	b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
		panic(sys.NewExitError(uint32(stack[0])))
	}), []api.ValueType{i}, nil).Export("proc_exit")
	_, err := b.Instantiate(ctx)
	return err
}

func answer(errno uint64) wasiCall {
	return func(*instance, api.Memory, []uint64) uint64 { return errno }
}

func wrote(ok bool) uint64 {
	if ok {
		return wasiOK
	}
	return wasiFault
}

func noStrings(_ *instance, m api.Memory, a []uint64) uint64 {
	return wrote(m.WriteUint32Le(uint32(a[0]), 0) && m.WriteUint32Le(uint32(a[1]), 0))
}

func clockResolution(_ *instance, m api.Memory, a []uint64) uint64 {
	return wrote(m.WriteUint64Le(uint32(a[1]), 1000))
}

// clockTime counts a microsecond a call.
func clockTime(c *instance, m api.Memory, a []uint64) uint64 {
	c.clock += 1000
	return wrote(m.WriteUint64Le(uint32(a[2]), c.clock))
}

// fdStat says that the standard streams are character devices.
func fdStat(_ *instance, m api.Memory, a []uint64) uint64 {
	if uint32(a[0]) > 2 {
		return wasiBadF
	}
	stat := [24]byte{0: 2}
	return wrote(m.Write(uint32(a[1]), stat[:]))
}

// fdWrite keeps the last bytes of what a guest prints: Go and Rust say there
// why they panic.
func fdWrite(c *instance, m api.Memory, a []uint64) uint64 {
	fd, vectors, n, written := uint32(a[0]), uint32(a[1]), uint32(a[2]), uint32(a[3])
	if fd != 1 && fd != 2 {
		return wasiBadF
	}
	const maxVectors = 16
	total := uint32(0)
	for k := range min(n, maxVectors) {
		v, ok := m.Read(vectors+8*k, 8)
		if !ok {
			return wasiFault
		}
		text, ok := m.Read(binary.LittleEndian.Uint32(v), binary.LittleEndian.Uint32(v[4:]))
		if !ok {
			return wasiFault
		}
		c.print(text)
		total += uint32(len(text))
	}
	return wrote(m.WriteUint32Le(written, total))
}

// poll answers every clock subscription at once and others as not to be had.
func poll(c *instance, m api.Memory, a []uint64) uint64 {
	in, out, n, events := uint32(a[0]), uint32(a[1]), uint32(a[2]), uint32(a[3])
	const maxEvents = 64
	if n == 0 || n > maxEvents {
		return wasiNoSys
	}
	for k := range n {
		s, ok := m.Read(in+48*k, 48)
		if !ok {
			return wasiFault
		}
		var e [32]byte
		copy(e[:8], s[:8])
		if e[10] = s[8]; s[8] == 0 { // a clock: it moves to the time asked for
			if wait := binary.LittleEndian.Uint64(s[24:]); binary.LittleEndian.Uint16(s[40:])&1 == 0 {
				c.clock += wait
			} else {
				c.clock = max(c.clock, wait)
			}
		} else {
			e[8] = wasiBadF
		}
		if !m.Write(out+32*k, e[:]) {
			return wasiFault
		}
	}
	return wrote(m.WriteUint32Le(events, n))
}

// random gives the bytes of SplitMix64 from seed 0 (Steele, Lea, Flood 2014).
func random(c *instance, m api.Memory, a []uint64) uint64 {
	c.spend(int64(uint32(a[1])))
	b, ok := m.Read(uint32(a[0]), uint32(a[1]))
	if !ok {
		return wasiFault
	}
	for i := range b {
		if i%8 == 0 {
			c.seed += 0x9e3779b97f4a7c15
		}
		z := c.seed
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		b[i] = byte(z >> (8 * (i % 8)))
	}
	return wasiOK
}
