package module

import (
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
	"github.com/tiercel/tiercel/plugins/fuel"
	ft "github.com/tiercel/tiercel/plugins/fuel/fueltest"
)

const i32 = ft.I32

// own is the index of a guest's own first function.
const own = ft.Own

// with adds functions to a guest.
func with(m ft.Module, funcs ...ft.Func) ft.Module {
	m.Funcs = append(m.Funcs, funcs...)
	return m
}

// first is a guest that scores each row's first feature, changed by do.
func first(do func(*ft.Module)) []byte {
	m := ft.Guest(ft.FirstColumn(), i32+i32)
	do(&m)
	return m.Bytes()
}

// scoring is a guest whose score function does code, then scores.
func scoring(code ...[]byte) ft.Module {
	return ft.Guest(ft.Cat(ft.Cat(code...), ft.FirstColumn()), i32+i32)
}

// Faults in scoring: the batch abstains, the reason is named, the call ends in
// time and the instance is not used again.
func TestScoringFaults(t *testing.T) {
	spin := []byte{ft.Loop, ft.Void, 0x0c, 0, ft.End}
	for _, tt := range []struct {
		name string
		wasm []byte
		want Reason
	}{
		{"infinite loop", scoring(spin).Bytes(), Exhausted},
		{"bulk memory in a loop", scoring([]byte{ft.Loop, ft.Void},
			ft.Const(ft.Region), ft.Const(0), ft.Const(3<<20), []byte{0xfc, 11, 0}, // memory.fill
			ft.Br(0), []byte{ft.End}).Bytes(), Exhausted},
		{"overlapping copies", scoring([]byte{ft.Loop, ft.Void},
			ft.Const(ft.Region), ft.Const(ft.Region+1), ft.Const(3<<20), []byte{0xfc, 10, 0, 0},
			ft.Br(0), []byte{ft.End}).Bytes(), Exhausted},
		{"exponential recursion", with(scoring(ft.Const(200), ft.Call(own)), ft.Func{
			Params: i32, Code: ft.Cat(ft.Get(0), []byte{ft.If, ft.Void},
				ft.Get(0), ft.Const(1), []byte{0x6b}, ft.Call(own),
				ft.Get(0), ft.Const(1), []byte{0x6b}, ft.Call(own), []byte{ft.End}),
		}).Bytes(), Exhausted},
		{"deep recursion", with(scoring(ft.Call(own)), ft.Func{Code: ft.Call(own)}).Bytes(), Exhausted},
		{"trap", scoring([]byte{ft.Unreachable}).Bytes(), Trapped},
		{"division by zero", scoring(ft.Const(1), ft.Const(0), []byte{0x6d, ft.Drop}).Bytes(), Trapped},
		{"read out of bounds", scoring(ft.Const(-4), ft.Load(0), []byte{ft.Drop}).Bytes(), Trapped},
		{"memory exhausted", scoring(ft.Const(1), []byte{0x40, 0}, ft.Const(-1), []byte{0x46, ft.If, ft.Void, ft.Unreachable, ft.End}).Bytes(), Trapped},
		{"grows by a huge number", func() []byte {
			m := scoring([]byte{ft.Loop, ft.Void}, ft.Const(60000), []byte{0x40, 0, ft.Drop}, ft.Br(0), []byte{ft.End})
			m.MaxPages = 0
			return m.Bytes()
		}(), Exhausted},
		{"table grows for ever", func() []byte {
			m := scoring([]byte{ft.Loop, ft.Void, 0xd0, 0x70}, ft.Const(100), []byte{0xfc, 15, 0, ft.Drop}, ft.Br(0), []byte{ft.End})
			m.Table = 10
			return m.Bytes()
		}(), Exhausted},
		{"status", ft.Guest(ft.Const(5), "").Bytes(), Status},
		{"own status", ft.Guest(ft.Const(-17), "").Bytes(), Status},
		{"exits", func() []byte {
			m := ft.Guest(ft.Cat(ft.Const(3), ft.Call(0), ft.Const(0)), "")
			m.Imports = []ft.Import{{Module: "wasi_snapshot_preview1", Name: "proc_exit", Params: i32}}
			return m.Bytes()
		}(), Trapped},
		{"kernel out of bounds", kernel(ft.Const(-8), ft.Const(0), ft.Const(0), ft.Const(1000), ft.Const(1000)), Trapped},
		{"kernel unaligned", kernel(ft.Const(1), ft.Const(0), ft.Const(0), ft.Const(1), ft.Const(1)), Trapped},
		{"kernel of overflowing size", kernel(ft.Const(0), ft.Const(0), ft.Const(0), ft.Const(1<<30), ft.Const(1<<30)), Trapped},
		{"kernel in a loop", kernel([]byte{ft.Loop, ft.Void},
			ft.Const(0), ft.Const(0), ft.Const(0), ft.Const(800), ft.Const(1000), ft.Call(0), ft.Br(0), []byte{ft.End},
			ft.Const(0), ft.Const(0), ft.Const(0), ft.Const(0), ft.Const(0)), Exhausted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := open(t, newRuntime(t, Options{Workers: 2}), tt.wasm, 4, nil)
			b := guesttest.Rows(8, 4)
			dst := make([]float32, b.N)
			begin := time.Now()
			err := l.Score(dst, b)
			took := time.Since(begin)
			wantFault(t, err, tt.want)
			for i, f := range dst {
				if f == f {
					t.Fatalf("row %d scores %v after a fault", i, f)
				}
			}
			// The goal is 10 ms on a quiet machine (BenchmarkRunaway); tests share theirs.
			if took > 2*time.Second {
				t.Errorf("the call took %v", took)
			}
			if len(l.idle) != 0 {
				t.Error("the instance that failed is used again")
			}
			if !strings.Contains(err.Error(), "guest") {
				t.Errorf("the error does not name the plugin: %v", err)
			}
			if n := l.Faults(); len(n) != 1 || n[0].Reason != tt.want || n[0].Times != 1 {
				t.Errorf("counted %+v", n)
			}
		})
	}
}

func kernel(code ...[]byte) []byte {
	m := ft.Guest(ft.Cat(ft.Cat(code...), ft.Call(0), ft.Const(0)), "")
	m.Imports = []ft.Import{{Module: "tiercel", Name: "matvec", Params: i32 + i32 + i32 + i32 + i32}}
	return m.Bytes()
}

// Faults before scoring: the module is refused or its instance does not start.
func TestOpeningFaults(t *testing.T) {
	good := first(func(*ft.Module) {})
	for _, tt := range []struct {
		name string
		wasm []byte
		want Reason
		says string
	}{
		{"empty", nil, Refused, "not a WebAssembly module"},
		{"text", []byte("#!/bin/sh\nexit 0\n"), Refused, "not a WebAssembly module"},
		{"truncated", good[:len(good)-30], Refused, "truncated"},
		{"corrupt", func() []byte {
			b := append([]byte(nil), good...)
			copy(b[20:], "\xff\xff\xff\xff\xff\xff\xff\xff")
			return b
		}(), Refused, ""},
		{"of another type than declared", first(func(m *ft.Module) { m.Funcs[ft.ABI].Code = ft.Const64(1) }), Refused, ""},
		{"no score", first(func(m *ft.Module) { m.Funcs[ft.Score].Export = "" }), Refused, "no function tiercel_score"},
		{"score of another type", first(func(m *ft.Module) {
			m.Funcs[ft.Score] = ft.Func{Export: "tiercel_score", Code: nil}
		}), Refused, "another type"},
		{"memory of another name", first(func(m *ft.Module) { m.Memory = "heap" }), Refused, "memory is not exported"},
		{"fuel of its own", first(func(m *ft.Module) { m.Funcs = append(m.Funcs, ft.Func{Export: fuel.Global}) }), Refused, "is taken"},
		{"a file system", first(func(m *ft.Module) {
			m.Imports = []ft.Import{{Module: "env", Name: "open", Params: i32}}
		}), Refused, "allowed imports"},
		{"an import of another type", first(func(m *ft.Module) {
			m.Imports = []ft.Import{{Module: "tiercel", Name: "log", Params: i32}}
		}), Trapped, ""},
		{"a command", first(func(m *ft.Module) { m.Funcs = append(m.Funcs, ft.Func{Export: "_start"}) }), Refused, "reactor"},
		{"another version", first(func(m *ft.Module) { m.Funcs[ft.ABI].Code = ft.Const(2) }), Refused, "version 2"},
		{"huge memory", first(func(m *ft.Module) { m.Pages, m.MaxPages = 60000, 60000 }), Refused, "pages"},
		{"huge table", first(func(m *ft.Module) { m.Table = 100_000_000 }), Refused, "100000000 elements"},
		{"endless start function", first(func(m *ft.Module) {
			m.Funcs = append(m.Funcs, ft.Func{Code: []byte{ft.Loop, ft.Void, 0x0c, 0, ft.End}})
			m.Start = own + 1
		}), Exhausted, ""},
		{"endless _initialize", first(func(m *ft.Module) {
			m.Funcs = append(m.Funcs, ft.Func{Export: "_initialize", Code: []byte{ft.Loop, ft.Void, 0x0c, 0, ft.End}})
		}), Exhausted, ""},
		{"description outside the memory", first(func(m *ft.Module) { m.Funcs[ft.Describe].Code = ft.Const64(-1<<32 | 100) }), Memory, ""},
		{"huge description", first(func(m *ft.Module) { m.Funcs[ft.Describe].Code = ft.Const64(1 << 30) }), Refused, "description"},
		{"no description", first(func(m *ft.Module) { m.Funcs[ft.Describe].Code = ft.Const64(0) }), Refused, "description"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRuntime(t, Options{StartFuel: 20_000_000})
			_, err := r.Open("file.wasm", tt.wasm)
			wantFault(t, err, tt.want)
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v does not say %q", err, tt.says)
			}
		})
	}
}

// A module that answers a bad region is found when it is configured or scores.
func TestRegionFaults(t *testing.T) {
	for name, at := range map[string]int32{"refused": 0, "outside": -65536, "at the end": 64<<16 - 16, "unaligned": ft.Region + 1} {
		t.Run(name, func(t *testing.T) {
			l := open(t, newRuntime(t, Options{}), first(func(m *ft.Module) { m.Funcs[ft.Reserve].Code = ft.Const(at) }), 4, nil)
			b := guesttest.Rows(8, 4)
			wantFault(t, l.Score(make([]float32, 8), b), Memory)
		})
	}
}

// Growth in mid-call moves the memory: scores arrive all the same.
func TestGrowthInScoring(t *testing.T) {
	m := scoring(ft.Const(1), []byte{0x40, 0, ft.Drop})
	m.MaxPages = 0
	l := open(t, newRuntime(t, Options{Workers: 1}), m.Bytes(), 4, nil)
	b := guesttest.Rows(5000, 4)
	dst := make([]float32, b.N)
	for range 10 {
		if err := l.Score(dst, b); err != nil {
			t.Fatal(err)
		}
		for i, f := range dst {
			if want := b.Row(i)[0]; math.Float32bits(f) != math.Float32bits(want) {
				t.Fatalf("row %d scores %v, want %v", i, f, want)
			}
		}
	}
}

// A guest that leaks a page a call reaches its cap, not the host's.
func TestLeak(t *testing.T) {
	m := scoring(ft.Const(16), []byte{0x40, 0, ft.Drop})
	m.MaxPages = 0
	l := open(t, newRuntime(t, Options{Workers: 1, Limits: fuel.Limits{Pages: 256}}), m.Bytes(), 4, nil)
	b := guesttest.Rows(16, 4)
	dst := make([]float32, b.N)
	for range 5000 {
		if err := l.Score(dst, b); err != nil {
			t.Fatal(err)
		}
	}
	if size := l.idle[0].memory.Size(); size != 256<<16 {
		t.Errorf("%d bytes, want the cap of %d", size, 256<<16)
	}
	var s runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&s)
	if s.HeapAlloc > 1<<30 {
		t.Errorf("the host's heap is %d MiB", s.HeapAlloc>>20)
	}
}

// Scores that the description excludes become NaN, one by one, and are counted.
func TestImproperScores(t *testing.T) {
	description := strings.Replace(ft.Description, "feature *\n", "feature *\nrange 0 1\n", 1)
	wasm := first(func(m *ft.Module) {
		m.Data[0].Text = description
		m.Funcs[ft.Describe].Code = ft.Const64(16<<32 | int64(len(description)))
	})
	l := open(t, newRuntime(t, Options{}), wasm, 1, nil)
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	b := guesttest.Rows(8, 1)
	copy(b.X, []float32{0, 0.5, 1, -0.1, 1.1, inf, -inf, nan})
	dst := make([]float32, 8)
	if err := l.Score(dst, b); err != nil {
		t.Fatal(err)
	}
	for i, want := range []float32{0, 0.5, 1, nan, nan, nan, nan, nan} {
		if dst[i] != want && (dst[i] == dst[i] || want == want) {
			t.Errorf("%v scores %v, want %v", b.X[i], dst[i], want)
		}
	}
	if n := l.Faults(); len(n) != 1 || n[0].Reason != Improper || n[0].Times != 4 {
		t.Errorf("counted %+v", n)
	}
}

// A module that fails on one row fails on that batch alone, and rests longer
// the more often it fails in a row.
func TestRest(t *testing.T) {
	// unreachable if the first feature of the first row is above 100
	wasm := scoring(ft.Get(0), ft.LoadF32(32), []byte{0x43, 0, 0, 0xc8, 0x42, 0x5e, ft.If, ft.Void, ft.Unreachable, ft.End}).Bytes()
	l := open(t, newRuntime(t, Options{Workers: 1}), wasm, 2, nil)
	good, bad := guesttest.Rows(4, 2), guesttest.Rows(4, 2)
	good.X[0], bad.X[0] = 1, 1000
	dst := make([]float32, 4)
	rested := func() (n int) {
		for {
			err := l.Score(dst, good)
			if err == nil {
				return n
			}
			wantFault(t, err, Resting)
			n++
		}
	}
	for range 2 { // success starts the count anew
		wantFault(t, l.Score(dst, bad), Trapped)
		if n := rested(); n != 2 {
			t.Errorf("rests for %d batches after one failure, want 2", n)
		}
	}
	for k := 1; k <= 3; k++ {
		wantFault(t, l.Score(dst, bad), Trapped)
		if k == 3 {
			break
		}
		for range 1 << k {
			wantFault(t, l.Score(dst, bad), Resting)
		}
	}
	if n := rested(); n != 8 {
		t.Errorf("rests for %d batches after three failures in a row, want 8", n)
	}
}

// A guest that is honest and slow is given fewer rows, not refused.
func TestSlowButHonest(t *testing.T) {
	// Each row costs about 3 million units.
	slow := ft.Cat(
		[]byte{ft.Block, ft.Void, ft.Loop, ft.Void}, ft.Get(3), ft.Get(0), ft.Load(4), []byte{0x4f}, ft.BrIf(1),
		ft.Const(0), ft.Set(4),
		[]byte{ft.Loop, ft.Void}, ft.Get(4), ft.Const(1), []byte{0x6a}, ft.Set(4), ft.Get(4), ft.Const(400_000), []byte{0x49}, ft.BrIf(0), []byte{ft.End},
		ft.Get(3), ft.Const(1), []byte{0x6a}, ft.Set(3), ft.Br(0), []byte{ft.End, ft.End},
		ft.Const(0), ft.Set(3))
	l := open(t, newRuntime(t, Options{Workers: 1}), scoring(slow).Bytes(), 2, nil)
	b := guesttest.Rows(20, 2)
	dst := make([]float32, b.N)
	if err := l.Score(dst, b); err != nil {
		t.Fatal(err)
	}
	for i, f := range dst {
		if math.Float32bits(f) != math.Float32bits(b.Row(i)[0]) {
			t.Fatalf("row %d scores %v", i, f)
		}
	}
}

// One learner's faults do not reach another in the same runtime.
func TestFaultsStayApart(t *testing.T) {
	r := newRuntime(t, Options{})
	bad := open(t, r, scoring([]byte{ft.Unreachable}).Bytes(), 4, nil)
	good := open(t, r, first(func(*ft.Module) {}), 4, nil)
	b := guesttest.Rows(100, 4)
	dst := make([]float32, b.N)
	for range 20 {
		if bad.Score(make([]float32, b.N), b) == nil {
			t.Fatal("no error")
		}
		if err := good.Score(dst, b); err != nil {
			t.Fatal(err)
		}
	}
}
