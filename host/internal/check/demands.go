package check

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tiercel/tiercel/core/learner"
	"github.com/tiercel/tiercel/core/learner/conformance"
	"github.com/tiercel/tiercel/host/internal/guest"
	"github.com/tiercel/tiercel/plugins/abi"
)

// configures starts the plugin, and offers it configurations that nobody wrote.
func (r *run) configures() bool {
	const do = "answer status 4 to a configuration that you do not take; give the one that it needs by --config FILE"
	return r.demand("configuration", do, func() (string, error) {
		d := r.subject.Description()
		if d.Config && r.options.Config == nil {
			return "", fmt.Errorf("the description says that one is needed, and none was given")
		}
		l, err := r.subject.Learner(r.frames, r.options.Config)
		if err != nil {
			return "", err
		}
		r.used, r.sample = l, rowsOf(conformance.Rows, len(r.frames.Names))
		declined := 0
		odd := [][]byte{{}, {0}, bytes.Repeat([]byte{0xff, ' '}, 30_000), []byte("1 2 three"), bytes.Repeat([]byte("9"), 100_000)}
		for i, config := range odd {
			other, err := r.subject.Learner(r.frames, config)
			switch {
			case err == nil:
				other.Close()
			case refused(err):
				declined++
			default:
				return "", fmt.Errorf("odd configuration %d of %d (%d bytes): %w", i+1, len(odd), len(config), err)
			}
		}
		given := "none"
		if r.options.Config != nil {
			given = fmt.Sprintf("%d bytes", len(r.options.Config))
		}
		return fmt.Sprintf("%s given; of %d odd ones %d refused", given, len(odd), declined), nil
	})
}

// encode returns the frame of a batch's rows.
func (r *run) encode(b *learner.Batch) ([]byte, error) {
	sel, err := abi.NewSelection(r.subject.Description(), r.frames)
	if err != nil {
		return nil, err
	}
	frame := make([]byte, sel.Size(b, 0, b.N))
	sel.Encode(frame, b, 0, b.N)
	return frame, nil
}

// frame hands over frames that the engine never writes.
func (r *run) frame() {
	const rows = 8
	batch := conformance.Slice(r.sample, 0, rows)
	good, err := r.encode(batch)
	if err != nil {
		r.report.Failed("frames", err, "")
		return
	}
	features := r.subject.Description().Features
	columns := int(binary.LittleEndian.Uint32(good[8:]))
	r.demand("wrong columns", "compare the frame's columns with those that you declared and answer status 2", func() (string, error) {
		var said []string
		for _, d := range []int{columns - 1, columns + 1} {
			if d < 0 {
				continue
			}
			a, err := r.subject.Exchange(r.options.Config, withColumns(good, rows, columns, d), rows)
			if err != nil {
				return "", fmt.Errorf("%d columns for %d: %w", d, columns, err)
			}
			if a.Status == abi.OK && !slices.Contains(features, abi.All) {
				return "", fmt.Errorf("%d columns for %d declared: scored all the same", d, columns)
			}
			said = append(said, fmt.Sprintf("%d: %s", d, statusText(a.Status)))
		}
		return strings.Join(said, "; "), nil
	})
	r.demand("broken frames", "check the frame's magic and sizes before reading on and answer status 1", func() (string, error) {
		for _, b := range broken {
			a, err := r.subject.Exchange(r.options.Config, b.breaks(bytes.Clone(good)), rows)
			if err != nil {
				return "", fmt.Errorf("%s: %w", b.name, err)
			}
			if a.Status == abi.OK {
				return "", fmt.Errorf("%s: scored all the same", b.name)
			}
		}
		return fmt.Sprintf("%d refused", len(broken)), nil
	})
}

func statusText(s abi.Status) string {
	if s == abi.OK {
		return "scored"
	}
	return fmt.Sprintf("status %d", int32(s))
}

// broken are ways to break a frame.
var broken = []struct {
	name   string
	breaks func([]byte) []byte
}{
	{"another magic", func(f []byte) []byte { f[0] ^= 0xff; return f }},
	{"cut short", func(f []byte) []byte { return f[:16] }},
	{"more rows than bytes", func(f []byte) []byte {
		binary.LittleEndian.PutUint32(f[4:], abi.MaxRows)
		return f
	}},
	{"a size that is not its own", func(f []byte) []byte {
		binary.LittleEndian.PutUint32(f[16:], uint32(len(f)+4))
		return f
	}},
}

// withColumns returns a frame of other columns: the first of each row repeated, or some cut off.
func withColumns(frame []byte, rows, have, want int) []byte {
	head := bytes.Clone(frame[:abi.HeaderSize])
	texts := frame[abi.HeaderSize+4*rows*have:]
	body := make([]byte, 4*rows*want)
	for i := range rows {
		for j := range want {
			if from := abi.HeaderSize + 4*i*have; have > 0 {
				copy(body[4*(i*want+j):][:4], frame[from+4*min(j, have-1):])
			}
		}
	}
	size := abi.HeaderSize + len(body) + len(texts)
	binary.LittleEndian.PutUint32(head[8:], uint32(want))
	binary.LittleEndian.PutUint32(head[16:], uint32(size))
	binary.LittleEndian.PutUint32(head[20:], uint32(abi.HeaderSize+len(body)))
	return slices.Concat(head, body, texts)
}

// fresh compares a learner that has scored much with one that starts.
func (r *run) fresh() {
	r.demand("fresh instance", "let no state survive a call: scores must not depend on what was scored before", func() (string, error) {
		l, err := r.subject.Learner(r.frames, r.options.Config)
		if err != nil {
			return "", err
		}
		defer l.Close()
		want, err := conformance.Score(r.used, r.sample)
		if err != nil {
			return "", err
		}
		half := r.sample.N / 2
		tail, err := conformance.Score(l, conformance.Slice(r.sample, half, r.sample.N)) // in another order
		if err != nil {
			return "", err
		}
		head, err := conformance.Score(l, conformance.Slice(r.sample, 0, half))
		if err != nil {
			return "", err
		}
		return spread(want), conformance.Same(want, append(head, tail...))
	})
}

// spread says between what bounds scores lie.
func spread(scores []float32) string {
	low, high, n := float32(math.Inf(1)), float32(math.Inf(-1)), 0
	for _, f := range scores {
		if f == f {
			low, high = min(low, f), max(high, f)
			n++
		}
	}
	switch {
	case n == 0:
		return "it abstains on every row of this check"
	case low == high:
		return fmt.Sprintf("every row of this check scores %v", low)
	}
	return fmt.Sprintf("scores %.4g to %.4g, %d of %d rows abstain", low, high, len(scores)-n, len(scores))
}

// memory calls again and again with batches of all sizes.
func (r *run) memory() {
	r.demand("memory", "free what a call allocates, or allocate once: "+
		"the plugin grows with every call and will die of it", func() (string, error) {
		const settled = 10 // the first tenth may grow
		var batches []*learner.Batch
		for _, n := range []int{1, 2, 7, 16, 64} {
			batches = append(batches, conformance.Slice(r.sample, 0, n))
		}
		dst := make([]float32, 64)
		var early, late int64
		for i := range r.options.Calls {
			b := batches[i%len(batches)]
			if err := r.used.Score(dst[:b.N], b); err != nil {
				return "", fmt.Errorf("call %d: %w", i+1, err)
			}
			switch i {
			case r.options.Calls / settled:
				early = r.used.Memory()
			case r.options.Calls - 1:
				late = r.used.Memory()
			}
		}
		// A collector's heap breathes; a leak of 32 bytes a call shows.
		if grown := late - early; grown > max(1<<20, early/4) {
			return "", fmt.Errorf("%s after %d calls, %s after %d", size(early), r.options.Calls/settled, size(late), r.options.Calls)
		}
		return fmt.Sprintf("%s after %d calls", size(late), r.options.Calls), nil
	})
}

func size(bytes int64) string {
	switch {
	case bytes >= 10<<20:
		return fmt.Sprintf("%d MiB", bytes>>20)
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%d KiB", bytes>>10)
}

// fuel finds the row that costs most.
func (r *run) fuel() {
	budget := r.subject.Fuel()
	if budget == 0 {
		return
	}
	r.demand("fuel", "do less a row: a call that spends all its fuel is stopped, and a single row must not", func() (string, error) {
		hostile := conformance.Hostile(r.sample)
		most := int64(0)
		for i := range hostile.N {
			frame, err := r.encode(conformance.Slice(hostile, i, i+1))
			if err != nil {
				return "", err
			}
			a, err := r.subject.Exchange(r.options.Config, frame, 1)
			if err != nil {
				return "", fmt.Errorf("row %d of the hostile texts: %w", i, err)
			}
			most = max(most, a.Fuel)
		}
		frame, err := r.encode(r.sample)
		if err != nil {
			return "", err
		}
		said := fmt.Sprintf("the worst row takes %d units, %.2g %% of a call's", most, 100*float64(most)/float64(budget))
		if a, err := r.subject.Exchange(r.options.Config, frame, r.sample.N); err == nil {
			said += fmt.Sprintf("; on average %d", a.Fuel/int64(r.sample.N))
		}
		return said, nil
	})
}

// refused says whether an error is the plugin's answer, a status, and not a fault.
func refused(err error) bool {
	f, ok := errors.AsType[*guest.Fault](err)
	return ok && f.Reason == guest.Status
}

// faults are what the runtime counted in all of the above. A score that is the
// same for every row is the sample's fault as likely as the plugin's.
func (r *run) faults() {
	r.demand("no faults", "answer NaN where there is no finite score within the declared range", func() (string, error) {
		var list []string
		for _, c := range r.used.Faults() {
			if c.Reason == guest.Constant {
				defer r.note("constant", "every row of this check has the same score, or none")
				continue
			}
			list = append(list, fmt.Sprintf("%s, %d times: %s", c.Reason, c.Times, c.Last))
		}
		if len(list) > 0 {
			return "", errors.New(strings.Join(list, "; "))
		}
		return "", nil
	})
}
