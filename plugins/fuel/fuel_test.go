package fuel

import (
	"bytes"
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	ft "github.com/tiercel/tiercel/plugins/fuel/fueltest"
)

var programs = flag.Int("programs", 100, "random programs that TestSegments runs")

// program writes random structured code over the i32 locals 0 (a counter that
// bounds loops) to 4, with globals 0 and 1: blocks, loops, both kinds of if,
// forward branches, branch tables, calls and bulk memory.
type program struct {
	r     *rand.Rand
	depth int
	loops []bool // open blocks, innermost last: whether a loop
	left  int
}

func (p *program) expression() []byte {
	switch p.r.IntN(5) {
	case 0:
		return ft.Const(int32(p.r.IntN(100)))
	case 1:
		return ft.Cat(p.local(), p.local(), []byte{0x6a}) // add
	case 2:
		return ft.Cat(p.local(), ft.Const(int32(p.r.IntN(5)+1)), []byte{0x70}) // rem_u
	case 3:
		return []byte{0x23, byte(p.r.IntN(2))}
	}
	return p.local()
}

func (p *program) local() []byte { return ft.Get(1 + p.r.IntN(4)) }

func (p *program) set(code []byte) []byte {
	if p.r.IntN(4) == 0 {
		return ft.Cat(code, []byte{0x24, byte(p.r.IntN(2))})
	}
	return ft.Cat(code, ft.Set(1+p.r.IntN(4)))
}

// label picks an open block that is no loop, -1 if there is none.
func (p *program) label() int {
	for range 4 {
		if n := len(p.loops); n > 0 {
			if l := p.r.IntN(n); !p.loops[n-1-l] {
				return l
			}
		}
	}
	return -1
}

func (p *program) inside(loop bool, n int) []byte {
	p.loops = append(p.loops, loop)
	code := p.statements(n)
	p.loops = p.loops[:len(p.loops)-1]
	return code
}

func (p *program) statements(n int) []byte {
	var code []byte
	for range n {
		if p.left--; p.left < 0 {
			break
		}
		code = ft.Cat(code, p.statement())
	}
	return code
}

func (p *program) statement() []byte {
	p.depth++
	defer func() { p.depth-- }()
	kind := p.r.IntN(10)
	if p.depth > 6 {
		kind = 9
	}
	n := 1 + p.r.IntN(6)
	switch kind {
	case 0:
		return ft.Cat([]byte{ft.Block, ft.Void}, p.inside(false, n), []byte{ft.End})
	case 1: // a loop that turns while the counter lasts and a condition holds
		body := p.inside(true, n)
		return ft.Cat([]byte{ft.Loop, ft.Void}, body,
			ft.Get(0), ft.Const(1), []byte{0x6b}, []byte{0x22, 0}, ft.Const(0), []byte{0x4a}, // --counter > 0
			p.expression(), ft.Const(3), []byte{0x4b, 0x71}, ft.BrIf(0), []byte{ft.End}) // and e > 3
	case 2:
		return ft.Cat(p.expression(), ft.Const(2), []byte{0x70, ft.If, ft.Void}, p.inside(false, n), []byte{ft.End})
	case 3:
		return ft.Cat(p.expression(), ft.Const(2), []byte{0x70, ft.If, ft.Void}, p.inside(false, n), []byte{ft.Else}, p.inside(false, n), []byte{ft.End})
	case 4:
		if l := p.label(); l >= 0 {
			return ft.Cat(p.expression(), ft.Const(3), []byte{0x70}, ft.BrIf(l))
		}
	case 5:
		if a, b := p.label(), p.label(); a >= 0 && b >= 0 && p.r.IntN(2) == 0 {
			return ft.Cat(p.expression(), []byte{ft.If, ft.Void}, p.expression(), []byte{0x0e, 1, byte(a + 1), byte(b + 1), ft.End})
		}
	case 6: // memory.fill
		return ft.Cat(ft.Const(1024), p.expression(), ft.Const(int32(p.r.IntN(500))), []byte{0xfc, 11, 0})
	case 7: // the second function, which loops a little
		return p.set(ft.Cat(p.expression(), ft.Call(ft.Own)))
	}
	return p.set(p.expression())
}

// guest is a guest whose score function is random code that ends in a hash of its locals.
func guest(seed uint64) []byte {
	p := &program{r: rand.New(rand.NewPCG(seed, 7)), left: 120}
	code := ft.Cat(ft.Const(300), ft.Set(0), p.statements(30))
	for i := range 4 {
		code = ft.Cat(code, ft.Get(1+i))
		if i > 0 {
			code = ft.Cat(code, ft.Const(31), []byte{0x6c, 0x73})
		}
	}
	m := ft.Guest(code, ft.I32+ft.I32)
	m.Globals = 2
	m.Pages, m.MaxPages = 1, 1
	m.Funcs = append(m.Funcs, ft.Func{Params: ft.I32, Results: ft.I32, Locals: ft.I32, Code: ft.Cat(
		[]byte{ft.Loop, ft.Void}, ft.Get(1), ft.Get(0), []byte{0x6a}, ft.Set(1),
		ft.Get(0), ft.Const(7), []byte{0x6e, 0x22, 0, ft.If, ft.Void}, ft.Br(1), []byte{ft.End, ft.End}, ft.Get(1),
	)})
	return m.Bytes()
}

// result is what a call of tiercel_score gave.
type result struct {
	status uint64
	spent  int64
	memory []byte
}

func score(t *testing.T, wasm []byte) result {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	m, err := r.Instantiate(ctx, wasm)
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.ExportedFunction("tiercel_score").Call(ctx, 1, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	res := result{status: out[0]}
	res.memory, _ = m.Memory().Read(0, m.Memory().Size())
	if g := m.ExportedGlobal(Global); g != nil {
		res.spent = StartFuel - int64(g.Get())
	}
	return res
}

func inject(t *testing.T, wasm []byte, l Limits) []byte {
	t.Helper()
	out, _, err := Inject(wasm, l)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Fuel changes no result, no instruction runs unpaid, and segments do not pay
// for much more than what runs.
func TestSegments(t *testing.T) {
	worst, paid, ran := 0.0, 0.0, 0.0
	for seed := range uint64(*programs) {
		wasm := guest(seed)
		plain, fuelled, exact := score(t, wasm), score(t, inject(t, wasm, Limits{})), score(t, inject(t, wasm, Limits{exact: true}))
		for _, got := range []result{fuelled, exact} {
			if got.status != plain.status || !bytes.Equal(got.memory, plain.memory) {
				t.Fatalf("program %d: fuel changed the result", seed)
			}
		}
		if fuelled.spent < exact.spent {
			t.Fatalf("program %d: paid %d, ran %d", seed, fuelled.spent, exact.spent)
		}
		worst = max(worst, float64(fuelled.spent)/float64(exact.spent))
		paid, ran = paid+float64(fuelled.spent), ran+float64(exact.spent)
	}
	t.Logf("paid/ran: %.2f in all, %.2f at worst", paid/ran, worst)
	if paid/ran > 3 {
		t.Errorf("segments pay for %.1f times what runs", paid/ran)
	}
}

// Growth stays below the limits that were given, whatever the module declares.
func TestGrowthIsCapped(t *testing.T) {
	m := ft.Guest(ft.Cat(ft.Const(100), []byte{0x40, 0, ft.Drop, 0xd0, 0x70}, ft.Const(1000), []byte{0xfc, 15, 0}), "")
	m.Pages, m.MaxPages, m.Table = 1, 0, 10
	out := inject(t, m.Bytes(), Limits{Pages: 50, Table: 500})
	res := score(t, out)
	if int32(res.status) != -1 || len(res.memory) != 1<<16 {
		t.Errorf("table.grow gives %d, memory has %d bytes", int32(res.status), len(res.memory))
	}
	if again := inject(t, m.Bytes(), Limits{Pages: 50, Table: 500}); !bytes.Equal(out, again) {
		t.Error("another time, other bytes")
	}
}

// What the rewriter adds must not make an invalid module valid.
func TestAddedNamesAreOutOfReach(t *testing.T) {
	for name, code := range map[string][]byte{
		"the fuel global":     ft.Cat([]byte{0x42, 0, 0x24, 0}, ft.Const(0)),
		"the fuel's local":    ft.Cat(ft.Get(3), []byte{ft.Drop}, ft.Const(0)),
		"a branch too far":    ft.Br(1),
		"a missing function":  ft.Cat(ft.Call(99), ft.Const(0)),
		"else without if":     ft.Cat([]byte{ft.Else}, ft.Const(0)),
		"relaxed SIMD":        {0xfd, 0x80, 0x02},
		"atomics":             {0xfe, 0, 0, 0},
		"a tail call":         {0x12, 0},
		"another memory":      ft.Cat(ft.Const(0), []byte{0x28, 0x42, 0, 0}),
		"code behind the end": ft.Cat(ft.Const(0), []byte{ft.End}),
		"truncated":           {0x42},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Vet(ft.Guest(code, "").Bytes(), Limits{}); err == nil || !strings.Contains(err.Error(), "function 4") {
				t.Errorf("%v", err)
			}
		})
	}
}

// A real guest, of the Go compiler, keeps its results, and its first calls
// spend what DefaultStartFuel of the host leaves ample room for.
func TestGoGuest(t *testing.T) {
	out := filepath.Join(t.TempDir(), "guest.wasm")
	c := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-o", out, "github.com/tiercel/tiercel/plugins/sdk/template")
	c.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := runGo(t, wasm)
	fuelled, spent := runGo(t, inject(t, wasm, Limits{}))
	_, exact := runGo(t, inject(t, wasm, Limits{exact: true}))
	if !bytes.Equal(plain, fuelled) {
		t.Error("fuel changed the scores")
	}
	t.Logf("starting, configuring and scoring once: paid %d, ran %d", spent, exact)
	if spent < exact || spent > 3*exact {
		t.Errorf("paid %d for %d", spent, exact)
	}
}

// runGo starts a Go guest, configures four weights and scores two rows.
func runGo(t *testing.T, wasm []byte) (scores []byte, spent int64) {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter()) // compiling takes longer than running
	defer r.Close(ctx)
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	i := api.ValueTypeI32
	if _, err := r.NewHostModuleBuilder("tiercel").
		NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(context.Context, api.Module, []uint64) {}), []api.ValueType{i, i, i}, nil).Export("log").
		NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, m api.Module, s []uint64) {
		for k := range uint32(s[3]) { // not the kernel: anything that depends on its input
			v, _ := m.Memory().ReadUint32Le(uint32(s[1]) + 4*k)
			m.Memory().WriteUint32Le(uint32(s[0])+4*k, v)
		}
	}), []api.ValueType{i, i, i, i, i}, nil).Export("matvec").
		Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	m, err := r.InstantiateWithConfig(ctx, wasm, wazero.NewModuleConfig().WithStartFunctions("_initialize"))
	if err != nil {
		t.Fatal(err)
	}
	call := func(name string, args ...uint64) uint64 {
		out, err := m.ExportedFunction(name).Call(ctx, args...)
		if err != nil {
			t.Fatal(err)
		}
		return out[0]
	}
	at := uint32(call("tiercel_reserve", 1024))
	m.Memory().WriteString(at, "1 2 3 4")
	if s := call("tiercel_configure", uint64(at), 7); s != 0 {
		t.Fatal("configure:", s)
	}
	frame := []uint32{0x31464354, 2, 4, 0, 64, 64, 0, 0, 1 << 29, 1 << 28, 0, 0, 3 << 28, 0, 0, 0}
	for k, v := range frame {
		m.Memory().WriteUint32Le(at+4*uint32(k), v)
	}
	if s := call("tiercel_score", uint64(at), 64, uint64(at)+64); s != 0 {
		t.Fatal("score:", s)
	}
	scores, _ = m.Memory().Read(at+64, 8)
	if g := m.ExportedGlobal(Global); g != nil {
		spent = StartFuel - int64(g.Get())
	}
	return bytes.Clone(scores), spent
}

// FuzzInject: no module makes the rewriter panic, and what it returns is one
// that it would take again but for the name of the fuel.
func FuzzInject(f *testing.F) {
	f.Add(ft.Guest(ft.FirstColumn(), ft.I32+ft.I32).Bytes())
	f.Add(guest(1))
	f.Add(guest(2))
	m := ft.Guest(ft.Const(0), "")
	m.Imports = []ft.Import{{Module: "tiercel", Name: "matvec", Params: ft.I32 + ft.I32 + ft.I32 + ft.I32 + ft.I32}}
	m.Table, m.Elements, m.Start, m.Globals = 4, []int{1, 2}, 0, 3
	f.Add(m.Bytes())
	f.Add([]byte("\x00asm\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		out, report, err := Inject(wasm, Limits{})
		if err != nil {
			return
		}
		if len(out) > 40*len(wasm)+1024 {
			t.Fatalf("%d bytes became %d", len(wasm), len(out))
		}
		renamed := bytes.Replace(out, []byte(Global), []byte("tiercel_FUEL"), 1)
		again, err := Vet(renamed, Limits{Work: 1 << 40, Body: 1 << 30, Locals: 2000})
		if err != nil {
			t.Fatalf("what it wrote is malformed: %v", err)
		}
		if again.Functions != report.Functions || again.Pages != report.Pages || again.Tables != report.Tables {
			t.Fatalf("%+v became %+v", report, again)
		}
	})
}

// FuzzSegments holds TestSegments for programs that the fuzzer picks.
func FuzzSegments(f *testing.F) {
	f.Add(uint64(1 << 40))
	f.Fuzz(func(t *testing.T, seed uint64) {
		wasm := guest(seed)
		plain, fuelled, exact := score(t, wasm), score(t, inject(t, wasm, Limits{})), score(t, inject(t, wasm, Limits{exact: true}))
		if fuelled.status != plain.status || !bytes.Equal(fuelled.memory, plain.memory) || fuelled.spent < exact.spent {
			t.Fatalf("program %d: %d %d, paid %d, ran %d", seed, plain.status, fuelled.status, fuelled.spent, exact.spent)
		}
	})
}

func BenchmarkInject(b *testing.B) {
	wasm := guest(3)
	b.SetBytes(int64(len(wasm)))
	for b.Loop() {
		if _, _, err := Inject(wasm, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
