package module

import (
	"math"
	"os"
	"testing"

	"github.com/tiercel/tiercel/core/learner/learnertest"
	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
	"github.com/tiercel/tiercel/plugins/abi"
	"github.com/tiercel/tiercel/plugins/fuel/fueltest"
)

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
	l, err := m.Learner(guesttest.Schema(d), config)
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
	_, config := guesttest.Weights(d)
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
			learnertest.Run(t, l, guesttest.Rows(200, d))
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
	w, config := guesttest.Weights(d)
	b := guesttest.Rows(3000, d)
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
