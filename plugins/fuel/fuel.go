// Package fuel makes a stranger's WebAssembly module safe to compile and
// certain to stop.
//
// [Vet] reads the binary and refuses what the contract or a bound forbids,
// before any compiler sees it: compilers spend seconds and hundreds of
// megabytes on hostile modules, and a deadline does not reach them. [Inject]
// vets and returns the module rewritten so that it counts what it executes
// down from a global that it cannot name, and traps when that falls below
// zero. The same rewritten bytes stop in the host and in a browser, neither of
// which can interrupt a module cheaply by itself.
//
// # What is charged
//
// One unit is one instruction (a division eight), so a unit is of the order of
// a nanosecond. A function's body is split into segments, each paid in full
// when control enters it; see charges in segment.go for why nothing escapes.
// The body of a small innermost loop is written four times, to pay for several
// turns at once; see turns.go.
// Calls pay at the callee's entry; bulk memory and table instructions pay by
// their length, memory.grow by the page. Paying at function entries and loop
// headers checks for exhaustion; every other payment only subtracts, since
// what lies between two checks is bounded by [Limits].MaxBody.
//
// The package imports neither fmt nor reflection: the browser engine carries it.
package fuel

import "github.com/tiercel/tiercel/plugins/abi"

// Global is the name under which the counter, a mutable i64, is exported.
const Global = "tiercel_fuel"

// StartFuel is the counter's value before the engine first sets it: what a
// module's start function may spend, about 50 ms.
const StartFuel = 50_000_000

// Limits bounds a module. The zero value means the defaults.
type Limits struct {
	Module    int // bytes of the module
	Functions int // functions that it defines
	Body      int // bytes of one function's code
	Locals    int // locals of one function, its parameters included
	Work      int // to compile: the sum over functions of blocks * (blocks + locals * (1 + depth^2)), depth of loops
	Types     int // function types
	Globals   int // globals
	Exports   int // exports
	Segments  int // data segments and element segments
	Table     int // elements of all tables together; tables cannot grow beyond
	Pages     int // memory pages of 64 KiB; memory cannot grow beyond

	exact bool // pay at each instruction: what tests hold the segments to
}

// Defaults. A small standard-Go guest has 2.0 MB, 1,347 functions, the largest
// of 13 KB, 18 locals, a table of 5,443 and work of 25 million; one with fmt,
// encoding/json and regexp 3.8 MB, 2,341, 51 KB, 21, 6,437 and 70 million. A
// million units of work took wazero up to 60 ms on a busy machine.
const (
	DefaultModule    = 16 << 20    // bytes of a module
	DefaultFunctions = 30_000      // functions that it defines
	DefaultBody      = 256 << 10   // bytes of one function's code
	DefaultLocals    = 1000        // locals of one function
	DefaultWork      = 150_000_000 // units of work to compile it
	DefaultTypes     = 4000        // function types
	DefaultGlobals   = 1000        // globals
	DefaultExports   = 1000        // exports
	DefaultSegments  = 200_000     // data and element segments
	DefaultTable     = 100_000     // elements of all tables
	DefaultPages     = 1024        // pages of memory: 64 MiB
)

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Module, DefaultModule)
	set(&l.Functions, DefaultFunctions)
	set(&l.Body, DefaultBody)
	set(&l.Locals, DefaultLocals)
	set(&l.Work, DefaultWork)
	set(&l.Types, DefaultTypes)
	set(&l.Globals, DefaultGlobals)
	set(&l.Exports, DefaultExports)
	set(&l.Segments, DefaultSegments)
	set(&l.Table, DefaultTable)
	set(&l.Pages, DefaultPages)
	return l
}

// Report is what a module consists of.
type Report struct {
	Functions int // defined functions
	Code      int // bytes of code
	MaxBody   int // bytes of the largest function
	MaxLocals int
	Work      int // to compile all, in the units of Limits.Work
	Tables    int // elements
	Pages     int // of memory at the start
	Data      int // bytes of data segments
	SIMD      bool
	Start     bool     // it has a start function
	Imports   []string // module.name, in order
	Exports   []string // functions, in order
}

// Error is why a module is refused. It names the section or function.
type Error string

func (e Error) Error() string { return "plugins/fuel: " + string(e) }

// Vet refuses a module that breaks the contract of package abi or exceeds the
// limits. It does not validate types: the runtime's compiler does.
func Vet(module []byte, l Limits) (Report, error) {
	m, err := parse(module, l.withDefaults())
	if err != nil {
		return Report{}, err
	}
	return m.report, nil
}

// Inject vets a module and returns it rewritten: fuel counted in Global, memory
// and tables unable to outgrow the limits, custom sections but the function
// names dropped. The same module gives the same bytes.
func Inject(module []byte, l Limits) ([]byte, Report, error) {
	m, err := parse(module, l.withDefaults())
	if err != nil {
		return nil, Report{}, err
	}
	return m.rewrite(), m.report, nil
}

// signatures of the exports that the contract asks for: parameters and
// results as value types of the binary format.
var signatures = []struct{ name, params, results string }{
	{abi.ExportABI, "", "\x7f"},
	{abi.ExportDescribe, "", "\x7e"},
	{abi.ExportReserve, "\x7f", "\x7f"},
	{abi.ExportConfigure, "\x7f\x7f", "\x7f"},
	{abi.ExportScore, "\x7f\x7f\x7f", "\x7f"},
}
