package process

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/host/internal/guest/guesttest"
)

// faultyAs returns a copy of the faulty plugin under another name.
func faultyAs(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(build(t, faulty), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// impatient are options for plugins that are expected to fail.
func impatient() Options {
	return Options{StartTime: 20 * time.Second, CallTime: 20 * time.Second, Pause: time.Millisecond, Rest: time.Hour}
}

func wantFault(t *testing.T, err error, want guest.Reason, says string) {
	t.Helper()
	f, ok := errors.AsType[*guest.Fault](err)
	if !ok || f.Reason != want || !strings.Contains(err.Error(), says) {
		t.Fatalf("%v, want %q saying %q", err, want, says)
	}
	if strings.ContainsAny(err.Error(), "\x1b\n\x07") {
		t.Errorf("what the plugin said is not escaped: %q", err.Error())
	}
}

// wantScores checks that each row scores its first feature.
func wantScores(t *testing.T, l *Learner, b *learner.Batch) {
	t.Helper()
	dst := make([]float32, b.N)
	if err := l.Score(dst, b); err != nil {
		t.Fatal(err)
	}
	for i, f := range dst {
		if x := b.Row(i)[0]; math.Float32bits(f) != math.Float32bits(x) && (f == f || x == x) {
			t.Fatalf("row %d scores %v, want %v", i, f, x)
		}
	}
}

// bad returns a batch that has a faulty plugin misbehave.
func bad(n, d int) *learner.Batch {
	b := guesttest.Rows(n, d)
	b.X[0] = 1000
	return b
}

// Faults before the first score: the plugin is named with its reason.
func TestOpeningFaults(t *testing.T) {
	for _, tt := range []struct {
		name string
		want guest.Reason
		says string
	}{
		{"garbage", guest.Handshake, `Loading model \x1b[2J ...`},
		{"endless", guest.Handshake, "not a handshake"},
		{"silent", guest.Late, "saying: warning: reading the model"},
		{"exits", guest.Crashed, "exit status 3, saying: error: there is no model"},
		{"panics", guest.Crashed, "saying: panic: no model"},
		{"version", guest.Handshake, "version"},
		{"elsewhere", guest.Handshake, "connecting to it"},
		{"nosocket", guest.Handshake, "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := impatient()
			if tt.want == guest.Late || tt.name == "elsewhere" {
				o.StartTime = 2 * time.Second
			}
			begin := time.Now()
			_, err := Open(context.Background(), faultyAs(t, tt.name), o)
			wantFault(t, err, tt.want, tt.says)
			if !strings.Contains(err.Error(), tt.name) {
				t.Errorf("the error does not name the plugin: %v", err)
			}
			if took := time.Since(begin); took > 15*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	t.Run("given up", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		defer cancel()
		_, err := Open(ctx, faultyAs(t, "silent"), impatient())
		wantFault(t, err, guest.Late, "")
	})
	for name, content := range map[string]string{"text": "just text\n", "empty": "", "interpreter": "#!/no/such/interpreter\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
				t.Fatal(err)
			}
			_, err := Open(context.Background(), path, impatient())
			wantFault(t, err, guest.Refused, "not executable")
		})
	}
	t.Run("no permission", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("no permission bits on Windows")
		}
		path := filepath.Join(t.TempDir(), "plain")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Open(context.Background(), path, Options{})
		wantFault(t, err, guest.Refused, "chmod +x")
	})
	t.Run("folder", func(t *testing.T) {
		_, err := Open(context.Background(), t.TempDir(), Options{})
		wantFault(t, err, guest.Refused, "not a file")
	})
	t.Run("checksum", func(t *testing.T) {
		_, err := Open(context.Background(), build(t, faulty), Options{SHA256: new([32]byte)})
		wantFault(t, err, guest.Refused, "wrong checksum")
	})
}

func TestConfiguringFaults(t *testing.T) {
	p := opened(t, build(t, faulty), impatient())
	for config, want := range map[string]guest.Reason{"status": guest.Status, "exit in configure": guest.Crashed} {
		_, err := p.Learner(guesttest.Schema(4), []byte(config))
		wantFault(t, err, want, "Configure")
	}
	moody := opened(t, faultyAs(t, "moody"), impatient())
	configured(t, moody, 4, nil) // has the process that was opened
	_, err := moody.Learner(guesttest.Schema(4), nil)
	wantFault(t, err, guest.Changed, "")
	s := guesttest.Schema(4)
	s.Kind = 0
	_, err = p.Learner(s, nil)
	wantFault(t, err, guest.Refused, "")
}

// Faults in scoring: the batch abstains, the reason is named, and the next
// batch is scored by a new process. Another plugin notices nothing.
func TestScoringFaults(t *testing.T) {
	const d = 4
	_, config := guesttest.Weights(d)
	other := configured(t, opened(t, build(t, template), Options{}), d, config)
	healthy := make([]float32, 8)
	if err := other.Score(healthy, guesttest.Rows(8, d)); err != nil {
		t.Fatal(err)
	}
	p := opened(t, build(t, faulty), impatient())
	hasty := impatient()
	hasty.CallTime = time.Second
	impatient := opened(t, build(t, faulty), hasty)
	for _, tt := range []struct {
		name string // of the fault
		want guest.Reason
		says string
	}{
		{"exit", guest.Crashed, "exit status 7"},
		{"panic", guest.Crashed, `saying: panic: index out of \x1b[31mrange`},
		{"kill", guest.Crashed, "signal: killed"},
		{"hang", guest.Late, "no answer within 1s"},
		{"sleep", guest.Late, "no answer within 1s"},
		{"stop", guest.Late, "no answer within 1s"},
		{"close", guest.Crashed, ""},
		{"error", guest.Crashed, `no such \x1b[2J thing`},
		{"oversize", guest.Length, "larger than max"},
		{"short", guest.Length, "7 (28 bytes) for 8 rows"},
		{"long", guest.Length, "9 (36 bytes) for 8 rows"},
		{"own status", guest.Status, "status 17: seventeen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := p
			if tt.want == guest.Late {
				p = impatient
			}
			l := configured(t, p, d, []byte(tt.name))
			wantScores(t, l, guesttest.Rows(8, d))
			dst := make([]float32, 8)
			begin := time.Now()
			wantFault(t, l.Score(dst, bad(8, d)), tt.want, tt.says)
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("the call took %v", took)
			}
			for i, f := range dst {
				if f == f {
					t.Fatalf("row %d scores %v after a fault", i, f)
				}
			}
			wantScores(t, l, guesttest.Rows(8, d))
			if n := l.Faults(); len(n) != 1 || n[0].Reason != tt.want || n[0].Times != 1 || !strings.Contains(n[0].Last, "plugin faulty: Score: ") {
				t.Errorf("counted %+v", n)
			}
			again := make([]float32, 8)
			if err := other.Score(again, guesttest.Rows(8, d)); err != nil {
				t.Error(err)
			}
			for i := range again {
				if math.Float32bits(again[i]) != math.Float32bits(healthy[i]) {
					t.Errorf("another plugin scores row %d as %v, before %v", i, again[i], healthy[i])
				}
			}
		})
	}
}

// What is wrong and breaks nothing is counted, and scores go on.
func TestOddities(t *testing.T) {
	const d = 4
	for _, tt := range []struct {
		name   string
		want   guest.Reason
		times  int
		says   string
		scores func(x float32) float32
	}{
		{"nan", guest.Constant, 1024, "no row has a score", func(float32) float32 { return float32(math.NaN()) }},
		{"infinite", guest.Improper, 1024, "", func(float32) float32 { return float32(math.NaN()) }},
		{"out of range", guest.Improper, 1024, "", func(float32) float32 { return float32(math.NaN()) }},
		{"constant", guest.Constant, 1024, "every row scores 0.5", func(float32) float32 { return 0.5 }},
		{"random", guest.Unrepeated, 32, "", nil},
		{"flood", guest.Flood, 1, "dropped", func(x float32) float32 { return x }},
		{"stdout", guest.Output, 1, "Epoch 1/10", func(x float32) float32 { return x }},
		{"socket", "", 0, "", func(x float32) float32 { return x }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := configured(t, opened(t, build(t, faulty), impatient()), d, []byte(tt.name))
			b := bad(1024, d)
			for i := range b.N { // each call begins with the sign
				b.X[i*d] = 1000
			}
			dst := make([]float32, b.N)
			if err := l.Score(dst, b); err != nil {
				t.Fatal(err)
			}
			for i, f := range dst {
				if tt.scores == nil {
					break
				}
				if want := tt.scores(b.Row(i)[0]); math.Float32bits(f) != math.Float32bits(want) && (f == f || want == want) {
					t.Fatalf("row %d scores %v, want %v", i, f, want)
				}
			}
			found := tt.want == ""
			deadline := time.Now().Add(5 * time.Second) // what is printed arrives on its own
			for !found && time.Now().Before(deadline) {
				for _, c := range l.Faults() {
					found = found || c.Reason == tt.want && c.Times >= tt.times && strings.Contains(c.Last, tt.says) && strings.Contains(c.Last, "plugin faulty")
				}
				time.Sleep(time.Millisecond)
			}
			if !found {
				t.Errorf("counted %+v, want %q", l.Faults(), tt.want)
			}
			wantScores(t, l, guesttest.Rows(8, d))
		})
	}
}

// A row whose frame would be larger than the contract allows abstains alone.
func TestRowTooLarge(t *testing.T) {
	p := opened(t, build(t, faulty), impatient())
	p.Description.Texts = []string{"*"}
	l := configured(t, p, 1, nil)
	b := guesttest.Rows(3, 1)
	b.Texts.Buf = make([]byte, 17<<20)
	b.Texts.Values = append(b.Texts.Values, value(17<<20))
	b.Texts.First = []uint32{0, 0, 1, 1}
	dst := make([]float32, 3)
	if err := l.Score(dst, b); err != nil || dst[1] == dst[1] || dst[0] != b.X[0] || dst[2] != b.X[2] {
		t.Errorf("%v, %v, want the second row alone to abstain", dst, err)
	}
}

// After five failures in a row the plugin rests; one success starts the count
// anew.
func TestRest(t *testing.T) {
	const d = 2
	o := impatient()
	o.Rest = 500 * time.Millisecond
	l := configured(t, opened(t, build(t, faulty), o), d, []byte("exit"))
	dst := make([]float32, 4)
	for range MaxFailures - 1 {
		wantFault(t, l.Score(dst, bad(4, d)), guest.Crashed, "")
	}
	wantScores(t, l, guesttest.Rows(4, d))
	for range MaxFailures {
		wantFault(t, l.Score(dst, bad(4, d)), guest.Crashed, "")
	}
	begin := time.Now()
	wantFault(t, l.Score(dst, guesttest.Rows(4, d)), guest.Resting, "5 failures in a row")
	if took := time.Since(begin); took > 100*time.Millisecond {
		t.Errorf("a plugin that rests held the batch for %v", took)
	}
	time.Sleep(o.Rest)
	wantScores(t, l, guesttest.Rows(4, d))
}

// A process that ends between calls is replaced before anything is lost.
func TestDeathBetweenCalls(t *testing.T) {
	l := configured(t, opened(t, build(t, faulty), impatient()), 2, nil)
	c := <-l.slots
	c.run.kill()
	<-c.run.ended
	l.slots <- c
	wantScores(t, l, guesttest.Rows(4, 2))
	if n := l.Faults(); len(n) != 1 || n[0].Reason != guest.Crashed || !strings.Contains(n[0].Last, "between calls: signal: killed") {
		t.Errorf("counted %+v", n)
	}
}
