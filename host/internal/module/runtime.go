// Package module runs base learners that are WebAssembly modules, on wazero.
//
// A [Runtime] compiles modules, a [Module] is one that was vetted, given fuel
// (package fuel) and compiled, and a [Learner] is a module configured for one
// schema: a learner.Learner backed by a pool of instances. Whatever a module
// does, Score returns within its fuel, the host's memory stays bounded, and the
// rows that could not be scored are NaN.
package module

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/tiercel/tiercel/plugins/abi"
	"github.com/tiercel/tiercel/plugins/fuel"
)

// Options adjusts a Runtime. The zero value works.
type Options struct {
	// Cache is a folder for compiled code, used only if nobody but this user
	// can enter it; it is made if missing. Empty compiles each time.
	Cache string
	// Workers is how many instances a learner may have; 0 means one a core.
	Workers int
	// Limits bounds modules: memory in Limits.Pages.
	Limits fuel.Limits
	// CallFuel is what one call of tiercel_score may spend; 0 means DefaultCallFuel.
	CallFuel int64
	// StartFuel is what starting an instance and configuring it may spend, each;
	// 0 means DefaultStartFuel.
	StartFuel int64
	// CompileTime is how long a compilation may take; 0 means DefaultCompileTime.
	// The compiler cannot be interrupted: past it the module is refused while
	// the compiler runs on to its end, which vetting bounds.
	CompileTime time.Duration
	// Log takes a plugin's log lines: escaped, bounded, at most LogLines an
	// instance. Nil drops them.
	Log func(plugin, level, text string)
}

// Defaults of Options.
const (
	// DefaultCallFuel lets an endless loop run for about 5 ms: the shortest one,
	// a branch to itself, spends 1 unit in 0.5 to 1 ns (BenchmarkRunaway).
	DefaultCallFuel = 6_000_000
	// DefaultStartFuel is room for what standard Go does before main (2 million
	// units) and for reading a list of a million names.
	DefaultStartFuel = 2_000_000_000
	// DefaultCompileTime is far above what a standard-Go guest takes, 1 s cold
	// on a quiet machine and over 20 s on one with four runnable threads a core.
	DefaultCompileTime = 60 * time.Second
	LogLines           = 100
)

// Runtime compiles and runs modules. It is safe for concurrent use.
type Runtime struct {
	options Options
	runtime wazero.Runtime
	cache   wazero.CompilationCache
	ctx     context.Context
	wait    sync.WaitGroup // compilations that were given up
}

// NewRuntime returns a runtime.
func NewRuntime(o Options) (*Runtime, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.CallFuel <= 0 {
		o.CallFuel = DefaultCallFuel
	}
	if o.StartFuel <= 0 {
		o.StartFuel = DefaultStartFuel
	}
	if o.CompileTime <= 0 {
		o.CompileTime = DefaultCompileTime
	}
	if o.Limits.Pages <= 0 {
		o.Limits.Pages = fuel.DefaultPages
	}
	r := &Runtime{options: o, ctx: context.Background()}
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2).
		WithMemoryLimitPages(uint32(o.Limits.Pages)).
		WithDebugInfoEnabled(false)
	if o.Cache != "" {
		if err := private(o.Cache); err != nil {
			return nil, err
		}
		cache, err := wazero.NewCompilationCacheWithDir(o.Cache)
		if err != nil {
			return nil, fmt.Errorf("host/module: compilation cache: %w", err)
		}
		r.cache = cache
		config = config.WithCompilationCache(cache)
	}
	r.runtime = wazero.NewRuntimeWithConfig(r.ctx, config)
	for _, build := range []func(context.Context, wazero.Runtime) error{buildEngine, buildWASI} {
		if err := build(r.ctx, r.runtime); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return r, nil
}

// private makes the cache folder, or checks that only this user can enter it:
// what lies there is executed.
func private(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("host/module: compilation cache: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("host/module: compilation cache: %w", err)
	}
	if !info.IsDir() || !owned(info) {
		return fmt.Errorf("host/module: compilation cache %s: must be a folder that only you can enter (chmod 700)", dir)
	}
	return nil
}

// Close ends the runtime. Learners must not be scoring.
func (r *Runtime) Close() error {
	r.wait.Wait()
	err := r.runtime.Close(r.ctx)
	if r.cache != nil {
		err = errors.Join(err, r.cache.Close(r.ctx))
	}
	return err
}

// Module is a compiled module.
type Module struct {
	Description abi.Description
	SHA256      [sha256.Size]byte // of the bytes as they were given
	Report      fuel.Report

	runtime     *Runtime
	compiled    wazero.CompiledModule
	description []byte
}

// Open vets and compiles a module, starts it once and reads its description.
// Errors are of type *Fault. name stands for the plugin in errors until its id
// is known.
func (r *Runtime) Open(name string, wasm []byte) (*Module, error) {
	safe, report, err := fuel.Inject(wasm, r.options.Limits)
	if err != nil {
		return nil, refused(name, "%v", err)
	}
	m := &Module{runtime: r, SHA256: sha256.Sum256(wasm), Report: report}
	if m.compiled, err = r.compile(safe); err != nil {
		return nil, refused(name, "%v", err)
	}
	inst, err := m.start(name)
	if err != nil {
		m.Close()
		return nil, err
	}
	defer inst.close()
	if m.description, err = inst.describe(); err != nil {
		m.Close()
		return nil, err
	}
	if m.Description, err = abi.ParseDescription(m.description); err != nil {
		m.Close()
		return nil, refused(name, "%v", err)
	}
	return m, nil
}

// Close frees the compiled code.
func (m *Module) Close() error { return m.compiled.Close(m.runtime.ctx) }

// compile compiles within the time allowed.
func (r *Runtime) compile(wasm []byte) (wazero.CompiledModule, error) {
	type result struct {
		m   wazero.CompiledModule
		err error
	}
	done := make(chan result, 1)
	ctx := experimental.WithCompilationWorkers(r.ctx, r.options.Workers)
	r.wait.Go(func() {
		m, err := r.runtime.CompileModule(ctx, wasm)
		done <- result{m, err}
	})
	limit := time.NewTimer(r.options.CompileTime)
	defer limit.Stop()
	select {
	case got := <-done:
		return got.m, got.err
	case <-limit.C:
		r.wait.Go(func() { // free it when it is there
			if got := <-done; got.err == nil {
				got.m.Close(r.ctx)
			}
		})
		return nil, fmt.Errorf("compiling took longer than %v", r.options.CompileTime)
	}
}
