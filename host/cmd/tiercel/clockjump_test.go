//go:build clockjump && linux

package main

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	_ "unsafe" // for go:linkname
)

// jumped is what `make clock-jump` has time.Now add to the machine's clock, seconds.
//
//go:linkname jumped time.jumped
var jumped int64

// Two signals set a process's clock on and back: further than the window in
// which JetStream knows what was sent twice. (SIGUSR2 ends a NATS server.)
const (
	onward   = syscall.Signal(40)
	backward = syscall.Signal(41)
	ahead    = time.Hour
	back     = 2 * time.Hour
)

// letClockJump has the process's clock jump when it is told to.
func letClockJump() {
	told := make(chan os.Signal, 4)
	signal.Notify(told, onward, backward)
	go func() {
		for s := range told {
			by := ahead
			if s == backward {
				by = -back
			}
			atomic.AddInt64(&jumped, int64(by/time.Second))
		}
	}()
}

// The clocks of the service, the worker and the NATS server jump, together and
// apart, and what was sent before is sent again: each event has one verdict, that
// of a service whose clock stood right.
func TestClockJump(t *testing.T) {
	text, _ := sshLog(500, 12)
	parts := batches(text, 60)
	want := undisturbed(t, text, parts)
	for _, h := range []*house{newHouse(t, 1), newOutsideHouse(t, 1)} {
		for i, p := range parts {
			h.post(i, p)
			switch victims := h.victims(); {
			case i%7 == 2: // one clock
				victims[i%len(victims)].Process.Signal(onward)
			case i%7 == 4: // all of them
				for _, v := range victims {
					v.Process.Signal(backward)
				}
			case i%7 == 5:
				for _, v := range victims {
					v.Process.Signal(onward)
				}
			}
			time.Sleep(50 * time.Millisecond)
			h.post(i, p) // again
		}
		h.compare(want)
		for _, v := range h.victims() {
			if v.ended() {
				t.Errorf("a process ended: %s", v.log())
			}
		}
	}
}
