package check

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/tiercel/tiercel/core/feature"
	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/plugins/abi"
)

// fake is a plugin in this process that scores the first feature; a test breaks
// it in one way.
type fake struct {
	description abi.Description
	accepts     func(config []byte) error
	frame       func(f *abi.Frame) (abi.Status, error)
	score       func(l *fakeLearner, dst []float32, b *learner.Batch)
	grows       int64 // bytes a call
	spends      int64 // fuel a row
}

var errRefused = &guest.Fault{Plugin: "fake", Reason: guest.Status, Detail: "status 4"}

func (f *fake) Description() *abi.Description { return &f.description }
func (f *fake) Facts() string                 { return "a fake" }
func (f *fake) Fuel() int64                   { return 1000 }
func (f *fake) Close()                        {}

func (f *fake) Learner(s *feature.Schema, config []byte) (Learner, error) {
	if config != nil && f.accepts != nil {
		if err := f.accepts(config); err != nil {
			return nil, err
		}
	}
	sel, err := abi.NewSelection(&f.description, s)
	return &fakeLearner{fake: f, columns: sel.Columns, memory: 1 << 20}, err
}

func (f *fake) Exchange(_, frame []byte, n int) (Answer, error) {
	var decoded abi.Frame
	if err := decoded.Decode(frame); err != nil && f.frame == nil {
		return Answer{Status: abi.BadFrame}, nil
	}
	if f.spends*int64(n) > f.Fuel() {
		return Answer{}, errors.New("out of fuel")
	}
	status := abi.OK
	var err error
	if decoded.D != len(f.description.Features) {
		status = abi.BadColumns
	}
	if f.frame != nil {
		status, err = f.frame(&decoded)
	}
	return Answer{status, f.spends * int64(n)}, err
}

type fakeLearner struct {
	*fake
	columns []int
	mu      sync.Mutex
	memory  int64
	calls   int
	faults  []guest.Count
}

func (l *fakeLearner) Info() learner.Info {
	return learner.Info{ID: "fake", Type: "fake", Columns: l.columns, Texts: true}
}
func (l *fakeLearner) Faults() []guest.Count { return l.faults }
func (l *fakeLearner) Memory() int64         { return l.memory }
func (l *fakeLearner) Close()                {}

func (l *fakeLearner) Score(dst []float32, b *learner.Batch) error {
	if len(dst) != b.N {
		return fmt.Errorf("%d scores for %d rows", len(dst), b.N)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	l.memory += l.grows
	for i := range dst {
		if dst[i] = b.Row(i)[l.columns[0]]; dst[i]-dst[i] != 0 {
			dst[i] = float32(math.NaN())
		}
	}
	if l.fake.score != nil {
		l.fake.score(l, dst, b)
	}
	return nil
}

func describe(features ...string) abi.Description {
	return abi.Description{
		ID: "fake", Version: "1.0.0", Title: "A fake", Kinds: []string{"flow"}, Features: features,
		Low: float32(math.Inf(-1)), High: float32(math.Inf(1)), Cost: 10,
	}
}

// one is a feature that flows have.
func one(t *testing.T) string {
	t.Helper()
	s, err := schemaOf("flow", &abi.Description{})
	if err != nil {
		t.Fatal(err)
	}
	return s.Names[0]
}

// Each demand fails the plugin that breaks it, says what to do, and no other
// plugin.
func TestDemands(t *testing.T) {
	good := describe(one(t))
	for _, tt := range []struct {
		fails string
		fake  fake
	}{
		{"", fake{description: good}},
		{"declares", fake{description: describe("no such feature")}},
		{"configuration", fake{description: good, accepts: func([]byte) error { return errors.New("trap") }}},
		{"", fake{description: good, accepts: func([]byte) error { return errRefused }}},
		{"repeatable", fake{description: good, score: func(l *fakeLearner, dst []float32, _ *learner.Batch) {
			for i := range dst {
				dst[i] = float32(l.calls)
			}
		}}},
		{"fresh instance", fake{description: good, score: func(l *fakeLearner, dst []float32, _ *learner.Batch) {
			for i := range dst {
				if l.calls > 1 {
					dst[i]++
				}
			}
		}}},
		{"wrong columns", fake{description: good, frame: func(f *abi.Frame) (abi.Status, error) {
			if f.N == 0 {
				return abi.BadFrame, nil
			}
			return abi.OK, nil
		}}},
		{"wrong columns", fake{description: good, frame: func(f *abi.Frame) (abi.Status, error) {
			if f.D != 1 {
				return abi.OK, errors.New("trap")
			}
			return abi.OK, nil
		}}},
		{"broken frames", fake{description: good, frame: func(f *abi.Frame) (abi.Status, error) {
			if f.D > 1 {
				return abi.BadColumns, nil
			}
			return abi.OK, nil
		}}},
		{"memory", fake{description: good, grows: 4096}},
		{"fuel", fake{description: good, spends: 1001}},
		{"no faults", fake{description: good, score: func(l *fakeLearner, _ []float32, _ *learner.Batch) {
			l.faults = []guest.Count{{Reason: guest.Improper, Times: 1}}
		}}},
	} {
		t.Run("fails "+tt.fails, func(t *testing.T) {
			var r Report
			Run(&tt.fake, Options{Calls: 2000}, &r)
			if r.Passed != (tt.fails == "") {
				t.Errorf("passed: %v", r.Passed)
			}
			failed := ""
			for _, result := range r.Results {
				if result.Verdict == Fail {
					failed += result.Name + " "
					if result.Do == "" || result.Detail == "" {
						t.Errorf("%s does not say what is wrong and what to do: %+v", result.Name, result)
					}
				}
			}
			if !strings.Contains(failed, tt.fails) {
				t.Errorf("failed: %s; want %s", failed, tt.fails)
			}
		})
	}
}

func TestBench(t *testing.T) {
	all, err := Bench(&fake{description: describe(abi.All)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range all {
		if s.Rows != BenchRows[i] || s.Columns != width || !(s.Row > 0) || !(s.InProcess > 0) || math.Abs(s.Ratio-s.Row/s.InProcess) > 1e-9 {
			t.Errorf("%+v", s)
		}
	}
}

func TestGrade(t *testing.T) {
	for ratio, want := range map[float64]string{0.9: "A", 1.5: "A", 1.6: "B", 18: "C", 44: "D", 116: "E"} {
		if got := grade(ratio); got != want {
			t.Errorf("%v: grade %s, want %s", ratio, got, want)
		}
	}
}

// A table stays within 80 columns, whatever is said.
func TestTable(t *testing.T) {
	r := &Report{File: "build/x.wasm", SHA256: strings.Repeat("ab", 32), ID: "x", Version: "1.0.0", Title: "An x", Results: []Result{
		{"contract", Pass, strings.Repeat("many words ", 30), ""},
		{"memory", Fail, "1 MiB and then\x1b[31m 9 MiB", strings.Repeat("free what a call allocates ", 9)},
	}}
	var out bytes.Buffer
	if err := Table(&out, r); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := len(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	for _, says := range []string{"PASS  contract", "FAIL  memory", "To do: free", "1 of 2 failed"} {
		if !strings.Contains(out.String(), says) {
			t.Errorf("does not say %q:\n%s", says, &out)
		}
	}
	if strings.ContainsRune(out.String(), 0x1b) {
		t.Error("an escape sequence reaches the terminal")
	}
}
