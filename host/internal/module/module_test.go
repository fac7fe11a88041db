package module

import (
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/learnertest"
	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
	"github.com/tiercel/tiercel/plugins/abi"
	"github.com/tiercel/tiercel/plugins/fuel/fueltest"
)

// schema has d features and kind http.
func schema(d int) *feature.Schema {
	s := &feature.Schema{Kind: event.HTTP, Stateless: d}
	for i := range d {
		s.Names = append(s.Names, "f"+string(rune('a'+i%26))+string(rune('a'+i/26)))
	}
	return s
}

// rows are n rows of d numbers, some missing.
func rows(n, d int) *learner.Batch {
	r := rand.New(rand.NewPCG(1, 2))
	b := &learner.Batch{N: n, D: d}
	for range n * d {
		x := float32(r.NormFloat64())
		if r.IntN(50) == 0 {
			x = float32(math.NaN())
		}
		b.X = append(b.X, x)
	}
	b.Texts.First = make([]uint32, n+1)
	return b
}

func weights(d int) (w []float32, config []byte) {
	var s strings.Builder
	for i := range d {
		w = append(w, float32(i%7)*0.25-0.5)
		s.WriteString([]string{"-0.5", "-0.25", "0", "0.25", "0.5", "0.75", "1"}[i%7] + "\n")
	}
	return w, []byte(s.String())
}

// cache is the folder for compiled code that tests share: Go guests take
// seconds to compile.
var cache string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tiercel-module-test")
	if err != nil {
		panic(err)
	}
	cache = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func newRuntime(t testing.TB, o Options) *Runtime {
	t.Helper()
	if o.Cache == "" {
		o.Cache = cache
	}
	r, err := NewRuntime(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// open opens a guest as a learner of a schema of d features.
func open(t testing.TB, r *Runtime, wasm []byte, d int, config []byte) *Learner {
	t.Helper()
	m, err := r.Open(t.Name(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.Learner(schema(d), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

const (
	goTemplate = "github.com/tiercel/tiercel/plugins/sdk/template"
	cTemplate  = "../../../plugins/c/template/learner.c"
)

// linear is what both templates compute, rows without NaN left out: here with
// the sum in plain order.
func linear(x, w []float32) (sum float32) {
	for j, v := range x {
		if v == v {
			sum += float32(w[j] * v)
		}
	}
	return sum
}

func TestConformance(t *testing.T) {
	const d = 32
	_, config := weights(d)
	for _, tt := range []struct {
		name   string
		wasm   func() []byte
		config []byte
	}{
		{"assembled", func() []byte { return fueltest.Guest(fueltest.FirstColumn(), fueltest.I32+fueltest.I32).Bytes() }, nil},
		{"Go", func() []byte { return guesttest.Go(t, goTemplate) }, config},
		{"C", func() []byte { return guesttest.C(t, cTemplate) }, config},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := open(t, newRuntime(t, Options{}), tt.wasm(), d, tt.config)
			learnertest.Run(t, l, rows(200, d))
			for _, f := range l.Faults() {
				if f.Reason != Improper {
					t.Errorf("fault: %+v", f)
				}
			}
		})
	}
}

// The templates compute what they say.
func TestTemplates(t *testing.T) {
	const d = 32
	w, config := weights(d)
	b := rows(3000, d)
	for _, tt := range []struct {
		name  string
		wasm  func() []byte
		score func(x []float32) float32
	}{
		{"C", func() []byte { return guesttest.C(t, cTemplate) }, func(x []float32) float32 { return linear(x, w) }},
		{"Go", func() []byte { return guesttest.Go(t, goTemplate) }, func(x []float32) float32 {
			out := make([]float32, 1)
			abi.Matvec(out, x, w)
			return out[0]
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := open(t, newRuntime(t, Options{}), tt.wasm(), d, config)
			got := make([]float32, b.N)
			if err := l.Score(got, b); err != nil {
				t.Fatal(err)
			}
			for i := range got {
				if want := tt.score(b.Row(i)); math.Float32bits(got[i]) != math.Float32bits(want) {
					t.Fatalf("row %d scores %v, want %v", i, got[i], want)
				}
			}
		})
	}
}
