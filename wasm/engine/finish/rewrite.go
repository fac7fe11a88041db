package main

import (
	"encoding/binary"
	"fmt"
)

// rewriter rewrites functions, which it counts without those that are imported but for
// traps, as calls count.
type rewriter struct {
	leave    func(i int) bool
	routines map[uint64][]byte // in place of functions
	traps    map[uint64]bool   // calls of them trap
}

// rewrite returns a code section of n functions rewritten.
func (w *rewriter) rewrite(code []byte, n int) ([]byte, error) {
	r := reader{b: code}
	if r.uint() != uint64(n) {
		return nil, errTables
	}
	out := binary.AppendUvarint(nil, uint64(n))
	for i := range n {
		body := r.bytes(r.uint())
		if r.err != nil {
			return nil, r.err
		}
		if routine, ok := w.routines[uint64(i)]; ok {
			body = routine
		} else if !w.leave(i) {
			var err error
			if body, err = straightenOne(body, w.traps); err != nil {
				return nil, fmt.Errorf("function %d: %w", i, err)
			}
		}
		out = binary.AppendUvarint(out, uint64(len(body)))
		out = append(out, body...)
	}
	return out, nil
}

// straightenOne returns a function's body straightened, or as it is. Calls of some
// functions trap.
func straightenOne(body []byte, traps map[uint64]bool) ([]byte, error) {
	f, err := takeApart(body, traps)
	if f == nil {
		return body, err
	}
	g := straighten(f)
	if g == nil {
		return body, nil
	}
	return g.body(), nil
}
