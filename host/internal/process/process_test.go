package process

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner/learnertest"
	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
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
	if err := os.WriteFile(out, guesttest.Program(t, pkg), 0o700); err != nil {
		t.Fatal(err)
	}
	return out
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
	l, err := p.Learner(guesttest.Schema(d), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func TestConformance(t *testing.T) {
	const d = 32
	_, config := guesttest.Weights(d)
	l := configured(t, opened(t, build(t, template), Options{}), d, config)
	learnertest.Conform(t, l, guesttest.Rows(200, d))
	for _, f := range l.Faults() {
		if f.Reason != "improper scores" {
			t.Errorf("fault: %+v", f)
		}
	}
}

// The template computes what it says, however frames travel.
func TestTemplate(t *testing.T) {
	const d = 32
	w, config := guesttest.Weights(d)
	b := guesttest.Rows(20000, d)
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
