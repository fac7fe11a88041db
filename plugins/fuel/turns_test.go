package fuel

import (
	"testing"

	ft "github.com/tiercel/tiercel/plugins/fuel/fueltest"
)

// loop is a loop with a result of i32: it adds what is left of its counter
// (local 0) to local 1 and does what exit says, which has local 0 counted down.
func loop(exit []byte) []byte {
	return ft.Cat([]byte{ft.Loop, 0x7f}, ft.Get(1), ft.Get(0), []byte{0x6a}, ft.Set(1),
		ft.Get(0), ft.Const(1), []byte{0x6b}, ft.Set(0), exit, []byte{ft.End})
}

// Each way out of a small loop gives what it gave, and the turns that are paid
// are those that run, rounded up to 1, 4, 5, 8 ...
func TestTurns(t *testing.T) {
	const many = 12
	odd := ft.Cat(ft.Get(0), ft.Const(1), []byte{0x71})
	for name, code := range map[string][]byte{
		"falling out": loop(ft.Cat(ft.Get(0), ft.BrIf(0), ft.Get(1))),
		"from within blocks": loop(ft.Cat([]byte{ft.Block, ft.Void}, odd, ft.BrIf(0), ft.Get(0), []byte{ft.If, ft.Void}, ft.Br(2),
			[]byte{ft.End, ft.End}, ft.Get(0), ft.BrIf(0), ft.Get(1))),
		"a branch out": ft.Cat([]byte{ft.Block, 0x7f}, loop(ft.Cat(ft.Get(1), ft.Get(0), []byte{0x45}, ft.BrIf(1), []byte{ft.Drop}, ft.Br(0))), []byte{ft.End}),
		"a branch out of two": ft.Cat([]byte{ft.Block, 0x7f, ft.Block, ft.Void}, loop(ft.Cat(odd, []byte{ft.If, ft.Void}, ft.Get(1), ft.Get(0), []byte{0x45}, ft.BrIf(3), []byte{ft.Drop, ft.End},
			ft.Get(0), ft.BrIf(0), ft.Br(1))), []byte{ft.Drop, ft.End}, ft.Get(1), ft.Const(7), []byte{0x6c, ft.End}),
		"a return":                 loop(ft.Cat(ft.Get(0), []byte{0x45, ft.If, ft.Void}, ft.Get(1), []byte{0x0f, ft.End}, ft.Br(0))),
		"a branch to the caller":   loop(ft.Cat(ft.Get(1), ft.Get(0), []byte{0x45}, ft.BrIf(1), []byte{ft.Drop}, ft.Br(0))),
		"code that no one reaches": loop(ft.Cat(ft.Get(1), ft.Get(0), []byte{0x45}, ft.BrIf(1), ft.Br(0), []byte{0x6a})),
	} {
		t.Run(name, func(t *testing.T) {
			turn, entry := int64(0), int64(0)
			for n := range many {
				wasm := ft.Guest(ft.Cat(ft.Const(int32(n+1)), ft.Set(0), ft.Const(3), ft.Set(1), code), "").Bytes()
				plain, fuelled, exact := score(t, wasm), score(t, inject(t, wasm, Limits{})), score(t, inject(t, wasm, Limits{exact: true}))
				if plain.status != fuelled.status || fuelled.spent < exact.spent {
					t.Fatalf("%d turns: %d, want %d; paid %d, ran %d", n+1, fuelled.status, plain.status, fuelled.spent, exact.spent)
				}
				switch paid := n/turnsAtOnce*turnsAtOnce + 1; {
				case n == 0:
					entry = fuelled.spent
				case n == 1:
					turn = (fuelled.spent - entry) / 3
				case n%turnsAtOnce > 0 && fuelled.spent != entry+turn*int64(paid+2):
					t.Fatalf("%d turns: paid %d, want that of %d", n+1, fuelled.spent, paid+3)
				case n%turnsAtOnce == 0 && fuelled.spent != entry+turn*int64(paid-1):
					t.Fatalf("%d turns: paid %d, want that of %d", n+1, fuelled.spent, paid)
				}
			}
			if turn <= 0 {
				t.Error("a turn costs nothing")
			}
		})
	}
}

// Loops that may not or need not be written several times are left as they are.
func TestTurnsLeftAlone(t *testing.T) {
	turn := ft.Cat(ft.Get(0), ft.BrIf(0))
	nops := make([]byte, maxRepeated+1)
	for i := range nops {
		nops[i] = 0x01
	}
	for name, body := range map[string][]byte{
		"small":        {},
		"a call":       ft.Cat(ft.Call(ft.ABI), []byte{ft.Drop}),
		"a table":      ft.Cat([]byte{ft.Block, ft.Void}, ft.Get(0), []byte{0x0e, 1, 0, 0, ft.End}),
		"bulk memory":  ft.Cat(ft.Const(1024), ft.Const(0), ft.Const(8), []byte{0xfc, 11, 0}),
		"growth":       ft.Cat(ft.Const(0), []byte{0x40, 0, ft.Drop}),
		"long":         nops,
		"dear":         ft.Cat(repeated(ft.Cat(ft.Get(0), []byte{ft.Drop}), maxTurn/2)),
		"a loop in it": {ft.Loop, ft.Void, ft.End},
	} {
		m, err := parse(ft.Guest(ft.Cat([]byte{ft.Loop, ft.Void}, body, turn, []byte{ft.End}, ft.Const(0)), "").Bytes(), Limits{}.withDefaults())
		if err != nil {
			t.Fatal(name, err)
		}
		outer := false // the loop whose body begins with body
		for _, c := range m.bodies[ft.Score].charges {
			outer = outer || c.turns != nil && c.turns.from == 0
		}
		if outer != (name == "small") {
			t.Errorf("%s: written several times: %v", name, outer)
		}
	}
}

// Copies are bounded for the whole module.
func TestTurnsBounded(t *testing.T) {
	body := ft.Cat([]byte{ft.Loop, ft.Void}, repeated([]byte{0x01}, 200), ft.Get(0), ft.BrIf(0), []byte{ft.End})
	code := ft.Cat(repeated(body, 1000), ft.Const(0))
	m := ft.Guest(code, "")
	for range 9 {
		m.Funcs = append(m.Funcs, ft.Func{Results: ft.I32, Params: ft.I32, Code: code})
	}
	wasm := m.Bytes()
	out := inject(t, wasm, Limits{Work: 1 << 40})
	if grown, most := len(out)-len(wasm), maxCopies+10*1000*64; grown < maxCopies || grown > most {
		t.Errorf("grown by %d bytes, want %d to %d", grown, maxCopies, most)
	}
}

func repeated(code []byte, n int) []byte {
	parts := make([][]byte, n)
	for i := range parts {
		parts[i] = code
	}
	return ft.Cat(parts...)
}
