package check

import (
	"fmt"
	"slices"
	"time"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/plugins/abi"
)

// Speed is what a row costs in batches of one size.
type Speed struct {
	Rows      int     `json:"rows"`
	Columns   int     `json:"columns"`
	Row       float64 `json:"ns_per_row"`
	InProcess float64 `json:"in_process_ns_per_row"` // of a linear model in Go on the same rows
	Ratio     float64 `json:"ratio"`
}

// BenchRows are the batches that Bench measures.
var BenchRows = [...]int{1, 64, 1024, 16384}

// batchTime is how long one size of batch is measured.
const batchTime = 250 * time.Millisecond

// Bench measures a plugin: the least time of a batch each, taken in turns with
// an in-process linear model on the same rows, because others share the machine.
func Bench(s Subject, config []byte) ([]Speed, error) {
	defer s.Close()
	r := &run{subject: s, options: Options{Config: config}, report: &Report{}}
	l, d, err := r.narrowest()
	if err != nil {
		return nil, err
	}
	defer l.Close()
	var all []Speed
	for _, n := range BenchRows {
		speed, err := measure(l, d, n)
		if err != nil {
			return nil, err
		}
		all = append(all, speed)
	}
	return all, nil
}

// narrowest starts the plugin for 32 features where it takes as many as there
// are, else for those of its kind, and returns with how many columns.
func (r *run) narrowest() (Learner, int, error) {
	d := r.subject.Description()
	full, err := schemaOf(d.Kinds[0], d)
	if err != nil {
		return nil, 0, err
	}
	if slices.Contains(d.Features, abi.All) {
		few := narrow(full, width)
		if l, err := r.subject.Learner(few, r.options.Config); err == nil {
			if _, err := measureOnce(l, width); err == nil {
				return l, width, nil
			}
			l.Close()
		}
	}
	l, err := r.subject.Learner(full, r.options.Config)
	return l, len(full.Names), err
}

func measureOnce(l Learner, d int) (time.Duration, error) {
	b := rowsOf(1, d)
	begin := time.Now()
	err := l.Score(make([]float32, 1), b)
	return time.Since(begin), err
}

func measure(l Learner, d, n int) (Speed, error) {
	rows := rowsOf(n, d)
	packed := declared(rows, l.Info().Columns)
	weights := make([]float32, packed.D)
	for j := range weights {
		weights[j] = float32(j%7)*0.25 - 0.5
	}
	dst, want := make([]float32, n), make([]float32, n)
	here, there := time.Hour, time.Hour
	// A clock costs some 50 ns: small batches are timed several at once.
	several := max(1, 256/n)
	begin := time.Now()
	for turn := 0; turn < 3 || time.Since(begin) < batchTime; turn++ {
		start := time.Now()
		for range several {
			abi.Matvec(want, packed.X, weights)
		}
		middle := time.Now()
		for range several {
			if err := l.Score(dst, rows); err != nil {
				return Speed{}, fmt.Errorf("scoring %d rows: %w", n, err)
			}
		}
		here, there = min(here, middle.Sub(start)), min(there, time.Since(middle))
	}
	total := float64(n * several)
	s := Speed{n, packed.D, float64(there.Nanoseconds()) / total, max(float64(here.Nanoseconds()), 1) / total, 0}
	s.Ratio = s.Row / s.InProcess
	return s, nil
}

// declared packs the columns that a learner reads; without any, the first 32.
func declared(b *learner.Batch, columns []int) *learner.Batch {
	if len(columns) == 0 {
		for j := range min(width, b.D) {
			columns = append(columns, j)
		}
	}
	p := &learner.Batch{N: b.N, D: len(columns)}
	for i := range b.N {
		for _, c := range columns {
			p.X = append(p.X, b.Row(i)[c])
		}
	}
	return p
}

// grades name ratios to an in-process linear model on 1024 rows. The anchors:
// a guest with SIMD or the host's kernel is below 1.5, one without at 3 to 4, a
// Go guest without the kernel at 6.5, a process with shared memory at 18, one
// with bytes in messages at 44, other runtimes at 17 to 116.
var grades = []struct {
	name string
	most float64
}{{"A", 1.5}, {"B", 5}, {"C", 20}, {"D", 60}}

func grade(ratio float64) string {
	for _, g := range grades {
		if ratio <= g.most {
			return g.name
		}
	}
	return "E"
}

// throughput grades the plugin. A slow one fails nothing: it may be worth its time.
func (r *run) throughput() {
	r.demand("throughput", "find out why scoring fails in batches of 1024", func() (string, error) {
		l, d, err := r.narrowest()
		if err != nil {
			return "", err
		}
		defer l.Close()
		s, err := measure(l, d, 1024)
		if err != nil {
			return "", err
		}
		r.report.Throughput, r.report.Grade = &s, grade(s.Ratio)
		return fmt.Sprintf("grade %s: %.1f x a linear model in process (%.0f ns a row, %d x %d)",
			r.report.Grade, s.Ratio, s.Row, s.Rows, s.Columns), nil
	})
	if s := r.report.Throughput; s != nil {
		if cost := float64(r.subject.Description().Cost); cost > 4*s.Row || 4*cost < s.Row {
			r.note("declared cost", fmt.Sprintf("the description says %.0f ns a row, this machine took %.0f: cheap learners run first", cost, s.Row))
		}
	}
}
