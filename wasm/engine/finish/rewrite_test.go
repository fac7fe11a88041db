package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// A program that switches goroutines within loops, grows stacks and recovers prints
// the same natively, as Go compiled it to WebAssembly, and finished. If faults trap it
// prints the same up to the first.
func TestProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a program")
	}
	want, err := exec.Command("go", "run", "./testdata/turns").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, want)
	}
	path := filepath.Join(t.TempDir(), "turns.wasm")
	build := exec.Command("go", "build", "-o", path, "./testdata/turns")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wasm, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	finished, err := finish(wasm, false)
	if err != nil {
		t.Fatal(err)
	}
	trapping, err := finish(wasm, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := finish(finished, true); err == nil {
		t.Error("without names it is known what traps")
	}
	before, _, _ := strings.Cut(string(want), "recovered")
	for _, c := range []struct {
		name   string
		module []byte
		want   string
		traps  bool
	}{
		{"compiled", wasm, string(want), false},
		{"finished", finished, string(want), false},
		{"trapping", trapping, before, true},
	} {
		ctx := context.Background()
		r := wazero.NewRuntime(ctx)
		wasi_snapshot_preview1.MustInstantiate(ctx, r)
		var got bytes.Buffer
		_, err := r.InstantiateWithConfig(ctx, c.module, wazero.NewModuleConfig().WithStderr(&got))
		if trapped := err != nil && strings.Contains(err.Error(), "unreachable"); trapped != c.traps || err != nil && !trapped {
			t.Errorf("%s: %v", c.name, err)
		}
		if got.String() != c.want {
			t.Errorf("%s prints\n%s\nnot\n%s", c.name, &got, c.want)
		}
		r.Close(ctx)
	}
}

// routine is a function of basic blocks in the form that Go's compiler writes.
type routine struct {
	ends  []byte // how each block ends: one of "jbcr", a jump, a branch, a call, a return
	to    []int  // whereto
	pcs   []int  // the first PC_B of each block
	table []int
}

// write returns the body. Every block tells the host its number; branches and calls ask it.
func (f *routine) write() []byte {
	n := len(f.ends)
	b := []byte{1, 1, 0x7f, opGlobalGet, 0, opLocalSet, 1, opBlock, void, opLoop, void}
	for range n {
		b = append(b, opBlock, void)
	}
	b = binary.AppendUvarint(append(b, opLocalGet, 0, opBrTable), uint64(len(f.table)-1))
	for _, i := range f.table {
		b = binary.AppendUvarint(b, uint64(i))
	}
	const opCall, opDrop = 0x10, 0x1a
	ask := func(i int) { b = append(appendSigned(append(b, opI32Const), int64(i)), opCall, 0) }
	jump := func(i, depth int) {
		b = appendSigned(append(b, opI32Const), int64(f.pcs[f.to[i]]))
		b = appendLabel(append(b, opLocalSet, 0), opBr, n-1-i+depth)
	}
	for i, end := range f.ends {
		b = append(b, opEnd)
		ask(i)
		b = append(b, opDrop)
		switch end {
		case 'j':
			jump(i, 0)
		case 'b':
			ask(i)
			b = append(b, opIf, void)
			jump(i, 1)
			b = append(b, opEnd)
		case 'c':
			ask(i)
			b = appendLabel(append(b, opGlobalGet, 0, opLocalSet, 1), opBrIf, n-i)
		case 'r':
			b = append(b, opI32Const, 0, opReturn)
		}
	}
	return append(b, opEnd, opUnreachable, opEnd, opI32Const, 1, opEnd)
}

// routineOf draws a function of nested loops, which jumps enter at their headers only
// unless wild.
func routineOf(r *rand.Rand, wild bool) *routine {
	n := 2 + r.IntN(14)
	f := &routine{ends: make([]byte, n), to: make([]int, n)}
	last := make([]int, n) // of each header the last block of its loop
	var nest func(from, to int)
	nest = func(from, to int) {
		for i := from; i < to; i++ {
			if end := i + r.IntN(6); end < to && r.IntN(3) == 0 {
				last[i] = max(end, 1)
				nest(i+1, end+1)
				i = end
			}
		}
	}
	nest(1, n)
	for i := range n {
		f.ends[i] = "jbbbcccr-"[r.IntN(9)]
		if i == n-1 && f.ends[i] != 'j' {
			f.ends[i] = 'r'
		}
		var may []int
		for k := 1; k < n; k++ {
			inside := k > i || last[k] >= i // on, or back to the header of a loop around
			for h := 1; h < k; h++ {
				inside = inside && (last[h] < k || h <= i && i <= last[h])
			}
			if inside || wild {
				may = append(may, k)
			}
		}
		if len(may) == 0 {
			f.ends[i] = 'r'
		} else {
			f.to[i] = may[r.IntN(len(may))]
		}
	}
	for i := range n {
		f.pcs = append(f.pcs, len(f.table))
		for range 1 + r.IntN(3) {
			f.table = append(f.table, i)
		}
	}
	f.table = f.table[:f.pcs[n-1]+1]
	return f
}

// Functions do the same straightened, however they branch, and wherever they are
// resumed after a call that unwound the stack.
func TestSameSteps(t *testing.T) {
	const rounds = 600
	straight := map[bool]int{}
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 5))
		wild := seed%4 == 0
		f := routineOf(r, wild)
		before := f.write()
		b, err := readBody(before)
		if err != nil {
			t.Fatal(err)
		}
		after := b.straighten(b.list, nil)
		if !bytes.Equal(before, after) {
			straight[wild]++
		}
		for answers := range uint64(4) {
			want, got := f.steps(t, before, answers), f.steps(t, after, answers)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: %s, to %v\nwent  %v\nnot   %v", seed, f.ends, f.to, got, want)
			}
		}
	}
	if straight[false] < rounds*3/4*9/10 || straight[true] == rounds/4 {
		t.Errorf("of %d, %d became straight, and of %d wild ones %d", rounds*3/4, straight[false], rounds/4, straight[true])
	}
}

var errEnough = errors.New("enough")

// steps runs a body, resuming it whenever a call unwinds, and returns the blocks that it
// went through.
func (f *routine) steps(t *testing.T, body []byte, answers uint64) []int {
	t.Helper()
	ctx := context.Background()
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer runtime.Close(ctx)
	r := rand.New(rand.NewPCG(answers, 6))
	var went []int
	asked := nowhere
	_, err := runtime.NewHostModuleBuilder("host").NewFunctionBuilder().WithFunc(func(i uint32) uint32 {
		if asked = int(i); len(went) == 200 {
			panic(errEnough)
		}
		went = append(went, asked)
		return r.Uint32() & 1
	}).Export("ask").Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	module := []byte("\x00asm\x01\x00\x00\x00" +
		"\x01\x06\x01\x60\x01\x7f\x01\x7f" + // type 0: i32 to i32
		"\x02\x0c\x01\x04host\x03ask\x00\x00" +
		"\x03\x02\x01\x00" + // one function of type 0
		"\x06\x06\x01\x7f\x01\x41\x00\x0b" + // the stack pointer
		"\x07\x05\x01\x01f\x00\x01")
	code := append(binary.AppendUvarint([]byte{1}, uint64(len(body))), body...)
	module = append(binary.AppendUvarint(append(module, codeSection), uint64(len(code))), code...)
	m, err := runtime.Instantiate(ctx, module)
	if err != nil {
		t.Fatal(err)
	}
	for pc := 0; ; {
		out, err := m.ExportedFunction("f").Call(ctx, uint64(pc))
		switch {
		case errors.Is(err, errEnough):
			return went
		case err != nil:
			return append(went, nowhere) // fell off the end: a trap
		case out[0] == 0:
			return went
		}
		pc = f.pcs[asked+1]
	}
}
