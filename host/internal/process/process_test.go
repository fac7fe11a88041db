package process

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/learnertest"
	"github.com/tiercel/tiercel/plugins/abi"
)

const (
	template = "github.com/tiercel/tiercel/plugins/sdk/template"
	faulty   = "./testdata/faulty"
)

// built has the programs that tests share, in a folder of their own.
var built = struct {
	sync.Mutex
	dir string
}{}

// hostOf, in the environment, makes the test binary a host of that plugin.
const hostOf = "TIERCEL_TEST_HOST_OF"

// beHost opens a plugin, says which process it is and waits to be killed.
func beHost(path string) {
	p, err := Open(context.Background(), path, Options{})
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(strconv.Itoa(p.spare.run.pid) + "\n")
	time.Sleep(time.Hour)
}

func TestMain(m *testing.M) {
	if path := os.Getenv(hostOf); path != "" {
		beHost(path)
	}
	dir, err := os.MkdirTemp("", "tiercel-process-test")
	if err != nil {
		panic(err)
	}
	built.dir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// build builds a Go plugin as a program, once.
func build(t testing.TB, pkg string) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	out := filepath.Join(built.dir, filepath.Base(pkg))
	if _, err := os.Stat(out); err == nil {
		return out
	}
	if text, err := exec.Command("go", "build", "-o", out, pkg).CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", pkg, err, text)
	}
	return out
}

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

// opened opens a program that must open.
func opened(t testing.TB, path string, o Options) *Process {
	t.Helper()
	p, err := Open(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// configured configures a plugin for d features.
func configured(t testing.TB, p *Process, d int, config []byte) *Learner {
	t.Helper()
	l, err := p.Learner(schema(d), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func TestConformance(t *testing.T) {
	const d = 32
	_, config := weights(d)
	l := configured(t, opened(t, build(t, template), Options{}), d, config)
	learnertest.Conform(t, l, rows(200, d))
	for _, f := range l.Faults() {
		if f.Reason != "improper scores" {
			t.Errorf("fault: %+v", f)
		}
	}
}

// The template computes what it says, however frames travel.
func TestTemplate(t *testing.T) {
	const d = 32
	w, config := weights(d)
	b := rows(20000, d)
	want := make([]float32, b.N)
	abi.Matvec(want, b.X, w)
	l := configured(t, opened(t, build(t, template), Options{}), d, config)
	got := make([]float32, b.N)
	if err := l.Score(got, b); err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("row %d scores %v, want %v", i, got[i], want[i])
		}
	}
}

// value is a text at the start of the buffer.
func value(n int) feature.Value { return feature.Value{Text: event.Span{Len: uint32(n)}} }
