package process

import (
	"bufio"
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
)

// A plugin that maps the shared memory cannot change its size, and scores the
// same.
func TestSharedMemory(t *testing.T) {
	l := configured(t, opened(t, build(t, faulty), impatient()), 3, []byte("shared"))
	c := <-l.slots
	shares := c.shares
	l.slots <- c
	if shares != (runtime.GOOS == "linux") {
		t.Errorf("memory is shared: %v", shares)
	}
	for _, n := range []int{1, 5, 1000, 3 * MostRows / 2} {
		wantScores(t, l, guesttest.Rows(n, 3))
	}
}

// A plugin without a certificate and without streams, such as one in Python.
func TestPlain(t *testing.T) {
	if runtime.GOOS != "linux" {
		_, err := Open(context.Background(), faultyAs(t, "plain"), impatient())
		wantFault(t, err, guest.Handshake, "certificate")
		return
	}
	l := configured(t, opened(t, faultyAs(t, "plain"), impatient()), 3, nil)
	for _, n := range []int{1, 1000, MostRows + 1} {
		wantScores(t, l, guesttest.Rows(n, 3))
	}
}

// What was learnt survives the process that learnt it, and reaches the others.
func TestFit(t *testing.T) {
	o := impatient()
	o.Workers = 2
	l := configured(t, opened(t, build(t, faulty), o), 2, []byte("exit"))
	ctx := context.Background()
	b := guesttest.Rows(4, 2)
	if err := l.Fit(ctx, b, []float32{1, 0, 1, 1}); err != nil {
		t.Fatal(err)
	}
	state := l.Snapshot()
	want := func(plus float32) {
		t.Helper()
		for range 2 { // workers
			dst := make([]float32, 4)
			if err := l.Score(dst, b); err != nil {
				t.Fatal(err)
			}
			for i, f := range dst {
				if w := b.Row(i)[0] + plus; math.Float32bits(f) != math.Float32bits(w) && (f == f || w == w) {
					t.Fatalf("row %d scores %v, want %v", i, f, w)
				}
			}
		}
	}
	want(3)
	wantFault(t, l.Score(make([]float32, 4), bad(4, 2)), guest.Crashed, "")
	want(3)
	if err := l.Fit(ctx, b, []float32{0, 0, 0, 1}); err != nil {
		t.Fatal(err)
	}
	want(4)
	if err := l.Restore(ctx, state); err != nil {
		t.Fatal(err)
	}
	want(3)
	_, config := guesttest.Weights(2)
	wantFault(t, configured(t, opened(t, build(t, template), Options{}), 2, config).Fit(ctx, b, make([]float32, 4)), guest.Refused, "does not learn")
}

// A plugin under a debugger is found by TIERCEL_REATTACH and not started.
func TestReattach(t *testing.T) {
	cmd := exec.Command(build(t, template), "-debug")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	value, ok := strings.CutPrefix(strings.TrimSpace(line), "TIERCEL_REATTACH='")
	if !ok {
		t.Fatalf("it says %q", line)
	}
	o := Options{Reattach: strings.TrimSuffix(value, "'")}
	p := opened(t, filepath.Join("no", "such", "example-go"), o)
	if !strings.Contains(p.Sandbox(), "debugging") {
		t.Error(p.Sandbox())
	}
	_, config := guesttest.Weights(8)
	l := configured(t, p, 8, config)
	b := guesttest.Rows(100, 8)
	dst := make([]float32, b.N)
	if err := l.Score(dst, b); err != nil {
		t.Fatal(err)
	}
	l.Close()
	configured(t, opened(t, "example-go", o), 8, config) // it runs on
	_, err = Open(context.Background(), "example-go", Options{Reattach: "yes"})
	wantFault(t, err, guest.Refused, "TIERCEL_REATTACH")
	_, err = Open(context.Background(), "x", Options{Reattach: `{"x":{"Addr":{"Network":"tcp","String":"192.0.2.1:1"}}}`})
	wantFault(t, err, guest.Refused, "no address of this machine")
}

// The log is escaped and named.
func TestLog(t *testing.T) {
	lines := make(chan [3]string, 200)
	o := impatient()
	o.Log = func(plugin, level, text string) { lines <- [3]string{plugin, level, text} }
	_, err := Open(context.Background(), faultyAs(t, "exits"), o)
	wantFault(t, err, guest.Crashed, "")
	if got, want := <-lines, [3]string{"exits", "error", "there is no model"}; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
