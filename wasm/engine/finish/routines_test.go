package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// The routines answer as Go does, at all lengths and places, and read nothing outside of
// memory.
func TestRoutines(t *testing.T) {
	module := []byte("\x00asm\x01\x00\x00\x00" +
		"\x01\x0f\x02\x60\x03\x7f\x7f\x7f\x01\x7f\x60\x03\x7e\x7e\x7e\x01\x7e" +
		"\x03\x03\x02\x00\x01" +
		"\x05\x03\x01\x00\x01" + // a page of memory
		"\x07\x14\x03\x01m\x02\x00\x04find\x00\x00\x05equal\x00\x01")
	code := []byte{2}
	for _, name := range []string{"memchr", "memeqbody"} {
		code = append(binary.AppendUvarint(code, uint64(len(routines[name]))), routines[name]...)
	}
	module = append(binary.AppendUvarint(append(module, codeSection), uint64(len(code))), code...)
	ctx := context.Background()
	runtime := wazero.NewRuntime(ctx)
	defer runtime.Close(ctx)
	m, err := runtime.Instantiate(ctx, module)
	if err != nil {
		t.Fatal(err)
	}
	find, equal := m.ExportedFunction("find"), m.ExportedFunction("equal")
	memory, _ := m.Memory().Read(0, 1<<16)
	r := rand.New(rand.NewPCG(1, 1))
	found, same := 0, 0
	for round := range 20_000 {
		n := r.IntN(70)
		p, q := 16+r.IntN(50), 200+r.IntN(50)
		if round%5 == 0 {
			p = len(memory) - n
		}
		for i := range n {
			memory[p+i] = byte(128 + r.IntN(1+r.IntN(128)))
		}
		memory[p-1], memory[min(p+n, len(memory)-1)] = 200, 200
		c := byte(200)
		out, err := find.Call(ctx, uint64(p), uint64(c), uint64(n))
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		if i := bytes.IndexByte(memory[p:p+n], c); i >= 0 {
			want = p + i
			found++
		}
		if int(out[0]) != want {
			t.Fatalf("%d of %x, %d bytes at %d: %d, want %d", c, memory[p:p+n], n, p, out[0], want)
		}
		copy(memory[q:q+n], memory[p:])
		if n > 0 && r.IntN(2) == 0 {
			memory[q+r.IntN(n)]++
		}
		memory[q+n] ^= 1 // what is behind does not count
		out, err = equal.Call(ctx, uint64(p), uint64(q), uint64(n))
		if err != nil {
			t.Fatal(err)
		}
		if is := bytes.Equal(memory[p:p+n], memory[q:q+n]); is != (out[0] == 1) || out[0] > 1 {
			t.Fatalf("%x and %x: %d", memory[p:p+n], memory[q:q+n], out[0])
		} else if is {
			same++
		}
	}
	if found < 2000 || same < 5000 {
		t.Errorf("%d found, %d the same", found, same)
	}
}

// Go's functions that copy and clear, at all lengths, places and overlaps: nothing but
// what they are told changes, and the stack pointer passes the return address.
func TestMoves(t *testing.T) {
	module := []byte("\x00asm\x01\x00\x00\x00" +
		"\x01\x06\x01\x60\x01\x7f\x01\x7f" +
		"\x03\x03\x02\x00\x00" +
		"\x05\x03\x01\x00\x01" +
		"\x06\x06\x01\x7f\x01\x41\x00\x0b" + // the stack pointer
		"\x07\x19\x04\x01m\x02\x00\x02sp\x03\x00\x04move\x00\x00\x05clear\x00\x01")
	code := []byte{2}
	for _, name := range []string{"runtime.memmove", "runtime.memclrNoHeapPointers"} {
		code = append(binary.AppendUvarint(code, uint64(len(routines[name]))), routines[name]...)
	}
	module = append(binary.AppendUvarint(append(module, codeSection), uint64(len(code))), code...)
	ctx := context.Background()
	runtime := wazero.NewRuntime(ctx)
	defer runtime.Close(ctx)
	m, err := runtime.Instantiate(ctx, module)
	if err != nil {
		t.Fatal(err)
	}
	memory, _ := m.Memory().Read(0, 1<<16)
	stack := m.ExportedGlobal("sp").(api.MutableGlobal)
	call := func(name string, operands ...int) {
		t.Helper()
		stack.Set(512)
		for i, v := range operands {
			binary.LittleEndian.PutUint64(memory[520+8*i:], uint64(v))
		}
		out, err := m.ExportedFunction(name).Call(ctx, 0)
		if err != nil || out[0] != 0 || stack.Get() != 520 {
			t.Fatalf("%s %d: %d, stack at %d, %v", name, operands, out, stack.Get(), err)
		}
	}
	r := rand.New(rand.NewPCG(2, 2))
	for n := range 150 {
		for range 60 {
			from, to := 1000+r.IntN(160), 1000+r.IntN(160)
			for i := 900; i < 1500; i++ {
				memory[i] = byte(1 + r.IntN(255))
			}
			want := bytes.Clone(memory[900:1500])
			copy(want[to-900:to-900+n], want[from-900:])
			call("move", to, from, n)
			if !bytes.Equal(memory[900:1500], want) {
				t.Fatalf("%d bytes from %d to %d", n, from, to)
			}
			clear(want[to-900 : to-900+n])
			call("clear", to, n)
			if !bytes.Equal(memory[900:1500], want) {
				t.Fatalf("%d bytes cleared at %d", n, to)
			}
		}
	}
	for n := range 100 { // nothing behind memory is touched
		call("move", 1<<16-n, 1000, n)
		call("clear", 1<<16-n, n)
	}
}
