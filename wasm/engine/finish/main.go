// Finish makes of the module that Go's linker wrote a smaller and faster one.
//
//	go run ./wasm/engine/finish build/tiercel.wasm
//
// It takes out what only stack traces read: the names of functions and files, line
// numbers, and which code was inlined where. The linker's -s and -w leave them; they
// are a tenth of the engine as it is loaded. What is left runs as before; the trace of
// a crash has no names. The layout is that of runtime/symtab.go and of _func in
// runtime/runtime2.go, as of Go 1.26. A table of another version is refused,
// so that a new compiler fails the build and not the page.
//
// And it straightens functions. Go's compiler writes every jump as a detour by
// a table at the function's top, which no engine sees through: all variables meet
// there, and loops are none (golang/go#65440). Blocks and loops in their place
// compute the same, instruction by instruction; some sequences that the compiler writes
// tens of thousands of times, such as addresses of stack slots, become shorter
// (tidy.go), and calls of functions that never unwind the stack do without what that
// takes (quiet.go). A function that is not in the form of blocks.go stays as it is.
//
// Where the module has names, some routines of the run time are written anew (routines.go),
// and quiet functions are known.
//
// With -traps an index out of bounds, a nil pointer or a division by zero traps at once
// instead of panicking: for programs that recover from none and need no message. The code that
// prepares their messages is a tenth of all code.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "finish:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	traps := len(args) == 2 && args[0] == "-traps"
	if traps {
		args = args[1:]
	}
	if len(args) != 1 {
		return errors.New("usage: finish [-traps] FILE.wasm")
	}
	wasm, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	if wasm, err = finish(wasm, traps); err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return os.WriteFile(args[0], wasm, 0o644)
}

// finish returns the module with smaller tables, straight functions and no custom
// sections. With traps, faults of the program trap.
func finish(wasm []byte, traps bool) ([]byte, error) {
	m, err := readModule(wasm)
	if err != nil {
		return nil, err
	}
	code, data := m.section(codeSection), m.section(dataSection)
	if code == nil || data == nil {
		return nil, errors.New("no program")
	}
	if traps && m.names == nil {
		return nil, errors.New("the names are needed to know what faults: link without -s")
	}
	image, from, err := readData(data.body)
	if err != nil {
		return nil, err
	}
	table, err := findTables(image)
	if err != nil {
		return nil, err
	}
	w := rewriter{
		traps: map[uint64]bool{}, morestack: map[uint64]bool{}, routines: map[uint64][]byte{},
		leave: table.defers, imports: m.imports, quiet: map[int]bool{},
	}
	for i, name := range m.names {
		w.traps[i] = traps && faults(name)
		if name == "runtime.morestack" || name == "runtime.morestack_noctxt" {
			w.morestack[i] = true
		}
		if routine, ok := routines[name]; ok && i >= m.imports {
			w.routines[i-m.imports] = routine
		}
	}
	if code.body, err = w.rewrite(code.body, table.funcs); err != nil {
		return nil, err
	}
	if err := table.strip(w.quiet); err != nil {
		return nil, err
	}
	data.body = writeData(image, from)
	return m.write(), nil
}
