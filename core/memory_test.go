package core_test

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/tiercel/tiercel/core"
	"github.com/tiercel/tiercel/core/event"
	"github.com/tiercel/tiercel/core/model"
)

// heap returns the bytes of the heap that are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse)
}

// clients repeats a log and gives each line another client: the windows and
// the incidents never see one twice.
type clients struct {
	lines [][]byte
	next  uint32
	left  int64 // bytes to come
	rest  []byte
	line  []byte
}

func (r *clients) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(r.rest) == 0 {
			if r.left <= 0 {
				if n == 0 {
					return 0, io.EOF
				}
				return n, nil
			}
			line := r.lines[int(r.next)%len(r.lines)]
			r.next++
			r.line = r.line[:0]
			for _, shift := range [...]int{24, 16, 8, 0} { // 10.x.y.z and on
				if shift < 24 {
					r.line = append(r.line, '.')
				}
				b := byte((r.next + 10<<24) >> shift)
				r.line = append(r.line, '0'+b/100, '0'+b/10%10, '0'+b%10)
			}
			r.line = append(r.line, line[bytes.IndexByte(line, ' '):]...)
			r.rest, r.left = r.line, r.left-int64(len(r.line))
		}
		m := copy(p[n:], r.rest)
		r.rest = r.rest[m:]
		n += m
	}
	return n, nil
}

// A scan's memory does not grow with the log: not with its clients, nor with
// its incidents beyond their bound.
func TestScanMemory(t *testing.T) {
	const (
		most = 64 << 20 // bytes above the model
		size = 20 << 20 // bytes of log: 90,000 clients, more than the windows hold
	)
	m := sampleOf(t).models[0]
	defer debug.SetGCPercent(debug.SetGCPercent(25)) // as the command line sets it
	for _, workers := range []int{1, 4} {
		e := engineOf(t, core.Options{Models: []*model.Model{m}, Workers: workers, Budget: core.Budget{Rate: 1e-2}})
		log := &clients{lines: splitLines(accessLog(2000, 3)), left: size}
		r := readerOf(t, "combined", log, event.Options{})
		runtime.GC()
		before, peak := heap(), int64(0)
		sum, err := e.NewScan().File(context.Background(), "access.log", r, func(*core.Result) error {
			peak = max(peak, heap()-before)
			return nil
		})
		if err != nil || sum.Unread != 0 {
			t.Fatalf("%v, %d lines not read: %v", err, sum.Unread, sum.Reasons)
		}
		t.Logf("%d workers: %d lines, %d threats, %d MiB at most", workers, sum.Lines, sum.Threats, peak>>20)
		if peak > most {
			t.Errorf("%d workers: %d MiB, want at most %d", workers, peak>>20, most>>20)
		}
	}
}

func splitLines(text []byte) [][]byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	return lines[:len(lines)-1]
}
