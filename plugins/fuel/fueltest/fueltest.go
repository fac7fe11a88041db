// Package fueltest assembles small WebAssembly modules for tests: guests that
// commit a fault which no compiler would emit.
package fueltest

// Value types.
const (
	I32 = "\x7f"
	I64 = "\x7e"
	F32 = "\x7d"
)

// Func is a function. Locals has one value type a local, beyond the parameters.
type Func struct {
	Export                  string // empty: not exported
	Params, Results, Locals string
	Code                    []byte // without the final end
}

// Import is an imported function.
type Import struct{ Module, Name, Params, Results string }

// Data is a data segment.
type Data struct {
	At   int
	Text string
}

// Module is a module with one memory. Functions are numbered imports first.
type Module struct {
	Imports  []Import
	Funcs    []Func
	Pages    int
	MaxPages int // 0: none
	Table    int // elements of a table; 0: no table
	Elements []int
	Globals  int // mutable i32, 0 at first
	Data     []Data
	Start    int // function index + 1; 0: none
	Memory   string
}

// Bytes assembles the module.
func (m Module) Bytes() []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	var types, imports, funcs, exports, code []byte
	n := 0
	typed := func(params, results string) []byte {
		types = append(types, 0x60)
		types = append(Uleb(types, len(params)), params...)
		types = append(Uleb(types, len(results)), results...)
		n++
		return Uleb(nil, n-1)
	}
	for _, i := range m.Imports {
		imports = Cat(imports, text(i.Module), text(i.Name), []byte{0}, typed(i.Params, i.Results))
	}
	memory := m.Memory
	if memory == "" {
		memory = "memory"
	}
	exported := 1
	exports = Cat(text(memory), []byte{2, 0})
	for i, f := range m.Funcs {
		funcs = append(funcs, typed(f.Params, f.Results)...)
		if f.Export != "" {
			exported++
			exports = Cat(exports, text(f.Export), []byte{0}, Uleb(nil, len(m.Imports)+i))
		}
		body := Uleb(nil, len(f.Locals))
		for _, t := range []byte(f.Locals) {
			body = append(body, 1, t)
		}
		body = append(append(body, f.Code...), End)
		code = append(Uleb(code, len(body)), body...)
	}
	section := func(id byte, count int, body []byte) {
		if count > 0 {
			body = Cat(Uleb(nil, count), body)
			out = append(Uleb(append(out, id), len(body)), body...)
		}
	}
	section(1, n, types)
	section(2, len(m.Imports), imports)
	section(3, len(m.Funcs), funcs)
	if m.Table > 0 {
		section(4, 1, Cat([]byte{0x70, 0}, Uleb(nil, m.Table)))
	}
	if m.MaxPages > 0 {
		section(5, 1, Cat([]byte{1}, Uleb(nil, m.Pages), Uleb(nil, m.MaxPages)))
	} else {
		section(5, 1, Cat([]byte{0}, Uleb(nil, m.Pages)))
	}
	var globals []byte
	for range m.Globals {
		globals = append(globals, 0x7f, 1, 0x41, 0, End)
	}
	section(6, m.Globals, globals)
	section(7, exported, exports)
	if m.Start > 0 {
		body := Uleb(nil, m.Start-1)
		out = append(Uleb(append(out, 8), len(body)), body...)
	}
	if len(m.Elements) > 0 {
		body := Cat([]byte{0}, Const(0), []byte{End}, Uleb(nil, len(m.Elements)))
		for _, e := range m.Elements {
			body = Uleb(body, e)
		}
		section(9, 1, body)
	}
	section(10, len(m.Funcs), code)
	var data []byte
	for _, d := range m.Data {
		data = Cat(data, []byte{0}, Const(int32(d.At)), []byte{End}, text(d.Text))
	}
	section(11, len(m.Data), data)
	return out
}

// Region is where Guest's region lies; its size is that of the rest of the memory.
const Region = 1 << 16

// Description is what Guest says of itself.
const Description = "tiercel 1\nid guest\nversion 1.0.0\ntitle A guest of tests\nkind http\nfeature *\n"

// Indices of the exports in Guest's Funcs; code that calls adds the imports.
const (
	ABI = iota
	Describe
	Reserve
	Configure
	Score
	Own // the first function of one's own
)

// Guest returns a well-behaved guest of 4 MiB whose tiercel_score is code: it
// has the parameters frame (local 0), length (1), out (2) and the given locals
// (from 3), and must leave a status.
func Guest(code []byte, locals string) Module {
	const pages = 64
	return Module{
		Pages: pages, MaxPages: pages,
		Data: []Data{{16, Description}},
		Funcs: []Func{
			{Export: "tiercel_abi", Results: I32, Code: Const(1)},
			{Export: "tiercel_describe", Results: I64, Code: Const64(16<<32 | int64(len(Description)))},
			{Export: "tiercel_reserve", Params: I32, Results: I32, Code: Cat(
				Const(Region), Const(0), Get(0), Const((pages<<16)-Region), []byte{0x4d, 0x1b}, // i32.le_u, select
			)},
			{Export: "tiercel_configure", Params: I32 + I32, Results: I32, Code: Const(0)},
			{Export: "tiercel_score", Params: I32 + I32 + I32, Results: I32, Locals: locals, Code: code},
		},
	}
}

// FirstColumn is a score function: each row's first feature. It needs the
// locals I32 + I32.
func FirstColumn() []byte {
	// for (i = 0; i < n; i++) out[i] = x[i*d]
	return Cat(
		[]byte{Block, Void, Loop, Void},
		Get(3), Get(0), Load(4), []byte{0x4f}, BrIf(1), // i >= n
		Get(2), Get(3), Const(2), []byte{0x74, 0x6a}, // out + 4i
		Get(0), Get(3), Get(0), Load(8), []byte{0x6c}, Const(2), []byte{0x74, 0x6a}, LoadF32(32),
		[]byte{0x38, 2, 0}, // f32.store
		Get(3), Const(1), []byte{0x6a}, Set(3), Br(0),
		[]byte{End, End},
		Const(0),
	)
}
